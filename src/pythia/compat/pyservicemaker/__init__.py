"""NVIDIA's pyservicemaker over the portable metadata: pipelines and flows in a few lines.

The names are those of pyservicemaker of DeepStream 9; documentation is NVIDIA's.
"""

from pythia.compat.pyservicemaker import osd, postprocessing, signal, utils
from pythia.compat.pyservicemaker.buffer import Buffer
from pythia.compat.pyservicemaker.custom_object import Object
from pythia.compat.pyservicemaker.feeding import (
    BufferProvider,
    BufferRetriever,
    Feeder,
    Receiver,
)
from pythia.compat.pyservicemaker.flow import Flow, MediaType, RenderMode
from pythia.compat.pyservicemaker.messages import (
    DynamicSourceMessage,
    EOSMessage,
    PipelineMessage,
    PipelineState,
    RecordingInfo,
    StateTransitionMessage,
)
from pythia.compat.pyservicemaker.node import Node
from pythia.compat.pyservicemaker.pipeline import Pipeline
from pythia.compat.pyservicemaker.plugins import CommonFactory, probe, register_probe
from pythia.compat.pyservicemaker.probe import (
    BatchMetadataOperator,
    BufferObserver,
    BufferOperator,
    Probe,
)
from pythia.compat.pyservicemaker.source_config import (
    CameraInfo,
    RecordConfig,
    SensorInfo,
    SourceConfig,
)
from pythia.compat.pyservicemaker.tensor import ColorFormat, Tensor, as_tensor

__all__ = [
    "BatchMetadataOperator",
    "Buffer",
    "BufferObserver",
    "BufferOperator",
    "BufferProvider",
    "BufferRetriever",
    "CameraInfo",
    "ColorFormat",
    "CommonFactory",
    "DynamicSourceMessage",
    "EOSMessage",
    "Feeder",
    "Flow",
    "MediaType",
    "Node",
    "Object",
    "Pipeline",
    "PipelineMessage",
    "PipelineState",
    "Probe",
    "Receiver",
    "RecordConfig",
    "RecordingInfo",
    "RenderMode",
    "SensorInfo",
    "SourceConfig",
    "StateTransitionMessage",
    "Tensor",
    "as_tensor",
    "osd",
    "postprocessing",
    "probe",
    "register_probe",
    "signal",
    "utils",
]

__version__ = "0.0.1"

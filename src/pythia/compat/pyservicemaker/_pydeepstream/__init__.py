"""Under this name NVIDIA's library has its compiled part, which some programs import from."""

from pythia.compat.pyservicemaker import *  # noqa: F403
from pythia.compat.pyservicemaker import osd, signal, utils
from pythia.compat.pyservicemaker.display_metadata import DisplayMetadata
from pythia.compat.pyservicemaker.event_message import EventMessageUserMetadata
from pythia.compat.pyservicemaker.metadata import (
    BatchMetadata,
    ClassifierMetadata,
    FrameMetadata,
    LabelInfo,
    ObjectMetadata,
)
from pythia.compat.pyservicemaker.preprocess_metadata import (
    PreprocessBatchUserMetadata,
    PreprocessTensorMetadata,
    RoiMetadata,
)
from pythia.compat.pyservicemaker.user_metadata import (
    AnalyticsFrameMeta,
    AnalyticsObjInfo,
    ObjectReidUserMetadata,
    SegmentationUserMetadata,
    TensorOutputUserMetadata,
    TrackerPastFrameUserMetadata,
    UserMetadata,
)

__all__ = [
    "AnalyticsFrameMeta",
    "AnalyticsObjInfo",
    "BatchMetadata",
    "ClassifierMetadata",
    "DisplayMetadata",
    "EventMessageUserMetadata",
    "FrameMetadata",
    "LabelInfo",
    "ObjectMetadata",
    "ObjectReidUserMetadata",
    "PreprocessBatchUserMetadata",
    "PreprocessTensorMetadata",
    "RoiMetadata",
    "SegmentationUserMetadata",
    "TensorOutputUserMetadata",
    "TrackerPastFrameUserMetadata",
    "UserMetadata",
    "osd",
    "signal",
    "utils",
]

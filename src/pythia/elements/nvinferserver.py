"""nvinferserver: nvinfer for configurations of Triton, where they describe an ONNX model on disk.

Try it::

    gst-pylaunch filesrc location=$(pythia samples sample_720p.mp4) ! qtdemux ! h264parse \
        ! avdec_h264 ! m.sink_0 nvstreammux name=m batch-size=1 width=1280 height=720 \
        ! nvinferserver config-file-path=config_inferserver.txt ! fakesink
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pythia.elements.base import video_templates
from pythia.elements.infer_element import CALLBACK, CALLBACK_DATA, InferElement, class_ids
from pythia.elements.properties import Property, gproperties
from pythia.exceptions import ConfigError
from pythia.gst import Gst

if TYPE_CHECKING:
    from pythia.vision.nvinfer_config import NvInferConfig

_OVERRIDES = {
    "unique-id": ("gie_unique_id", 1),
    "process-mode": ("process_mode", 1),
    "batch-size": ("batch_size", 1),
    "infer-on-gie-id": ("operate_on_gie_id", 0),
    "interval": ("interval", 0),
}
"""Fields that a property wins over, from its least value on; below it the file counts."""


class NvInferServer(InferElement, Gst.Element):
    """The element; see the module."""

    __gtype_name__ = "GstNvInferServer"
    __gstmetadata__ = (
        "NvInferServer plugin",
        "NvInferServer Plugin",
        "Runs an ONNX network of a Triton model repository on disk, on frames or objects",
        "pythia",
    )
    __gsttemplates__ = video_templates(("NV12", "RGBA", "I420"), system=False)
    PROPERTIES = (
        Property("unique-id", "uint", 0, "Number that its metadata carries; 0 as in the file"),
        Property(
            "process-mode", "uint", 0, "0 as in the file, 1 full frames, 2 objects", maximum=2
        ),
        Property("config-file-path", "string", "", "DeepStream's nvinferserver configuration"),
        Property(
            "batch-size",
            "uint",
            0,
            "Frames or objects in one call at most; 0 as in the file",
            maximum=1024,
        ),
        Property(
            "infer-on-gie-id", "int", -1, "Objects of this component only; -1 as in the file", -1
        ),
        Property("input-tensor-meta", "bool", False, "Take tensors from nvdspreprocess"),
        Property("infer-on-class-ids", "string", "", 'Objects of classes such as "0:2:3"'),
        Property(
            "interval", "uint", 0, "Batches to skip between two inferences", maximum=2**31 - 1
        ),
        CALLBACK,
        CALLBACK_DATA,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.set_up()

    def config(self) -> NvInferConfig:
        """The file's configuration; properties that somebody set win."""
        from pythia.vision.inferserver_config import load

        if not self.settings["config-file-path"]:
            raise ConfigError("set config-file-path to a DeepStream nvinferserver configuration")
        changes: dict[str, Any] = {}
        for name, (field, least) in _OVERRIDES.items():
            if name in self.given and self.settings[name] >= least:
                changes[field] = self.settings[name]
        if self.settings["infer-on-class-ids"]:
            name = "infer-on-class-ids"
            changes["operate_on_class_ids"] = class_ids(name, self.settings[name])
        if self.settings["input-tensor-meta"]:
            changes["input_tensor_from_meta"] = True
        return replace(load(self.settings["config-file-path"]), **changes)

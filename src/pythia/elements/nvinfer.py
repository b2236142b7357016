"""nvinfer: runs a network on frames or objects and attaches what it finds.

Try it::

    gst-pylaunch filesrc location=$(pythia samples sample_720p.mp4) ! qtdemux ! h264parse \
        ! avdec_h264 ! m.sink_0 nvstreammux name=m batch-size=1 width=1280 height=720 \
        ! nvinfer config-file-path=$(pythia samples config_infer_primary.txt) ! fakesink
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from pythia.elements.base import video_templates
from pythia.elements.infer_element import CALLBACK, CALLBACK_DATA, InferElement, class_ids
from pythia.elements.properties import GPU_ID, Enum, Property, gproperties
from pythia.exceptions import ConfigError, PythiaError
from pythia.gst import GObject, Gst

if TYPE_CHECKING:
    from pythia.vision.nvinfer_config import NvInferConfig

_log = logging.getLogger("pythia.elements.nvinfer")

_PROCESS_MODE = Enum(
    "GstPythiaNvInferProcessMode",
    ((1, "Primary (Full Frame)", "primary"), (2, "Secondary (Objects)", "secondary")),
)

_OVERRIDES = {
    "unique-id": "gie_unique_id",
    "process-mode": "process_mode",
    "batch-size": "batch_size",
    "interval": "interval",
    "infer-on-gie-id": "operate_on_gie_id",
    "infer-on-class-ids": "operate_on_class_ids",
    "filter-out-class-ids": "filter_out_class_ids",
    "model-engine-file": "model_engine_file",
    "gpu-id": "gpu_id",
    "output-tensor-meta": "output_tensor_meta",
    "output-instance-mask": "output_instance_mask",
    "input-tensor-meta": "input_tensor_from_meta",
    "clip-object-outside-roi": "clip_object_outside_roi",
    "crop-objects-to-roi-boundary": "crop_objects_to_roi_boundary",
    "raw-output-file-write": "raw_output_file_write",
}
"""Fields of the configuration that a property of the element wins over."""


class NvInfer(InferElement, Gst.Element):
    """The element; see the module."""

    __gtype_name__ = "GstNvInfer"
    __gstmetadata__ = (
        "NvInfer plugin",
        "NvInfer Plugin",
        "Runs an ONNX network on frames or objects, configured as DeepStream's nvinfer",
        "pythia",
    )
    __gsttemplates__ = video_templates(("NV12", "RGBA", "I420"), system=False)
    PROPERTIES = (
        Property("config-file-path", "string", "", "DeepStream's nvinfer configuration file"),
        Property("unique-id", "uint", 15, "Number that its metadata carries"),
        Property("process-mode", _PROCESS_MODE, 1, "Full frames or objects"),
        Property("batch-size", "uint", 1, "Frames or objects in one call at most", 1, 1024),
        Property("interval", "uint", 0, "Batches to skip between two inferences"),
        Property(
            "infer-on-gie-id", "int", -1, "Secondary: objects of this component only, -1 any", -1
        ),
        Property("infer-on-class-ids", "string", "", 'Secondary: objects of classes such as "0:2"'),
        Property("filter-out-class-ids", "string", "", 'Drop detections of classes such as "0;2"'),
        Property("model-engine-file", "string", "", "The ONNX model beside it is used"),
        Property("output-tensor-meta", "bool", False, "Attach the network's raw outputs"),
        Property("output-instance-mask", "bool", False, "Attach instance masks"),
        Property("input-tensor-meta", "bool", False, "Take tensors from nvdspreprocess"),
        Property("clip-object-outside-roi", "bool", True, "Clip to nvdspreprocess' regions"),
        Property("crop-objects-to-roi-boundary", "bool", False, "Clip boxes to the region"),
        Property("raw-output-file-write", "bool", False, "Write raw outputs to files"),
        CALLBACK,
        CALLBACK_DATA,
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__: ClassVar = {"model-updated": (GObject.SignalFlags.RUN_LAST, None, (int, str))}

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self._file_error: tuple[type[PythiaError], str] | None = None
        self._file_config: NvInferConfig | None = None
        self.set_up()

    def property_changed(self, name: str) -> None:
        """Read the configuration file as soon as it is named, as DeepStream does."""
        if name != "config-file-path":
            return
        self._read_file()
        if self.is_running:
            self._update_model()

    def _read_file(self) -> None:
        from pythia.vision import nvinfer_config

        self._file_error = None
        try:
            self._file_config = nvinfer_config.load(self.settings["config-file-path"])
        except PythiaError as error:
            # Not the error itself: its traceback holds all callers, and they the pipeline.
            self._file_error = type(error), str(error)

    def _update_model(self) -> None:
        error = 0
        try:
            self.load()
        except PythiaError as failure:
            # As in DeepStream the signal tells, and the old model goes on.
            error = 1
            _log.warning("%s: goes on with the model it has: %s", self.get_name(), failure)
        self.emit("model-updated", error, self.settings["config-file-path"])

    def config(self) -> NvInferConfig:
        """The file's configuration; properties that somebody set win."""
        if not self.settings["config-file-path"]:
            raise ConfigError("set config-file-path to a DeepStream nvinfer configuration")
        if self._file_error is not None:
            kind, text = self._file_error
            raise kind(text)
        assert self._file_config is not None
        changes = {_OVERRIDES[name]: self._value(name) for name in self.given & set(_OVERRIDES)}
        return replace(self._file_config, **changes)

    def _value(self, name: str) -> Any:
        value = self.settings[name]
        if name.endswith("class-ids"):
            return class_ids(name, value)
        if name == "model-engine-file":
            from pathlib import Path

            return Path(value).absolute() if value else None
        return value


__all__ = ["NvInfer"]

"""nvinfer: runs a network on frames or objects and attaches what it finds.

Several batches are worked on side by side, each on a single-threaded session call, and leave in
the order in which they came. A live pipeline has one batch in the works at a time, for the sake
of latency. Try it::

    gst-pylaunch filesrc location=$(pythia samples sample_720p.mp4) ! qtdemux ! h264parse \
        ! avdec_h264 ! m.sink_0 nvstreammux name=m batch-size=1 width=1280 height=720 \
        ! nvinfer config-file-path=$(pythia samples config_infer_primary.txt) ! fakesink
"""

from __future__ import annotations

import logging
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from pythia.elements.base import video_templates
from pythia.elements.handover import Handover
from pythia.elements.properties import GPU_ID, Enum, Property, gproperties
from pythia.elements.task import TaskElement
from pythia.exceptions import ConfigError, PipelineError, PythiaError
from pythia.gst import GObject, Gst
from pythia.gst.memory import unref
from pythia.gst.pads import ERROR, FLUSHING, NOT_NEGOTIATED, OK, proxy_caps, push, set_chain, weakly
from pythia.gst.video import video_format
from pythia.meta import carrier

if TYPE_CHECKING:
    from pythia.elements.frames import FrameMapper
    from pythia.elements.inference import Inference, Outcome, Task
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
    "crop-objects-to-roi-boundary": "crop_objects_to_roi_boundary",
    "raw-output-file-write": "raw_output_file_write",
}
"""Fields of the configuration that a property of the element wins over."""


@dataclass(frozen=True)
class _Work:
    """A buffer on its way; ``outcomes`` is None where nothing is to be inferred."""

    buffer: int
    tasks: list[Task]
    outcomes: Future[list[Outcome]] | None

    def let_go(self, _future: object = None) -> None:
        """Give up the buffer."""
        unref(self.buffer)


class NvInfer(TaskElement, Gst.Element):
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
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__: ClassVar = {"model-updated": (GObject.SignalFlags.RUN_LAST, None, (int, str))}

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self._sink = self.new_pad("sink")
        self.src = self.new_pad("src")
        set_chain(self._sink, weakly(self._chain))
        self._sink.set_event_function_full(weakly(self._event))
        for pad in (self._sink, self.src):
            proxy_caps(pad)
            self.add_pad(pad)
        self._file_error: tuple[type[PythiaError], str] | None = None
        self._file_config: NvInferConfig | None = None
        self._inference: Inference | None = None
        self._reset()

    def _reset(self) -> None:
        self._frames: FrameMapper | None = None
        self._batches = 0
        self._flow = OK
        self._queue: Handover[_Work | Gst.Event] = Handover(1)
        self._workers: ThreadPoolExecutor | None = None

    # Configuration

    def property_changed(self, name: str) -> None:
        """Read the configuration file as soon as it is named, as DeepStream does."""
        if name != "config-file-path":
            return
        self._read_file()
        if self._workers is not None:  # running: the new model takes over between two buffers
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
            self._inference = self._load()
        except PythiaError as failure:
            # As in DeepStream the signal tells, and the old model goes on.
            error = 1
            _log.warning("%s: goes on with the model it has: %s", self.get_name(), failure)
        self.emit("model-updated", error, self.settings["config-file-path"])

    def _config(self) -> NvInferConfig:
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
            return self._class_ids(name, value or "")
        if name == "model-engine-file":
            from pathlib import Path

            return Path(value).absolute() if value else None
        return value

    def _class_ids(self, name: str, value: str) -> tuple[int, ...]:
        parts = [part for part in value.replace(":", ";").split(";") if part.strip()]
        try:
            return tuple(int(part) for part in parts if int(part) >= 0)
        except ValueError:
            raise ConfigError(f"{name}={value!r}: expected class numbers such as '0:2'") from None

    def _load(self) -> Inference:
        from pythia.elements.inference import Inference

        return Inference(self._config())

    # States

    def start(self) -> None:
        """Load the model and start the workers."""
        self._reset()
        self._inference = self._load()
        cores = len(os.sched_getaffinity(0))
        self._workers = ThreadPoolExecutor(cores, thread_name_prefix=str(self.get_name()))
        # One more than is worked on, so that no worker waits while a batch is handed on.
        self._queue = Handover(cores + 1)

    def release(self) -> None:
        """Let both threads go."""
        self._discard(self._queue.stop())

    def stop(self) -> None:
        """End the workers and drop the model."""
        if self._workers is not None:
            self._workers.shutdown(wait=True, cancel_futures=True)
        self._reset()
        self._inference = None

    @staticmethod
    def _discard(left: list[_Work | Gst.Event]) -> None:
        for work in left:
            if not isinstance(work, _Work):
                continue
            if work.outcomes is None:
                work.let_go()
            else:
                # A worker may be looking at the frames right now.
                work.outcomes.cancel()
                work.outcomes.add_done_callback(work.let_go)

    # The streaming thread

    def _event(self, _pad: Gst.Pad, _parent: Gst.Object | None, event: Gst.Event) -> bool:
        kind = event.type
        if kind == Gst.EventType.FLUSH_START:
            self._discard(self._queue.stop())
            return bool(self.src.push_event(event))
        if kind == Gst.EventType.FLUSH_STOP:
            self.src.stop_task()
            self._queue = Handover(self._queue.limit)
            self._flow = OK
            pushed = bool(self.src.push_event(event))
            self.src.start_task(self.push_next)
            return pushed
        if kind == Gst.EventType.CAPS:
            from pythia.elements.frames import FrameMapper

            self._frames = FrameMapper(video_format(event.parse_caps()))
            self._look_for_live_sources()
        if Gst.EventType.get_flags(kind) & Gst.EventTypeFlags.SERIALIZED:
            return self._queue.put(event, counts=False)
        return bool(self.src.push_event(event))

    def _look_for_live_sources(self) -> None:
        query = Gst.Query.new_latency()
        if self._sink.peer_query(query) and query.parse_latency()[0]:
            self._queue.limit = 1

    def _chain(self, buffer: int) -> int:
        if self._flow != OK:
            unref(buffer)
            return self._flow
        try:
            work = self._begin(buffer)
        except Exception as error:
            unref(buffer)
            self.fail(error)
            return ERROR
        if not self._queue.put(work):
            self._discard([work])
            return FLUSHING
        return OK

    def _begin(self, buffer: int) -> _Work:
        inference, frames = self._inference, self._frames
        assert inference is not None
        assert self._workers is not None
        if frames is None:
            raise PipelineError("a buffer came before caps")
        batch = carrier.fetch(buffer)
        if batch is None:
            raise PipelineError(
                "a buffer came without batch metadata; put nvstreammux before nvinfer"
            )
        size = (frames.format.width, frames.format.height)
        tasks = inference.tasks(batch, size, skip=self._skips(inference))
        if not tasks:
            return _Work(buffer, [], None)
        return _Work(buffer, tasks, self._workers.submit(inference.run, frames, buffer, tasks))

    def _skips(self, inference: Inference) -> bool:
        self._batches += 1
        return (self._batches - 1) % (inference.config.interval + 1) > 0

    # The pushing thread

    def push_next(self) -> None:
        """Hand on the buffer or event that came first, when it is ready."""
        work = self._queue.get()
        if work is None:
            self.src.pause_task()
            return
        if not isinstance(work, _Work):
            self.src.push_event(work)
            return
        flow = self._finish(work)
        self._queue.done()
        if flow != OK:
            self._flow = flow
            self._discard(self._queue.clear())
            if flow == NOT_NEGOTIATED:
                self.fail_flow(self.src, flow)

    def _finish(self, work: _Work) -> int:
        try:
            if work.outcomes is not None:
                self._attach(work, work.outcomes.result())
        except Exception as error:
            unref(work.buffer)
            self.fail(error)
            return ERROR
        return push(self.src, work.buffer)

    @staticmethod
    def _attach(work: _Work, outcomes: list[Outcome]) -> None:
        for task, outcome in zip(work.tasks, outcomes, strict=True):
            outcome.attach(task)


__all__ = ["NvInfer"]

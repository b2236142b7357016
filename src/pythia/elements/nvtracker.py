"""nvtracker: gives objects an identity from frame to frame.

``ll-config-file`` is DeepStream's own: IOU, NvSORT, NvDeepSORT and NvDCF trackers differ by what
it says. Without one, objects are matched by overlap alone, with the documented default of every
key. Any ``ll-lib-file`` is accepted: the portable trackers stand in for NvMultiObjectTracker.
Changes while playing take effect at the next start. Try it::

    gst-pylaunch filesrc location=$(pythia samples sample_720p.mp4) ! qtdemux ! h264parse \
        ! avdec_h264 ! m.sink_0 nvstreammux name=m batch-size=1 width=1280 height=720 \
        ! nvinfer config-file-path=$(pythia samples config_infer_primary.txt) \
        ! nvtracker ll-config-file=$(pythia samples config_tracker_NvDCF_perf.yml) ! fakesink
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from pythia.elements.base import Portable, video_templates
from pythia.elements.properties import COMPUTE_HW, GPU_ID, Property, check_sides, gproperties
from pythia.elements.requests import TRACKER_CONFIG, named
from pythia.elements.sub_batches import SubBatches
from pythia.elements.tracker_batch import BatchWriter, ObjectIds
from pythia.elements.tracker_meta import (
    ClassStyles,
    FrameWriter,
    Scale,
    considered,
    tracker_frame,
)
from pythia.exceptions import ConfigError, PipelineError, PythiaError
from pythia.gst import Gst, GstBase
from pythia.gst.structures import structure_of
from pythia.gst.video import video_format
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch, PortableFrame

if TYPE_CHECKING:
    from pythia.elements.frames import FrameMapper
    from pythia.vision.image import Image
    from pythia.vision.tracking.frame import Report
    from pythia.vision.tracking.tracker import Stream, Tracker

_log = logging.getLogger("pythia.elements")

_NEW_ID_AFTER_STREAM_RESET, _FROM_ZERO_AFTER_EOS = 1, 2
"""Bits of ``tracking-id-reset-mode``."""


class NvTracker(Portable, GstBase.BaseTransform):
    """The element; see the module. All but properties belongs to the streaming thread."""

    __gtype_name__ = "GstNvTracker"
    __gstmetadata__ = (
        "NvTracker plugin",
        "NvTracker functionality",
        "Gives objects an identity from frame to frame, and carries them through missed detections",
        "pythia",
    )
    __gsttemplates__ = video_templates(("NV12", "I420", "RGBA"), system=False)
    PROPERTIES = (
        Property(
            "ll-lib-file", "string", None, "DeepStream's low-level library: any; it is not loaded"
        ),
        Property(
            "ll-config-file",
            "string",
            None,
            "DeepStream's tracker configuration (YAML); several for sub-batches: a.yml;b.yml",
        ),
        Property(
            "tracker-width", "uint", 960, "Width of the tracker's frame; 0 is that of the frames"
        ),
        Property(
            "tracker-height", "uint", 544, "Height of the tracker's frame; 0 is that of the frames"
        ),
        Property("display-tracking-id", "bool", True, "Add the identity to the objects' texts"),
        Property(
            "tracking-id-reset-mode",
            "uint",
            0,
            "Begin anew: 1 after a stream's reset, 2 after its EOS and count from 0, 3 both",
            0,
            3,
        ),
        Property(
            "tracking-surface-type", "uint", 0, "Track on surfaces of this type only; 0 is all"
        ),
        Property(
            "operate-on-class-ids",
            "string",
            "",
            "Track these classes only, such as 0;2, and leave the others as they are",
        ),
        Property(
            "sub-batches",
            "string",
            "",
            "Trackers of their own: for sources (0,1;2,3) or for so many sources each (2:2)",
        ),
        Property(
            "input-tensor-meta", "bool", False, "Take pictures from nvdspreprocess: refused here"
        ),
        Property(
            "tensor-meta-gie-id", "uint", 0, "Only of use with input-tensor-meta", hardware=True
        ),
        Property(
            "sub-batch-err-recovery-trial-cnt",
            "int",
            0,
            "Attempts to load a failing library again; there is none here",
            -1,
            hardware=True,
        ),
        Property(
            "user-meta-pool-size", "uint", 16, "Buffers of NVIDIA's metadata pool", 1, None, True
        ),
        Property(
            "enable-batch-process", "bool", True, "Of earlier versions; always so", hardware=True
        ),
        Property(
            "enable-past-frame",
            "bool",
            False,
            "Of earlier versions; past frames are always attached",
            hardware=True,
        ),
        COMPUTE_HW,
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.set_in_place(True)
        self._frames: FrameMapper | None = None
        self._trackers: list[Tracker] = []

    # States

    def do_start(self) -> bool:
        """GstBaseTransform's virtual method; also loads what tracks, so that no frame waits."""
        from pythia.vision.tracking.tracker import IdCounter

        settings = self.settings
        self._frames = None
        self._styles = ClassStyles()
        self._ids = ObjectIds(bool(settings["tracking-id-reset-mode"] & _FROM_ZERO_AFTER_EOS))
        self._next_id = IdCounter()
        try:
            if settings["input-tensor-meta"]:
                raise ConfigError(
                    "nvtracker: input-tensor-meta=true (pictures that nvdspreprocess made) is not "
                    "possible on the portable runtime, and not needed: leave it out, and the "
                    "tracker looks at the frames themselves"
                )
            check_sides("nvtracker", settings, "tracker-width", "tracker-height")
            self._class_ids = _class_ids(settings["operate-on-class-ids"] or "")
            self._places = SubBatches(settings["sub-batches"] or "")
            self._trackers = self._load(settings["ll-config-file"] or "", self._places.count)
        except Exception as error:
            self.fail(error)
            return False
        return True

    def _load(self, files: str, count: int) -> list[Tracker]:
        from pythia.vision.tracking.config import TrackerConfig
        from pythia.vision.tracking.config_reader import load_tracker_config
        from pythia.vision.tracking.tracker import Tracker

        names = [name.strip() for name in files.split(";") if name.strip()]
        if len(names) > count:
            raise ConfigError(
                f"nvtracker: ll-config-file={files!r} names {len(names)} files, but there "
                f"{'is 1 sub-batch' if count == 1 else f'are {count} sub-batches'}; see sub-batches"
            )
        configs = [load_tracker_config(name) for name in names] or [TrackerConfig()]
        # As in DeepStream the last one counts for the sub-batches that have none of their own.
        configs += [configs[-1]] * (count - len(configs))
        return [Tracker(config, self._next_id) for config in configs]

    def do_stop(self) -> bool:
        """GstBaseTransform's virtual method."""
        for tracker in self._trackers:
            tracker.close()
        self._trackers = []
        self._frames = None
        return True

    # Events

    def do_set_caps(self, incaps: Gst.Caps, _outcaps: Gst.Caps) -> bool:
        """GstBaseTransform's virtual method."""
        from pythia.elements.frames import FrameMapper

        format = video_format(incaps)
        size = (format.width, format.height)
        wanted = (self.settings["tracker-width"], self.settings["tracker-height"])
        tracker = (wanted[0] or size[0], wanted[1] or size[1])
        self._frames = FrameMapper(format)
        self._scale = Scale(size, tracker)
        self._writer = BatchWriter(self._scale, self._styles, self._ids)
        return True

    def do_sink_event(self, event: Gst.Event) -> bool:
        """GstBaseTransform's virtual method: sources go, end, or begin anew."""
        structure = structure_of(event)
        if (request := named(event, TRACKER_CONFIG)) is not None:
            self._use_config(request.get_string("config_path") or "")
        elif structure is not None and structure.has_field("stream-id"):
            self._source_event(structure.get_name(), structure.get_uint("stream-id")[1])
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def _use_config(self, file: str) -> None:
        """Track as another file says from now on; what is being tracked begins anew."""
        if not self._trackers:
            return  # not started
        try:
            trackers = self._load(file, self._places.count)
        except PythiaError as error:
            _log.warning("%s: goes on with the configuration it has: %s", self.get_name(), error)
            return
        for tracker in self._trackers:
            tracker.close()
        self._trackers = trackers

    def _source_event(self, name: str, source: int) -> None:
        mode = self.settings["tracking-id-reset-mode"]
        if name == "stream-reset" and mode & _NEW_ID_AFTER_STREAM_RESET:
            self._forget(source)
        ends = name == "stream-eos" and mode & _FROM_ZERO_AFTER_EOS
        if name == "pad-deleted" or ends:
            self._forget(source)
            self._ids.forget(source)
            self._places.release(source)

    def _forget(self, source: int) -> None:
        for tracker in self._trackers:
            for stream in tracker.streams:
                if stream[0] == source:
                    tracker.remove(stream)

    # The streaming thread

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GstBaseTransform's virtual method."""
        try:
            self._process(hash(buffer))
        except Exception as error:
            self.fail(error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK

    def _process(self, buffer: int) -> None:
        batch = carrier.fetch(buffer)
        if batch is None:
            raise PipelineError(
                "a buffer came without batch metadata; put nvstreammux before nvtracker"
            )
        assert self._frames is not None
        looks = any(tracker.config.needs_pictures for tracker in self._trackers)
        pictures: Any = self._frames.batch(buffer) if looks else nullcontext(())
        with pictures as images:
            self._track(batch, images)

    def _track(self, batch: PortableBatch, images: Sequence[Image]) -> None:
        reports: dict[int, list[tuple[Stream, Report]]] = defaultdict(list)
        surface_type = self.settings["tracking-surface-type"]
        for frame in batch.frame_meta_list:
            if not surface_type or frame.surface_type in (0, surface_type):
                place = self._places.place(frame.pad_index)
                stream = (frame.pad_index, frame.surface_index)
                image = images[frame.batch_id] if images else None
                report = self._track_frame(self._trackers[place], stream, frame, image)
                reports[place].append((stream, report))
        for place in sorted(reports):
            self._writer.attach(batch, reports[place], self._trackers[place].config)

    def _track_frame(
        self, tracker: Tracker, stream: Stream, frame: PortableFrame, image: Image | None
    ) -> Report:
        settings, scale = self.settings, self._scale
        objects = considered(frame, self._class_ids)
        self._styles.learn(objects)
        report = tracker.process(stream, tracker_frame(frame, objects, scale, image))
        writer = FrameWriter(frame, objects, scale, self._styles, settings["display-tracking-id"])
        writer.write(report.tracked, lambda target_id: self._ids.object_id(stream, target_id))
        if not self._class_ids:
            writer.remove_untracked()
        return report


def _class_ids(text: str) -> frozenset[int]:
    """The numbers of ``operate-on-class-ids``."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if not all(part.isdecimal() for part in parts):
        raise ConfigError(
            f"nvtracker: operate-on-class-ids={text!r}: expected class numbers such as '0;2'"
        )
    return frozenset(map(int, parts))

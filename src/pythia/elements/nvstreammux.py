"""nvstreammux: frames of many sources become batches of frames of one size.

Each source is scaled on its own streaming thread, straight into the memory that travels on; one
more thread gathers what is ready and pushes it. Try it::

    gst-pylaunch videotestsrc num-buffers=30 ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=640 height=360 ! fakesink
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pythia.elements.base import pad_template, parse_caps, video_caps
from pythia.elements.collector import Collected, Collector
from pythia.elements.properties import (
    COMPUTE_HW,
    GPU_ID,
    INTERPOLATION,
    MEMORY_TYPE,
    UINT64_MAX,
    Property,
    gproperties,
)
from pythia.elements.task import TaskElement
from pythia.exceptions import ConfigError
from pythia.gst import GObject, Gst
from pythia.gst.memory import head, new_buffer, share_memory, unref
from pythia.gst.pads import EOS, ERROR, FLUSHING, NOT_NEGOTIATED, OK, push, set_chain, weakly
from pythia.gst.queries import accept_video_meta, add_latency
from pythia.gst.video import NVMM, VideoFormat, ntp_timestamp_ns, video_format
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch, PortableFrame

if TYPE_CHECKING:
    from pythia.elements.scaler import Scaler

_NONE = UINT64_MAX  # GST_CLOCK_TIME_NONE
_BATCHED = ("NV12", "I420", "RGBA")
_INPUT = (*_BATCHED, "BGRx", "RGBx", "BGRA", "BGR", "RGB", "GRAY8")


@dataclass(eq=False)
class _Source:
    """What is known of one sink pad."""

    number: int
    format: VideoFormat | None = None
    scaler: Scaler | None = None
    segment: Gst.Segment = field(default_factory=Gst.Segment.new)
    frame_num: int = 0


@dataclass(frozen=True)
class _Frame:
    """A frame of the output size, in the only memory of a buffer of ours."""

    buffer: int
    meta: PortableFrame
    running_time: int
    duration: int


class NvStreamMux(TaskElement, Gst.Element):
    """The element; see the module."""

    __gtype_name__ = "GstNvStreamMux"
    __gstmetadata__ = (
        "Stream multiplexer",
        "Generic",
        "Gathers frames of many sources into batches of one size, with metadata",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template("sink_%u", Gst.PadDirection.SINK, Gst.PadPresence.REQUEST, video_caps(_INPUT)),
        pad_template(
            "src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, video_caps(_BATCHED, system=False)
        ),
    )
    PROPERTIES = (
        Property("batch-size", "uint", 0, "Frames in a batch at most; must be set", 0, 1024),
        Property("width", "uint", 0, "Width of every frame of a batch; must be set"),
        Property("height", "uint", 0, "Height of every frame of a batch; must be set"),
        Property(
            "batched-push-timeout",
            "int",
            -1,
            "Microseconds after the first frame of a batch until it is pushed as it is; "
            "-1 waits until it is full",
            -1,
        ),
        Property("live-source", "bool", False, "Sources are live"),
        Property("enable-padding", "bool", False, "Keep the aspect ratio with black bands"),
        Property("sync-inputs", "bool", False, "Batch the frames with the lowest time first"),
        Property("max-latency", "uint", 0, "Nanoseconds of latency added for live sources"),
        Property(
            "attach-sys-ts",
            "bool",
            True,
            "ntp_timestamp is the system's time; otherwise the sender's, where RTSP gives it",
        ),
        Property(
            "interpolation-method", INTERPOLATION, 1, "How frames are scaled (0 nearest ... )"
        ),
        Property("num-surfaces-per-frame", "uint", 1, "Surfaces in a frame", 1, 4),
        Property("drop-pipeline-eos", "bool", False, "Do not send EOS when all sources ended"),
        Property("frame-num-reset-on-eos", "bool", False, "Count anew after a source's EOS"),
        Property(
            "frame-num-reset-on-stream-reset", "bool", False, "Count anew after a stream start"
        ),
        Property(
            "frame-duration",
            "uint64",
            UINT64_MAX,
            "Step of NVIDIA's NTP correction; senders' times are passed on as they are",
            hardware=True,
        ),
        Property(
            "async-process",
            "bool",
            True,
            "Scaling always runs beside the batching, on the sources' threads",
            hardware=True,
        ),
        Property("buffer-pool-size", "uint", 4, "Buffers in NVIDIA's pool", 4, 1024, True),
        COMPUTE_HW,
        MEMORY_TYPE,
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.src = self.new_pad("src")
        add_latency(self.src, weakly(self._waits_ns), weakly(self._is_live))
        self.add_pad(self.src)
        self._sources: dict[int, _Source] = {}
        self._collector: Collector[_Frame] = Collector()
        self._output: VideoFormat | None = None
        self._announced = False
        self._last_pts = 0

    # Pads

    def do_request_new_pad(
        self, template: Gst.PadTemplate, name: str | None, _caps: Gst.Caps | None
    ) -> Gst.Pad | None:
        """GstElement's virtual method; ``name`` is ``sink_N`` or None for the next free one."""
        number = self._pad_number(name)
        if number is None or number in self._sources:
            return None
        pad = Gst.Pad.new_from_template(template, f"sink_{number}")
        source = _Source(number)
        accept_video_meta(pad)
        set_chain(pad, weakly(self._chain, source))
        pad.set_event_function_full(weakly(self._event, source))
        self._sources[number] = source
        self._collector.add(number)
        pad.set_active(True)
        self.add_pad(pad)
        return pad

    def _pad_number(self, name: str | None) -> int | None:
        if name is None or name == "sink_%u":
            return next(n for n in range(len(self._sources) + 1) if n not in self._sources)
        digits = name.removeprefix("sink_")
        return int(digits) if digits.isdecimal() and name != digits else None

    def do_release_pad(self, pad: Gst.Pad) -> None:
        """GstElement's virtual method; what the source had waiting is dropped."""
        number = self._pad_number(pad.get_name())
        # An element that is being freed may have lost its Python half by now.
        if number is not None and getattr(self, "_sources", {}).pop(number, None) is not None:
            self._drop(self._collector.remove(number))
        pad.set_active(False)
        self.remove_pad(pad)

    @staticmethod
    def _drop(frames: list[_Frame]) -> None:
        for frame in frames:
            unref(frame.buffer)

    # States

    def start(self) -> None:
        """Check what must be set, and begin anew."""
        settings = self.settings
        new_mux = os.environ.get("USE_NEW_NVSTREAMMUX") == "yes"  # which has no size to set
        wanted = ("batch-size",) if new_mux else ("batch-size", "width", "height")
        missing = [name for name in wanted if not settings[name]]
        if missing:
            raise ConfigError(
                f"nvstreammux: set {' and '.join(missing)}, for example "
                "batch-size=1 width=1280 height=720"
            )
        self._collector = Collector((lambda f: f.running_time) if settings["sync-inputs"] else None)
        for number, source in self._sources.items():
            self._collector.add(number)
            source.frame_num = 0
            source.scaler = None
        self._output = None
        self._announced = False
        self._last_pts = 0

    def release(self) -> None:
        """Let the sources and the batching go."""
        self._drop(self._collector.stop())

    # Sources' threads

    def _event(
        self, source: _Source, _pad: Gst.Pad, _parent: Gst.Object | None, event: Gst.Event
    ) -> bool:
        kind: Any = event.type
        if kind == Gst.EventType.CAPS:
            return self._set_format(source, event.parse_caps())
        if kind == Gst.EventType.SEGMENT:
            source.segment = event.parse_segment().copy()
        elif kind == Gst.EventType.EOS:
            self._collector.end(source.number)
        elif kind == Gst.EventType.STREAM_START:
            self._collector.end(source.number, ended=False)
            if self.settings["frame-num-reset-on-stream-reset"]:
                source.frame_num = 0
        elif kind in (Gst.EventType.FLUSH_START, Gst.EventType.FLUSH_STOP):
            begins = kind == Gst.EventType.FLUSH_START
            self._drop(self._collector.flush(source.number, begins))
        elif kind == Gst.EventType.CUSTOM_DOWNSTREAM:
            return bool(self.src.push_event(event))
        return True

    def _set_format(self, source: _Source, caps: Gst.Caps) -> bool:
        try:
            source.format = video_format(caps)
            if self._output is None:
                self._output = self._choose_output(source.format)
            source.scaler = source.scaler or self._make_scaler(self._output)
        except Exception as error:
            self.fail(error)
            return False
        return True

    def _make_scaler(self, output: VideoFormat) -> Scaler:
        from pythia.elements.scaler import Scaler

        settings = self.settings
        return Scaler(
            output,
            padding=settings["enable-padding"],
            interpolation=settings["interpolation-method"],
        )

    def _choose_output(self, first: VideoFormat) -> VideoFormat:
        """The format of all batches: the first source's, if what follows takes it."""
        width = self.settings["width"] or first.width
        height = self.settings["height"] or first.height
        wish = first.format if first.format in _BATCHED else "RGBA"
        allowed = self.src.peer_query_caps(None) or Gst.Caps.new_any()
        for name in (wish, *_BATCHED):
            caps = parse_caps(
                f"video/x-raw({NVMM}), format={name}, width={width}, height={height}, "
                f"framerate={first.fps[0]}/{first.fps[1]}, pixel-aspect-ratio=1/1, "
                "interlace-mode=progressive"
            )
            if name == first.format and first.colorimetry:
                caps.set_value("colorimetry", first.colorimetry)
            if caps.can_intersect(allowed):
                return video_format(caps)
        raise ConfigError(
            f"nvstreammux gives {NVMM} frames of {width}x{height} in {', '.join(_BATCHED)}; "
            f"what follows takes only: {allowed.to_string()}"
        )

    def _chain(self, source: _Source, buffer: int) -> int:
        if source.format is None:
            unref(buffer)
            return NOT_NEGOTIATED
        try:
            frame = self._frame(source, buffer)
        except Exception as error:
            self.fail(error)
            return ERROR
        finally:
            unref(buffer)
        if not self._collector.put(source.number, frame):
            unref(frame.buffer)
            return FLUSHING
        return OK

    def _frame(self, source: _Source, buffer: int) -> _Frame:
        format = source.format
        assert format is not None
        fields = head(buffer)
        pts = fields.pts
        meta = PortableFrame(
            pad_index=source.number,
            source_id=source.number,
            frame_num=source.frame_num,
            buf_pts=pts,
            ntp_timestamp=self._ntp_timestamp(buffer),
            num_surfaces_per_frame=self.settings["num-surfaces-per-frame"],
            source_frame_width=format.width,
            source_frame_height=format.height,
        )
        source.frame_num += 1
        running_time = pts
        if pts != _NONE and source.segment.format == Gst.Format.TIME:
            running_time = source.segment.to_running_time(Gst.Format.TIME, pts)
        assert source.scaler is not None
        return _Frame(source.scaler.scaled(format, buffer), meta, running_time, fields.duration)

    def _ntp_timestamp(self, buffer: int) -> int:
        if self.settings["attach-sys-ts"]:
            return time.time_ns()
        return ntp_timestamp_ns(buffer)

    # The pushing thread

    def push_next(self) -> None:
        """Push what is due next."""
        settings = self.settings
        timeout_us = settings["batched-push-timeout"]
        collected = self._collector.take(
            settings["batch-size"], None if timeout_us < 0 else timeout_us / 1e6
        )
        flow = FLUSHING if collected is None else self._push(collected)
        if flow != OK:
            self._drop(self._collector.stop())
            self.src.pause_task()
            if flow not in (FLUSHING, EOS):
                self.fail_flow(self.src, flow)

    def _push(self, collected: Collected[_Frame]) -> int:
        self._announce()
        flow = self._push_batch(collected.items) if collected.items else OK
        for number in collected.ended:
            self._report_end(number)
        if flow == OK and collected.all_ended and not self.settings["drop-pipeline-eos"]:
            self.src.push_event(Gst.Event.new_eos())
        return flow

    def _announce(self) -> None:
        if self._announced:
            return
        self._announced = True
        self.src.push_event(Gst.Event.new_stream_start(f"{self.get_name()}/batches"))
        if self._output is not None:
            self.src.push_event(Gst.Event.new_caps(self._output.caps))
        segment = Gst.Segment.new()
        segment.init(Gst.Format.TIME)
        self.src.push_event(Gst.Event.new_segment(segment))

    def _push_batch(self, items: list[tuple[int, _Frame]]) -> int:
        batch = PortableBatch(max_frames_in_batch=self.settings["batch-size"])
        buffer = new_buffer()
        for slot, (_number, frame) in enumerate(items):
            frame.meta.batch_id = slot
            batch.add_frame(frame.meta)
            share_memory(frame.buffer, 0, buffer)
            unref(frame.buffer)
        fields = head(buffer)
        times = [frame.running_time for _number, frame in items if frame.running_time != _NONE]
        if times:
            # Sources drift; what follows needs time that does not go back.
            fields.pts = self._last_pts = max(self._last_pts, min(times))
        fields.duration = items[0][1].duration
        carrier.attach(buffer, batch)
        return push(self.src, buffer)

    def _report_end(self, number: int) -> None:
        source = self._sources.get(number)
        if source is not None and self.settings["frame-num-reset-on-eos"]:
            source.frame_num = 0
        structure = Gst.Structure.new_empty("stream-eos")
        structure.set_value("stream-id", _uint(number))
        self.src.push_event(Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure))
        structure = Gst.Structure.new_empty("stream-eos")
        structure.set_value("stream-id", _uint(number))
        self.post_message(Gst.Message.new_element(self, structure))

    def _is_live(self) -> bool:
        return bool(self.settings["live-source"])

    def _waits_ns(self) -> int:
        """How long a frame may wait for its batch."""
        settings = self.settings
        return int(max(0, settings["batched-push-timeout"]) * 1000 + settings["max-latency"])


def _uint(number: int) -> Any:
    value = GObject.Value(GObject.TYPE_UINT)
    value.set_uint(number)
    return value

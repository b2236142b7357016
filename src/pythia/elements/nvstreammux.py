"""nvstreammux: frames of many sources become batches of frames of one size.

Each source is scaled on its own streaming thread, straight into the memory that travels on; one
more thread gathers what is ready and pushes it. Try it::

    gst-pylaunch videotestsrc num-buffers=30 ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=640 height=360 ! fakesink
"""

from __future__ import annotations

import threading
from typing import Any

from pythia.elements.base import pad_template, video_caps
from pythia.elements.collector import Collected, Collector
from pythia.elements.mux_output import BATCHED, choose_output, require_one_size
from pythia.elements.mux_policy import MuxPolicy, is_new, policy
from pythia.elements.mux_properties import MUX_PROPERTIES
from pythia.elements.mux_source import NO_TIME, MuxFrame, MuxSource
from pythia.elements.properties import gproperties
from pythia.elements.structures import SOURCE_ID, custom_event, structure
from pythia.elements.task import TaskElement
from pythia.gst import Gst
from pythia.gst.batch_memory import MOST_MEMORIES, BatchMemory
from pythia.gst.capi import gobject
from pythia.gst.mapping import mapped
from pythia.gst.memory import head, new_buffer, share_memory, unref
from pythia.gst.pads import (
    EOS,
    ERROR,
    FLUSHING,
    NOT_NEGOTIATED,
    OK,
    address,
    push,
    set_chain,
    weakly,
)
from pythia.gst.queries import accept_video_meta, add_latency, ask_number
from pythia.gst.video import VideoFormat, video_format
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch
from pythia.meta.portable_sensor import PortableSensorInfo

_INPUT = (*BATCHED, "BGRx", "RGBx", "BGRA", "BGR", "RGB", "GRAY8")


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
            "src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, video_caps(BATCHED, system=False)
        ),
    )
    PROPERTIES = MUX_PROPERTIES
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.src = self.new_pad("src")
        add_latency(self.src, weakly(self._waits_ns), weakly(self._is_live))
        self.src.set_event_function_full(weakly(self._src_event))
        self.add_pad(self.src)
        self._sources: dict[int, MuxSource] = {}
        self._collector: Collector[MuxFrame] = Collector()
        self._output: VideoFormat | None = None
        self._memory: BatchMemory | None = None  # for batches of more than 16 frames
        self._policy = MuxPolicy(1, None, None)
        self._choosing = threading.Lock()  # sources start side by side, and one of them decides
        self._begin_timeline()

    # Pads

    def do_request_new_pad(
        self, template: Gst.PadTemplate, name: str | None, _caps: Gst.Caps | None
    ) -> Gst.Pad | None:
        """GstElement's virtual method; ``name`` is ``sink_N`` or None for the next free one."""
        number = self._pad_number(name)
        if number is None or number in self._sources:
            return None
        pad = Gst.Pad.new_from_template(template, f"sink_{number}")
        source = MuxSource(number)
        accept_video_meta(pad)
        set_chain(pad, weakly(self._chain, source))
        pad.set_event_function_full(weakly(self._event, source))
        self._sources[number] = source
        self._collector.add(number)
        self._tell("pad-added", number)
        pad.set_active(True)
        self.add_pad(pad)
        # PyGObject hands the caller a reference, and GStreamer takes another one of its own.
        gobject.g_object_unref(address(pad))
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
            self._tell("pad-deleted", number)
        pad.set_active(False)
        self.remove_pad(pad)

    def _tell(self, name: str, number: int) -> None:
        """Have what follows hear of a source, in order with the batches."""
        self._collector.tell(custom_event(name, stream_id=number))

    def tell(self, event: Gst.Event) -> None:
        """Have what follows get an event, in order with the batches."""
        self._collector.tell(event)

    def describe(self, number: int, sensor: PortableSensorInfo) -> None:
        """Have the frames of ``sink_<number>`` say which sensor they come from."""
        self._sources[number].sensor = sensor

    def finish(self) -> None:
        """End the stream, after the batches that are under way."""
        self._collector.tell(Gst.Event.new_eos())

    @staticmethod
    def _drop(frames: list[MuxFrame]) -> None:
        for frame in frames:
            unref(frame.buffer)

    # States

    def start(self) -> None:
        """Check what must be set, and begin anew."""
        settings = self.settings
        self._policy = policy(settings, self.given)
        self._collector = Collector((lambda f: f.running_time) if settings["sync-inputs"] else None)
        for number, source in self._sources.items():
            self._collector.add(number)
            self._tell("pad-added", number)
            source.reset()
        self._output = None
        self._memory = None
        self._begin_timeline()

    def property_changed(self, name: str) -> None:
        """Batches may be made otherwise while the element runs."""
        if self.src.get_task_state() != Gst.TaskState.STOPPED:
            self._policy = policy(self.settings, self.given)

    def _begin_timeline(self) -> None:
        self._segment: Gst.Segment | None = None
        self._news: list[Gst.Event] = []  # that wait for the segment
        self._last_pts = 0

    def release(self) -> None:
        """Let the sources and the batching go."""
        self._drop(self._collector.stop())

    # The thread of whoever seeks, or is late

    def _src_event(self, pad: Gst.Pad, parent: Gst.Object | None, event: Gst.Event) -> bool:
        if event.type == Gst.EventType.QOS:  # ends here, as in DeepStream: a batch has many times
            return True
        seek: Any = event.type == Gst.EventType.SEEK
        if not seek or not event.parse_seek()[2] & Gst.SeekFlags.FLUSH:
            return bool(pad.event_default(parent, event))
        # Each source flushes by itself, one after the other; what follows is flushed once.
        self._push_flush(Gst.Event.new_flush_start(), event)
        self.release()
        pad.stop_task()
        self._collector.start()
        self._begin_timeline()
        done = bool(pad.event_default(parent, event))
        self._push_flush(Gst.Event.new_flush_stop(True), event)
        pad.start_task(self.push_next)
        return done

    def _push_flush(self, flush: Gst.Event, seek: Gst.Event) -> None:
        flush.set_seqnum(seek.get_seqnum())
        self.src.push_event(flush)

    # Sources' threads

    def _event(
        self, source: MuxSource, pad: Gst.Pad, _parent: Gst.Object | None, event: Gst.Event
    ) -> bool:
        kind: Any = event.type
        if kind == Gst.EventType.CAPS:
            source.source_id = ask_number(pad, SOURCE_ID)
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
            return self._custom(source, event)
        return True

    def _custom(self, source: MuxSource, event: Gst.Event) -> bool:
        if not event.has_name("stream-reset"):
            return bool(self.src.push_event(event))
        if self.settings["frame-num-reset-on-stream-reset"]:
            source.frame_num = 0
        self._tell("stream-reset", source.number)
        return True

    def _set_format(self, source: MuxSource, caps: Gst.Caps) -> bool:
        try:
            format = video_format(caps)
            with self._choosing:
                if self._output is None:
                    size = (self.settings["width"], self.settings["height"])
                    self._output = choose_output(self.src, format, size)
            if is_new():
                require_one_size(source.number, format, self._output)
            source.set_format(format, self._output, self.settings)
        except Exception as error:
            self.fail(error)
            return False
        return True

    def _chain(self, source: MuxSource, buffer: int) -> int:
        if source.format is None:
            unref(buffer)
            return NOT_NEGOTIATED
        try:
            frame = source.frame(buffer, self.settings)
        except Exception as error:
            self.fail(error)
            return ERROR
        finally:
            unref(buffer)
        if not self._collector.put(source.number, frame):
            unref(frame.buffer)
            return FLUSHING
        return OK

    # The pushing thread

    def push_next(self) -> None:
        """Push what is due next."""
        due = self._policy
        collected = self._collector.take(due.batch_size, due.timeout_s, due.same_source)
        flow = FLUSHING if collected is None else self._push(collected)
        if flow != OK:
            self._drop(self._collector.stop())
            self.src.pause_task()
            if flow == EOS:  # as a source does; the sources of this one may all have ended
                self.src.push_event(Gst.Event.new_eos())
            if flow not in (FLUSHING, EOS):
                self.fail_flow(self.src, flow)

    def _push(self, collected: Collected[MuxFrame]) -> int:
        self._news += collected.news
        flow = self._push_batch(collected.items) if collected.items else OK
        if self._segment is not None or any(_is_eos(event) for event in self._news):
            self._push_news()
        for number in collected.ended:
            self._report_end(number)
        if flow == OK and collected.all_ended and not self.settings["drop-pipeline-eos"]:
            self.src.push_event(Gst.Event.new_eos())
        return flow

    def _push_news(self) -> None:
        news, self._news = self._news, []
        for event in news:
            self.src.push_event(event)

    def _announce(self, first: int) -> Gst.Segment:
        """Tell what comes: the segment of source ``first``, into which all frames are timed."""
        assert self._output is not None
        source = self._sources.get(first)
        segment = source.segment.copy() if source is not None else Gst.Segment.new()
        if segment.format != Gst.Format.TIME:
            segment.init(Gst.Format.TIME)
        segment.stop = NO_TIME  # another source may go on for longer
        self.src.push_event(Gst.Event.new_stream_start(f"{self.get_name()}/batches"))
        self.src.push_event(Gst.Event.new_caps(self._output.caps))
        self.src.push_event(Gst.Event.new_segment(segment))
        return segment

    def _push_batch(self, items: list[tuple[int, MuxFrame]]) -> int:
        if self._segment is None:
            self._segment = self._announce(items[0][0])
        self._push_news()
        batch = PortableBatch(max_frames_in_batch=max(self.settings["batch-size"], len(items)))
        buffer = new_buffer()
        for slot, (_number, frame) in enumerate(items):
            frame.meta.batch_id = slot
            batch.add_frame(frame.meta)
        self._gather([frame.buffer for _number, frame in items], buffer)
        fields = head(buffer)
        fields.pts = self._pts([frame.running_time for _number, frame in items], self._segment)
        fields.duration = items[0][1].duration
        carrier.attach(buffer, batch)
        return push(self.src, buffer)

    def _gather(self, frames: list[int], batch: int) -> None:
        """Give the memory of all frames to a batch, and let the frames go."""
        if len(frames) <= MOST_MEMORIES:
            for frame in frames:
                share_memory(frame, 0, batch)
        else:
            self._pack(frames, batch)
        self._drop_buffers(frames)

    def _pack(self, frames: list[int], batch: int) -> None:
        assert self._output is not None
        size = self._output.size
        if self._memory is None:
            self._memory = BatchMemory(size)
        with self._memory.take(len(frames), batch) as blocks:
            for block, frame in zip(blocks, frames, strict=True):
                with mapped(frame) as pixels:
                    block[:] = pixels[:size]

    @staticmethod
    def _drop_buffers(buffers: list[int]) -> None:
        for buffer in buffers:
            unref(buffer)

    def _pts(self, running_times: list[int], segment: Gst.Segment) -> int:
        """The time of a batch: its earliest frame's that does not go back.

        A source that joined late, and is behind, does not hold up the time of the others.
        """
        time = Gst.Format.TIME
        known = [value for value in running_times if value != NO_TIME]
        if not known:
            return NO_TIME
        times = [segment.position_from_running_time(time, value) for value in known]
        later = [pts for pts in times if pts != NO_TIME and pts >= self._last_pts]
        self._last_pts = min(later, default=self._last_pts)
        return self._last_pts

    def _report_end(self, number: int) -> None:
        source = self._sources.get(number)
        if source is not None and self.settings["frame-num-reset-on-eos"]:
            source.frame_num = 0
        self.src.push_event(custom_event("stream-eos", stream_id=number))
        told = structure("stream-eos", stream_id=number)
        self.post_message(Gst.Message.new_element(self, told))

    def _is_live(self) -> bool:
        return bool(self.settings["live-source"])

    def _waits_ns(self) -> int:
        """How long a frame may wait for its batch."""
        waits_s = self._policy.timeout_s or 0
        return int(waits_s * Gst.SECOND) + int(self.settings["max-latency"])


def _is_eos(event: Gst.Event) -> bool:
    return bool(event.type == Gst.EventType.EOS)

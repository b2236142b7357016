"""nvstreamdemux: the frames of a batch on a pad for each source, ``src_N`` for source N.

Frames are handed on as they are, without a copy, each in a batch of its own and with the time that
it had before nvstreammux. Sources without a pad, or whose pad is not linked, are dropped. All pads
share one thread, so each wants a queue behind it. Try it::

    gst-pylaunch videotestsrc num-buffers=30 ! m.sink_0 videotestsrc num-buffers=30 ! m.sink_1 \
        nvstreammux name=m batch-size=2 width=640 height=360 ! nvstreamdemux name=d \
        d.src_0 ! queue ! fakesink d.src_1 ! queue ! fakesink
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pythia.elements.base import Portable, pad_template, video_caps
from pythia.elements.demux_pad import DemuxPad, Timeline
from pythia.elements.properties import Property, gproperties
from pythia.elements.requests import encoder_of
from pythia.elements.source_events import ADDED, DELETED, ENDED, RESET, source_of
from pythia.exceptions import GstError, PipelineError
from pythia.gst import Gst
from pythia.gst.batch_memory import share_frame
from pythia.gst.capi import gobject
from pythia.gst.memory import head, make_writable, new_buffer, unref
from pythia.gst.pads import ERROR, NOT_NEGOTIATED, OK, address, set_chain, weakly
from pythia.gst.video import video_format
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch, PortableFrame

_FORMATS = ("NV12", "RGBA", "I420")
_NOT_LINKED = int(Gst.FlowReturn.NOT_LINKED)


class NvStreamDemux(Portable, Gst.Element):
    """The element; see the module."""

    __gtype_name__ = "GstNvStreamDemux"
    __gstmetadata__ = (
        "Stream demultiplexer",
        "Generic",
        "Parts batches of frames into one stream a source",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template(
            "sink",
            Gst.PadDirection.SINK,
            Gst.PadPresence.ALWAYS,
            video_caps(_FORMATS, system=False),
        ),
        pad_template(
            "src_%u",
            Gst.PadDirection.SRC,
            Gst.PadPresence.REQUEST,
            video_caps(_FORMATS, system=False),
        ),
    )
    PROPERTIES = (
        Property(
            "per-stream-eos",
            "bool",
            True,
            "End the pad of a source when the source ends; otherwise all pads end with the last",
        ),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        template = self.get_pad_template("sink")
        assert template is not None
        sink = Gst.Pad.new_from_template(template, "sink")
        set_chain(sink, weakly(self._chain))
        sink.set_event_function_full(weakly(self._event))
        self.add_pad(sink)
        self._outputs: dict[int, DemuxPad] = {}
        self._timeline = Timeline()
        self._frame_size = 0
        self._last_seek: int | None = None

    # Pads

    def do_request_new_pad(
        self, template: Gst.PadTemplate, name: str | None, _caps: Gst.Caps | None
    ) -> Gst.Pad | None:
        """GstElement's virtual method; ``name`` is ``src_N`` or None for the next free one."""
        number = self._pad_number(name)
        if number is None or number in self._outputs:
            return None
        pad = Gst.Pad.new_from_template(template, f"src_{number}")
        pad.set_event_function_full(weakly(self._src_event))
        pad.use_fixed_caps()
        pad.set_active(True)
        self.add_pad(pad)
        self._outputs[number] = DemuxPad(pad, f"{self.get_name()}/source-{number}")
        # PyGObject hands the caller a reference, and GStreamer takes another one of its own.
        gobject.g_object_unref(address(pad))
        return pad

    def _pad_number(self, name: str | None) -> int | None:
        if name is None or name == "src_%u":
            return next(n for n in range(len(self._outputs) + 1) if n not in self._outputs)
        digits = name.removeprefix("src_")
        return int(digits) if digits.isdecimal() and name != digits else None

    def do_release_pad(self, pad: Gst.Pad) -> None:
        """GstElement's virtual method; from now on the source's frames are dropped."""
        number = self._pad_number(pad.get_name())
        # An element that is being freed may have lost its Python half by now.
        if number is not None:
            getattr(self, "_outputs", {}).pop(number, None)
        pad.set_active(False)
        self.remove_pad(pad)

    def do_change_state(self, transition: Any) -> Gst.StateChangeReturn:
        """GstElement's virtual method."""
        result = Gst.Element.do_change_state(self, transition)
        if transition == Gst.StateChange.PAUSED_TO_READY:
            self._timeline = Timeline()
            self._reset()
        return result

    def _reset(self) -> None:
        for output in list(self._outputs.values()):
            output.reset()

    # The streaming thread

    def _chain(self, buffer: int) -> int:
        # Behind a tee others hold the buffer too: a copy has a batch of its own.
        buffer = make_writable(buffer)
        batch = carrier.fetch(buffer)
        if batch is None or self._timeline.caps is None:
            unref(buffer)
            return NOT_NEGOTIATED if batch is not None else self._refuse()
        # The batch has to let the frames go before they are handed on: who writes on a frame that
        # another buffer uses as well gets a copy.
        parts = [
            (output, _alone(buffer, frame, self._frame_size))
            for frame in batch.frame_meta_list
            if (output := self._outputs.get(frame.pad_index)) is not None
        ]
        unref(buffer)
        for output, part in parts:
            output.send(part, self._timeline)
        return self._flow()

    def _refuse(self) -> int:
        self.fail(
            PipelineError(
                "nvstreamdemux takes batches of frames, and this buffer is none: "
                "put nvstreammux somewhere before it"
            )
        )
        return ERROR

    def _flow(self) -> int:
        """Goes on as long as one pad does; an error on one pad is one of all."""
        flows = {output.flow for output in list(self._outputs.values())}
        for bad in (ERROR, NOT_NEGOTIATED):
            if bad in flows:
                return bad
        return OK if not flows or flows & {OK, _NOT_LINKED} else flows.pop()

    def _event(self, pad: Gst.Pad, parent: Gst.Object | None, event: Gst.Event) -> bool:
        kind: Any = event.type
        if kind == Gst.EventType.STREAM_START:
            self._timeline = replace(self._timeline, start=object())
        elif kind == Gst.EventType.CAPS:
            return self._set_caps(event.parse_caps())
        elif kind == Gst.EventType.SEGMENT:
            self._timeline = replace(self._timeline, segment=event.parse_segment().copy())
        elif kind == Gst.EventType.EOS:
            for output in list(self._outputs.values()):
                output.end(self._timeline)
        elif (source := _source_of(event)) is not None:
            self._tell(source, event)
        else:
            return self._forward(pad, parent, event)
        return True

    def _set_caps(self, caps: Gst.Caps) -> bool:
        try:
            self._frame_size = video_format(caps).size
        except GstError as error:
            self.fail(error)
            return False
        self._timeline = replace(self._timeline, caps=caps)
        return True

    def _forward(self, pad: Gst.Pad, parent: Gst.Object | None, event: Gst.Event) -> bool:
        done = bool(pad.event_default(parent, event))
        if event.type == Gst.EventType.FLUSH_STOP:
            self._reset()
        return done

    def _tell(self, source: int, event: Gst.Event) -> None:
        """What is said of a source concerns its own pad only."""
        output = self._outputs.get(source)
        if output is None:
            return
        if not event.has_name(ENDED):
            output.tell(event, self._timeline)
        elif self.settings["per-stream-eos"]:
            output.end(self._timeline)

    # The thread of whoever seeks

    def _src_event(self, pad: Gst.Pad, parent: Gst.Object | None, event: Gst.Event) -> bool:
        if event.type == Gst.EventType.SEEK:
            # A pipeline sends its seek to each sink, and all of them end up here.
            if event.get_seqnum() == self._last_seek:
                return True
            self._last_seek = event.get_seqnum()
        return bool(pad.event_default(parent, event))


def _source_of(event: Gst.Event) -> int | None:
    """The source that an event is about, if it is about one only."""
    source = source_of(event, ADDED, DELETED, ENDED, RESET)
    return encoder_of(event) if source is None else source


def _alone(buffer: int, frame: PortableFrame, size: int) -> int:
    """A new buffer with one frame, of ``size`` bytes, of a batch, and a batch of its own."""
    result = new_buffer()
    share_frame(buffer, frame.batch_id, size, result)
    head(result).pts = frame.buf_pts
    frame.batch_id = 0
    carrier.attach(result, PortableBatch(max_frames_in_batch=1, frame_meta_list=[frame]))
    return result

"""One source pad of nvstreamdemux."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from pythia.gst import Gst
from pythia.gst.memory import unref
from pythia.gst.pads import OK, push

_log = logging.getLogger("pythia.elements.nvstreamdemux")


@dataclass(frozen=True)
class Timeline:
    """What the batches' own pad was told: ``start`` is another object for each new stream."""

    start: object = field(default_factory=object)
    caps: Gst.Caps | None = None
    segment: Gst.Segment | None = None


@dataclass(eq=False)
class DemuxPad:
    """Sends the frames of one source; all but :attr:`pad` belongs to the streaming thread."""

    pad: Gst.Pad
    stream_id: str
    flow: int = OK
    ended: bool = False
    _told: Timeline = field(default_factory=Timeline)
    _reported: bool = False

    def reset(self) -> None:
        """Begin anew, with all events that have to come first."""
        self.flow, self.ended, self._told = OK, False, Timeline()
        self._reported = False

    def send(self, buffer: int, timeline: Timeline) -> None:
        """Push a buffer (by address), whose reference goes with it."""
        if self.ended or not self.pad.is_linked():
            unref(buffer)
            self._report_end()
            return
        self._begin(timeline)
        self.flow = push(self.pad, buffer)

    def tell(self, event: Gst.Event, timeline: Timeline) -> None:
        """Push an event that stands in order with the frames."""
        if not self.ended:
            self._begin(timeline)
            self.pad.push_event(event)

    def end(self, timeline: Timeline) -> None:
        """Say that the source has ended, once."""
        if self.ended:
            return
        self._begin(timeline)
        self.ended = True
        self.pad.push_event(Gst.Event.new_eos())

    def _report_end(self) -> None:
        # What follows has ended too, and GStreamer's sinks take nothing more until a flush.
        if self.ended and not self._reported:
            self._reported = True
            _log.warning(
                "frames come again from a source that has ended, and are dropped: "
                "release the pad %s and request it anew, with new elements behind it",
                self.pad.get_name(),
            )

    def _begin(self, timeline: Timeline) -> None:
        """Push the events that have to come first and were not pushed yet."""
        told, self._told = self._told, timeline
        if timeline.start is not told.start:
            self.pad.push_event(Gst.Event.new_stream_start(self.stream_id))
        if timeline.caps is not None and timeline.caps is not told.caps:
            self.pad.push_event(Gst.Event.new_caps(timeline.caps))
        if timeline.segment is not None and timeline.segment is not told.segment:
            self.pad.push_event(Gst.Event.new_segment(timeline.segment))

"""Plays a file again and again, as one stream whose time goes on growing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pythia.elements.chain import pad_of
from pythia.elements.stand_in import make
from pythia.gst import Gst
from pythia.gst.memory import head
from pythia.gst.pads import weakly
from pythia.gst.probe_info import buffer_address

_FLUSH = (Gst.EventType.FLUSH_START, Gst.EventType.FLUSH_STOP)
_STEP_NS = Gst.SECOND // 30  # of a frame without a duration, such as a picture's
_PROBED = Gst.PadProbeType.EVENT_DOWNSTREAM | Gst.PadProbeType.EVENT_FLUSH
_NO_TIME = 2**64 - 1


class FileLoop:
    """Rewinds a decoder whenever all its streams are at their end.

    What follows sees neither the ends nor the flushes, and one segment for all rounds. Seeks come
    from another thread than those of the streams.
    """

    def __init__(
        self, run: Callable[[Callable[[], None]], None], restart: Callable[[], None]
    ) -> None:
        """``run`` runs a function on another thread; ``restart`` is for what cannot be seeked."""
        self._run = run
        self._restart = restart
        self._lock = threading.Lock()
        self._pads: list[Gst.Pad] = []
        self._ended = 0
        self._length_ns = 0  # of a round, as the file says
        self._begin_ns = 0  # of this round
        self._end_ns = 0

    def timeline(self) -> Gst.Element:
        """A new element that belongs behind a decoder's pad that is watched."""
        # Turns each segment's times into running times, which go on over the segments.
        identity = make("identity", single_segment=True)
        pad_of(identity, "src").add_probe(Gst.PadProbeType.BUFFER, weakly(self._note_end))
        return identity

    def watch(self, pad: Gst.Pad) -> None:
        """Take care of a decoder's source pad."""
        pad.set_offset(self._begin_ns)
        self._pads.append(pad)
        pad.add_probe(_PROBED, weakly(self._look))

    def _note_end(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        fields = head(buffer_address(info))
        if fields.pts != _NO_TIME:
            duration_ns = _STEP_NS if fields.duration == _NO_TIME else fields.duration
            self._end_ns = max(self._end_ns, fields.pts + duration_ns)
        return Gst.PadProbeReturn.OK

    def _look(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        kind: Any = event.type if event is not None else None
        if kind in _FLUSH:
            return Gst.PadProbeReturn.DROP
        if event is not None and kind == Gst.EventType.SEGMENT:
            segment = event.parse_segment()
            if segment.stop != _NO_TIME:
                self._length_ns = max(self._length_ns, segment.stop - segment.start)
        if kind != Gst.EventType.EOS:
            return Gst.PadProbeReturn.OK
        with self._lock:
            self._ended += 1
            if self._ended == len(self._pads):
                self._ended = 0
                self._run(self._rewind)
        return Gst.PadProbeReturn.DROP

    def _rewind(self) -> None:
        # The decoder may have left out the last frames.
        self._begin_ns = max(self._end_ns, self._begin_ns + self._length_ns)
        for pad in self._pads:
            pad.set_offset(self._begin_ns)
        flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT
        start, none = Gst.SeekType.SET, Gst.SeekType.NONE
        seek = Gst.Event.new_seek(1.0, Gst.Format.TIME, flags, start, 0, none, -1)
        if not self._pads[0].send_event(seek):
            self._pads.clear()
            self._restart()

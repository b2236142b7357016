"""What comes past a pad besides buffers, and the records that are made of it."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import c_int
from typing import Any
from weakref import WeakMethod

from pythia.gst import Gst
from pythia.gst.structures import structure_of
from pythia.recording.schema import EVENTS

_TYPE_OFFSET = 64  # GstEvent.type follows the GstMiniObject (gst/gstevent.h)
_NVIDIA = {400: "pad-added", 401: "pad-deleted", 402: "stream-eos", 404: "stream-reset"}
"""Numbers of DeepStream's own types of events (gst-nvevent.h)."""


class PadWatch:
    """Tells of a pad's events and caps, and that it was stopped; one pad at a time.

    Args:
        saw_event: A method, called with the pad and each event that comes down.
        saw_caps: A method, called with the pad and its new caps.
        stopped: A method, called with the pad when its element leaves PAUSED.
    """

    def __init__(
        self,
        saw_event: Callable[[Gst.Pad, Gst.Event], None],
        saw_caps: Callable[[Gst.Pad, Gst.Caps | None], None],
        stopped: Callable[[Gst.Pad], None],
    ) -> None:
        # The pad keeps what is called, and must not keep whoever keeps the pipeline.
        self._event, self._caps = WeakMethod(saw_event), WeakMethod(saw_caps)
        self._stopped = WeakMethod(stopped)
        self._pad: Any = lambda: None

    def begin(self, pad: Gst.Pad) -> None:
        """Watch a pad; nothing if that is done already."""
        if self._pad() == pad:
            return
        self._pad = pad.weak_ref()
        event, caps, stopped = self._event, self._caps, self._stopped

        def notified(pad: Gst.Pad, _: Any) -> None:
            # A pad that is stopped forgets its caps.
            if pad.get_current_caps() is not None:
                _call(caps, pad, pad.get_current_caps())
                return
            pad.disconnect(handler)
            pad.remove_probe(probe_id)
            _call(stopped, pad)

        def probe(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            _call(event, pad, info.get_event())
            return Gst.PadProbeReturn.OK

        handler = pad.connect("notify::caps", notified)
        probe_id = pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, probe)

    def end(self) -> None:
        """The pad has been stopped: it is watched no longer."""
        self._pad = lambda: None


def _call(method: WeakMethod[Callable[..., None]], *arguments: Any) -> None:
    found = method()
    if found is not None:
        found(*arguments)


def is_being_stopped(pad: Gst.Pad) -> bool:
    """Whether the pipeline is on its way to READY or NULL.

    A sink that is stopped while a buffer enters it answers as at the end of the stream, upon
    which sources send EOS.
    """
    top: Gst.Object | None = pad.get_parent_element()
    while top is not None and (parent := top.get_parent()) is not None:
        top = parent
    if not isinstance(top, Gst.Element):
        return False
    _, _, pending = top.get_state(0)
    return pending in (Gst.State.NULL, Gst.State.READY)


def event_record(event: Gst.Event) -> dict[str, Any] | None:
    """The record of what nvstreammux says of a source; None for other events."""
    structure = structure_of(event)
    if structure is None:
        return None
    # Read from memory: PyGObject has no names for NVIDIA's types.
    number = c_int.from_address(hash(event) + _TYPE_OFFSET).value >> Gst.EVENT_NUM_SHIFT
    name = _NVIDIA.get(number, structure.get_name())
    if name not in EVENTS:
        return None
    field = "stream-id" if structure.has_field("stream-id") else structure.nth_field_name(0)
    known, source = structure.get_uint(field)
    return {"event": name, "source": source} if known else None


def caps_record(caps: Gst.Caps) -> dict[str, Any] | None:
    """The record of the caps of video; None for others."""
    structure = caps.get_structure(0)
    has_width, width = structure.get_int("width")
    has_height, height = structure.get_int("height")
    if not (has_width and has_height):
        return None
    known, *rate = structure.get_fraction("framerate")
    told = {
        "width": width,
        "height": height,
        "format": structure.get_string("format"),
        "framerate": rate if known else [30, 1],
        "text": caps.to_string(),
    }
    return {"caps": told}

"""What nvstreammux says of its sources to the elements behind it, as custom events."""

from __future__ import annotations

from pythia.gst import Gst
from pythia.gst.structures import structure_of

ADDED, DELETED, ENDED, RESET = "pad-added", "pad-deleted", "stream-eos", "stream-reset"


def source_of(event: Gst.Event, *names: str) -> int | None:
    """The source that an event is about, if it has one of these names; None otherwise."""
    structure = structure_of(event)
    if structure is None or structure.get_name() not in names:
        return None
    known, number = structure.get_uint("stream-id")
    return int(number) if known else None

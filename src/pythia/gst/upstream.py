"""The elements that come before a pad."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pythia.gst.library import Gst


def feeders(pad: Gst.Pad) -> Iterator[Gst.Element]:
    """The elements before a sink pad, the nearest first.

    A bin comes before what it holds. It ends where nothing is linked, and at an element that has
    no sink pad or several.
    """
    source: Any = pad.get_peer()
    while source is not None:
        element = source.get_parent_element()
        if element is not None:
            yield element
        if isinstance(source, Gst.GhostPad):
            source = source.get_target()
        elif element is None:
            source = source.get_internal().get_peer()  # out of a bin, through its sink pad
        elif len(element.sinkpads) == 1:
            source = element.sinkpads[0].get_peer()
        else:
            return

"""Looks at elements when a Python program starts them, from the outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pythia.gst import Gst

Look = Callable[[Gst.Element], None]

_looks: list[Look] = []


def before_start(look: Look) -> None:
    """Call ``look`` with each element that is about to leave NULL, those inside bins included.

    It is called on the thread that starts the element, maybe more than once for an element.
    Elements that GStreamer makes inside others while they start are not seen.
    """
    if look in _looks:
        return
    if not _looks:
        _wrap("set_state")
        _wrap("sync_state_with_parent")
    _looks.append(look)


def _wrap(name: str) -> None:
    original = getattr(Gst.Element, name)

    def method(self: Gst.Element, *arguments: Any) -> Any:
        if arguments[:1] != (Gst.State.NULL,):
            for element in _stopped(self):
                for look in _looks:
                    look(element)
        return original(self, *arguments)

    setattr(Gst.Element, name, method)


def _stopped(element: Gst.Element) -> Iterator[Gst.Element]:
    if element.current_state != Gst.State.NULL:
        return
    yield element
    if isinstance(element, Gst.Bin):
        for child in element.children:
            yield from _stopped(child)

"""Puts elements into a bin that is built while it plays."""

from __future__ import annotations

from itertools import pairwise

from pythia.gst import Gst


def chain(parent: Gst.Bin, elements: list[Gst.Element]) -> None:
    """Put elements into a bin, link them in order, and bring them to its state."""
    for element in elements:
        parent.add(element)
    for one, other in pairwise(elements):
        one.link(other)
    for element in reversed(elements):  # so that each finds its next ready
        element.sync_state_with_parent()


def pad_of(element: Gst.Element, name: str) -> Gst.Pad:
    """A pad that the element always has."""
    pad = element.get_static_pad(name)
    assert pad is not None, name
    return pad


def factory_of(element: Gst.Object | None) -> str | None:
    """The name of the factory that made an element."""
    factory = element.get_factory() if isinstance(element, Gst.Element) else None
    return factory.get_name() if factory is not None else None


def has_property(element: Gst.Element, name: str) -> bool:
    """Whether an element has a property."""
    return any(spec.name == name for spec in element.list_properties())


def caps_of(pad: Gst.Pad) -> Gst.Caps:
    """What flows through a pad, or what may."""
    caps: Gst.Caps = pad.get_current_caps() or pad.query_caps(None)  # type: ignore[no-untyped-call]
    return caps

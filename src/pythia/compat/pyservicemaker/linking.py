"""Links between nodes, also of pads that do not exist yet."""

from __future__ import annotations

from collections.abc import Iterator

from pythia.compat.pyservicemaker.errors import NodeError
from pythia.core.caps import accepted, caps_now, summary
from pythia.core.pad_names import matches
from pythia.gst import Gst

_SINK, _SRC = Gst.PadDirection.SINK, Gst.PadDirection.SRC
_SOMETIMES, _REQUEST = Gst.PadPresence.SOMETIMES, Gst.PadPresence.REQUEST


def link(source: Gst.Element, target: Gst.Element, hints: tuple[str, str] = ("", "")) -> None:
    """Link an output of one element to an input of another, now or when the output appears.

    An input that has to be requested is requested at once, so inputs of nvstreammux are numbered
    in the order of the links.

    Args:
        source: Gives.
        target: Takes.
        hints: Names of the two pads, or of their templates as in ``sink_%u``; empty is any.

    Raises:
        NodeError: there are no such pads, or formats do not meet.
    """
    out, into = hints
    _check_hint(source, out, _SRC)
    _check_hint(target, into, _SINK)
    pad, requested = _input(source, target, into)
    if _comes_later(source, out):
        _Waiting(source, out, pad)
    elif not source.link_pads(out or None, target, pad.get_name()):
        why = _why_not(source, pad)
        if requested:
            target.release_request_pad(pad)
        raise NodeError(f"{_route(source, target)} cannot be linked: {why}")


class _Waiting:
    """Links the first fitting output that an element gets."""

    def __init__(self, source: Gst.Element, name: str, target: Gst.Pad) -> None:
        self._name = name
        self._target = target
        self._number = source.connect("pad-added", self._added)

    def _added(self, source: Gst.Element, pad: Gst.Pad) -> None:
        if pad.get_direction() != _SRC or not _is_meant(pad, self._name):
            return
        fits = caps_now(pad).can_intersect(accepted(self._target))
        if fits and not self._target.is_linked():
            pad.link(self._target)


def _is_meant(pad: Gst.Pad, name: str) -> bool:
    return not name or pad.get_name() == name or matches(name, str(pad.get_name()))


def _comes_later(source: Gst.Element, name: str) -> bool:
    if any(_is_meant(pad, name) and not pad.is_linked() for pad in source.srcpads):
        return False
    templates = list(_templates(source, _SRC, name))
    return any(t.presence == _SOMETIMES for t in templates) and not any(
        t.presence == _REQUEST for t in templates
    )


def _templates(
    element: Gst.Element, direction: Gst.PadDirection, name: str
) -> Iterator[Gst.PadTemplate]:
    for template in element.get_pad_template_list():
        if template.direction == direction and (
            not name or template.name_template == name or matches(template.name_template, name)
        ):
            yield template


def _input(source: Gst.Element, target: Gst.Element, name: str) -> tuple[Gst.Pad, bool]:
    """A free input, and whether it was requested just now.

    One that was requested before waits for the output that it was requested for.
    """
    for pad in target.sinkpads:
        template = pad.get_pad_template()
        is_request = template is not None and template.presence == _REQUEST
        if not pad.is_linked() and (pad.get_name() == name or not (name or is_request)):
            return pad, False
    for template in _templates(target, _SINK, name):
        if template.presence == _REQUEST and _gives(source, template.caps):
            wanted = name if name and "%" not in name else None
            requested = target.request_pad(template, wanted, None)
            if requested is not None:
                return requested, True
    taken = ", ".join(_peer(pad) for pad in target.sinkpads)
    raise NodeError(
        f"{_route(source, target)} cannot be linked: the second has no free input"
        f"{f' {name!r}' if name else ''}{f' (it comes from {taken})' if taken else ''}"
    )


def _gives(source: Gst.Element, wanted: Gst.Caps) -> bool:
    """Whether what comes out of an element can be of some form."""
    outputs = [pad for pad in source.srcpads if not pad.is_linked()]
    possible = [caps_now(pad) for pad in outputs] or [t.caps for t in _templates(source, _SRC, "")]
    return any(caps.can_intersect(wanted) for caps in possible)


def _check_hint(element: Gst.Element, name: str, direction: Gst.PadDirection) -> None:
    """Make sure that a pad of this name exists or can exist."""
    if not name or element.get_static_pad(name) or any(_templates(element, direction, name)):
        return
    known = [t.name_template for t in _templates(element, direction, "")]
    raise NodeError(
        f"{element.get_name()!r} has no {'output' if direction == _SRC else 'input'} {name!r}; "
        f"available: {', '.join(known) or 'none'}"
    )


def _route(source: Gst.Element, target: Gst.Element) -> str:
    return f"{source.get_name()!r} to {target.get_name()!r}"


def _why_not(source: Gst.Element, into: Gst.Pad) -> str:
    outputs = [pad for pad in source.srcpads if not pad.is_linked()]
    if not outputs and not any(t.presence == _REQUEST for t in _templates(source, _SRC, "")):
        taken = ", ".join(_peer(pad) for pad in source.srcpads)
        return f"the first has no free output{f' (it goes to {taken})' if taken else ''}"
    gives = summary(caps_now(outputs[0]), ["format"]) if outputs else "its formats"
    takes = summary(accepted(into), ["format"])
    return f"formats do not meet, the first gives {gives}, the second takes {takes}"


def _peer(pad: Gst.Pad) -> str:
    peer = pad.get_peer()
    element = peer.get_parent_element() if peer is not None else None
    return repr(element.get_name()) if element is not None else "nothing"

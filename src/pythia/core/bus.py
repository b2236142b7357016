"""Errors on the bus, for people."""

from __future__ import annotations

from pythia.core.caps import accepted, caps_now, clash, pad_path, summary
from pythia.core.pipeline import elements_of
from pythia.gst import Gst


def describe_error(pipeline: Gst.Bin, message: Gst.Message, warning: Gst.Message | None) -> str:
    """Say which element failed and why; called while the pipeline is not yet stopped.

    An element whose buffer was refused further down posts a generic "Internal data stream
    error" from its own, innocent place; then the pads tell what happened, or an earlier
    ``warning`` does.

    Args:
        pipeline: The pipeline.
        message: An error message.
        warning: The last warning before it, if any.
    """
    flow = _flow_return(message)
    if flow is None:
        return _own_words(message)
    pads = [pad for element in elements_of(pipeline) for pad in element.pads]
    cause = _cause_of_flow(flow, pads)
    if cause is None and warning is not None:
        cause = _own_words(warning)
    return f"{cause} (seen by {path_of(message.src)})" if cause else _own_words(message)


def path_of(source: Gst.Object | None) -> str:
    """Return the name of an element with the bins around it and its factory in brackets."""
    if source is None:
        return "the pipeline"
    names = [str(source.get_name())]
    parent = source.get_parent()
    while parent is not None and not isinstance(parent, Gst.Pipeline):
        names.insert(0, str(parent.get_name()))
        parent = parent.get_parent()
    factory = source.get_factory() if isinstance(source, Gst.Element) else None
    return "/".join(names) + (f" ({factory.get_name()})" if factory is not None else "")


def _own_words(message: Gst.Message) -> str:
    is_error = message.type == Gst.MessageType.ERROR
    error, debug = message.parse_error() if is_error else message.parse_warning()
    # The first line of the debug text is a place in GStreamer's C sources.
    details = " ".join((debug or "").split("\n")[1:]).strip()
    text = f"{path_of(message.src)}: {error.message.rstrip('.')}"
    return f"{text}: {details}" if details and details not in text else text


def _flow_return(message: Gst.Message) -> Gst.FlowReturn | None:
    details = message.parse_error_details()
    found, value = details.get_int("flow-return") if details is not None else (False, 0)
    return Gst.FlowReturn(value) if found else None


def _cause_of_flow(flow: Gst.FlowReturn, pads: list[Gst.Pad]) -> str | None:
    if flow == Gst.FlowReturn.NOT_LINKED:
        return _unlinked(pads)
    if flow == Gst.FlowReturn.NOT_NEGOTIATED:
        met = clash(pads)
        return f"formats do not meet: {met}" if met else None
    return _refused(flow, pads)


def _unlinked(pads: list[Gst.Pad]) -> str | None:
    """Describe output that has nowhere to go, and the input that is still free."""
    free = [pad for pad in pads if pad.get_peer() is None]
    sources = [pad for pad in free if pad.get_direction() == Gst.PadDirection.SRC]
    sinks = [pad for pad in free if pad.get_direction() == Gst.PadDirection.SINK]
    if not sources:
        return None
    text = f"{_gives(sources[0])} and is linked to nothing"
    if not sinks:
        return text
    taken = accepted(sinks[0])
    if caps_now(sources[0]).can_intersect(taken):
        return f"{text}; caps on the way to {pad_path(sinks[0])} do not allow it"
    return f"{text}; {pad_path(sinks[0])} takes {summary(taken, ['format'])}"


def _gives(pad: Gst.Pad) -> str:
    caps = caps_now(pad)
    return f"{pad_path(pad)} gives {summary(caps, ['format', 'width', 'height'])}"


def _refused(flow: Gst.FlowReturn, pads: list[Gst.Pad]) -> str | None:
    """Name the element that refused a buffer: all before it have seen ``flow``, none after."""
    for pad in pads:
        if pad.get_direction() != Gst.PadDirection.SRC or pad.get_last_flow_return() != flow:
            continue
        peer = pad.get_peer()
        element = peer.get_parent_element() if peer is not None else None
        if element is not None and not _passes_on(element, flow):
            return f"{path_of(element)} refused a buffer and did not say why ({flow.value_nick})"
    return None


def _passes_on(element: Gst.Element, flow: Gst.FlowReturn) -> bool:
    return any(pad.get_last_flow_return() == flow for pad in element.srcpads)

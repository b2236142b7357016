"""Finding the pad to probe, also one that does not exist yet."""

from __future__ import annotations

from collections.abc import Callable

from pythia.core.pad_names import matches
from pythia.core.pipeline import elements_of
from pythia.core.suggestion import did_you_mean
from pythia.exceptions import ProbeTargetError
from pythia.gst import Gst

_DIRECTIONS = {"src": Gst.PadDirection.SRC, "sink": Gst.PadDirection.SINK}

PadProbeCallback = Callable[[Gst.Pad, Gst.PadProbeInfo], Gst.PadProbeReturn]


class Attachment:
    """A probe on one pad of an element; waits for request and sometimes pads to appear.

    ``src`` and ``sink`` mean the pad of that name, or else the element's only pad in that
    direction.

    Raises:
        ProbeTargetError: The element or pad does not exist and never will; lists what does.
    """

    def __init__(
        self,
        pipeline: Gst.Bin,
        element_name: str,
        pad_name: str,
        mask: Gst.PadProbeType,
        callback: PadProbeCallback,
    ) -> None:
        self._mask = mask
        self._callback = callback
        self._pad: Gst.Pad | None = None
        self._probe_id = 0
        self._waiting = 0
        self._element = find_element(pipeline, element_name)
        self._pad_name = pad_name
        pad = _find_pad(self._element, pad_name)
        if pad is not None:
            self._attach(pad)
        else:
            self._waiting = self._element.connect("pad-added", self._on_pad_added)

    def _on_pad_added(self, element: Gst.Element, pad: Gst.Pad) -> None:
        if self._pad is None and _fits(pad, self._pad_name):
            self._attach(pad)

    def _attach(self, pad: Gst.Pad) -> None:
        self._pad = pad
        self._probe_id = pad.add_probe(self._mask, self._call)

    def _call(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        verdict = self._callback(pad, info)
        if verdict == Gst.PadProbeReturn.REMOVE:
            self._probe_id = 0
        return verdict

    def missing(self) -> str | None:
        """Say which pad has never appeared, None if it has."""
        if self._pad is not None:
            return None
        pads = ", ".join(str(pad.get_name()) for pad in self._element.pads)
        return f"{self._element.get_name()}.{self._pad_name} (pads: {pads or 'none'})"

    def detach(self) -> None:
        """Take the probe off; does nothing where it has removed itself."""
        if self._waiting:
            self._element.disconnect(self._waiting)
            self._waiting = 0
        if self._pad is not None and self._probe_id:
            self._pad.remove_probe(self._probe_id)
        self._pad = None


def find_element(pipeline: Gst.Bin, name: str) -> Gst.Element:
    """Return the element called ``name``, in bins as well.

    Raises:
        ProbeTargetError: There is none; lists the elements.
    """
    element = pipeline.get_by_name(name)
    if element is None:
        names = [str(found.get_name()) for found in elements_of(pipeline)][::-1]
        raise ProbeTargetError(
            f"no element named {name!r} in the pipeline{did_you_mean(name, names)}; "
            f"available: {', '.join(names)}"
        )
    return element


def _find_pad(element: Gst.Element, name: str) -> Gst.Pad | None:
    """Return the pad, None if it may still appear."""
    pad = element.get_static_pad(name)
    if pad is not None:
        return pad
    candidates = [pad for pad in element.pads if _fits(pad, name)]
    if len(candidates) == 1:
        return candidates[0]
    if candidates or not _may_appear(element, name):
        raise _no_such_pad(element, name)
    return None


def _fits(pad: Gst.Pad, name: str) -> bool:
    return pad.get_name() == name or pad.get_direction() == _DIRECTIONS.get(name)


def _may_appear(element: Gst.Element, name: str) -> bool:
    return any(
        template.presence != Gst.PadPresence.ALWAYS
        and (template.direction == _DIRECTIONS.get(name) or matches(template.name_template, name))
        for template in element.get_pad_template_list()
    )


def _no_such_pad(element: Gst.Element, name: str) -> ProbeTargetError:
    pads = [str(pad.get_name()) for pad in element.pads]
    possible = [
        template.name_template
        for template in element.get_pad_template_list()
        if template.presence != Gst.PadPresence.ALWAYS
    ]
    later = f"; can appear: {', '.join(possible)}" if possible else ""
    return ProbeTargetError(
        f"element {element.get_name()!r} has no single pad {name!r}"
        f"{did_you_mean(name, pads)}; available: {', '.join(pads) or 'none'}{later}"
    )

"""What nvurisrcbin puts behind a decoder: a queue, converters, and the pad of the element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pythia.elements.base import pad_template, parse_caps
from pythia.elements.chain import chain, pad_of
from pythia.elements.stand_in import make
from pythia.gst import Gst
from pythia.gst.video import NVMM

_FORMATS = "{ I420, NV12, P010_10LE, BGRx, RGBA, GRAY8 }"
_SRC, _SOMETIMES = Gst.PadDirection.SRC, Gst.PadPresence.SOMETIMES
TEMPLATES = {
    "video": pad_template(
        "vsrc_%u",
        _SRC,
        _SOMETIMES,
        parse_caps(f"video/x-raw({NVMM}), format={_FORMATS}; video/x-raw, format={_FORMATS}"),
    ),
    "audio": pad_template("asrc_%u", _SRC, _SOMETIMES, parse_caps("audio/x-raw")),
}


@dataclass(frozen=True)
class Branch:
    """Where a decoder is linked to, and what others see of it."""

    entrance: Gst.Pad
    exit: Gst.Pad


def add_branch(
    parent: Gst.Bin,
    kind: str,
    settings: Mapping[str, Any],
    timeline: Gst.Element | None,
    hold_flushes: bool,
) -> Branch:
    """Build the branch for ``video`` or ``audio``; the caller adds its exit to the element.

    ``timeline`` comes first, if there is one; ``hold_flushes`` keeps flushes of a source that is
    being replaced from what follows.
    """
    queue = make("queue")
    if hold_flushes:
        pad_of(queue, "src").add_probe(Gst.PadProbeType.EVENT_FLUSH, _drop)
    first = [timeline] if timeline is not None else []
    elements = [*first, queue, *_converters(kind, settings)]
    chain(parent, elements)
    template = TEMPLATES[kind]
    name = template.name_template.replace("%u", "0")
    ghost = Gst.GhostPad.new_from_template(name, pad_of(elements[-1], "src"), template)
    assert ghost is not None
    return Branch(pad_of(elements[0], "sink"), ghost)


def _converters(kind: str, settings: Mapping[str, Any]) -> list[Gst.Element]:
    if kind == "audio":
        return [make("audioconvert"), make("audioresample")]
    waiting_us = settings["simulate-fps-interval-ms"] * 1000
    return [
        *([make("identity", sleep_time=waiting_us)] if waiting_us else []),
        make("videoconvert", qos="false"),  # for formats that nvvideoconvert does not know
        make("nvvideoconvert", disable_passthrough=settings["disable-passthrough"]),
        make("capsfilter", caps=f"video/x-raw({NVMM})"),
    ]


def _drop(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    return Gst.PadProbeReturn.DROP

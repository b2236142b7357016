"""Frames pass from system memory to ``memory:NVMM`` and back under another name, untouched.

An element for the inside of stand-ins. On the portable runtime both kinds of memory are the same
bytes, so that only caps change: no Python runs while frames flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pythia.elements.base import Portable, pad_template, parse_caps, video_caps
from pythia.gst import Gst, GstBase
from pythia.gst.video import NVMM

_ANY = parse_caps("video/x-raw(ANY)")


class Relabel(Portable, GstBase.BaseTransform):
    """Offers NVMM before system memory; what follows decides.

    ``formats``, where given, are the only ones that pass.
    """

    __gtype_name__ = "GstPythiaRelabel"
    __gstmetadata__ = (
        "Relabel memory",
        "Filter/Converter/Video",
        "Passes frames on as another kind of memory",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, _ANY),
        pad_template("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, _ANY),
    )

    def __init__(self, formats: Sequence[str] = ()) -> None:
        super().__init__()
        self.prepare()
        self.set_passthrough(True)
        self._allowed = video_caps(formats) if formats else _ANY

    def do_transform_caps(
        self, _direction: Any, caps: Gst.Caps, filter: Gst.Caps | None
    ) -> Gst.Caps:
        """GstBaseTransform's virtual method."""
        both = _labelled(caps, NVMM).merge(_labelled(caps, None))
        result = both.intersect_full(self._allowed, Gst.CapsIntersectMode.FIRST)
        if filter is None:
            return result
        return filter.intersect_full(result, Gst.CapsIntersectMode.FIRST)


def _labelled(caps: Gst.Caps, feature: str | None) -> Gst.Caps:
    """The same caps in one kind of memory; None is the system's."""
    result = Gst.Caps.new_empty()
    for index in range(caps.get_size()):
        features = Gst.CapsFeatures.new_empty()
        if feature is not None:
            features.add(feature)
        result.append_structure_full(caps.get_structure(index).copy(), features)
    return result

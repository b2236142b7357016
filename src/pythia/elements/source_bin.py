"""Sources that are bins around a stock source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pythia.elements.properties import Property
from pythia.elements.stand_in import StandIn, make
from pythia.gst import Gst
from pythia.gst.element_flags import declare

SOURCE_PROPERTIES = (
    Property("num-buffers", "int", -1, "Frames until the stream ends; -1 is never", -1),
    Property("do-timestamp", "bool", True, "Stamp frames with the time they are made at"),
    Property("automatic-eos", "bool", True, "End with the segment"),
    Property("blocksize", "uint", 4096, "Bytes read at once; frames are read whole", hardware=True),
    Property("typefind", "bool", False, "Of no effect in GStreamer itself", hardware=True),
)
"""Those of GstBaseSrc."""

_TOLD = ("num-buffers", "do-timestamp", "automatic-eos")


class SourceBin(StandIn):
    """Mixin of a ``Gst.Bin`` whose ``inner`` is a stock source."""

    def prepare(self) -> None:
        """To be called first in ``__init__``."""
        super().prepare()
        assert isinstance(self, Gst.Element)
        declare(self, Gst.ElementFlags.SOURCE)

    def inner_properties(self) -> Mapping[str, Any]:
        """Those of every source."""
        return {name: self.settings[name] for name in _TOLD}


def preferring(*fields: str) -> Gst.Element:
    """A filter that lets any raw video pass, and has a source choose these where it is free to."""
    raw, everything = "video/x-raw", ", ".join(fields)
    alternatives = [f"{raw}, {text}" for text in (everything, *fields)]
    return make("capsfilter", caps="; ".join([*alternatives, raw]))

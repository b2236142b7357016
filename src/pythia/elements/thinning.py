"""Leaves frames out for decoders that cannot do it themselves."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from pythia.elements.chain import pad_of
from pythia.elements.source_properties import KEY_FRAMES_ONLY
from pythia.gst import Gst

_OK, _DROP = Gst.PadProbeReturn.OK, Gst.PadProbeReturn.DROP


def thin(decoder: Gst.Element, drop_interval: Callable[[], int], skip: Callable[[], int]) -> None:
    """Keep every Nth decoded frame only, and give the decoder what ``skip`` leaves.

    Both are asked for each frame, on the streaming thread; 0 leaves all. Which frames others
    refer to is known to decoders only, so skipping those that are not referred to has no effect.
    """
    count = itertools.count()

    def before(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if skip() != KEY_FRAMES_ONLY:
            return _OK
        buffer = info.get_buffer()
        delta = buffer is not None and buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)
        return _DROP if delta else _OK

    def after(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        interval = drop_interval()
        return _DROP if interval > 1 and next(count) % interval else _OK

    pad_of(decoder, "sink").add_probe(Gst.PadProbeType.BUFFER, before)
    pad_of(decoder, "src").add_probe(Gst.PadProbeType.BUFFER, after)

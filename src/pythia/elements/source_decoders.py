"""Hands nvurisrcbin's settings to the decoders that are plugged inside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pythia.elements.chain import factory_of, has_property
from pythia.elements.thinning import thin
from pythia.gst import Gst

_OURS = "nvv4l2decoder"
_PROPERTIES = {
    "dec-skip-frames": "skip-frames",
    "drop-frame-interval": "drop-frame-interval",
    "num-extra-surfaces": "num-extra-surfaces",
    "cudadec-memtype": "cudadec-memtype",
    "gpu-id": "gpu-id",
    "low-latency-mode": "low-latency-mode",
    "extract-sei-type5-data": "extract-sei-type5-data",
    "sei-uuid": "sei-uuid",
}
_VIDEO_DECODER = Gst.ELEMENT_FACTORY_TYPE_DECODER | Gst.ELEMENT_FACTORY_TYPE_MEDIA_VIDEO


class SourceDecoders:
    """All decoders inside one nvurisrcbin; ``setting`` gives the value of a property of its."""

    def __init__(self, setting: Callable[[str], Any]) -> None:
        self._setting = setting
        self._decodebins: list[Callable[[], Any]] = []

    def added(self, parent: Gst.Object, element: Gst.Element) -> None:
        """Set up an element that was put in, at any depth."""
        factory = factory_of(element)
        if factory == _OURS:
            self._set_up(element)
        elif factory == "decodebin":
            self._decodebins.append(element.weak_ref())
        elif factory in ("h264parse", "h265parse"):
            element.set_property("config-interval", -1)
        elif _is_video_decoder(element) and factory_of(parent) != _OURS:
            setting = self._setting
            interval, skip = "drop-frame-interval", "dec-skip-frames"
            thin(element, lambda: int(setting(interval)), lambda: int(setting(skip)))

    def changed(self, source: Gst.Bin, name: str) -> None:
        """Tell the decoders of a property that was set while they may be playing."""
        if name in _PROPERTIES:
            found: list[Gst.Element] = []
            source.iterate_recurse().foreach(found.append)
            for element in found:
                if factory_of(element) == _OURS:
                    self._set_up(element)

    def clean_up(self) -> None:
        """Have decodebins that were stopped let go of what they plugged.

        One that is stopped while it exposes its pads keeps them (GStreamer 1.22). Whenever it is
        freed, perhaps much later with a message that it sent, it would reach for the uridecodebin
        around it, which is gone by then.
        """
        found, self._decodebins = self._decodebins, []
        for reference in found:
            decodebin = reference()
            if isinstance(decodebin, Gst.Element) and decodebin.numsrcpads:
                decodebin.set_state(Gst.State.PAUSED)  # which begins with letting go
                decodebin.set_state(Gst.State.NULL)

    def _set_up(self, decoder: Gst.Element) -> None:
        for ours, its in _PROPERTIES.items():
            if has_property(decoder, its):
                decoder.set_property(its, self._setting(ours))


def _is_video_decoder(element: Gst.Element) -> bool:
    factory = element.get_factory()
    return factory is not None and factory.list_is_type(_VIDEO_DECODER)

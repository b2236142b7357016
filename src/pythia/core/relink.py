"""Links that launch text makes once only, made again when a pipeline runs again."""

from __future__ import annotations

from collections.abc import Iterator

from pythia.core.pipeline import elements_of
from pythia.gst import Gst


class Relinker:
    """Remembers what the pads that come and go (of decoders, demuxers) were linked to.

    GStreamer's parser links such a pad when it appears, and forgets about it; in a second run
    the new pad would stay without a peer, which ends in "not linked".
    """

    def __init__(self, pipeline: Gst.Bin) -> None:
        self._pipeline = pipeline
        self._peers: dict[Gst.Element, list[Gst.Pad]] = {}
        self._handlers: list[tuple[Gst.Element, int]] = []

    def begin(self) -> None:
        """Link pads from now on as they were in the last run."""
        self._handlers = [(e, e.connect("pad-added", self._link)) for e in self._peers]

    def end(self) -> None:
        """Note the links of this run; called while its passing pads still exist."""
        # A handler left on an element keeps the pipeline alive that holds the element.
        for element, handler in self._handlers:
            element.disconnect(handler)
        self._handlers.clear()
        for element in _own_elements(self._pipeline):
            if peers := [peer for pad in element.srcpads if (peer := _peer_of_passing(pad))]:
                self._peers[element] = peers

    def _link(self, element: Gst.Element, pad: Gst.Pad) -> None:
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        for peer in self._peers[element]:
            if pad.is_linked():
                return
            if not peer.is_linked():
                pad.link(peer)


def _peer_of_passing(pad: Gst.Pad) -> Gst.Pad | None:
    template = pad.get_pad_template()
    passing = template is not None and template.presence == Gst.PadPresence.SOMETIMES
    return pad.get_peer() if passing else None


def _own_elements(pipeline: Gst.Bin) -> Iterator[Gst.Element]:
    """Yield the elements of the text; bins with a life of their own link their insides."""
    for element in elements_of(pipeline):
        parent = element.get_parent()
        while parent is not None and type(parent) in (Gst.Bin, Gst.Pipeline):
            parent = parent.get_parent()
        if parent is None:
            yield element

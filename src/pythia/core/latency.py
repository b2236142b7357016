"""Prints how long frames take to the sinks, as deepstream-app does."""

from __future__ import annotations

from threading import Lock

from pythia.core.pipeline import sinks_of
from pythia.gst import Gst
from pythia.gst.probe_info import buffer_address
from pythia.gst.upstream import feeders
from pythia.meta.latency import print_buffer_latency


class LatencyReport:
    """Prints the latencies of every batch that comes to a sink of a pipeline.

    Where what comes is no batch any more, as behind a container's muxer, it looks further up.
    """

    def __init__(self, pipeline: Gst.Bin) -> None:
        self._probes: dict[Gst.Pad, int] = {}
        self._batches: dict[Gst.Pad, int] = {}
        self._lock = Lock()
        for sink in sinks_of(pipeline):
            for pad in sink.sinkpads:
                self._watch(pad)

    def _watch(self, pad: Gst.Pad) -> None:
        with self._lock:  # branches may come to the same pad at once
            if pad not in self._batches:
                self._batches[pad] = 0
                self._probes[pad] = pad.add_probe(Gst.PadProbeType.BUFFER, self._look)

    def _look(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if print_buffer_latency(buffer_address(info), self._batches[pad]) is not None:
            self._batches[pad] += 1
            return Gst.PadProbeReturn.OK
        before = next((each for each in feeders(pad) if not isinstance(each, Gst.Bin)), None)
        for further_up in before.sinkpads if before is not None else ():
            self._watch(further_up)
        self._probes.pop(pad, None)
        return Gst.PadProbeReturn.REMOVE

    def detach(self) -> None:
        """Take all probes off."""
        while self._probes:
            pad, number = self._probes.popitem()
            pad.remove_probe(number)

    def missing(self) -> None:
        """Nothing is: sinks are there, or are not measured."""

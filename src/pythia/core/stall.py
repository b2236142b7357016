"""Does anything move in a pipeline?"""

from __future__ import annotations

from pythia.core.pipeline import elements_of
from pythia.gst import Gst

_DATA = Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST


class MovementWatch:
    """Notices buffers that reach an input since it was made.

    Tells a pipeline that is slow to start (a look-ahead of the encoder behind slow inference)
    from one that is stuck.
    """

    def __init__(self, pipeline: Gst.Bin) -> None:
        self.moved = False
        self._probes = [
            (pad, pad.add_probe(_DATA, self._see))
            for element in elements_of(pipeline)
            for pad in element.sinkpads
        ]

    def _see(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self.moved = True
        return Gst.PadProbeReturn.OK

    def end(self) -> bool:
        """Take the probes off; True when a buffer has moved."""
        for pad, probe_id in self._probes:
            pad.remove_probe(probe_id)
        return self.moved

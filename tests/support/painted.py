"""A camera and a tracker for tests: frames in known colours, objects with known ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pythia.frames import frames
from pythia.gst import Gst
from pythia.gst.probe_info import buffer_address
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch

Change = Callable[[PortableBatch], None]

_COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "black": (0, 0, 0)}


class Painted:
    """Paints each frame behind the element ``tracker``, and changes its batch.

    The last colour stays. Frames have to be RGBA; pass it as ``prepare``.
    """

    def __init__(self, colours: Sequence[str], change: Change | None = None) -> None:
        self._values = [_COLOURS[colour] for colour in colours]
        self._change = change
        self._count = 0

    def __call__(self, pipeline: Gst.Pipeline) -> None:
        """Adds the probe."""
        tracker = pipeline.get_by_name("tracker")
        pad = tracker.get_static_pad("src") if tracker else None
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, self._track)

    def _track(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        with frames(pad, info, writable=True) as pictures:
            for _meta, picture in pictures:
                picture[:, :, :3] = self._values[min(self._count, len(self._values) - 1)]
        self._count += 1
        batch = carrier.fetch(buffer_address(info))
        if batch is not None and self._change is not None:
            self._change(batch)
        return Gst.PadProbeReturn.OK


def tracked(batch: PortableBatch) -> None:
    """Give every object the same id in every frame."""
    for frame in batch.frame_meta_list:
        for obj in frame.obj_meta_list:
            obj.object_id = 10 + obj.class_id

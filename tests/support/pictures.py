"""Pictures that pass a pad, as RGB arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pythia.elements.frames import FrameMapper
from pythia.gst import Gst
from pythia.gst.video import video_format
from pythia.vision.convert import convert
from pythia.vision.image import Image, new_image

Rgb = NDArray[np.int64]


def rgb(image: Image) -> Rgb:
    """A picture as (height, width, 3)."""
    target = new_image("RGB", image.width, image.height)
    convert(image, target)
    return target.planes[0].astype(np.int64)


class Pictures:
    """Writes down the frames of every buffer at an element's pad; pass it as ``prepare``.

    ``changes`` is called with each buffer's address first, to change its metadata.
    """

    def __init__(
        self,
        element: str = "out",
        pad: str = "sink",
        changes: Callable[[int], None] | None = None,
    ) -> None:
        self._element, self._pad, self._changes = element, pad, changes
        self.buffers: list[list[Rgb]] = []

    def __call__(self, pipeline: Gst.Pipeline) -> None:
        """Adds the probe."""
        element = pipeline.get_by_name(self._element)
        pad = element.get_static_pad(self._pad) if element is not None else None
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, self._look)

    def _look(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer, caps = info.get_buffer(), pad.get_current_caps()
        assert buffer is not None
        assert caps is not None
        if self._changes is not None:
            self._changes(hash(buffer))
        with FrameMapper(video_format(caps)).images(hash(buffer)) as images:
            self.buffers.append([rgb(image) for image in images])
        return Gst.PadProbeReturn.OK

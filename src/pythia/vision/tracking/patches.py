"""Parts of a frame at a fixed small size: what a visual tracker looks at."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pythia.vision.image import Image, Matrix, Plane
from pythia.vision.tracking.estimator import Floats

Patches = NDArray[np.uint8]

_COARSEST = 4
_TALLEST = 2**15 - 1  # rows of a picture that cv2.remap can make
_TO_YUV = {
    "RGBA": (cv2.COLOR_RGBA2RGB, cv2.COLOR_RGB2YUV),
    "RGBx": (cv2.COLOR_RGBA2RGB, cv2.COLOR_RGB2YUV),
    "BGRA": (cv2.COLOR_BGRA2BGR, cv2.COLOR_BGR2YUV),
    "BGRx": (cv2.COLOR_BGRA2BGR, cv2.COLOR_BGR2YUV),
    "RGB": (None, cv2.COLOR_RGB2YUV),
    "BGR": (None, cv2.COLOR_BGR2YUV),
}


class PatchSource:
    """Cuts patches out of one frame; smaller copies of it are made as they are needed.

    Sampling four pixels for a patch pixel that covers dozens would see noise, so large regions are
    cut from a copy of half the size, a quarter, and so on.

    Args:
        image: the frame.
        size: width and height that regions are measured in; the frame's own if not given.
    """

    def __init__(self, image: Image, size: tuple[int, int] | None = None) -> None:
        self._image = image
        width, height = size or (image.width, image.height)
        self._scale = np.array([image.width / width, image.height / height] * 2)
        # Planes by coarseness; entry 0 is the frame itself.
        self._levels: list[list[Plane]] = [[plane] for plane in image.planes]

    @property
    def is_full_range(self) -> bool:
        """Whether :meth:`yuv` gives values from 0 to 255 rather than from 16 to 235."""
        return self._image.full_range or self._image.format not in ("NV12", "I420")

    @property
    def matrix(self) -> Matrix:
        """How :meth:`yuv` is to be understood, ``bt601`` or ``bt709``."""
        return self._image.matrix if self._image.format in ("NV12", "I420") else "bt601"

    def luma(self, regions: Floats, side: int) -> Patches:
        """Brightness, ``(regions, side, side)``; regions are left, top, width, height."""
        if self._image.format in ("NV12", "I420", "GRAY8"):
            return self._cut(0, regions, side, 1)
        return self.yuv(regions, side)[0]

    def yuv(self, regions: Floats, side: int) -> tuple[Patches, Patches, Patches]:
        """Brightness and the two colour differences, each ``(regions, side, side)``."""
        if self._image.format == "GRAY8":
            luma = self._cut(0, regions, side, 1)
            grey = np.full_like(luma, 128)
            return luma, grey, grey
        if self._image.format == "NV12":
            pairs = self._cut(1, regions, side, 2)
            return self._cut(0, regions, side, 1), pairs[..., 0], pairs[..., 1]
        if self._image.format == "I420":
            y, u, v = (self._cut(plane, regions, side, 1 + (plane > 0)) for plane in range(3))
            return y, u, v
        return self._from_rgb(self._cut(0, regions, side, 1))

    def _from_rgb(self, patches: Patches) -> tuple[Patches, Patches, Patches]:
        # One tall picture, so that OpenCV is called once.
        count, side = patches.shape[:2]
        tall: Any = patches.reshape(count * side, side, -1)
        for code in _TO_YUV[self._image.format]:
            if code is not None:
                tall = cv2.cvtColor(tall, code)
        y, u, v = (part.reshape(count, side, side) for part in cv2.split(tall))
        return y, u, v

    def _cut(self, plane: int, regions: Floats, side: int, subsampling: int) -> Patches:
        regions = regions * self._scale
        steps = regions[:, 2:] / (side * subsampling)
        coarse = np.clip(np.floor(np.log2(np.maximum(steps.max(axis=1), 1))), 0, _COARSEST)
        factors = 2.0 ** coarse[:, None]
        # Pixel centres stand at halves: of the patch, of the frame, and of its smaller copy.
        steps = steps / factors
        starts = regions[:, :2] / subsampling / factors + steps / 2 - 0.5
        places = starts[..., None] + steps[..., None] * np.arange(side)
        shape = self._image.planes[plane].shape[2:]
        patches = np.empty((len(regions), side, side, *shape), np.uint8)
        for level in np.unique(coarse):
            rows = np.flatnonzero(coarse == level)
            for some in np.array_split(rows, -(-len(rows) * side // _TALLEST)):
                patches[some] = _sampled(self._level(plane, int(level)), places[some])
        return patches

    def _level(self, plane: int, level: int) -> Plane:
        levels = self._levels[plane]
        while len(levels) <= level:
            levels.append(_half(levels[-1]))
        return levels[level]


def _sampled(plane: Plane, places: Floats) -> Patches:
    """A plane at the places (n, 2, side) across and down: patches ``(n, side, side, ...)``.

    They are one tall picture to OpenCV, which is much faster than one call a patch.
    """
    count, _, side = places.shape
    # Far beyond the border there is the border, too; OpenCV's own numbers are small.
    places = np.clip(places, -1, [[size] for size in plane.shape[1::-1]])
    x, y = (
        np.broadcast_to(axis, (count, side, side)).astype(np.float32).reshape(-1, side)
        for axis in (places[:, 0, None, :], places[:, 1, :, None])
    )
    tall = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(tall, np.uint8).reshape(count, side, side, *plane.shape[2:])


def _half(plane: Plane) -> Plane:
    height, width = plane.shape[:2]
    if plane.shape[2:] == (2,) and min(height, width) > 1:
        return _half_of_pairs(plane[: height // 2 * 2, : width // 2 * 2])
    size = (max(1, width // 2), max(1, height // 2))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def _half_of_pairs(plane: Plane) -> Plane:
    """What ``cv2.resize`` would make, which is several times slower with two channels."""
    flat = plane.view(np.uint16)[..., 0].view(np.uint8)
    rows = cv2.addWeighted(flat[::2], 0.5, flat[1::2], 0.5, 0).view(np.uint16)
    left, right = (np.ascontiguousarray(rows[:, side::2]).view(np.uint8) for side in (0, 1))
    mean = cv2.addWeighted(left, 0.5, right, 0.5, 0)
    return np.asarray(mean, np.uint8).reshape(plane.shape[0] // 2, plane.shape[1] // 2, 2)

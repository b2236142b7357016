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
_LINEAR = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
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
        return np.ascontiguousarray(self.yuv(regions, side)[..., 0])

    def yuv(self, regions: Floats, side: int) -> Patches:
        """Brightness and the two colour differences, ``(regions, side, side, 3)``."""
        if self._image.format == "GRAY8":
            luma = self._cut(0, regions, side, 1)
            return np.stack([luma, *[np.full_like(luma, 128)] * 2], axis=-1)
        if self._image.format == "NV12":
            parts = [self._cut(0, regions, side, 1)[..., None], self._cut(1, regions, side, 2)]
            return np.concatenate(parts, axis=-1)
        if self._image.format == "I420":
            cuts = [self._cut(plane, regions, side, 1 + (plane > 0)) for plane in range(3)]
            return np.stack(cuts, axis=-1)
        return self._from_rgb(self._cut(0, regions, side, 1))

    def _from_rgb(self, patches: Patches) -> Patches:
        # One tall picture, so that OpenCV is called once.
        count, side = patches.shape[:2]
        tall: Any = patches.reshape(count * side, side, -1)
        for code in _TO_YUV[self._image.format]:
            if code is not None:
                tall = cv2.cvtColor(tall, code)
        return np.asarray(tall, np.uint8).reshape(count, side, side, 3)

    def _cut(self, plane: int, regions: Floats, side: int, subsampling: int) -> Patches:
        shape = self._image.planes[plane].shape[2:]
        regions = regions * self._scale
        patches = np.empty((len(regions), side, side, *shape), np.uint8)
        scales = regions[:, 2:] / (side * subsampling)
        coarse = np.clip(np.floor(np.log2(np.maximum(scales.max(axis=1), 1))), 0, _COARSEST)
        factors = 2.0**coarse
        # Pixel centres stand at halves: of the patch, of the frame, and of its smaller copy.
        steps = scales / factors[:, None]
        matrices = np.zeros((len(regions), 2, 3))
        matrices[:, [0, 1], [0, 1]] = steps
        matrices[:, :, 2] = regions[:, :2] / subsampling / factors[:, None] + steps / 2 - 0.5
        for patch, matrix, level in zip(patches, matrices, coarse.astype(int), strict=True):
            cv2.warpAffine(
                self._level(plane, level),
                matrix,
                (side, side),
                patch,
                _LINEAR,
                cv2.BORDER_REPLICATE,
            )
        return patches

    def _level(self, plane: int, level: int) -> Plane:
        levels = self._levels[plane]
        while len(levels) <= level:
            height, width = levels[-1].shape[:2]
            half: Any = cv2.resize(
                levels[-1],
                (max(1, width // 2), max(1, height // 2)),
                interpolation=cv2.INTER_AREA,
            )
            levels.append(half)
        return levels[level]

"""Dense optical flow, one vector for each block of 4 x 4 pixels, and a picture of it.

The method is DIS ("Fast Optical Flow using Dense Inverse Search", Kroeger et al., 2016), on
brightness.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pythia.vision.image import Image, Plane
from pythia.vision.scratch import scratch

BLOCK = 4
"""Pixels on a side of what one vector stands for."""

Flow = NDArray[np.float32]
"""``(rows, cols, 2)``: x to the right and y down, in pixels of the frame."""


class _Method(NamedTuple):
    preset: int
    shrink: int  # how many times smaller the frames are made first


_METHODS = (
    _Method(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST, 2),
    _Method(cv2.DISOPTICAL_FLOW_PRESET_FAST, 2),
    _Method(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM, 1),
)
"""By nvof's ``preset-level``: fast, medium, slow. On 720p about 7, 12 and 70 ms a frame."""
_FINEST_SCALE = 1
_SMALLEST = 16  # pixels on a side that the method needs


def grid(width: int, height: int) -> tuple[int, int]:
    """Rows and columns of the vectors of a frame; what is left of a block has none."""
    return height // BLOCK, width // BLOCK


class FlowEstimator:
    """The flow between the frames of one source, which have one size; for one thread.

    Args:
        level: 0 fast, 1 medium, 2 slow and exact.
    """

    def __init__(self, level: int = 0) -> None:
        self._method = _METHODS[level]
        self._dis = cv2.DISOpticalFlow.create(self._method.preset)
        self._dis.setFinestScale(_FINEST_SCALE)
        self._before: Plane | None = None
        self._spare: Plane | None = None

    def next(self, image: Image) -> Flow | None:
        """The flow from the last frame to this one; None for the first.

        Raises:
            ValueError: the frame is too small.
        """
        now = self._brightness(image)
        before, self._before = self._before, now
        self._spare = before
        if before is None or before.shape != now.shape:
            return None
        # OpenCV would take an array that is passed in for a first guess.
        flow = self._dis.calc(before, now, None)  # type: ignore[call-overload]
        size = grid(image.width, image.height)[::-1]
        blocks = cv2.resize(flow, size, interpolation=cv2.INTER_AREA)
        vectors: Flow = np.multiply(blocks, self._method.shrink, dtype=np.float32)
        return vectors

    def _brightness(self, image: Image) -> Plane:
        """The frame as the method wants it, in memory of its own."""
        shrink = self._method.shrink
        width, height = -(-image.width // shrink), -(-image.height // shrink)
        if min(width, height) < _SMALLEST:
            raise ValueError(
                f"optical flow needs frames of at least {_SMALLEST * shrink} pixels on a side; "
                f"these are {image.width}x{image.height}"
            )
        spare = self._spare
        if spare is None or spare.shape != (height, width):
            spare = np.empty((height, width), np.uint8)
        cv2.resize(_luma(image), (width, height), dst=spare, interpolation=cv2.INTER_AREA)
        return spare


def _luma(image: Image) -> Plane:
    if image.planes[0].ndim == 2:
        return image.planes[0]
    gray = scratch("flow gray", (image.height, image.width))
    cv2.cvtColor(image.planes[0], cv2.COLOR_RGBA2GRAY, dst=gray)
    return gray


def to_fixed(flow: Flow, fraction: int) -> NDArray[np.int16]:
    """Vectors as fixed-point numbers with steps of ``1 / fraction`` pixel, rounded and clipped."""
    limits = np.iinfo(np.int16)
    return np.clip(np.rint(flow * fraction), limits.min, limits.max).astype(np.int16)


_BRIGHTEST_PX = 10.0  # movement from frame to frame that is shown in full brightness


def draw_flow(flow: Flow, target: Image) -> None:
    """Paint a flow into an RGBA picture of its size: direction as hue, length as brightness.

    To the right is red, down is yellow-green, to the left is cyan, up is violet; still is black.
    """
    length, angle = cv2.cartToPolar(flow[..., 0], flow[..., 1], angleInDegrees=True)
    hsv = scratch("flow hsv", (*flow.shape[:2], 3))
    hsv[..., 0] = angle / 2
    hsv[..., 1] = 255
    hsv[..., 2] = np.minimum(length * (255 / _BRIGHTEST_PX), 255)
    rgb = scratch("flow rgb", hsv.shape)
    cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB, dst=rgb)
    cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA, dst=target.planes[0])

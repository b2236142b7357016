"""Boxes in pixels: small pure functions that know nothing of the pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.floating[Any]]
"""``(n, 4)``: left, top, right, bottom of each box; right and bottom are exclusive."""


class PixelRect(NamedTuple):
    """A rectangle of whole pixels, in the order of DeepStream's crop strings."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column that is outside."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row that is outside."""
        return self.top + self.height


def intersect(a: PixelRect, b: PixelRect) -> PixelRect:
    """What two rectangles have in common; width or height is 0 where that is nothing."""
    left, top = max(a.left, b.left), max(a.top, b.top)
    right, bottom = min(a.right, b.right), min(a.bottom, b.bottom)
    return PixelRect(left, top, max(0, right - left), max(0, bottom - top))


def _areas(boxes: Boxes) -> Boxes:
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return np.asarray(sides[:, 0] * sides[:, 1])


def iou_matrix(a: Boxes, b: Boxes) -> Boxes:
    """Intersection over union of every box of ``a`` (n, 4) with every one of ``b`` (m, 4).

    Shape (n, m); 0 where both boxes are empty.
    """
    top_left = np.maximum(a[:, None, :2], b[None, :, :2])
    bottom_right = np.minimum(a[:, None, 2:], b[None, :, 2:])
    sides = np.clip(bottom_right - top_left, 0, None)
    common = sides[..., 0] * sides[..., 1]
    union = _areas(a)[:, None] + _areas(b)[None, :] - common
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0))


def letterbox_rect(
    source: tuple[int, int], target: tuple[int, int], *, symmetric: bool = False
) -> PixelRect:
    """Where a picture goes in a frame of another shape when its proportions are kept.

    The picture touches the left and top edges, as with nvstreammux's ``enable-padding``, or is
    centred if ``symmetric``. Position and size are even, save that a side which fills the frame
    is as long as the frame.

    Args:
        source: width and height of the picture.
        target: width and height of the frame.
        symmetric: bands on both sides instead of right or below.
    """
    scale = min(target[0] / source[0], target[1] / source[1])
    width, height = (_fitted(s * scale, t) for s, t in zip(source, target, strict=True))
    if not symmetric:
        return PixelRect(0, 0, width, height)
    return PixelRect(_even((target[0] - width) / 2), _even((target[1] - height) / 2), width, height)


def _even(value: float) -> int:
    return int(value) // 2 * 2


def _fitted(length: float, limit: int) -> int:
    # Half a pixel of rounding error must not cut a row off a picture that fills its frame.
    return limit if length > limit - 0.5 else max(min(2, limit), _even(length + 0.5))

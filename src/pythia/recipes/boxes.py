"""Boxes in pixels of a frame."""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """Left, top, width and height in pixels; whole pixels begin at whole numbers."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.top + self.height

    def within(self, width: int, height: int) -> Box | None:
        """Return what of it lies on a frame; None for nothing."""
        left, top = max(0.0, self.left), max(0.0, self.top)
        right, bottom = min(float(width), self.right), min(float(height), self.bottom)
        return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None

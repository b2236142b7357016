"""Paints flat polygons smoothly: each thing on its own small canvas, then onto the picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from .camera import HEIGHT, WIDTH, Floats
from .light import Colour

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]

SUBPIXEL_BITS = 4


def fixed_point(points: Floats, scale: float = 1.0) -> NDArray[np.int32]:
    """Picture points as OpenCV's fixed-point numbers; pixel centres stay pixel centres."""
    centred = (points * scale - 0.5) * (1 << SUBPIXEL_BITS)
    limited = np.clip(centred, -(2**26), 2**26)
    return np.round(limited).astype(np.int32)


@dataclass
class Layer:
    """A thing as it lies over the picture: its place, its colour (premultiplied) and cover."""

    left: int
    top: int
    colour: Picture
    cover: Picture

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that the layer lies over."""
        rows, columns = self.cover.shape
        return slice(self.top, self.top + rows), slice(self.left, self.left + columns)

    def lay_on(self, picture: Picture) -> None:
        """Blend the layer into the picture, in place."""
        below = picture[self.window]
        rest = cv2.cvtColor(cv2.bitwise_not(self.cover), cv2.COLOR_GRAY2BGR)
        kept = cv2.multiply(below, rest, scale=1 / 255)
        picture[self.window] = cv2.add(kept, self.colour)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """The pixels more than half covered."""
        return self.cover > 127


@dataclass
class Sketch:
    """The polygons of one thing, in picture coordinates, from back to front."""

    strokes: list[tuple[list[Floats], Colour]] = field(default_factory=list)

    def add(self, rings: list[Floats], colour: Colour) -> None:
        """Add one polygon; further rings cut holes."""
        self.strokes.append((rings, colour))

    def bounds(self) -> Box:
        """Left, top, right and bottom of everything drawn, also outside the picture."""
        points = np.concatenate([ring for rings, _ in self.strokes for ring in rings])
        low, high = points.min(axis=0), points.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def paint(self) -> Layer | None:
        """Rasterise the part inside the picture, or None when nothing lies inside."""
        left, top, right, bottom = self.bounds()
        x0, y0 = max(0, int(np.floor(left))), max(0, int(np.floor(top)))
        x1, y1 = min(WIDTH, int(np.ceil(right))), min(HEIGHT, int(np.ceil(bottom)))
        if x1 <= x0 or y1 <= y0:
            return None
        fine = 4 if (x1 - x0) * (y1 - y0) < 60_000 else 2
        size = ((y1 - y0) * fine, (x1 - x0) * fine)
        colour = np.zeros((*size, 3), np.uint8)
        cover = np.zeros(size, np.uint8)
        corner = np.array([x0, y0], np.float64)
        for rings, shade in self.strokes:
            outline = [fixed_point(ring - corner, fine) for ring in rings]
            cv2.fillPoly(colour, outline, shade, cv2.LINE_8, SUBPIXEL_BITS)
            cv2.fillPoly(cover, outline, (255,), cv2.LINE_8, SUBPIXEL_BITS)
        small = (x1 - x0, y1 - y0)
        return Layer(
            x0,
            y0,
            np.asarray(cv2.resize(colour, small, interpolation=cv2.INTER_AREA), np.uint8),
            np.asarray(cv2.resize(cover, small, interpolation=cv2.INTER_AREA), np.uint8),
        )

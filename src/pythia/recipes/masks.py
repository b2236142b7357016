"""Instance masks as datasets have them: COCO's run lengths, and outlines.

Run lengths follow COCO's ``maskApi``: column after column, from background on, written as text
of six bits a character.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.recipes.boxes import Box

Pixels = NDArray[np.uint8]
Outlines = list[list[int]]


@dataclass(frozen=True)
class Mask:
    """What a model says of the pixels of a box, in a grid of its own.

    Attributes:
        values: float32 ``(rows, columns)`` over the whole box.
        threshold: A pixel belongs to the object where the value is above it.
    """

    values: NDArray[np.float32]
    threshold: float

    def drawn(self, width: int, height: int) -> Pixels:
        """Return the mask in ``(height, width)`` pixels of the box: 1 for the object, else 0."""
        import cv2

        scaled = cv2.resize(self.values, (width, height), interpolation=cv2.INTER_LINEAR)
        return (np.asarray(scaled) > self.threshold).astype(np.uint8)


@dataclass(frozen=True)
class Shape:
    """A mask in the pixels of its frame.

    Attributes:
        left: Column of the frame where ``pixels`` begin; may be outside.
        top: Row of the frame where they begin.
        pixels: uint8 ``(height, width)``, 1 for the object.
    """

    left: int
    top: int
    pixels: Pixels

    @classmethod
    def of(cls, mask: Mask, box: Box) -> Shape:
        """Place a mask over its box."""
        left, top = int(np.floor(box.left)), int(np.floor(box.top))
        right, bottom = int(np.ceil(box.right)), int(np.ceil(box.bottom))
        return cls(left, top, mask.drawn(max(1, right - left), max(1, bottom - top)))

    def outlines(self) -> Outlines:
        """Return the outer outlines, from its corner on: ``[x0, y0, x1, y1, ...]`` each."""
        import cv2

        found, _ = cv2.findContours(self.pixels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        return [[int(each) for each in outline.flatten()] for outline in found]

    def within(self, width: int, height: int) -> Shape | None:
        """Return what of it lies on a frame; None for nothing."""
        rows, columns = self.pixels.shape
        top, left = max(0, self.top), max(0, self.left)
        bottom, right = min(height, self.top + rows), min(width, self.left + columns)
        if bottom <= top or right <= left:
            return None
        across = slice(left - self.left, right - self.left)
        part = self.pixels[top - self.top : bottom - self.top, across]
        return Shape(left, top, np.ascontiguousarray(part))

    def on_frame(self, width: int, height: int) -> Pixels:
        """Return the mask of a whole frame that it lies on: uint8 ``(height, width)``."""
        frame = np.zeros((height, width), np.uint8)
        rows, columns = self.pixels.shape
        frame[self.top : self.top + rows, self.left : self.left + columns] = self.pixels
        return frame


def run_lengths(pixels: Pixels) -> dict[str, Any]:
    """Return the mask of a whole frame as COCO's compressed run lengths, ready for JSON."""
    flat = pixels.ravel(order="F")
    changes = np.flatnonzero(np.diff(flat)) + 1
    edges = np.concatenate(([0], changes, [flat.size]))
    counts = np.diff(edges)
    if flat.size and flat[0]:
        counts = np.concatenate(([0], counts))
    return {"size": list(pixels.shape), "counts": _compressed(counts.tolist())}


def _compressed(counts: list[int]) -> str:
    """Each count as its difference to the one but last before it, five bits a character."""
    text = bytearray()
    for place, count in enumerate(counts):
        value = count - counts[place - 2] if place > 2 else count
        more = True
        while more:
            bits = value & 0x1F
            value >>= 5
            more = value != (-1 if bits & 0x10 else 0)
            text.append((bits | 0x20 if more else bits) + 48)
    return text.decode("ascii")

"""Class maps of semantic segmentation as colours, with those of NVIDIA's nvsegvisual."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pythia.vision.image import Image, Plane
from pythia.vision.scratch import scratch

_NO_CLASS = "000000 000080 808080"  # -3, -2 and -1
_CLASSES = (
    "008080 800000 800080 808000 008000 000040 0000c0 008040 0080c0 800040 "
    "8000c0 808040 8080c0 004000 004080 00c000 00c080 804000 c0c000"
)
COLOURS = len(_CLASSES.split())
"""Classes that have a colour of their own; those behind them take the same colours again."""
_FIRST = -len(_NO_CLASS.split())
_LAST = _FIRST + 255  # class maps become bytes on the way


def _palette() -> Plane:
    """RGBA of every class from the first to the last."""
    no_class, classes = (
        [tuple(bytes.fromhex(text)) for text in texts.split()] for texts in (_NO_CLASS, _CLASSES)
    )
    colours = no_class + [classes[class_id % COLOURS] for class_id in range(_LAST + 1)]
    return np.array([(*rgb, 255) for rgb in colours], np.uint8)


_PALETTE = _palette()


def colour(class_id: int) -> tuple[int, int, int]:
    """Red, green and blue of a class; -1 is no class."""
    red, green, blue, _ = _PALETTE[min(max(class_id, _FIRST), _LAST) - _FIRST]
    return int(red), int(green), int(blue)


def draw_classes(
    class_map: NDArray[np.int32], target: Image, *, background: int | None = None, alpha: float = 1
) -> None:
    """Paint a class map, scaled to the picture's size, over an RGBA picture.

    Args:
        class_map: ``(height, width)``; -1 is no class.
        target: painted over completely, unless there is a background.
        background: a class that is not painted; what is there stays, and shines through the others.
        alpha: how opaque the others then are, from 0 to 1.
    """
    size = (target.width, target.height)
    rows = (np.clip(class_map, _FIRST, _LAST) - _FIRST).astype(np.uint8)
    indices = np.asarray(cv2.resize(rows, size, interpolation=cv2.INTER_NEAREST), np.uint8)
    pixels = target.planes[0]
    if background is None:
        np.take(_PALETTE, indices, axis=0, out=pixels, mode="clip")
        return
    colours = scratch("class colours", pixels.shape)
    np.take(_PALETTE, indices, axis=0, out=colours, mode="clip")
    cv2.addWeighted(colours, alpha, pixels, 1 - alpha, 0, dst=colours)
    cv2.copyTo(colours, _painted(class_map, background, size), dst=pixels)


def _painted(class_map: NDArray[np.int32], background: int, size: tuple[int, int]) -> Plane:
    """255 where a class other than the background is."""
    mask = np.not_equal(class_map, background).astype(np.uint8) * np.uint8(255)
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST), np.uint8)

"""Putting colour on the planes of a picture: blocks and stamps, opaque or transparent.

Pictures are painted in their own format. In 4:2:0 formats luma is exact to the pixel; a chroma
sample is painted if any of its pixels is. Whatever lies outside of the picture is left out.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np

from pythia.vision.colour import fill_plane, plane_values
from pythia.vision.image import Image, Plane
from pythia.vision.osd_params import Color


class Stamp(NamedTuple):
    """A small picture with transparency, as planes in the format of the picture it is put on.

    ``add`` is colour times opacity, ``keep`` how much of what was there stays (255: all of it);
    ``keep`` is None where the stamp is opaque all over.
    """

    add: tuple[Plane, ...]
    keep: tuple[Plane, ...] | None


class Ink(NamedTuple):
    """Two colours that a coverage from 0 to 255 goes between: background and foreground.

    ``value`` and ``behind`` are pixels in every plane, as bytes.
    """

    value: tuple[bytes, ...]
    alpha: float
    behind: tuple[bytes, ...]
    alpha_behind: float


def color_values(image: Image, color: Color) -> tuple[bytes, ...]:
    """One pixel of a colour in every plane of the picture, as bytes; alpha plays no part."""
    return plane_values(image, color.red, color.green, color.blue)


def opacity(color: Color) -> float:
    """A colour's alpha, kept between 0 and 1."""
    return min(max(color.alpha, 0.0), 1.0)


def ink(image: Image, color: Color, background: Color | None = None) -> Ink:
    """Foreground and background (default: nothing) in the format of a picture."""
    value = color_values(image, color)
    if background is None:
        return Ink(value, opacity(color), value, 0.0)
    return Ink(value, opacity(color), color_values(image, background), opacity(background))


def paint_rect(image: Image, left: int, top: int, right: int, bottom: int, color: Color) -> None:
    """Paint a block, ``right`` and ``bottom`` exclusive, blended by the colour's alpha."""
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, image.width), min(bottom, image.height)
    alpha = opacity(color)
    if left >= right or top >= bottom or alpha == 0:
        return
    part = [image.planes[0][top:bottom, left:right]]
    rows, columns = slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2)
    part += [plane[rows, columns] for plane in image.planes[1:]]
    for plane, value in zip(part, color_values(image, color), strict=True):
        if alpha == 1:
            fill_plane(plane, value)
        else:
            cv2.LUT(plane, _mix_table(value, alpha), dst=plane)


def make_stamp(coverage: Plane, ink: Ink) -> Stamp:
    """Turn a coverage (height, width; 255 is all foreground) into a stamp."""
    height, width = coverage.shape
    half = coverage
    if len(ink.value) > 1:
        size = ((width + 1) // 2, (height + 1) // 2)
        half = np.asarray(cv2.resize(coverage, size, interpolation=cv2.INTER_AREA), np.uint8)
    planes = [coverage, *[half] * (len(ink.value) - 1)]
    keep, add = [], []
    for plane, value, behind in zip(planes, ink.value, ink.behind, strict=True):
        keep_table, add_table = _ink_tables(value, ink.alpha, behind, ink.alpha_behind)
        channels = plane if len(value) == 1 else cv2.merge([plane] * len(value))
        keep.append(np.asarray(cv2.LUT(channels, keep_table), np.uint8))
        add.append(np.asarray(cv2.LUT(channels, add_table), np.uint8))
    return Stamp(tuple(add), None if ink.alpha_behind == 1 else tuple(keep))


def put_stamp(image: Image, stamp: Stamp, left: int, top: int) -> None:
    """Blend a stamp into a picture; ``left`` and ``top`` may be outside."""
    for i, plane in enumerate(image.planes):
        x, y = (left, top) if i == 0 else (left // 2, top // 2)
        height, width = stamp.add[i].shape[:2]
        x0, x1 = max(x, 0), min(x + width, plane.shape[1])
        y0, y1 = max(y, 0), min(y + height, plane.shape[0])
        if x0 >= x1 or y0 >= y1:
            continue
        target = plane[y0:y1, x0:x1]
        part = slice(y0 - y, y1 - y), slice(x0 - x, x1 - x)
        if stamp.keep is None:
            target[...] = stamp.add[i][part]
        else:
            cv2.multiply(target, stamp.keep[i][part], dst=target, scale=1 / 255)
            cv2.add(target, stamp.add[i][part], dst=target)


@lru_cache(maxsize=1024)
def _mix_table(value: bytes, alpha: float) -> Plane:
    """For cv2.LUT: what each byte becomes under a colour of this opacity."""
    under = np.arange(256)[:, None] * (1 - alpha)
    return _table(under + np.frombuffer(value, np.uint8) * alpha)


@lru_cache(maxsize=1024)
def _ink_tables(
    value: bytes, alpha: float, behind: bytes, alpha_behind: float
) -> tuple[Plane, Plane]:
    """For cv2.LUT, from coverage: what stays of the picture, and what is added to it."""
    front = np.arange(256)[:, None] / 255 * alpha
    back = (1 - front) * alpha_behind
    pixel, pixel_behind = (np.frombuffer(v, np.uint8).astype(float) for v in (value, behind))
    # Both are rounded so that they add up: a colour on itself must not change it.
    keep = np.rint((1 - front - back) * 255)
    mixed = (pixel * front + pixel_behind * back) / np.maximum(front + back, 1e-9)
    return _table(np.broadcast_to(keep, (256, len(value)))), _table(mixed * (255 - keep) / 255)


def _table(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Plane:
    table = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return table.reshape(1, 256, -1) if table.shape[1] > 1 else table.reshape(256)

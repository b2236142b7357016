"""Shapes drawn over pictures, as DeepStream's on-screen display draws them.

Every function takes the picture and one of DeepStream's parameter structures (or anything with the
same attributes), and draws straight into the planes: RGBA and its kin, GRAY8, NV12 and I420, the
last two without converting the frame. Shapes are clipped to the picture; the geometry follows
DeepStream's GPU mode: borders lie on the edge of a box, half inside and half outside.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import cv2
import numpy as np

from pythia.vision.image import Image, Plane
from pythia.vision.osd_params import Arrow, Circle, Color, Line, Mask, Rect
from pythia.vision.paint import (
    color_values,
    ink,
    make_stamp,
    opacity,
    paint_rect,
    put_stamp,
)

_log = logging.getLogger("pythia.vision.osd")

MASK_ALPHA = 127 / 255
"""Opacity of instance masks; DeepStream has no setting for it."""
CIRCLE_WIDTH = 2
"""Width of a circle's line; DeepStream's default."""
START_HEAD, END_HEAD, BOTH_HEAD = 0, 1, 2
_HEAD_ANGLE = math.radians(15)
_HEAD_SHARE = 0.1  # length of an arrow's head over the length of the arrow
_FRACTION_BITS = 4  # of coordinates given to OpenCV
_FAR = 16_000.0  # beyond any picture, and safe in OpenCV's arithmetic


def _corners(rect: Rect) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in whole pixels, rounded as DeepStream rounds."""
    left, top = int(rect.left), int(rect.top)
    return left, top, int(left + rect.width), int(top + rect.height)


def draw_rect(image: Image, rect: Rect) -> None:
    """Draw a rectangle: its filling if ``has_bg_color``, then its border unless that has width 0.

    The border's middle is the edge of the rectangle; of an odd width the inner half is wider.
    """
    left, top, right, bottom = _corners(rect)
    if rect.has_bg_color:
        paint_rect(image, left, top, right, bottom, rect.bg_color)
    width = int(rect.border_width)
    if width < 1:
        return
    color = rect.border_color
    outside = width // 2
    left, top, right, bottom = left - outside, top - outside, right + outside, bottom + outside
    if right - left <= 2 * width or bottom - top <= 2 * width:
        paint_rect(image, left, top, right, bottom, color)
        return
    paint_rect(image, left, top, right, top + width, color)
    paint_rect(image, left, bottom - width, right, bottom, color)
    paint_rect(image, left, top + width, left + width, bottom - width, color)
    paint_rect(image, right - width, top + width, right, bottom - width, color)


def draw_mask(image: Image, rect: Rect, mask: Mask) -> None:
    """Tint the part of a box where its mask, scaled to the box, is above the threshold.

    The colour is the border's. A mask without data, or with other data than a mask of its width
    and height, is not drawn; nor is a box outside of the picture.
    """
    view = _visible(image, rect)
    inside = None if view is None else _mask_in(view, rect, mask)
    if view is None or inside is None:
        return
    left, top, _, _ = view
    color = rect.border_color
    tint = ink(image, color)._replace(alpha=opacity(color) * MASK_ALPHA)
    put_stamp(image, make_stamp(inside, tint), left, top)


def blur_rect(image: Image, rect: Rect, mask: Mask | None = None) -> None:
    """Blur a box beyond recognition, or where ``mask`` is a mask only the masked part of it."""
    view = _visible(image, rect)
    if view is None:
        return
    left, top, right, bottom = view
    inside = None if mask is None else _mask_in(view, rect, mask)
    part = [image.planes[0][top:bottom, left:right]]
    rows, columns = slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2)
    part += [plane[rows, columns] for plane in image.planes[1:]]
    for plane in part:
        _blur(plane, inside)


def draw_line(image: Image, line: Line) -> None:
    """Draw a line with smooth edges."""
    points = [((line.x1, line.y1), (line.x2, line.y2))]
    _draw_lines(image, points, int(line.line_width), line.line_color)


def draw_arrow(image: Image, arrow: Arrow) -> None:
    """Draw a line with a head at its start, its end, or both; a head has a tenth of its length."""
    start: Point = (arrow.x1, arrow.y1)
    end: Point = (arrow.x2, arrow.y2)
    lines = [(start, end)]
    if int(arrow.arrow_head) in (END_HEAD, BOTH_HEAD):
        lines += _head(start, end)
    if int(arrow.arrow_head) in (START_HEAD, BOTH_HEAD):
        lines += _head(end, start)
    _draw_lines(image, lines, int(arrow.arrow_width), arrow.arrow_color)


def draw_circle(image: Image, circle: Circle) -> None:
    """Draw a disc if ``has_bg_color``, then the circle around it."""
    radius = int(circle.radius)
    if circle.has_bg_color and radius > 1:
        _draw_ring(image, circle, radius - 1, -1, circle.bg_color)
    _draw_ring(image, circle, radius, CIRCLE_WIDTH, circle.circle_color)


def _visible(image: Image, rect: Rect) -> tuple[int, int, int, int] | None:
    """The corners of the part of a box that is in the picture, None if there is none."""
    left, top, right, bottom = _corners(rect)
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, image.width), min(bottom, image.height)
    return (left, top, right, bottom) if left < right and top < bottom else None


def _mask_in(view: tuple[int, int, int, int], rect: Rect, mask: Mask) -> Plane | None:
    """The mask scaled to its box and cut to a part of it: 255 inside, 0 outside.

    None if there is none. Some parsers of poses keep their key points where a mask would be.
    """
    left, top, right, bottom = view
    values = np.asarray(mask.get_mask_array(), np.float32)
    if not values.size or values.size != mask.width * mask.height:
        _warn_of_size(values.size, mask.width, mask.height)
        return None
    values = values.reshape(mask.height, mask.width)
    x_scale, y_scale = mask.width / rect.width, mask.height / rect.height
    to_mask = np.array(
        [
            [x_scale, 0, (left - int(rect.left) + 0.5) * x_scale - 0.5],
            [0, y_scale, (top - int(rect.top) + 0.5) * y_scale - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (right - left, bottom - top)
    scaled = cv2.warpAffine(values, to_mask, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    _, inside = cv2.threshold(scaled, mask.threshold, 255, cv2.THRESH_BINARY)
    return inside.astype(np.uint8)


@lru_cache(maxsize=16)  # once for each size
def _warn_of_size(values: int, width: int, height: int) -> None:
    if values:
        _log.warning(
            "%d values in mask_params are no mask of %dx%d, and are not drawn",
            values,
            width,
            height,
        )


def _blur(plane: Plane, inside: Plane | None) -> None:
    size = max(7, min(plane.shape[:2]) // 3)
    blurred = cv2.blur(plane, (size, size))
    if inside is None:
        plane[...] = blurred.reshape(plane.shape)
        return
    if inside.shape != plane.shape[:2]:
        inside = np.asarray(cv2.resize(inside, plane.shape[1::-1]), np.uint8)
    cv2.copyTo(blurred, inside, dst=plane)


Point = tuple[float, float]
Draw = Callable[[Plane, tuple[int, ...], float, Point], None]
"""Draws on a plane in a pixel value, at a scale (1, or 0.5 for chroma), from an origin."""


def _head(start: Point, end: Point) -> list[tuple[Point, Point]]:
    """The two strokes of an arrow's head at ``end``."""
    x, y = start[0] - end[0], start[1] - end[1]
    length, angle = math.hypot(x, y) * _HEAD_SHARE, math.atan2(y, x)
    tips = [
        (end[0] + length * math.cos(angle + turn), end[1] + length * math.sin(angle + turn))
        for turn in (-_HEAD_ANGLE, _HEAD_ANGLE)
    ]
    return [(end, tip) for tip in tips]


def _draw_lines(
    image: Image, lines: Sequence[tuple[Point, Point]], width: int, color: Color
) -> None:
    if width < 1:
        return

    def draw(plane: Plane, value: tuple[int, ...], scale: float, origin: Point) -> None:
        for points in lines:
            start, end = (_fixed(point, scale, origin) for point in points)
            cv2.line(plane, start, end, value, *_pen(width, scale), _FRACTION_BITS)

    xs, ys = zip(*(point for points in lines for point in points), strict=True)
    _stroke(image, draw, (min(xs), min(ys), max(xs), max(ys)), width, color)


def _draw_ring(image: Image, circle: Circle, radius: int, width: int, color: Color) -> None:
    def draw(plane: Plane, value: tuple[int, ...], scale: float, origin: Point) -> None:
        center = _fixed((x, y), scale, origin)
        fixed_radius = round(min(radius, _FAR) * scale * (1 << _FRACTION_BITS))
        cv2.circle(plane, center, fixed_radius, value, *_pen(width, scale), _FRACTION_BITS)

    x, y = circle.xc, circle.yc
    _stroke(image, draw, (x - radius, y - radius, x + radius, y + radius), CIRCLE_WIDTH, color)


def _pen(width: int, scale: float) -> tuple[int, int]:
    """Thickness (negative: filled) and kind of line for OpenCV."""
    if scale == 1:
        return width, cv2.LINE_AA
    # Chroma is a little wider than luma and not smoothed: a bright edge without colour, or a
    # line that loses its colour in places, is seen at once.
    return (width if width < 0 else width // 2 + 1), cv2.LINE_8


def _fixed(point: Point, scale: float, origin: Point) -> tuple[int, int]:
    """A pixel of the picture in the coordinates of a plane, as OpenCV's fixed-point numbers."""
    x, y = (
        min(max((value - zero + 0.5) * scale - 0.5, -_FAR), _FAR)
        for value, zero in zip(point, origin, strict=True)
    )
    return round(x * (1 << _FRACTION_BITS)), round(y * (1 << _FRACTION_BITS))


def _stroke(
    image: Image, draw: Draw, bounds: tuple[float, float, float, float], width: int, color: Color
) -> None:
    """Draw straight on the planes; a transparent colour first on a canvas of its own."""
    if opacity(color) == 1:
        values = color_values(image, color)
        for i, (plane, value) in enumerate(zip(image.planes, values, strict=True)):
            draw(plane, tuple(value), 0.5 if i else 1.0, (0, 0))
        return
    left, top = (max(int(start) - width, 0) // 2 * 2 for start in bounds[:2])
    right = min(int(bounds[2]) + width + 1, image.width)
    bottom = min(int(bounds[3]) + width + 1, image.height)
    if left < right and top < bottom:
        coverage = np.zeros((bottom - top, right - left), np.uint8)
        draw(coverage, (255,), 1.0, (left, top))
        put_stamp(image, make_stamp(coverage, ink(image, color)), left, top)

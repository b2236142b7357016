"""Format, size, crop, placement and flip of pictures in one call, as nvvideoconvert does it.

Property values are those of nvvideoconvert (``flip-method``, ``interpolation-method``). YUV stays
YUV for as long as possible, and every step works on as few pixels as possible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2

from pythia.vision.boxes import PixelRect, letterbox_rect
from pythia.vision.colour import fill_plane, plane_values
from pythia.vision.formats import PACKED_422
from pythia.vision.image import Image, Plane
from pythia.vision.packed_yuv import pack, unpacked
from pythia.vision.recolour import copy_planes, is_yuv, recolour, same_colours
from pythia.vision.scaling import scale
from pythia.vision.scratch import scratch_image

__all__ = ["INTERPOLATION", "TURNED", "convert", "crop", "fill", "letterbox_rect"]

INTERPOLATION = {
    0: cv2.INTER_NEAREST,  # Nearest
    1: cv2.INTER_LINEAR,  # Bilinear
    2: cv2.INTER_CUBIC,  # Algo-1: cubic on a GPU, 5 taps on a Jetson
    3: cv2.INTER_AREA,  # Algo-2: "super" (mean of what a pixel covers) on a GPU, 10 taps
    4: cv2.INTER_LANCZOS4,  # Algo-3: Lanczos on a GPU
    5: cv2.INTER_AREA,  # Algo-4: the nicest on a Jetson
    # A GPU takes the nearest pixel by default; bilinear costs next to nothing here, and small
    # text and thin lines survive it.
    6: cv2.INTER_LINEAR,
}
"""OpenCV's filter for each value of ``interpolation-method``."""

TURNED = (1, 3, 5, 7)
"""Values of ``flip-method`` that exchange width and height."""


def _transverse(plane: Plane, dst: Plane) -> None:
    # Turning by 180 degrees in place keeps this at one pass over fresh memory.
    cv2.transpose(plane, dst=dst)
    cv2.flip(dst, -1, dst=dst)


_FLIPS: dict[int, Callable[[Plane, Plane], object]] = {
    1: lambda plane, dst: cv2.rotate(plane, cv2.ROTATE_90_COUNTERCLOCKWISE, dst=dst),
    2: lambda plane, dst: cv2.flip(plane, -1, dst=dst),
    3: lambda plane, dst: cv2.rotate(plane, cv2.ROTATE_90_CLOCKWISE, dst=dst),
    4: lambda plane, dst: cv2.flip(plane, 1, dst=dst),
    5: _transverse,
    6: lambda plane, dst: cv2.flip(plane, 0, dst=dst),
    7: lambda plane, dst: cv2.transpose(plane, dst=dst),
}


def crop(image: Image, rect: PixelRect) -> Image:
    """A part of a picture, sharing its memory.

    At odd positions in 4:2:0 formats the chroma starts at the sample that covers the first pixel.

    Raises:
        ValueError: the rectangle is empty or not inside the picture.
    """
    if rect.width < 1 or rect.height < 1 or min(rect.left, rect.top) < 0:
        raise ValueError(f"{tuple(rect)} (left, top, width, height) is not a part of a picture")
    if rect.right > image.width or rect.bottom > image.height:
        size = f"{image.width}x{image.height}"
        raise ValueError(f"{tuple(rect)} (left, top, width, height) is not inside of {size}")
    planes = [image.planes[0][rect.top : rect.bottom, rect.left : rect.right]]
    left, top = rect.left // 2, rect.top // 2
    bottom, right = top + (rect.height + 1) // 2, left + (rect.width + 1) // 2
    planes += [plane[top:bottom, left:right] for plane in image.planes[1:]]
    return replace(image, width=rect.width, height=rect.height, planes=tuple(planes))


def fill(image: Image, red: float, green: float, blue: float) -> None:
    """Paint the whole picture in one colour (0..1 each), opaque."""
    values = plane_values(image, red, green, blue)
    for plane, value in zip(image.planes, values, strict=True):
        fill_plane(plane, value)


def convert(
    source: Image,
    target: Image,
    *,
    source_rect: PixelRect | None = None,
    target_rect: PixelRect | None = None,
    flip_method: int = 0,
    interpolation: int = 6,
) -> None:
    """Write ``source`` into ``target``, scaled to fit.

    Formats, sizes, colour spaces and strides may all differ. OpenCV releases the GIL.

    Args:
        source: any picture; not changed.
        target: written over completely; its memory must not overlap the source's.
        source_rect: the part of the source that is used, default all.
        target_rect: the part of the target that it goes to, default all; the rest becomes black.
        flip_method: 0 none, 1 90 degrees counter-clockwise, 2 180 degrees, 3 90 degrees clockwise,
            4 horizontal flip, 5 across the upper-right diagonal, 6 vertical flip, 7 across the
            upper-left diagonal.
        interpolation: 0 to 6, a key of :data:`INTERPOLATION`.

    Raises:
        ValueError: a rectangle is not inside of its picture.
    """
    if target.format in PACKED_422:
        size = (target.width, target.height)
        planar = scratch_image("planar", "NV12", size, target.matrix, target.full_range)
        convert(
            source,
            planar,
            source_rect=source_rect,
            target_rect=target_rect,
            flip_method=flip_method,
            interpolation=interpolation,
        )
        pack(planar, target)
        return
    if source.format in PACKED_422:
        source = unpacked(source)
    if source_rect is not None:
        source = crop(source, source_rect)
    if target_rect is not None and target_rect != (0, 0, target.width, target.height):
        part = crop(target, target_rect)
        fill(target, 0, 0, 0)
        target = part
    steps = _steps(source, target, flip_method, interpolation)
    for step in steps[:-1]:
        out = step.blank(source)
        step.run(source, out)
        source = out
    (steps[-1].run if steps else copy_planes)(source, target)


@dataclass(frozen=True)
class _Step:
    """``run`` reads its first picture and writes its second; ``blank`` makes the second."""

    run: Callable[[Image, Image], None]
    blank: Callable[[Image], Image]


def _steps(source: Image, target: Image, flip_method: int, interpolation: int) -> list[_Step]:
    """What has to be done: shrinking first, enlarging last, flips where pixels have few bytes."""
    size = (target.width, target.height)
    if flip_method in TURNED:
        size = size[::-1]
    steps = [_flip_step(flip_method)] if flip_method else []
    if source.format != target.format or not same_colours(source, target):
        steps.insert(len(steps) if is_yuv(source) else 0, _recolour_step(target))
    if size != (source.width, source.height):
        shrinks = size[0] * size[1] <= source.width * source.height
        steps.insert(0 if shrinks else len(steps), _scale_step(size, interpolation))
    return steps


def _like(image: Image, purpose: str, size: tuple[int, int]) -> Image:
    return scratch_image(purpose, image.format, size, image.matrix, image.full_range)


def _flip_step(method: int) -> _Step:
    def run(source: Image, target: Image) -> None:
        for plane, out in zip(source.planes, target.planes, strict=True):
            _FLIPS[method](plane, out)

    def blank(source: Image) -> Image:
        size = (source.width, source.height)
        width, height = size[::-1] if method in TURNED else size
        return _like(source, "flip", (width, height))

    return _Step(run, blank)


def _recolour_step(target: Image) -> _Step:
    def blank(source: Image) -> Image:
        return _like(target, "recolour", (source.width, source.height))

    return _Step(recolour, blank)


def _scale_step(size: tuple[int, int], interpolation: int) -> _Step:
    filter = INTERPOLATION[interpolation]

    def run(source: Image, target: Image) -> None:
        for plane, out in zip(source.planes, target.planes, strict=True):
            scale(plane, out, filter)

    def blank(source: Image) -> Image:
        return _like(source, "scale", size)

    return _Step(run, blank)

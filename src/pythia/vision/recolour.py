"""The same picture in another pixel format or another YUV colour space, at the same size.

Conversions go the shortest way that OpenCV offers: one fused call where it has one (BT.601 limited
range, even sizes), otherwise full-size YUV and one 3 x 3 matrix. Nothing here loops over pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pythia.vision.colour import Affine, rgb_to_yuv, yuv_to_rgb, yuv_to_yuv
from pythia.vision.image import Image, Plane
from pythia.vision.scratch import scratch

YUV_FORMATS = ("NV12", "I420")
_OPAQUE = np.array([0, 0, 0, 255], np.float64)


def is_yuv(image: Image) -> bool:
    """Whether the picture has luma and chroma planes."""
    return image.format in YUV_FORMATS


def same_colours(a: Image, b: Image) -> bool:
    """Whether equal bytes in two pictures of one family (YUV, RGB, gray) mean equal colours."""
    return not is_yuv(a) or (a.matrix, a.full_range) == (b.matrix, b.full_range)


def recolour(source: Image, target: Image) -> None:
    """Write ``source`` into ``target``, which has the same width and height.

    GRAY8 is always full range, as GStreamer has it; its luma weights are those of BT.601.
    """
    if is_yuv(source) and is_yuv(target):
        _yuv_to_yuv(source, target)
    elif is_yuv(source):
        _yuv_to_packed(source, target)
    elif is_yuv(target):
        _packed_to_yuv(source, target)
    else:
        _packed_to_packed(source, target)


def copy_planes(source: Image, target: Image) -> None:
    """Copy the bytes of a picture into one of the same format and size."""
    for plane, out in zip(source.planes, target.planes, strict=True):
        out[...] = plane


def _yuv_to_yuv(source: Image, target: Image) -> None:
    if not same_colours(source, target):
        spaces = [(image.matrix, image.full_range) for image in (source, target)]
        pixels = scratch("yuv444", (source.height, source.width, 3))
        _transform_yuv(source, yuv_to_yuv(*spaces), pixels)
        _store_yuv(pixels, target)
        return
    if source.format == target.format:
        copy_planes(source, target)
        return
    target.planes[0][...] = source.planes[0]
    if target.format == "NV12":
        cv2.merge(source.planes[1:], dst=target.planes[1])
    else:
        cv2.split(source.planes[1], target.planes[1:])


def _yuv_to_packed(source: Image, target: Image) -> None:
    out = target.planes[0]
    if target.format == "GRAY8":
        _stretch(source.planes[0], out, 0 if source.full_range else 16, 0)
    elif _has_fused_call(source):
        code = getattr(cv2, f"COLOR_YUV2{_name(target)}_NV12")
        cv2.cvtColorTwoPlane(source.planes[0], _interleaved_uv(source), code, dst=out)
    else:
        matrix = yuv_to_rgb(source.matrix, source.full_range)
        if target.format.startswith("BGR"):
            matrix = np.ascontiguousarray(matrix[::-1])
        _transform_yuv(source, matrix, out)


def _packed_to_yuv(source: Image, target: Image) -> None:
    pixels = source.planes[0]
    if source.format == "GRAY8":
        _stretch(pixels, target.planes[0], 0, 0 if target.full_range else 16)
        for plane in target.planes[1:]:
            plane[...] = 128
        return
    matrix = rgb_to_yuv(target.matrix, target.full_range)
    if source.format.startswith("BGR"):
        matrix = np.ascontiguousarray(matrix[:, [2, 1, 0, 3]])
    shape = (source.height, source.width, 3)
    if pixels.shape[2] == 4:  # cv2.transform is quick for three channels only
        rgb = scratch("rgb", shape)
        cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB, dst=rgb)
        pixels = rgb
    yuv = scratch("yuv444", shape)
    cv2.transform(pixels, matrix, dst=yuv)
    _store_yuv(yuv, target)


def _packed_to_packed(source: Image, target: Image) -> None:
    if _name(source) == _name(target):
        copy_planes(source, target)
    else:
        code = getattr(cv2, f"COLOR_{_name(source)}2{_name(target)}")
        cv2.cvtColor(source.planes[0], code, dst=target.planes[0])
    if source.format.endswith("x") and target.format.endswith("A"):
        # The fourth byte of the source means nothing.
        cv2.bitwise_or(target.planes[0], _OPAQUE, dst=target.planes[0])


def _name(image: Image) -> str:
    """The format as OpenCV spells it in the names of its conversions."""
    return "GRAY" if image.format == "GRAY8" else image.format.replace("x", "A")


def _has_fused_call(source: Image) -> bool:
    """OpenCV's own YUV 4:2:0 conversions know one matrix and even sizes."""
    is_default = source.matrix == "bt601" and not source.full_range
    return is_default and source.width % 2 == 0 and source.height % 2 == 0


def _interleaved_uv(image: Image) -> Plane:
    if image.format == "NV12":
        return image.planes[1]
    uv = scratch("uv", (*image.planes[1].shape, 2))
    cv2.merge(image.planes[1:], dst=uv)
    return uv


def _transform_yuv(source: Image, matrix: Affine, out: Plane) -> None:
    """Y, U, V of every pixel through a matrix into ``out`` (height, width, 3 or 4).

    Done for even rows and odd rows apart: both use the same chroma rows, which saves repeating
    them.
    """
    chroma = [_doubled(plane, f"chroma{i}") for i, plane in enumerate(_chroma_planes(source))]
    for first in (0, 1):
        luma = source.planes[0][first::2]
        height, width = luma.shape
        if height == 0:
            continue
        yuv, result = (scratch(purpose, (height, width, 3)) for purpose in ("rows", "result"))
        cv2.merge([luma, *(plane[:height, :width] for plane in chroma)], dst=yuv)
        if out.shape[2] == 3:
            cv2.transform(yuv, matrix, dst=out[first::2])
        else:
            cv2.transform(yuv, matrix, dst=result)
            cv2.cvtColor(result, cv2.COLOR_RGB2RGBA, dst=out[first::2])


def _chroma_planes(image: Image) -> Sequence[Plane]:
    if image.format == "I420":
        return image.planes[1:]
    shape = image.planes[1].shape[:2]
    planes = [scratch("u", shape), scratch("v", shape)]
    cv2.split(image.planes[1], planes)
    return planes


def _doubled(plane: Plane, purpose: str) -> Plane:
    """Every sample twice in its row; ten times as fast as cv2.resize at it."""
    height, width = plane.shape
    pairs = scratch(purpose, (height, width, 2))
    cv2.merge([plane, plane], dst=pairs)
    return pairs.reshape(height, 2 * width)


def _store_yuv(pixels: Plane, target: Image) -> None:
    """From Y, U, V of every pixel; a chroma sample is the mean of the pixels it stands for."""
    full = [scratch(purpose, pixels.shape[:2]) for purpose in ("full_u", "full_v")]
    cv2.split(pixels, [target.planes[0], *full])
    shape = target.planes[1].shape[:2]
    half = target.planes[1:]
    if target.format == "NV12":
        half = (scratch("u", shape), scratch("v", shape))
    for plane, out in zip(full, half, strict=True):
        cv2.resize(plane, shape[::-1], dst=out, interpolation=cv2.INTER_AREA)
    if target.format == "NV12":
        cv2.merge(half, dst=target.planes[1])


def _stretch(luma: Plane, out: Plane, source_black: int, target_black: int) -> None:
    """Luma from full or limited range (black is 0 or 16) into either."""
    if source_black == target_black:
        out[...] = luma
        return
    scale = 255 / 219 if source_black else 219 / 255
    # addWeighted saturates; convertScaleAbs would turn what is darker than black into gray.
    cv2.addWeighted(luma, scale, luma, 0, target_black - source_black * scale, dst=out)

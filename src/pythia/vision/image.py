"""One picture as planes of NumPy views, and GStreamer's memory layout of it.

The layout rules are those of GStreamer's ``GstVideoInfo`` ("Raw Video Media Types" and
``gst_video_info_set_format`` in its public documentation): strides are rounded up to four bytes
and sub-sampled planes are rounded up to whole samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pythia.vision.formats import FORMATS, PACKED_422, PACKED_CHANNELS

Plane = NDArray[np.uint8]
Matrix = Literal["bt601", "bt709"]


@dataclass(frozen=True)
class Layout:
    """Where the planes of a picture lie in one block of memory.

    ``strides`` and ``offsets`` are in bytes, one a plane; ``size`` is the whole block.
    """

    format: str
    width: int
    height: int
    strides: tuple[int, ...]
    offsets: tuple[int, ...]
    size: int


@dataclass(frozen=True)
class Image:
    """Pixels of one frame: planes are views (never copies), writable if their memory is.

    * ``NV12``: Y ``(height, width)``, interleaved UV ``(ceil(height / 2), ceil(width / 2), 2)``
    * ``I420``: Y ``(height, width)``, U and V ``(ceil(height / 2), ceil(width / 2))``
    * ``GRAY8``: ``(height, width)``
    * ``UYVY``, ``YUY2``: chroma and luma of each column, ``(height, width rounded up to even, 2)``
    * everything else: one plane ``(height, width, channels)``

    All are uint8; rows may be further apart than they are long. ``matrix`` and ``full_range``
    say how YUV becomes RGB (ITU-R BT.601 or BT.709).
    """

    format: str
    width: int
    height: int
    planes: tuple[Plane, ...]
    matrix: Matrix = "bt601"
    full_range: bool = False


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


@lru_cache(maxsize=256)
def default_layout(format: str, width: int, height: int) -> Layout:
    """GStreamer's own layout for a format and a size.

    Raises:
        ValueError: the format is not one of :data:`FORMATS` or :data:`PACKED_422`.
    """
    if format in PACKED_CHANNELS:
        stride = _round_up(width * PACKED_CHANNELS[format], 4)
        return Layout(format, width, height, (stride,), (0,), stride * height)
    if format in PACKED_422:
        stride = _round_up(width * 2, 4)
        return Layout(format, width, height, (stride,), (0,), stride * height)
    luma = _round_up(width, 4)
    luma_size = luma * _round_up(height, 2)
    chroma_height = _round_up(height, 2) // 2
    if format == "NV12":
        size = luma_size + luma * chroma_height
        return Layout(format, width, height, (luma, luma), (0, luma_size), size)
    if format == "I420":
        chroma = _round_up(_round_up(width, 2) // 2, 4)
        offsets = (0, luma_size, luma_size + chroma * chroma_height)
        size = luma_size + 2 * chroma * chroma_height
        return Layout(format, width, height, (luma, chroma, chroma), offsets, size)
    known = ", ".join((*FORMATS, *PACKED_422))
    raise ValueError(f"unknown picture format {format!r}; known: {known}")


def _plane(memory: Plane, offset: int, stride: int, shape: tuple[int, ...]) -> Plane:
    """A strided view; ``shape`` is (rows, columns) or (rows, columns, channels)."""
    channels = shape[2] if len(shape) == 3 else 1
    strides = (stride, channels, 1)[: len(shape)]
    # The last row may end before its stride does, so the check is on the last byte used.
    end = offset + stride * (shape[0] - 1) + shape[1] * channels
    if end > memory.size:
        raise ValueError(f"a plane ends at byte {end}, but the memory has {memory.size}")
    plane: Plane = np.ndarray(shape, np.uint8, buffer=memory.data, offset=offset, strides=strides)
    return plane


def image_in(
    memory: Plane, layout: Layout, matrix: Matrix = "bt601", full_range: bool = False
) -> Image:
    """The picture that lies in ``memory`` (uint8, one dimension), without a copy.

    Raises:
        ValueError: the memory is too small for the layout.
    """
    width, height = layout.width, layout.height
    half = (_round_up(height, 2) // 2, _round_up(width, 2) // 2)
    if layout.format == "NV12":
        shapes: tuple[tuple[int, ...], ...] = ((height, width), (*half, 2))
    elif layout.format == "I420":
        shapes = ((height, width), half, half)
    elif layout.format == "GRAY8":
        shapes = ((height, width),)
    elif layout.format in PACKED_422:
        shapes = ((height, _round_up(width, 2), 2),)
    else:
        shapes = ((height, width, PACKED_CHANNELS[layout.format]),)
    planes = tuple(
        _plane(memory, offset, stride, shape)
        for offset, stride, shape in zip(layout.offsets, layout.strides, shapes, strict=True)
    )
    return Image(layout.format, width, height, planes, matrix, full_range)


def new_image(
    format: str, width: int, height: int, matrix: Matrix = "bt601", full_range: bool = False
) -> Image:
    """A picture in memory of its own, not initialised, in GStreamer's default layout."""
    layout = default_layout(format, width, height)
    return image_in(np.empty(layout.size, np.uint8), layout, matrix, full_range)

"""Bytes of one frame as GStreamer lays them out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.compat.pyservicemaker.tensor import ColorFormat

_CHANNELS = {ColorFormat.RGB: 3, ColorFormat.RGBA: 4}
_ROW = 4  # bytes that the length of a row is a multiple of


def frame_bytes(array: NDArray[Any], format: ColorFormat) -> bytes:
    """The bytes of a picture.

    Raises:
        TypeError: type or shape do not fit the format.
    """
    if array.dtype != np.uint8:
        raise TypeError(f"wrap({format.name}): uint8 is needed, not {array.dtype}")
    if format is ColorFormat.I420:
        return _planes(array)
    channels = _CHANNELS[format]
    if array.ndim != 3 or array.shape[2] != channels:
        raise TypeError(
            f"wrap({format.name}): height x width x {channels} is needed, not {array.shape}"
        )
    return _padded(array.reshape(array.shape[0], -1))


def _planes(array: NDArray[Any]) -> bytes:
    rows = array.shape[0]
    if array.ndim != 2 or rows % 3 or array.shape[1] % 2:
        raise TypeError(f"wrap(I420): height * 3 / 2 x width is needed, not {array.shape}")
    height, width = rows * 2 // 3, array.shape[1]
    luma, rest = array[:height], np.ascontiguousarray(array[height:])
    chroma = rest.reshape(2, -1, width // 2)
    return b"".join(map(_padded, (luma, *chroma)))


def _padded(plane: NDArray[Any]) -> bytes:
    gap = -plane.shape[1] % _ROW
    return np.pad(plane, ((0, 0), (0, gap))).tobytes() if gap else plane.tobytes()

"""Reads and writes a buffer's memory as NumPy arrays, without a copy."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import GstError
from pythia.gst.capi import MapInfo, quick
from pythia.gst.memory import memory_count

_READ, _WRITE = 1, 2


def _array(info: MapInfo) -> NDArray[np.uint8]:
    if not info.size:
        return np.empty(0, np.uint8)
    block = (ctypes.c_uint8 * info.size).from_address(info.data)
    return np.frombuffer(block, np.uint8)


@contextmanager
def mapped(
    buffer: int, index: int | None = 0, *, write: bool = False
) -> Iterator[NDArray[np.uint8]]:
    """One memory of a buffer as a uint8 array, valid inside the ``with`` block.

    Args:
        buffer: the buffer's address.
        index: which memory; in a batched buffer, which frame. None: all memories as one.
        write: ask for writing. Memory that others still use is replaced by a copy of it first;
            without it the array is read-only.

    Raises:
        GstError: there is no such memory, or the buffer itself is shared and may not be changed.
    """
    info = MapInfo()
    flags = _READ | _WRITE if write else _READ
    first, count = (0, -1) if index is None else (index, 1)
    if not quick.gst_buffer_map_range(buffer, first, count, ctypes.byref(info), flags):
        raise GstError(
            f"memory {index} of a buffer with {memory_count(buffer)} cannot be mapped"
            f"{' for writing' if write else ''}"
        )
    try:
        array = _array(info)
        array.flags.writeable = write
        yield array
    finally:
        quick.gst_buffer_unmap(buffer, ctypes.byref(info))

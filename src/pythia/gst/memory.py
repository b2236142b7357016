"""Reads and writes a buffer's memory as NumPy arrays, without a copy."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import GstError
from pythia.gst.capi import BufferHead, MapInfo, quick

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


@contextmanager
def new_memory(size: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """A new block of memory: its address and a writable uint8 array over it.

    The block belongs to the caller, who gives it away with :func:`append_memory`; the array is
    valid inside the ``with`` block only. Nothing is released if the block raises.
    """
    memory = quick.gst_allocator_alloc(None, size, None)
    if not memory:
        raise GstError(f"GStreamer could not allocate {size} bytes")
    info = MapInfo()
    if not quick.gst_memory_map(memory, ctypes.byref(info), _READ | _WRITE):
        quick.gst_mini_object_unref(memory)
        raise GstError(f"new memory of {size} bytes cannot be mapped")
    try:
        yield memory, _array(info)
    except BaseException:
        quick.gst_memory_unmap(memory, ctypes.byref(info))
        quick.gst_mini_object_unref(memory)
        raise
    quick.gst_memory_unmap(memory, ctypes.byref(info))


def memory_count(buffer: int) -> int:
    """How many memories the buffer has."""
    return int(quick.gst_buffer_n_memory(buffer))


def append_memory(buffer: int, memory: int) -> None:
    """Give a memory to a buffer, as its last one; the caller's reference goes with it."""
    quick.gst_buffer_append_memory(buffer, memory)


def share_memory(source: int, index: int, target: int) -> None:
    """Append memory ``index`` of one buffer to another buffer; both use the same bytes."""
    quick.gst_buffer_append_memory(target, quick.gst_buffer_get_memory(source, index))


def drop_memory(buffer: int) -> None:
    """Remove all memories of a buffer."""
    quick.gst_buffer_remove_memory_range(buffer, 0, -1)


def new_buffer() -> int:
    """The address of a new, empty buffer; the reference belongs to the caller."""
    return int(quick.gst_buffer_new())


def head(buffer: int) -> BufferHead:
    """The buffer's fields (pts, dts, duration, ...) as a live view; -1 unsigned means none."""
    return BufferHead.from_address(buffer)


def is_writable(buffer: int) -> bool:
    """Whether the buffer has one owner, who may change it."""
    return bool(BufferHead.from_address(buffer).refcount == 1)


def ref(buffer: int) -> int:
    """Take one more reference to a buffer."""
    return int(quick.gst_mini_object_ref(buffer))


def unref(buffer: int) -> None:
    """Give up a reference to a buffer."""
    quick.gst_mini_object_unref(buffer)


def make_writable(buffer: int) -> int:
    """The buffer, or a copy of it if it is shared; takes the caller's reference, gives one back."""
    return int(quick.gst_mini_object_make_writable(buffer))

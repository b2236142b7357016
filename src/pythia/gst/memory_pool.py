"""Memory for frames that is used again as soon as nobody holds it any more.

A frame freshly allocated costs a page fault for every four kilobytes, several times what is
usually done with its pixels.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import GstError
from pythia.gst.capi import MapInfo, quick

_READ_WRITE = 3
_REFCOUNT_OFFSET = 8  # GstMiniObject.refcount (gst/gstminiobject.h)


class MemoryPool:
    """Blocks of ``size`` bytes; it keeps at most ``limit`` of them, and gives out any number.

    One thread at a time takes from it; the blocks may be released on any thread.
    """

    def __init__(self, size: int, limit: int = 16) -> None:
        self.size = size
        self._limit = limit
        self._kept: list[int] = []

    def __del__(self) -> None:
        for memory in self._kept:
            quick.gst_mini_object_unref(memory)

    @contextmanager
    def take(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """A block that is not initialised: its address, and a writable uint8 array over it.

        The reference belongs to the caller, who gives it away with
        :func:`~pythia.gst.memory.append_memory`; the array is valid inside the ``with`` block
        only. If the block raises, nothing is left to release.
        """
        memory, info = self._free() or self._new()
        try:
            block = (ctypes.c_uint8 * self.size).from_address(info.data)
            yield memory, np.frombuffer(memoryview(block), np.uint8)
        except BaseException:
            quick.gst_memory_unmap(memory, ctypes.byref(info))
            quick.gst_mini_object_unref(memory)
            raise
        quick.gst_memory_unmap(memory, ctypes.byref(info))

    def _free(self) -> tuple[int, MapInfo] | None:
        for memory in self._kept:
            if ctypes.c_int.from_address(memory + _REFCOUNT_OFFSET).value == 1:
                quick.gst_mini_object_ref(memory)
                info = MapInfo()
                if quick.gst_memory_map(memory, ctypes.byref(info), _READ_WRITE):
                    if info.size == self.size:
                        return memory, info
                    # Somebody made a part of it: memory is resized with its buffer.
                    quick.gst_memory_unmap(memory, ctypes.byref(info))
                quick.gst_mini_object_unref(memory)
        return None

    def _new(self) -> tuple[int, MapInfo]:
        memory = quick.gst_allocator_alloc(None, self.size, None)
        info = MapInfo()
        if not memory or not quick.gst_memory_map(memory, ctypes.byref(info), _READ_WRITE):
            raise GstError(f"GStreamer could not allocate {self.size} bytes")
        if len(self._kept) < self._limit:
            self._kept.append(quick.gst_mini_object_ref(memory))
        return memory, info

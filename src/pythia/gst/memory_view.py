"""A buffer's memory that may be kept and written to, whoever else uses it."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any

from pythia.exceptions import GstError
from pythia.gst.capi import MapInfo, quick

_READ = 1


def memory_view(buffer: int, index: int) -> Any:
    """Memory ``index`` of a buffer (by address) as writable bytes, a ctypes array.

    The array holds a reference to the memory, which so outlives the buffer. It is not mapped: a
    mapping would lock out elements that want to write. So this is for ordinary memory, which
    does not move; and what is written is seen by all buffers that share the memory.

    Raises:
        GstError: the memory cannot be read.
    """
    memory = int(quick.gst_buffer_get_memory(buffer, index))
    info = MapInfo()
    if not quick.gst_memory_map(memory, ctypes.byref(info), _READ):
        quick.gst_mini_object_unref(memory)
        raise GstError(f"memory {index} of the buffer cannot be read")
    block = (ctypes.c_uint8 * info.size).from_address(info.data)
    quick.gst_memory_unmap(memory, ctypes.byref(info))
    weakref.finalize(block, quick.gst_mini_object_unref, memory).atexit = False
    return block

"""Buffers by address: their references, their memories, their fields."""

from __future__ import annotations

from pythia.gst.capi import BufferHead, quick


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

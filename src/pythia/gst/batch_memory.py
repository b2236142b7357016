"""Where the frames of a batched buffer lie.

Up to 16 frames have a memory each. GStreamer's buffers hold no more than 16 memories: they copy
all of them into one as soon as there is one more. So a batch of more frames has one memory from
the start, with its frames one behind the other, each of the size that its caps say.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
from numpy.typing import NDArray

from pythia.gst.capi import quick
from pythia.gst.memory import append_memory, memory_count, share_memory
from pythia.gst.memory_pool import MemoryPool

MOST_MEMORIES = 16  # gst_buffer_get_max_memory()
_MEMORY = 8  # GST_BUFFER_COPY_MEMORY
_KEPT = 64  # frames whose memory is used again


class BatchMemory:
    """Memory for batches of frames of ``size`` bytes; for one thread, as its pools are."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._pools: dict[int, MemoryPool] = {}

    @contextmanager
    def take(self, count: int, target: int) -> Iterator[list[NDArray[np.uint8]]]:
        """Memory for ``count`` frames, as writable uint8 arrays that are not initialised.

        They are valid inside the ``with`` block, after which a buffer (by address), which had no
        memory, has them all. If the block raises, nothing is left to release.
        """
        memories = []
        with ExitStack() as stack:
            if count <= MOST_MEMORIES:
                taken = [stack.enter_context(self._pool(1).take()) for _ in range(count)]
                memories = [memory for memory, _ in taken]
                yield [frame for _, frame in taken]
            else:
                memory, block = stack.enter_context(self._pool(count).take())
                memories = [memory]
                yield list(block.reshape(count, self._size))
        for memory in memories:
            append_memory(target, memory)

    def _pool(self, frames: int) -> MemoryPool:
        if frames not in self._pools:
            limit = _KEPT // frames
            self._pools[frames] = MemoryPool(frames * self._size, limit)
        return self._pools[frames]


def frames_in(memories: list[NDArray[np.uint8]], size: int) -> list[NDArray[np.uint8]]:
    """The bytes of each frame, of ``size`` bytes, in the mapped memories of a batch."""
    if len(memories) != 1 or len(memories[0]) < 2 * size:
        return memories
    count = len(memories[0]) // size
    return list(memories[0][: count * size].reshape(count, size))


def share_frame(batch: int, index: int, size: int, target: int) -> None:
    """Append frame ``index`` of a batch to another buffer; both use the same bytes.

    Args:
        batch: address of the batched buffer.
        index: which frame.
        size: bytes of a frame.
        target: address of the other buffer.
    """
    if memory_count(batch) > 1:
        share_memory(batch, index, target)
    else:
        quick.gst_buffer_copy_into(target, batch, _MEMORY, index * size, size)

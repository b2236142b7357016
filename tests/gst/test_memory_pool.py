from __future__ import annotations

import pytest

from pythia.gst.mapping import mapped
from pythia.gst.memory import append_memory, new_buffer, unref
from pythia.gst.memory_pool import MemoryPool


def buffer_from(pool: MemoryPool, value: int) -> tuple[int, int]:
    """A buffer with one block of the pool in it, and where the block's bytes are."""
    buffer = new_buffer()
    with pool.take() as (memory, pixels):
        pixels[:] = value
        place = pixels.ctypes.data
    append_memory(buffer, memory)
    return buffer, place


def test_a_block_is_used_again_once_its_buffer_is_gone() -> None:
    pool = MemoryPool(1000)
    buffer, place = buffer_from(pool, 1)
    unref(buffer)

    again, same_place = buffer_from(pool, 2)

    assert same_place == place
    unref(again)


def test_a_block_that_somebody_holds_is_left_alone() -> None:
    pool = MemoryPool(1000)
    first, _ = buffer_from(pool, 1)

    second, _ = buffer_from(pool, 2)

    for buffer, value in ((first, 1), (second, 2)):
        with mapped(buffer) as pixels:
            assert pixels.size == 1000
            assert (pixels == value).all()
        unref(buffer)


def test_blocks_can_be_written_where_they_lie_further_on() -> None:
    pool = MemoryPool(1000)
    buffer, place = buffer_from(pool, 1)

    with mapped(buffer, write=True) as pixels:
        assert pixels.ctypes.data == place
    unref(buffer)


def test_buffers_outlive_their_pool() -> None:
    pool = MemoryPool(1000)
    buffer, _ = buffer_from(pool, 7)

    del pool

    with mapped(buffer) as pixels:
        assert (pixels == 7).all()
    unref(buffer)


def test_more_blocks_than_the_limit_are_given_out_and_not_kept() -> None:
    pool = MemoryPool(1000, limit=2)

    buffers = [buffer_from(pool, i)[0] for i in range(5)]
    for buffer in buffers:
        unref(buffer)

    assert len(pool._kept) == 2


def test_a_block_whose_filling_failed_is_free_again() -> None:
    pool = MemoryPool(1000)

    places = []

    def fail() -> None:
        with pool.take() as (_, pixels):
            places.append(pixels.ctypes.data)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    buffer, same_place = buffer_from(pool, 1)
    assert [same_place] == places
    unref(buffer)

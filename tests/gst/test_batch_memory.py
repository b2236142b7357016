from __future__ import annotations

import pytest

from pythia.gst import Gst
from pythia.gst.batch_memory import MOST_MEMORIES, BatchMemory, share_frame
from pythia.gst.mapping import mapped
from pythia.gst.memory import memory_count, new_buffer, unref

SIZE = 64


def test_a_buffer_holds_as_many_memories_as_is_assumed() -> None:
    assert Gst.Buffer.get_max_memory() == MOST_MEMORIES


@pytest.mark.parametrize(("count", "memories"), [(1, 1), (16, 16), (17, 1), (40, 1)])
def test_each_frame_can_be_written_and_shared_with_another_buffer(
    count: int, memories: int
) -> None:
    memory, batch = BatchMemory(SIZE), new_buffer()

    with memory.take(count, batch) as frames:
        for number, frame in enumerate(frames):
            assert frame.shape == (SIZE,)
            frame[:] = number

    assert memory_count(batch) == memories
    for number in range(count):
        alone = new_buffer()
        share_frame(batch, number, SIZE, alone)
        with mapped(alone) as pixels:
            assert pixels.tolist() == [number] * SIZE
        unref(alone)
    unref(batch)


@pytest.mark.parametrize("count", [2, 20])
def test_a_shared_frame_outlives_its_batch_and_is_not_used_again_meanwhile(count: int) -> None:
    memory, batch, alone = BatchMemory(SIZE), new_buffer(), new_buffer()
    with memory.take(count, batch) as frames:
        for frame in frames:
            frame[:] = 7
    share_frame(batch, count - 1, SIZE, alone)
    unref(batch)

    other = new_buffer()
    with memory.take(count, other) as frames:
        for frame in frames:
            frame[:] = 8

    with mapped(alone) as pixels:
        assert pixels.tolist() == [7] * SIZE
    unref(alone)
    unref(other)


@pytest.mark.parametrize("count", [2, 20])
def test_nothing_is_left_when_writing_fails(count: int) -> None:
    memory, batch = BatchMemory(SIZE), new_buffer()

    def fail() -> None:
        with memory.take(count, batch):
            raise ValueError("bad luck")

    with pytest.raises(ValueError, match="bad luck"):
        fail()
    assert memory_count(batch) == 0
    unref(batch)


@pytest.mark.parametrize("count", [3, 20])
def test_memory_is_used_again_when_nobody_holds_it(count: int) -> None:
    memory = BatchMemory(SIZE)
    places: set[int] = set()

    for _ in range(4):
        batch = new_buffer()
        with memory.take(count, batch) as frames:
            places.update(frame.ctypes.data for frame in frames)
        unref(batch)

    assert len(places) == count

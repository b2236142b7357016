from __future__ import annotations

import threading

import pytest

from pythia.event_stream.event_queue import EventQueue


@pytest.mark.parametrize(
    ("overflow", "kept"), [("drop-newest", [0, 1, 2]), ("drop-oldest", [7, 8, 9])]
)
def test_a_dropping_queue_never_waits_and_counts_what_it_drops(
    overflow: str, kept: list[int]
) -> None:
    queue = EventQueue(3, overflow)

    for event in range(10):
        queue.offer(event)

    assert queue.take(10, 0) == kept
    assert queue.dropped == 7


@pytest.mark.parametrize("overflow", ["drop-newest", "drop-oldest"])
def test_counts_add_up_when_many_threads_offer(overflow: str) -> None:
    queue = EventQueue(10, overflow)
    taken: list[int] = []

    def offer_all() -> None:
        for event in range(5000):
            queue.offer(event)

    def take_all() -> None:
        while events := queue.take(7, 0):
            taken.extend(events)

    producers = [threading.Thread(target=offer_all) for _ in range(4)]
    consumer = threading.Thread(target=take_all)
    for thread in (*producers, consumer):
        thread.start()
    for thread in producers:
        thread.join(20)
    queue.finish()
    consumer.join(20)

    assert not consumer.is_alive()
    assert len(taken) + queue.dropped == 20_000
    assert queue.taken == len(taken)


def test_an_ended_queue_drops_what_it_has_and_what_comes() -> None:
    queue = EventQueue(10)
    for event in range(4):
        queue.offer(event)
    queue.take(1, 0)

    queue.end()
    queue.offer(5)

    assert (queue.dropped, queue.taken, len(queue)) == (5, 0, 0)

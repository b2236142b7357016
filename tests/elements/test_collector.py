import threading

import pytest

from pythia.elements.collector import Collected, Collector

Waiting = dict[int, list[str]]


def _filled(waiting: Waiting, *, ended: bool = True) -> Collector[str]:
    collector: Collector[str] = Collector()
    for number, items in waiting.items():
        collector.add(number)
        for item in items:
            assert collector.put(number, item)
        if ended:
            collector.end(number)
    return collector


def _take(collector: Collector[str], size: int, timeout_s: float | None = None) -> Collected[str]:
    collected = collector.take(size, timeout_s)
    assert collected is not None
    return collected


def test_a_batch_takes_one_item_of_each_source_in_turn() -> None:
    collector = _filled({0: ["a0", "a1"], 1: ["b0", "b1"]})

    first, second = _take(collector, 2), _take(collector, 2)

    assert first.items == [(0, "a0"), (1, "b0")]
    assert second.items == [(0, "a1"), (1, "b1")]


def test_batches_smaller_than_the_number_of_sources_go_round() -> None:
    collector = _filled({0: ["a0", "a1"], 1: ["b0", "b1"], 2: ["c0", "c1"]})

    batches = [_take(collector, 2).items for _ in range(3)]

    assert batches == [
        [(0, "a0"), (1, "b0")],
        [(2, "c0"), (0, "a1")],
        [(1, "b1"), (2, "c1")],
    ]


def test_a_batch_larger_than_the_number_of_sources_shares_its_slots() -> None:
    collector = _filled({0: ["a0", "a1"], 1: ["b0", "b1"]})

    assert [item for _, item in _take(collector, 4).items] == ["a0", "b0", "a1", "b1"]


def test_what_is_there_goes_out_after_the_timeout() -> None:
    collector = _filled({0: ["a0"], 1: []}, ended=False)

    assert _take(collector, 2, timeout_s=0.01).items == [(0, "a0")]


def test_without_a_timeout_a_batch_waits_for_the_missing_source() -> None:
    collector = _filled({0: ["a0"], 1: []}, ended=False)
    taken: list[Collected[str]] = []
    thread = threading.Thread(target=lambda: taken.append(_take(collector, 2)))
    thread.start()

    collector.put(1, "b0")
    thread.join(5)

    assert not thread.is_alive()
    assert taken[0].items == [(0, "a0"), (1, "b0")]


def test_a_source_that_ended_is_not_waited_for_and_is_reported_once_behind_its_last_item() -> None:
    collector = _filled({0: ["a0"], 1: ["b0", "b1"]})

    first, second = _take(collector, 2), _take(collector, 2)

    assert (first.items, first.ended) == ([(0, "a0"), (1, "b0")], [0])
    assert (second.items, second.ended, second.all_ended) == ([(1, "b1")], [1], True)


def test_the_oldest_items_come_first_where_an_order_is_given() -> None:
    collector: Collector[int] = Collector(order=float)
    for number, items in ((0, [30, 40]), (1, [10, 20])):
        collector.add(number)
        for item in items:
            collector.put(number, item)
        collector.end(number)

    collected = collector.take(2, None)

    assert collected is not None
    assert collected.items == [(1, 10), (0, 30)]


@pytest.mark.parametrize("release", ["stop", "remove", "flush"])
def test_a_source_that_waits_for_room_is_let_go_by(release: str) -> None:
    collector = _filled({0: ["a0", "a1"]}, ended=False)
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(collector.put(0, "a2")))
    thread.start()

    if release == "stop":
        left = collector.stop()
    elif release == "remove":
        left = collector.remove(0)
    else:
        left = collector.flush(0, flushing=True)
    thread.join(5)

    assert results == [False]
    assert left == ["a0", "a1"]


def test_taking_ends_when_stopped() -> None:
    collector = _filled({0: []}, ended=False)
    taken: list[object] = []
    thread = threading.Thread(target=lambda: taken.append(collector.take(1, None)))
    thread.start()

    collector.stop()
    thread.join(5)

    assert taken == [None]


def test_a_flushed_source_may_send_again_after_its_end() -> None:
    collector = _filled({0: ["a0"]})
    collector.flush(0, flushing=True)
    collector.flush(0, flushing=False)

    assert collector.put(0, "b0")
    assert _take(collector, 1).items == [(0, "b0")]


@pytest.mark.parametrize("lengths", [(10, 15), (10, 15, 20), (3,)])
@pytest.mark.parametrize("size", [1, 3, 4, 24])
def test_without_a_timeout_every_item_leaves_however_long_the_sources_are(
    lengths: tuple[int, ...], size: int
) -> None:
    collector: Collector[str] = Collector()
    for number in range(len(lengths)):
        collector.add(number)

    def send(number: int, count: int) -> None:
        for item in range(count):
            collector.put(number, f"{number}.{item}")
        collector.end(number)

    threads = [threading.Thread(target=send, args=pair) for pair in enumerate(lengths)]
    for thread in threads:
        thread.start()
    taken: list[str] = []
    ended = False
    # The time-out only ends the test where the collector would wait for ever.
    watch = threading.Timer(5, collector.stop)
    watch.start()
    while not ended:
        collected = _take(collector, size)
        taken += [item for _, item in collected.items]
        ended = collected.all_ended
    watch.cancel()
    for thread in threads:
        thread.join(5)

    assert sorted(taken) == sorted(
        f"{number}.{item}" for number, count in enumerate(lengths) for item in range(count)
    )

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from pythia.event_stream import Stream, StreamUri, Worker
from pythia.event_stream.worker import FIRST_RETRY_S, LAST_RETRY_S, _delays
from pythia.exceptions import StreamError, UndeliveredError


class Sink(Stream):
    """Takes batches; fails as often as told, blocks while its gate is closed."""

    TAKES_OBJECTS = True

    def __init__(self, options: str = "") -> None:
        super().__init__(StreamUri.parse(f"sink://{uuid.uuid4().hex}?{options}"))
        self.gate = threading.Event()
        self.gate.set()
        self.posting = threading.Event()
        self.failures: list[Exception] = []
        self.batches: list[list[Any]] = []
        self.connected = self.closed = 0

    def connect(self) -> None:
        self.connected += 1

    def post(self, batch: Sequence[Any]) -> None:
        self.posting.set()
        while not self.gate.wait(0.01):
            if self.closed:
                raise StreamError("closed")
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(list(batch))

    def close(self) -> None:
        self.closed += 1

    @property
    def events(self) -> list[Any]:
        return [event for batch in self.batches for event in batch]


class JsonSink(Sink):
    TAKES_OBJECTS = False


def started(sink: Sink, **options: Any) -> Worker:
    worker = Worker(sink, linger_ms=0, **options)
    worker.start()
    return worker


def threads_of(sink: Sink) -> list[threading.Thread]:
    return [t for t in threading.enumerate() if sink.uri.authority in t.name]


def test_all_events_arrive_in_order_and_the_thread_ends() -> None:
    sink = Sink()
    worker = started(sink)

    for event in range(5000):
        worker.offer(event)
    left = worker.drain(10)
    worker.close()

    assert left == 0
    assert sink.events == list(range(5000))
    assert (worker.stats().queued, worker.stats().sent, worker.stats().pending) == (5000, 5000, 0)
    assert sink.closed == 1
    assert threads_of(sink) == []


def test_a_batch_is_never_larger_than_asked() -> None:
    sink = Sink("batch=7")
    sink.gate.clear()
    worker = started(sink)

    for event in range(100):
        worker.offer(event)
    sink.gate.set()
    worker.drain(10)

    assert max(len(batch) for batch in sink.batches) == 7
    assert sink.events == list(range(100))


def test_lingering_gathers_events_and_draining_cuts_it_short() -> None:
    sink = Sink("linger_ms=60000")
    worker = started(sink)

    for event in range(10):
        worker.offer(event)
    left = worker.drain(5)

    assert left == 0
    assert sink.batches == [list(range(10))]


def test_a_failed_batch_is_posted_again_after_connecting_anew() -> None:
    sink = Sink()
    sink.failures = [OSError("down"), StreamError("still down")]
    worker = started(sink)

    worker.offer(1)
    worker.offer(2)
    left = worker.drain(10)

    assert left == 0
    assert sink.events == [1, 2]
    assert sink.connected == 3
    assert worker.stats().retried == 2
    assert worker.stats().last_error == "still down"


def test_a_warning_names_the_stream_once(caplog: pytest.LogCaptureFixture) -> None:
    sink = Sink()
    sink.failures = [StreamError(f"{sink.uri}: cannot connect: refused")]
    worker = started(sink)

    worker.offer(1)
    worker.drain(10)

    (said,) = caplog.messages
    assert said == f"{sink.uri}: not delivered, trying again: cannot connect: refused"


def test_delays_grow_to_a_limit_and_vary() -> None:
    delays = _delays()
    first = [next(delays) for _ in range(12)]

    assert FIRST_RETRY_S / 2 <= first[0] <= FIRST_RETRY_S
    assert LAST_RETRY_S / 2 <= first[-1] <= LAST_RETRY_S
    assert len(set(first)) == 12


def test_a_full_queue_blocks_until_there_is_room() -> None:
    sink = Sink("queue=3&batch=1")
    sink.gate.clear()
    worker = started(sink)
    offered: list[int] = []

    def offer_all() -> None:
        for event in range(10):
            worker.offer(event)
            offered.append(event)

    thread = threading.Thread(target=offer_all)
    thread.start()
    thread.join(0.1)
    offered_while_closed = len(offered)
    sink.gate.set()
    thread.join(10)
    worker.drain(10)

    # One is in the stream's hands, three wait.
    assert offered_while_closed <= 4
    assert sink.events == list(range(10))


def test_release_lets_blocked_offers_through_and_loses_nothing() -> None:
    sink = Sink("queue=2&batch=1")
    sink.gate.clear()
    worker = started(sink)

    def offer_all() -> None:
        for event in range(10):
            worker.offer(event)

    thread = threading.Thread(target=offer_all)

    thread.start()
    assert sink.posting.wait(5)
    worker.release()
    thread.join(5)
    blocked = thread.is_alive()
    sink.gate.set()
    left = worker.drain(10)

    assert not blocked
    assert left == 0
    assert sink.events == list(range(10))


def test_events_left_after_the_time_to_drain_are_counted() -> None:
    sink = Sink()
    sink.failures = [OSError("broker is away")] * 1000
    worker = started(sink)

    for event in range(12):
        worker.offer(event)
    left = worker.drain(0.2)

    assert left == 12
    with pytest.raises(UndeliveredError, match=r"12 of 12 events .*broker is away"):
        worker.close()
    assert threads_of(sink) == []


def test_a_stream_that_hangs_does_not_hold_the_end() -> None:
    sink = Sink()
    sink.gate.clear()
    worker = started(sink)
    worker.offer(1)
    assert sink.posting.wait(5)
    begin = time.monotonic()

    left = worker.drain(0.1)

    assert left == 1
    assert time.monotonic() - begin < 2
    with pytest.raises(UndeliveredError, match="1 of 1 events"):
        worker.close()
    assert threads_of(sink) == []


def test_a_reader_that_has_gone_ends_the_worker_and_blocks_nobody() -> None:
    sink = Sink("queue=2")
    sink.failures = [BrokenPipeError("gone")]
    ended: list[BaseException] = []
    over = threading.Event()

    def note(error: BaseException) -> None:
        ended.append(error)
        over.set()

    worker = started(sink, on_failure=note)

    worker.offer(0)
    assert over.wait(5)
    for event in range(10):
        worker.offer(event)
    left = worker.drain(5)
    worker.close()

    assert [str(error) for error in ended] == ["gone"]
    assert left == 0
    assert worker.stats().dropped == 11
    assert worker.stats().queued == 11


def test_an_event_that_cannot_be_encoded_is_counted_and_the_rest_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sink = JsonSink()
    sink.gate.clear()
    worker = started(sink)

    for event in ({"n": 1}, {"n": {2}}, {"n": 3}, {"m": {4}}):
        worker.offer(event)
    sink.gate.set()
    left = worker.drain(10)
    with pytest.raises(UndeliveredError, match=r"2 of 4 events .* event\['n'\] of type"):
        worker.close()

    assert left == 0
    assert sink.events == [b'{"n":1}', b'{"n":3}']
    stats = worker.stats()
    assert (stats.queued, stats.sent, stats.dropped) == (4, 2, 2)
    assert "event['m'] of type builtins.set" in (stats.last_error or "")
    assert "event['n'] of type builtins.set" in caplog.text


def test_a_stream_that_cannot_connect_is_an_error_at_start() -> None:
    class Unreachable(Sink):
        def connect(self) -> None:
            raise StreamError("host:1 refused")

    sink = Unreachable()

    with pytest.raises(StreamError, match="host:1 refused"):
        started(sink)
    assert threads_of(sink) == []


def test_a_blocked_offer_goes_on_as_soon_as_there_is_room() -> None:
    sink = Sink("queue=1&batch=1")
    worker = started(sink)
    begin = time.monotonic()

    for event in range(100):
        worker.offer(event)
    took_s = time.monotonic() - begin
    worker.drain(10)

    assert sink.events == list(range(100))
    assert took_s < 5

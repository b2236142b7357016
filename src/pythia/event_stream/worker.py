"""Delivery in the background: a bounded queue and one thread for each stream."""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pythia.event_stream.base import Stream
from pythia.event_stream.encoding import EncodingError, encode_json
from pythia.exceptions import UndeliveredError

logger = logging.getLogger("pythia.event_stream")

WORKER_OPTIONS = frozenset({"queue", "batch", "linger_ms"})
"""URI options that every scheme understands, because the worker does."""

FIRST_RETRY_S = 0.1
LAST_RETRY_S = 30.0
_TICK_S = 0.25
"""Longest time that any wait goes without looking at the flags again."""


@dataclass(frozen=True)
class WorkerStats:
    """Counts since the start; ``queued`` is ``sent + dropped + pending``."""

    queued: int
    sent: int
    retried: int
    dropped: int
    pending: int
    last_error: str | None


class Worker:
    """Takes events from streaming threads and delivers them to one stream from its own thread.

    The order of events is kept. A batch counts as sent when ``post`` has returned; until then
    it is posted again, with exponential back-off and jitter.

    Args:
        stream: Where events go; the worker connects and closes it.
        queue: Most events that wait; ``offer`` blocks when there are so many.
        batch: Most events in one ``post``.
        linger_ms: How long to wait for more events before a batch that is not full is posted.
        on_failure: Called once, from the worker thread, when the stream ended for good.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        queue: int = 10_000,
        batch: int = 500,
        linger_ms: float = 10.0,
        on_failure: Callable[[BaseException], None] | None = None,
    ) -> None:
        self.stream = stream
        options = stream.uri
        self._limit = options.integer("queue", queue, minimum=1)
        self._batch = options.integer("batch", batch, minimum=1)
        self._linger_s = options.number("linger_ms", linger_ms) / 1000
        self._on_failure = on_failure
        self._encode = list if stream.TAKES_OBJECTS else self._encode_each
        self._queue: deque[Any] = deque()
        self._in_flight = self._sent = self._retried = self._dropped = 0
        self._unencodable = 0
        self._last_error: str | None = None
        self._blocked = 0
        self._room = threading.Condition()
        self._idle = False
        self._wake = threading.Event()
        self._never_block = False
        self._dead = False
        self._finishing = threading.Event()
        self._abandon = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"pythia {stream.uri}", daemon=True)

    def start(self) -> None:
        """Connect the stream in the calling thread, then start delivering.

        Raises:
            StreamError: The stream cannot be connected.
        """
        self.stream.connect()
        self._thread.start()

    def offer(self, event: Any) -> None:
        """Queue one event; called by streaming threads, blocks while the queue is full."""
        if (len(self._queue) >= self._limit or self._dead) and not self._make_room():
            self._dropped += 1
            return
        self._queue.append(event)
        if self._idle:
            self._wake.set()

    def _make_room(self) -> bool:
        """Wait until the queue has room; False when the stream has ended for good."""
        with self._room:
            self._blocked += 1
            while len(self._queue) >= self._limit and not (self._never_block or self._dead):
                self._room.wait(_TICK_S)
            self._blocked -= 1
        return not self._dead

    def release(self) -> None:
        """Let blocked offers through from now on, beyond the bound: the application stops."""
        self._never_block = True
        with self._room:
            self._room.notify_all()

    def drain(self, timeout_s: float) -> int:
        """Deliver what is queued, end the thread, and return how many events were left.

        Blocks for ``timeout_s`` and, where the stream hangs, up to two seconds more.
        """
        self.release()
        self._finishing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._abandon.set()
        if self._thread.is_alive():
            self.stream.close()
            self._thread.join(2.0)
        return self._in_flight + len(self._queue)

    def close(self) -> None:
        """Close the stream, after :meth:`drain`.

        Raises:
            UndeliveredError: Events were left; says how many and why.
        """
        self._abandon.set()
        self._finishing.set()
        self.stream.close()
        if self._unencodable > 1:
            logger.warning("%s: %d events not encodable", self.stream.uri, self._unencodable)
        left = self._in_flight + len(self._queue)
        if left and not self._dead:
            raise UndeliveredError(
                f"{self.stream.uri}: {left} of {self.stats().queued} events were not delivered "
                f"in time; last error: {self._last_error or 'none, the stream is too slow'}"
            )

    def stats(self) -> WorkerStats:
        """Return the counts as they are now; safe from any thread."""
        pending = self._in_flight + len(self._queue)
        return WorkerStats(
            queued=self._sent + self._dropped + pending,
            sent=self._sent,
            retried=self._retried,
            dropped=self._dropped,
            pending=pending,
            last_error=self._last_error,
        )

    def _work(self) -> None:
        try:
            while (events := self._take()) and self._deliver(events):
                pass
        except BaseException as error:
            self._die(error)

    def _take(self) -> list[Any]:
        """Wait for events; an empty list says that no more will come."""
        queue = self._queue
        while not queue:
            if self._finishing.is_set():
                return []
            self._idle = True
            if not queue:
                self._wake.wait(_TICK_S)
            self._idle = False
            self._wake.clear()
        if len(queue) < self._batch:
            self._finishing.wait(self._linger_s)
        events = [queue.popleft() for _ in range(min(len(queue), self._batch))]
        self._in_flight = len(events)
        if self._blocked:
            with self._room:
                self._room.notify_all()
        return events

    def _encode_each(self, events: list[Any]) -> list[Any]:
        try:
            return [encode_json(event) for event in events]
        except EncodingError:
            return [line for event in events if (line := self._encode_or_count(event))]

    def _encode_or_count(self, event: Any) -> bytes | None:
        try:
            return encode_json(event)
        except EncodingError as error:
            self._last_error = str(error)
            if not self._unencodable:
                logger.error("%s: event dropped: %s", self.stream.uri, error)
            self._unencodable += 1
            self._dropped += 1
            self._in_flight -= 1
            return None

    def _deliver(self, events: list[Any]) -> bool:
        """Post until it works; False when the time to drain was over first."""
        payload = self._encode(events)
        connected = True
        for delay_s in _delays():
            try:
                self._post(payload, connected)
                return True
            except BrokenPipeError:
                raise
            except Exception as error:
                self._note(error)
            if self._abandon.is_set():
                return False
            connected = False
            self._retried += 1
            self._pause(delay_s)
        raise AssertionError("delays never end")

    def _post(self, payload: Sequence[Any], connected: bool) -> None:
        if not connected:
            self.stream.connect()
        if payload:
            self.stream.post(payload)
        self._sent, self._in_flight = self._sent + len(payload), 0

    def _note(self, error: Exception) -> None:
        text = str(error) or type(error).__name__
        if text != self._last_error:
            logger.warning("%s: not delivered, trying again: %s", self.stream.uri, text)
        self._last_error = text

    def _pause(self, delay_s: float) -> None:
        if self._finishing.is_set():
            self._abandon.wait(min(delay_s, _TICK_S))
        else:
            self._finishing.wait(delay_s)

    def _die(self, error: BaseException) -> None:
        self._last_error = str(error) or type(error).__name__
        self._dead = True
        self._dropped += self._in_flight + len(self._queue)
        self._in_flight = 0
        self._queue.clear()
        self.release()
        if self._on_failure is not None:
            self._on_failure(error)


def _delays() -> Iterator[float]:
    delay_s = FIRST_RETRY_S
    while True:
        # Jitter keeps many clients of one broker from coming back all at once.
        yield delay_s * random.uniform(0.5, 1.0)
        delay_s = min(2 * delay_s, LAST_RETRY_S)

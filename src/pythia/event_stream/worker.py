"""Delivery in the background: one thread for each stream."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pythia.event_stream.base import Stream
from pythia.event_stream.event_queue import OVERFLOW, TICK_S, EventQueue
from pythia.event_stream.formats import Format
from pythia.event_stream.outbox import Encoder, Outbox
from pythia.event_stream.spool import SPOOL_OPTIONS, SpoolOutbox
from pythia.exceptions import RefusedError, StreamError, UndeliveredError

logger = logging.getLogger("pythia.event_stream")

WORKER_OPTIONS = SPOOL_OPTIONS | {"queue", "batch", "linger_ms", "overflow", "connect"}
"""URI options that every scheme understands, because the worker does."""

FIRST_RETRY_S = 0.1
LAST_RETRY_S = 30.0


@dataclass(frozen=True)
class WorkerStats:
    """Counts since the start; ``queued`` is ``sent + dropped + pending``.

    Attributes:
        queued: Events offered, and those that an earlier process left in the spool.
        sent: Events that the other end has confirmed.
        retried: How often a batch was posted again.
        dropped: Events that were not encodable, or that ``overflow`` or a stream's end dropped.
        spooled: Of the pending ones, those on the disk.
        pending: Events on their way.
        last_error: What went wrong last, None if nothing did.
    """

    queued: int
    sent: int
    retried: int
    dropped: int
    spooled: int
    pending: int
    last_error: str | None


class Worker:
    """Takes events from streaming threads and delivers them to one stream from its own thread.

    The order of events is kept. A batch counts as sent when ``post`` has returned; until then
    it is posted again, with exponential back-off and jitter. The stream's URI may overrule the
    arguments, and has the options ``overflow=block|drop-oldest|drop-newest|spool`` and
    ``connect=lazy``.

    Args:
        stream: Where events go; the worker connects and closes it.
        queue: Most events that wait in memory.
        batch: Most events in one ``post``.
        linger_ms: How long to wait for more events before a batch that is not full is posted.
        on_failure: Called once, from the worker thread, when the stream ended for good.

    Attributes:
        offer: Queues one event; called by streaming threads, waits for room when the queue is
            full and ``overflow`` is ``block`` or ``spool``.
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
        self.stream: Stream = stream
        uri = stream.uri
        overflow = uri.choice("overflow", OVERFLOW)
        self._lazy = uri.choice("connect", ("start", "lazy")) == "lazy"
        limit = uri.integer("queue", queue, minimum=1)
        size = uri.integer("batch", batch, minimum=1)
        linger_s = uri.number("linger_ms", linger_ms) / 1000
        self._queue = EventQueue(limit, overflow, _stamp_of(stream))
        self._encoder = Encoder(stream, self._queue, self._set_error)
        self._outbox = Outbox(self._queue, self._encoder, size, linger_s)
        if overflow == "spool":
            if stream.TAKES_OBJECTS:
                raise StreamError(f"{uri}: {uri.scheme} keeps objects, which cannot be spooled")
            self._outbox = SpoolOutbox(self._queue, self._encoder, size, linger_s, uri)
        elif given := SPOOL_OPTIONS & set(uri.options):
            raise StreamError(f"{uri}: {min(given)}= belongs to overflow=spool")
        self.offer: Callable[[Any], None] = self._queue.offer
        self._on_failure = on_failure
        self._retried = 0
        self._last_error: str | None = None
        self._connected = self._dead = False
        self._abandon = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"pythia {uri}", daemon=True)

    def start(self) -> None:
        """Connect the stream in the calling thread, then start delivering.

        With ``connect=lazy`` the worker's thread connects, as often as it takes.

        Raises:
            StreamError: The stream cannot be connected, or its spool cannot be used.
        """
        try:
            self._outbox.start()
            if not self._lazy:
                self.stream.connect()
                self._connected = True
        except BaseException:
            self._outbox.close()
            raise
        self._thread.start()

    def has_room(self) -> bool:
        """Whether ``offer`` would return at once, while no other thread offers."""
        return self._queue.has_room()

    def release(self) -> None:
        """Let blocked offers through from now on, beyond the bound: the application stops."""
        self._queue.release()

    def finish(self) -> None:
        """Say that no more events come: what waits goes out at once, retries do not pause long."""
        self._queue.finish()

    def drain(self, timeout_s: float) -> int:
        """Deliver what is queued, end the thread, and return how many events were left.

        Blocks for ``timeout_s`` and, where the stream hangs, up to two seconds more.
        """
        self.finish()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._abandon.set()
        self._outbox.stop()
        if self._thread.is_alive():
            self.stream.close()
            self._thread.join(2.0)
        return self.stats().pending

    def close(self) -> None:
        """Close the stream, after :meth:`drain`.

        Raises:
            UndeliveredError: Events were left, or could not be encoded; says how many and why.
        """
        self._abandon.set()
        self._queue.finish()
        self.stream.close()
        stats = self.stats()
        self._outbox.close()
        if stats.pending and not self._dead:
            raise UndeliveredError(self._left(stats))
        if self._encoder.failed:
            raise UndeliveredError(
                f"{self.stream.uri}: {self._encoder.failed} of {stats.queued} events could not be "
                f"encoded and were left out; the first: {self._encoder.first_error}"
            )

    def _left(self, stats: WorkerStats) -> str:
        text = (
            f"{self.stream.uri}: {stats.pending} of {stats.queued} events were not delivered in "
            f"time; last error: {self._last_error or 'none, the stream is too slow'}"
        )
        if stats.spooled:
            text += f"; {stats.spooled} are kept in {self._outbox.kept_in} for the next start"
        return text

    def stats(self) -> WorkerStats:
        """Return the counts as they are now; safe from any thread."""
        with self._queue.lock:
            pending, spooled = self._outbox.pending(), self._outbox.spooled
            sent, dropped = self._outbox.sent, self._queue.dropped
        return WorkerStats(
            queued=sent + dropped + pending,
            sent=sent,
            retried=self._retried,
            dropped=dropped,
            spooled=spooled,
            pending=pending,
            last_error=self._last_error,
        )

    def _work(self) -> None:
        try:
            while (batch := self._outbox.take()) and self._deliver(batch):
                pass
        except BaseException as error:
            self._die(error)

    def _deliver(self, batch: Sequence[Any]) -> bool:
        """Post until it works; False when the time to drain is over."""
        for delay_s in _delays():
            try:
                self._post(batch)
                return not self._abandon.is_set()
            except (BrokenPipeError, RefusedError):
                raise
            except Exception as error:
                self._note(error)
            if self._abandon.is_set():
                return False
            self._retried += 1
            self._pause(delay_s)
        raise AssertionError("delays never end")

    def _post(self, batch: Sequence[Any]) -> None:
        if not self._connected:
            self.stream.connect()
        self._connected = False  # until post has returned
        self.stream.post(batch)
        self._connected = True
        self._outbox.confirm(batch)

    def _note(self, error: Exception) -> None:
        text = str(error) or type(error).__name__
        if text != self._last_error:
            cause = text.removeprefix(f"{self.stream.uri}: ")
            logger.warning("%s: not delivered, trying again: %s", self.stream.uri, cause)
        self._set_error(text)

    def _set_error(self, text: str) -> None:
        self._last_error = text

    def _pause(self, delay_s: float) -> None:
        if self._queue.finishing.is_set():
            self._abandon.wait(min(delay_s, TICK_S))
        else:
            self._queue.finishing.wait(delay_s)

    def _die(self, error: BaseException) -> None:
        if isinstance(error, RefusedError) and (kept := self._outbox.spooled):
            text = f"{error}; {kept} events are kept in {self._outbox.kept_in}"
            error = RefusedError(text).with_traceback(error.__traceback__)
        self._last_error = str(error) or type(error).__name__
        self._dead = True
        self._outbox.end()
        if self._on_failure is not None:
            self._on_failure(error)


def _stamp_of(stream: Stream) -> Callable[[Any], Any] | None:
    """What the streaming thread does to an event, None where the format needs nothing of it."""
    return None if type(stream.format).stamp is Format.stamp else stream.format.stamp


def _delays() -> Iterator[float]:
    delay_s = FIRST_RETRY_S
    while True:
        # Jitter keeps many clients of one broker from coming back all at once.
        yield delay_s * random.uniform(0.5, 1.0)
        delay_s = min(2 * delay_s, LAST_RETRY_S)

"""Where a worker takes encoded events from: straight from the queue."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from pythia.event_stream.base import Stream
from pythia.event_stream.encoding import EncodingError
from pythia.event_stream.event_queue import EventQueue

logger = logging.getLogger("pythia.event_stream")


class Encoder:
    """Encodes the events of one stream; those that cannot be are dropped, counted and told."""

    def __init__(self, stream: Stream, queue: EventQueue, note: Callable[[str], None]) -> None:
        self._stream = stream
        self._queue = queue
        self._note = note
        self._encode: Callable[[Any], Any] = stream.format.encode
        self.failed = 0
        self.first_error = ""

    def __call__(self, events: list[Any]) -> list[Any]:
        """Encode ``events``; the result is shorter when some cannot be."""
        if self._stream.TAKES_OBJECTS:
            return events
        try:
            return [self._encode(event) for event in events]
        except EncodingError:
            return [one for event in events if (one := self._encode_or_drop(event)) is not None]

    def _encode_or_drop(self, event: Any) -> bytes | None:
        try:
            return bytes(self._encode(event))
        except EncodingError as error:
            self._note(str(error))
            if not self.failed:
                self.first_error = str(error)
                logger.error("%s: event dropped: %s", self._stream.uri, error)
            self.failed += 1
            self._queue.drop_taken()
            return None


class Outbox:
    """Gives out events of the queue, encoded; the worker's thread encodes."""

    spooled = 0
    """Events on the disk."""

    kept_in: str | None = None
    """Where events stay that were not delivered, None if they are lost."""

    def __init__(self, queue: EventQueue, encode: Encoder, batch: int, linger_s: float) -> None:
        self.sent = 0
        self._queue = queue
        self._encode = encode
        self._batch = batch
        self._linger_s = linger_s

    def start(self) -> None:
        """Make ready to give out events."""

    def take(self) -> Sequence[Any]:
        """Wait for a batch; an empty one says that no more will come."""
        while events := self._queue.take(self._batch, self._linger_s):
            if batch := self._encode(events):
                return batch
        return ()

    def confirm(self, batch: Sequence[Any]) -> None:
        """Forget the batch, which was delivered."""
        with self._queue.lock:
            self._queue.taken -= len(batch)
            self.sent += len(batch)

    def pending(self) -> int:
        """Return how many events are not delivered; the queue's lock is held."""
        return self._queue.taken + len(self._queue)

    def stop(self) -> None:
        """Let :meth:`take` return soon: the time to deliver is over."""

    def end(self) -> None:
        """Drop everything: nobody will deliver it."""
        self._queue.end()

    def close(self) -> None:
        """Let go of what is outside this process."""

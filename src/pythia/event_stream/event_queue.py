"""The bounded queue between streaming threads and the thread that delivers."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

OVERFLOW = ("block", "drop-oldest", "drop-newest", "spool")
"""What happens to an event that finds the queue full; the first is the default.

``spool`` blocks too: the disk behind the queue is what makes room.
"""

TICK_S = 0.25
"""Longest time that any wait goes without looking at the flags again."""


class EventQueue:
    """Holds events until the delivering thread takes them.

    ``offer`` takes no lock while there is room: a deque's ``append`` is atomic. All counts
    change under ``lock``, so that they always add up.

    Args:
        limit: Most events that wait.
        overflow: One of ``OVERFLOW``.
        stamp: Makes of an event, in the streaming thread, what is queued; None for the event.
    """

    def __init__(
        self, limit: int, overflow: str = "block", stamp: Callable[[Any], Any] | None = None
    ) -> None:
        self.lock = threading.Lock()
        self.taken = 0
        self.dropped = 0
        self.finishing = threading.Event()
        self._limit = limit
        self._overflow = overflow
        self._stamp = stamp
        self._events: deque[Any] = deque()
        self._room = threading.Condition(self.lock)
        self._blocked = 0
        self._idle = False
        self._wake = threading.Event()
        self._released = False
        self._ended = False

    def __len__(self) -> int:
        return len(self._events)

    def has_room(self) -> bool:
        """Whether ``offer`` would return at once."""
        room = len(self._events) < self._limit or self._overflow.startswith("drop")
        return room or self._released or self._ended

    def offer(self, event: Any) -> None:
        """Queue one event; called by streaming threads, may block while the queue is full."""
        if (len(self._events) >= self._limit or self._ended) and not self._make_room():
            return
        self._events.append(event if self._stamp is None else self._stamp(event))
        if self._idle:
            self._idle = False  # one wake-up is enough for the events that follow
            self._wake.set()

    def _make_room(self) -> bool:
        """Do as ``overflow`` says; False when the event is dropped."""
        with self._room:
            if not self._ended and self._overflow == "drop-oldest":
                self._drop_oldest()
            elif not self._ended and self._overflow != "drop-newest":
                self._wait_for_room()
            accepted = not self._ended and self._overflow != "drop-newest"
            self.dropped += not accepted
        return accepted

    def _drop_oldest(self) -> None:
        if len(self._events) >= self._limit:
            self._events.popleft()
            self.dropped += 1

    def _wait_for_room(self) -> None:
        self._blocked += 1
        while len(self._events) >= self._limit and not (self._released or self._ended):
            self._room.wait(TICK_S)
        self._blocked -= 1

    def take(self, most: int, linger_s: float) -> list[Any]:
        """Wait for events; an empty list says that no more will come.

        They count as ``taken`` until whoever took them has changed that.
        """
        while not self._events:
            if self.finishing.is_set():
                return []
            self._idle = True
            if not self._events:
                self._wake.wait(TICK_S)
            self._idle = False
            self._wake.clear()
        if len(self._events) < most:
            self.finishing.wait(linger_s)
        with self._room:
            events = [self._events.popleft() for _ in range(min(len(self._events), most))]
            self.taken += len(events)
            if self._blocked:
                self._room.notify_all()
        return events

    def drop_taken(self) -> None:
        """Count one of the taken events as dropped."""
        with self.lock:
            self.taken -= 1
            self.dropped += 1

    def release(self) -> None:
        """Let blocked offers through from now on, beyond the bound: the application stops."""
        self._released = True
        with self._room:
            self._room.notify_all()

    def finish(self) -> None:
        """Say that no more events are offered."""
        self.release()
        self.finishing.set()
        self._wake.set()

    def end(self) -> None:
        """Drop what waits and what comes: nobody will take it."""
        with self._room:
            self._ended = True
            self.dropped += self.taken + len(self._events)
            self.taken = 0
            self._events.clear()
            self._room.notify_all()

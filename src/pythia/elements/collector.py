"""Where frames of several sources wait until a batch is due: nvstreammux without GStreamer."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_ROOM = 2  # items a source may be ahead at least, so that it works while a batch is used


@dataclass(eq=False)
class _Source(Generic[T]):
    waiting: deque[T] = field(default_factory=deque)
    ended: bool = False
    flushing: bool = False
    reported: bool = False  # its end was handed out


@dataclass(frozen=True)
class Collected(Generic[T]):
    """What is due: news, then frames as (source, item), the sources that end there, and the end."""

    news: list[Any]
    items: list[tuple[int, T]]
    ended: list[int]
    all_ended: bool


class Collector(Generic[T]):
    """Gathers items of numbered sources into batches.

    Sources call :meth:`put` and :meth:`end` from their own threads; one thread calls
    :meth:`take`. A batch takes turns: each living source gives at most its share of the batch,
    ``ceil(size / sources)``, beginning behind the source that gave last.
    """

    def __init__(self, order: Callable[[T], float] | None = None) -> None:
        """``order``: wait for all sources and take the items with the lowest value first."""
        self._order = order
        self._changed = threading.Condition()
        self._sources: dict[int, _Source[T]] = {}
        self._wanted: int | None = 0  # size of the batch that is being gathered
        self._limit: int | None = None  # of frames of one source in it
        self._next = 0
        self._stopped = False
        self._news: list[Any] = []

    def tell(self, news: Any) -> None:
        """Have the thread that takes batches hear of something, before the next batch."""
        with self._changed:
            self._news.append(news)
            self._changed.notify_all()

    def add(self, number: int) -> None:
        """A new source."""
        with self._changed:
            self._sources[number] = _Source()
            self._changed.notify_all()

    def remove(self, number: int) -> list[T]:
        """Forget a source; gives back what it had waiting."""
        with self._changed:
            source = self._sources.pop(number, None)
            self._changed.notify_all()
            return [] if source is None else list(source.waiting)

    def flush(self, number: int, flushing: bool) -> list[T]:
        """Begin or end the flush of a source; gives back what it had waiting."""
        with self._changed:
            source = self._sources.get(number)
            if source is None:
                return []  # it was removed a moment ago
            left = list(source.waiting)
            source.waiting.clear()
            source.flushing = flushing
            if not flushing:
                source.ended = source.reported = False
            self._changed.notify_all()
            return left

    def put(self, number: int, item: T) -> bool:
        """Add an item; waits while its source is too far ahead. False: not taken, stop sending."""
        with self._changed:
            self._changed.wait_for(lambda: self._refuses(number) or self._has_room(number))
            if self._refuses(number):
                return False
            self._sources[number].waiting.append(item)
            self._changed.notify_all()
            return True

    def _refuses(self, number: int) -> bool:
        source = self._sources.get(number)
        return self._stopped or source is None or source.flushing

    def _has_room(self, number: int) -> bool:
        return len(self._sources[number].waiting) < max(_ROOM, self._share())

    def _share(self) -> int:
        """What a source may give to a batch at most."""
        fair = -(-self._size // max(1, len(self._living())))
        return fair if self._limit is None else min(fair, self._limit)

    @property
    def _size(self) -> int:
        return max(1, len(self._living())) if self._wanted is None else self._wanted

    def end(self, number: int, ended: bool = True) -> None:
        """A source has no more items for now."""
        with self._changed:
            source = self._sources.get(number)
            if source is None:
                return  # it was removed a moment ago
            source.ended = ended
            source.reported = source.reported and ended
            self._changed.notify_all()

    def start(self) -> None:
        """Begin anew: nothing waits and no source has ended."""
        with self._changed:
            self._stopped = False
            for source in self._sources.values():
                source.ended = source.flushing = source.reported = False

    def stop(self) -> list[T]:
        """Release every waiting thread; gives back all that waited."""
        with self._changed:
            self._stopped = True
            left = [item for source in self._sources.values() for item in source.waiting]
            for source in self._sources.values():
                source.waiting.clear()
            self._changed.notify_all()
            return left

    def take(
        self, size: int | None, timeout_s: float | None, limit: int | None = None
    ) -> Collected[T] | None:
        """The next batch: full, or what there is ``timeout_s`` after its first item came.

        ``size`` of None is as many as there are living sources, and ``limit`` what one of them
        may give, if that is less than its share.

        A batch may be empty if it only reports news or ends. None: stopped.
        """
        with self._changed:
            self._wanted, self._limit = size, limit
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._stopped or self._news or self._any_waiting() or self._end_due()
            )
            deadline = None if timeout_s is None else time.monotonic() + timeout_s
            while not self._stopped and not self._news and not self._is_due():
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    break
                self._changed.wait(left)
            if self._stopped:
                return None
            news, self._news = self._news, []
            # News are told at once; a batch that is not yet due goes on waiting.
            items = self._pick() if self._is_due() or not news else []
            self._changed.notify_all()
            return Collected(news, items, self._report_ends(), self._all_ended())

    def _any_waiting(self) -> bool:
        return any(source.waiting for source in self._sources.values())

    def _end_due(self) -> bool:
        return any(
            source.ended and not source.reported and not source.waiting
            for source in self._sources.values()
        )

    def _all_ended(self) -> bool:
        return bool(self._sources) and all(
            source.ended and not source.waiting for source in self._sources.values()
        )

    def _living(self) -> dict[int, _Source[T]]:
        return {n: s for n, s in self._sources.items() if s.waiting or not s.ended}

    def _is_due(self) -> bool:
        living = self._living()
        if self._order is not None and any(not source.waiting for source in living.values()):
            return False
        share = self._share()
        ready = sum(min(share, len(source.waiting)) for source in living.values())
        # Or nobody can add to it: every source has ended or is as far ahead as it may be.
        return ready >= self._size or all(
            source.ended or not self._has_room(number) for number, source in living.items()
        )

    def _pick(self) -> list[tuple[int, T]]:
        picked: list[tuple[int, T]] = []
        taken: dict[int, int] = {}
        share, size = self._share(), self._size  # before sources that have ended are empty
        while len(picked) < size:
            number = self._turn(share, taken)
            if number is None:
                break
            picked.append((number, self._sources[number].waiting.popleft()))
            taken[number] = taken.get(number, 0) + 1
            self._next = number + 1
        return picked

    def _turn(self, share: int, taken: dict[int, int]) -> int | None:
        """The source whose turn it is, or None if no source may give more."""
        able = [n for n, s in self._sources.items() if s.waiting and taken.get(n, 0) < share]
        if not able:
            return None
        if self._order is not None:
            order = self._order
            return min(able, key=lambda n: order(self._sources[n].waiting[0]))
        least = min(taken.get(n, 0) for n in able)
        fair = sorted(n for n in able if taken.get(n, 0) == least)
        return next((n for n in fair if n >= self._next), fair[0])

    def _report_ends(self) -> list[int]:
        ended = [
            n for n, s in self._sources.items() if s.ended and not s.waiting and not s.reported
        ]
        for number in ended:
            self._sources[number].reported = True
        return ended

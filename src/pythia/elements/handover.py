"""A bounded queue between two threads, with an order to stop."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Handover(Generic[T]):
    """Items go in at one end and come out at the other, in order.

    An item counts against the limit until :meth:`done` says that it has been dealt with.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._changed = threading.Condition()
        self._items: deque[T] = deque()
        self._open = 0
        self._stopped = False

    def put(self, item: T, *, counts: bool = True) -> bool:
        """Add an item; one that ``counts`` waits for room. False: stopped, not taken."""
        with self._changed:
            if counts:
                self._changed.wait_for(lambda: self._stopped or self._open < self.limit)
            if self._stopped:
                return False
            self._open += counts
            self._items.append(item)
            self._changed.notify_all()
            return True

    def get(self) -> T | None:
        """The next item, waited for; None: stopped."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or bool(self._items))
            return None if self._stopped else self._items.popleft()

    def done(self) -> None:
        """An item that counted has been dealt with."""
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def clear(self) -> list[T]:
        """Take out all items that nobody has taken yet."""
        with self._changed:
            left = list(self._items)
            self._items.clear()
            return left

    def stop(self) -> list[T]:
        """Let nobody wait any more; gives back what nobody has taken."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        return self.clear()

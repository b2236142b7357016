"""How many objects of each class there are, smoothed over a short time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class _Past:
    """The counts of one class: how often each one occurred lately, and when."""

    times: dict[int, int] = field(default_factory=dict)
    recent: deque[tuple[int, int]] = field(default_factory=deque)


class ClassCounts:
    """Gives for every class seen so far the most frequent count of the last ``window_ns``.

    Of several such counts it is the one that occurred for the first time last, as it happens to be
    in DeepStream.
    """

    def __init__(self, window_ns: int) -> None:
        self._window_ns = window_ns
        self._classes: dict[int, _Past] = {}

    def update(self, class_ids: Sequence[int], now_ns: int) -> dict[int, int]:
        """The counts with one more frame, whose objects have these classes."""
        found = Counter(class_ids)
        for class_id in found:
            self._classes.setdefault(class_id, _Past())
        return {
            class_id: self._smoothed(past, found[class_id], now_ns)
            for class_id, past in self._classes.items()
        }

    def _smoothed(self, past: _Past, count: int, now_ns: int) -> int:
        past.times[count] = past.times.get(count, 0) + 1
        past.recent.append((now_ns, count))
        # Time may have gone back, for instance after a seek.
        while not 0 <= now_ns - past.recent[0][0] <= self._window_ns:
            past.times[past.recent.popleft()[1]] -= 1
        return max(reversed(past.times), key=past.times.__getitem__)

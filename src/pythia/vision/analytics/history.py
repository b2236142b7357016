"""Where the objects of one source have been: a ring of past boxes for each identity.

Boxes are centre x, centre y, width and height in whole pixels, cut off where DeepStream does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

T = TypeVar("T", bound=np.generic)

X, Y, WIDTH, HEIGHT = range(4)
"""Columns of boxes."""

FORGET_AFTER_NS = 8_000_000_000
"""An object that was away for longer is a new one when it comes back."""

_NO_PAST = 3  # frames in which an object has none yet
_OLDEST = 4  # boxes of a full ring that make up the past
_FIRST_ROWS = _FIRST_COLUMNS = 64


def centred(boxes: Floats) -> Ints:
    """Boxes (left, top, width, height) as boxes around their centres."""
    whole = np.maximum(boxes, 0).astype(np.int64)
    whole[:, :2] += whole[:, 2:] // 2
    return whole


def bottom(boxes: Ints) -> Ints:
    """The lower edges of boxes."""
    edge: Ints = boxes[:, Y] + boxes[:, HEIGHT] // 2
    return edge


@dataclass(frozen=True, slots=True)
class Motion:
    """How some objects moved; one row of each array an object.

    ``row`` is an object's own number in its source as long as it is known, and may be another
    object's later. ``previous`` is its box as long ago as is known, a mean of the oldest ones, and
    zero before there is a past; ``last`` the one before ``current``, and in an object's first frame
    the same. ``seen`` counts its frames. ``variance`` (x, y) and ``mean_height`` are of all boxes
    that are known.
    """

    row: Ints
    current: Ints
    last: Ints
    previous: Ints
    seen: Ints
    mean_height: Floats
    variance: Floats

    @property
    def has_past(self) -> Bools:
        """Which objects were seen often enough to have one."""
        return self.seen > _NO_PAST


class History:
    """The last ``length`` boxes of every object that was seen lately."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._row_of: dict[int, int] = {}
        self._id_of = [0] * _FIRST_ROWS
        self._free = list(range(_FIRST_ROWS))[::-1]
        columns = min(length, _FIRST_COLUMNS)
        self._ring: Ints = np.zeros((_FIRST_ROWS, columns, 4), np.int64)
        self._seen: Ints = np.zeros(_FIRST_ROWS, np.int64)
        self._sums: Ints = np.zeros((_FIRST_ROWS, 4), np.int64)
        self._squares: Ints = np.zeros((_FIRST_ROWS, 2), np.int64)
        self._time_ns: Ints = np.zeros(_FIRST_ROWS, np.int64)

    def update(self, ids: Sequence[int], boxes: Ints, now_ns: int) -> Motion:
        """Add the boxes of one frame; each of the ``ids`` stands there once."""
        self._forget(now_ns)
        rows = np.fromiter((self._row(number) for number in ids), np.int64, len(ids))
        seen = self._seen[rows]
        self._make_room(int(seen.max(initial=0)))
        place = seen % self._length
        first, full = seen == 0, (seen >= self._length)[:, None]
        oldest = np.where(full, self._ring[rows, place], 0)
        before = np.maximum(seen - 1, 0) % self._length
        last = np.where(first[:, None], boxes, self._ring[rows, before])
        self._ring[rows, place] = boxes
        self._seen[rows] = seen = seen + 1
        self._time_ns[rows] = now_ns
        self._sums[rows] += boxes - oldest
        self._squares[rows] += boxes[:, :2] ** 2 - oldest[:, :2] ** 2
        known = np.minimum(seen, self._length)[:, None]
        mean = self._sums[rows] / known
        variance = self._squares[rows] / known - mean[:, :2] ** 2
        previous = self._previous(rows, seen)
        return Motion(rows, boxes, last, previous, seen, mean[:, HEIGHT], variance)

    def _previous(self, rows: Ints, seen: Ints) -> Ints:
        second = min(1, self._length - 1)
        start: Ints = (self._ring[rows, 0] + self._ring[rows, second]) // 2
        start[seen <= _NO_PAST] = 0
        full = np.flatnonzero(seen >= self._length)
        if full.size:
            places = (seen[full, None] + np.arange(_OLDEST)) % self._length
            start[full] = self._ring[rows[full, None], places].sum(axis=1) // _OLDEST
        return start

    def _forget(self, now_ns: int) -> None:
        away = np.abs(now_ns - self._time_ns) > FORGET_AFTER_NS
        for row in np.flatnonzero(away & (self._seen > 0)):
            del self._row_of[self._id_of[row]]
            self._seen[row] = 0
            self._free.append(int(row))

    def _row(self, number: int) -> int:
        row = self._row_of.get(number)
        if row is None:
            if not self._free:
                self._add_rows()
            row = self._row_of[number] = self._free.pop()
            self._id_of[row] = number
            self._sums[row] = 0
            self._squares[row] = 0
        return row

    def _add_rows(self) -> None:
        rows = len(self._id_of)
        self._free = list(range(rows, 2 * rows))[::-1]
        self._id_of += [0] * rows
        self._ring = doubled(self._ring)
        self._seen = doubled(self._seen)
        self._sums = doubled(self._sums)
        self._squares = doubled(self._squares)
        self._time_ns = doubled(self._time_ns)

    def _make_room(self, seen: int) -> None:
        """Lengthen the ring only as objects grow old: its length may be enormous."""
        columns = self._ring.shape[1]
        if columns <= seen and columns < self._length:
            longer = min(2 * columns, self._length) - columns
            self._ring = np.pad(self._ring, ((0, 0), (0, longer), (0, 0)))


def doubled(rows: NDArray[T]) -> NDArray[T]:
    """An array with as many more rows, which are zero."""
    return np.concatenate([rows, np.zeros_like(rows)])

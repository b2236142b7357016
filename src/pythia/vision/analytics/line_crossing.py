"""Who crosses which line the way its arrow points.

As in DeepStream an object counts once a line, and only when it has moved far enough from where it
was some fifty frames before. Two things go beyond DeepStream, which forgets: where an object came
from is kept until it has moved far enough, so one that stops on the line counts when it goes on;
and whether it passed between the ends of a line is judged where it did, so one that goes round the
end and turns does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pythia.vision.analytics.direction import unit
from pythia.vision.analytics.history import (
    WIDTH,
    Bools,
    Floats,
    Ints,
    Motion,
    X,
    Y,
    bottom,
    doubled,
)
from pythia.vision.analytics.rules import BALANCED, LOOSE, STRICT, Line


@dataclass(frozen=True)
class _Strictness:
    """DeepStream's thresholds: squared pixels, frames, cosine between way and arrow."""

    distance: int
    frames: int
    cosine: float


_MODES = {
    LOOSE: _Strictness(1000, 3, 0.1),
    BALANCED: _Strictness(3000, 10, 0.5),
    STRICT: _Strictness(6000, 20, 0.8),
}
_PARALLEL = 1e-5
_FIRST_ROWS = 64


class Lines:
    """The lines of one source, and what every object has done to them so far.

    Arrays have a row an object and a column a line. Sides are distances in pixels; on lines that
    are ``directed`` the arrow points from the negative side to the positive one, on the others
    crossing either way may follow the arrow.
    """

    def __init__(self, rules: Sequence[Line]) -> None:
        self.totals: Ints = np.zeros(len(rules), np.int64)
        modes = [_MODES[rule.mode] for rule in rules]
        self._distance = np.array([mode.distance for mode in modes])
        self._frames = np.array([mode.frames for mode in modes])
        self._extended = np.array([rule.extended for rule in rules])
        self._arrows = np.array([unit(*rule.points[:2]) for rule in rules])
        self._along = np.array([unit(*rule.points[2:]) for rule in rules])
        ends = np.array([rule.points[2:] for rule in rules], np.float64)
        self._start = ends[:, 0]
        self._length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
        self._across = self._along[:, ::-1] * [-1, 1]
        rise = (self._across * self._arrows).sum(axis=1)
        self._directed = (np.abs(rise) >= _PARALLEL) & np.array(
            [rule.mode == LOOSE for rule in rules]
        )
        self._across[self._directed & (rise < 0)] *= -1
        self._cosine = np.where(self._directed, -2, [mode.cosine for mode in modes])
        self._make_rows(len(rules))

    def _make_rows(self, lines: int) -> None:
        shape = (_FIRST_ROWS, lines)
        # The place that an object came from: x, and two heights, for sides and for distances.
        self._origin: Floats = np.zeros((*shape, 3))
        self._came_from = np.zeros(shape, np.int8)  # its side, 0 if nothing is known
        self._between = np.zeros(shape, np.bool_)  # it passed between the ends
        self._counted = np.zeros(shape, np.bool_)

    def crossed(self, motion: Motion, allowed: Bools) -> Bools:
        """Who has just crossed which line; ``allowed`` are the objects of a line's classes."""
        self._take_in(motion)
        side = self._sides(motion.current[:, X], bottom(motion.current))
        self._note_passing(motion, side)
        side = self._whole(side)
        origin = self._note_origin(motion, side)
        came_from = self._came_from[motion.row]
        past = np.where(self._directed, (came_from < 0) & (side >= 0), came_from * side < 0)
        due = past & allowed & ~self._counted[motion.row] & self._far_enough(motion)
        if not due.any():
            return due
        crossed = due & self._follows_arrow(motion)
        crossed &= self._extended | self._between[motion.row]
        self._counted[motion.row] |= crossed
        self.totals += crossed.sum(axis=0)
        # Judged, and nothing that comes later can change it.
        self._came_from[motion.row] = np.where(due & (origin != came_from), 0, came_from)
        return crossed

    def _take_in(self, motion: Motion) -> None:
        """Make room for new objects, and forget those that had their rows before."""
        while motion.row.max(initial=0) >= len(self._counted):
            self._origin = doubled(self._origin)
            self._came_from = doubled(self._came_from)
            self._between = doubled(self._between)
            self._counted = doubled(self._counted)
        new = motion.row[motion.seen == 1]
        if new.size:
            self._came_from[new] = 0
            self._between[new] = False
            self._counted[new] = False

    def _sides(self, x: Ints, y: Ints | Floats) -> Floats:
        right, down = x[:, None] - self._start[:, X], y[:, None] - self._start[:, Y]
        side: Floats = right * self._across[:, X] + down * self._across[:, Y]
        return side

    def _whole(self, side: Floats) -> Floats:
        """Where both ways count a side begins a pixel away, as in DeepStream."""
        return np.where(self._directed, side, np.trunc(side))

    def _note_passing(self, motion: Motion, side: Floats) -> None:
        """Where objects go through a line: does their lower edge touch it between its ends?"""
        before = self._sides(motion.last[:, X], bottom(motion.last))
        who, line = np.nonzero((before < 0) != (side < 0))
        if not who.size:
            return
        share = before[who, line] / (before[who, line] - side[who, line])
        x = motion.last[who, X] * (1 - share) + motion.current[who, X] * share
        y = bottom(motion.last[who]) * (1 - share) + bottom(motion.current[who]) * share
        place = np.stack([x, y], axis=1) - self._start[line]
        place = (place * self._along[line]).sum(axis=1)
        slack = motion.current[who, WIDTH] / 2 * np.abs(self._along[line, X])
        self._between[motion.row[who], line] = (-slack <= place) & (
            place <= self._length[line] + slack
        )

    def _note_origin(self, motion: Motion, side: Floats) -> NDArray[np.int8]:
        """Keep where objects come from, until they are past; gives the side of their past."""
        x, height = motion.previous[:, X], motion.previous[:, Y] + motion.mean_height / 2
        origin = np.sign(self._whole(self._sides(x, height))).astype(np.int8)
        origin[~motion.has_past] = 0
        origin[self._directed & (origin > 0)] = 0
        known = self._came_from[motion.row]
        fresh = (origin != 0) & ((known == 0) | (known == origin) | (known * side > 0))
        self._came_from[motion.row] = np.where(fresh, origin, known)
        place = np.stack([x, height, bottom(motion.previous)], axis=1)[:, None]
        self._origin[motion.row] = np.where(fresh[..., None], place, self._origin[motion.row])
        return origin

    def _far_enough(self, motion: Motion) -> Bools:
        right = motion.current[:, X, None] - self._origin[motion.row, :, 0]
        down = bottom(motion.current)[:, None] - self._origin[motion.row, :, 2]
        far: Bools = right**2 + down**2 > self._distance
        return far & (motion.seen[:, None] > self._frames)

    def _follows_arrow(self, motion: Motion) -> Bools:
        right = motion.current[:, X, None] - self._origin[motion.row, :, 0]
        down = bottom(motion.current)[:, None] - self._origin[motion.row, :, 1]
        along = right * self._arrows[:, X] + down * self._arrows[:, Y]
        follows: Bools = along >= self._cosine * np.hypot(right, down)
        return follows

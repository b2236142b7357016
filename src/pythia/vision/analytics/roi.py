"""Which objects stand in a polygon: region filtering and overcrowding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pythia.vision.analytics.history import Bools, Ints
from pythia.vision.analytics.rules import Crowd, Point, Roi


class Polygon:
    """A closed polygon of whole pixels."""

    def __init__(self, points: Sequence[Point]) -> None:
        start = np.array(points, np.int64)
        end = np.roll(start, -1, axis=0)
        sloped = start[:, 1] != end[:, 1]  # no ray to the left meets a level edge
        self._x, self._y = start[sloped, 0], start[sloped, 1]
        self._end_y = end[sloped, 1]
        self._dx, self._dy = (end - start)[sloped].T

    def contains(self, x: Ints, y: Ints) -> Bools:
        """Which of the points lie inside: an odd number of edges lies to the left of them."""
        rows = y[:, None]
        spans = (self._y <= rows) != (self._end_y <= rows)
        meeting = self._x + (self._dx * (rows - self._y)) // self._dy
        inside: Bools = (spans & (meeting <= x[:, None])).sum(axis=1) % 2 == 1
        return inside


class Region:
    """A polygon and the rule that it belongs to."""

    def __init__(self, rule: Roi | Crowd) -> None:
        self.rule = rule
        self._polygon = Polygon(rule.points)
        self._inverse = isinstance(rule, Roi) and rule.inverse_roi

    def holds(self, x: Ints, y: Ints, allowed: Bools) -> Bools:
        """Which objects the rule is true for; ``allowed`` are those of its classes."""
        held: Bools = (self._polygon.contains(x, y) != self._inverse) & allowed
        return held


def is_crowded(rule: Crowd, count: int) -> bool:
    """Whether so many objects make a crowd; nobody never does."""
    return count >= max(rule.object_threshold, 1)

"""The rules of nvdsanalytics: what is looked for on the frames of one source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

Point = tuple[int, int]
"""Whole pixels from the left and from the top."""

STRICT, BALANCED, LOOSE = "strict", "balanced", "loose"
"""How closely somebody has to follow the arrow of a line."""


@dataclass(frozen=True)
class Rule:
    """What all rules have: a name, and the classes they are for; None means all."""

    name: str
    classes: frozenset[int] | None


@dataclass(frozen=True)
class Roi(Rule):
    """Objects inside a polygon, or with ``inverse_roi`` outside of it."""

    points: tuple[Point, ...]
    inverse_roi: bool = False


@dataclass(frozen=True)
class Crowd(Rule):
    """A polygon that is crowded from ``object_threshold`` objects on."""

    points: tuple[Point, ...]
    object_threshold: int = 1


@dataclass(frozen=True)
class Line(Rule):
    """A line that counts who crosses it the way an arrow points.

    ``points`` are the two ends of the arrow, then the two ends of the line. An ``extended`` line
    has no ends.
    """

    points: tuple[Point, ...]
    extended: bool = True
    mode: str = LOOSE


@dataclass(frozen=True)
class Direction(Rule):
    """Objects that move the way an arrow points, from the first of two ``points`` to the other."""

    points: tuple[Point, ...]


@dataclass(frozen=True)
class Rules:
    """The rules for one source, without those that are switched off."""

    rois: tuple[Roi, ...] = ()
    crowds: tuple[Crowd, ...] = ()
    lines: tuple[Line, ...] = ()
    directions: tuple[Direction, ...] = ()

    def scaled(self, scale_x: float, scale_y: float) -> Rules:
        """The same for frames of another size; coordinates are cut to whole pixels."""

        def moved(points: Iterable[Point]) -> tuple[Point, ...]:
            return tuple((int(x * scale_x), int(y * scale_y)) for x, y in points)

        return Rules(
            tuple(replace(roi, points=moved(roi.points)) for roi in self.rois),
            tuple(replace(crowd, points=moved(crowd.points)) for crowd in self.crowds),
            tuple(replace(line, points=moved(line.points)) for line in self.lines),
            tuple(replace(rule, points=moved(rule.points)) for rule in self.directions),
        )

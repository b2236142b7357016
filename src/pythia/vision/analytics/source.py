"""All rules for one source, applied to its frames one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from pythia.vision.analytics.class_counts import ClassCounts
from pythia.vision.analytics.direction import Directions, stopped
from pythia.vision.analytics.history import (
    HEIGHT,
    Bools,
    History,
    Ints,
    Motion,
    X,
    Y,
    centred,
)
from pythia.vision.analytics.line_crossing import Lines
from pythia.vision.analytics.roi import Region, is_crowded
from pythia.vision.analytics.rules import Crowd, Rule, Rules


@dataclass(slots=True)
class ObjectFindings:
    """The names of the rules that are true for one object, and all of it as DeepStream's text."""

    rois: list[str] = field(default_factory=list)
    crowds: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    direction: str = ""
    text: str = ""


@dataclass(slots=True)
class Findings:
    """What the rules say of one frame.

    ``objects`` maps the place of an object among the frame's to what is true for it, and lacks
    those without; the other dicts are by the names of rules, and ``class_counts`` by class.
    ``needs_tracker``: rules about motion are for an object that has no identity.
    """

    objects: dict[int, ObjectFindings] = field(default_factory=dict)
    crowded: dict[str, bool] = field(default_factory=dict)
    inside: dict[str, int] = field(default_factory=dict)
    crossings: dict[str, int] = field(default_factory=dict)
    crossings_so_far: dict[str, int] = field(default_factory=dict)
    class_counts: dict[int, int] = field(default_factory=dict)
    needs_tracker: bool = False

    def of(self, place: int) -> ObjectFindings:
        """What is true for one object."""
        found = self.objects.get(place)
        if found is None:
            found = self.objects[place] = ObjectFindings()
        return found


class _Classes:
    """Which rules are for which classes."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._row_of: dict[int, int] = {}
        self._table: Bools = np.zeros((0, len(rules)), np.bool_)

    def allow(self, class_ids: Sequence[int]) -> Bools:
        """A row for each object, a column for each rule."""
        for class_id in set(class_ids) - self._row_of.keys():
            self._row_of[class_id] = len(self._table)
            row = [rule.classes is None or class_id in rule.classes for rule in self._rules]
            self._table = np.concatenate([self._table, np.array([row], np.bool_)])
        allowed: Bools = self._table[[self._row_of[class_id] for class_id in class_ids]]
        return allowed


class SourceAnalytics:
    """Judges the frames of one source, one after the other, and remembers its objects.

    ``window`` is DeepStream's ``obj-cnt-win-in-ms``: milliseconds of smoothing for counts, and
    frames of memory for motion.
    """

    def __init__(self, rules: Rules, window: int) -> None:
        self.rules = rules
        self._window = window
        self._regions = [*map(Region, rules.rois), *map(Region, rules.crowds)]
        self._region_classes = _Classes([region.rule for region in self._regions])
        self._motion_classes = _Classes([*rules.directions, *rules.lines])
        self._directions = Directions(rules.directions) if rules.directions else None
        self._lines = Lines(rules.lines) if rules.lines else None
        self._history = History(window)
        self._counts = ClassCounts(window * 1_000_000)

    def judge(
        self, boxes: ArrayLike, ids: Sequence[int | None], class_ids: Sequence[int], now_ns: int
    ) -> Findings:
        """What the rules say of the next frame.

        Args:
            boxes: left, top, width and height of each object, in pixels.
            ids: its identity; None for one that nobody tracks, which only regions are for.
            class_ids: its class.
            now_ns: the time of the frame; it may jump.
        """
        around = centred(np.array(boxes, np.float64).reshape(-1, 4))
        place_of = _places(ids)
        tracked = list(place_of.values())
        motion = self._history.update(list(place_of), around[tracked], now_ns)
        height = around[:, HEIGHT].copy()
        height[tracked] = motion.mean_height.astype(np.int64)
        findings = Findings(class_counts=self._counts.update(class_ids, now_ns))
        self._look_at_regions(findings, around[:, X], around[:, Y] + height // 2, class_ids)
        allowed = self._motion_classes.allow(class_ids)
        strangers = [place for place, number in enumerate(ids) if number is None]
        findings.needs_tracker = bool(allowed[strangers].any())
        self._look_at_directions(findings, motion, tracked, allowed[tracked])
        self._look_at_lines(findings, motion, tracked, allowed[tracked])
        return findings

    def _look_at_regions(
        self, findings: Findings, x: Ints, y: Ints, class_ids: Sequence[int]
    ) -> None:
        allowed = self._region_classes.allow(class_ids)
        for column, region in enumerate(self._regions):
            rule = region.rule
            places = np.flatnonzero(region.holds(x, y, allowed[:, column])).tolist()
            findings.inside[rule.name] = len(places)
            if isinstance(rule, Crowd):
                findings.crowded[rule.name] = is_crowded(rule, len(places))
                for place in places:
                    findings.of(place).crowds.append(rule.name)
                continue
            for place in places:
                found = findings.of(place)
                found.rois.append(rule.name)
                found.text += f" ROI:{rule.name}"

    def _look_at_directions(
        self, findings: Findings, motion: Motion, tracked: Sequence[int], allowed: Bools
    ) -> None:
        rules = self.rules.directions
        if self._directions is None:
            return
        allowed = allowed[:, : len(rules)]
        still = stopped(motion, self._window) & allowed.any(axis=1)
        for row in np.flatnonzero(still).tolist():
            findings.of(tracked[row]).text += " STOPPED "
        followed = self._directions.followed(motion, allowed) & ~still[:, None]
        for row, column in np.argwhere(followed).tolist():
            found = findings.of(tracked[row])
            text = f" DIR:{rules[column].name} "
            found.direction += text
            found.text += text

    def _look_at_lines(
        self, findings: Findings, motion: Motion, tracked: Sequence[int], allowed: Bools
    ) -> None:
        rules = self.rules.lines
        if self._lines is None:
            return
        crossed = self._lines.crossed(motion, allowed[:, len(self.rules.directions) :])
        for row, column in np.argwhere(crossed).tolist():
            found = findings.of(tracked[row])
            found.lines.append(rules[column].name)
            found.text += f" LC:{rules[column].name} "
        names = [rule.name for rule in rules]
        findings.crossings = dict(zip(names, crossed.sum(axis=0).tolist(), strict=True))
        findings.crossings_so_far = dict(zip(names, self._lines.totals.tolist(), strict=True))


def _places(ids: Sequence[int | None]) -> dict[int, int]:
    """The place of each identity; of objects with the same one only the first counts."""
    first: dict[int, int] = {}
    for place, number in enumerate(ids):
        if number is not None:
            first.setdefault(number, place)
    return first

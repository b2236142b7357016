"""Runs analytics over boxes, frame by frame, and writes down who did what when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from pythia.vision.analytics.rules import Point, Rules
from pythia.vision.analytics.source import Findings, SourceAnalytics

FRAME_NS = 33_333_333
WINDOW = 50

Row = Sequence[float]
"""Identity, class, left, top, width and height."""


def findings(
    frames: Iterable[Sequence[Row]], rules: Rules, *, window: int = WINDOW, frame_ns: int = FRAME_NS
) -> list[Findings]:
    """What the rules say of each frame."""
    source = SourceAnalytics(rules, window)
    found = []
    for number, rows in enumerate(frames):
        table = np.array(rows, np.float64).reshape(-1, 6)
        ids, classes = table[:, 0].astype(int).tolist(), table[:, 1].astype(int).tolist()
        found.append(source.judge(table[:, 2:], ids, classes, number * frame_ns))
    return found


def crossings(frames: Sequence[Sequence[Row]], rules: Rules) -> dict[tuple[int, str], list[int]]:
    """The frames in which an identity crossed the line of a name."""
    crossed = defaultdict(list)
    for number, found in enumerate(findings(frames, rules)):
        for place, each in found.objects.items():
            for name in each.lines:
                crossed[int(frames[number][place][0]), name].append(number)
    return dict(crossed)


def walk(
    *corners: tuple[float, float], step: float = 4, size: tuple[int, int] = (20, 40)
) -> list[list[list[float]]]:
    """One object, number 7 of class 2, whose lower middle goes from corner to corner."""
    width, height = size
    frames = []
    for start, end in zip(corners, (*corners[1:], corners[-1]), strict=True):
        steps = max(round(float(np.hypot(*np.subtract(end, start))) / step), 1)
        for share in np.arange(steps) / steps:
            x, y = np.add(start, share * np.subtract(end, start))
            frames.append([[7.0, 2.0, x - width / 2, y - height, width, height]])
    return frames


def stay(frames: list[list[list[float]]], count: int) -> list[list[list[float]]]:
    """The last frame, again and again."""
    return [frames[-1]] * count


def square(left: int, top: int, size: int) -> tuple[Point, ...]:
    """The corners of a square."""
    right, low = left + size, top + size
    return ((left, top), (right, top), (right, low), (left, low))

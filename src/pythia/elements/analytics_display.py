"""The rules of nvdsanalytics as shapes over a frame, in DeepStream's colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pythia.meta.portable_osd import (
    PortableColor,
    PortableDisplay,
    PortableFont,
    PortableLine,
    PortableText,
)

if TYPE_CHECKING:
    from pythia.vision.analytics.config import AnalyticsConfig
    from pythia.vision.analytics.rules import Point, Rules
    from pythia.vision.analytics.source import Findings

FONT = "Serif"

_MOST = 16  # shapes of a kind in one display metadata
_YELLOW, _ORANGE, _RED, _GREEN = (1, 1, 0, 1), (1, 0.5, 0, 1), (1, 0, 0, 1), (0, 1, 0, 1)
_BLACK = (0, 0, 0, 1)
_HEAD = 0.15  # of the arrow's length
_HEAD_ANGLE = math.radians(15)
_COUNTS = 2


def displays(rules: Rules, findings: Findings, config: AnalyticsConfig) -> list[PortableDisplay]:
    """What to draw over a frame for rules in its pixels."""
    sketch = _Sketch(config.display_font_size)
    if config.display_obj_cnt:
        counts = sorted(findings.class_counts.items())
        text = "".join(f" ClassId{class_id}={count}" for class_id, count in counts)
        sketch.text(f"Count for{text}", (5, 5), _YELLOW)
    if config.osd_mode:
        _sketch_rules(sketch, rules, findings, counts=config.osd_mode == _COUNTS)
    return sketch.displays()


def _sketch_rules(sketch: _Sketch, rules: Rules, findings: Findings, *, counts: bool) -> None:
    for roi in rules.rois:
        text = f"{roi.name}={findings.inside[roi.name]}" if counts else roi.name
        sketch.region(text, roi.points, _YELLOW)
    for crowd in rules.crowds:
        state = f"{crowd.name} OverCrowding={findings.crowded[crowd.name]}"
        text = f"{state}, Count={findings.inside[crowd.name]}" if counts else crowd.name
        sketch.region(text, crowd.points, _ORANGE)
    for direction in rules.directions:
        sketch.text(direction.name, direction.points[0], _RED)
        sketch.arrow(direction.points, _RED)
    for line in rules.lines:
        so_far = findings.crossings_so_far[line.name]
        text = f"{line.name}={so_far}" if counts else f"{line.name} "
        sketch.text(text, line.points[3], _GREEN)
        sketch.arrow(line.points[:2], _GREEN)
        sketch.line(line.points[2:], _GREEN)


_Colour = tuple[float, float, float, float]


class _Sketch:
    """Gathers texts and lines."""

    def __init__(self, font_size: int) -> None:
        self._font_size = font_size
        self._texts: list[PortableText] = []
        self._lines: list[PortableLine] = []

    def displays(self) -> list[PortableDisplay]:
        """All of it, in as few display metadata as can hold it."""
        parts = range(0, max(len(self._texts), len(self._lines)), _MOST)
        return [
            PortableDisplay(
                text_params=self._texts[start : start + _MOST],
                line_params=self._lines[start : start + _MOST],
            )
            for start in parts
        ]

    def text(self, text: str, place: Point, colour: _Colour) -> None:
        """A text on black."""
        font = PortableFont(FONT, self._font_size, PortableColor(*colour))
        self._texts.append(PortableText(text, *place, font, 1, PortableColor(*_BLACK)))

    def line(self, points: Sequence[Point], colour: _Colour) -> None:
        """A line of two pixels between two points."""
        (x1, y1), (x2, y2) = points
        self._lines.append(PortableLine(x1, y1, x2, y2, 2, PortableColor(*colour)))

    def region(self, text: str, points: Sequence[Point], colour: _Colour) -> None:
        """A closed polygon; its text begins below its first point and beside its second."""
        self.text(text, (points[0][0], points[1][1]), colour)
        for ends in zip(points, (*points[1:], points[0]), strict=True):
            self.line(ends, colour)

    def arrow(self, points: Sequence[Point], colour: _Colour) -> None:
        """A line with a head of two strokes at its second point."""
        self.line(points, colour)
        start, end = points
        back = (start[0] - end[0]) * _HEAD, (start[1] - end[1]) * _HEAD
        cos = math.cos(_HEAD_ANGLE)
        for sin in (math.sin(_HEAD_ANGLE), -math.sin(_HEAD_ANGLE)):
            x, y = end[0] + back[0] * cos + back[1] * sin, end[1] + back[1] * cos - back[0] * sin
            self.line(((int(x), int(y)), end), colour)

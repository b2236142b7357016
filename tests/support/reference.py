"""Detections against a reference, by the rule of the real data's README."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_STRONG = 0.10  # above the threshold; weaker detections differ between decoders
_IOU = 0.7

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels of the video."""


@dataclass(frozen=True)
class Found:
    """One detection."""

    label: str
    confidence: float
    box: Box


class Comparison:
    """How our strong detections and those of one reference file meet.

    Args:
        reference: the content of the file.
    """

    def __init__(self, reference: Mapping[str, Any]) -> None:
        self._strong = reference["threshold"] + _STRONG
        self.frames = {
            frame["frame"]: [
                Found(one["label"], one["conf"], tuple(one["box"])) for one in frame["detections"]
            ]
            for frame in reference["frames"]
        }
        self.wanted = self.ours = self.found = self.extra = 0
        self.differences: list[float] = []

    def count(self, number: int, mine: Iterable[Found]) -> None:
        """Add our detections on one of the reference's frames."""
        mine, theirs = list(mine), self.frames[number]
        for one in self._strong_ones(theirs):
            self.wanted += 1
            near = _matches(one, mine)
            if near:
                self.found += 1
                self.differences.append(min(abs(o.confidence - one.confidence) for o in near))
        for one in self._strong_ones(mine):
            self.ours += 1
            self.extra += not _matches(one, theirs)

    def check(self) -> None:
        """Assert the rule."""
        assert self.wanted >= 15, "too few to say anything"
        assert self.found >= 0.97 * self.wanted
        assert self.extra <= 0.03 * self.ours
        assert np.mean(np.array(self.differences) <= 0.10) >= 0.95
        assert max(self.differences) <= 0.20

    def _strong_ones(self, detections: Iterable[Found]) -> list[Found]:
        return [one for one in detections if one.confidence >= self._strong]


def _matches(one: Found, others: Iterable[Found]) -> list[Found]:
    return [o for o in others if o.label == one.label and iou(o.box, one.box) >= _IOU]


def iou(a: Box, b: Box) -> float:
    """Intersection over union."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)

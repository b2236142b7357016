"""Mean average precision of detections against ground truth.

The measure is COCO's 101-point average precision at one overlap (0.5 by default), per class, and
its mean over the classes that have ground truth. Ground truth that is too small or too hidden is
*ignored*: it is never a miss, and a detection that lies mostly on it is never a false alarm.
Boxes are rows of left, top, width and height.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

RECALL_POINTS = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class Truth:
    """The ground truth of one frame."""

    boxes: Floats
    class_ids: NDArray[np.int64]
    ignored: Flags


@dataclass(frozen=True)
class Detections:
    """The detections of one frame."""

    boxes: Floats
    class_ids: NDArray[np.int64]
    confidences: Floats


@dataclass(frozen=True)
class Precision:
    """Average precision per class (absent where a class has no ground truth) and the mean."""

    per_class: dict[int, float]

    @property
    def mean(self) -> float:
        """The mean over the classes; 0 when there is no ground truth at all."""
        return float(np.mean(list(self.per_class.values()))) if self.per_class else 0.0


def intersections(ones: Floats, others: Floats) -> Floats:
    """Shared areas of every box of one list with every box of another."""
    low = np.maximum(ones[:, None, :2], others[None, :, :2])
    high = np.minimum(
        ones[:, None, :2] + ones[:, None, 2:], others[None, :, :2] + others[None, :, 2:]
    )
    shared: Floats = np.prod(np.clip(high - low, 0.0, None), axis=2)
    return shared


def overlaps(ones: Floats, others: Floats) -> Floats:
    """Intersection over union of every box of one list with every box of another."""
    shared = intersections(ones, others)
    areas = np.prod(ones[:, 2:], axis=1)[:, None] + np.prod(others[:, 2:], axis=1)[None, :]
    ratio: Floats = shared / np.maximum(areas - shared, 1e-9)
    return ratio


def average_precision(confidences: Floats, hits: Flags, wanted: int) -> float:
    """Average precision of detections that were judged, given how many things there were."""
    if wanted == 0 or len(confidences) == 0:
        return 0.0
    order = np.argsort(-confidences, kind="stable")
    found = np.cumsum(hits[order])
    recall = found / wanted
    precision = found / np.arange(1, len(order) + 1)
    # The best precision at this recall or any higher one.
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, RECALL_POINTS, side="left")
    padded = np.append(envelope, 0.0)
    return float(padded[places].mean())


def judge(truth: Truth, detections: Detections, least: float) -> tuple[Flags, Flags]:
    """Judge one frame's detections of one class.

    The most confident detection chooses first and takes the free thing it overlaps most.

    Returns:
        Which detections are hits, and which count at all.
    """
    count = len(detections.boxes)
    hits, counted = np.zeros(count, np.bool_), np.ones(count, np.bool_)
    ratio = overlaps(detections.boxes, truth.boxes)
    areas = np.maximum(np.prod(detections.boxes[:, 2:], axis=1), 1e-9)
    inside = intersections(detections.boxes, truth.boxes) / areas[:, None]
    free = ~truth.ignored
    for place in np.argsort(-detections.confidences, kind="stable"):
        candidates = np.where(free, ratio[place], -1.0)
        best = int(np.argmax(candidates)) if len(candidates) else -1
        if best >= 0 and candidates[best] >= least:
            hits[place], free[best] = True, False
        elif np.any(inside[place][truth.ignored] >= least):
            counted[place] = False
    return hits, counted


def evaluate(
    truths: Sequence[Truth], detections: Sequence[Detections], least: float = 0.5
) -> Precision:
    """Average precision over the frames of a video, frame by frame in the same order."""
    classes = {int(each) for truth in truths for each in truth.class_ids[~truth.ignored]}
    return Precision(
        {each: _class_precision(truths, detections, each, least) for each in sorted(classes)}
    )


def _class_precision(
    truths: Sequence[Truth], detections: Sequence[Detections], class_id: int, least: float
) -> float:
    confidences: list[Floats] = []
    hits: list[Flags] = []
    wanted = 0
    for truth, given in zip(truths, detections, strict=True):
        real = _truth_of(truth, class_id)
        said = _detections_of(given, class_id)
        hit, counted = judge(real, said, least)
        wanted += int((~real.ignored).sum())
        confidences.append(said.confidences[counted])
        hits.append(hit[counted])
    return average_precision(np.concatenate(confidences), np.concatenate(hits), wanted)


def _truth_of(truth: Truth, class_id: int) -> Truth:
    mine = truth.class_ids == class_id
    return Truth(truth.boxes[mine], truth.class_ids[mine], truth.ignored[mine])


def _detections_of(detections: Detections, class_id: int) -> Detections:
    mine = detections.class_ids == class_id
    return Detections(
        detections.boxes[mine], detections.class_ids[mine], detections.confidences[mine]
    )


def truth_of_rows(rows: Sequence[Sequence[float]], min_size: float, min_visibility: float) -> Truth:
    """One frame of a sample's ground truth: id, class, left, top, width, height, visibility."""
    table = np.asarray(rows, np.float64).reshape(-1, 7)
    small = np.min(table[:, 4:6], axis=1, initial=np.inf) < min_size
    hidden = table[:, 6] < min_visibility
    return Truth(table[:, 2:6], table[:, 1].astype(np.int64), small | hidden)

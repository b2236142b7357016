"""Which detection belongs to which target.

Scores and stages follow "Data Association" in DeepStream's tracker manual: the greedy matcher
looks at all pairs at once, the cascaded one at confident detections first and lets weak ones only
carry on what is known already (the idea of ByteTrack).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pythia.vision.boxes import iou_matrix
from pythia.vision.tracking.config import CASCADED, DataAssociator
from pythia.vision.tracking.estimator import Floats

Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]
Pairs = list[tuple[int, int]]
"""Target and detection."""


@dataclass(frozen=True)
class Candidates:
    """Targets or detections: boxes (left, top, width, height) and classes, one a row."""

    boxes: Floats
    class_ids: NDArray[np.intp]


@dataclass(frozen=True)
class Similarities:
    """What else is known of each pair (targets, detections); None where nothing is."""

    visual: Floats | None = None
    reid: Floats | None = None
    mahalanobis: Floats | None = None


def overlaps(ones: Floats, others: Floats) -> Floats:
    """Intersection over union of all pairs of boxes."""
    return np.asarray(iou_matrix(_corners(ones), _corners(others)), np.float64)


def _corners(boxes: Floats) -> Floats:
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)


def size_similarities(ones: Floats, others: Floats) -> Floats:
    """How alike two boxes are in width and height: their overlap if they had one centre."""
    a, b = np.maximum(ones[:, None, 2:], 1e-6), np.maximum(others[None, :, 2:], 1e-6)
    return np.asarray((np.minimum(a, b) / np.maximum(a, b)).prod(axis=2))


def match_greedily(scores: Floats, valid: Flags) -> Pairs:
    """The best pair first, then the best one of what is left, and so on."""
    ones, others = np.nonzero(valid)
    order = np.argsort(-scores[ones, others], kind="stable")
    taken: set[int] = set()
    used: set[int] = set()
    pairs = []
    for one, other in zip(ones[order].tolist(), others[order].tolist(), strict=True):
        if one not in taken and other not in used:
            taken.add(one)
            used.add(other)
            pairs.append((one, other))
    return pairs


def match_globally(scores: Floats, valid: Flags) -> Pairs:
    """The pairs with the greatest sum of scores (the assignment problem)."""
    from scipy.optimize import linear_sum_assignment  # not worth waiting for where nobody asks

    if not valid.any():
        return []
    gain = np.where(valid, scores + 1e-9, 0.0)  # a pair that may be beats none at all
    ones, others = linear_sum_assignment(gain, maximize=True)
    return [
        (one, other)
        for one, other in zip(ones.tolist(), others.tolist(), strict=True)
        if valid[one, other]
    ]


class Associator:
    """Matches targets and detections as a configuration says."""

    def __init__(self, config: DataAssociator) -> None:
        self._config = config
        self._match = match_globally if self.cascaded else match_greedily
        self._match(np.zeros((0, 0)), np.zeros((0, 0), np.bool_))  # so that no frame waits

    @property
    def cascaded(self) -> bool:
        """Whether weak detections are kept apart."""
        return self._config.association_matcher_type == CASCADED

    def confirmed(self, confidences: Floats) -> Flags:
        """Which detections may begin a target."""
        if not self.cascaded:
            return np.ones(len(confidences), np.bool_)
        return confidences >= self._config.tentative_detector_confidence

    def associate(
        self,
        targets: Candidates,
        validated: Flags,
        active: Flags,
        detections: Candidates,
        confirmed: Flags,
        extra: Similarities,
    ) -> Pairs:
        """Pairs of rows.

        Args:
            targets: where the targets are expected.
            validated: targets whose probation is over.
            active: those of them that are not in the shadow.
            detections: what the detector saw.
            confirmed: detections of :meth:`confirmed`.
            extra: further similarities of the pairs.
        """
        if not len(targets.boxes) or not len(detections.boxes):
            return []
        iou = overlaps(targets.boxes, detections.boxes)
        allowed = self._same_class(targets, detections)
        valid = allowed & self._valid(targets, detections, iou, extra)
        scores = self._scores(targets, detections, iou, extra)
        valid &= scores >= self._config.min_matching_score_for_overall
        if not self.cascaded:
            return self._match(scores, valid)
        config = self._config
        stages = (
            (validated, confirmed, scores, valid),
            (active, ~confirmed, iou, iou >= config.min_matching_score_for_tentative_iou),
            (~validated, confirmed, iou, iou >= config.min_matching_score_for_iou),
        )
        pairs: Pairs = []
        free, unseen = np.ones(len(validated), np.bool_), np.ones(len(confirmed), np.bool_)
        for ones, others, score, good in stages:
            stage = good & allowed & (iou > 0) & (ones & free)[:, None] & (others & unseen)[None]
            found = self._match(score, stage)
            pairs += found
            free[[one for one, _ in found]] = False
            unseen[[other for _, other in found]] = False
        return pairs

    def may_begin(
        self, targets: Candidates, detections: Candidates, rows: Rows, most: float
    ) -> list[int]:
        """Those of the unmatched detections ``rows`` that overlap no target by more than ``most``.

        Targets that begin with one of them count for the next ones.
        """
        boxes = np.concatenate([targets.boxes, detections.boxes[rows]])
        classes = np.concatenate([targets.class_ids, detections.class_ids[rows]])
        near = overlaps(detections.boxes[rows], boxes) > most
        if self._config.check_class_match:
            near &= detections.class_ids[rows][:, None] == classes[None]
        first = len(targets.boxes)
        begun: list[int] = []
        for place in range(len(rows)):
            others = [*range(first), *(first + other for other in begun)]
            if not near[place, others].any():
                begun.append(place)
        return [int(rows[place]) for place in begun]

    def _same_class(self, targets: Candidates, detections: Candidates) -> Flags:
        if not self._config.check_class_match:
            return np.ones((len(targets.boxes), len(detections.boxes)), np.bool_)
        return np.asarray(targets.class_ids[:, None] == detections.class_ids[None])

    def _valid(
        self, targets: Candidates, detections: Candidates, iou: Floats, extra: Similarities
    ) -> Flags:
        config = self._config
        sizes = size_similarities(targets.boxes, detections.boxes)
        valid = (iou >= config.min_matching_score_for_iou) & (iou > 0)
        valid &= sizes >= config.min_matching_score_for_size_similarity
        if extra.visual is not None:
            valid &= extra.visual >= config.min_matching_score_for_visual_similarity
        if extra.reid is not None:
            valid &= extra.reid >= config.min_matching_score_for_reid_similarity
        if extra.mahalanobis is not None and config.threshold_mahalanobis >= 0:
            valid &= extra.mahalanobis <= config.threshold_mahalanobis
        return np.asarray(valid)

    def _scores(
        self, targets: Candidates, detections: Candidates, iou: Floats, extra: Similarities
    ) -> Floats:
        config = self._config
        scores = config.matching_score_weight_for_iou * iou
        if config.matching_score_weight_for_size_similarity:
            sizes = size_similarities(targets.boxes, detections.boxes)
            scores = scores + config.matching_score_weight_for_size_similarity * sizes
        if extra.visual is not None:
            scores = scores + config.matching_score_weight_for_visual_similarity * extra.visual
        if extra.reid is not None:
            scores = scores + config.matching_score_weight_for_reid_similarity * extra.reid
        return scores

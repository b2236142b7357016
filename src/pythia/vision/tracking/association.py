"""Which detection belongs to which target.

Scores and stages follow "Data Association" in DeepStream's tracker manual: the greedy matcher
looks at all pairs at once, the cascaded one at confident detections first and lets weak ones only
carry on what is known already (the idea of ByteTrack).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pythia.vision.tracking.config import CASCADED, DataAssociator
from pythia.vision.tracking.estimator import Floats

Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]
Pairs = list[tuple[int, int]]
"""Target and detection."""

_TINY = 1e-6


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
    """Intersection over union of all pairs of boxes; all with an area."""
    width, height = (
        np.minimum((ones[:, n] + ones[:, n + 2])[:, None], others[:, n] + others[:, n + 2])
        - np.maximum(ones[:, n, None], others[:, n])
        for n in (0, 1)
    )
    common = np.maximum(width, 0) * np.maximum(height, 0)
    areas, other_areas = ones[:, 2] * ones[:, 3], others[:, 2] * others[:, 3]
    return np.asarray(common / np.maximum(areas[:, None] + other_areas - common, _TINY))


def size_similarities(ones: Floats, others: Floats) -> Floats:
    """How alike two boxes are in width and height: their overlap if they had one centre."""
    width, height = (
        np.minimum(ones[:, n, None], others[:, n])
        / np.maximum(np.maximum(ones[:, n, None], others[:, n]), _TINY)
        for n in (2, 3)
    )
    return np.asarray(width * height)


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
        sizes = size_similarities(targets.boxes, detections.boxes)
        allowed = self._same_class(targets, detections) & (iou > 0)
        scores = self._scores(iou, sizes, extra)
        valid = allowed & self._valid(iou, sizes, extra)
        valid &= scores >= self._config.min_matching_score_for_overall
        if not self.cascaded:
            return self._match(scores, valid)
        config = self._config
        weak = allowed & (iou >= config.min_matching_score_for_tentative_iou)
        new = allowed & (iou >= config.min_matching_score_for_iou)
        return self._match_in_stages(
            (scores, valid & validated[:, None] & confirmed),
            (iou, weak & active[:, None] & ~confirmed),
            (iou, new & ~validated[:, None] & confirmed),
        )

    def _match_in_stages(self, *stages: tuple[Floats, Flags]) -> Pairs:
        """Scores and valid pairs stage by stage; each has what the ones before left."""
        pairs: Pairs = []
        for scores, valid in stages:
            valid[[one for one, _ in pairs]] = False
            valid[:, [other for _, other in pairs]] = False
            pairs += self._match(scores, valid)
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
        on_target, on_other = np.split(near, [len(targets.boxes)], axis=1)
        begun: list[int] = []
        for place in np.flatnonzero(~on_target.any(axis=1)).tolist():
            if not on_other[place, begun].any():
                begun.append(place)
        return [int(rows[place]) for place in begun]

    def _same_class(self, targets: Candidates, detections: Candidates) -> Flags:
        if not self._config.check_class_match:
            return np.ones((len(targets.boxes), len(detections.boxes)), np.bool_)
        return np.asarray(targets.class_ids[:, None] == detections.class_ids[None])

    def _valid(self, iou: Floats, sizes: Floats, extra: Similarities) -> Flags:
        config = self._config
        valid = iou >= config.min_matching_score_for_iou
        valid &= sizes >= config.min_matching_score_for_size_similarity
        if extra.visual is not None:
            valid &= extra.visual >= config.min_matching_score_for_visual_similarity
        if extra.reid is not None:
            valid &= extra.reid >= config.min_matching_score_for_reid_similarity
        if extra.mahalanobis is not None and config.threshold_mahalanobis >= 0:
            valid &= extra.mahalanobis <= config.threshold_mahalanobis
        return np.asarray(valid)

    def _scores(self, iou: Floats, sizes: Floats, extra: Similarities) -> Floats:
        config = self._config
        weighted = (
            (config.matching_score_weight_for_iou, iou),
            (config.matching_score_weight_for_size_similarity, sizes),
            (config.matching_score_weight_for_visual_similarity, extra.visual),
            (config.matching_score_weight_for_reid_similarity, extra.reid),
        )
        scores = np.zeros(iou.shape)
        for weight, values in weighted:
            if weight and values is not None:
                scores += weight * values
        return scores

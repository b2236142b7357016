"""Targets that were lost and come back: a new one takes over the identity of an old one.

After "Target Re-Association" of DeepStream's tracker manual: the path of a lost target is projected
on, and a new target whose first steps lie on it, and that moves and looks alike, is the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from pythia.vision.tracking.association import overlaps, size_similarities
from pythia.vision.tracking.config import NO_ESTIMATOR, SIMPLE_BBOX, TrackerConfig
from pythia.vision.tracking.estimator import Estimator, Floats, noise_of
from pythia.vision.tracking.target import ACTIVE, Target

_SLOW = 0.01
"""Speeds below this share of a target's height a frame have no direction."""


@dataclass(frozen=True)
class Lost:
    """A lost target and where it is expected.

    ``boxes[i]`` is for the frame ``i`` after the one in which it was seen last; ``velocity`` is in
    pixels a frame.
    """

    target: Target
    boxes: Floats
    velocity: Floats

    def is_over(self, now: int) -> bool:
        """Whether the projected path has come to its end."""
        return now >= self.target.seen + len(self.boxes)


class Reassociation:
    """Remembers the lost targets of one stream. Times are frames of the stream."""

    def __init__(self, config: TrackerConfig) -> None:
        self._rules = config.trajectory_management
        self._checks_class = config.data_associator.check_class_match
        self._shadow = config.target_management.max_shadow_tracking_age
        estimator = config.state_estimator
        if estimator.state_estimator_type == NO_ESTIMATOR:
            estimator = replace(estimator, state_estimator_type=SIMPLE_BBOX)
        self._estimator = estimator
        self._noise = noise_of(estimator).scaled(
            self._rules.trajectory_projection_process_noise_scale,
            self._rules.trajectory_projection_measurement_noise_scale,
        )
        self._lost: list[Lost] = []

    @property
    def targets(self) -> list[Target]:
        """The targets that may still come back."""
        return [lost.target for lost in self._lost]

    def lose(self, target: Target) -> bool:
        """Remember a target that ended, if it was there for long enough; says so."""
        lost = self._projected(target)
        if lost is not None:
            self._lost.append(lost)
        return lost is not None

    def forget(self, now: int) -> list[Target]:
        """Let go of the lost targets whose projected path is over, and tell which."""
        over = [lost.target for lost in self._lost if lost.is_over(now)]
        self._lost = [lost for lost in self._lost if not lost.is_over(now)]
        return over

    def find(self, new: Target, boxes: Floats, hidden: Iterable[Target]) -> Target | None:
        """The lost target that ``new`` is; it is no longer remembered then.

        Args:
            new: a target that is about to be reported for the first time.
            boxes: where it was in each frame of its life, (frames, 4).
            hidden: targets that still are followed in the shadow.
        """
        candidates = [*self._lost, *filter(None, map(self._projected, hidden))]
        scores = [self._score(new, boxes, lost) for lost in candidates]
        best = max(range(len(scores)), key=scores.__getitem__, default=-1)
        if best < 0 or scores[best] <= 0:
            return None
        chosen = candidates[best].target
        self._lost = [lost for lost in self._lost if lost.target is not chosen]
        return chosen

    def _projected(self, target: Target) -> Lost | None:
        """A target's path, projected on from where it was seen last."""
        moments = [moment for moment in target.trajectory or () if moment.state == ACTIVE]
        least = max(2, self._rules.min_trajectory_length_for_projection)
        if target.id < 0 or len(moments) < least:
            return None
        length = max(2, self._rules.prep_length_for_trajectory_projection)
        boxes = np.array([moment.box for moment in moments[-length:]])
        estimator = Estimator(self._estimator, self._noise)
        estimator.add(boxes[:1])
        row = np.zeros(1, np.intp)
        for box in boxes[1:]:
            estimator.predict()
            estimator.correct(row, box[None])
        steps = estimator.projected(self._shadow + self._rules.trajectory_projection_length)[0]
        velocity = estimator.velocities[0].copy()
        return Lost(target, np.concatenate([boxes[-1:], steps]), velocity)

    def _score(self, new: Target, boxes: Floats, lost: Lost) -> float:
        """How surely two are the same; 0 if they cannot be."""
        rules, old = self._rules, lost.target
        if self._checks_class and old.class_id != new.class_id:
            return 0.0
        if old.seen >= new.born or not self._is_near(boxes[0], lost):
            return 0.0
        tracklet, place = self._tracklet_similarity(new.born, boxes, lost)
        sizes = size_similarities(boxes[-1:], lost.boxes[place : place + 1])[0, 0]
        if (
            tracklet < rules.min_tracklet_matching_score
            or sizes < rules.min_bbox_size_similarity_for_tracklet_matching
            or not self._moves_alike(boxes, lost.velocity)
        ):
            return 0.0
        score = rules.matching_score_weight_for_tracklet_similarity * tracklet
        if new.gallery is not None and old.gallery is not None:
            looks = float(old.gallery.similarities(new.gallery.last[None])[0])
            if looks < rules.min_matching_score_for_reid_similarity:
                return 0.0
            score += rules.matching_score_weight_for_reid_similarity * looks
        return score if score >= rules.min_matching_score_for_overall else 0.0

    def _is_near(self, box: Floats, lost: Lost) -> bool:
        """Whether a box, grown by ``trackletSpacialSearchRegionScale``, touches the path."""
        margin = self._rules.tracklet_spacial_search_region_scale * math.hypot(box[2], box[3])
        grown = np.array([[*(box[:2] - margin), *(box[2:] + 2 * margin)]])
        return bool((overlaps(grown, lost.boxes) > 0).any())

    def _tracklet_similarity(self, born: int, boxes: Floats, lost: Lost) -> tuple[float, int]:
        """The best mean overlap with the path, a little earlier or later, and where it ends."""
        table = overlaps(boxes, lost.boxes)
        count, length = table.shape
        steps = np.arange(count)
        start = born - lost.target.seen
        most = self._rules.max_tracklet_matching_time_search_range
        best, place = 0.0, 0
        for first in range(max(0, start - most), min(start + most, length - count) + 1):
            mean = float(table[steps, first + steps].mean())
            if mean > best:
                best, place = mean, first + count - 1
        return best, place

    def _moves_alike(self, boxes: Floats, velocity: Floats) -> bool:
        centres = boxes[:, :2] + boxes[:, 2:] / 2
        mine = (centres[-1] - centres[0]) / max(1, len(boxes) - 1)
        speed, other = math.hypot(*mine), math.hypot(*velocity)
        slow = _SLOW * float(boxes[-1, 3])
        similarity = (min(speed, other) + slow) / (max(speed, other) + slow)
        if similarity < self._rules.min_speed_similarity_for_tracklet_matching:
            return False
        if min(speed, other) < slow:
            return True
        cosine = float(mine @ velocity) / (speed * other)
        angle = math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
        return angle <= self._rules.max_angle_for_tracklet_matching

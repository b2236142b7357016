"""Tracks the objects of one stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pythia.vision.tracking.association import (
    Associator,
    Candidates,
    Flags,
    Pairs,
    Rows,
    Similarities,
    overlaps,
)
from pythia.vision.tracking.config import NO_ESTIMATOR, TrackerConfig
from pythia.vision.tracking.estimator import Estimator, Floats
from pythia.vision.tracking.frame import (
    Box,
    Frame,
    Moment,
    Report,
    Track,
    Tracked,
    touching,
    unclipped,
    visibilities,
)
from pythia.vision.tracking.looks import Looks
from pythia.vision.tracking.reassociation import Reassociation
from pythia.vision.tracking.target import (
    ACTIVE,
    EMPTY,
    INACTIVE,
    TENTATIVE,
    Sight,
    Target,
    live,
)

if TYPE_CHECKING:
    from pythia.vision.tracking.correlation import CorrelationFilters
    from pythia.vision.tracking.patches import PatchSource
    from pythia.vision.tracking.reid import ReidNetwork, Vectors

_FADING = 0.85
"""What is left of a visual tracker's confidence after each frame that does not confirm it."""

_BLIND = 300
"""Frames for which a target is carried on by prediction alone where the detector does not run."""

_COVERED = 0.3
"""Overlap from which on a confirmed target hides an unconfirmed one of its class."""


class StreamTracker:
    """The targets of one stream.

    Args:
        config: what kind of tracker this is.
        new_id: gives the id of a target that is reported for the first time.
        reid: the re-identification network, where the configuration has one.
    """

    def __init__(
        self, config: TrackerConfig, new_id: Callable[[], int], reid: ReidNetwork | None = None
    ) -> None:
        self._config = config
        self._rules = config.target_management
        self._new_id = new_id
        self._now = 0
        self._targets: list[Target] = []
        self._estimator = Estimator(config.state_estimator)
        self._predicts = config.state_estimator.state_estimator_type != NO_ESTIMATOR
        self._associator = Associator(config.data_associator)
        self._looks = Looks(config, reid)
        self._reassociation: Reassociation | None = None
        if config.trajectory_management.enable_re_assoc:
            self._reassociation = Reassociation(config)
        self._visual: CorrelationFilters | None = None
        if config.visual_tracker.visual_tracker_type:
            from pythia.vision.tracking.correlation import CorrelationFilters

            self._visual = CorrelationFilters(config.visual_tracker, config.target_management)

    def process(self, frame: Frame) -> Report:
        """Take one frame in."""
        self._now += 1
        report = Report()
        known = self._estimator.boxes
        self._advance()
        source = self._look(frame)
        predicted = self._config.data_associator.use_prediction_for_assoc or source is not None
        rows = self._considered(frame)
        expected = self._estimator.boxes if predicted else known
        seen = self._looks.see(frame, rows)
        self._confirm(frame, self._associate(frame, rows, expected, source is not None, seen))
        self._live(frame, source is not None)
        self._end(report)
        self._begin(frame, rows)
        seen = self._looks.remember(frame, self._targets, seen)
        self._identify()
        self._report(frame, report, seen)
        self._learn(frame, source)
        return report

    def finish(self) -> list[Track]:
        """The tracks of all targets that have not ended yet, where tracks are kept."""
        back = self._reassociation.targets if self._reassociation is not None else []
        return [_track(target) for target in [*back, *self._targets] if target.id >= 0]

    # Where targets are now

    def _advance(self) -> None:
        for target in self._targets:
            target.age += 1
            target.detection = -1
        self._estimator.predict()

    def _look(self, frame: Frame) -> PatchSource | None:
        """Find the targets by their looks; None where there is nothing to look at."""
        if self._visual is None or frame.image is None:
            return None
        from pythia.vision.tracking.patches import PatchSource

        source = PatchSource(frame.image, frame.size)
        if self._targets:
            centres, confidences = self._visual.locate(source, self._estimator.boxes)
            fading = _FADING ** np.array([target.shadow_age for target in self._targets])
            confidences = confidences * fading
            found = np.flatnonzero(confidences >= self._rules.min_tracker_confidence)
            self._estimator.correct_centres(found, centres[found])
            for target, confidence in zip(self._targets, confidences.tolist(), strict=True):
                target.confidence = confidence
        return source

    # Which detection is which target

    def _considered(self, frame: Frame) -> Rows:
        """The rows of detections that may be targets: sure enough, and somewhere in the picture.

        What is no box at all, because a parser divided by zero, is in no picture.
        """
        if not frame.looked:
            return np.zeros(0, np.intp)
        good = frame.confidences >= self._config.base_config.min_detector_confidence
        good &= (frame.boxes[:, 2:] > 0).all(axis=1) & np.isfinite(frame.boxes).all(axis=1)
        rows: Rows = np.flatnonzero(good & touching(frame.boxes, frame.size))
        return rows

    def _associate(
        self,
        frame: Frame,
        rows: Rows,
        expected: Floats,
        located: bool,
        seen: dict[int, Vectors],
    ) -> Pairs:
        if not self._targets or not len(rows):
            return []
        detections = Candidates(frame.boxes[rows], frame.class_ids[rows])
        mahalanobis = None
        if self._predicts and self._config.data_associator.threshold_mahalanobis >= 0:
            mahalanobis = self._estimator.distances(detections.boxes)
        visual = None
        if located and self._visual is not None:
            visual = self._visual.similarities(detections.boxes)
        likeness = None
        if seen:
            near = overlaps(expected, detections.boxes) > 0
            likeness = self._looks.likeness(self._targets, seen, near)
        states = np.array([target.state for target in self._targets])
        pairs = self._associator.associate(
            Candidates(expected, self._class_ids()),
            states != TENTATIVE,
            states == ACTIVE,
            detections,
            self._associator.confirmed(frame.confidences[rows]),
            Similarities(visual, likeness, mahalanobis),
        )
        return [(target, int(rows[detection])) for target, detection in pairs]

    def _class_ids(self) -> NDArray[np.intp]:
        return np.array([target.class_id for target in self._targets], np.intp)

    def _confirm(self, frame: Frame, pairs: Pairs) -> None:
        if not pairs:
            return
        rows, detections = (np.array(side, np.intp) for side in zip(*pairs, strict=True))
        boxes = frame.boxes[detections]
        if self._rules.enable_bbox_un_clipping:
            boxes = unclipped(boxes, self._estimator.boxes[rows, 2:], frame.size)
        self._estimator.correct(rows, boxes)
        for row, detection in pairs:
            self._targets[row].detection = detection

    # What becomes of targets

    def _live(self, frame: Frame, located: bool) -> None:
        boxes = self._estimator.boxes
        hidden = self._hidden(boxes) if located and frame.looked else np.zeros(len(boxes), np.bool_)
        inside = touching(boxes, frame.size)
        for row, target in enumerate(self._targets):
            live(target, self._sight(frame, target, located, bool(hidden[row])), self._rules)
            if not inside[row]:
                target.state = EMPTY

    def _sight(self, frame: Frame, target: Target, located: bool, hidden: bool) -> Sight:
        if not located:
            target.confidence = 1.0
            known = target.unmatched <= _BLIND
            return Sight(frame.looked, self._predicts and known and not frame.looked, False)
        found = target.confidence >= self._rules.min_tracker_confidence
        return Sight(frame.looked, found and not hidden, not found)

    def _hidden(self, boxes: Floats) -> Flags:
        """Targets without a detection that lie on one of their class that has one.

        They are behind it, or the same thing twice.
        """
        matched = np.array([target.is_matched for target in self._targets], np.bool_)
        if matched.all():
            return ~matched
        class_ids = self._class_ids()
        same = class_ids[:, None] == class_ids[None]
        return np.asarray(((overlaps(boxes, boxes) > _COVERED) & same & matched[None]).any(axis=1))

    def _end(self, report: Report) -> None:
        """Let go of targets that ended."""
        over = [target for target in self._targets if target.state == EMPTY and target.id >= 0]
        self._keep([row for row, target in enumerate(self._targets) if target.state != EMPTY])
        back = self._reassociation
        if back is not None:
            over = [target for target in over if not back.lose(target)] + back.forget(self._now)
        if self._rules.output_terminated_tracks or self._rules.terminated_track_filename:
            report.terminated += map(_track, over)

    def _keep(self, rows: list[int]) -> None:
        if len(rows) == len(self._targets):
            return
        self._targets = [self._targets[row] for row in rows]
        self._estimator.keep(np.array(rows, np.intp))
        if self._visual is not None:
            self._visual.keep(np.array(rows, np.intp))

    def _begin(self, frame: Frame, rows: Rows) -> None:
        """New targets from confident detections that nobody claims."""
        claimed = {target.detection for target in self._targets}
        confirmed = rows[self._associator.confirmed(frame.confidences[rows])]
        free = np.array([row for row in confirmed.tolist() if row not in claimed], np.intp)
        if not len(free):
            return
        begun = self._associator.may_begin(
            Candidates(self._estimator.boxes, self._class_ids()),
            Candidates(frame.boxes, frame.class_ids),
            free,
            self._rules.min_iou_diff_for_new_target,
        )
        begun = begun[: max(0, self._rules.max_targets_per_stream - len(self._targets))]
        self._estimator.add(frame.boxes[begun])
        if self._visual is not None:
            self._visual.add(len(begun))
        self._targets += [self._new_target(int(frame.class_ids[row]), row) for row in begun]

    def _new_target(self, class_id: int, detection: int) -> Target:
        rules = self._rules
        target = Target(class_id, self._now, detection)
        target.pending = deque(maxlen=rules.max_trajectory_buffer_length)
        if rules.probation_age == 0:
            target.state = ACTIVE
        if (
            rules.output_terminated_tracks
            or rules.terminated_track_filename
            or self._reassociation is not None
        ):
            target.trajectory = deque(maxlen=rules.max_trajectory_buffer_length)
        return target

    def _learn(self, frame: Frame, source: PatchSource | None) -> None:
        """Have the visual tracker take in what was seen."""
        if source is None or self._visual is None:
            return
        least = self._rules.min_tracker_confidence
        rows = [
            row
            for row, target in enumerate(self._targets)
            # Without a detection where there could be one, what is seen there is in doubt.
            if target.is_matched
            or (not frame.looked and target.state == ACTIVE and target.confidence >= least)
        ]
        picked = np.array(rows, np.intp)
        self._visual.learn(source, picked, self._estimator.boxes[picked])

    # What is told

    def _identify(self) -> None:
        """Give ids to the targets that are reported for the first time."""
        gone: set[int] = set()
        for row, target in enumerate(self._targets):
            if target.state == ACTIVE and target.id < 0:
                old = self._returned(row, target, gone)
                if old is None:
                    target.id = self._new_id()
                else:
                    target.take_over(old)
                    gone.add(id(old))
        self._keep([row for row, target in enumerate(self._targets) if id(target) not in gone])

    def _returned(self, row: int, target: Target, gone: set[int]) -> Target | None:
        """The lost target that a new one is, and no other that was new in this frame."""
        if self._reassociation is None:
            return None
        boxes = np.array([*(moment.box for moment in target.pending), self._estimator.boxes[row]])
        hidden = (t for t in self._targets if t.state == INACTIVE and id(t) not in gone)
        return self._reassociation.find(target, boxes, hidden)

    def _report(self, frame: Frame, report: Report, seen: dict[int, Vectors]) -> None:
        boxes = self._estimator.boxes
        shares = visibilities(boxes, frame.size).tolist()
        vectors = seen if self._config.reid.output_reid_tensor else {}
        for target, values, share in zip(self._targets, boxes.tolist(), shares, strict=True):
            box: Box = tuple(values)
            if target.state != ACTIVE or target.trajectory is not None:
                self._note(report, target, Moment(frame.frame_num, box, *target.now, share))
            if target.state == ACTIVE:
                target.seen = self._now
                self._report_active(report, target, box, vectors.get(target.detection))

    def _note(self, report: Report, target: Target, moment: Moment) -> None:
        """Keep a moment for later."""
        if target.trajectory is not None:
            target.trajectory.append(moment)
        if target.state == ACTIVE:
            return
        target.pending.append(moment)
        if target.state == INACTIVE and self._rules.output_shadow_tracks:
            report.shadow.append(Track(target.id, target.class_id, (moment,)))

    @staticmethod
    def _report_active(report: Report, target: Target, box: Box, vector: Vectors | None) -> None:
        report.tracked.append(
            Tracked(target.id, target.class_id, box, target.confidence, target.detection, vector)
        )
        if target.pending:
            report.past.append(Track(target.id, target.class_id, tuple(target.pending)))
            target.pending.clear()


def _track(target: Target) -> Track:
    return Track(target.id, target.class_id, tuple(target.trajectory or ()))

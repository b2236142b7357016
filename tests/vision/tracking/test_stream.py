from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from pythia.vision.image import Image
from pythia.vision.tracking.config import (
    BaseConfig,
    DataAssociator,
    StateEstimator,
    TargetManagement,
    TrackerConfig,
    VisualTracker,
)
from pythia.vision.tracking.frame import Frame, Report, unclipped, visibilities
from pythia.vision.tracking.stream import StreamTracker
from pythia.vision.tracking.target import ACTIVE, INACTIVE, TENTATIVE

Scene = Callable[..., Image]
Boxes = Sequence[tuple[float, ...]]

_SIZE = (320, 240)
_RULES = TargetManagement(probation_age=2, early_termination_age=1, max_shadow_tracking_age=4)
_IOU = TrackerConfig(target_management=_RULES)
_KALMAN = replace(_IOU, state_estimator=StateEstimator(state_estimator_type=2))
_VISUAL = replace(
    _KALMAN,
    visual_tracker=VisualTracker(visual_tracker_type=1),
    target_management=replace(_RULES, min_tracker_confidence=0.3),
)
_BOX = (100.0, 80.0, 40.0, 40.0)


class Followed:
    """A tracker that is given boxes frame by frame, and what it said."""

    def __init__(self, config: TrackerConfig) -> None:
        self.tracker = StreamTracker(config, count().__next__)
        self.number = -1

    def __call__(
        self,
        *boxes: tuple[float, ...],
        looked: bool = True,
        image: Image | None = None,
        confidence: float = 1.0,
        class_ids: Sequence[int] | None = None,
    ) -> Report:
        self.number += 1
        table = np.array(boxes, np.float64).reshape(-1, 4)
        classes = np.array(class_ids or [0] * len(boxes), np.intp)
        confidences = np.full(len(boxes), confidence)
        frame = Frame(self.number, _SIZE, table, classes, confidences, looked, image)
        return self.tracker.process(frame)

    def ids(self, *boxes: tuple[float, ...], **frame: Any) -> list[int]:
        return [one.id for one in self(*boxes, **frame).tracked]


def _known(config: TrackerConfig = _IOU, **frame: Any) -> Followed:
    """A tracker that reports one target at ``_BOX``."""
    follow = Followed(config)
    while not follow(_BOX, **frame).tracked:
        assert follow.number < 20
    return follow


# Beginning


@pytest.mark.parametrize("age", [0, 1, 4])
def test_a_target_is_reported_when_its_probation_is_over(age: int) -> None:
    follow = Followed(replace(_IOU, target_management=replace(_RULES, probation_age=age)))

    reported = [bool(follow.ids(_BOX)) for _ in range(age + 3)]

    assert reported == [False] * age + [True] * 3


@pytest.mark.parametrize(("age", "ids"), [(1, []), (2, [0])])
def test_a_target_on_probation_may_be_missed_less_often_than_its_early_termination_age(
    age: int, ids: list[int]
) -> None:
    follow = Followed(replace(_IOU, target_management=replace(_RULES, early_termination_age=age)))

    follow(_BOX), follow(_BOX), follow()

    assert follow.ids(_BOX) == ids


def test_what_was_seen_on_probation_is_told_afterwards() -> None:
    follow = Followed(_IOU)
    follow(_BOX), follow((104, 80, 40, 40))

    (past,) = follow((108, 80, 40, 40)).past

    assert (past.id, [moment.frame_num for moment in past.moments]) == (0, [0, 1])
    assert [moment.box[0] for moment in past.moments] == [100, 104]
    assert {moment.state for moment in past.moments} == {TENTATIVE}
    assert follow((112, 80, 40, 40)).past == []


def test_weak_detections_are_not_looked_at() -> None:
    follow = Followed(replace(_IOU, base_config=BaseConfig(min_detector_confidence=0.5)))

    assert [follow.ids(_BOX, confidence=0.4) for _ in range(5)] == [[]] * 5


def test_a_detection_that_mostly_lies_on_a_target_begins_none() -> None:
    follow = _known()

    for _ in range(5):
        assert follow.ids(_BOX, (105, 80, 40, 40)) == [0]


def test_there_are_no_more_targets_than_the_configuration_allows() -> None:
    rules = replace(_RULES, max_targets_per_stream=2, probation_age=0)

    assert len(Followed(replace(_IOU, target_management=rules)).ids(*_row(5))) == 2


def _row(number: int) -> Boxes:
    return [(60.0 * n, 80.0, 40.0, 40.0) for n in range(number)]


# Going on


@pytest.mark.parametrize("config", [_IOU, _KALMAN], ids=["iou", "kalman"])
def test_targets_keep_their_ids_while_they_move(config: TrackerConfig) -> None:
    follow = Followed(config)

    for step in range(30):
        ids = follow.ids((20 + 4 * step, 50, 40, 40), (200 - 4 * step, 150, 40, 40))

    assert ids == [0, 1]


def test_the_report_names_the_detection_and_the_class() -> None:
    follow = Followed(_IOU)
    for _ in range(3):
        report = follow((0, 0, 30, 30), _BOX, class_ids=[2, 7])

    assert [(one.detection, one.class_id) for one in report.tracked] == [(0, 2), (1, 7)]
    assert [one.box for one in report.tracked] == [(0, 0, 30, 30), _BOX]
    assert {one.confidence for one in report.tracked} == {1.0}


def test_prediction_is_used_for_the_association_only_if_the_configuration_says_so() -> None:
    def last_ids(predict: bool) -> list[int]:
        associator = DataAssociator(
            use_prediction_for_assoc=predict, min_matching_score_for_iou=0.3
        )
        follow = Followed(replace(_KALMAN, data_associator=associator))
        for step in range(8):
            follow((10 + 14 * step, 80, 40, 40))
        return follow.ids((10 + 14 * 8 + 16, 80, 40, 40))

    assert last_ids(True) == [0]
    assert last_ids(False) == []


# Missed detections and frames without detection


def test_a_target_that_is_missed_is_not_reported_and_comes_back_with_its_past() -> None:
    follow = _known(_KALMAN)
    assert follow.ids() == follow.ids() == []

    report = follow(_BOX)

    assert [one.id for one in report.tracked] == [0]
    assert [moment.state for moment in report.past[0].moments] == [INACTIVE] * 2


@pytest.mark.parametrize(("missed", "ids"), [(4, [0]), (5, [])])
def test_a_target_ends_when_it_was_in_the_shadow_for_too_long(missed: int, ids: list[int]) -> None:
    follow = _known()

    for _ in range(missed):
        follow()

    assert follow.ids(_BOX) == ids


@pytest.mark.parametrize(
    ("config", "reported"), [(_IOU, False), (_KALMAN, True)], ids=["iou", "kalman"]
)
def test_frames_without_detection_do_not_count_as_missed(
    config: TrackerConfig, reported: bool
) -> None:
    follow = _known(config)

    seen = [follow.ids(looked=False) for _ in range(20)]

    assert seen == [[0] if reported else []] * 20
    assert follow.ids(_BOX) == [0]


def test_frames_without_detection_do_not_end_a_probation() -> None:
    follow = Followed(_KALMAN)

    ids = [
        follow.ids(*([_BOX] if step % 3 == 0 else []), looked=step % 3 == 0) for step in range(9)
    ]

    assert ids[-1] == [0]


def test_a_target_that_left_the_picture_ends() -> None:
    follow = Followed(replace(_KALMAN, target_management=replace(_RULES, probation_age=0)))
    for step in range(10):
        follow((200 + 12 * step, 80, 40, 40))

    for _ in range(4):
        follow(looked=False)

    assert follow.ids(looked=False) == []


# With pictures


def test_the_visual_tracker_carries_a_target_through_missed_detections(scene: Scene) -> None:
    follow = _known(_VISUAL, image=scene((100, 80, 1)))

    for step in range(1, 4):
        (one,) = follow(image=scene((100 + 3 * step, 80, 1))).tracked
        assert one.detection == -1
        assert one.box[0] == pytest.approx(100 + 3 * step, abs=3)

    assert 0.3 < one.confidence < 0.9  # it fades while no detection confirms it


def test_the_visual_tracker_follows_over_many_frames_without_detection(scene: Scene) -> None:
    follow = _known(_VISUAL, image=scene((100, 80, 1)))

    for step in range(1, 41):
        image = scene((100 + 2 * step, 80 + step, 1))
        (one,) = follow(image=image, looked=False).tracked

    assert one.box[:2] == pytest.approx((180, 120), abs=4)
    assert one.confidence > 0.6


def test_the_visual_tracker_learns_in_frames_without_detection(scene: Scene) -> None:
    first, last = (scene((100, 80, seed), format="GRAY8").planes[0] for seed in (1, 2))
    follow = _known(_VISUAL, image=scene((100, 80, 1), format="GRAY8"))

    for part in np.linspace(0, 1, 40):
        mixed = ((1 - part) * first + part * last).astype(np.uint8)
        ids = follow.ids(looked=False, image=Image("GRAY8", *_SIZE, (mixed,)))

    assert ids == [0]


def test_a_target_that_is_hidden_is_followed_in_the_shadow(scene: Scene) -> None:
    rules = replace(_VISUAL.target_management, output_shadow_tracks=True)
    follow = _known(replace(_VISUAL, target_management=rules), image=scene((100, 80, 1)))

    report = follow(image=scene())

    assert report.tracked == []
    assert [track.id for track in report.shadow] == [0]
    assert report.shadow[0].moments[0].state == INACTIVE
    assert follow.ids(_BOX, image=scene((100, 80, 1))) == [0]


def test_one_thing_is_not_reported_twice_when_one_target_loses_its_detection(scene: Scene) -> None:
    follow = Followed(_VISUAL)
    image = scene((100, 80, 1))
    for _ in range(4):
        follow(_BOX, (112, 92, 40, 40), image=image)

    assert len(follow.ids(_BOX, image=image)) == 1


def test_without_a_picture_a_visual_tracker_goes_by_boxes() -> None:
    follow = _known(_VISUAL)

    assert follow.ids((104, 80, 40, 40)) == [0]
    assert follow.ids() == []


# The end


def test_targets_that_end_are_told_whole_if_somebody_wants_them() -> None:
    rules = replace(_RULES, output_terminated_tracks=True, max_shadow_tracking_age=1)
    follow = _known(replace(_IOU, target_management=rules))
    follow()

    (track,) = follow().terminated

    assert track.id == 0
    assert [moment.state for moment in track.moments] == [TENTATIVE, TENTATIVE, ACTIVE, INACTIVE]
    assert [moment.age for moment in track.moments] == [0, 1, 2, 3]


def test_targets_that_never_were_reported_are_not_told_when_they_end() -> None:
    follow = Followed(
        replace(_IOU, target_management=replace(_RULES, output_terminated_tracks=True))
    )
    follow(_BOX)

    assert follow().terminated == []


# Borders


def test_a_box_that_the_border_cuts_off_is_completed() -> None:
    boxes = np.array([[0.0, 50, 20, 40], [300, 50, 20, 40], [100, 0, 40, 30], [100, 50, 20, 40]])
    sides = np.array([[40.0, 40]] * 4)

    whole = unclipped(boxes, sides, _SIZE)

    assert whole.tolist() == [
        [-20, 50, 40, 40],
        [300, 50, 40, 40],
        [100, -10, 40, 40],
        [100, 50, 20, 40],
    ]


def test_with_unclipping_a_target_that_leaves_keeps_its_size() -> None:
    rules = replace(_RULES, enable_bbox_un_clipping=True)
    follow = Followed(replace(_KALMAN, target_management=rules))

    for left in range(220, 310, 4):
        report = follow((left, 80, min(40, _SIZE[0] - left), 40))

    assert report.tracked[0].box[2] == pytest.approx(40, abs=3)


@pytest.mark.parametrize(
    ("box", "share"),
    [
        ((10, 10, 20, 20), 1),
        ((-10, 10, 20, 20), 0.5),
        ((310, 230, 20, 20), 0.25),
        ((400, 0, 9, 9), 0),
        ((10, 10, 0, 20), 0),
    ],
)
def test_visibility_is_the_share_inside_the_picture(box: tuple[float, ...], share: float) -> None:
    assert visibilities(np.array([box], np.float64), _SIZE) == pytest.approx([share])

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from pythia.vision.tracking.config import (
    StateEstimator,
    TargetManagement,
    TrackerConfig,
    TrajectoryManagement,
)
from pythia.vision.tracking.frame import Frame, Moment, Report
from pythia.vision.tracking.reassociation import Reassociation
from pythia.vision.tracking.reid import Gallery
from pythia.vision.tracking.stream import StreamTracker
from pythia.vision.tracking.target import ACTIVE, Target

_CONFIG = TrackerConfig(
    target_management=TargetManagement(max_shadow_tracking_age=5, probation_age=2),
    state_estimator=StateEstimator(state_estimator_type=2),
    trajectory_management=TrajectoryManagement(enable_re_assoc=True),
)


def _path(start: int, frames: int, speed: float = 4.0, top: float = 80.0) -> np.ndarray[Any, Any]:
    """Boxes of something that went by ``left = speed * frame``, from frame ``start`` on."""
    return np.array([[speed * (start + n), top, 40.0, 40.0] for n in range(frames)])


def _lost(frames: int = 30, class_id: int = 0) -> Target:
    target = Target(class_id, 0, 0, ACTIVE, id=7, seen=frames - 1)
    boxes = _path(0, frames).tolist()
    target.trajectory = deque(
        Moment(n, tuple(box), 1.0, n, ACTIVE, 1.0) for n, box in enumerate(boxes)
    )
    return target


def _found(boxes: np.ndarray[Any, Any], born: int, old: Target | None = None, **rules: Any) -> bool:
    management = replace(_CONFIG.trajectory_management, **rules)
    memory = Reassociation(replace(_CONFIG, trajectory_management=management))
    old = old or _lost()
    assert memory.lose(old)
    return memory.find(Target(0, born, 0), boxes, []) is old


def test_a_target_that_appears_on_the_path_of_a_lost_one_is_the_same() -> None:
    assert _found(_path(45, 3), 45)


@pytest.mark.parametrize(
    ("boxes", "old"),
    [
        (_path(45, 3, top=140), _lost()),
        (_path(45, 3)[::-1], _lost()),
        (_path(45, 3) * [1, 1, 0.4, 0.4], _lost()),
        (_path(45, 3), _lost(class_id=3)),
    ],
    ids=["elsewhere", "other way", "other size", "other class"],
)
def test_a_target_that_does_not_fit_is_another(boxes: np.ndarray[Any, Any], old: Target) -> None:
    assert not _found(boxes, 45, old)


def test_a_target_that_was_there_before_the_other_was_lost_is_another() -> None:
    assert not _found(_path(20, 3), 20)


@pytest.mark.parametrize(("search", "same"), [(20, True), (3, False)])
def test_a_lost_target_may_come_later_or_earlier_than_expected(search: int, same: bool) -> None:
    assert _found(_path(38, 3), 50, max_tracklet_matching_time_search_range=search) is same


@pytest.mark.parametrize(
    "rule",
    [
        {"min_tracklet_matching_score": 1.0},
        {
            "min_matching_score_for_overall": 1.0,
            "matching_score_weight_for_tracklet_similarity": 0.5,
        },
        {"min_speed_similarity_for_tracklet_matching": 1.0},
    ],
)
def test_the_limits_of_the_configuration_hold(rule: dict[str, Any]) -> None:
    boxes = _path(45, 3) + np.array([[0, 4, 0, 0], [1, 4, 0, 0], [2, 4, 0, 0]])

    assert _found(boxes, 45)
    assert not _found(boxes, 45, **rule)


@pytest.mark.parametrize(("scale", "same"), [(0.0, False), (1.0, True)])
def test_the_search_region_can_be_made_larger(scale: float, same: bool) -> None:
    boxes = np.concatenate([_path(45, 1, top=125), _path(46, 2)])

    found = _found(
        boxes,
        45,
        tracklet_spacial_search_region_scale=scale,
        max_angle_for_tracklet_matching=180,
        min_speed_similarity_for_tracklet_matching=0,
    )

    assert found is same


def test_a_target_that_was_there_for_a_moment_is_not_remembered() -> None:
    memory = Reassociation(_CONFIG)

    assert not memory.lose(_lost(frames=10))
    assert memory.targets == []


def test_a_lost_target_is_forgotten_when_its_projected_path_is_over() -> None:
    rules = replace(_CONFIG.trajectory_management, trajectory_projection_length=10)
    memory = Reassociation(replace(_CONFIG, trajectory_management=rules))
    old = _lost()
    memory.lose(old)
    last = old.seen + _CONFIG.target_management.max_shadow_tracking_age + 10

    assert memory.forget(last) == []
    assert memory.forget(last + 1) == [old]


def _gallery(*vectors: list[float]) -> Gallery:
    gallery = Gallery(5, 2)
    for vector in vectors:
        gallery.add(np.array(vector, np.float32))
    return gallery


@pytest.mark.parametrize(("looks", "same"), [([0.6, 0.8], True), ([1.0, 0.0], False)])
def test_looks_count_where_they_are_known(looks: list[float], same: bool) -> None:
    memory = Reassociation(_CONFIG)
    old, new = _lost(), Target(0, 45, 0)
    old.gallery, new.gallery = _gallery([0.6, 0.8], [0, 1]), _gallery(looks)
    memory.lose(old)

    assert (memory.find(new, _path(45, 3), []) is old) is same


# In a tracker


def _reports(tracker: StreamTracker, hidden: range, frames: int) -> list[Report]:
    """What a tracker says of something that moves steadily and is hidden for a while."""
    reports = []
    for number in range(frames):
        boxes = np.zeros((0, 4)) if number in hidden else _path(number, 1)
        seen = len(boxes)
        frame = Frame(number, (640, 240), boxes, np.zeros(seen, np.intp), np.ones(seen))
        reports.append(tracker.process(frame))
    return reports


@pytest.mark.parametrize(("enabled", "last_id"), [(True, 0), (False, 1)])
def test_a_target_that_is_hidden_for_long_gets_its_id_back(enabled: bool, last_id: int) -> None:
    rules = replace(_CONFIG.trajectory_management, enable_re_assoc=enabled)

    tracker = StreamTracker(replace(_CONFIG, trajectory_management=rules), count().__next__)

    reports = _reports(tracker, range(40, 60), 70)

    assert reports[39].tracked[0].id == 0
    assert reports[69].tracked[0].id == last_id


def test_a_target_that_comes_back_has_one_track() -> None:
    management = replace(_CONFIG.target_management, output_terminated_tracks=True)
    tracker = StreamTracker(replace(_CONFIG, target_management=management), count().__next__)

    reports = _reports(tracker, range(40, 60), 70)

    assert [track for report in reports for track in report.terminated] == []
    (track,) = tracker.finish()
    assert [moment.frame_num for moment in track.moments if moment.state == ACTIVE] == [
        *range(2, 40),
        *range(62, 70),
    ]


def test_an_old_target_that_was_taken_over_is_not_followed_on() -> None:
    management = replace(_CONFIG.target_management, max_shadow_tracking_age=60)
    # Without a filter association fails, and it is the new target that finds the old one.
    config = replace(_CONFIG, target_management=management, state_estimator=StateEstimator())

    tracker = StreamTracker(config, count().__next__)

    reports = _reports(tracker, range(40, 60), 75)

    assert [[one.id for one in report.tracked] for report in reports[70:]] == [[0]] * 5
    assert [track.id for track in tracker.finish()] == [0]


def test_two_new_targets_do_not_take_over_the_same_old_one() -> None:
    management = replace(_CONFIG.target_management, max_shadow_tracking_age=60)
    config = replace(_CONFIG, target_management=management, state_estimator=StateEstimator())
    tracker = StreamTracker(config, count().__next__)
    _reports(tracker, range(40, 60), 60)

    for number in range(60, 70):
        boxes = np.repeat(_path(number, 1), 2, axis=0)
        boxes[1, 0] += 22
        frame = Frame(number, (640, 240), boxes, np.zeros(2, np.intp), np.ones(2))
        report = tracker.process(frame)

    assert sorted(one.id for one in report.tracked) == [0, 1]

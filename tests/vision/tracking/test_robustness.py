"""What no detector ought to say, crowds, emptiness and long runs, with every sample tracker."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from pythia import samples
from pythia.vision.image import Image
from pythia.vision.tracking.config import TargetManagement, TrackerConfig
from pythia.vision.tracking.config_reader import load_tracker_config
from pythia.vision.tracking.frame import Frame, Report
from pythia.vision.tracking.stream import StreamTracker
from pythia.vision.tracking.tracker import IdCounter, Tracker

_SIZE = (960, 544)
_BOX = (100.0, 80.0, 40.0, 40.0)
_NAN, _INF = math.nan, math.inf
_FORMS = [name for name in samples.names() if name.startswith("config_tracker")]
_PICTURE = Image(
    "GRAY8", *_SIZE, (np.random.default_rng(0).integers(0, 255, (544, 960)).astype(np.uint8),)
)


class Followed:
    """One stream of a tracker, given boxes frame by frame; pictures where it looks at them."""

    def __init__(self, config: TrackerConfig) -> None:
        self.tracker = Tracker(config, IdCounter())
        self._image = _PICTURE if config.needs_pictures else None
        self._number = -1

    @property
    def stream(self) -> StreamTracker:
        return self.tracker._streams[0, 0]

    def __call__(
        self, boxes: Sequence[tuple[float, ...]], class_id: int = 0, *, looked: bool = True
    ) -> Report:
        self._number += 1
        table = np.array(boxes, np.float64).reshape(-1, 4)
        classes, sure = np.full(len(table), class_id, np.intp), np.full(len(table), 0.9)
        frame = Frame(self._number, _SIZE, table, classes, sure, looked, self._image)
        return self.tracker.process((0, 0), frame)


@pytest.fixture(params=_FORMS)
def follow(request: pytest.FixtureRequest) -> Followed:
    return Followed(load_tracker_config(samples.path(request.param)))


@pytest.mark.parametrize(
    "box",
    [
        (_NAN, 80, 40, 40),
        (100, 80, _NAN, 40),
        (_INF, 80, 40, 40),
        (0, 0, _INF, 40),
        (300, 80, 0, 40),
        (300, 80, 40, -5),
        (2000, 80, 40, 40),
        (-100, 80, 40, 40),
    ],
)
def test_what_is_no_box_in_the_picture_is_left_out_and_harms_nobody(box: tuple[float, ...]) -> None:
    follow = Followed(load_tracker_config(samples.path("config_tracker_NvSORT.yml")))

    for _ in range(8):
        report = follow([box, _BOX])

    assert [(one.id, one.detection) for one in report.tracked] == [(0, 1)]
    assert len(follow.stream._targets) == 1


def test_nonsense_does_not_stop_any_tracker(follow: Followed) -> None:
    for _ in range(4):
        follow([(_NAN, _NAN, _NAN, _NAN), (0, 0, 1e12, 1e12), (5, 5, 1e-9, 1e-9), _BOX])

    boxes = [box for one in follow([_BOX]).tracked for box in one.box]
    assert np.isfinite(boxes).all()


def test_empty_frames_are_no_trouble(follow: Followed) -> None:
    reports = [follow([]), follow([], looked=False)]
    for _ in range(5):
        follow([_BOX])

    assert [report.tracked for report in reports] == [[], []]
    assert [one.id for one in follow([_BOX]).tracked] == [0]


def test_a_crowd_of_500_keeps_its_ids() -> None:
    config = load_tracker_config(samples.path("config_tracker_NvSORT.yml"))
    rules = TargetManagement(max_targets_per_stream=500, probation_age=2)
    follow = Followed(
        TrackerConfig(None, target_management=rules, data_associator=config.data_associator)
    )
    places = [(38.0 * (n % 25), 27.0 * (n // 25), 30.0, 20.0) for n in range(500)]

    for step in range(6):
        report = follow([(x + step, y, w, h) for x, y, w, h in places])

    assert [one.id for one in report.tracked] == [one.detection for one in report.tracked]
    assert len(report.tracked) == 500


def test_a_thing_of_another_class_is_another_target(follow: Followed) -> None:
    first = {one.id for _ in range(6) for one in follow([_BOX], 1).tracked}

    second = {(one.id, one.class_id) for _ in range(6) for one in follow([_BOX], 2).tracked}

    assert first == {0}
    assert (1, 2) in second
    assert all(class_id == 2 for number, class_id in second if number != 0)


def test_what_has_gone_is_forgotten(follow: Followed) -> None:
    for _ in range(3):
        for step in range(60):
            follow([(step % 30 * 16.0 + 480 * lane, 100.0, 60.0, 50.0) for lane in (0, 1)])
        for _ in range(200):
            follow([])

    back = follow.stream._reassociation
    assert follow.stream._targets == []
    assert back is None or back.targets == []


@pytest.mark.parametrize("form", ["IOU", "NvSORT"])
def test_a_detector_that_stops_for_good_leaves_nothing_that_grows(form: str) -> None:
    follow = Followed(load_tracker_config(samples.path(f"config_tracker_{form}.yml")))
    for _ in range(8):
        follow([_BOX])

    reports = [follow([], looked=False) for _ in range(1500)]

    assert reports[-1].tracked == []
    (target,) = follow.stream._targets
    assert isinstance(target.pending, deque)
    assert (
        len(target.pending) == follow.tracker.config.target_management.max_trajectory_buffer_length
    )


def test_sources_are_apart_and_those_that_go_leave_nothing() -> None:
    config = load_tracker_config(samples.path("config_tracker_NvSORT.yml"))
    tracker, seen = Tracker(config, IdCounter()), set[Any]()
    for source in range(50):
        for number in range(6):
            frame = Frame(number, _SIZE, np.array([_BOX]), np.zeros(1, np.intp), np.ones(1))
            seen |= {one.id for one in tracker.process((source, 0), frame).tracked}
        tracker.remove((source, 0))

    assert seen == set(range(50))
    assert tracker.streams == ()

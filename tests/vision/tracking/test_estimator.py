from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pythia.vision.tracking.config import StateEstimator
from pythia.vision.tracking.estimator import Estimator, to_boxes, to_measurement

_ROW = np.zeros(1, np.intp)
_KINDS: dict[str, dict[str, Any]] = {
    "simple": {"state_estimator_type": 1},
    "regular": {"state_estimator_type": 2},
    "by height": {
        "state_estimator_type": 2,
        "noise_weight_var_for_loc": 0.05,
        "noise_weight_var_for_vel": 0.006,
    },
    "by aspect": {
        "state_estimator_type": 2,
        "noise_weight_var_for_loc": 0.05,
        "noise_weight_var_for_vel": 0.006,
        "use_aspect_ratio": True,
    },
}


def _followed(kind: dict[str, Any], boxes: list[list[float]]) -> Estimator:
    estimator = Estimator(StateEstimator(**kind))
    estimator.add(np.array(boxes[:1]))
    for box in boxes[1:]:
        estimator.predict()
        estimator.correct(_ROW, np.array([box]))
    return estimator


@pytest.mark.parametrize("aspect", [False, True])
def test_a_box_survives_the_way_to_a_state_and_back(aspect: bool) -> None:
    boxes = np.array([[10.0, 20.0, 30.0, 60.0], [-5.0, 0.0, 8.0, 4.0]])

    assert to_boxes(to_measurement(boxes, aspect), aspect) == pytest.approx(boxes)


@pytest.mark.parametrize("kind", _KINDS.values(), ids=_KINDS)
def test_a_steady_motion_is_continued(kind: dict[str, Any]) -> None:
    estimator = _followed(kind, [[100.0 + 5 * t, 50.0 - 2 * t, 30, 60] for t in range(40)])

    estimator.predict()

    assert estimator.boxes[0] == pytest.approx([300, -30, 30, 60], abs=1.5)
    assert estimator.velocities[0] == pytest.approx([5, -2], abs=0.3)


@pytest.mark.parametrize(("kind", "grows"), [("simple", False), ("regular", True)])
def test_only_the_regular_filter_continues_a_growth(kind: str, grows: bool) -> None:
    estimator = _followed(_KINDS[kind], [[100.0, 50.0, 30 + 2 * t, 60] for t in range(40)])

    before = estimator.boxes[0, 2]
    estimator.predict()

    assert bool(estimator.boxes[0, 2] > before + 1) is grows


@pytest.mark.parametrize("kind", _KINDS.values(), ids=_KINDS)
def test_the_projected_path_is_what_prediction_gives_frame_by_frame(kind: dict[str, Any]) -> None:
    estimator = _followed(kind, [[100.0 + 5 * t, 50.0, 30 + t, 60 - t] for t in range(20)])

    path = estimator.projected(30)

    assert path.shape == (1, 30, 4)
    for box in path[0]:
        estimator.predict()
        assert estimator.boxes[0] == pytest.approx(box)


def test_without_a_filter_a_target_is_where_it_was_seen_last() -> None:
    estimator = _followed({"state_estimator_type": 0}, [[0, 0, 10, 10], [50, 60, 20, 30]])

    estimator.predict()

    assert estimator.boxes[0] == pytest.approx([50, 60, 20, 30])


def test_the_visual_tracker_moves_a_box_and_does_not_change_its_size() -> None:
    estimator = _followed(_KINDS["simple"], [[100.0, 50.0, 30, 60]] * 3)

    estimator.correct_centres(_ROW, np.array([[135.0, 80.0]]))

    left, top, *size = estimator.boxes[0]
    assert 100 < left < 120
    assert top == pytest.approx(50)
    assert size == pytest.approx([30, 60])


def test_the_visual_tracker_makes_no_size_more_certain() -> None:
    widths = []
    for looks in (0, 20):
        estimator = _followed(_KINDS["simple"], [[100.0, 50.0, 30, 60]] * 3)
        for _ in range(looks):
            estimator.correct_centres(_ROW, np.array([[115.0, 80.0]]))
        estimator.correct(_ROW, np.array([[100.0, 50.0, 40, 60]]))
        widths.append(estimator.boxes[0, 2])

    assert widths[0] == pytest.approx(widths[1])


def test_a_noisier_detector_is_believed_less() -> None:
    boxes = [[100.0, 50.0, 30, 60]] * 10 + [[110.0, 50.0, 30, 60]]
    lefts = [
        _followed(_KINDS["simple"] | {"measurement_noise_var_for_detector": noise}, boxes).boxes[
            0, 0
        ]
        for noise in (1.0, 10.0, 100.0)
    ]

    assert lefts == sorted(lefts, reverse=True)


def test_rows_are_kept_in_the_order_asked_for() -> None:
    estimator = Estimator(StateEstimator(state_estimator_type=2))
    estimator.add(np.array([[n, 0.0, 10, 10] for n in range(4)]))

    estimator.keep(np.array([3, 1]))

    assert estimator.boxes[:, 0] == pytest.approx([3, 1])


def test_the_mahalanobis_distance_grows_with_the_surprise() -> None:
    estimator = _followed(_KINDS["by height"], [[100.0, 50.0, 30, 60]] * 10)

    near, far = estimator.distances(np.array([[100.0, 50, 30, 60], [140.0, 50, 30, 60]]))[0]

    assert near == pytest.approx(0, abs=0.1)
    assert far > 9.5  # where 4 degrees of freedom are 95 % sure that it is another thing

from __future__ import annotations

import numpy as np
import pytest

from pythia.vision.evaluation import (
    Detections,
    Truth,
    average_precision,
    evaluate,
    judge,
    overlaps,
    truth_of_rows,
)

Box = tuple[float, float, float, float]


def truth(*boxes: Box, ignored: tuple[bool, ...] = (), class_id: int = 0) -> Truth:
    flags = ignored or (False,) * len(boxes)
    return Truth(
        np.array(boxes, np.float64).reshape(-1, 4),
        np.full(len(boxes), class_id, np.int64),
        np.array(flags, np.bool_),
    )


def detections(*boxes: Box, confidences: tuple[float, ...], class_id: int = 0) -> Detections:
    return Detections(
        np.array(boxes, np.float64).reshape(-1, 4),
        np.full(len(boxes), class_id, np.int64),
        np.array(confidences, np.float64),
    )


A: Box = (0, 0, 10, 10)
B: Box = (100, 100, 20, 10)


def test_overlap_of_halves() -> None:
    ratio = overlaps(np.array([A], np.float64), np.array([A, (5, 0, 10, 10), B], np.float64))
    assert ratio[0].tolist() == pytest.approx([1.0, 1 / 3, 0.0])


def test_perfect_detections_score_one() -> None:
    result = evaluate([truth(A, B)], [detections(A, B, confidences=(0.9, 0.8))])
    assert result.per_class == {0: pytest.approx(1.0)}
    assert result.mean == pytest.approx(1.0)


def test_a_miss_caps_the_recall() -> None:
    result = evaluate([truth(A, B)], [detections(A, confidences=(0.9,))])
    assert result.mean == pytest.approx(51 / 101)


def test_a_confident_false_alarm_halves_the_precision() -> None:
    score = average_precision(np.array([0.9, 0.8]), np.array([False, True]), 1)
    assert score == pytest.approx(0.5)


def test_a_second_detection_of_the_same_thing_is_a_false_alarm() -> None:
    hits, counted = judge(truth(A), detections(A, A, confidences=(0.5, 0.9)), 0.5)
    assert hits.tolist() == [False, True]
    assert counted.tolist() == [True, True]


def test_ignored_things_are_neither_hit_nor_missed() -> None:
    frame = truth(A, B, ignored=(False, True))
    both = evaluate([frame], [detections(A, B, confidences=(0.5, 0.9))])
    one = evaluate([frame], [detections(A, confidences=(0.5,))])
    assert both.mean == one.mean == pytest.approx(1.0)


def test_frames_without_anything_do_not_count() -> None:
    empty = detections(confidences=())
    assert evaluate([truth()], [empty]).mean == 0.0
    frames = [truth(), truth(A)]
    assert evaluate(frames, [empty, detections(A, confidences=(0.3,))]).mean == pytest.approx(1.0)


def test_the_mean_is_over_classes_with_ground_truth() -> None:
    frames = [truth(A, class_id=1), truth(B, class_id=3)]
    given = [
        detections(A, confidences=(0.9,), class_id=1),
        detections(A, confidences=(0.9,), class_id=2),
    ]
    result = evaluate(frames, given)
    assert result.per_class == {1: pytest.approx(1.0), 3: 0.0}
    assert result.mean == pytest.approx(0.5)


def test_rows_that_are_small_or_hidden_are_ignored() -> None:
    rows = [
        [1, 0, 5.0, 6.0, 30.0, 40.0, 1.0],
        [2, 0, 5.0, 6.0, 9.0, 40.0, 1.0],
        [3, 2, 5.0, 6.0, 30.0, 40.0, 0.2],
    ]
    frame = truth_of_rows(rows, min_size=12, min_visibility=0.4)
    assert frame.ignored.tolist() == [False, True, True]
    assert frame.class_ids.tolist() == [0, 0, 2]
    assert frame.boxes[0].tolist() == [5.0, 6.0, 30.0, 40.0]
    assert len(truth_of_rows([], 12, 0.4).boxes) == 0

from __future__ import annotations

import numpy as np
import pytest

from pythia.vision.class_attrs import ClassAttrs
from pythia.vision.clustering import cluster
from pythia.vision.nvinfer_config import DBSCAN, GROUP_RECTANGLES, HYBRID, NMS, NO_CLUSTERING
from pythia.vision.parsers.detections import Detections, detections
from pythia.vision.suppression import overlaps, suppress

# Three boxes around one object, one elsewhere, and one of class 1 on top of the first.
_BOXES = [
    [10, 10, 50, 50],
    [12, 10, 52, 50],
    [10, 12, 50, 52],
    [100, 100, 140, 140],
    [10, 10, 50, 50],
]
_SCORES = [0.9, 0.8, 0.7, 0.6, 0.5]
_CLASSES = [0, 0, 0, 0, 1]


def _found() -> Detections:
    return detections(np.array(_BOXES), np.array(_SCORES), np.array(_CLASSES))


def _attrs(**values: float) -> list[ClassAttrs]:
    return [ClassAttrs(**values), ClassAttrs(**values)]  # type: ignore[arg-type]


def _rows(found: Detections) -> list[tuple[int, float, list[float]]]:
    return [
        (class_id, round(score, 4), box)
        for class_id, score, box in zip(
            found.class_ids.tolist(), found.scores.tolist(), found.boxes.tolist(), strict=True
        )
    ]


def test_overlap_is_intersection_over_union() -> None:
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [0, 0, 0, 0]], np.float32)

    np.testing.assert_allclose(overlaps(boxes[0], boxes), [1, 1 / 3, 0, 0])
    assert overlaps(boxes[3], boxes[3:]).tolist() == [0]


def test_a_box_goes_only_when_a_better_one_overlaps_it_by_more_than_the_threshold() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 5], [20, 0, 30, 10]], np.float32)
    scores = np.array([0.5, 0.9, 0.7], np.float32)

    assert suppress(boxes, scores, 0.5).tolist() == [1, 2, 0]
    assert suppress(boxes, scores, 0.49).tolist() == [1, 2]


def test_of_equal_scores_the_earlier_box_stays() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10]], np.float32)

    assert suppress(boxes, np.array([0.5, 0.5], np.float32), 0.3).tolist() == [0]


def test_nms_works_class_by_class_best_first() -> None:
    assert _rows(cluster(_found(), _attrs(), NMS)) == [
        (0, 0.9, [10, 10, 50, 50]),
        (0, 0.6, [100, 100, 140, 140]),
        (1, 0.5, [10, 10, 50, 50]),
    ]


@pytest.mark.parametrize(
    ("values", "scores"),
    [
        ({"post_cluster_threshold": 0.5}, [0.9, 0.6]),
        ({"post_cluster_threshold": 0.6}, [0.9]),
        ({"topk": 1}, [0.9, 0.5]),
        ({"topk": 0}, []),
        ({"nms_iou_threshold": 1.0}, [0.9, 0.8, 0.7, 0.6, 0.5]),
        ({"pre_cluster_threshold": 0.85}, [0.9]),
    ],
)
def test_thresholds_and_topk_apply_around_nms(
    values: dict[str, float], scores: list[float]
) -> None:
    found = cluster(_found(), _attrs(**values), NMS)

    np.testing.assert_allclose(found.scores, scores, rtol=1e-6)


@pytest.mark.parametrize("mode", [GROUP_RECTANGLES, DBSCAN, NMS, HYBRID, NO_CLUSTERING])
def test_classes_that_are_not_configured_are_dropped(mode: int) -> None:
    found = detections(np.array(_BOXES[:3]), np.array([0.9] * 3), np.array([2, -1, 9]))

    assert len(cluster(found, _attrs(), mode)) == 0


@pytest.mark.parametrize("mode", [GROUP_RECTANGLES, DBSCAN, NMS, HYBRID, NO_CLUSTERING])
def test_a_score_on_the_threshold_stays(mode: int) -> None:
    found = detections(np.array(_BOXES[:1]), np.array([0.4]), np.array([0]))
    attrs = _attrs(pre_cluster_threshold=0.4)

    assert len(cluster(found, attrs, mode)) == 1


def test_no_clustering_keeps_the_order_of_the_parser_within_a_class() -> None:
    order = np.array([3, 4, 1, 0, 2])

    found = cluster(_found().take(order), _attrs(), NO_CLUSTERING)

    np.testing.assert_allclose(found.scores, [0.6, 0.8, 0.9, 0.7, 0.5], rtol=1e-6)


def test_topk_without_clustering_takes_the_best() -> None:
    found = cluster(_found(), _attrs(topk=2), NO_CLUSTERING)

    np.testing.assert_allclose(found.scores, [0.9, 0.8, 0.5], rtol=1e-6)


def test_group_rectangles_merges_neighbours_and_forgets_their_scores() -> None:
    found = cluster(_found(), _attrs(group_threshold=1, eps=0.2), GROUP_RECTANGLES)

    assert _rows(found) == [(0, -0.1, [11, 11, 51, 51])]


def test_group_rectangles_without_a_threshold_only_cuts_to_pixels() -> None:
    found = detections(np.array([[1.7, 2.2, 11.9, 12.4]]), np.array([0.9]), np.array([0]))

    assert _rows(cluster(found, _attrs(), GROUP_RECTANGLES)) == [(0, -0.1, [1, 2, 11, 12])]


def test_dbscan_merges_a_dense_cluster_into_its_weighted_mean() -> None:
    attrs = _attrs(eps=0.3, min_boxes=3)

    found = cluster(_found(), attrs, DBSCAN)

    weights = np.array(_SCORES[:3]) / sum(_SCORES[:3])
    expected = weights @ np.array(_BOXES[:3])
    np.testing.assert_allclose(found.boxes, [expected], rtol=1e-5)
    np.testing.assert_allclose(found.scores, [0.9], rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({"min_boxes": 0}, 5),
        ({"min_boxes": 1, "eps": 0.3}, 3),
        ({"min_boxes": 2, "eps": 0.3}, 1),
        ({"min_boxes": 4, "eps": 0.3}, 0),
        ({"min_boxes": 1, "eps": 0.01}, 5),
        ({"min_boxes": 1, "eps": 0.3, "dbscan_min_score": 2.0}, 1),
        ({"min_boxes": 1, "eps": 0.3, "dbscan_min_score": 2.5}, 0),
        ({"min_boxes": 1, "eps": 0.3, "post_cluster_threshold": 0.6}, 2),
        ({"min_boxes": 1, "eps": 0.3, "topk": 1}, 2),
    ],
)
def test_dbscan_keeps_what_has_enough_neighbours_and_score(
    values: dict[str, float], count: int
) -> None:
    assert len(cluster(_found(), _attrs(**values), DBSCAN)) == count


def test_dbscan_drops_a_large_cluster_of_few_boxes() -> None:
    large = detections(np.array([[0, 0, 61, 61], [70, 0, 129, 59]]), np.ones(2), np.zeros(2))

    found = cluster(large, _attrs(min_boxes=1, eps=0.1), DBSCAN)

    assert found.boxes.tolist() == [[70, 0, 129, 59]]


def test_dbscan_joins_boxes_through_their_neighbours() -> None:
    chain = np.array([[x, 0, x + 40, 40] for x in (0, 8, 16, 24)])
    found = detections(chain, np.ones(4), np.zeros(4))

    assert len(cluster(found, _attrs(min_boxes=2, eps=0.35), DBSCAN)) == 1


def test_a_box_with_too_few_neighbours_does_not_join_two_clusters() -> None:
    lefts = (0, 0, 0, 8, 16, 24, 32, 32, 32)  # the one at 16 is near one box of either side
    found = detections(np.array([[x, 0, x + 40, 40] for x in lefts]), np.ones(9), np.zeros(9))

    assert len(cluster(found, _attrs(min_boxes=4, eps=0.35), DBSCAN)) == 2


def test_the_hybrid_drops_lone_boxes_and_suppresses_the_rest() -> None:
    attrs = _attrs(min_boxes=2, eps=0.3)

    assert _rows(cluster(_found(), attrs, HYBRID)) == [(0, 0.9, [10, 10, 50, 50])]


def test_angles_stay_with_their_boxes() -> None:
    found = detections(
        np.array(_BOXES), np.array(_SCORES), np.array(_CLASSES), np.array([1, 2, 3, 4, 5])
    )

    kept = cluster(found, _attrs(), NMS)

    assert kept.angles is not None
    assert kept.angles.tolist() == [1, 4, 5]

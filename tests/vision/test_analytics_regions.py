from __future__ import annotations

import cv2
import numpy as np
import pytest

from pythia.vision.analytics.roi import Polygon
from pythia.vision.analytics.rules import Crowd, Roi, Rules
from support.judged import FRAME_NS, findings, square

GATE = square(100, 100, 100)


def standing(number: int, x: float, bottom: float, class_id: int = 0) -> list[float]:
    return [number, class_id, x - 10, bottom - 40, 20, 40]


@pytest.mark.parametrize(
    ("x", "bottom", "inside"),
    [(150, 150, True), (150, 90, False), (150, 210, False), (90, 150, False), (210, 150, False)],
)
@pytest.mark.parametrize("inverse", [False, True])
def test_an_object_is_where_the_middle_of_its_lower_edge_is(
    x: int, bottom: int, inside: bool, inverse: bool
) -> None:
    rules = Rules(rois=(Roi("gate", None, GATE, inverse),))

    (found,) = findings([[standing(1, x, bottom)]], rules)

    held = inside != inverse
    assert found.inside == {"gate": int(held)}
    assert [each.rois for each in found.objects.values()] == [["gate"]] * held
    assert [each.text for each in found.objects.values()] == [" ROI:gate"] * held


@pytest.mark.parametrize("seed", range(20))
def test_any_polygon_agrees_with_opencv(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 200, (int(rng.integers(3, 9)), 2)).astype(np.int32)
    points = rng.integers(0, 200, (500, 2))
    filled = np.zeros((200, 200), np.uint8)
    cv2.fillPoly(filled, [corners], (1,))

    inside = Polygon([(int(x), int(y)) for x, y in corners]).contains(points[:, 0], points[:, 1])

    for (x, y), found in zip(points.tolist(), inside.tolist(), strict=True):
        if abs(cv2.pointPolygonTest(corners, (x, y), True)) > 1.5:  # OpenCV fills the outline, too
            assert found == filled[y, x], (x, y)


def test_a_polygon_that_crosses_itself_has_a_hole_where_it_overlaps() -> None:
    star = Polygon([(50, 0), (80, 100), (0, 35), (100, 35), (20, 100)])

    inside = star.contains(np.array([50, 50, 20]), np.array([20, 55, 40]))

    assert inside.tolist() == [True, False, True]


def test_regions_are_for_objects_that_nobody_tracks_and_for_equal_identities() -> None:
    from pythia.vision.analytics.source import SourceAnalytics

    source = SourceAnalytics(Rules(rois=(Roi("gate", None, GATE),)), 50)
    boxes = np.array([standing(0, 150, 150)[2:]] * 4, np.float64)

    found = source.judge(boxes, [None, 5, None, 5], [0] * 4, 0)

    assert found.inside == {"gate": 4}
    assert not found.needs_tracker


def test_the_height_is_averaged_over_the_past() -> None:
    low = [1.0, 0, 140, 60, 20, 40]
    tall = [1.0, 0, 140, 20, 20, 120]  # about the same centre
    rules = Rules(rois=(Roi("gate", None, square(140, 90, 20)),))

    found = findings([[low]] * 49 + [[tall]], rules)

    assert [each.inside["gate"] for each in found] == [1] * 50


@pytest.mark.parametrize(
    ("classes", "inside"),
    [(None, 3), (frozenset({0}), 1), (frozenset({0, 2}), 2), (frozenset(), 0)],
)
def test_a_rule_is_for_its_classes(classes: frozenset[int] | None, inside: int) -> None:
    rows = [standing(number, 150, 150, class_id=number) for number in range(3)]

    (found,) = findings([rows], Rules(rois=(Roi("gate", classes, GATE),)))

    assert found.inside == {"gate": inside}


@pytest.mark.parametrize(
    ("objects", "threshold", "crowded"),
    [(0, 1, False), (1, 1, True), (2, 3, False), (3, 3, True), (4, 3, True), (0, 0, False)],
)
def test_a_crowd_begins_at_its_threshold(objects: int, threshold: int, crowded: bool) -> None:
    rows = [standing(number, 110 + 10 * number, 150) for number in range(objects)]
    rows += [standing(90 + number, 20, 150) for number in range(9)]

    (found,) = findings([rows], Rules(crowds=(Crowd("queue", None, GATE, threshold),)))

    assert found.crowded == {"queue": crowded}
    assert found.inside == {"queue": objects}
    assert [each.crowds for each in found.objects.values()] == [["queue"]] * objects
    assert {each.text for each in found.objects.values()} <= {""}


def test_several_regions_are_named_in_the_order_of_the_rules() -> None:
    rules = Rules(
        rois=(Roi("b", None, GATE), Roi("a", None, GATE), Roi("far", None, square(600, 600, 50))),
        crowds=(Crowd("c", None, GATE),),
    )

    (found,) = findings([[standing(1, 150, 150)]], rules)

    (each,) = found.objects.values()
    assert (each.rois, each.crowds, each.text) == (["b", "a"], ["c"], " ROI:b ROI:a")
    assert found.inside == {"b": 1, "a": 1, "far": 0, "c": 1}


def counts(*numbers: int, window: int = 50, frame_ns: int = FRAME_NS) -> list[int]:
    frames = [[standing(n, 150, 150, class_id=4) for n in range(count)] for count in numbers]
    found = findings(frames, Rules(), window=window, frame_ns=frame_ns)
    return [each.class_counts.get(4, -1) for each in found]


def test_the_count_of_a_class_is_the_most_frequent_one_of_the_window() -> None:
    assert counts(2, 2, 2, 3, 2, 2, 0, 2, window=200) == [2] * 8


def test_of_equally_frequent_counts_the_one_first_seen_last_is_given() -> None:
    assert counts(5, 6, 5, 5) == [5, 6, 6, 5]


def test_a_class_is_counted_from_the_first_time_that_it_is_seen() -> None:
    assert counts(0, 0, 1, 0, 0) == [-1, -1, 1, 0, 0]


def test_time_that_goes_back_begins_a_new_window() -> None:
    assert counts(7, 7, 7, 2, window=1000, frame_ns=-FRAME_NS) == [7, 7, 7, 2]


def test_frames_without_objects_are_fine() -> None:
    found = findings([[], [], []], Rules(rois=(Roi("gate", None, GATE),)))

    assert [each.inside for each in found] == [{"gate": 0}] * 3
    assert not found[0].objects
    assert not found[0].class_counts

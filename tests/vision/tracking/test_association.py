from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pythia.vision.tracking.association import (
    Associator,
    Candidates,
    Pairs,
    Similarities,
    match_globally,
    match_greedily,
    size_similarities,
)
from pythia.vision.tracking.config import CASCADED, GREEDY, DataAssociator

_SIDE = 20.0


def _at(*lefts: float, class_ids: list[int] | None = None) -> Candidates:
    boxes = np.array([[left, 0.0, _SIDE, _SIDE] for left in lefts]).reshape(-1, 4)
    return Candidates(boxes, np.array(class_ids or [0] * len(lefts), np.intp))


def _pairs(
    targets: Candidates,
    detections: Candidates,
    confidences: list[float] | None = None,
    tentative: tuple[int, ...] = (),
    shadow: tuple[int, ...] = (),
    extra: Similarities | None = None,
    **config: Any,
) -> Pairs:
    associator = Associator(DataAssociator(**config))
    validated = np.array([row not in tentative for row in range(len(targets.boxes))])
    active = np.array([row not in tentative + shadow for row in range(len(targets.boxes))])
    confirmed = associator.confirmed(np.array(confidences or [1.0] * len(detections.boxes)))
    found = associator.associate(
        targets, validated, active, detections, confirmed, extra or Similarities()
    )
    return sorted(found)


@settings(deadline=None)  # the first call loads SciPy
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(0, 6), st.integers(0, 6)),
        elements=st.floats(0, 1, width=32),
    )
)
@pytest.mark.parametrize("match", [match_greedily, match_globally])
def test_nothing_is_matched_twice_and_nothing_that_may_not_be(
    match: Any, scores: np.ndarray[Any, Any]
) -> None:
    valid = scores > 0.3

    pairs = match(scores, valid)

    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)
    assert all(valid[pair] for pair in pairs)


def test_greedily_the_best_pair_comes_first_and_globally_the_sum_counts() -> None:
    scores = np.array([[0.9, 0.8], [0.8, 0.1]])

    assert sorted(match_greedily(scores, scores > 0)) == [(0, 0), (1, 1)]
    assert sorted(match_globally(scores, scores > 0)) == [(0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("one", "other", "similarity"), [((10, 10), (10, 10), 1), ((10, 10), (20, 10), 0.5)]
)
def test_sizes_are_compared_side_by_side(
    one: tuple[int, int], other: tuple[int, int], similarity: float
) -> None:
    found = size_similarities(np.array([[0, 0, *one]]), np.array([[90, 90, *other]]))

    assert found[0, 0] == pytest.approx(similarity)


@pytest.mark.parametrize("matcher", [GREEDY, CASCADED])
@pytest.mark.parametrize(("check", "pairs"), [(True, []), (False, [(0, 0)])])
def test_classes_are_kept_apart_if_the_configuration_says_so(
    matcher: int, check: bool, pairs: Pairs
) -> None:
    targets, detections = _at(0, class_ids=[1]), _at(2, class_ids=[2])

    found = _pairs(targets, detections, association_matcher_type=matcher, check_class_match=check)

    assert found == pairs


@pytest.mark.parametrize(("confidence", "tentative"), [(0.9, ()), (0.3, ()), (0.9, (0,))])
def test_classes_are_kept_apart_in_every_stage_of_the_cascade(
    confidence: float, tentative: tuple[int, ...]
) -> None:
    targets, detections = _at(0, class_ids=[1]), _at(2, class_ids=[2])

    found = _pairs(targets, detections, [confidence], tentative, association_matcher_type=CASCADED)

    assert found == []


@pytest.mark.parametrize(
    "limit",
    [
        {"min_matching_score_for_iou": 0.7},
        {"min_matching_score_for_overall": 0.7},
        {"min_matching_score_for_size_similarity": 0.7},
    ],
)
def test_a_pair_below_a_limit_is_not_matched(limit: dict[str, Any]) -> None:
    targets = _at(0)
    wide = Candidates(np.array([[0, 0, 2 * _SIDE, _SIDE]]), np.zeros(1, np.intp))

    assert _pairs(targets, wide) == [(0, 0)]
    assert _pairs(targets, wide, **limit) == []


@pytest.mark.parametrize("matcher", [GREEDY, CASCADED])
def test_boxes_that_do_not_touch_are_never_matched(matcher: int) -> None:
    assert _pairs(_at(0), _at(500), association_matcher_type=matcher) == []


@pytest.mark.parametrize("kind", ["visual", "reid"])
def test_looks_decide_between_places_that_are_equally_good(kind: str) -> None:
    likeness = np.array([[0.2, 0.9], [0.9, 0.2]])
    weight: dict[str, Any] = {f"matching_score_weight_for_{kind}_similarity": 1.0}

    pairs = _pairs(_at(0, 2), _at(1, 1), extra=Similarities(**{kind: likeness}), **weight)

    assert pairs == [(0, 1), (1, 0)]


def test_what_is_too_far_from_the_prediction_is_not_matched() -> None:
    far = Similarities(mahalanobis=np.array([[20.0]]))

    assert _pairs(_at(0), _at(0), extra=far) == [(0, 0)]
    assert _pairs(_at(0), _at(0), extra=far, threshold_mahalanobis=9.5) == []


def test_in_the_cascade_weak_detections_get_what_strong_ones_left() -> None:
    pairs = _pairs(_at(0), _at(0, 8), [0.3, 0.9], association_matcher_type=CASCADED)

    assert pairs == [(0, 1)]


@pytest.mark.parametrize(("state", "pairs"), [("tentative", []), ("shadow", []), ("", [(0, 0)])])
def test_in_the_cascade_weak_detections_carry_only_active_targets_on(
    state: str, pairs: Pairs
) -> None:
    states = {state: (0,)} if state else {}

    config = {"association_matcher_type": CASCADED}

    assert _pairs(_at(0), _at(1), [0.3], **states, **config) == pairs  # type: ignore[arg-type]


def test_in_the_cascade_a_target_on_probation_gets_what_the_others_left() -> None:
    pairs = _pairs(_at(0, 8), _at(1), tentative=(0,), association_matcher_type=CASCADED)

    assert pairs == [(1, 0)]


def test_a_detection_on_a_target_or_on_another_new_one_begins_nothing() -> None:
    associator = Associator(DataAssociator(association_matcher_type=CASCADED))
    detections = _at(0, 100, 104, 200, class_ids=[0, 0, 0, 0])

    begun = associator.may_begin(_at(1), detections, np.arange(4), 0.5)

    assert begun == [1, 3]


def test_a_detection_on_a_target_of_another_class_begins_a_target() -> None:
    associator = Associator(DataAssociator())

    assert associator.may_begin(_at(1), _at(0, class_ids=[3]), np.arange(1), 0.5) == [0]

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pythia.vision.image import Image
from pythia.vision.tracking.config import TargetManagement, VisualTracker
from pythia.vision.tracking.correlation import CorrelationFilters
from pythia.vision.tracking.patches import PatchSource

Scene = Callable[..., Image]

_ROW = np.zeros(1, np.intp)
_BOX = np.array([[100.0, 80.0, 40.0, 40.0]])


def _learned(
    image: Image, boxes: np.ndarray[tuple[int, int], np.dtype[np.float64]] = _BOX, **config: object
) -> CorrelationFilters:
    filters = CorrelationFilters(VisualTracker(**config), TargetManagement())  # type: ignore[arg-type]
    filters.add(len(boxes))
    filters.learn(PatchSource(image), np.arange(len(boxes)), boxes)
    return filters


@pytest.mark.parametrize("format", ["I420", "NV12", "RGBA", "GRAY8"])
@pytest.mark.parametrize("hog", [False, True])
@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_target_that_moved_is_found_again(
    scene: Scene, format: str, hog: bool, level: int
) -> None:
    filters = _learned(
        scene((100, 80, 1), format=format), use_hog=hog, feature_img_size_level=level
    )

    centres, confidences = filters.locate(PatchSource(scene((109, 74, 1), format=format)), _BOX)

    assert centres[0] == pytest.approx([129, 94], abs=2)
    assert confidences[0] > 0.6


def test_the_very_picture_that_was_learned_gives_full_confidence(scene: Scene) -> None:
    image = scene((100, 80, 1))

    centres, confidences = _learned(image).locate(PatchSource(image), _BOX)

    assert centres[0] == pytest.approx([120, 100], abs=0.2)
    assert confidences[0] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("things", [(), ((100, 80, 2),)], ids=["nothing", "another"])
def test_what_is_not_there_is_not_found_for_sure(
    scene: Scene, things: tuple[tuple[int, int, int], ...]
) -> None:
    filters = _learned(scene((100, 80, 1)))

    _, confidences = filters.locate(PatchSource(scene(*things)), _BOX)

    assert confidences[0] < 0.35


def test_a_box_on_the_target_is_more_similar_than_one_beside_it(scene: Scene) -> None:
    filters = _learned(scene((100, 80, 1)))
    filters.locate(PatchSource(scene((106, 80, 1))), _BOX)

    on, beside, away = filters.similarities(
        np.array([[106.0, 80, 40, 40], [90.0, 70, 40, 40], [250.0, 10, 40, 40]])
    )[0]

    assert on > 0.95
    assert beside < 0.5
    assert away == 0


def test_targets_are_found_each_by_its_own_looks(scene: Scene) -> None:
    boxes = np.array([[60.0, 80.0, 40, 40], [200.0, 80.0, 40, 40]])
    filters = _learned(scene((60, 80, 1), (200, 80, 2)), boxes)

    centres, _ = filters.locate(PatchSource(scene((66, 80, 1), (195, 84, 2))), boxes)

    assert centres == pytest.approx(np.array([[86, 100], [215, 104]]), abs=2)


def test_a_target_that_changes_slowly_stays_known(scene: Scene) -> None:
    first = scene((100, 80, 1), format="GRAY8").planes[0].astype(np.float64)
    last = scene((100, 80, 2), format="GRAY8").planes[0].astype(np.float64)
    filters = _learned(Image("GRAY8", 320, 240, (first.astype(np.uint8),)), filter_lr=0.2)
    worst = 1.0

    for part in np.linspace(0, 1, 40):
        mixed = ((1 - part) * first + part * last).astype(np.uint8)
        source = PatchSource(Image("GRAY8", 320, 240, (mixed,)))
        _, confidences = filters.locate(source, _BOX)
        filters.learn(source, _ROW, _BOX)
        worst = min(worst, confidences[0])

    assert worst > 0.5


def test_filters_are_kept_in_the_order_asked_for(scene: Scene) -> None:
    boxes = np.array([[60.0, 80.0, 40, 40], [200.0, 80.0, 40, 40]])
    image = scene((60, 80, 1), (200, 80, 2))
    filters = _learned(image, boxes)

    filters.keep(np.array([1]))

    assert len(filters) == 1
    assert filters.locate(PatchSource(image), boxes[1:])[1][0] > 0.95
    assert filters.locate(PatchSource(image), boxes[:1])[1][0] < 0.5


def test_where_there_is_nothing_to_see_nothing_is_found() -> None:
    black = Image("GRAY8", 320, 240, (np.zeros((240, 320), np.uint8),))
    filters = _learned(black)

    centres, confidences = filters.locate(PatchSource(black), _BOX)

    assert np.isfinite(centres).all()
    assert confidences[0] == pytest.approx(0, abs=0.001)
    assert filters.similarities(_BOX)[0, 0] == 1  # its place alone decides


def test_no_targets_are_no_trouble(scene: Scene) -> None:
    filters = CorrelationFilters(VisualTracker(), TargetManagement())

    centres, confidences = filters.locate(PatchSource(scene()), np.zeros((0, 4)))

    assert centres.shape == (0, 2)
    assert confidences.shape == (0,)
    assert filters.similarities(np.zeros((3, 4))).shape == (0, 3)


def test_what_was_seen_beside_the_middle_is_learned_at_its_place(scene: Scene) -> None:
    config = VisualTracker(filter_lr=1.0, filter_channel_weights_lr=1.0)
    first, moved = PatchSource(scene((100, 80, 1))), PatchSource(scene((106, 75, 2)))
    there = np.array([[106.0, 75.0, 40.0, 40.0]])
    near, afresh = (CorrelationFilters(config, TargetManagement()) for _ in range(2))
    for filters in (near, afresh):
        filters.add(1)
        filters.learn(first, _ROW, _BOX)
    near.locate(moved, _BOX)

    for filters in (near, afresh):
        filters.learn(moved, _ROW, there)

    for filters in (near, afresh):
        centres, confidences = filters.locate(moved, there)
        assert centres[0] == pytest.approx([126, 95], abs=1)
        assert confidences[0] > 0.8

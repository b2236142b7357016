from __future__ import annotations

import numpy as np
import pytest

from pythia.vision.boxes import PixelRect, intersect, iou_matrix, letterbox_rect


def test_the_intersection_of_rectangles_that_do_not_meet_is_empty() -> None:
    common = intersect(PixelRect(0, 0, 10, 10), PixelRect(20, 5, 10, 10))

    assert (common.width, common.height) == (0, 5)


def test_the_intersection_is_what_two_rectangles_share() -> None:
    common = intersect(PixelRect(-5, 2, 10, 10), PixelRect(0, 0, 100, 8))

    assert common == (0, 2, 5, 6)


def test_iou_of_every_pair_of_boxes() -> None:
    a = np.array([[0, 0, 10, 10], [5, 5, 5, 5]], np.float64)
    b = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [5, 5, 5, 5]], np.float64)

    found = iou_matrix(a, b)

    np.testing.assert_allclose(found, np.array([[1, 50 / 150, 0], [0, 0, 0]]))


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ((1920, 1080), (1280, 720), (0, 0, 1280, 720)),
        ((640, 480), (1280, 720), (0, 0, 960, 720)),
        ((1080, 1920), (640, 640), (0, 0, 360, 640)),
        ((1366, 768), (1280, 720), (0, 0, 1280, 720)),
        ((1000, 333), (301, 301), (0, 0, 301, 100)),
        ((5000, 4), (64, 64), (0, 0, 64, 2)),
    ],
)
def test_a_picture_keeps_its_proportions_in_a_frame(
    source: tuple[int, int], target: tuple[int, int], expected: tuple[int, int, int, int]
) -> None:
    assert letterbox_rect(source, target) == expected


def test_symmetric_bands_start_at_even_positions() -> None:
    rect = letterbox_rect((640, 480), (1278, 720), symmetric=True)

    assert rect == (158, 0, 960, 720)

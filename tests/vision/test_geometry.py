from __future__ import annotations

import pytest

from pythia.vision.geometry import Letterbox, Rect, letterbox

_HD = Rect(0, 0, 1280, 720)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (416, 416, 0, 0)),
        ({"keep_aspect": True}, (416, 234, 0, 0)),
        ({"keep_aspect": True, "centred": True}, (416, 234, 0, 91)),
    ],
)
def test_a_picture_is_stretched_or_keeps_its_shape(
    options: dict[str, bool], expected: tuple[int, int, int, int]
) -> None:
    box = letterbox(_HD, (1280, 720), (416, 416), **options)

    assert box == Letterbox(0, 0, 1280, 720, *expected)


def test_a_tall_picture_is_padded_at_its_side() -> None:
    box = letterbox(Rect(0, 0, 100, 400), (100, 400), (416, 416), True, True)

    assert (box.width, box.height, box.pad_x, box.pad_y) == (104, 416, 156, 0)


def test_the_scaled_size_is_cut_to_whole_pixels_as_in_deepstream() -> None:
    box = letterbox(Rect(0, 0, 640, 352), (640, 352), (416, 416), True)

    assert box.height == 228
    assert box.scale_y == 228 / 352


@pytest.mark.parametrize(
    ("rect", "expected"),
    [
        (Rect(10, 20, 30, 40), (10, 20, 30, 40)),
        (Rect(11.9, 13.2, 31.9, 41.5), (12, 14, 30, 40)),
        (Rect(-5, -1, 30, 40), (0, 0, 30, 40)),
        (Rect(90, 70, 30, 40), (90, 70, 10, 10)),
        (Rect(91, 71, 30, 40), (92, 72, 8, 8)),
    ],
)
def test_a_rectangle_is_rounded_to_even_pixels_inside_the_picture(
    rect: Rect, expected: tuple[int, int, int, int]
) -> None:
    assert letterbox(rect, (100, 80), (64, 64))[:4] == expected


@pytest.mark.parametrize("rect", [Rect(0, 0, 1.9, 10), Rect(99, 0, 10, 10), Rect(0, 200, 9, 9)])
def test_a_rectangle_without_pixels_is_refused(rect: Rect) -> None:
    with pytest.raises(ValueError, match="less than 2x2 pixels"):
        letterbox(rect, (100, 80), (64, 64))

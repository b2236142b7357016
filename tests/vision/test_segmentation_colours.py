from __future__ import annotations

import numpy as np
import pytest

from pythia.vision.convert import fill
from pythia.vision.image import Image, new_image
from pythia.vision.segmentation_colours import COLOURS, colour, draw_classes

GRAY = (102, 102, 102)


def canvas(width: int = 4, height: int = 2) -> Image:
    image = new_image("RGBA", width, height)
    fill(image, 0.4, 0.4, 0.4)
    return image


def class_map(*rows: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.array(rows, np.int32)


@pytest.mark.parametrize(
    ("class_id", "expected"),
    [(-1, (128, 128, 128)), (0, (0, 128, 128)), (1, (128, 0, 0)), (2, (128, 0, 128))],
)
def test_classes_have_deepstreams_colours(class_id: int, expected: tuple[int, ...]) -> None:
    assert colour(class_id) == expected


def test_each_class_has_a_colour_of_its_own_and_they_come_again() -> None:
    assert COLOURS == 19
    assert len({colour(class_id) for class_id in range(COLOURS)}) == COLOURS
    assert colour(COLOURS) == colour(0)
    assert colour(2 * COLOURS + 3) == colour(3)
    assert colour(100_000) in {colour(class_id) for class_id in range(COLOURS)}


def test_a_map_is_painted_over_the_whole_picture() -> None:
    image = canvas()

    draw_classes(class_map([0, 1, 18, 19], [-1, 2, 40, -9]), image)

    expected = [[colour(c) for c in (0, 1, 18, 19)], [colour(c) for c in (-1, 2, 40)] + [(0, 0, 0)]]
    np.testing.assert_array_equal(image.planes[0][..., :3], expected)
    assert (image.planes[0][..., 3] == 255).all()


def test_a_map_is_scaled_to_the_picture_without_mixing_classes() -> None:
    image = canvas(8, 6)

    draw_classes(class_map([0, 1], [2, 3]), image)

    for row, column, class_id in ((0, 0, 0), (2, 3, 0), (0, 4, 1), (3, 3, 2), (5, 7, 3)):
        assert tuple(image.planes[0][row, column, :3]) == colour(class_id)
    assert {tuple(pixel) for pixel in image.planes[0][..., :3].reshape(-1, 3).tolist()} == {
        colour(class_id) for class_id in range(4)
    }


@pytest.mark.parametrize(
    ("alpha", "painted"), [(1.0, (128, 0, 0)), (0.5, (115, 51, 51)), (0.0, GRAY)]
)
def test_the_background_stays_and_shines_through(
    alpha: float, painted: tuple[int, int, int]
) -> None:
    image = canvas()

    draw_classes(class_map([1, 1, 5, 5], [1, 1, 5, 5]), image, background=5, alpha=alpha)

    assert np.abs(image.planes[0][:, :2, :3].astype(int) - painted).max() <= 1
    assert (image.planes[0][:, 2:, :3] == GRAY).all()
    assert (image.planes[0][..., 3] == 255).all()

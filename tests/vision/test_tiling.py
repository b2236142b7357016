from __future__ import annotations

import pytest

from pythia.vision.boxes import PixelRect
from pythia.vision.tiling import (
    CustomTile,
    Grid,
    covers,
    custom_rect,
    place,
    place_in_sequence,
    square_grid,
)


def test_tiles_are_counted_along_the_rows() -> None:
    tiles = place([0, 1, 2, 5], Grid(2, 3), (300, 200))

    assert tiles == {
        0: PixelRect(0, 0, 100, 100),
        1: PixelRect(100, 0, 100, 100),
        2: PixelRect(200, 0, 100, 100),
        5: PixelRect(200, 100, 100, 100),
    }


def test_tiles_have_even_sizes_and_what_is_left_over_stays_open() -> None:
    tiles = place(range(9), Grid(3, 3), (1280, 720))

    assert {(tile.width, tile.height) for tile in tiles.values()} == {(426, 240)}
    assert not covers(tiles.values(), (1280, 720))
    assert covers(place(range(4), Grid(2, 2), (1280, 720)).values(), (1280, 720))
    assert not covers(place(range(3), Grid(2, 2), (1280, 720)).values(), (1280, 720))


@pytest.mark.parametrize(
    ("sources", "grown"),
    [(1, (1, 2)), (2, (1, 2)), (3, (1, 3)), (4, (2, 2)), (5, (2, 3)), (9, (3, 3)), (24, (4, 6))],
)
def test_a_grid_grows_to_be_about_as_wide_as_high(sources: int, grown: tuple[int, int]) -> None:
    assert Grid(1, 2).grown(sources) == grown


@pytest.mark.parametrize(
    ("sources", "side"), [(0, 1), (1, 1), (2, 2), (4, 2), (5, 3), (9, 3), (10, 4), (16, 4)]
)
def test_a_square_grid_is_as_small_as_it_can_be(sources: int, side: int) -> None:
    assert square_grid(sources) == (side, side)


def test_tiles_in_sequence_have_no_gaps() -> None:
    tiles = place_in_sequence([9, 2, 4], (400, 400))

    assert tiles == {
        2: PixelRect(0, 0, 200, 200),
        4: PixelRect(200, 0, 200, 200),
        9: PixelRect(0, 200, 200, 200),
    }


def test_tiles_placed_by_hand_stand_where_they_are_told_and_the_others_in_the_grid() -> None:
    by_hand = [CustomTile(0, 0.25, 0.5, 0.5, 0.251), CustomTile(7, 0, 0, 1, 1)]

    tiles = place([0, 1], Grid(1, 2), (400, 400), by_hand)

    assert tiles == {0: PixelRect(100, 200, 200, 100), 1: PixelRect(200, 0, 200, 400)}


def test_thirds_that_add_up_to_a_little_more_than_one_are_inside() -> None:
    assert custom_rect(CustomTile(0, 0.67, 0, 0.3301, 1), 1000, 100).right == 1000


@pytest.mark.parametrize(
    "tile",
    [
        CustomTile(3, 0.5, 0, 0.6, 1),
        CustomTile(3, 0, 0.5, 1, 0.6),
        CustomTile(3, -0.1, 0, 0.5, 0.5),
        CustomTile(3, 0, 0, 0, 0.5),
        CustomTile(3, 0, 0, 66, 34),
    ],
)
def test_a_tile_outside_of_the_canvas_is_refused(tile: CustomTile) -> None:
    with pytest.raises(ValueError, match=r"tile of source 3 .* from 0 to 1"):
        custom_rect(tile, 400, 400)


def test_a_canvas_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="16x16 pixels are too few for 1 rows of 10 tiles"):
        place([0], Grid(1, 10), (16, 16))

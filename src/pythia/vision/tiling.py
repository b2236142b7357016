"""Where the pictures of several sources go in one, as NVIDIA's nvmultistreamtiler places them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pythia.vision.boxes import PixelRect


class CustomTile(NamedTuple):
    """A tile that is placed by hand; all but ``source`` are parts (0 to 1) of the canvas."""

    source: int
    left: float
    top: float
    width: float
    height: float


class Grid(NamedTuple):
    """Tiles of one size, in rows."""

    rows: int
    columns: int

    def tile(self, index: int, width: int, height: int) -> PixelRect:
        """Tile ``index``, counted along the rows, of a canvas of this size; its size is even."""
        tile_width = width // self.columns // 2 * 2
        tile_height = height // self.rows // 2 * 2
        row, column = divmod(index, self.columns)
        return PixelRect(column * tile_width, row * tile_height, tile_width, tile_height)

    def grown(self, sources: int) -> Grid:
        """The grid itself if so many sources fit, else the next that is about as wide as high."""
        if sources <= self.rows * self.columns:
            return self
        rows = math.isqrt(sources)
        return Grid(rows, -(-sources // rows))


def square_grid(sources: int) -> Grid:
    """The smallest square grid that so many sources fit in."""
    side = math.isqrt(max(sources, 1) - 1) + 1
    return Grid(side, side)


def custom_rect(tile: CustomTile, width: int, height: int) -> PixelRect:
    """The pixels of a tile placed by hand, on even positions.

    Raises:
        ValueError: the tile has no size or is not inside of the canvas.
    """
    left, top = _even(tile.left * width), _even(tile.top * height)
    rect = PixelRect(left, top, _even(tile.width * width), _even(tile.height * height))
    # A third and two thirds may add up to a little more than one.
    inside = tile.left + tile.width <= 1.001 and tile.top + tile.height <= 1.001
    if min(tile) < 0 or not inside or 0 in (rect.width, rect.height):
        raise ValueError(
            f"the tile of source {tile.source} is {tile.width:g} x {tile.height:g} at "
            f"{tile.left:g}, {tile.top:g}; these are parts of the canvas, from 0 to 1, and the "
            "tile has to lie inside of it"
        )
    return PixelRect(left, top, min(rect.width, width - left), min(rect.height, height - top))


def _even(value: float) -> int:
    return int(value) // 2 * 2


def place(
    sources: Sequence[int], grid: Grid, size: tuple[int, int], custom: Iterable[CustomTile] = ()
) -> dict[int, PixelRect]:
    """The tile of each source: source N has tile N of the grid, or one that is placed by hand.

    Args:
        sources: numbers of the sources.
        grid: has a tile for the highest number.
        size: width and height of the canvas.
        custom: tiles placed by hand.

    Raises:
        ValueError: the canvas is too small for so many tiles.
    """
    tiles = {number: number for number in sources}
    return _placed(tiles, grid, size, custom)


def place_in_sequence(
    sources: Sequence[int], size: tuple[int, int], custom: Iterable[CustomTile] = ()
) -> dict[int, PixelRect]:
    """The tile of each source in a square grid without gaps, in the order of their numbers."""
    tiles = {number: index for index, number in enumerate(sorted(sources))}
    return _placed(tiles, square_grid(len(tiles)), size, custom)


def _placed(
    tiles: Mapping[int, int], grid: Grid, size: tuple[int, int], custom: Iterable[CustomTile]
) -> dict[int, PixelRect]:
    first = grid.tile(0, *size)
    if 0 in (first.width, first.height):
        raise ValueError(
            f"{size[0]}x{size[1]} pixels are too few for {grid.rows} rows of {grid.columns} tiles"
        )
    rects = {number: grid.tile(index, *size) for number, index in tiles.items()}
    by_hand = {tile.source: custom_rect(tile, *size) for tile in custom}
    return {number: by_hand.get(number, rect) for number, rect in rects.items()}


def covers(rects: Iterable[PixelRect], size: tuple[int, int]) -> bool:
    """Whether tiles of one grid leave no pixel of the canvas open."""
    return sum(rect.width * rect.height for rect in rects) == size[0] * size[1]

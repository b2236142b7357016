"""Rectangles, and the way from a source picture to the network's input and back."""

from __future__ import annotations

from typing import NamedTuple


class Rect(NamedTuple):
    """A rectangle in pixels of a picture; fractions are allowed."""

    left: float
    top: float
    width: float
    height: float


class Letterbox(NamedTuple):
    """How a part of a picture (``roi``, whole pixels) was laid into the network's input.

    The scaled part is ``width`` x ``height`` and starts at (``pad_x``, ``pad_y``); a scale is
    network pixels a source pixel.
    """

    roi_left: int
    roi_top: int
    roi_width: int
    roi_height: int
    width: int
    height: int
    pad_x: int
    pad_y: int

    @property
    def scale_x(self) -> float:
        """Network pixels a source pixel, across."""
        return self.width / self.roi_width

    @property
    def scale_y(self) -> float:
        """Network pixels a source pixel, down."""
        return self.height / self.roi_height


def letterbox(
    rect: Rect,
    picture: tuple[int, int],
    network: tuple[int, int],
    keep_aspect: bool = False,
    centred: bool = False,
) -> Letterbox:
    """Where ``rect`` of a picture goes in the network's input; sizes are (width, height).

    As in DeepStream the rectangle is cut to whole pixels, its left and top are rounded up and
    its width and height down to even numbers. It fills the network's input, or with
    ``keep_aspect`` as much of it as its shape allows, at the top left or ``centred``.

    Raises:
        ValueError: less than 2x2 pixels of the rectangle lie in the picture.
    """
    left, top = _even_up(max(int(rect.left), 0)), _even_up(max(int(rect.top), 0))
    roi_width = min(int(rect.width), picture[0] - left) & ~1
    roi_height = min(int(rect.height), picture[1] - top) & ~1
    if roi_width < 2 or roi_height < 2:
        raise ValueError(f"{rect} has less than 2x2 pixels in a picture of {picture}")
    width, height = network
    if keep_aspect:
        fitting_height = network[0] * roi_height / roi_width
        if fitting_height <= network[1]:
            height = max(int(fitting_height), 1)
        else:
            width = max(int(network[1] * roi_width / roi_height), 1)
    pad_x = (network[0] - width) // 2 if centred else 0
    pad_y = (network[1] - height) // 2 if centred else 0
    return Letterbox(left, top, roi_width, roi_height, width, height, pad_x, pad_y)


def _even_up(value: int) -> int:
    return value + (value & 1)

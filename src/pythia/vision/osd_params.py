"""What drawing reads from metadata: DeepStream's parameter structures as protocols.

Metadata objects are passed in as they are; anything else with these attributes works too.
Positions and sizes are in pixels of the picture.
"""

from __future__ import annotations

from typing import Any, Protocol


class Color(Protocol):
    """Every part from 0 to 1 [NvOSD_ColorParams]."""

    red: float
    green: float
    blue: float
    alpha: float


class Rect(Protocol):
    """A rectangle [NvOSD_RectParams]."""

    left: float
    top: float
    width: float
    height: float
    border_width: int
    has_bg_color: int

    @property
    def border_color(self) -> Color:
        """Of the border, and of the instance mask in the box."""

    @property
    def bg_color(self) -> Color:
        """Of the filling, which is drawn if ``has_bg_color``."""


class Mask(Protocol):
    """Which part of a box belongs to its object [NvOSD_MaskParams]."""

    width: int
    height: int
    threshold: float

    def get_mask_array(self) -> Any:
        """``width * height`` numbers, flat, row by row; empty if there is no mask."""


class Line(Protocol):
    """A line [NvOSD_LineParams]."""

    x1: int
    y1: int
    x2: int
    y2: int
    line_width: int

    @property
    def line_color(self) -> Color:
        """Of the line."""


class Arrow(Protocol):
    """An arrow; ``arrow_head`` is 0 at the start, 1 at the end, 2 both [NvOSD_ArrowParams]."""

    x1: int
    y1: int
    x2: int
    y2: int
    arrow_width: int
    arrow_head: Any

    @property
    def arrow_color(self) -> Color:
        """Of line and head."""


class Circle(Protocol):
    """A circle [NvOSD_CircleParams]."""

    xc: int
    yc: int
    radius: int
    has_bg_color: int

    @property
    def circle_color(self) -> Color:
        """Of the circle's line."""

    @property
    def bg_color(self) -> Color:
        """Of the disc, which is drawn if ``has_bg_color``."""


class Font(Protocol):
    """A font by name, with its size in points [NvOSD_FontParams]."""

    font_name: Any
    font_size: int

    @property
    def font_color(self) -> Color:
        """Of the letters."""


class Text(Protocol):
    """A text with its upper left corner; its strings are ``str`` [NvOSD_TextParams]."""

    display_text: Any
    x_offset: int
    y_offset: int
    set_bg_clr: int

    @property
    def font_params(self) -> Font:
        """Font, size and colour."""

    @property
    def text_bg_clr(self) -> Color:
        """Behind the text, drawn if ``set_bg_clr``."""

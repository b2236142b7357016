"""The portable provider's shapes and texts to draw, with the names of NvOSD's structures.

They belong to the metadata that holds them; see :mod:`pythia.meta.portable`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pythia.meta.portable_viewed import Viewed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(slots=True, eq=False)
class PortableColor(Viewed):
    """RGBA, each part from 0 to 1."""

    red: float = 0.0
    green: float = 0.0
    blue: float = 0.0
    alpha: float = 0.0

    def set(self, red: float, green: float, blue: float, alpha: float) -> None:
        """Set all four parts."""
        self.red, self.green, self.blue, self.alpha = red, green, blue, alpha

    def copy(self) -> PortableColor:
        """An independent copy."""
        return PortableColor(self.red, self.green, self.blue, self.alpha)


@dataclass(slots=True, eq=False)
class PortableRect(Viewed):
    """A rectangle in pixels of the frame; a border of width 0 is not drawn."""

    left: float = 0.0
    top: float = 0.0
    width: float = 0.0
    height: float = 0.0
    border_width: int = 0
    border_color: PortableColor = field(default_factory=PortableColor)
    has_bg_color: int = 0
    bg_color: PortableColor = field(default_factory=PortableColor)
    has_color_info: int = 0
    color_id: int = 0

    def copy(self) -> PortableRect:
        """An independent copy."""
        return PortableRect(
            self.left,
            self.top,
            self.width,
            self.height,
            self.border_width,
            self.border_color.copy(),
            self.has_bg_color,
            self.bg_color.copy(),
            self.has_color_info,
            self.color_id,
        )


@dataclass(slots=True, eq=False)
class PortableFont(Viewed):
    """A font by name, its size in points, its colour."""

    font_name: str | None = None
    font_size: int = 0
    font_color: PortableColor = field(default_factory=PortableColor)

    def copy(self) -> PortableFont:
        """An independent copy."""
        return PortableFont(self.font_name, self.font_size, self.font_color.copy())


@dataclass(slots=True, eq=False)
class PortableText(Viewed):
    """A text with its upper left corner in pixels; drawn only if ``display_text`` is set."""

    display_text: str | None = None
    x_offset: int = 0
    y_offset: int = 0
    font_params: PortableFont = field(default_factory=PortableFont)
    set_bg_clr: int = 0
    text_bg_clr: PortableColor = field(default_factory=PortableColor)

    def copy(self) -> PortableText:
        """An independent copy."""
        return PortableText(
            self.display_text,
            self.x_offset,
            self.y_offset,
            self.font_params.copy(),
            self.set_bg_clr,
            self.text_bg_clr.copy(),
        )


@dataclass(slots=True, eq=False)
class PortableLine(Viewed):
    """A line between two points, in pixels."""

    x1: int = 0
    y1: int = 0
    x2: int = 0
    y2: int = 0
    line_width: int = 0
    line_color: PortableColor = field(default_factory=PortableColor)

    def copy(self) -> PortableLine:
        """An independent copy."""
        return PortableLine(
            self.x1, self.y1, self.x2, self.y2, self.line_width, self.line_color.copy()
        )


START_HEAD, END_HEAD, BOTH_HEAD = 0, 1, 2
"""Which ends of an arrow have a head [NvOSD_Arrow_Head_Direction]."""


@dataclass(slots=True, eq=False)
class PortableArrow(Viewed):
    """An arrow between two points, in pixels."""

    x1: int = 0
    y1: int = 0
    x2: int = 0
    y2: int = 0
    arrow_width: int = 0
    arrow_head: int = START_HEAD
    arrow_color: PortableColor = field(default_factory=PortableColor)

    def copy(self) -> PortableArrow:
        """An independent copy."""
        return PortableArrow(
            self.x1,
            self.y1,
            self.x2,
            self.y2,
            self.arrow_width,
            self.arrow_head,
            self.arrow_color.copy(),
        )


@dataclass(slots=True, eq=False)
class PortableCircle(Viewed):
    """A circle around a point, in pixels."""

    xc: int = 0
    yc: int = 0
    radius: int = 0
    circle_color: PortableColor = field(default_factory=PortableColor)
    has_bg_color: int = 0
    bg_color: PortableColor = field(default_factory=PortableColor)

    def copy(self) -> PortableCircle:
        """An independent copy."""
        return PortableCircle(
            self.xc,
            self.yc,
            self.radius,
            self.circle_color.copy(),
            self.has_bg_color,
            self.bg_color.copy(),
        )


@dataclass(slots=True, eq=False)
class PortableMask(Viewed):
    """An instance mask over the object's box: ``data`` is float32 ``(height, width)``."""

    data: NDArray[np.float32] | None = None
    width: int = 0
    height: int = 0
    threshold: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of the mask."""
        return 0 if self.data is None else int(self.data.nbytes)

    def get_mask_array(self) -> NDArray[np.float32]:
        """The mask, flat; empty if there is none."""
        import numpy as np

        return np.empty(0, np.float32) if self.data is None else self.data.reshape(-1)

    def copy(self) -> PortableMask:
        """A copy that shares the (never changed) pixels."""
        return PortableMask(self.data, self.width, self.height, self.threshold)


@dataclass(slots=True, eq=False)
class PortableDisplay(Viewed):
    """Shapes and texts to draw over a frame, at most 16 of a kind."""

    rect_params: list[PortableRect] = field(default_factory=list)
    text_params: list[PortableText] = field(default_factory=list)
    line_params: list[PortableLine] = field(default_factory=list)
    arrow_params: list[PortableArrow] = field(default_factory=list)
    circle_params: list[PortableCircle] = field(default_factory=list)

    @property
    def num_rects(self) -> int:
        """How many rectangles there are."""
        return len(self.rect_params)

    @property
    def num_labels(self) -> int:
        """How many texts there are."""
        return len(self.text_params)

    @property
    def num_lines(self) -> int:
        """How many lines there are."""
        return len(self.line_params)

    @property
    def num_arrows(self) -> int:
        """How many arrows there are."""
        return len(self.arrow_params)

    @property
    def num_circles(self) -> int:
        """How many circles there are."""
        return len(self.circle_params)

    def copy(self) -> PortableDisplay:
        """An independent copy."""
        return PortableDisplay(
            [rect.copy() for rect in self.rect_params],
            [text.copy() for text in self.text_params],
            [line.copy() for line in self.line_params],
            [arrow.copy() for arrow in self.arrow_params],
            [circle.copy() for circle in self.circle_params],
        )

"""Shapes and texts to draw, and the mouse on a tiled picture."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.compat.pyservicemaker.views import (
    UINT,
    View,
    fixed,
    integer,
    part,
    plain_text,
    real,
    say_once,
    text,
)
from pythia.meta.portable_osd import (
    PortableArrow,
    PortableCircle,
    PortableColor,
    PortableLine,
    PortableMask,
    PortableRect,
    PortableText,
)

__all__ = [
    "Arrow",
    "ArrowHead",
    "Circle",
    "Color",
    "EventHandler",
    "Font",
    "FontFamily",
    "Line",
    "Mask",
    "Rect",
    "Text",
    "TextParams",
]


class FontFamily(Enum):
    """Fonts by family."""

    Serif = 0
    Sans = 1
    Mono = 2


class ArrowHead(Enum):
    """Which ends of an arrow have a head."""

    Start = 0
    End = 1
    Both = 2


class Color(View):
    """A colour, each part from 0 to 1."""

    __slots__ = ()

    def __init__(self, r: float, g: float, b: float, a: float) -> None:
        self._meta = PortableColor()
        self.r, self.g, self.b, self.a = r, g, b, a

    r, g, b, a = map(real, ("red", "green", "blue", "alpha"))

    def __repr__(self) -> str:
        return f"Color(r={self.r:g}, g={self.g:g}, b={self.b:g}, a={self.a:g})"


def _write_font(view: Font, family: Any) -> None:
    view._meta.font_name = (
        family.name if isinstance(family, FontFamily) else plain_text(family, "name")
    )


class Font(View):
    """A font: ``name`` reads as a text and takes a :class:`FontFamily`; size in points."""

    __slots__ = ()

    name = property(lambda view: view._meta.font_name or "", _write_font)
    size = integer("font_size", *UINT)
    color = part("font_color", Color)

    def __repr__(self) -> str:
        return f"Font(name={self.name}, size={self.size}, color={self.color!r})"


class TextParams(View):
    """A text with its upper left corner in pixels, under NvOSD's names."""

    __slots__ = ()

    def __init__(self) -> None:
        self._meta = PortableText()

    display_text = text("display_text")
    x_offset = integer("x_offset", *UINT)
    y_offset = integer("y_offset", *UINT)
    font_params = part("font_params", Font)
    set_bg_clr = integer("set_bg_clr")
    text_bg_clr = part("text_bg_clr", Color)

    def __repr__(self) -> str:
        return f"TextParams({self.display_text!r}, {self.x_offset}, {self.y_offset})"


class Text(TextParams):
    """A text with its upper left corner in pixels; ``display_text`` takes str and bytes."""

    __slots__ = ()

    font = part("font_params", Font)
    set_bg_color = integer("set_bg_clr")
    bg_color = part("text_bg_clr", Color)

    def __repr__(self) -> str:
        return f"Text({self.display_text!r}, {self.x_offset}, {self.y_offset})"


class Rect(View):
    """A rectangle in pixels of the frame; a border of width 0 is not drawn."""

    __slots__ = ()

    def __init__(self) -> None:
        self._meta = PortableRect()

    left, top, width, height = map(real, ("left", "top", "width", "height"))
    rotation_angle = fixed("rotation_angle", 0.0, "boxes are drawn upright")
    border_width = integer("border_width", *UINT)
    border_color = part("border_color", Color)
    has_bg_color = integer("has_bg_color", *UINT)
    bg_color = part("bg_color", Color)

    def __repr__(self) -> str:
        box = f"left={self.left:g}, top={self.top:g}, width={self.width:g}, height={self.height:g}"
        return f"Rect({box}, border_width={self.border_width})"


class Mask(View):
    """An instance mask; ``mask_array`` is float32 ``(height, width)``, empty if there is none."""

    __slots__ = ()

    def __init__(self) -> None:
        self._meta = PortableMask()

    threshold = real("threshold")

    @property
    def mask_array(self) -> NDArray[np.float32]:
        """The mask."""
        data = self._meta.data
        return np.empty(0, np.float32) if data is None else data

    @mask_array.setter
    def mask_array(self, value: Any) -> None:
        data = np.array(value, np.float32)
        if data.ndim != 2:
            raise TypeError(f"mask_array: an array of height x width is needed, not {data.shape}")
        self._meta.data = data
        self._meta.height, self._meta.width = data.shape

    def __repr__(self) -> str:
        return f"Mask({self._meta.height} x {self._meta.width}, threshold={self.threshold:g})"


class Line(View):
    """A line between two points, in pixels."""

    __slots__ = ()

    def __init__(self) -> None:
        self._meta = PortableLine()

    x1, y1, x2, y2 = (integer(name, *UINT) for name in ("x1", "y1", "x2", "y2"))
    width = integer("line_width", *UINT)
    color = part("line_color", Color)

    def __repr__(self) -> str:
        return f"Line({self.x1}, {self.y1}, {self.x2}, {self.y2}, width={self.width})"


def _write_head(view: Arrow, head: Any) -> None:
    if not isinstance(head, ArrowHead):
        raise TypeError(f"head: an osd.ArrowHead is needed, not {head!r}")
    view._meta.arrow_head = head.value


class Arrow(View):
    """An arrow between two points, in pixels."""

    __slots__ = ()

    def __init__(self) -> None:
        self._meta = PortableArrow()

    x1, y1, x2, y2 = (integer(name, *UINT) for name in ("x1", "y1", "x2", "y2"))
    width = integer("arrow_width", *UINT)
    color = part("arrow_color", Color)
    head = property(lambda view: ArrowHead(view._meta.arrow_head), _write_head)

    def __repr__(self) -> str:
        return f"Arrow({self.x1}, {self.y1}, {self.x2}, {self.y2}, {self.head.name})"


class Circle(View):
    """A circle around a point, in pixels."""

    __slots__ = ()

    def __init__(self) -> None:
        self._meta = PortableCircle()

    xc, yc, radius = (integer(name, *UINT) for name in ("xc", "yc", "radius"))
    color = part("circle_color", Color)
    has_bg_color = integer("has_bg_color", *UINT)
    bg_color = part("bg_color", Color)
    width = fixed("width", 0, "circles are drawn with one width")

    def __repr__(self) -> str:
        return f"Circle({self.xc}, {self.yc}, radius={self.radius})"


class EventHandler:
    """In DeepStream, shows one source alone when its tile is clicked.

    Windows of the portable runtime have no mouse: it can be started and stopped, and says so.
    """

    def __init__(self, tiler: Any, osd: Any, renderer: Any) -> None:
        self._renderer = renderer
        self.started = False

    def start(self) -> None:
        """Begin to look at the mouse."""
        self.started = True
        say_once("osd.EventHandler: windows of the portable runtime do not tell of mouse clicks")

    def stop(self) -> None:
        """Look at it no more."""
        self.started = False

"""Shapes and texts to draw."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.compat.pyds.enums import NvOSD_Arrow_Head_Direction, NvOSD_Mode, enum_field
from pythia.compat.pyds.strings import font, text
from pythia.compat.pyds.views import (
    INT,
    UINT,
    View,
    double,
    integer,
    part,
    read_only,
    real,
)
from pythia.meta.portable import PortableBboxInfo, PortableCoords
from pythia.meta.portable_osd import (
    PortableArrow,
    PortableCircle,
    PortableColor,
    PortableFont,
    PortableLine,
    PortableMask,
    PortableRect,
    PortableText,
)

__all__ = [
    "NvBbox_Coords",
    "NvDsComp_BboxInfo",
    "NvOSD_ArrowParams",
    "NvOSD_CircleParams",
    "NvOSD_ColorParams",
    "NvOSD_Color_info",
    "NvOSD_FontParams",
    "NvOSD_FrameArrowParams",
    "NvOSD_FrameCircleParams",
    "NvOSD_FrameLineParams",
    "NvOSD_FrameRectParams",
    "NvOSD_FrameTextParams",
    "NvOSD_LineParams",
    "NvOSD_MaskParams",
    "NvOSD_RectParams",
    "NvOSD_TextParams",
    "RectDim",
]


class NvOSD_ColorParams(View, kind=PortableColor):
    """A colour, each part from 0 to 1."""

    __slots__ = ()

    red, green, blue, alpha = map(double, ("red", "green", "blue", "alpha"))

    def set(self, red: float, green: float, blue: float, alpha: float) -> None:
        """Set all four parts."""
        self.red, self.green, self.blue, self.alpha = red, green, blue, alpha


class NvBbox_Coords(View, kind=PortableCoords):
    """A box in pixels of the frame."""

    __slots__ = ()

    left, top, width, height = map(real, ("left", "top", "width", "height"))


class NvDsComp_BboxInfo(View, kind=PortableBboxInfo):
    """A component's own box."""

    __slots__ = ()

    org_bbox_coords = part("org_bbox_coords", NvBbox_Coords)


class NvOSD_RectParams(View, kind=PortableRect):
    """A rectangle in pixels of the frame."""

    __slots__ = ()

    left, top, width, height = map(real, ("left", "top", "width", "height"))
    border_width = integer("border_width", *UINT)
    border_color = part("border_color", NvOSD_ColorParams)
    has_bg_color = integer("has_bg_color", *UINT)
    bg_color = part("bg_color", NvOSD_ColorParams)
    has_color_info = integer("has_color_info", *INT)
    color_id = integer("color_id", *INT)
    reserved = property(lambda _: 0)


class NvOSD_FontParams(View, kind=PortableFont):
    """A font; ``font_name`` is read as an address."""

    __slots__ = ()

    font_name = font("font_name")
    font_size = integer("font_size", *UINT)
    font_color = part("font_color", NvOSD_ColorParams)


class NvOSD_TextParams(View, kind=PortableText):
    """A text; ``display_text`` is read as an address."""

    __slots__ = ()

    display_text = text("display_text")
    x_offset = integer("x_offset", *UINT)
    y_offset = integer("y_offset", *UINT)
    font_params = part("font_params", NvOSD_FontParams)
    set_bg_clr = integer("set_bg_clr", *INT)
    text_bg_clr = part("text_bg_clr", NvOSD_ColorParams)


class NvOSD_LineParams(View, kind=PortableLine):
    """A line between two points."""

    __slots__ = ()

    x1, y1, x2, y2, line_width = (
        integer(name, *UINT) for name in ("x1", "y1", "x2", "y2", "line_width")
    )
    line_color = part("line_color", NvOSD_ColorParams)


class NvOSD_ArrowParams(View, kind=PortableArrow):
    """An arrow between two points."""

    __slots__ = ()

    x1, y1, x2, y2, arrow_width = (
        integer(name, *UINT) for name in ("x1", "y1", "x2", "y2", "arrow_width")
    )
    arrow_head = enum_field("arrow_head", NvOSD_Arrow_Head_Direction)
    arrow_color = part("arrow_color", NvOSD_ColorParams)
    reserved = property(lambda _: 0)


class NvOSD_CircleParams(View, kind=PortableCircle):
    """A circle around a point."""

    __slots__ = ()

    xc, yc, radius = (integer(name, *UINT) for name in ("xc", "yc", "radius"))
    circle_color = part("circle_color", NvOSD_ColorParams)
    has_bg_color = integer("has_bg_color", *UINT)
    bg_color = part("bg_color", NvOSD_ColorParams)
    reserved = property(lambda _: 0)


class NvOSD_MaskParams(View, kind=PortableMask):
    """An instance mask over an object's box."""

    __slots__ = ()

    size = read_only("size")
    threshold = real("threshold")
    width = integer("width", *UINT)
    height = integer("height", *UINT)

    @property
    def data(self) -> float | None:
        """The first value, as pyds gives it; None without a mask."""
        mask = self._meta.get_mask_array()
        return float(mask[0]) if mask.size else None

    def get_mask_array(self) -> NDArray[np.float32]:
        """The mask, flat; a view of its memory."""
        mask: NDArray[np.float32] = self._meta.get_mask_array()
        return mask

    def alloc_mask_array(self) -> NDArray[np.float32]:
        """A new mask of ``width * height``, all 0, flat; a view of its memory."""
        self._meta.data = np.zeros((self._meta.height, self._meta.width), np.float32)
        return self.get_mask_array()


class NvOSD_Color_info(View, fields={"id": 0, "color": None}):
    """A colour for the objects of a class."""

    __slots__ = ()

    id = integer("id", *INT)

    def __init__(self) -> None:
        super().__init__()
        self._meta.color = PortableColor()

    color = part("color", NvOSD_ColorParams)


def _shapes(count: str, shapes: str) -> dict[str, Any]:
    return {"buf_ptr": None, "mode": 0, count: 0, shapes: None}


class _FrameParams(View):
    """What a drawing function of DeepStream takes; nothing here draws by it."""

    __slots__ = ()

    buf_ptr = read_only("buf_ptr")
    mode = enum_field("mode", NvOSD_Mode)


class NvOSD_FrameTextParams(_FrameParams, fields=_shapes("num_strings", "text_params_list")):
    """Texts of a frame."""

    __slots__ = ()

    num_strings = integer("num_strings", *INT)
    text_params_list = read_only("text_params_list")


class NvOSD_FrameRectParams(_FrameParams, fields=_shapes("num_rects", "rect_params_list")):
    """Rectangles of a frame."""

    __slots__ = ()

    num_rects = integer("num_rects", *INT)
    rect_params_list = read_only("rect_params_list")


class NvOSD_FrameLineParams(_FrameParams, fields=_shapes("num_lines", "line_params_list")):
    """Lines of a frame."""

    __slots__ = ()

    num_lines = integer("num_lines", *INT)
    line_params_list = read_only("line_params_list")


class NvOSD_FrameArrowParams(_FrameParams, fields=_shapes("num_arrows", "arrow_params_list")):
    """Arrows of a frame."""

    __slots__ = ()

    num_arrows = integer("num_arrows", *INT)
    arrow_params_list = read_only("arrow_params_list")


class NvOSD_FrameCircleParams(_FrameParams, fields=_shapes("num_circles", "circle_params_list")):
    """Circles of a frame."""

    __slots__ = ()

    num_circles = integer("num_circles", *INT)
    circle_params_list = read_only("circle_params_list")


class RectDim(
    View,
    fields={
        "left": 0.0,
        "top": 0.0,
        "width": 0.0,
        "height": 0.0,
        "class_id": 0,
        "tracking_id": 0,
        "gie_unique_id": 0,
        "roi_status": 0,
        "text": None,
    },
):
    """A box of the 360 degree samples."""

    __slots__ = ()

    left, top, width, height = map(real, ("left", "top", "width", "height"))
    class_id, tracking_id, gie_unique_id, roi_status = (
        integer(name, *INT) for name in ("class_id", "tracking_id", "gie_unique_id", "roi_status")
    )
    text = read_only("text")

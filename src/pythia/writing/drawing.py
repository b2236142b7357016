"""Shapes and texts drawn on frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pythia.exceptions import MetadataError
from pythia.meta.types import MAX_SHAPES
from pythia.writing import values
from pythia.writing.block import Block, not_there
from pythia.writing.values import UINT, Box, Color, Point

if TYPE_CHECKING:
    from pythia.meta.types import (
        ArrowParams,
        BatchMeta,
        CircleParams,
        DisplayMeta,
        FrameMeta,
        LineParams,
        RectParams,
        TextParams,
    )

RED, WHITE = (1.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_HEADS = ("start", "end", "both")
Rgba = tuple[float, float, float, float]


class Drawing(Block):
    """Draws; shapes on a frame share the block's own display metadata."""

    def __init__(self, batch_meta: BatchMeta) -> None:
        super().__init__(batch_meta)
        self._displays: dict[Any, Any] = {}

    def __exit__(self, *error: Any) -> None:
        self._displays.clear()
        super().__exit__(*error)

    def display(self, frame: FrameMeta) -> DisplayMeta:
        """Add display metadata, with room for 16 shapes of each kind, to a frame.

        Shapes can be drawn straight on a frame, too. Those that are drawn on a display metadata
        can be removed together with it.
        """
        self._check_frame(frame)
        display = self._provider.new_display(self._batch)
        self._provider.add_display(frame, display)
        self._own.add(display)
        made: DisplayMeta = display
        return made

    def rectangle(
        self,
        place: FrameMeta | DisplayMeta,
        box: Box,
        *,
        color: Color = RED,
        width: int = 3,
        fill: Color | None = None,
    ) -> RectParams:
        """Draw a rectangle with a border of ``width`` pixels, filled if ``fill`` is given.

        Args:
            place: A frame, or display metadata of :meth:`display`.
            box: Left, top, width and height in pixels of the frame.
            color: Of the border.
            width: Of the border in pixels; 0 draws none.
            fill: Colour inside.
        """
        left, top, box_width, box_height = values.box(box)
        border, border_width = values.color(color, "color"), values.whole(width, "width", UINT)
        inside = None if fill is None else values.color(fill, "fill")
        rect: RectParams = self._shape(place, "rect_params")
        rect.left, rect.top, rect.width, rect.height = left, top, box_width, box_height
        rect.border_width = border_width
        rect.border_color.set(*border)
        _fill(rect, inside)
        return rect

    def text(
        self,
        place: FrameMeta | DisplayMeta,
        text: str,
        x: int,
        y: int,
        *,
        font: str = "Serif",
        size: int = 11,
        color: Color = WHITE,
        background: Color | None = None,
    ) -> TextParams:
        """Draw a text with its upper left corner at ``x`` and ``y``.

        Args:
            place: A frame, or display metadata of :meth:`display`.
            text: The text; line breaks are welcome.
            x: Left edge in pixels of the frame, 0 or more.
            y: Upper edge in pixels of the frame, 0 or more.
            font: Name of the font.
            size: Size of the font in points.
            color: Of the letters.
            background: Colour behind the text; none by default.
        """
        what, where = values.text(text, "text"), values.point((x, y), "x, y")
        name, points = values.text(font, "font"), values.whole(size, "size", UINT)
        ink = values.color(color, "color")
        behind = None if background is None else values.color(background, "background")
        made: TextParams = self._shape(place, "text_params")
        fill_text(made, what, where, name, points, ink, behind)
        return made

    def line(
        self,
        place: FrameMeta | DisplayMeta,
        start: Point,
        end: Point,
        *,
        color: Color = RED,
        width: int = 3,
    ) -> LineParams:
        """Draw a line of ``width`` pixels between two points ``(x, y)`` on the frame."""
        ends, rgba = _ends(start, end), values.color(color, "color")
        line_width = values.whole(width, "width", UINT)
        line: LineParams = self._shape(place, "line_params")
        line.x1, line.y1, line.x2, line.y2 = ends
        line.line_width = line_width
        line.line_color.set(*rgba)
        return line

    def arrow(
        self,
        place: FrameMeta | DisplayMeta,
        start: Point,
        end: Point,
        *,
        head: str = "end",
        color: Color = RED,
        width: int = 3,
    ) -> ArrowParams:
        """Draw a line with a head at its ``end``, its ``start`` or ``both``."""
        ends, rgba = _ends(start, end), values.color(color, "color")
        arrow_width = values.whole(width, "width", UINT)
        if head not in _HEADS:
            raise MetadataError(f"head: {head!r} is none of {', '.join(_HEADS)}")
        arrow: ArrowParams = self._shape(place, "arrow_params")
        arrow.x1, arrow.y1, arrow.x2, arrow.y2 = ends
        arrow.arrow_width = arrow_width
        arrow.arrow_head = self._provider.arrow_head(_HEADS.index(head))
        arrow.arrow_color.set(*rgba)
        return arrow

    def circle(
        self,
        place: FrameMeta | DisplayMeta,
        center: Point,
        radius: int,
        *,
        color: Color = RED,
        fill: Color | None = None,
    ) -> CircleParams:
        """Draw a circle around a point ``(x, y)`` on the frame, filled if ``fill`` is given."""
        at, rgba = values.point(center, "center"), values.color(color, "color")
        reach = values.whole(radius, "radius", UINT)
        inside = None if fill is None else values.color(fill, "fill")
        circle: CircleParams = self._shape(place, "circle_params")
        circle.xc, circle.yc = at
        circle.radius = reach
        circle.circle_color.set(*rgba)
        _fill(circle, inside)
        return circle

    def _shape(self, place: Any, kind: str) -> Any:
        """A new shape of one kind; on a frame, in the block's own display metadata."""
        next_shape = self._provider.next_shape
        if not hasattr(place, "display_meta_list"):
            return self._shape_in(place, kind)
        self._check_frame(place)
        display = self._displays.get(place)
        shape = None if display is None or display in self._doomed else next_shape(display, kind)
        if shape is None:
            display = self._displays[place] = self.display(place)
            shape = next_shape(display, kind)
        return shape

    def _shape_in(self, display: Any, kind: str) -> Any:
        if not hasattr(display, kind) or not hasattr(display, "line_params"):
            raise MetadataError(not_there(display, "a frame or display metadata"))
        self._check_there(display)
        shape = self._provider.next_shape(display, kind)
        if shape is None:
            raise MetadataError(
                f"display metadata has room for {MAX_SHAPES} {kind.split('_')[0]} shapes; draw on "
                "the frame, which takes more of them, or add another with display()"
            )
        return shape


def _ends(start: Point, end: Point) -> tuple[int, int, int, int]:
    return (*values.point(start, "start"), *values.point(end, "end"))


def _fill(shape: RectParams | CircleParams, color: tuple[float, ...] | None) -> None:
    shape.has_bg_color = int(color is not None)
    if color is not None:
        shape.bg_color.set(*color)


def fill_text(
    target: TextParams,
    text: str,
    place: tuple[int, int],
    font: str,
    size: int,
    color: Rgba,
    background: Rgba | None,
) -> None:
    """Give a text all its fields."""
    target.display_text = text
    target.x_offset, target.y_offset = place
    target.font_params.font_name = font
    target.font_params.font_size = size
    target.font_params.font_color.set(*color)
    target.set_bg_clr = int(background is not None)
    if background is not None:
        target.text_bg_clr.set(*background)

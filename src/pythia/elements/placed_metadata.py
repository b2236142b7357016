"""Metadata of a frame that becomes a part of another one: everything that is drawn moves along."""

from __future__ import annotations

from typing import NamedTuple

from pythia.meta.portable import PortableFrame
from pythia.meta.portable_osd import (
    PortableArrow,
    PortableCircle,
    PortableDisplay,
    PortableLine,
    PortableRect,
    PortableText,
)


class Place(NamedTuple):
    """Where a frame lies in another one: its upper left corner there, and how it is scaled."""

    left: int
    top: int
    x_scale: float
    y_scale: float

    def placed(self, frame: PortableFrame) -> PortableFrame:
        """A copy of a frame's metadata with its boxes, texts and shapes in their new place.

        As in DeepStream, widths of lines and sizes of fonts stay, and so do the boxes of detector
        and tracker (``detector_bbox_info``, ``tracker_bbox_info``).
        """
        copy = frame.copy()
        for obj in copy.obj_meta_list:
            self._move_rect(obj.rect_params)
            self._move_text(obj.text_params)
        for display in copy.display_meta_list:
            self._move_display(display)
        return copy

    def _move_display(self, display: PortableDisplay) -> None:
        for rect in display.rect_params:
            self._move_rect(rect)
        for text in display.text_params:
            self._move_text(text)
        for line in display.line_params:
            self._move_line(line)
        for arrow in display.arrow_params:
            self._move_line(arrow)
        for circle in display.circle_params:
            self._move_circle(circle)

    def _x(self, x: float) -> float:
        return x * self.x_scale + self.left

    def _y(self, y: float) -> float:
        return y * self.y_scale + self.top

    def _move_rect(self, rect: PortableRect) -> None:
        rect.left, rect.top = self._x(rect.left), self._y(rect.top)
        rect.width *= self.x_scale
        rect.height *= self.y_scale

    def _move_text(self, text: PortableText) -> None:
        text.x_offset, text.y_offset = int(self._x(text.x_offset)), int(self._y(text.y_offset))

    def _move_line(self, line: PortableLine | PortableArrow) -> None:
        line.x1, line.y1 = int(self._x(line.x1)), int(self._y(line.y1))
        line.x2, line.y2 = int(self._x(line.x2)), int(self._y(line.y2))

    def _move_circle(self, circle: PortableCircle) -> None:
        circle.xc, circle.yc = int(self._x(circle.xc)), int(self._y(circle.yc))
        circle.radius = int(circle.radius * min(self.x_scale, self.y_scale))

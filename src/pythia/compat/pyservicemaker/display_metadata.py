"""Shapes and texts to draw over a frame."""

from __future__ import annotations

from pythia.compat.pyservicemaker.osd import Arrow, Circle, Line, Rect, TextParams
from pythia.compat.pyservicemaker.views import View, meta_of, shown
from pythia.meta.portable_osd import PortableDisplay

__all__ = ["DisplayMetadata"]

_MOST = 16


class DisplayMetadata(View):
    """Shapes to draw, at most 16 of a kind; what is added is copied.

    Each ``add_...`` raises TypeError for something else, RuntimeError where there is no room.
    """

    __slots__ = ()

    def __init__(self) -> None:
        self._meta = PortableDisplay()

    n_rects = shown("num_rects")
    n_labels = shown("num_labels")
    n_lines = shown("num_lines")
    n_arrows = shown("num_arrows")
    n_circles = shown("num_circles")

    def add_text(self, item: TextParams) -> None:
        """Add a text."""
        self._add("text_params", item, TextParams)

    def add_rect(self, item: Rect) -> None:
        """Add a rectangle."""
        self._add("rect_params", item, Rect)

    def add_line(self, item: Line) -> None:
        """Add a line."""
        self._add("line_params", item, Line)

    def add_arrow(self, item: Arrow) -> None:
        """Add an arrow."""
        self._add("arrow_params", item, Arrow)

    def add_circle(self, item: Circle) -> None:
        """Add a circle."""
        self._add("circle_params", item, Circle)

    def _add(self, name: str, item: View, cls: type[View]) -> None:
        shapes = getattr(self._meta, name)
        if len(shapes) >= _MOST:
            raise RuntimeError(
                f"a DisplayMetadata holds {_MOST} shapes of a kind; acquire another one for more"
            )
        shapes.append(meta_of(item, cls, f"osd.{cls.__name__}").copy())

    def __repr__(self) -> str:
        return (
            f"DisplayMetadata(n_rects={self.n_rects}, n_labels={self.n_labels}, "
            f"n_lines={self.n_lines}, n_arrows={self.n_arrows}, n_circles={self.n_circles})"
        )

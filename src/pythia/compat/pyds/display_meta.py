"""Shapes and texts to draw over a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from pythia.compat.pyds.core_meta import RESERVED, WithBase, refuse_array
from pythia.compat.pyds.osd import (
    NvOSD_ArrowParams,
    NvOSD_CircleParams,
    NvOSD_LineParams,
    NvOSD_RectParams,
    NvOSD_TextParams,
)
from pythia.compat.pyds.views import UINT, View, show, whole
from pythia.meta.portable_osd import PortableDisplay
from pythia.meta.types import DISPLAY_META

__all__ = ["NvDsDisplayMeta"]

SLOTS = 16
"""Shapes of one kind that a display metadata has room for [MAX_ELEMENTS_IN_DISPLAY_META]."""

# Shapes: DeepStream has 16 places of each kind and a number that says how many count. The portable
# metadata has a list of those that count, the places behind it are kept here.
_places: WeakKeyDictionary[PortableDisplay, dict[str, list[Any]]] = WeakKeyDictionary()


def _places_of(display: PortableDisplay, name: str, make: Callable[[], Any]) -> list[Any]:
    """All 16 places, those that count first."""
    places = _places.setdefault(display, {}).setdefault(name, [])
    counted = getattr(display, name)
    places[: len(counted)] = counted
    places += [make() for _ in range(SLOTS - len(places))]
    return places


def _shape_list(name: str, cls: type[View]) -> property:
    def read(view: View) -> list[Any]:
        return [show(cls, place, view) for place in _places_of(view._meta, name, cls._kind)]

    return property(read)


def _shape_count(name: str, cls: type[View]) -> property:
    def read(view: View) -> int:
        return len(getattr(view._meta, name))

    def write(view: View, value: Any) -> None:
        number = whole(value, *UINT, name)
        if number > SLOTS:
            raise ValueError(f"{name}: {number} of a kind; a display metadata has room for {SLOTS}")
        places = _places_of(view._meta, name, cls._kind)
        getattr(view._meta, name)[:] = places[:number]

    return property(read, write)


class NvDsDisplayMeta(WithBase, kind=PortableDisplay):
    """Shapes and texts to draw: 16 places of each kind, of which ``num_...`` count."""

    __slots__ = ()

    _type = DISPLAY_META
    num_rects = _shape_count("rect_params", NvOSD_RectParams)
    num_labels = _shape_count("text_params", NvOSD_TextParams)
    num_lines = _shape_count("line_params", NvOSD_LineParams)
    num_arrows = _shape_count("arrow_params", NvOSD_ArrowParams)
    num_circles = _shape_count("circle_params", NvOSD_CircleParams)
    rect_params = _shape_list("rect_params", NvOSD_RectParams)
    text_params = _shape_list("text_params", NvOSD_TextParams)
    line_params = _shape_list("line_params", NvOSD_LineParams)
    arrow_params = _shape_list("arrow_params", NvOSD_ArrowParams)
    circle_params = _shape_list("circle_params", NvOSD_CircleParams)
    misc_osd_data = property(lambda _: np.zeros(4, np.int32), refuse_array)
    reserved = RESERVED

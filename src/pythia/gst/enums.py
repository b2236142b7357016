"""Registers enumerations with GObject, so that properties take their nicks in launch text."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from pythia.gst.capi import gobject
from pythia.gst.library import GObject


class _EnumValue(ctypes.Structure):
    """``GEnumValue`` of gobject/genums.h."""

    _fields_ = (("value", ctypes.c_int), ("name", ctypes.c_char_p), ("nick", ctypes.c_char_p))


_register = gobject.g_enum_register_static
_register.restype = ctypes.c_size_t
_register.argtypes = (ctypes.c_char_p, ctypes.POINTER(_EnumValue))

_kept: list[object] = []
"""GObject does not copy the tables it is given; they live as long as the process."""


def register_enum(name: str, values: Sequence[tuple[int, str, str]]) -> GObject.GType:
    """The GType of an enumeration with rows of (value, description, nick), made if it is new."""
    known: GObject.GType
    try:
        known = GObject.GType.from_name(name)
    except RuntimeError:  # what PyGObject says of an unknown type name
        rows = [_EnumValue(value, text.encode(), nick.encode()) for value, text, nick in values]
        table = (_EnumValue * (len(rows) + 1))(*rows, _EnumValue(0, None, None))
        _kept.append(table)
        _register(name.encode(), table)
        known = GObject.GType.from_name(name)
    return known

"""Enumerations of GObject: registers ours, and lists the nicks of any.

Read from C, because what PyGObject shows of them differs between its versions.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import NamedTuple

from pythia.gst.capi import gobject
from pythia.gst.library import GObject


class _EnumValue(ctypes.Structure):
    """``GEnumValue`` of gobject/genums.h."""

    _fields_ = (("value", ctypes.c_int), ("name", ctypes.c_char_p), ("nick", ctypes.c_char_p))


class _EnumClass(ctypes.Structure):
    """``GEnumClass``, and ``GFlagsClass`` without ``minimum``."""

    _fields_ = (
        ("g_type", ctypes.c_size_t),
        ("minimum", ctypes.c_int),
        ("maximum", ctypes.c_int),
        ("n_values", ctypes.c_uint),
        ("values", ctypes.POINTER(_EnumValue)),
    )


class _FlagsClass(ctypes.Structure):
    _fields_ = (
        ("g_type", ctypes.c_size_t),
        ("mask", ctypes.c_uint),
        ("n_values", ctypes.c_uint),
        ("values", ctypes.POINTER(_EnumValue)),
    )


_class = gobject.g_type_class_ref
_class.restype = ctypes.c_void_p
_class.argtypes = (ctypes.c_size_t,)

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


class Value(NamedTuple):
    """One value of an enumeration or of flags."""

    number: int
    nick: str
    name: str


def named_values_of(kind: GObject.GType) -> list[Value]:
    """The values of an enumeration or of flags, in their order; none for other types."""
    layout: type[_EnumClass | _FlagsClass]
    if kind.is_a(GObject.TYPE_ENUM):
        layout = _EnumClass
    elif kind.is_a(GObject.TYPE_FLAGS):
        layout = _FlagsClass
    else:
        return []
    found = layout.from_address(_class(hash(kind)))
    rows = found.values[: found.n_values]
    return [Value(row.value, row.nick.decode(), row.name.decode()) for row in rows]


def values_of(kind: GObject.GType) -> list[tuple[int, str]]:
    """Numbers and nicks of an enumeration or of flags, in their order; none for other types."""
    return [(value.number, value.nick) for value in named_values_of(kind)]

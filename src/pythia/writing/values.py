"""Checks of what a program wants to write; what passes, both runtimes can store."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import isfinite
from numbers import Real
from operator import index
from typing import Any

from pythia.exceptions import MetadataError

Box = tuple[float, float, float, float]
Point = tuple[float, float]
Color = Sequence[float]
"""Red, green and blue, and how opaque (1 if it is left out), each from 0 to 1."""

INT = -(2**31), 2**31 - 1
UINT = 0, 2**32 - 1
U64 = 0, 2**64 - 1
_PLAIN = (float, int)  # known at a glance; asking for Real takes several times as long
_LABEL_BYTES = 127  # of 128, the last is the end
_LAST_PIXEL = 2**31 - 1


def number(value: Any, name: str) -> float:
    """A finite number; NumPy's are welcome."""
    if (type(value) in _PLAIN or isinstance(value, Real)) and isfinite(value):
        return float(value)
    raise MetadataError(f"{name}: a finite number is needed, not {value!r}")


def share(value: Any, name: str) -> float:
    """A number from 0 to 1."""
    found = number(value, name)
    if 0 <= found <= 1:
        return found
    raise MetadataError(f"{name}: {value!r} is not from 0 to 1")


def whole(value: Any, name: str, limits: tuple[int, int]) -> int:
    """A whole number that DeepStream's field has room for."""
    try:
        found = index(value)
    except TypeError:
        raise MetadataError(f"{name}: a whole number is needed, not {value!r}") from None
    if limits[0] <= found <= limits[1]:
        return found
    raise MetadataError(f"{name}: {found} is not from {limits[0]} to {limits[1]}")


def text(value: Any, name: str) -> str:
    """A text without NUL, where it would end for DeepStream."""
    if not isinstance(value, str):
        raise MetadataError(f"{name}: a str is needed, not {value!r}")
    if "\0" in value:
        raise MetadataError(f"{name}: {value!r} has a NUL, where DeepStream's texts end")
    return value


def label(value: Any, name: str) -> str:
    """A text cut to what DeepStream's labels have room for, 127 bytes; no character is broken."""
    found = text(value, name)
    if len(found) * 4 <= _LABEL_BYTES:
        return found
    return found.encode(errors="replace")[:_LABEL_BYTES].decode(errors="ignore")


def box(value: Any, name: str = "box") -> Box:
    """Left, top, width, height."""
    left, top, width, height = _parts(value, name, 4, "left, top, width and height in pixels")
    if width < 0 or height < 0:
        raise MetadataError(
            f"{name}: width {width:g} and height {height:g} of {value!r} must not be negative; a "
            "box is (left, top, width, height), not two corners"
        )
    return left, top, width, height


def point(value: Any, name: str) -> tuple[int, int]:
    """A pixel; DeepStream has no room for negative ones."""
    x, y = _parts(value, name, 2, "x and y in pixels")
    if min(x, y) < 0 or max(x, y) > _LAST_PIXEL:
        raise MetadataError(
            f"{name}: {value!r} is outside of the frame to the left or above, where DeepStream "
            "cannot draw; clip it to the frame first"
        )
    return round(x), round(y)


def color(value: Any, name: str) -> tuple[float, float, float, float]:
    """Red, green, blue and alpha."""
    if isinstance(value, str) or not hasattr(value, "__len__") or len(value) not in (3, 4):
        raise MetadataError(
            f"{name}: red, green, blue and perhaps alpha are needed, each from 0 to 1 such as "
            f"(1, 0, 0), not {value!r}"
        )
    return _color(tuple(value), name)


@lru_cache(maxsize=256)
def _color(parts: tuple[Any, ...], name: str) -> tuple[float, float, float, float]:
    red, green, blue, *rest = (share(part, name) for part in parts)
    return red, green, blue, rest[0] if rest else 1.0


def _parts(value: Any, name: str, count: int, meaning: str) -> list[float]:
    try:
        parts = list(value)
    except TypeError:
        parts = []
    if len(parts) != count or isinstance(value, str):
        raise MetadataError(f"{name}: {meaning} are needed, not {value!r}")
    return [number(part, name) for part in parts]

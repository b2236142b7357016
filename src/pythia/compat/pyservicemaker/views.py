"""Live views of portable metadata under the names of pyservicemaker.

A view holds one portable object: what is read is what the metadata says now, and what is written
goes into it. Views have no attributes of one's own, so a misspelt name is an error.
"""

from __future__ import annotations

import logging
from ctypes import c_float
from operator import attrgetter, index
from typing import Any, TypeVar

_log = logging.getLogger("pythia.compat")
_said: set[str] = set()
_V = TypeVar("_V", bound="View")

INT = -(2**31), 2**31 - 1
UINT = 0, 2**32 - 1
U64 = 0, 2**64 - 1


class View:
    """Base of the views; two of one object are equal."""

    __slots__ = ("_meta",)
    _meta: Any

    @classmethod
    def of(cls: type[_V], meta: Any) -> _V:
        """View a portable object."""
        view = object.__new__(cls)
        view._meta = meta
        return view

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._meta is self._meta

    def __hash__(self) -> int:
        return id(self._meta)


def meta_of(view: Any, cls: type[View], place: str) -> Any:
    """The portable object behind an argument.

    Raises:
        TypeError: it is something else than a view of this class.
    """
    if isinstance(view, cls):
        return view._meta
    raise TypeError(f"{place}: needs a {cls.__name__}, not {view!r}")


def whole(value: Any, low: int, high: int, place: str) -> int:
    """A whole number within limits.

    Raises:
        TypeError: it is something else.
    """
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{place}: a whole number is needed, not {value!r}") from None
    if not low <= number <= high:
        raise TypeError(f"{place}: {number} is not from {low} to {high}")
    return number


def number32(value: Any, place: str) -> float:
    """A number as it is when stored in 32 bits.

    Raises:
        TypeError: it is no number.
    """
    try:
        return c_float(value).value
    except TypeError:
        pass
    try:
        return c_float(float(value)).value  # of NumPy or a tensor
    except (TypeError, ValueError):
        raise TypeError(f"{place}: a number is needed, not {value!r}") from None


def plain_text(value: Any, place: str) -> str:
    """A text, or the text that bytes spell.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, str):
        return value
    raise TypeError(f"{place}: str or bytes are needed, not {value!r}")


def shown(name: str) -> property:
    """A field that is only read."""
    return property(attrgetter(f"_meta.{name}"))


def integer(name: str, low: int = INT[0], high: int = INT[1]) -> property:
    """A field of whole numbers."""

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, whole(value, low, high, name))

    return property(attrgetter(f"_meta.{name}"), write)


def real(name: str) -> property:
    """A field of numbers, stored in 32 bits."""

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, number32(value, name))

    return property(attrgetter(f"_meta.{name}"), write)


def text(name: str) -> property:
    """A field of text, which takes bytes as well; no text reads as the empty one."""
    find = attrgetter(f"_meta.{name}")

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, plain_text(value, name))

    return property(lambda view: find(view) or "", write)


def part(name: str, cls: type[View]) -> property:
    """A structure within a structure: read as a live view, written by value."""
    find = attrgetter(f"_meta.{name}")

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, meta_of(value, cls, name).copy())

    return property(lambda view: cls.of(find(view)), write)


def fixed(name: str, value: Any, reason: str) -> property:
    """A field that NVIDIA's structures have and the portable runtime does not draw."""

    def write(_: View, new: Any) -> None:
        if new != value:
            say_once(f"{name}={new} has no effect on the portable runtime: {reason}")

    return property(lambda _: value, write)


def say_once(message: str) -> None:
    """Log a warning, once in the life of the process."""
    if message not in _said:
        _said.add(message)
        _log.warning("%s", message)

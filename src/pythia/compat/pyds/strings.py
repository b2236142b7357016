"""Texts by address and memory by address, as pyds hands them out.

The memory of a text belongs to the text: an address is good as long as the metadata holds the
text that it was read from. Memory of ``alloc_buffer`` is the program's until it frees it.
"""

from __future__ import annotations

import copy
import ctypes
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

from pythia.compat.pyds.views import (
    U64,
    Capsule,
    View,
    address_of,
    meta_in,
    thing_at,
    whole,
)

__all__ = [
    "alloc_buffer",
    "alloc_char_buffer",
    "free_buffer",
    "free_gbuffer",
    "get_ptr",
    "get_string",
    "memdup",
    "strdup",
    "strdup2str",
]

LABEL_BYTES = 128
"""Room for a label of fixed size, its end included."""

_blocks: dict[int, Any] = {}
_fonts: dict[str, Text] = {}


class Text(str):
    """A text that also lies in memory, with a NUL at its end."""

    memory: Any

    @classmethod
    def of(cls, text: str) -> Text:
        """The text, with memory."""
        made = cls(text)
        made.memory = ctypes.create_string_buffer(text.encode(errors="replace"))
        return made

    @property
    def address(self) -> int:
        """Where it lies."""
        return ctypes.addressof(self.memory)


def text_address(meta: Any, name: str) -> int:
    """The address of a text field of a portable object; 0 if it is not set."""
    text = getattr(meta, name)
    if text is None:
        return 0
    if not isinstance(text, Text):
        text = Text.of(text)
        setattr(meta, name, text)
    return text.address


def text_of(value: Any, place: str) -> str:
    """A ``str`` of what a text field was given; a text of C ends at its NUL.

    Raises:
        TypeError: neither str nor bytes.
    """
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        return value.partition("\0")[0]
    raise TypeError(f"{place}: a str is needed, not {value!r}")


def text(name: str) -> property:
    """A ``char *`` field: str goes in, an address comes out, to be read with ``get_string``."""

    def read(view: View) -> int:
        return text_address(view._meta, name)

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, text_of(value, name))

    return property(read, write)


def font(name: str) -> property:
    """A ``char *`` field whose equal texts share one address."""

    def read(view: View) -> int:
        text = getattr(view._meta, name)
        if text is None:
            return 0
        shared = _fonts.get(text)
        if shared is None:
            shared = _fonts[text] = Text.of(text)
        return shared.address

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, text_of(value, name))

    return property(read, write)


def label(name: str, size: int = LABEL_BYTES) -> property:
    """A text of fixed size: str both ways, cut where it would not fit."""

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, cut(text_of(value, name), size))

    return property(attrgetter(f"_meta.{name}"), write)


def cut(text: str, size: int) -> str:
    """As much of a text as fits into ``size`` bytes with its end, no character broken."""
    if len(text) * 4 < size:
        return text
    return text.encode(errors="replace")[: size - 1].decode(errors="ignore")


def get_string(ptr: int) -> str | None:
    """The text at an address; None at 0."""
    address = whole(ptr, *U64, "get_string()")
    return ctypes.string_at(address).decode() if address else None


def get_ptr(ptr: Any) -> int:
    """The address behind a capsule or a pyds object: of its memory, if it is an array."""
    if ptr is None:
        return 0
    thing = meta_in(ptr, "get_ptr()")
    if isinstance(thing, np.ndarray):
        return int(thing.ctypes.data)
    return address_of(thing)


def alloc_buffer(size: int) -> int:
    """The address of ``size`` bytes, all 0, that are the program's until ``free_buffer``."""
    block = ctypes.create_string_buffer(max(1, whole(size, *U64, "alloc_buffer()")))
    address = ctypes.addressof(block)
    _blocks[address] = block
    return address


alloc_char_buffer = alloc_buffer


def free_buffer(buffer: int) -> None:
    """Give back what ``alloc_buffer``, ``strdup`` or ``memdup`` gave; 0 is nothing."""
    _blocks.pop(whole(buffer, *U64, "free_buffer()"), None)


def free_gbuffer(buffer: Any) -> None:
    """As :func:`free_buffer`, of a capsule or an address."""
    free_buffer(get_ptr(buffer) if isinstance(buffer, Capsule | View) else buffer)


def write_text(address: int, text: str, size: int) -> None:
    """Write a text with its end to an address with room for ``size`` bytes; cut if too long."""
    data = cut(text, size).encode() + b"\0"
    ctypes.memmove(address, data, len(data))


def strdup(ptr: int) -> int:
    """A copy of the text at an address, the program's until ``free_buffer``; 0 of 0."""
    address = whole(ptr, *U64, "strdup()")
    return _hold(ctypes.create_string_buffer(ctypes.string_at(address))) if address else 0


def strdup2str(ptr: int) -> str:
    """The text at an address; empty at 0."""
    return get_string(ptr) or ""


def memdup(ptr: int, size: int) -> int:
    """A copy of ``size`` bytes at an address, or of the metadata whose address it is."""
    address = whole(ptr, *U64, "memdup()")
    bytes_wanted = whole(size, *U64, "memdup()")
    if not address:
        return 0
    thing = thing_at(address)
    if thing is None:
        block = ctypes.create_string_buffer(bytes_wanted)
        ctypes.memmove(block, address, bytes_wanted)
        return _hold(block)
    duplicate = _copied(thing)
    at = address_of(duplicate)
    _blocks[at] = duplicate
    return at


def _copied(thing: Any) -> Any:
    duplicate: Callable[[], Any] | None = getattr(thing, "copy", None)
    return copy.copy(thing) if duplicate is None else duplicate()


def _hold(block: Any) -> int:
    address = ctypes.addressof(block)
    _blocks[address] = block
    return address

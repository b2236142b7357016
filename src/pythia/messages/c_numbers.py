"""Numbers as DeepStream's converter computes and prints them: boxes are C floats."""

from __future__ import annotations

import struct
from typing import NamedTuple, Protocol

_ONE = struct.Struct("f")
_FOUR = struct.Struct("4f")


class Box(Protocol):
    """Anything with a box in pixels."""

    left: float
    top: float
    width: float
    height: float


class Edges(NamedTuple):
    """A box by its edges, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


def single(number: float) -> float:
    """The float of C that is nearest to ``number``."""
    return float(_ONE.unpack(_ONE.pack(number))[0])


def edges(box: Box) -> Edges:
    """The edges of a box, added up with the precision of C's float."""
    left, top, width, height = _FOUR.unpack(_FOUR.pack(box.left, box.top, box.width, box.height))
    return Edges(left, top, single(left + width), single(top + height))


def printed(number: float) -> str:
    """``number`` as a C++ stream prints it: six digits at most."""
    return format(number, "g")

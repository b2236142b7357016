"""Keeps Python functions alive that C calls, until C says that it needs them no more."""

from __future__ import annotations

import itertools
from ctypes import CFUNCTYPE, c_void_p

NOTIFY = CFUNCTYPE(None, c_void_p)
"""The type of a ``GDestroyNotify``."""

_kept: dict[int, object] = {}
_numbers = itertools.count(1)


def keep(callback: object) -> int:
    """Keep a callback; the number is the user data that :data:`forget` is to be called with."""
    number = next(_numbers)
    _kept[number] = callback
    return number


def _drop(number: int) -> None:
    _kept.pop(number, None)


forget = NOTIFY(_drop)
"""Lets a kept callback go: the destroy notification to pass to C beside its number."""

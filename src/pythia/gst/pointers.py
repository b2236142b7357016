"""Numbers of the program that a signal's argument points to."""

from __future__ import annotations

from ctypes import c_uint32


def put_uint32(pointer: object | None, number: int) -> None:
    """Write where a ``gpointer`` argument of a signal points; None points nowhere."""
    if pointer is not None:
        c_uint32.from_address(hash(pointer)).value = number

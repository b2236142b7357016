"""Numbers of kinds of user metadata that are registered by name.

The portable runtime knows such metadata by the name; pyds numbers the names, for one process.
"""

from __future__ import annotations

from pythia.gst import GLib
from pythia.meta.types import START_USER_META

__all__ = [
    "nvds_get_user_meta_type",
]

_names: dict[int, str] = {}


def nvds_get_user_meta_type(meta_descriptor: str) -> int:
    """The number of a kind of user metadata, the same in the whole process."""
    if not isinstance(meta_descriptor, str):
        raise TypeError(f"meta_descriptor: a str is needed, not {meta_descriptor!r}")
    number = int(GLib.quark_from_string(meta_descriptor)) + START_USER_META
    _names[number] = meta_descriptor
    return number


def number_of(meta_type: int | str) -> int:
    """The number of a portable ``meta_type``."""
    return nvds_get_user_meta_type(meta_type) if isinstance(meta_type, str) else int(meta_type)


def name_or_number(number: int) -> int | str:
    """The portable ``meta_type`` of a number: the name it was given for, if there is one."""
    return _names.get(number, number)

"""Python objects held by DeepStream's user metadata, as long as the metadata and its copies live.

DeepStream's user metadata is a pointer with two C functions, one that copies and one that releases
what it points to. pyds can set Python functions there, but has one place for each in the whole
process: those set last are called for all metadata, also for that of other programs. So pyds'
example structure is hung on, whose C functions are safe, with a number in it; and two functions of
our own are put before the structure's, which note that the number is in use once more, or no more.

The functions run on whatever thread copies or frees a buffer.
"""

from __future__ import annotations

from ctypes import CFUNCTYPE, Structure, c_char_p, c_int, c_void_p
from itertools import count
from typing import Any

from pythia.exceptions import GstError
from pythia.meta.types import PYTHON_OBJECT_META

_MARK = 0x50595448  # "PYTH"
_LAST_NUMBER = 2**31 - 1
_COPY = CFUNCTYPE(c_void_p, c_void_p, c_void_p)
_RELEASE = CFUNCTYPE(None, c_void_p, c_void_p)


class _UserMeta(Structure):
    """NvDsUserMeta, the same in DeepStream 6.2 to 9.1."""

    _fields_ = (
        ("batch_meta", c_void_p),
        ("meta_type", c_int),
        ("context", c_void_p),
        ("copy_func", c_void_p),
        ("release_func", c_void_p),
        ("user_meta_data", c_void_p),
    )


class _CustomData(Structure):
    """CustomDataStruct of pyds."""

    _fields_ = (("structId", c_int), ("message", c_char_p), ("sampleInt", c_int))


things: dict[int, Any] = {}
"""What is held, by number."""
_numbers = count(1)


def keep(thing: Any) -> int:
    """Hold an object under a number that is free."""
    number = next(_numbers) % _LAST_NUMBER
    while number in things:
        number = next(_numbers) % _LAST_NUMBER
    things[number] = thing
    return number


class _Functions:
    """The two functions of our own; ``copy`` and ``release`` are the structure's."""

    def __init__(self, copy: int, release: int) -> None:
        self._copy, self._release = _COPY(copy), _RELEASE(release)
        # C calls them as long as the process lives.
        self.on_copy, self.on_release = _COPY(self._copied), _RELEASE(self._released)

    def _copied(self, user: int, context: int | None) -> int | None:
        copy: int | None = self._copy(user, context)
        if copy:
            data = _CustomData.from_address(copy)
            data.sampleInt = keep(things[data.sampleInt])
        return copy

    def _released(self, user: int, context: int | None) -> None:
        meta = _UserMeta.from_address(user)
        if meta.user_meta_data:
            things.pop(_CustomData.from_address(meta.user_meta_data).sampleInt, None)
        self._release(user, context)


_functions: list[_Functions] = []


def follow(pyds: Any, user: Any, data: Any) -> None:
    """Have copies and the end of a user metadata noted.

    Raises:
        GstError: it does not lie in memory as this version of pythia knows it.
    """
    meta = _UserMeta.from_address(pyds.get_ptr(user))
    at = pyds.get_ptr(data)
    known = meta.user_meta_data == at and meta.copy_func and meta.release_func
    if not known or _CustomData.from_address(at).structId != _MARK:
        raise GstError(
            f"NvDsUserMeta of pyds {getattr(pyds, '__version__', '')} lies in memory in a way that "
            "is not known here, so no Python object can be hung on it; please report this"
        )
    if not _functions:
        _functions.append(_Functions(meta.copy_func, meta.release_func))
    (functions,) = _functions
    meta.copy_func = c_void_p.from_buffer(functions.on_copy).value
    meta.release_func = c_void_p.from_buffer(functions.on_release).value


def hold(pyds: Any, user: Any, thing: Any) -> None:
    """Let a fresh user metadata hold a Python object."""
    number = pyds.nvds_get_user_meta_type(PYTHON_OBJECT_META)
    user.base_meta.meta_type = pyds.NvDsMetaType(int(number))
    data = pyds.alloc_custom_struct(user)
    data.structId = _MARK
    user.user_meta_data = data
    follow(pyds, user, data)
    data.sampleInt = keep(thing)


def held(pyds: Any, user: Any) -> tuple[Any] | None:
    """The Python object that a user metadata of ours holds; None if it is gone."""
    number = pyds.CustomDataStruct.cast(user.user_meta_data).sampleInt
    return (things[number],) if number in things else None

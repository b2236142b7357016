"""User metadata made by a program, with its functions for copying and releasing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pythia.compat.pyds.core_meta import NvDsUserMeta
from pythia.compat.pyds.views import Capsule, View, meta_of, thing_at
from pythia.meta.portable import PortableBase, PortableUser

__all__ = [
    "register_user_copyfunc",
    "register_user_releasefunc",
    "set_user_copyfunc",
    "set_user_releasefunc",
    "unset_callback_funcs",
    "user_copyfunc",
    "user_releasefunc",
]

Copy = Callable[[Any, Any], Any]
Release = Callable[[Any, Any], None]


class PydsUser(PortableUser):
    """User metadata that knows how to copy and release its data, as NvDsBaseMeta does in C.

    ``copy_func(user_meta, None)`` gives the data for a copy of the batch; without it copies share
    the data. ``release_func(user_meta, None)`` is called once, when the metadata is given up, on
    whatever thread that happens.
    """

    __slots__ = ("copy_func", "release_func")

    def __init__(self, base_meta: PortableBase | None = None, user_meta_data: Any = None) -> None:
        super().__init__(base_meta or PortableBase(), user_meta_data)
        self.copy_func: Copy | None = None
        self.release_func: Release | None = None

    def copy(self) -> PortableUser:
        """A copy, its data made by ``copy_func``."""
        made = PydsUser(PortableBase(self.base_meta.meta_type), self.user_meta_data)
        made.copy_func, made.release_func = self.copy_func, self.release_func
        if self.copy_func is not None:
            made.user_meta_data = _thing(self.copy_func(Capsule(self), None))
        return made

    def __del__(self) -> None:
        if self.release_func is not None and self.user_meta_data is not None:
            self.release_func(Capsule(self), None)


def _thing(result: Any) -> Any:
    """What a copy function gave: an address, a handle or a view."""
    if isinstance(result, int):
        return thing_at(result)
    return result._meta if isinstance(result, Capsule | View) else result


def _callable(func: Any) -> Any:
    if not callable(func):
        raise TypeError(f"func: a function is needed, not {func!r}")
    return func


def _own(meta: Any) -> PydsUser:
    user = meta_of(meta, NvDsUserMeta, "meta")
    if not isinstance(user, PydsUser):
        raise TypeError(
            "meta: functions can be set for user metadata of nvds_acquire_user_meta_from_pool()"
        )
    return user


def user_copyfunc(meta: Any, func: Copy) -> None:
    """Set what makes the data for a copy of the metadata; called with a handle of it and None."""
    _own(meta).copy_func = _callable(func)


def user_releasefunc(meta: Any, func: Release) -> None:
    """Set what is called with a handle of the metadata and None when it is given up."""
    _own(meta).release_func = _callable(func)


set_user_copyfunc = user_copyfunc
set_user_releasefunc = user_releasefunc


def register_user_copyfunc(func: Copy) -> None:
    """Nothing, as in pyds; kept for old programs."""
    _callable(func)


def register_user_releasefunc(func: Release) -> None:
    """Nothing, as in pyds; kept for old programs."""
    _callable(func)


def unset_callback_funcs() -> None:
    """Nothing: here each metadata keeps its own functions, and they die with it."""

"""Live views of portable metadata, with the manners of pyds' classes.

A view holds one portable object and shows its fields under pyds' rules. As long as a view is
alive, casting the same metadata gives the same view; a view of a part (``rect_params``) keeps the
view of the whole alive. Views have no attributes of one's own, are compared by identity, and can
be neither copied nor pickled.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import c_double, c_float
from dataclasses import fields, is_dataclass
from operator import attrgetter, index
from types import SimpleNamespace
from typing import Any, ClassVar
from weakref import WeakValueDictionary, ref

from pythia.meta.portable_viewed import Viewed

_new = object.__new__
_known: WeakValueDictionary[int, Any] = WeakValueDictionary()

INT = -(2**31), 2**31 - 1
UINT = 0, 2**32 - 1
U64 = 0, 2**64 - 1


class Capsule:
    """An opaque handle, a new one at each read; only ``cast`` and ``get_ptr`` understand it."""

    __slots__ = ("_meta", "_owner")

    def __init__(self, meta: Any, owner: Any = None) -> None:
        self._meta = meta
        self._owner = owner

    def __repr__(self) -> str:
        return f"<capsule object NULL at {id(self._meta):#x}>"


Capsule.__name__ = Capsule.__qualname__ = "PyCapsule"


class Struct(SimpleNamespace):
    """Fields of a structure of pyds that the portable metadata has no class for."""


class View:
    """Base of pyds' classes.

    A class says with ``kind`` which portable class it shows, or with ``fields`` which fields, and
    their values, a structure of its own has. ``_owner`` is the whole that a part belongs to, and
    for metadata the portable batch, as far as it is known.
    """

    __slots__ = ("__weakref__", "_meta", "_owner")

    _kind: ClassVar[Any] = object
    _start: ClassVar[dict[str, Any]] = {}
    cast: ClassVar[Callable[..., Any]]
    _meta: Any
    _owner: Any

    def __init_subclass__(
        cls, kind: type | None = None, fields: dict[str, Any] | None = None
    ) -> None:
        if fields is not None:
            kind = type(cls.__name__, (Struct,), {})
        if kind is not None:
            cls._kind = kind
        if fields is not None:
            cls._start = fields
        if "cast" not in cls.__dict__:
            cls.cast = _caster(cls)
        cls.__module__ = "pyds"

    def __init__(self) -> None:
        self._meta = self._kind(**self._start)
        self._owner = None
        self._meta._view = ref(self)

    def __reduce_ex__(self, _protocol: Any) -> Any:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


def show(cls: type[View], meta: Any, owner: Any = None) -> Any:
    """The view of a portable object, the one there is or a new one.

    Raises:
        TypeError: ``cls`` shows metadata of another kind.
    """
    known = getattr(meta, "_view", None)
    if known is not None:
        view = known()
        if type(view) is cls:
            return view
    if not isinstance(meta, cls._kind):
        raise TypeError(
            f"{cls.__name__}.cast(): the handle is of a {type(meta).__name__}; DeepStream would "
            "not notice and read nonsense"
        )
    view = _new(cls)
    view._meta = meta
    view._owner = owner
    meta._view = ref(view)
    return view


def show_or_none(cls: type[View], meta: Any, owner: Any = None) -> Any:
    """As :func:`show`; None for None."""
    return None if meta is None else show(cls, meta, owner)


def _caster(cls: type[View]) -> Callable[[Any], Any]:
    # An ordinary function of the class: Class.cast(handle) and view.cast() both are right. What
    # show() does stands here once more, because this is called for each object of each frame.
    kind = cls._kind

    def cast(data: Any) -> Any:
        """View what a handle, an address or another view stands for; None for None and 0."""
        try:
            meta = data._meta
        except AttributeError:
            return _from_address(cls, data)
        known = getattr(meta, "_view", None)
        if known is not None:
            view = known()
            if type(view) is cls:
                return view
        if type(meta) is not kind:
            return show(cls, meta, data._owner)
        view = _new(cls)
        view._meta = meta
        view._owner = data._owner
        meta._view = ref(view)
        return view

    return cast


def capsule_cast(cls: type[View]) -> Callable[[Any], Any]:
    """A ``cast`` that refuses addresses, as a few of pyds' classes have it."""

    def cast(data: Any) -> Any:
        """View what a handle or another view stands for; None for None."""
        if data is None:
            return None
        return show(cls, meta_in(data, f"{cls.__name__}.cast()"), data._owner)

    return cast


def meta_in(data: Any, place: str) -> Any:
    """What a handle or a view stands for.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(data, Capsule | View):
        return data._meta
    raise TypeError(f"{place}: a capsule or a pyds object is needed, not {type(data).__name__}")


def meta_of(view: Any, cls: type[View], place: str) -> Any:
    """The portable object behind an argument that must be a view of ``cls``."""
    if isinstance(view, cls):
        return view._meta
    raise TypeError(f"{place}: a {cls.__name__} is needed, not {type(view).__name__}")


def address_of(thing: Any) -> int:
    """A number that ``cast`` understands as long as the metadata is alive."""
    address = id(thing)
    _known[address] = thing
    return address


def thing_at(address: int) -> Any:
    """What :func:`address_of` gave this number for, or None."""
    return _known.get(address)


def _from_address(cls: type[View], data: Any) -> Any:
    if data is None:
        return None
    address = whole(data, *U64, f"{cls.__name__}.cast()")
    if address == 0:
        return None
    thing = thing_at(address)
    if thing is None:
        raise TypeError(
            f"{cls.__name__}.cast(): no metadata is known at {address:#x}; an address comes from "
            "get_ptr() and lasts as long as the metadata"
        )
    return show(cls, thing)


def whole(value: Any, low: int, high: int, place: str) -> int:
    """An int within limits.

    Raises:
        TypeError: it is no whole number, or beyond the limits, as pyds has it.
    """
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{place}: an int is needed, not {value!r}") from None
    if not low <= number <= high:
        raise TypeError(f"{place}: {number} is not from {low} to {high}")
    return number


def float32(value: Any, place: str) -> float:
    """A number as it is when stored in 32 bits.

    Raises:
        TypeError: it is no number.
    """
    try:
        return c_float(value).value
    except TypeError:
        raise TypeError(f"{place}: a number is needed, not {value!r}") from None


# Fields. Reading goes through attrgetter, which runs no Python code of ours.


def integer(name: str, low: int, high: int) -> property:
    """A field of whole numbers."""

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, whole(value, low, high, name))

    return property(attrgetter(f"_meta.{name}"), write)


def real(name: str) -> property:
    """A field of numbers, stored in 32 bits."""

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, float32(value, name))

    return property(attrgetter(f"_meta.{name}"), write)


def double(name: str) -> property:
    """A field of numbers, stored in 64 bits."""

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, c_double(value).value)

    return property(attrgetter(f"_meta.{name}"), write)


def read_only(name: str) -> property:
    """A field that is only read."""
    return property(attrgetter(f"_meta.{name}"))


def part(name: str, cls: type[View]) -> property:
    """A structure within a structure: a live view; assigning copies by value."""
    find = attrgetter(f"_meta.{name}")

    def read(view: View) -> Any:
        meta = find(view)
        known = getattr(meta, "_view", None)
        if known is not None:
            there = known()
            if there is not None:
                return there
        there = _new(cls)
        there._meta = meta
        there._owner = view
        meta._view = ref(there)
        return there

    def write(view: View, value: Any) -> None:
        overwrite(find(view), meta_of(value, cls, name))

    return property(read, write)


def overwrite(target: Any, source: Any) -> None:
    """Give a portable object the values of another of its class, parts and all."""
    for name in _names(source):
        value = getattr(source, name)
        if isinstance(value, Viewed | Struct):
            overwrite(getattr(target, name), value)
        else:
            setattr(target, name, list(value) if isinstance(value, list) else value)


def _names(thing: Any) -> list[str]:
    if is_dataclass(thing):
        return [field.name for field in fields(thing)]
    return [name for name in vars(thing) if name != "_view"]

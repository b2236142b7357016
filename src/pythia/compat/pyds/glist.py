"""Linked lists, as pyds shows DeepStream's lists of metadata."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from pythia.compat.pyds.views import Capsule, View

__all__ = [
    "GList",
]

_new = object.__new__


class GList:
    """A node: ``data`` is a handle for ``cast``; ``next`` and ``prev`` are None at the ends.

    The nodes show the list as it was when its head was read, so that items can be added and
    removed on the way.
    """

    __slots__ = ("__weakref__", "_index", "_owner", "_things")

    __module__ = "pyds"

    _index: int
    _owner: Any
    _things: tuple[Any, ...]

    def __init__(self) -> None:
        self._things = ()
        self._index = 0
        self._owner = None

    @property
    def data(self) -> Capsule | None:
        """A handle of the item, a new one at each read."""
        if not self._things:
            return None
        capsule = _new(Capsule)
        capsule._meta = self._things[self._index]
        capsule._owner = self._owner
        return capsule

    @property
    def next(self) -> GList | None:
        """The node behind, or None."""
        index = self._index + 1
        if index >= len(self._things):
            return None
        node = _new(GList)
        node._things = self._things
        node._index = index
        node._owner = self._owner
        return node

    @property
    def prev(self) -> GList | None:
        """The node before, or None."""
        return _node(self._things, self._index - 1, self._owner) if self._index else None


def _node(things: tuple[Any, ...], index: int, owner: Any) -> GList:
    node = _new(GList)
    node._things = things
    node._index = index
    node._owner = owner
    return node


def head_of(things: list[Any], owner: Any) -> GList | None:
    """The first node of a list of portable metadata of a batch; None if it is empty."""
    return _node(tuple(things), 0, owner) if things else None


def items_of(node: Any, place: str) -> list[Any]:
    """The portable metadata from a node on; none for None.

    Raises:
        TypeError: it is no list.
    """
    if node is None:
        return []
    if not isinstance(node, GList):
        raise TypeError(f"{place}: a GList is needed, not {type(node).__name__}")
    return list(node._things[node._index :])


def linked(name: str) -> property:
    """A field that holds a list; it can be given the nodes of another list."""
    find = attrgetter(f"_meta.{name}")

    def read(view: View) -> GList | None:
        things = find(view)
        return _node(tuple(things), 0, view._owner) if things else None

    def write(view: View, value: Any) -> None:
        find(view)[:] = items_of(value, name)

    return property(read, write)

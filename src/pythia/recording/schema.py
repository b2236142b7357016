"""What is recorded of each class of metadata: its fields, with their types as they are declared.

The classes of the portable provider have DeepStream's names for everything, so they are the schema,
and what NVIDIA's bindings give is read by the same names.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, fields
from functools import cache
from operator import attrgetter
from typing import Any

from pythia.meta import (
    portable,
    portable_analytics,
    portable_event,
    portable_latency,
    portable_optical_flow,
    portable_osd,
    portable_sensor,
    portable_tracker,
)

MARK = "metadata"
VERSION = 1
"""Of the format; a file with a higher one is refused."""

EVENTS = ("pad-added", "pad-deleted", "stream-eos", "stream-reset")
"""What is recorded of what nvstreammux says of its sources."""

NO_TIME = 2**64 - 1

_MODULES = (
    portable,
    portable_analytics,
    portable_event,
    portable_latency,
    portable_optical_flow,
    portable_osd,
    portable_sensor,
    portable_tracker,
)
_PREFIX = "Portable"
_SCALARS = ("int", "float", "text")
_TREE = ("Batch", "Frame", "Object", "Classifier", "Label", "Display", "User")
_ELSEWHERE = frozenset({"parent"})  # an object's parent is a place in its frame's list


@dataclass(frozen=True)
class Type:
    """The type of a field.

    ``name`` is int, float, bool, text, bytes, array, any, the name of a kind, or list or dict: then
    of ``item``, the keys of a dict being ``key``.
    """

    name: str
    item: Type | None = None
    key: str = ""


@dataclass(frozen=True)
class Field:
    """One field of a kind; ``required`` ones have no default."""

    name: str
    type: Type
    default: Any
    required: bool = False


class Kind:
    """What is recorded of one class.

    Attributes:
        name: of the class, without its ``Portable``.
        scalars: fields that are a number or a text.
        others: all other fields.
        values: gets all scalars of an object at once.
        defaults: the values of scalars in a new object.
    """

    def __init__(self, name: str, cls: type) -> None:
        self.name = name
        self.cls = cls
        made = [_field(f) for f in fields(cls) if f.name not in _ELSEWHERE]
        self.fields = {field.name: field for field in made}
        self.scalars = tuple(field for field in made if field.type.name in _SCALARS)
        self.others = tuple(field for field in made if field.type.name not in _SCALARS)
        self.defaults = tuple(field.default for field in self.scalars)
        # Of one name attrgetter gives no tuple.
        names = [field.name for field in self.scalars]
        single = attrgetter(names[0]) if len(names) == 1 else None
        self.values: Any = (
            (lambda thing: (single(thing),))
            if single is not None
            else (attrgetter(*names) if names else lambda thing: ())
        )


def _field(field: Any) -> Field:
    required = field.default is MISSING and field.default_factory is MISSING
    default = None
    if field.default is not MISSING:
        default = field.default
    elif field.default_factory is not MISSING:
        default = field.default_factory()
    return Field(field.name, _type(str(field.type)), default, required)


@cache
def _type(text: str) -> Type:
    """The type that an annotation means."""
    text = text.removesuffix(" | None")
    container = re.fullmatch(r"(list|tuple|dict)\[(.*)\]", text)
    if container is None:
        return Type(_plain_type(text))
    name, inner = container.groups()
    if name == "dict":
        key, inner = inner.split(", ", 1)
        return Type("dict", _type(inner), {"int": "int"}.get(key, "text"))
    return Type("list", _type(inner.removesuffix(", ...")))


def _plain_type(text: str) -> str:
    if text.startswith("NDArray"):
        return "array"
    if text.startswith(_PREFIX):
        return text.removeprefix(_PREFIX)
    known = {"str": "text", "int": "int", "float": "float", "bool": "bool", "bytes": "bytes"}
    return known.get(text, "any")


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its name."""
    found = {}
    for module in _MODULES:
        for name, value in vars(module).items():
            if name.startswith(_PREFIX) and isinstance(value, type):
                found[name.removeprefix(_PREFIX)] = value
    return {name: Kind(name, cls) for name, cls in found.items()}


@cache
def kind_of(cls: type) -> Kind | None:
    """The kind of which user metadata of a class is; None if it is not recorded by its fields."""
    name = cls.__name__.removeprefix(_PREFIX)
    kind = kinds().get(name)
    return kind if kind is not None and kind.cls is cls and name not in _TREE else None

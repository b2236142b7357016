"""From metadata to records, on the thread that holds the buffer: records share nothing with it."""

from __future__ import annotations

import base64
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.meta.types import OPTICAL_FLOW_META, TENSOR_OUTPUT_META
from pythia.recording.schema import NO_TIME, Field, Kind, Type, kind_of, kinds

_LARGE = {TENSOR_OUTPUT_META: "tensors", OPTICAL_FLOW_META: "optical flow"}
_COUNTS = {
    "rect_params": "num_rects",
    "text_params": "num_labels",
    "line_params": "num_lines",
    "arrow_params": "num_arrows",
    "circle_params": "num_circles",
}
"""How many places of a display metadata count; in pyds each kind of shape has 16."""

_DEEPEST = 16


class NotPlainError(TypeError):
    """A Python object that is no data: its class is told."""


class Packed:
    """An array that is compressed when it is written, on the writing thread."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = np.array(array, order="C")  # a copy: the buffer may be gone by then

    def tolist(self) -> dict[str, Any]:
        """The array as data; orjson and msgpack call this."""
        array = self._array
        packed = base64.b64encode(zlib.compress(array.tobytes(), 1)).decode()
        return {"dtype": array.dtype.str, "shape": list(array.shape), "zlib": packed}


class Encoder:
    """Makes records of portable metadata; remembers what it had to leave out.

    Args:
        tensors: Record raw outputs of networks and optical flow, which are large.

    Attributes:
        left_out: how many user metadata of each type were not recorded.
    """

    def __init__(self, *, tensors: bool = False) -> None:
        self._tensors = tensors
        self.left_out: Counter[str] = Counter()

    def record(self, batch: Any, pts: int | None, duration: int | None) -> dict[str, Any]:
        """The record of a batch; times in ns, None where they are not known."""
        found: dict[str, Any] = {"batch": self._struct(batch, kinds()["Batch"])}
        for name, time_ns in (("pts", pts), ("duration", duration)):
            if time_ns is not None and time_ns != NO_TIME:
                found[name] = time_ns
        return found

    # What differs on DeepStream

    def items(self, container: Any, kind: Kind) -> list[Any]:
        """The items of a list of metadata."""
        return list(container)

    def text(self, value: Any) -> str | None:
        """A text field."""
        return None if value is None else str(value)

    def scalars(self, thing: Any, kind: Kind) -> tuple[Any, ...]:
        """The values of all fields that are numbers or texts, in the order of ``kind.scalars``."""
        found: tuple[Any, ...] = kind.values(thing)
        return found

    def other(self, thing: Any, field: Field) -> Any:
        """The value of another field."""
        return getattr(thing, field.name)

    def array(self, thing: Any, field: Field) -> Any:
        """An array field."""
        return getattr(thing, field.name)

    def user_type(self, user: Any) -> int | str:
        """The number or the registered name of a user metadata's type."""
        kind = user.base_meta.meta_type
        return kind if isinstance(kind, str) else int(kind)

    def user_data(self, user: Any, meta_type: int | str) -> Any:
        """What a user metadata holds."""
        return user.user_meta_data

    def kind_of(self, thing: Any) -> Kind | None:
        """The kind of what user metadata holds; None for what is not recorded by its fields."""
        cls: type = type(thing)
        return kind_of(cls)

    # Fields

    def _struct(self, thing: Any, kind: Kind) -> dict[str, Any]:
        found: dict[str, Any] = {}
        values = self.scalars(thing, kind)
        if values != kind.defaults:
            for field, value, default in zip(kind.scalars, values, kind.defaults, strict=True):
                if value != default:
                    found[field.name] = self._scalar(value, field.type)
        for field in kind.others:
            value = self._field(thing, field, kind)
            if field.required or value:
                found[field.name] = value
        return found

    def _scalar(self, value: Any, type: Type) -> Any:
        if type.name == "text":
            return self.text(value)
        return float(value) if type.name == "float" else int(value)

    def _field(self, thing: Any, field: Field, kind: Kind) -> Any:
        """A field's data; empty where it has its default."""
        name, type = field.name, field.type
        if name.startswith("misc_"):
            return _misc(getattr(thing, name, ()))
        if type.name == "array":
            array = self.array(thing, field)
            has_any = array is not None and (array.size or field.required)
            return Packed(array) if has_any else None
        value = self.other(thing, field)
        if kind.name == "Display":
            value = value[: getattr(thing, _COUNTS[name])]
        if type.name == "list" and type.item is not None and type.item.name == "Object":
            return self._objects(self.items(value, kinds()["Object"]))
        return self._value(value, type)

    def _value(self, value: Any, type: Type) -> Any:
        if value is None and type.name != "list":  # an empty list of pyds is None
            return None
        if type.name == "any":
            return self._any(value)
        if type.name in ("int", "float", "text"):
            return self._scalar(value, type)
        if type.name == "bool":
            return bool(value)
        if type.name == "bytes":
            return base64.b64encode(value).decode()
        if type.name == "array":
            return Packed(value)
        if type.item is not None:
            return self._container(value, type, type.item)
        return self._struct(value, kinds()[type.name])

    def _container(self, value: Any, type: Type, item: Type) -> Any:
        if type.name == "dict":
            return {str(key): self._value(part, item) for key, part in value.items()}
        if item.name == "User":
            return self._users(self.items(value, kinds()["User"]))
        if item.name in kinds():
            kind = kinds()[item.name]
            return [self._struct(part, kind) for part in self.items(value, kind)]
        return [self._value(part, item) for part in (() if value is None else value)]

    # Objects and user metadata

    def _objects(self, objects: list[Any]) -> list[dict[str, Any]]:
        kind = kinds()["Object"]
        place_of = {id(obj): place for place, obj in enumerate(objects)}
        found = []
        for obj in objects:
            data = self._struct(obj, kind)
            parent = obj.parent
            if parent is not None:
                place = place_of.get(id(parent))
                # One that something has taken off the frame is recorded with its child.
                data["parent"] = self._struct(parent, kind) if place is None else place
            found.append(data)
        return found

    def _users(self, users: Iterable[Any]) -> list[dict[str, Any]]:
        found = []
        for user in users:
            meta_type = self.user_type(user)
            if meta_type in _LARGE and not self._tensors:
                self.left_out[f"{meta_type} ({_LARGE[int(meta_type)]}; see tensors=True)"] += 1
                continue
            try:
                data = self._any(self.user_data(user, meta_type))
                found.append({"type": meta_type, "data": data})
            except NotPlainError as error:
                self.left_out[f"{meta_type} ({error})"] += 1
        return found

    def _any(self, value: Any) -> Any:
        kind = self.kind_of(value)
        if kind is not None:
            return {"$kind": kind.name, **self._struct(value, kind)}
        return _plain(value, _DEEPEST)


def _misc(values: Any) -> list[int] | None:
    """Room for a program's own four numbers of 64 bits, that pyds shows as int32."""
    if isinstance(values, np.ndarray) and values.dtype == np.int32:
        values = values.view(np.int64)
    numbers = [int(value) for value in values]
    return numbers + [0] * (4 - len(numbers)) if any(numbers) else None


def _plain(value: Any, depth: int) -> Any:
    """A copy of plain data.

    Raises:
        NotPlainError: it is something else, or contains itself.
    """
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    if depth and isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(part, depth - 1) for key, part in value.items()}
    if depth and isinstance(value, (list, tuple)):
        return [_plain(part, depth - 1) for part in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return {"$array": Packed(value)}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode()}
    raise NotPlainError(type(value).__qualname__)

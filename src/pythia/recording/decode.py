"""From records back to metadata, as the portable runtime has it."""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.meta.portable import PortableBase, PortableBatch, PortableObject, PortableUser
from pythia.recording.schema import Field, Kind, Type, kinds

_DTYPES = "biuf"


class BadDataError(ValueError):
    """A record has something else than its field may have; ``str()`` says where and what."""


def decode_batch(data: Any) -> PortableBatch:
    """The batch of a record.

    Raises:
        BadDataError: the data is not what a recorder writes.
    """
    batch: PortableBatch = _struct(data, kinds()["Batch"], "batch")
    return batch


def _struct(data: Any, kind: Kind, where: str, besides: tuple[str, ...] = ()) -> Any:
    _require(isinstance(data, dict), where, "an object with fields", data)
    unknown = next((name for name in data if name not in kind.fields and name not in besides), None)
    if unknown is not None:
        raise BadDataError(
            f"{where}: {kind.name} has no field {unknown!r}; available: {', '.join(kind.fields)}"
        )
    made = {
        name: _field(data[name], field, f"{where}.{name}")
        for name, field in kind.fields.items()
        if name in data
    }
    missing = [f.name for f in kind.fields.values() if f.required and f.name not in made]
    if missing:
        raise BadDataError(f"{where}: {missing[0]!r} is missing")
    return kind.cls(**made)


def _field(data: Any, field: Field, where: str) -> Any:
    item = field.type.item
    if item is not None and item.name == "Object":
        return _objects(data, where)
    value = _value(data, field.type, where)
    return tuple(value) if isinstance(field.default, tuple) else value


def _value(data: Any, type: Type, where: str) -> Any:
    reader = _READERS.get(type.name)
    if reader is not None:
        return reader(data, where)
    if type.item is not None and type.name == "dict":
        return _dict(data, type, type.item, where)
    if type.item is not None:
        item = type.item
        _require(isinstance(data, list), where, "a list", data)
        return [_value(part, item, f"{where}[{place}]") for place, part in enumerate(data)]
    return _user(data, where) if type.name == "User" else _struct(data, kinds()[type.name], where)


def _dict(data: Any, type: Type, item: Type, where: str) -> dict[Any, Any]:
    _require(isinstance(data, dict), where, "an object", data)
    found: dict[Any, Any] = {}
    for key, part in data.items():
        is_number = isinstance(key, str) and key.lstrip("-").isdecimal()
        _require(type.key != "int" or is_number, where, "keys that are whole numbers", key)
        found[int(key) if type.key == "int" else key] = _value(part, item, f"{where}[{key!r}]")
    return found


def _objects(data: Any, where: str) -> list[PortableObject]:
    _require(isinstance(data, list), where, "a list", data)
    kind = kinds()["Object"]
    objects: list[PortableObject] = [
        _struct(one, kind, f"{where}[{place}]", ("parent",)) for place, one in enumerate(data)
    ]
    for place, one in enumerate(data):
        if "parent" in one:
            objects[place].parent = _parent(one["parent"], objects, f"{where}[{place}].parent")
    return objects


def _parent(data: Any, objects: list[PortableObject], where: str) -> PortableObject:
    if isinstance(data, dict):
        parent: PortableObject = _struct(data, kinds()["Object"], where)
        return parent
    place = data if isinstance(data, int) and not isinstance(data, bool) else -1
    expected = f"the number of one of the frame's {len(objects)} objects"
    _require(0 <= place < len(objects), where, expected, data)
    return objects[place]


def _user(data: Any, where: str) -> PortableUser:
    _require(isinstance(data, dict) and set(data) == {"type", "data"}, where, "type, data", data)
    meta_type = data["type"]
    is_type = isinstance(meta_type, (int, str)) and not isinstance(meta_type, bool)
    _require(is_type, f"{where}.type", "a number or a name", meta_type)
    return PortableUser(PortableBase(meta_type), _any(data["data"], f"{where}.data"))


def _any(data: Any, where: str) -> Any:
    if isinstance(data, list):
        return [_any(part, f"{where}[{place}]") for place, part in enumerate(data)]
    if not isinstance(data, dict):
        return data
    if "$kind" in data:
        kind = kinds().get(data["$kind"]) if isinstance(data["$kind"], str) else None
        if kind is None:
            raise BadDataError(f"{where}: unknown kind {data['$kind']!r}")
        return _struct({k: v for k, v in data.items() if k != "$kind"}, kind, where)
    if set(data) == {"$bytes"}:
        return _bytes(data["$bytes"], where)
    if set(data) == {"$array"}:
        return _array(data["$array"], where)
    return {key: _any(part, f"{where}[{key!r}]") for key, part in data.items()}


def _int(data: Any, where: str) -> int:
    _require(isinstance(data, int) and not isinstance(data, bool), where, "a whole number", data)
    return int(data)


def _float(data: Any, where: str) -> float:
    if data is None:  # JSON has no number for it
        return math.nan
    is_number = isinstance(data, (int, float)) and not isinstance(data, bool)
    _require(is_number, where, "a number", data)
    return float(data)


def _bool(data: Any, where: str) -> bool:
    _require(isinstance(data, bool), where, "true or false", data)
    return bool(data)


def _text(data: Any, where: str) -> str | None:
    _require(data is None or isinstance(data, str), where, "a text", data)
    return None if data is None else str(data)


def _bytes(data: Any, where: str) -> bytes:
    _require(isinstance(data, str), where, "bytes as base64", data)
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise BadDataError(f"{where}: not base64: {error}") from None


def _array(data: Any, where: str) -> NDArray[Any]:
    is_array = isinstance(data, dict) and set(data) == {"dtype", "shape", "zlib"}
    _require(is_array, where, "an array: dtype, shape, zlib", data)
    try:
        dtype = np.dtype(data["dtype"])
        if dtype.kind not in _DTYPES:
            raise TypeError(f"dtype {dtype} is no type of numbers")
        packed = zlib.decompress(_bytes(data["zlib"], where))
        array: NDArray[Any] = np.frombuffer(packed, dtype).reshape(data["shape"]).copy()
    except (TypeError, ValueError, zlib.error) as error:
        if isinstance(error, BadDataError):
            raise
        raise BadDataError(f"{where}: not a packed array: {error}") from None
    return array


_READERS: dict[str, Callable[[Any, str], Any]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "text": _text,
    "bytes": _bytes,
    "array": _array,
    "any": _any,
}


def _require(holds: bool, where: str, expected: str, found: Any) -> None:
    if not holds:
        text = repr(found)
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise BadDataError(f"{where}: expected {expected}, found {shown}")

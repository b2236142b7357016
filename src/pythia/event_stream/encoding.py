"""Events as JSON or MessagePack."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import enum
import functools
import uuid
from collections.abc import Callable
from typing import Any

import orjson

_DEEPEST = 12
"""How far into an event the culprit is looked for; it may contain itself."""

_FAST = orjson.OPT_SERIALIZE_NUMPY
_SLOW = orjson.OPT_NON_STR_KEYS


class EncodingError(TypeError):
    """An event holds a value that has no form in the encoding; names its key and type."""


def encode_json(event: Any) -> bytes:
    """Encode one event as JSON without a line break.

    Besides what JSON has: NumPy scalars and arrays, dataclasses, datetime, UUID, enum, bytes
    (as base64), and anything with a ``tolist`` method.

    Raises:
        EncodingError: A value cannot be encoded.
    """
    try:
        return orjson.dumps(event, _plain, _FAST)
    except TypeError:
        return _encode_slowly(event)


def _encode_slowly(event: Any) -> bytes:
    # A second try, because keys that are not strings cost orjson several times the time; and it
    # refuses arrays of foreign byte order instead of asking for their plain form.
    try:
        return _dump_slowly(event)
    except TypeError as error:
        raise _error(event, "JSON", error, _dump_slowly) from None


def _dump_slowly(value: Any) -> bytes:
    return orjson.dumps(value, _plain, _SLOW)


def encode_msgpack(event: Any) -> bytes:
    """Encode one event as MessagePack; takes what :func:`encode_json` takes.

    Bytes stay bytes; what MessagePack lacks has the form that it has in JSON.

    Raises:
        EncodingError: A value cannot be encoded.
    """
    pack = _msgpack_packer()
    try:
        return pack(event)
    except (TypeError, ValueError, OverflowError) as error:
        raise _error(event, "MessagePack", error, pack) from None


@functools.cache
def _msgpack_packer() -> Callable[[Any], bytes]:
    import msgpack

    return functools.partial(msgpack.packb, default=_plain_for_msgpack)


def _plain_for_msgpack(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, enum.Enum):
        return value.value
    to_list = getattr(value, "tolist", None)
    if to_list is None:
        raise TypeError(f"no MessagePack form for {type(value).__name__}")
    return to_list()


def _error(
    event: Any, form: str, error: Exception, encode: Callable[[Any], bytes]
) -> EncodingError:
    where, value = _culprit("event", event, encode, _DEEPEST)
    return EncodingError(
        f"{where} of type {type(value).__module__}.{type(value).__qualname__} "
        f"cannot be encoded as {form} ({error})"
    )


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    # NumPy arrays that orjson does not take itself (not contiguous, ...), tensors of others.
    to_list = getattr(value, "tolist", None)
    if to_list is None:
        raise TypeError(f"no JSON form for {type(value).__name__}")
    return to_list()


def _culprit(where: str, value: Any, encode: Callable[[Any], bytes], depth: int) -> tuple[str, Any]:
    """Find the innermost value that fails on its own."""
    for name, part in _parts(value) if depth else []:
        try:
            encode(part)
        except (TypeError, ValueError, OverflowError):
            return _culprit(f"{where}{name}", part, encode, depth - 1)
    return where, value


def _parts(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"[{key!r}]", part) for key, part in value.items()]
    if isinstance(value, (list, tuple)):
        return [(f"[{index}]", part) for index, part in enumerate(value)]
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return [(f".{name}", getattr(value, name)) for name in names]
    return []

"""Reads the fields of a payload, by which a broker may sort messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_TEXTS = {1: "version", 2: "id", 4: "sensorId"}
"""Fields of the protocol buffer ``nv.Frame`` that are texts."""


def payload_fields(payload: bytes) -> Any:
    """The object of a JSON payload, or the texts of one in protocol buffers (``nv.Frame``).

    The latter has ``sensor.id`` beside ``sensorId``, as the JSON of the full schema has it.

    Raises:
        ValueError: it is neither.
    """
    try:
        return json.loads(payload)
    except ValueError:
        fields = {_TEXTS[number]: data.decode() for number, data in _texts(payload)}
    if "sensorId" in fields:
        fields["sensor.id"] = fields["sensorId"]
    return fields


def _texts(payload: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(payload):
        key, at = _varint(payload, at)
        number, wire_type = key >> 3, key & 7
        length = {_FIXED64: 8, _FIXED32: 4}.get(wire_type, 0)
        if wire_type in (_VARINT, _BYTES):
            value, at = _varint(payload, at)
            length = value if wire_type == _BYTES else 0
        elif not length:
            raise ValueError(f"no protocol buffer: wire type {wire_type}")
        if at + length > len(payload):
            raise ValueError("no protocol buffer: it ends too early")
        if wire_type == _BYTES and number in _TEXTS:
            yield number, payload[at : at + length]
        at += length


def _varint(payload: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    while at < len(payload) and shift < 64:
        byte = payload[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at
    raise ValueError("no protocol buffer: a number does not end")

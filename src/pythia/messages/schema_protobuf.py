"""The minimal schema as protocol buffers (``payload-type=2``), in proto3's wire format.

The messages are ``nv.Frame``, ``nv.Object`` and ``nv.Bbox`` of DeepStream's public schema.proto;
the few fields that its converter fills are written by hand, so no library is needed.
"""

from __future__ import annotations

import calendar
import re
import struct
import time
from collections.abc import Iterable, Mapping, Sequence

from pythia.exceptions import MessageError
from pythia.messages.c_numbers import Box, edges
from pythia.messages.config import MessageConfig
from pythia.messages.event_details import DETAILS, detail
from pythia.messages.schema_minimal import event_sensor, frame_sensor, type_name
from pythia.messages.timestamp import rfc3339
from pythia.meta.portable_event import PortableEventMsg
from pythia.meta.types import FrameMeta, ObjectType

_VARINT, _BYTES, _FLOAT = 0, 2, 5
"""Wire types."""

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")


def protobuf_event_message(
    head: PortableEventMsg, events: Sequence[PortableEventMsg], config: MessageConfig | None
) -> bytes:
    """The message of a frame's event messages; frame, time and sensor are those of ``head``.

    Raises:
        MessageError: A time is not one, or an ``extMsg`` is not what its ``objType`` says.
    """
    objects = (
        _object(event.trackingId, event.bbox, type_name(event), event.confidence, _info(event))
        for event in events
        if event.objType != ObjectType.NVDS_OBJECT_TYPE_DUMMY
    )
    return _frame(head.frameId, head.ts, event_sensor(head, config), objects)


def protobuf_frame_message(frame: FrameMeta, config: MessageConfig | None) -> bytes:
    """The message of a frame's objects (``msg2p-newapi``); the time is now."""
    objects = (
        _object(obj.object_id, obj.rect_params, obj.obj_label, obj.confidence, {})
        for obj in frame.obj_meta_list
    )
    return _frame(frame.frame_num, rfc3339(), frame_sensor(frame, config), objects)


def _frame(frame_id: int, moment: str | None, sensor: str, objects: Iterable[bytes]) -> bytes:
    parts = [_text(1, "4.0"), _text(2, str(frame_id))]
    if moment is not None:
        parts.append(_timestamp(3, moment))
    parts.append(_text(4, sensor))
    parts.extend(_nested(5, obj) for obj in objects)
    return b"".join(parts)


def _object(
    tracking_id: int, box: Box, name: str, confidence: float, info: Mapping[str, str]
) -> bytes:
    bbox = b"".join(_float(number, edge) for number, edge in enumerate(edges(box), 1))
    head = _text(1, str(tracking_id)) + _nested(2, bbox) + _text(3, name) + _float(4, confidence)
    pairs = (_text(1, name) + _text(2, value) for name, value in info.items())
    return head + b"".join(_nested(5, pair) for pair in pairs)


def _info(event: PortableEventMsg) -> dict[str, str]:
    _, fields = DETAILS.get(event.objType, ("", {}))
    if event.extMsg is None or not event.extMsgSize:
        fields = {}
    values = {member: detail(event, attribute) for member, attribute in fields.items()}
    found = {member: "" if value is None else str(value) for member, value in values.items()}
    return found | {"visibility": "0.000000"}  # which only the 3D tracker sets


def _timestamp(number: int, moment: str) -> bytes:
    match = _MOMENT.fullmatch(moment)
    if match is None:
        raise MessageError(
            f"the ts of an event message is {moment!r}; expected is the form "
            "2024-05-01T12:00:00.123Z"
        )
    seconds = calendar.timegm(time.strptime(match[1], "%Y-%m-%dT%H:%M:%S"))
    rest_ns = int((match[2] or "0").ljust(9, "0"))
    return _nested(number, _integer(1, seconds) + _integer(2, rest_ns))


def _integer(number: int, value: int) -> bytes:
    # Negative numbers are the large ones of 64 bits.
    return _key(number, _VARINT) + _varint(value & 0xFFFFFFFFFFFFFFFF) if value else b""


def _float(number: int, value: float) -> bytes:
    return _key(number, _FLOAT) + struct.pack("<f", value) if value else b""


def _text(number: int, value: str) -> bytes:
    return _nested(number, value.encode(errors="replace")) if value else b""


def _nested(number: int, data: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(data)) + data


def _key(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))

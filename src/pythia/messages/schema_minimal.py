"""The minimal schema (``payload-type=1``): one message a frame, one line of text an object.

Fields, order and number forms are those of DeepStream's public converter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pythia.messages.c_numbers import Box, edges, printed, single
from pythia.messages.config import MessageConfig
from pythia.messages.custom_message import custom_messages
from pythia.messages.event_details import detail, outline
from pythia.messages.schema_full import Members
from pythia.messages.timestamp import rfc3339
from pythia.meta.portable_event import PortableEventMsg
from pythia.meta.types import FrameMeta, ObjectMeta, ObjectType

_TYPES: dict[int, str] = {
    ObjectType.NVDS_OBJECT_TYPE_VEHICLE: "Vehicle",
    ObjectType.NVDS_OBJECT_TYPE_FACE: "Face",
    ObjectType.NVDS_OBJECT_TYPE_PERSON: "Person",
    ObjectType.NVDS_OBJECT_TYPE_BAG: "Bag",
    ObjectType.NVDS_OBJECT_TYPE_BICYCLE: "Bicycle",
    ObjectType.NVDS_OBJECT_TYPE_ROADSIGN: "RoadSign",
    ObjectType.NVDS_OBJECT_TYPE_CUSTOM: "Custom",
    ObjectType.NVDS_OBJECT_TYPE_PRODUCT: "Product",
}

_NOTHING = None
_VEHICLE = ("type", "make", "model", "color", "license", "region")
_PERSON = ("gender", "age", "hair", "cap", "apparel")
_FACE = ("gender", "age", "hair", "cap", "glasses", "facialhair", "name", _NOTHING, "eyecolor")
_PRODUCT = ("brand", "type", "shape")
_DETAILS: dict[int, tuple[str | None, ...]] = {
    ObjectType.NVDS_OBJECT_TYPE_VEHICLE: _VEHICLE,
    ObjectType.NVDS_OBJECT_TYPE_PERSON: _PERSON,
    ObjectType.NVDS_OBJECT_TYPE_FACE: _FACE,
    ObjectType.NVDS_OBJECT_TYPE_PRODUCT: _PRODUCT,
    ObjectType.NVDS_OBJECT_TYPE_VEHICLE_EXT: _VEHICLE,
    ObjectType.NVDS_OBJECT_TYPE_PERSON_EXT: _PERSON,
    ObjectType.NVDS_OBJECT_TYPE_FACE_EXT: _FACE,
    ObjectType.NVDS_OBJECT_TYPE_PRODUCT_EXT: _PRODUCT,
}


def minimal_event_message(
    head: PortableEventMsg, events: Sequence[PortableEventMsg], config: MessageConfig | None
) -> Members:
    """The message of a frame's event messages; frame, time and sensor are those of ``head``.

    Raises:
        MessageError: An ``extMsg`` is not what its ``objType`` says.
    """
    message = _message(
        head.frameId, head.ts, event_sensor(head, config), [_event_line(event) for event in events]
    )
    if masks := [_mask_line(event) for event in events if outline(event)]:
        message["masks"] = masks
    return message


def minimal_frame_message(frame: FrameMeta, config: MessageConfig | None) -> Members:
    """The message of a frame's objects (``msg2p-newapi``).

    Boxes are in pixels of nvstreammux's output, and the time is now.
    """
    lines = [_object_line(obj) for obj in frame.obj_meta_list]
    message = _message(frame.frame_num, rfc3339(), frame_sensor(frame, config), lines)
    if own := custom_messages(frame):
        message["customMessage"] = own
    return message


def event_sensor(event: PortableEventMsg, config: MessageConfig | None) -> str:
    """The sensor's name: the event's own, else the configured one, else 0."""
    if event.sensorStr is not None:
        return event.sensorStr
    if config is None:
        return "0"
    sensor = config.find_sensor(event.sensorId)
    return "" if sensor is None else sensor.id


def frame_sensor(frame: FrameMeta, config: MessageConfig | None) -> str:
    """The name of the sensor that has the source's number, else 0."""
    sensor = None if config is None else config.sensor.get(frame.source_id)
    return "0" if sensor is None else sensor.id


def type_name(event: PortableEventMsg) -> str:
    """What an event's object is."""
    if event.objType == ObjectType.NVDS_OBJECT_TYPE_UNKNOWN:
        return event.objectId or "Unknown"
    return _TYPES.get(event.objType, "Unknown")


def _message(frame_id: int, moment: str | None, sensor: str, lines: list[str]) -> Members:
    return {
        "version": "4.0",
        "id": str(frame_id),
        "@timestamp": moment,
        "sensorId": sensor,
        "objects": lines,
    }


def _event_line(event: PortableEventMsg) -> str:
    if event.objType == ObjectType.NVDS_OBJECT_TYPE_DUMMY:
        return ""
    start = _start(event.trackingId, event.bbox, type_name(event))
    return f"{start}{_details(event)}|{printed(event.confidence)}"


def _details(event: PortableEventMsg) -> str:
    if event.extMsg is None or not event.extMsgSize:
        return "|#||||||"
    names = _DETAILS.get(event.objType)
    if names is None:
        return ""
    values = (None if name is None else detail(event, name) for name in names)
    return "|#|" + _joined("" if value is None else value for value in values)


def _object_line(obj: ObjectMeta) -> str:
    start = _start(obj.object_id, obj.rect_params, obj.obj_label)
    if not obj.classifier_meta_list:
        return start
    labels = [
        label.result_label
        for classifier in obj.classifier_meta_list
        for label in classifier.label_info_list
    ]
    return _joined([start, "#", *labels, printed(single(obj.confidence))])


def _start(tracking_id: int, box: Box, name: str) -> str:
    return _joined([tracking_id, *map(printed, edges(box)), name])


def _mask_line(event: PortableEventMsg) -> str:
    mask = outline(event)
    polygons = (_joined(map(printed, polygon)) for polygon in mask)
    return f"{event.trackingId}|{len(mask)}|" + "|#|".join(polygons)


def _joined(values: Iterable[Any]) -> str:
    return "|".join(map(str, values))

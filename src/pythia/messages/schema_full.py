"""The full schema (``payload-type=0``): one message an object, with all that is known of its place.

Names, order and types are those of DeepStream's public converter.
"""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from pythia.messages.c_numbers import Box, edges, single
from pythia.messages.config import Analytics, MessageConfig, Place, Point, Sensor
from pythia.messages.custom_message import custom_messages
from pythia.messages.event_details import DETAILS, detail, outline
from pythia.messages.json_glib import Written, member_text
from pythia.messages.timestamp import rfc3339
from pythia.meta.portable_event import PortableEventMsg
from pythia.meta.types import EventType, FrameMeta, ObjectMeta, ObjectType

Members = dict[str, Any]

_EVENT_NAMES: dict[int, str] = {
    EventType.NVDS_EVENT_ENTRY: "entry",
    EventType.NVDS_EVENT_EXIT: "exit",
    EventType.NVDS_EVENT_MOVING: "moving",
    EventType.NVDS_EVENT_STOPPED: "stopped",
    EventType.NVDS_EVENT_PARKED: "parked",
    EventType.NVDS_EVENT_EMPTY: "empty",
    EventType.NVDS_EVENT_RESET: "reset",
}

_AISLE = ("aisle", ("id", "name", "level"))
_SPOT = ("parkingSpot", ("id", "type", "level"))
_ENTRANCE = ("entrance", ("name", "lane", "level"))
_ANY_PLACE = ("place-sub-field", ("id", "name", "level"))

_SubPlace = tuple[str, tuple[str, str, str]]


def full_event_message(event: PortableEventMsg, config: MessageConfig) -> Members:
    """The message of one event message.

    Raises:
        MessageError: ``extMsg`` is not what ``objType`` says.
    """
    return _message(
        event.ts,
        _place(config.find_place(event.placeId), _sub_place(event)),
        _sensor(config.find_sensor(event.sensorId)),
        _analytics(config.find_analytics(event.moduleId)),
        _event_object(event),
        _EVENT_NAMES.get(event.type),
        event.videoPath or "",
    )


def full_object_message(frame: FrameMeta, obj: ObjectMeta, config: MessageConfig) -> Members:
    """The message of one object of a frame (``msg2p-newapi``); the source's number is the place's.

    Boxes are in pixels of nvstreammux's output, and the time is now.
    """
    source = frame.source_id
    message = _message(
        rfc3339(),
        _place(config.find_place(source), _ANY_PLACE),
        _sensor(config.find_sensor(source)),
        _analytics(config.find_analytics(source)),
        _seen_object(obj),
        "",
        "",
    )
    if own := custom_messages(frame):
        message["customMessage"] = own
    return message


def _message(
    moment: str | None,
    place: Written,
    sensor: Written,
    analytics: Written,
    obj: Members,
    event: str | None,
    video_path: str,
) -> Members:
    return {
        "messageid": str(uuid.uuid4()),
        "mdsversion": "1.0",
        "@timestamp": moment,
        "place": place,
        "sensor": sensor,
        "analyticsModule": analytics,
        "object": obj,
        "event": {"id": str(uuid.uuid4())} | ({} if event is None else {"type": event}),
        "videoPath": video_path,
    }


def _sub_place(event: PortableEventMsg) -> _SubPlace | None:
    if event.type in (EventType.NVDS_EVENT_MOVING, EventType.NVDS_EVENT_STOPPED):
        return _AISLE
    if event.type in (EventType.NVDS_EVENT_EMPTY, EventType.NVDS_EVENT_PARKED):
        return _SPOT
    if event.type in (EventType.NVDS_EVENT_ENTRY, EventType.NVDS_EVENT_EXIT):
        vehicle = event.objType == ObjectType.NVDS_OBJECT_TYPE_VEHICLE
        return _AISLE if vehicle else _ENTRANCE
    return None


# Places, sensors and modules are always the same, so their texts are kept.
@lru_cache(maxsize=4096)
def _place(place: Place | None, sub_place: _SubPlace | None) -> Written:
    if place is None:
        return member_text(None)
    members: Members = {
        "id": place.id,
        "name": place.name,
        "type": place.type,
        "location": _location(place.location),
    }
    if sub_place is not None:
        name, fields = sub_place
        values = (place.place_sub_field1, place.place_sub_field2, place.place_sub_field3)
        coordinate = {"coordinate": _coordinate(place.coordinate)}
        members[name] = dict(zip(fields, values, strict=True)) | coordinate
    return member_text(members)


@lru_cache(maxsize=4096)
def _sensor(sensor: Sensor | None) -> Written:
    if sensor is None:
        return member_text(None)
    members = {
        "id": sensor.id,
        "type": sensor.type,
        "description": sensor.description,
        "location": _location(sensor.location),
        "coordinate": _coordinate(sensor.coordinate),
    }
    return member_text(members)


@lru_cache(maxsize=4096)
def _analytics(analytics: Analytics | None) -> Written:
    if analytics is None:
        return member_text(None)
    members = {
        "id": analytics.id,
        "description": analytics.description,
        "source": analytics.source,
        "version": analytics.version,
    }
    return member_text(members)


def _event_object(event: PortableEventMsg) -> Members:
    members = _identity(event.trackingId) | _details(event)
    members["bbox"] = _bbox(event.bbox)
    if (mask := outline(event)) and event.objType != ObjectType.NVDS_OBJECT_TYPE_PRODUCT_EXT:
        members["maskoutline"] = [list(map(float, polygon)) for polygon in mask]
    signature = event.objSignature
    if signature.size:
        members["signature"] = list(map(float, signature.signature[: signature.size]))
    place, point = event.location, event.coordinate
    members["location"] = _location((place.lat, place.lon, place.alt))
    members["coordinate"] = _coordinate((point.x, point.y, point.z))
    members["pose"] = {}
    return members


def _details(event: PortableEventMsg) -> Members:
    if event.objType == ObjectType.NVDS_OBJECT_TYPE_UNKNOWN:
        return {event.objectId: {}} if event.objectId else {}
    if event.objType not in DETAILS:
        return {}
    name, fields = DETAILS[event.objType]
    if not event.extMsgSize:
        found = {member: 0 if member == "age" else "" for member in fields}
        return {name: found if name == "product" else {**found, "confidence": 1.0}}
    if event.extMsg is None:
        return {name: {}}
    found = {member: detail(event, attribute) for member, attribute in fields.items()}
    return {name: found if name == "product" else {**found, "confidence": float(event.confidence)}}


def _seen_object(obj: ObjectMeta) -> Members:
    details: Members = {"confidence": single(obj.confidence)}
    for classifier in obj.classifier_meta_list:
        if classifier.classifier_type:
            for label in classifier.label_info_list:
                details[classifier.classifier_type] = label.result_label
    bbox = _bbox(obj.rect_params)
    parts = {obj.obj_label: details, "bbox": bbox, "location": {}, "coordinate": {}}
    return _identity(obj.object_id) | parts


def _identity(tracking_id: int) -> Members:
    return {"id": str(tracking_id), "speed": 0.0, "direction": 0.0, "orientation": 0.0}


def _bbox(box: Box) -> Members:
    left, top, right, bottom = map(int, edges(box))
    return {"topleftx": left, "toplefty": top, "bottomrightx": right, "bottomrighty": bottom}


def _location(point: Point) -> Members:
    lat, lon, alt = point
    return {"lat": float(lat), "lon": float(lon), "alt": float(alt)}


def _coordinate(point: Point) -> Members:
    x, y, z = point
    return {"x": float(x), "y": float(y), "z": float(z)}

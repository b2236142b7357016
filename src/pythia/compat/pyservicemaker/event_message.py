"""Event messages, which nvmsgconv makes payloads of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pythia.compat.pyservicemaker.user_metadata import UserMetadata
from pythia.messages.timestamp import rfc3339
from pythia.meta.portable import PortableBase, PortableFrame, PortableObject, PortableUser
from pythia.meta.portable_event import (
    PortableEventMsg,
    PortableEventRect,
    PortablePerson,
    PortableVehicle,
)
from pythia.meta.types import EVENT_MSG_META, EventType, ObjectType

if TYPE_CHECKING:
    from pythia.compat.pyservicemaker.metadata import FrameMetadata, ObjectMetadata

__all__ = ["EventMessageUserMetadata"]

_TYPES = {
    "car": ObjectType.NVDS_OBJECT_TYPE_VEHICLE,
    "vehicle": ObjectType.NVDS_OBJECT_TYPE_VEHICLE,
    "truck": ObjectType.NVDS_OBJECT_TYPE_VEHICLE,
    "bus": ObjectType.NVDS_OBJECT_TYPE_VEHICLE,
    "person": ObjectType.NVDS_OBJECT_TYPE_PERSON,
    "face": ObjectType.NVDS_OBJECT_TYPE_FACE,
    "bag": ObjectType.NVDS_OBJECT_TYPE_BAG,
    "bicycle": ObjectType.NVDS_OBJECT_TYPE_BICYCLE,
    "roadsign": ObjectType.NVDS_OBJECT_TYPE_ROADSIGN,
    "road_sign": ObjectType.NVDS_OBJECT_TYPE_ROADSIGN,
}
_VEHICLE_FIELDS = {"type", "make", "model", "color"}


class EventMessageUserMetadata(UserMetadata):
    """One object's news for nvmsgconv, to be appended to the object's frame."""

    __slots__ = ()
    _KIND = PortableEventMsg

    def __init__(self, user_meta: UserMetadata | None = None) -> None:
        if user_meta is None:
            self._meta = PortableUser(PortableBase(EVENT_MSG_META), PortableEventMsg())
        else:
            super().__init__(user_meta)

    def generate(
        self,
        object_meta: ObjectMetadata,
        frame_meta: FrameMetadata,
        sensor: str = "N/A",
        uri: str = "N/A",
        labels: Sequence[str] = (),
    ) -> None:
        """Say what there is to say of an object now.

        Args:
            object_meta: The object.
            frame_meta: Its frame.
            sensor: Id of the camera.
            uri: Where the video comes from.
            labels: Names of the classes by number; without them, the object's own label counts.
        """
        obj, frame = object_meta._meta, frame_meta._meta
        self._meta.user_meta_data = _event(obj, frame, sensor, uri, labels)


def _event(
    obj: PortableObject, frame: PortableFrame, sensor: str, uri: str, labels: Sequence[str]
) -> PortableEventMsg:
    named = 0 <= obj.class_id < len(labels)
    label = str(labels[obj.class_id]) if named else obj.obj_label
    kind = _TYPES.get(label.strip().lower(), ObjectType.NVDS_OBJECT_TYPE_UNKNOWN)
    rect = obj.rect_params
    details = _details(kind, obj)
    return PortableEventMsg(
        type=EventType.NVDS_EVENT_MOVING,
        objType=kind,
        bbox=PortableEventRect(rect.top, rect.left, rect.width, rect.height),
        objClassId=obj.class_id,
        sensorId=frame.source_id,
        placeId=frame.source_id,
        moduleId=frame.source_id,
        frameId=frame.frame_num,
        confidence=obj.confidence,
        trackingId=obj.object_id,
        ts=rfc3339(frame.ntp_timestamp or None),
        objectId=label,
        sensorStr=sensor,
        videoPath=uri,
        extMsg=details,
        extMsgSize=0 if details is None else 1,
    )


def _details(kind: ObjectType, obj: PortableObject) -> Any:
    """What classifiers say of a vehicle; NVIDIA's samples make such things up."""
    if kind == ObjectType.NVDS_OBJECT_TYPE_PERSON:
        return PortablePerson()
    if kind != ObjectType.NVDS_OBJECT_TYPE_VEHICLE:
        return None
    vehicle = PortableVehicle()
    for classifier in obj.classifier_meta_list:
        name = classifier.classifier_type.lower().removeprefix("vehicle").strip("_- ")
        if name in _VEHICLE_FIELDS and classifier.label_info_list:
            setattr(vehicle, name, classifier.label_info_list[0].result_label)
    return vehicle

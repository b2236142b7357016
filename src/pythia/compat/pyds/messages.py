"""Event messages, what they say of objects, and payloads.

Memory that DeepStream's C code would have to free belongs to the metadata here, also the buffer of
a time stamp once it is assigned to ``ts``.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from pythia.compat.pyds import strings
from pythia.compat.pyds.enums import NvDsEventType, NvDsObjectType, enum_field
from pythia.compat.pyds.glist import linked
from pythia.compat.pyds.strings import Text, text, text_address, text_of
from pythia.compat.pyds.views import (
    INT,
    U64,
    UINT,
    Capsule,
    View,
    double,
    integer,
    meta_in,
    meta_of,
    part,
    real,
    show,
    show_or_none,
    whole,
)
from pythia.messages.timestamp import rfc3339
from pythia.meta.portable_event import (
    PortableCoordinate,
    PortableEvent,
    PortableEventMsg,
    PortableEventRect,
    PortableFace,
    PortableFaceExt,
    PortableGeoLocation,
    PortableObjectSignature,
    PortablePayload,
    PortablePerson,
    PortablePersonExt,
    PortableVehicle,
    PortableVehicleExt,
)

__all__ = [
    "NvDsCoordinate",
    "NvDsEvent",
    "NvDsEventMsgMeta",
    "NvDsFaceObject",
    "NvDsFaceObjectWithExt",
    "NvDsGeoLocation",
    "NvDsObjectSignature",
    "NvDsPayload",
    "NvDsPersonObject",
    "NvDsPersonObjectExt",
    "NvDsRect",
    "NvDsVehicleObject",
    "NvDsVehicleObjectExt",
    "alloc_nvds_event",
    "alloc_nvds_event_msg_meta",
    "alloc_nvds_face_object",
    "alloc_nvds_payload",
    "alloc_nvds_person_object",
    "alloc_nvds_vehicle_object",
    "generate_ts_rfc3339",
    "glist_get_nvds_event_msg_meta",
    "glist_get_nvds_person_object",
    "glist_get_nvds_vehicle_object",
]


class _Stamp(Text):
    """A text that lies in a buffer of the program's."""

    _address: int

    @classmethod
    def at(cls, address: int) -> _Stamp:
        """What the buffer holds now; from now on it is the metadata's."""
        made = cls(strings.get_string(address) or "")
        made._address = address
        made.memory = strings._blocks.pop(address, None)
        return made

    def changed(self, text: str) -> _Stamp:
        """The same buffer with another text in it."""
        made = type(self)(text)
        made._address, made.memory = self._address, self.memory
        return made

    @property
    def address(self) -> int:
        """Where it lies."""
        return self._address


_stamped: WeakValueDictionary[int, PortableEventMsg] = WeakValueDictionary()


def _write_ts(view: View, value: Any) -> None:
    address = whole(value, *U64, "ts")
    if address and address == text_address(view._meta, "ts"):
        return
    view._meta.ts = _Stamp.at(address) if address else None
    _stamped[address] = view._meta


def generate_ts_rfc3339(buffer: int, size: int) -> None:
    """Write the time of now, such as ``2024-05-01T12:00:00.123Z``, to a buffer of ``size`` bytes.

    It is cut where it does not fit.
    """
    address = whole(buffer, *U64, "generate_ts_rfc3339()")
    now = rfc3339()
    strings.write_text(address, now, whole(size, *U64, "generate_ts_rfc3339()"))
    event = _stamped.get(address)
    if event is not None and isinstance(event.ts, _Stamp) and event.ts.address == address:
        event.ts = event.ts.changed(strings.get_string(address) or "")


def _plain_text(name: str) -> property:
    """A text that is str both ways, of any length."""

    def write(view: View, value: Any) -> None:
        setattr(view._meta, name, text_of(value, name))

    return property(attrgetter(f"_meta.{name}"), write)


def _signature(view: View) -> list[float]:
    return list(view._meta.signature)


def _write_signature(view: View, value: Any) -> None:
    view._meta.signature = [float(number) for number in value]


def _ext_msg(view: View) -> Capsule | None:
    details = view._meta.extMsg
    return None if details is None else Capsule(details, view)


def _write_ext_msg(view: View, value: Any) -> None:
    view._meta.extMsg = None if value is None else meta_in(value, "extMsg")


def _event_metadata(view: View) -> Any:
    return show_or_none(NvDsEventMsgMeta, view._meta.metadata, view)


def _write_event_metadata(view: View, value: Any) -> None:
    view._meta.metadata = None if value is None else meta_of(value, NvDsEventMsgMeta, "metadata")


def _payload(view: View) -> Capsule | None:
    data = view._meta.payload
    return Capsule(np.frombuffer(data, np.uint8), view) if data else None


def _write_payload(view: View, value: Any) -> None:
    data = b"" if value is None else meta_in(value, "payload")
    view._meta.payload = data.tobytes() if isinstance(data, np.ndarray) else data


class NvDsRect(View, kind=PortableEventRect):
    """A box in pixels of the frame."""

    __slots__ = ()
    top, left, width, height = map(real, ("top", "left", "width", "height"))


class NvDsGeoLocation(View, kind=PortableGeoLocation):
    """A place on the globe."""

    __slots__ = ()
    lat, lon, alt = map(double, ("lat", "lon", "alt"))


class NvDsCoordinate(View, kind=PortableCoordinate):
    """A point in space."""

    __slots__ = ()
    x, y, z = map(double, "xyz")


class NvDsObjectSignature(View, kind=PortableObjectSignature):
    """Numbers that tell an object from others; ``signature`` is a list of float."""

    __slots__ = ()
    signature = property(_signature, _write_signature)
    size = integer("size", *UINT)


class NvDsVehicleObject(View, kind=PortableVehicle):
    """What is known of a vehicle; texts read as addresses."""

    __slots__ = ()
    type, make, model = map(text, ("type", "make", "model"))
    color, region, license = map(text, ("color", "region", "license"))


class NvDsPersonObject(View, kind=PortablePerson):
    """What is known of a person; texts read as addresses."""

    __slots__ = ()
    gender, hair, cap, apparel = map(text, ("gender", "hair", "cap", "apparel"))
    age = integer("age", *UINT)


class NvDsFaceObject(View, kind=PortableFace):
    """What is known of a face; texts read as addresses."""

    __slots__ = ()
    gender, hair, cap, glasses = map(text, ("gender", "hair", "cap", "glasses"))
    facialhair, name, eyecolor = map(text, ("facialhair", "name", "eyecolor"))
    age = integer("age", *UINT)


class NvDsVehicleObjectExt(View, kind=PortableVehicleExt):
    """A vehicle with its outline; texts are str."""

    __slots__ = ()
    type, make, model = map(_plain_text, ("type", "make", "model"))
    color, region, license = map(_plain_text, ("color", "region", "license"))
    mask = linked("mask")


class NvDsPersonObjectExt(View, kind=PortablePersonExt):
    """A person with an outline; texts are str."""

    __slots__ = ()
    gender, hair, cap, apparel = map(_plain_text, ("gender", "hair", "cap", "apparel"))
    age = integer("age", *UINT)
    mask = linked("mask")


class NvDsFaceObjectWithExt(View, kind=PortableFaceExt):
    """A face with its outline; texts are str."""

    __slots__ = ()
    gender, hair, cap, glasses = map(_plain_text, ("gender", "hair", "cap", "glasses"))
    facialhair, name, eyecolor = map(_plain_text, ("facialhair", "name", "eyecolor"))
    age = integer("age", *UINT)
    mask = linked("mask")


class NvDsEventMsgMeta(View, kind=PortableEventMsg):
    """What happened to one object; ``ts`` is the address of a buffer with the time in it."""

    __slots__ = ()
    type = enum_field("type", NvDsEventType)
    objType = enum_field("objType", NvDsObjectType)
    bbox = part("bbox", NvDsRect)
    location = part("location", NvDsGeoLocation)
    coordinate = part("coordinate", NvDsCoordinate)
    objSignature = part("objSignature", NvDsObjectSignature)
    objClassId = integer("objClassId", *INT)
    sensorId = integer("sensorId", *INT)
    moduleId = integer("moduleId", *INT)
    placeId = integer("placeId", *INT)
    componentId = integer("componentId", *INT)
    frameId = integer("frameId", *INT)
    confidence = double("confidence")
    trackingId = integer("trackingId", *U64)
    ts = property(lambda view: text_address(view._meta, "ts"), _write_ts)
    objectId = text("objectId")
    sensorStr = text("sensorStr")
    otherAttrs = text("otherAttrs")
    videoPath = text("videoPath")
    extMsg = property(_ext_msg, _write_ext_msg)
    extMsgSize = integer("extMsgSize", *UINT)


class NvDsEvent(View, kind=PortableEvent):
    """An event message and its type."""

    __slots__ = ()
    eventType = enum_field("eventType", NvDsEventType)
    metadata = property(_event_metadata, _write_event_metadata)


class NvDsPayload(View, kind=PortablePayload):
    """A message ready to be sent; ``payload`` reads as a capsule of its bytes."""

    __slots__ = ()
    payload = property(_payload, _write_payload)
    payloadSize = integer("payloadSize", *UINT)
    componentId = integer("componentId", *UINT)


def alloc_nvds_event_msg_meta(user_meta: Any = None) -> NvDsEventMsgMeta:
    """Make an empty event message, for the user metadata that is to carry it.

    Older programs give no argument. Copies of the metadata get a message of their own either way.
    """
    return NvDsEventMsgMeta()


def alloc_nvds_event() -> NvDsEvent:
    """Make an empty event."""
    return NvDsEvent()


def alloc_nvds_payload() -> NvDsPayload:
    """Make an empty payload."""
    return NvDsPayload()


def alloc_nvds_vehicle_object() -> NvDsVehicleObject:
    """Make an empty description of a vehicle, for ``extMsg``."""
    return NvDsVehicleObject()


def alloc_nvds_person_object() -> NvDsPersonObject:
    """Make an empty description of a person, for ``extMsg``."""
    return NvDsPersonObject()


def alloc_nvds_face_object() -> NvDsFaceObject:
    """Make an empty description of a face, for ``extMsg``."""
    return NvDsFaceObject()


def _listed(cls: type[View], data: Any, place: str) -> Any:
    return None if data is None else show(cls, meta_in(data, place), data._owner)


def glist_get_nvds_event_msg_meta(data: Any) -> Any:
    """View the event message that the data of a list's node stands for."""
    return _listed(NvDsEventMsgMeta, data, "glist_get_nvds_event_msg_meta()")


def glist_get_nvds_vehicle_object(data: Any) -> Any:
    """View the vehicle that the data of a list's node stands for."""
    return _listed(NvDsVehicleObject, data, "glist_get_nvds_vehicle_object()")


def glist_get_nvds_person_object(data: Any) -> Any:
    """View the person that the data of a list's node stands for."""
    return _listed(NvDsPersonObject, data, "glist_get_nvds_person_object()")

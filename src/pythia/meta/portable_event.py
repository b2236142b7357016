"""Event messages and payloads of the portable provider, hung on frames as user metadata.

Names and defaults are those of DeepStream's public schema header, zeroed memory: texts are None
until somebody sets them. An event message says what happened to one object; nvmsgconv makes
payloads of it, and nvmsgbroker sends those.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pythia.meta.portable_viewed import Viewed
from pythia.meta.types import EventType, ObjectType


@dataclass(slots=True, eq=False)
class PortableEventRect(Viewed):
    """A box in pixels of the frame [NvDsRect]."""

    top: float = 0.0
    left: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(slots=True, eq=False)
class PortableGeoLocation(Viewed):
    """A place on the globe: degrees and metres [NvDsGeoLocation]."""

    lat: float = 0.0
    lon: float = 0.0
    alt: float = 0.0


@dataclass(slots=True, eq=False)
class PortableCoordinate(Viewed):
    """A point in space [NvDsCoordinate]."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


@dataclass(slots=True, eq=False)
class PortableObjectSignature(Viewed):
    """Numbers that tell an object from others, the first ``size`` count [NvDsObjectSignature]."""

    signature: list[float] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True, eq=False)
class PortableVehicle(Viewed):
    """What is known of a vehicle [NvDsVehicleObject]."""

    type: str | None = None
    make: str | None = None
    model: str | None = None
    color: str | None = None
    region: str | None = None
    license: str | None = None


@dataclass(slots=True, eq=False)
class PortablePerson(Viewed):
    """What is known of a person [NvDsPersonObject]."""

    gender: str | None = None
    hair: str | None = None
    cap: str | None = None
    apparel: str | None = None
    age: int = 0


@dataclass(slots=True, eq=False)
class PortableFace(Viewed):
    """What is known of a face [NvDsFaceObject]."""

    gender: str | None = None
    hair: str | None = None
    cap: str | None = None
    glasses: str | None = None
    facialhair: str | None = None
    name: str | None = None
    eyecolor: str | None = None
    age: int = 0


@dataclass(slots=True, eq=False)
class PortableProduct(Viewed):
    """What is known of a product [NvDsProductObject]."""

    brand: str | None = None
    type: str | None = None
    shape: str | None = None


@dataclass(slots=True, eq=False)
class PortableVehicleExt(PortableVehicle):
    """A vehicle with its outline: polygons as x, y, x, y, ... [NvDsVehicleObjectExt]."""

    mask: list[list[float]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class PortablePersonExt(PortablePerson):
    """A person with an outline [NvDsPersonObjectExt]."""

    mask: list[list[float]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class PortableFaceExt(PortableFace):
    """A face with its outline [NvDsFaceObjectExt]."""

    mask: list[list[float]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class PortableProductExt(PortableProduct):
    """A product with its outline [NvDsProductObjectExt]."""

    mask: list[list[float]] = field(default_factory=list)


_COPIED = (PortableVehicle, PortablePerson, PortableFace, PortableProduct)


@dataclass(slots=True, eq=False)
class PortableEventMsg(Viewed):
    """What happened to one object [NvDsEventMsgMeta].

    ``extMsg`` is a vehicle, person, ... as ``objType`` says, and counts only while
    ``extMsgSize`` is not 0. ``ts`` is a time such as ``2024-05-01T12:00:00.123Z``.
    """

    type: int = EventType.NVDS_EVENT_ENTRY
    objType: int = ObjectType.NVDS_OBJECT_TYPE_VEHICLE
    bbox: PortableEventRect = field(default_factory=PortableEventRect)
    location: PortableGeoLocation = field(default_factory=PortableGeoLocation)
    coordinate: PortableCoordinate = field(default_factory=PortableCoordinate)
    objSignature: PortableObjectSignature = field(default_factory=PortableObjectSignature)
    objClassId: int = 0
    sensorId: int = 0
    moduleId: int = 0
    placeId: int = 0
    componentId: int = 0
    frameId: int = 0
    confidence: float = 0.0
    trackingId: int = 0
    ts: str | None = None
    objectId: str | None = None
    sensorStr: str | None = None
    otherAttrs: str | None = None
    videoPath: str | None = None
    extMsg: Any = None
    extMsgSize: int = 0

    def copy(self) -> PortableEventMsg:
        """A copy of all but an ``extMsg`` of a class that is not DeepStream's."""
        signature = self.objSignature
        return replace(
            self,
            bbox=replace(self.bbox),
            location=replace(self.location),
            coordinate=replace(self.coordinate),
            objSignature=PortableObjectSignature(list(signature.signature), signature.size),
            extMsg=_copied(self.extMsg) if isinstance(self.extMsg, _COPIED) else self.extMsg,
        )


def _copied(details: Any) -> Any:
    copy = replace(details)
    if hasattr(copy, "mask"):
        copy.mask = [list(polygon) for polygon in copy.mask]
    return copy


@dataclass(slots=True, eq=False)
class PortableEvent(Viewed):
    """An event message and its type [NvDsEvent]."""

    eventType: int = EventType.NVDS_EVENT_ENTRY
    metadata: PortableEventMsg | None = None


@dataclass(slots=True, eq=False)
class PortableCustomMsg(Viewed):
    """Text of one's own for payloads of ``msg2p-newapi``; ``size`` in bytes [NvDsCustomMsgInfo]."""

    message: str | bytes = ""
    size: int = 0


@dataclass(slots=True, eq=False)
class PortablePayload(Viewed):
    """A message ready to be sent; never changed, so copies of a batch share it [NvDsPayload]."""

    payload: bytes = b""
    payloadSize: int = 0
    componentId: int = 0

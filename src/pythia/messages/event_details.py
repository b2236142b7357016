"""What an event message carries in ``extMsg``: a vehicle, a person, ... as ``objType`` says."""

from __future__ import annotations

from typing import Any

from pythia.exceptions import MessageError
from pythia.meta.portable_event import PortableEventMsg
from pythia.meta.types import ObjectType

_VEHICLE = {
    "type": "type",
    "make": "make",
    "model": "model",
    "color": "color",
    "licenseState": "region",
    "license": "license",
}
_PERSON = {name: name for name in ("age", "gender", "hair", "cap", "apparel")}
_FACE = {
    name: name
    for name in ("age", "gender", "hair", "cap", "glasses", "facialhair", "name", "eyecolor")
}
_PRODUCT = {name: name for name in ("brand", "type", "shape")}

DETAILS: dict[int, tuple[str, dict[str, str]]] = {
    ObjectType.NVDS_OBJECT_TYPE_VEHICLE: ("vehicle", _VEHICLE),
    ObjectType.NVDS_OBJECT_TYPE_PERSON: ("person", _PERSON),
    ObjectType.NVDS_OBJECT_TYPE_FACE: ("face", _FACE),
    ObjectType.NVDS_OBJECT_TYPE_VEHICLE_EXT: ("vehicle", _VEHICLE),
    ObjectType.NVDS_OBJECT_TYPE_PERSON_EXT: ("person", _PERSON),
    ObjectType.NVDS_OBJECT_TYPE_FACE_EXT: ("face", _FACE),
    ObjectType.NVDS_OBJECT_TYPE_PRODUCT: ("product", _PRODUCT),
    ObjectType.NVDS_OBJECT_TYPE_PRODUCT_EXT: ("product", _PRODUCT),
}
"""By ``objType``: what ``extMsg`` is, and its members in a message with their attributes."""

_OUTLINED = (
    ObjectType.NVDS_OBJECT_TYPE_VEHICLE_EXT,
    ObjectType.NVDS_OBJECT_TYPE_PERSON_EXT,
    ObjectType.NVDS_OBJECT_TYPE_FACE_EXT,
    ObjectType.NVDS_OBJECT_TYPE_PRODUCT_EXT,
)


def detail(event: PortableEventMsg, attribute: str) -> Any:
    """One attribute of ``extMsg``.

    Raises:
        MessageError: It has no such attribute, so it is not what ``objType`` says.
    """
    try:
        return getattr(event.extMsg, attribute)
    except AttributeError:
        raise MessageError(
            f"an event message has objType {ObjectType(event.objType).name}, but its extMsg is a "
            f"{type(event.extMsg).__name__}, which has no {attribute!r}"
        ) from None


def outline(event: PortableEventMsg) -> list[list[float]]:
    """The polygons of ``extMsg``, empty where it has none."""
    if event.objType not in _OUTLINED or event.extMsg is None or not event.extMsgSize:
        return []
    polygons: list[list[float]] = detail(event, "mask")
    return polygons

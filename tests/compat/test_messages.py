"""Event messages through pyds's names."""

from __future__ import annotations

import ctypes
import gc
import re
import sys
from typing import Any

import pytest

from pythia.compat import pyds
from pythia.meta.portable import PortableUser
from pythia.meta.portable_event import PortableEventMsg, PortableVehicle


@pytest.fixture
def event() -> Any:
    return pyds.alloc_nvds_event_msg_meta()


def test_a_time_stamp_is_written_where_ts_points() -> None:
    event = pyds.alloc_nvds_event_msg_meta()
    event.ts = buffer = pyds.alloc_buffer(33)

    pyds.generate_ts_rfc3339(event.ts, 32)

    text = pyds.get_string(buffer)
    assert event.ts == buffer
    assert text is not None
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert event._meta.ts == text


def test_a_time_stamp_written_before_it_is_assigned_counts_too(event: Any) -> None:
    buffer = pyds.alloc_buffer(33)
    pyds.generate_ts_rfc3339(buffer, 32)

    event.ts = buffer

    assert event._meta.ts == pyds.get_string(event.ts)
    assert len(event._meta.ts) == 24


def test_a_time_stamp_is_cut_where_its_buffer_ends() -> None:
    buffer = pyds.alloc_buffer(32)

    pyds.generate_ts_rfc3339(buffer, 11)

    text = pyds.get_string(buffer)
    assert text is not None
    assert len(text) == 10
    assert ctypes.string_at(buffer + 11, 21) == bytes(21)


def test_the_buffer_of_ts_lives_as_long_as_the_message(event: Any) -> None:
    event.ts = pyds.alloc_buffer(33)
    pyds.generate_ts_rfc3339(event.ts, 32)
    before = pyds.get_string(event.ts)

    gc.collect()

    assert pyds.get_string(event.ts) == before


@pytest.mark.parametrize("value", ["2024-05-01", None, -1, 1.0])
def test_ts_takes_addresses_only(event: Any, value: object) -> None:
    with pytest.raises(TypeError):
        event.ts = value


@pytest.mark.parametrize("field", ["objectId", "sensorStr", "otherAttrs", "videoPath"])
def test_texts_read_as_addresses(event: Any, field: str) -> None:
    assert getattr(event, field) == 0

    setattr(event, field, "näme")

    assert pyds.get_string(getattr(event, field)) == "näme"
    assert getattr(event._meta, field) == "näme"


def test_event_and_object_types_are_enumerations(event: Any) -> None:
    event.type = pyds.NvDsEventType.NVDS_EVENT_MOVING
    event.objType = pyds.NvDsObjectType.NVDS_OBJECT_TYPE_PERSON

    assert event.type == 2
    assert (event._meta.type, event._meta.objType) == (2, 1)
    with pytest.raises(TypeError):
        event.type = 2


def test_boxes_and_places_are_live_parts(event: Any) -> None:
    event.bbox.left, event.location.lat, event.coordinate.z = 0.1, 0.1, 3

    assert event._meta.bbox.left == pytest.approx(0.1, abs=1e-8)
    assert event._meta.bbox.left != 0.1  # 32 bits
    assert event._meta.location.lat == 0.1
    assert event.coordinate.z == 3.0


def test_numbers_span_what_c_has_room_for(event: Any) -> None:
    event.trackingId, event.sensorId = 2**64 - 1, -5

    assert (event.trackingId, event.sensorId) == (2**64 - 1, -5)
    with pytest.raises(TypeError):
        event.trackingId = -1
    with pytest.raises(TypeError):
        event.frameId = 2.0


VEHICLE = dict.fromkeys(("type", "make", "model", "color", "region", "license"), "x")
PERSON = {**dict.fromkeys(("gender", "hair", "cap", "apparel"), "x"), "age": 45}
FACE = {
    **dict.fromkeys(("gender", "hair", "cap", "glasses", "facialhair", "name", "eyecolor"), "x"),
    "age": 45,
}


@pytest.mark.parametrize(
    ("make", "name", "values"),
    [
        ("alloc_nvds_vehicle_object", "NvDsVehicleObject", VEHICLE),
        ("alloc_nvds_person_object", "NvDsPersonObject", PERSON),
        ("alloc_nvds_face_object", "NvDsFaceObject", FACE),
        ("NvDsVehicleObjectExt", "NvDsVehicleObjectExt", VEHICLE),
        ("NvDsPersonObjectExt", "NvDsPersonObjectExt", PERSON),
        ("NvDsFaceObjectWithExt", "NvDsFaceObjectWithExt", FACE),
    ],
)
def test_details_of_an_object_reach_the_message(
    event: Any, make: str, name: str, values: dict[str, Any]
) -> None:
    details = getattr(pyds, name).cast(getattr(pyds, make)())
    for field, value in values.items():
        setattr(details, field, value)
    event.extMsg, event.extMsgSize = details, sys.getsizeof(getattr(pyds, name))

    assert {field: getattr(event._meta.extMsg, field) for field in values} == values
    assert getattr(pyds, name).cast(event.extMsg) is details
    reads_addresses = not name.endswith("Ext")
    for field in values.keys() - {"age"}:
        assert isinstance(getattr(details, field), int if reads_addresses else str)


def test_the_message_of_user_metadata_is_found_again_by_cast() -> None:
    user = pyds.NvDsUserMeta()
    event = pyds.alloc_nvds_event_msg_meta(user)
    event.sensorStr = "gate"
    user.user_meta_data = event
    user.base_meta.meta_type = pyds.NvDsMetaType.NVDS_EVENT_MSG_META

    found = pyds.NvDsEventMsgMeta.cast(user.user_meta_data)

    assert found is event
    assert pyds.glist_get_nvds_event_msg_meta(user.user_meta_data) is event
    assert isinstance(user._meta.user_meta_data, PortableEventMsg)


def test_copies_of_user_metadata_have_a_message_of_their_own() -> None:
    user, event = pyds.NvDsUserMeta(), pyds.alloc_nvds_event_msg_meta()
    vehicle = pyds.alloc_nvds_vehicle_object()
    vehicle.color = "red"
    event.extMsg, user.user_meta_data = vehicle, event
    event.ts = pyds.alloc_buffer(33)
    pyds.generate_ts_rfc3339(event.ts, 32)

    copy = user._meta.copy()
    vehicle.color = "blue"

    assert isinstance(copy, PortableUser)
    assert isinstance(copy.user_meta_data.extMsg, PortableVehicle)
    assert copy.user_meta_data.extMsg.color == "red"
    assert copy.user_meta_data.ts == pyds.get_string(event.ts)


def test_an_event_holds_its_message() -> None:
    event, message = pyds.alloc_nvds_event(), pyds.alloc_nvds_event_msg_meta()
    assert event.metadata is None

    event.eventType, event.metadata = pyds.NvDsEventType.NVDS_EVENT_EXIT, message

    assert event.metadata is message
    assert event.eventType == 1


def test_the_bytes_of_a_payload_can_be_read_through_their_address() -> None:
    payload = pyds.alloc_nvds_payload()
    assert payload.payload is None
    payload._meta.payload, payload._meta.payloadSize = b"{}\0x", 4

    read = ctypes.string_at(pyds.get_ptr(payload.payload), payload.payloadSize)

    assert read == b"{}\0x"

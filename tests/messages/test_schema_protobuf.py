from __future__ import annotations

import importlib
from typing import Any

import pytest

from pythia.exceptions import MessageError
from pythia.messages import MessageConfig, built_in
from pythia.meta.portable import PortableFrame, PortableObject
from pythia.meta.portable_event import PortableEventMsg, PortablePerson
from pythia.meta.portable_osd import PortableRect
from pythia.meta.types import ObjectType

# Name, number, type (double 1, float 2, int64 3, int32 5, string 9, message 11), repeated, of.
FIELDS: dict[str, list[tuple[str, int, int, bool, str]]] = {
    "Timestamp": [("seconds", 1, 3, False, ""), ("nanos", 2, 5, False, "")],
    "Bbox": [(name, n, 2, False, "") for n, name in enumerate(("l", "t", "r", "b"), 1)],
    "Pair": [("key", 1, 9, False, ""), ("value", 2, 9, False, "")],
    "Object": [
        ("id", 1, 9, False, ""),
        ("bbox", 2, 11, False, "Bbox"),
        ("type", 3, 9, False, ""),
        ("confidence", 4, 2, False, ""),
        ("info", 5, 11, True, "Pair"),  # on the wire a map is just that
    ],
    "Frame": [
        ("version", 1, 9, False, ""),
        ("id", 2, 9, False, ""),
        ("timestamp", 3, 11, False, "Timestamp"),
        ("sensorId", 4, 9, False, ""),
        ("objects", 5, 11, True, "Object"),
    ],
}


@pytest.fixture(scope="module")
def frame_class() -> Any:
    """The message class of Google's library for what stands in DeepStream's schema."""
    pytest.importorskip("google.protobuf")
    descriptors: Any = importlib.import_module("google.protobuf.descriptor_pb2")
    pools: Any = importlib.import_module("google.protobuf.descriptor_pool")
    factory: Any = importlib.import_module("google.protobuf.message_factory")
    file = descriptors.FileDescriptorProto(name="schema.proto", package="nv", syntax="proto3")
    for message, fields in FIELDS.items():
        added = file.message_type.add(name=message)
        for name, number, kind, repeated, of in fields:
            field = added.field.add(name=name, number=number, type=kind, label=3 if repeated else 1)
            if of:
                field.type_name = f".nv.{of}"
    pool = pools.DescriptorPool()
    pool.Add(file)
    return factory.GetMessageClass(pool.FindMessageTypeByName("nv.Frame"))


def test_googles_library_reads_the_event_messages_of_a_frame(
    frame_class: Any, event: PortableEventMsg
) -> None:
    person, dummy = event.copy(), event.copy()
    person.objType, person.trackingId, person.extMsg = 1, 300, PortablePerson("male", age=45)
    dummy.objType = ObjectType.NVDS_OBJECT_TYPE_DUMMY
    event.sensorStr = "größe"

    (payload,) = built_in(2, None).of_events(PortableFrame(), [event, person, dummy])

    frame = frame_class.FromString(payload)
    assert (frame.version, frame.id, frame.sensorId) == ("4.0", "30", "größe")
    assert (frame.timestamp.seconds, frame.timestamp.nanos) == (1714564800, 123_000_000)
    first, second = frame.objects
    assert (first.id, first.type) == ("18446744073709551615", "Vehicle")
    assert first.confidence == pytest.approx(0.52)
    box = first.bbox
    assert (box.l, box.t, box.r, box.b) == pytest.approx((10.7, 20.2, 41.2, 61.1))
    assert {pair.key: pair.value for pair in first.info} == {
        "type": "sedan",
        "make": "Bugatti",
        "model": "M",
        "color": "blue",
        "licenseState": "CA",
        "license": "XX1234",
        "visibility": "0.000000",
    }
    assert second.id == "300"
    info = {pair.key: pair.value for pair in second.info}
    assert (info["age"], info["gender"], info["hair"]) == ("45", "male", "")


def test_googles_library_reads_the_objects_of_a_frame(
    frame_class: Any, config: MessageConfig
) -> None:
    frame_meta = PortableFrame(frame_num=60)
    rect = PortableRect(10.5, 20, 30, 40)
    frame_meta.add_obj(PortableObject(object_id=7, obj_label="car", rect_params=rect))

    (payload,) = built_in(2, config).of_objects(frame_meta)

    frame = frame_class.FromString(payload)
    assert (frame.id, frame.sensorId) == ("60", "CAMERA_ID")
    assert frame.timestamp.seconds > 1_700_000_000
    (obj,) = frame.objects
    box = obj.bbox
    assert (obj.id, obj.type, obj.confidence) == ("7", "car", 0.0)
    assert (box.l, box.t, box.r, box.b) == (10.5, 20, 40.5, 60)


def test_a_time_that_is_none_is_an_error_that_shows_it(event: PortableEventMsg) -> None:
    event.ts = "yesterday"

    with pytest.raises(MessageError, match="'yesterday'"):
        list(built_in(2, None).of_events(PortableFrame(), [event]))


def test_a_message_without_time_has_none(frame_class: Any, event: PortableEventMsg) -> None:
    event.ts = None

    (payload,) = built_in(2, None).of_events(PortableFrame(), [event])

    assert not frame_class.FromString(payload).HasField("timestamp")

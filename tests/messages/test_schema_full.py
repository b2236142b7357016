from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pythia.exceptions import MessageError
from pythia.messages import MessageConfig, built_in
from pythia.meta.portable import (
    PortableBase,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_event import (
    PortableCustomMsg,
    PortableEventMsg,
    PortableFace,
    PortableObjectSignature,
    PortablePerson,
    PortablePersonExt,
    PortableProduct,
    PortableVehicle,
)
from pythia.meta.portable_osd import PortableRect
from pythia.meta.types import CUSTOM_MSG_BLOB, EventType, ObjectType

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
NOW = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"

MOVING = """{
  "messageid" : "*",
  "mdsversion" : "1.0",
  "@timestamp" : "2024-05-01T12:00:00.123Z",
  "place" : {
    "id" : "1",
    "name" : "XYZ",
    "type" : "garage",
    "location" : {
      "lat" : 30.32,
      "lon" : -40.549999999999997,
      "alt" : 100.0
    },
    "aisle" : {
      "id" : "walsh",
      "name" : "lane1",
      "level" : "P2",
      "coordinate" : {
        "x" : 1.0,
        "y" : 2.0,
        "z" : 3.0
      }
    }
  },
  "sensor" : {
    "id" : "CAMERA_ID",
    "type" : "Camera",
    "description" : "\\"Right Lane\\"",
    "location" : {
      "lat" : 45.293701446999997,
      "lon" : -75.829999999999998,
      "alt" : 48.0
    },
    "coordinate" : {
      "x" : 5.2000000000000002,
      "y" : 10.1,
      "z" : 1.0
    }
  },
  "analyticsModule" : {
    "id" : "M1",
    "description" : "Detection",
    "source" : "OpenALR",
    "version" : "1.0"
  },
  "object" : {
    "id" : "18446744073709551615",
    "speed" : 0.0,
    "direction" : 0.0,
    "orientation" : 0.0,
    "vehicle" : {
      "type" : "sedan",
      "make" : "Bugatti",
      "model" : "M",
      "color" : "blue",
      "licenseState" : "CA",
      "license" : "XX1234",
      "confidence" : 0.52000000000000002
    },
    "bbox" : {
      "topleftx" : 10,
      "toplefty" : 20,
      "bottomrightx" : 41,
      "bottomrighty" : 61
    },
    "location" : {
      "lat" : 1.5,
      "lon" : 2.5,
      "alt" : 3.5
    },
    "coordinate" : {
      "x" : 4.0,
      "y" : 5.0,
      "z" : 6.0
    },
    "pose" : {    }
  },
  "event" : {
    "id" : "*",
    "type" : "moving"
  },
  "videoPath" : ""
}"""


def text_of(event: PortableEventMsg, config: MessageConfig) -> str:
    (payload,) = built_in(0, config).of_events(PortableFrame(), [event])
    return payload.decode()


def message_of(event: PortableEventMsg, config: MessageConfig) -> Any:
    return json.loads(text_of(event, config))


def test_a_whole_message_to_the_byte(event: PortableEventMsg, config: MessageConfig) -> None:
    text = text_of(event, config)

    assert re.sub(f'"{UUID}"', '"*"', text) == MOVING


def test_ids_differ_from_message_to_message(event: PortableEventMsg, config: MessageConfig) -> None:
    converter = built_in(0, config)

    first, second = map(json.loads, converter.of_events(PortableFrame(), [event, event]))

    ids = {first["messageid"], first["event"]["id"], second["messageid"], second["event"]["id"]}
    assert len(ids) == 4


VEHICLE, PERSON = ObjectType.NVDS_OBJECT_TYPE_VEHICLE, ObjectType.NVDS_OBJECT_TYPE_PERSON


@pytest.mark.parametrize(
    ("type", "obj_type", "name", "sub_place", "members"),
    [
        (EventType.NVDS_EVENT_ENTRY, VEHICLE, "entry", "aisle", ["id", "name", "level"]),
        (EventType.NVDS_EVENT_EXIT, PERSON, "exit", "entrance", ["name", "lane", "level"]),
        (EventType.NVDS_EVENT_STOPPED, PERSON, "stopped", "aisle", ["id", "name", "level"]),
        (EventType.NVDS_EVENT_PARKED, VEHICLE, "parked", "parkingSpot", ["id", "type", "level"]),
        (EventType.NVDS_EVENT_EMPTY, VEHICLE, "empty", "parkingSpot", ["id", "type", "level"]),
        (EventType.NVDS_EVENT_RESET, VEHICLE, "reset", None, []),
        (EventType.NVDS_EVENT_CUSTOM, VEHICLE, None, None, []),
    ],
)
def test_the_event_decides_what_the_sub_fields_of_the_place_are(
    event: PortableEventMsg,
    config: MessageConfig,
    type: int,
    obj_type: int,
    name: str | None,
    sub_place: str | None,
    members: list[str],
) -> None:
    event.type, event.objType, event.extMsgSize = type, obj_type, 0

    message = message_of(event, config)

    assert message["event"].get("type") == name
    place = message["place"]
    assert list(place)[4:] == ([sub_place] if sub_place else [])
    if sub_place:
        values = [*zip(members, ("walsh", "lane1", "P2"), strict=True)]
        coordinate = ("coordinate", {"x": 1.0, "y": 2.0, "z": 3.0})
        assert list(place[sub_place].items()) == [*values, coordinate]


FACE = PortableFace("male", "black", "none", "yes", "no", "Joe", "brown", 30)


@pytest.mark.parametrize(
    ("obj_type", "details", "name", "expected"),
    [
        (1, PortablePerson("male", "black", "none", "formal", 45), "person",
         [("age", 45), ("gender", "male"), ("hair", "black"), ("cap", "none"),
          ("apparel", "formal"), ("confidence", 0.52)]),
        (2, FACE, "face",
         [("age", 30), ("gender", "male"), ("hair", "black"), ("cap", "none"),
          ("glasses", "yes"), ("facialhair", "no"), ("name", "Joe"), ("eyecolor", "brown"),
          ("confidence", 0.52)]),
        (11, PortableProduct("acme", "box", "round"), "product",
         [("brand", "acme"), ("type", "box"), ("shape", "round")]),
        (0, PortableVehicle("van"), "vehicle",
         [("type", "van"), ("make", None), ("model", None), ("color", None),
          ("licenseState", None), ("license", None), ("confidence", 0.52)]),
        (1, None, "person",
         [("age", 0), ("gender", ""), ("hair", ""), ("cap", ""), ("apparel", ""),
          ("confidence", 1.0)]),
        (12, None, "product", [("brand", ""), ("type", ""), ("shape", "")]),
    ],
)  # fmt: skip
def test_an_object_has_what_its_type_says(
    event: PortableEventMsg,
    config: MessageConfig,
    obj_type: int,
    details: Any,
    name: str,
    expected: list[tuple[str, Any]],
) -> None:
    event.objType, event.extMsg, event.extMsgSize = obj_type, details, int(details is not None)

    obj = message_of(event, config)["object"]

    assert list(obj)[4] == name
    assert list(obj[name].items()) == expected


def test_an_unknown_object_is_named_by_its_id(
    event: PortableEventMsg, config: MessageConfig
) -> None:
    event.objType, event.objectId = ObjectType.NVDS_OBJECT_TYPE_UNKNOWN, "cart"

    assert message_of(event, config)["object"]["cart"] == {}


@pytest.mark.parametrize("obj_type", [3, 4, 5, 257])
def test_other_objects_have_no_details(
    event: PortableEventMsg, config: MessageConfig, obj_type: int
) -> None:
    event.objType = obj_type

    members = list(message_of(event, config)["object"])

    assert members[3:5] == ["orientation", "bbox"]


def test_outline_and_signature_stand_behind_the_box(
    event: PortableEventMsg, config: MessageConfig
) -> None:
    event.objType = ObjectType.NVDS_OBJECT_TYPE_PERSON_EXT
    event.extMsg = PortablePersonExt(mask=[[1, 2, 3.5, 4], [5, 6]])
    event.objSignature = PortableObjectSignature([0.25, 1, 7], 2)

    obj = message_of(event, config)["object"]

    assert list(obj)[5:8] == ["bbox", "maskoutline", "signature"]
    assert obj["maskoutline"] == [[1.0, 2.0, 3.5, 4.0], [5.0, 6.0]]
    assert obj["signature"] == [0.25, 1.0]


def test_what_the_configuration_lacks_is_null_and_told_once(
    event: PortableEventMsg, config: MessageConfig, caplog: pytest.LogCaptureFixture
) -> None:
    event.placeId = event.sensorId = event.moduleId = 7

    message = message_of(event, config)
    message_of(event, config)

    assert message["place"] is message["sensor"] is message["analyticsModule"] is None
    assert [
        name for name in ("place7", "sensor7", "analytics7") if caplog.text.count(name) != 1
    ] == []


def test_details_of_another_type_are_an_error_that_says_so(
    event: PortableEventMsg, config: MessageConfig
) -> None:
    event.objType = PERSON

    with pytest.raises(MessageError, match=r"NVDS_OBJECT_TYPE_PERSON.* PortableVehicle.*'age'"):
        text_of(event, config)


def test_the_full_schema_needs_a_configuration() -> None:
    with pytest.raises(MessageError, match=r"payload-type=0.*config="):
        built_in(0, None)


def test_a_box_is_added_up_in_the_precision_of_c(
    event: PortableEventMsg, config: MessageConfig
) -> None:
    event.bbox.left, event.bbox.width = 1000.0, 99.9999999

    assert message_of(event, config)["object"]["bbox"]["bottomrightx"] == 1100


def a_frame() -> PortableFrame:
    frame = PortableFrame(frame_num=60, source_id=0)
    car = PortableObject(
        class_id=2,
        object_id=7,
        confidence=0.52,
        obj_label="car",
        rect_params=PortableRect(10.7, 20.2, 30.5, 40.9),
    )
    color = PortableClassifier(2, "color")
    color.add_label(PortableLabel(result_label="blue"))
    unnamed = PortableClassifier(3, "")
    unnamed.add_label(PortableLabel(result_label="suv"))
    car.add_classifier(color)
    car.add_classifier(unnamed)
    frame.add_obj(PortableObject(obj_label="person"))
    frame.add_obj(car)
    return frame


def test_the_new_interface_makes_one_message_an_object(config: MessageConfig) -> None:
    first, second = map(json.loads, built_in(0, config).of_objects(a_frame()))

    assert re.fullmatch(NOW, first["@timestamp"])
    assert re.fullmatch(UUID, first["messageid"])
    assert list(first) == [
        "messageid", "mdsversion", "@timestamp", "place", "sensor", "analyticsModule", "object",
        "event", "videoPath",
    ]  # fmt: skip
    assert list(first["place"])[4] == "place-sub-field"
    assert list(first["place"]["place-sub-field"]) == ["id", "name", "level", "coordinate"]
    assert first["event"]["type"] == ""
    assert list(first["object"].items()) == [
        ("id", "7"), ("speed", 0.0), ("direction", 0.0), ("orientation", 0.0),
        ("car", {"confidence": 0.5199999809265137, "color": "blue"}),
        ("bbox", {"topleftx": 10, "toplefty": 20, "bottomrightx": 41, "bottomrighty": 61}),
        ("location", {}), ("coordinate", {}),
    ]  # fmt: skip
    assert second["object"]["id"] == "18446744073709551615"


def test_custom_messages_of_a_frame_go_along(config: MessageConfig) -> None:
    frame = a_frame()
    data = PortableCustomMsg("größe and more", len("größe".encode()))
    frame.add_user(PortableUser(PortableBase(CUSTOM_MSG_BLOB), data))

    messages = [json.loads(payload) for payload in built_in(0, config).of_objects(frame)]

    assert [message["customMessage"] for message in messages] == [["größe"]] * 2

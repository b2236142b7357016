from __future__ import annotations

import json
import re
from typing import Any

import pytest

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
    PortablePerson,
    PortableProduct,
    PortableVehicleExt,
)
from pythia.meta.portable_osd import PortableRect
from pythia.meta.types import CUSTOM_MSG_BLOB, ObjectType

NOW = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def message_of(*events: PortableEventMsg, config: MessageConfig | None = None) -> Any:
    (payload,) = built_in(1, config).of_events(PortableFrame(), events)
    return json.loads(payload)


def test_a_whole_message_to_the_byte(event: PortableEventMsg) -> None:
    event.sensorStr = "sensor-0"

    (payload,) = built_in(1, None).of_events(PortableFrame(), [event])

    assert payload.decode() == (
        '{\n  "version" : "4.0",\n  "id" : "30",\n'
        '  "@timestamp" : "2024-05-01T12:00:00.123Z",\n  "sensorId" : "sensor-0",\n'
        '  "objects" : [\n    "18446744073709551615|10.7|20.2|41.2|61.1|Vehicle|#|sedan|Bugatti|M|'
        'blue|XX1234|CA|0.52"\n  ]\n}'
    )


def test_one_message_holds_all_events_of_a_frame(event: PortableEventMsg) -> None:
    other = event.copy()
    other.frameId, other.ts, other.trackingId = 31, "later", 5

    message = message_of(event, other)

    assert (message["id"], message["@timestamp"]) == ("30", event.ts)
    assert [line.split("|")[0] for line in message["objects"]] == ["18446744073709551615", "5"]


@pytest.mark.parametrize(
    ("obj_type", "details", "line"),
    [
        (1, PortablePerson("male", "black", None, "formal", 45),
         "Person|#|male|45|black||formal|0.52"),
        (2, PortableFace("male", "black", "none", "yes", "no", "Joe", "brown", 30),
         "Face|#|male|30|black|none|yes|no|Joe||brown|0.52"),
        (11, PortableProduct("acme", "box", "round"), "Product|#|acme|box|round|0.52"),
        (0, None, "Vehicle|#|||||||0.52"),
        (3, None, "Bag|#|||||||0.52"),
        (4, PortablePerson(), "Bicycle|0.52"),
        (5, None, "RoadSign|#|||||||0.52"),
        (257, None, "Custom|#|||||||0.52"),
        (258, None, "cart|#|||||||0.52"),
        (7, None, "Unknown|#|||||||0.52"),
    ],
)  # fmt: skip
def test_a_line_has_what_the_type_of_the_object_says(
    event: PortableEventMsg, obj_type: int, details: Any, line: str
) -> None:
    event.objType, event.extMsg, event.extMsgSize = obj_type, details, int(details is not None)
    event.objectId = "cart"

    assert message_of(event)["objects"] == [f"18446744073709551615|10.7|20.2|41.2|61.1|{line}"]


def test_an_outline_is_a_line_of_its_own(event: PortableEventMsg) -> None:
    event.objType = ObjectType.NVDS_OBJECT_TYPE_VEHICLE_EXT
    event.extMsg = PortableVehicleExt("van", mask=[[1, 2.5], [3, 4]])

    message = message_of(event)

    assert list(message)[4:] == ["objects", "masks"]
    assert message["masks"] == ["18446744073709551615|2|1|2.5|#|3|4"]
    assert message["objects"][0].endswith("|Unknown|#|van||||||0.52")


@pytest.mark.parametrize(
    ("own", "number", "configured", "expected"),
    [
        ("mine", 0, True, "mine"),
        (None, 0, True, "CAMERA_ID"),
        (None, 0, False, "0"),
        (None, 3, True, ""),
    ],
)
def test_the_sensor_is_the_events_own_or_the_configured_one_or_0(
    event: PortableEventMsg,
    config: MessageConfig,
    own: str | None,
    number: int,
    configured: bool,
    expected: str,
) -> None:
    event.sensorStr, event.sensorId = own, number

    message = message_of(event, config=config if configured else None)

    assert message["sensorId"] == expected


@pytest.mark.parametrize(
    ("left", "text"), [(1834, "1834"), (0.5, "0.5"), (1234567, "1.23457e+06"), (1 / 3, "0.333333")]
)
def test_numbers_have_six_digits(event: PortableEventMsg, left: float, text: str) -> None:
    event.bbox.left = left

    assert message_of(event)["objects"][0].split("|")[1] == text


def test_the_new_interface_makes_one_message_a_frame(config: MessageConfig) -> None:
    frame = PortableFrame(frame_num=60)
    plain = PortableObject(obj_label="bag", rect_params=PortableRect(1, 2, 3, 4), object_id=1)
    car = PortableObject(
        object_id=7, confidence=0.52, obj_label="car", rect_params=PortableRect(10.7, 20.2, 1, 1)
    )
    color = PortableClassifier(2, "color")
    color.add_label(PortableLabel(result_label="suv"))
    color.add_label(PortableLabel(result_label="blue"))
    car.add_classifier(color)
    frame.add_obj(plain)
    frame.add_obj(car)
    data = PortableCustomMsg(b"hello", 4)
    frame.add_user(PortableUser(PortableBase(CUSTOM_MSG_BLOB), data))

    (payload,) = built_in(1, config).of_objects(frame)

    message = json.loads(payload)
    assert re.fullmatch(NOW, message.pop("@timestamp"))
    assert message == {
        "version": "4.0",
        "id": "60",
        "sensorId": "CAMERA_ID",
        "objects": ["7|10.7|20.2|11.7|21.2|car|#|blue|suv|0.52", "1|1|2|4|6|bag"],
        "customMessage": ["hell"],
    }


def test_a_dummy_has_the_frames_time_and_no_objects() -> None:
    frame = PortableFrame(frame_num=9, source_id=2, ntp_timestamp=1_714_564_800_123_999_999)

    (payload,) = built_in(1, None).of_nothing(frame)

    assert json.loads(payload) == {
        "version": "4.0",
        "id": "9",
        "@timestamp": "2024-05-01T12:00:00.123Z",
        "sensorId": "0",
        "objects": [],
    }

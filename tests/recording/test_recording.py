"""Metadata written to records and read back, from each provider."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from pythia.compat import pyds as look_alike
from pythia.compat.pyds.views import show
from pythia.event_stream.encoding import encode_json, encode_msgpack
from pythia.exceptions import RecordingError
from pythia.meta import deepstream
from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableSegmentation,
    PortableTensor,
    PortableUser,
)
from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo
from pythia.meta.portable_event import PortableEventMsg, PortablePayload, PortableVehicle
from pythia.meta.portable_latency import PortableCompLatency
from pythia.meta.portable_optical_flow import PortableOpticalFlow
from pythia.meta.portable_osd import (
    PortableCircle,
    PortableColor,
    PortableDisplay,
    PortableFont,
    PortableLine,
    PortableMask,
    PortableText,
)
from pythia.meta.portable_sensor import PortableSensorInfo
from pythia.meta.portable_tracker import (
    PortableObjReid,
    PortableTargetBatch,
    PortableTargetFrame,
    PortableTargetObject,
    PortableTargetStream,
)
from pythia.meta.types import (
    ANALYTICS_FRAME_META,
    ANALYTICS_OBJ_META,
    EVENT_MSG_META,
    LATENCY_MEASUREMENT_META,
    OPTICAL_FLOW_META,
    PAYLOAD_META,
    SEGMENTATION_META,
    START_USER_META,
    TENSOR_OUTPUT_META,
    TRACKER_OBJ_REID_META,
    TRACKER_PAST_FRAME_META,
)
from pythia.recording.decode import decode_batch
from pythia.recording.deepstream import DeepStreamEncoder
from pythia.recording.encode import Encoder
from pythia.recording.reader import RecordedBatch, Recording


def user(meta_type: int | str, data: Any) -> PortableUser:
    return PortableUser(PortableBase(meta_type), data)


def street() -> PortableBatch:
    """Two frames with something of every kind that every provider has."""
    batch = PortableBatch(max_frames_in_batch=4)
    for source in (0, 3):
        frame = PortableFrame(source, len(batch.frame_meta_list), 7, 2**40, 2**62, source)
        frame.source_frame_width, frame.source_frame_height, frame.bInferDone = 1280, 720, 1
        frame.misc_frame_info = [2**40, 5, 0, 0]
        car, plate = _car(), PortableObject(2, 0, obj_label="plate")
        frame.add_obj(car)
        frame.add_obj(plate, car)
        frame.add_display(_shapes())
        for one in _of_frame():
            frame.add_user(one)
        batch.add_frame(frame)
    frames = (PortableTargetFrame(6, confidence=0.5, age=3), PortableTargetFrame(7, age=4))
    past = PortableTargetObject(2**63 + 1, 2, "car", frames)
    streams = (PortableTargetStream(3, 3 << 32, (past,)),)
    batch.add_user(user(TRACKER_PAST_FRAME_META, PortableTargetBatch(streams)))
    return batch


def _car() -> PortableObject:
    car = PortableObject(1, 2, 2**63 + 1, 0.5, 0.25, "Größe 5")
    rect = car.rect_params
    rect.left, rect.top, rect.width, rect.height, rect.border_width = 1.5, 2.0, 30.0, 40.0, 3
    rect.border_color = PortableColor(0, 1, 0, 1)
    car.detector_bbox_info.org_bbox_coords.left = -3.5
    car.text_params = PortableText("car 5", 1, 2, PortableFont("Serif", 11), 1)
    car.mask_params = PortableMask(np.array([[0, 1, 0.25]], np.float32), 3, 1, 0.5)
    classifier = PortableClassifier(4)
    for name in ("red", "sedan"):
        classifier.add_label(PortableLabel(2, name, 1, 0, 0.5))
    car.add_classifier(classifier)
    car.add_user(user(ANALYTICS_OBJ_META, PortableAnalyticsObjInfo(["gate"], [], ["in"], "DIR:n")))
    car.add_user(user(TRACKER_OBJ_REID_META, PortableObjReid(np.array([1, 0.5], np.float32))))
    return car


def _shapes() -> PortableDisplay:
    text = PortableText("two cars", 3, 4)
    return PortableDisplay([], [text], [PortableLine(1, 2, 3, 4, 5)], [], [PortableCircle(9, 8, 7)])


def _of_frame() -> list[PortableUser]:
    counts = PortableAnalyticsFrameMeta({"gate": True}, {"gate": 2}, {}, {}, 17, {0: 2, 2: 1})
    event = PortableEventMsg(ts="2024-05-01T12:00:00Z", sensorId=3, objectId="car", trackingId=7)
    event.extMsg, event.extMsgSize = PortableVehicle(color="red"), 1
    event.bbox.left = 4.0
    classes = np.array([[0, -1], [3, 0]], np.int32)
    tensor = PortableTensor(1, {"out": np.array([[1, 2.5]], np.float32)}, 960, 544, 3)
    flow = PortableOpticalFlow(1, 2, 4, 7, np.array([[[1, -2], [3, 4]]], np.int16))
    return [
        user(ANALYTICS_FRAME_META, counts),
        user(EVENT_MSG_META, event),
        user(PAYLOAD_META, PortablePayload(b"\x00{}", 3, 2)),
        user(SEGMENTATION_META, PortableSegmentation(4, 2, 2, classes)),
        user(TENSOR_OUTPUT_META, tensor),
        user(OPTICAL_FLOW_META, flow),
    ]


def portable_street() -> PortableBatch:
    """And what the portable runtime alone has."""
    batch = street()
    frame = batch.frame_meta_list[0]
    frame.sensorInfo_meta = PortableSensorInfo(0, "file:///a b.mp4", "s1", "gate")
    frame.add_user(user(LATENCY_MEASUREMENT_META, PortableCompLatency("pgie", 1.5, 2.5)))
    frame.add_user(user(START_USER_META + 3, {"speed": [1, 2.5, None, "é"], "raw": b"\x00\xff"}))
    frame.obj_meta_list[0].classifier_meta_list.append(PortableClassifier(9, "multi"))
    return batch


def as_plain(thing: Any) -> Any:
    """Metadata as nested lists that can be compared; parents as places."""
    if isinstance(thing, np.ndarray):
        return [str(thing.dtype), thing.tolist()]
    if isinstance(thing, PortableUser):
        return [thing.base_meta.meta_type, as_plain(thing.user_meta_data)]
    if isinstance(thing, PortableFrame):
        fields = [as_plain(getattr(thing, f.name)) for f in dataclasses.fields(thing)]
        return fields + [
            None if obj.parent is None else thing.obj_meta_list.index(obj.parent)
            for obj in thing.obj_meta_list
        ]
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        fields = [f.name for f in dataclasses.fields(thing) if f.name != "parent"]
        return [type(thing).__name__, *(as_plain(getattr(thing, name)) for name in fields)]
    if isinstance(thing, dict):
        return {key: as_plain(value) for key, value in thing.items()}
    return [as_plain(part) for part in thing] if isinstance(thing, list | tuple) else thing


def packed(record: dict[str, Any]) -> dict[str, Any]:
    import msgpack

    unpacked: dict[str, Any] = msgpack.unpackb(encode_msgpack(record))
    return unpacked


def text(record: dict[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = orjson.loads(encode_json(record))
    return loaded


@pytest.mark.parametrize("written", [text, packed])
def test_every_kind_of_metadata_comes_back(
    written: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    batch = portable_street()

    record = written(Encoder(tensors=True).record(batch, 5, 6))

    assert (record["pts"], record["duration"]) == (5, 6)
    assert as_plain(decode_batch(record["batch"])) == as_plain(batch)


@pytest.fixture
def pyds(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The look-alike of NVIDIA's bindings, where the provider looks for the real ones."""
    monkeypatch.setattr(deepstream, "_pyds", lambda: look_alike)
    return look_alike


def test_what_the_bindings_show_is_recorded_as_the_portable_runtime_has_it(pyds: Any) -> None:
    view = show(pyds.NvDsBatchMeta, street())
    encoder = DeepStreamEncoder(tensors=True)

    record = text(encoder.record(view, None, None))

    assert as_plain(decode_batch(record["batch"])) == as_plain(street())
    assert set(record) == {"batch"}
    assert not encoder.left_out


def test_metadata_may_change_as_soon_as_it_is_recorded() -> None:
    batch = street()
    before = as_plain(batch)
    record = Encoder(tensors=True).record(batch, None, None)

    for frame in batch.frame_meta_list:
        mask = frame.obj_meta_list[-1].mask_params.data
        assert mask is not None
        mask[:] = 9
        frame.obj_meta_list[-1].rect_params.left = 99
        frame.obj_meta_list.clear()

    assert as_plain(decode_batch(text(record)["batch"])) == before


@pytest.mark.parametrize(("tensors", "kept"), [(False, 0), (True, 2)])
def test_tensors_are_recorded_on_demand(tensors: bool, kept: int) -> None:
    encoder = Encoder(tensors=tensors)

    record = encoder.record(street(), None, None)

    users = record["batch"]["frame_meta_list"][0]["frame_user_meta_list"]
    types = [one["type"] for one in users]
    assert sum(kind in (TENSOR_OUTPUT_META, OPTICAL_FLOW_META) for kind in types) == kept
    assert sum(encoder.left_out.values()) == 4 - 2 * kept


def test_user_metadata_that_is_no_data_is_counted() -> None:
    batch = street()
    contains_itself: list[Any] = []
    contains_itself.append(contains_itself)
    for data in (object(), contains_itself, {1: 2}):
        batch.add_user(user(START_USER_META, data))
    encoder = Encoder(tensors=True)

    record = encoder.record(batch, None, None)

    assert len(record["batch"]["batch_user_meta_list"]) == 1
    kind = START_USER_META
    assert encoder.left_out == {f"{kind} (object)": 1, f"{kind} (list)": 1, f"{kind} (dict)": 1}


def test_a_parent_that_was_taken_off_the_frame_is_kept() -> None:
    frame, car = PortableFrame(), PortableObject(obj_label="car")
    frame.add_obj(PortableObject(obj_label="plate"), car)

    record = text(Encoder().record(PortableBatch(1, [frame]), None, None))
    (plate,) = decode_batch(record["batch"]).frame_meta_list[0].obj_meta_list

    assert plate.parent is not None
    assert plate.parent.obj_label == "car"


def test_a_confidence_that_is_no_number_stays_none() -> None:
    frame = PortableFrame(obj_meta_list=[PortableObject(confidence=math.nan)])

    record = text(Encoder().record(PortableBatch(1, [frame]), None, None))
    (obj,) = decode_batch(record["batch"]).frame_meta_list[0].obj_meta_list

    assert math.isnan(obj.confidence)


# Files

HEADER = b'{"pythia":"metadata","version":1}\n'
BATCH = b'{"batch":{"frame_meta_list":[{"obj_meta_list":[%b]}]}}\n'
END = b'{"end":{"batches":1}}\n'


@pytest.fixture
def recording(tmp_path: Path) -> Callable[[bytes], Recording]:
    def write(content: bytes) -> Recording:
        path = tmp_path / "street.jsonl"
        path.write_bytes(content)
        return Recording(path)

    return write


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"", 1, "the file is empty"),
        (b"frame,left,top\n1,2,3\n", 1, "no recording of metadata"),
        (b"\x00\x01\xff", 1, "no recording of metadata"),
        (b'["pythia"]\n', 1, r"no recording of metadata: found \['pythia'\]"),
        (b'{"label":"car"}\n', 1, "it begins with {'label': 'car'}"),
        (b'{"pythia":"metadata","version":2,"by":"9.9"}\n', 1, "version 2 .* pythia 9.9.*update"),
        (b'{"pythia":"metadata","version":"x"}\n', 1, "version 'x' is no version"),
        (HEADER + BATCH % b"" + END[:-9], 3, "ends in the middle of this line"),
        (HEADER + b"{nonsense}\n" + END, 2, "not JSON"),
        (HEADER + BATCH % b"", 2, r'no end behind this.*add {"end": {"batches": 1}}'),
        (HEADER, 1, "no end behind this"),
        (HEADER + END, 2, "1 batches were recorded, and 0 are here"),
        (HEADER + BATCH % b"" + END + BATCH % b"", 4, "behind the end"),
        (HEADER + b"[1]\n", 2, r"a record is an object, found \[1\]"),
        (HEADER + b'{"detections":[]}\n', 2, "expected batch, caps, event or end"),
        (HEADER + b'{"event":"stream-ende","source":0}\n', 2, "available: pad-added"),
        (HEADER + b'{"caps":{"width":"1280"}}\n', 2, "expected width, height"),
        (HEADER + b'{"batch":{},"pts":-5}\n', 2, "pts: expected nanoseconds"),
        (HEADER + BATCH % b'{"class_id":"x"}', 2, r"frame_meta_list\[0\].obj_meta_list\[0\]"),
        (HEADER + BATCH % b'{"class_id":"x"}', 2, "class_id: expected a whole number, found 'x'"),
        (HEADER + BATCH % b'{"confidence":"x"}', 2, "expected a number"),
        (HEADER + BATCH % b'{"obj_label":5}', 2, "expected a text"),
        (HEADER + BATCH % b'{"klass":1}', 2, "Object has no field 'klass'; available: unique"),
        (HEADER + BATCH % b'{"parent":3}', 2, "parent: expected the number of one of the frame's"),
        (HEADER + BATCH % b'{"rect_params":5}', 2, "expected an object with fields"),
        (HEADER + BATCH % b'{"mask_params":{"data":{}}}', 2, "expected an array"),
        (HEADER + BATCH % b'{"mask_params":{"data":{"dtype":"O","shape":[1],"zlib":""}}}', 2, "no"),
        (HEADER + BATCH % b'{"obj_user_meta_list":[{"type":1}]}', 2, "expected type, data"),
        (
            HEADER + BATCH % b'{"obj_user_meta_list":[{"type":1,"data":{"$kind":"X"}}]}',
            2,
            "unknown kind 'X'",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    recording: Callable[[bytes], Recording], content: bytes, line: int, says: str
) -> None:
    with pytest.raises(RecordingError, match=rf"street\.jsonl:{line}: .*{says}"):
        list(recording(content))


def test_batches_before_a_broken_line_are_given(recording: Callable[[bytes], Recording]) -> None:
    records = iter(recording(HEADER + 2 * (BATCH % b"") + b"{\n"))

    assert [type(next(records)) for _ in range(2)] == [RecordedBatch] * 2
    with pytest.raises(RecordingError, match=":4: "):
        next(records)


def test_blank_lines_are_left_aside(recording: Callable[[bytes], Recording]) -> None:
    assert len(list(recording(HEADER + b"\n" + BATCH % b"" + b"\n" + END))) == 2


@pytest.mark.parametrize("name", ["none.jsonl", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError, match="cannot read the recording"):
        Recording(tmp_path / name)


def test_a_messagepack_file_that_is_cut_off_names_its_record(tmp_path: Path) -> None:
    whole = [{"pythia": "metadata", "version": 1}, {"batch": {}}, {"end": {"batches": 1}}]
    content = b"".join(map(encode_msgpack, whole))
    path = tmp_path / "street.msgpack"

    path.write_bytes(content)
    assert len(list(Recording(path))) == 2

    path.write_bytes(content[:-3])
    with pytest.raises(RecordingError, match=r"msgpack:3: the file ends in the middle"):
        list(Recording(path))

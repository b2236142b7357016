from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pythia.gst import Gst
from pythia.meta import batch_of
from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableFrame,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_event import PortableEventMsg, PortablePayload
from pythia.meta.types import EVENT_MSG_META, PAYLOAD_META
from support.play import Play, Played

FRAMES = 3
SOURCE = f"videotestsrc num-buffers={FRAMES} ! video/x-raw,width=64,height=64"
MUX = f"{SOURCE} ! m.sink_0 nvstreammux name=m batch-size=1 width=64 height=64 ! "

Fill = Callable[[PortableFrame], None]


def filled(fill: Fill) -> Callable[[Gst.Pipeline], None]:
    """Has ``fill`` change each frame that reaches the element ``conv``, as a user's probe does."""

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        batch = batch_of(buffer) if buffer else None
        assert isinstance(batch, PortableBatch)
        for frame in batch.frame_meta_list:
            fill(frame)
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        element = pipeline.get_by_name("conv")
        pad = element.get_static_pad("sink") if element else None
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, look)

    return prepare


def two_events(frame: PortableFrame) -> None:
    for number in (1, 2):
        event = PortableEventMsg(
            frameId=frame.frame_num, trackingId=number, componentId=number, ts="now"
        )
        frame.add_user(PortableUser(PortableBase(EVENT_MSG_META), event))


def payloads(frame: PortableFrame) -> list[PortablePayload]:
    return [
        user.user_meta_data
        for user in frame.frame_user_meta_list
        if user.base_meta.meta_type == PAYLOAD_META
    ]


def messages(played: Played) -> list[list[Any]]:
    """The payloads of each frame, decoded, in the order in which they are sent."""
    assert played.error is None, played.error
    return [[json.loads(one.payload) for one in payloads(frame)] for frame in played.frames]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "msgconv.txt"
    file.write_text("[sensor0]\nenable=1\nid=CAM\n[place0]\nenable=1\n[analytics0]\nenable=1\n")
    return file


def test_each_event_message_becomes_a_payload_in_the_order_of_adding(
    play: Play, config: Path
) -> None:
    played = play(
        MUX + f"nvmsgconv name=conv config={config} ! fakesink name=out", filled(two_events)
    )

    found = [
        [(one["object"]["id"], one["sensor"]["id"]) for one in frame] for frame in messages(played)
    ]
    assert found == [[("1", "CAM"), ("2", "CAM")]] * FRAMES
    (first, *_) = payloads(played.frames[0])
    assert first.payloadSize == len(first.payload)


def test_the_minimal_schema_has_one_payload_a_frame(play: Play) -> None:
    played = play(
        MUX + "nvmsgconv name=conv payload-type=1 "
        "msg2p-lib=/opt/nvidia/deepstream/deepstream/lib/libnvds_msgconv.so ! fakesink name=out",
        filled(two_events),
    )

    found = [(one["id"], len(one["objects"])) for (one,) in messages(played)]
    assert found == [("0", 2), ("1", 2), ("2", 2)]


def test_only_events_of_a_component_are_converted(play: Play) -> None:
    played = play(
        MUX + "nvmsgconv name=conv payload-type=1 comp-id=2 ! fakesink name=out",
        filled(two_events),
    )

    assert [one["objects"][0][:2] for (one,) in messages(played)] == ["2|"] * FRAMES
    assert {one.componentId for frame in played.frames for one in payloads(frame)} == {2}


def test_the_new_interface_converts_every_nth_frame(play: Play) -> None:
    played = play(
        MUX + "nvmsgconv name=conv payload-type=1 msg2p-newapi=true frame-interval=2 "
        "! fakesink name=out",
        filled(lambda frame: frame.add_obj(PortableObject(obj_label="car", object_id=4))),
    )

    found = messages(played)
    assert [len(frame) for frame in found] == [1, 0, 1]
    assert found[2][0]["id"] == "2"
    assert found[2][0]["objects"] == ["4|0|0|0|0|car"]


@pytest.mark.parametrize(("fill", "expected"), [(two_events, 2), (lambda _: None, 0)])
def test_a_dummy_stands_in_for_missing_events(play: Play, fill: Fill, expected: int) -> None:
    played = play(
        MUX + "nvmsgconv name=conv payload-type=1 dummy-payload=true ! fakesink name=out",
        filled(fill),
    )

    assert [len(one["objects"]) for (one,) in messages(played)] == [expected] * FRAMES


def test_each_frame_of_a_batch_has_its_own_payloads(play: Play) -> None:
    played = play(
        f"{SOURCE} ! m.sink_0 {SOURCE} ! m.sink_1 "
        "nvstreammux name=m batch-size=2 width=64 height=64 ! "
        "nvmsgconv name=conv payload-type=1 ! fakesink name=out",
        filled(lambda frame: two_events(frame) if frame.source_id == 1 else None),
    )

    assert played.error is None
    found = [(frame.source_id, len(payloads(frame))) for frame in played.frames]
    assert sorted(found) == [(0, 0)] * FRAMES + [(1, 1)] * FRAMES


def test_another_branch_sees_no_payloads(play: Play) -> None:
    converted = threading.Semaphore(0)

    def prepare(pipeline: Gst.Pipeline) -> None:
        for name, look in (("first", converted.release), ("wait", converted.acquire)):
            element = pipeline.get_by_name(name)
            pad = element.get_static_pad("sink") if element else None
            assert pad is not None
            pad.add_probe(Gst.PadProbeType.BUFFER, lambda *_, look=look: (look(), OK)[1])

    played = play(
        MUX + "tee name=t ! queue ! nvmsgconv payload-type=1 msg2p-newapi=1 frame-interval=1 "
        "! fakesink name=first t. ! queue ! identity name=wait ! fakesink name=out",
        prepare,
    )

    assert messages(played) == [[]] * FRAMES


OK = Gst.PadProbeReturn.OK


def test_defaults_are_deepstreams(play: Play) -> None:
    element: Any = Gst.ElementFactory.make("nvmsgconv")

    names = ("config", "msg2p-lib", "debug-payload-dir")
    assert [element.get_property(name) for name in names] == [None] * 3
    names = ("multiple-payloads", "msg2p-newapi", "dummy-payload")
    assert [element.get_property(name) for name in names] == [False] * 3
    assert (element.props.comp_id, element.props.frame_interval) == (0, 30)
    assert element.props.payload_type == 0


def test_buffers_without_a_batch_pass(play: Play) -> None:
    played = play("fakesrc num-buffers=3 ! nvmsgconv payload-type=1 ! fakesink name=out")

    assert played.error is None
    assert len(played.pts) == 3


def test_payloads_are_written_to_a_folder(play: Play, tmp_path: Path) -> None:
    played = play(
        MUX + f"nvmsgconv name=conv payload-type=1 debug-payload-dir={tmp_path} "
        "! fakesink name=out",
        filled(two_events),
    )

    files = sorted(tmp_path.iterdir())
    written = b"".join(file.read_bytes() for file in files)
    assert {file.suffix for file in files} == {".txt"}
    expected = [one.payload + b" \n" for frame in played.frames for one in payloads(frame)]
    assert len(expected) == FRAMES
    assert written == b"".join(expected)


CONVERTER = """
def convert(frame_meta, events):
    yield f"{frame_meta.frame_num}: {len(events)}"
    yield {"ids": [event.trackingId for event in events]}

def broken(frame_meta, events):
    return 1 / 0
"""


def test_a_converter_of_the_users_own(play: Play, tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(CONVERTER)

    played = play(
        MUX + f"nvmsgconv name=conv payload-type=257 msg2p-lib={file}:convert "
        "multiple-payloads=true ! fakesink name=out",
        filled(two_events),
    )

    assert played.error is None
    first, last = (one.payload for one in payloads(played.frames[1]))
    assert first == b"1: 2"
    assert json.loads(last) == {"ids": [2, 1]}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("", "payload-type=0.*needs config="),
        ("config=/no/file.txt", "/no/file.txt cannot be read"),
        ("payload-type=257", "payload-type=257 has no schema.*file.py:function"),
        ("payload-type=256", "payload-type=256"),
        ("payload-type=1 msg2p-lib=/x/libown.so", "/x/libown.so: a compiled converter.*libnvds_"),
        ("payload-type=1 msg2p-lib=/no/own.py:f", "converter '/no/own.py:f': the file"),
        ("payload-type=1 msg2p-lib={file}:other", "no function 'other'.*convert, broken"),
        ("payload-type=1 debug-payload-dir=/no", "debug-payload-dir=/no is not a folder"),
        ("payload-type=257 msg2p-lib={file}:broken", r"converter .* ZeroDivisionError.*own.py:7"),
        ("payload-type=257 msg2p-lib={file}:convert", "several payloads.*multiple-payloads"),
    ],
)
def test_a_mistake_is_one_clear_error(
    play: Play, tmp_path: Path, options: str, message: str
) -> None:
    file = tmp_path / "own.py"
    file.write_text(CONVERTER)

    played = play(
        MUX + f"nvmsgconv name=conv {options.format(file=file)} ! fakesink name=out",
        filled(two_events),
    )

    assert played.error is not None
    assert re.search(message, played.error), played.error

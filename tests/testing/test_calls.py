"""Probes called with metadata that a test has built."""

from __future__ import annotations

import runpy
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pythia import (
    Gst,
    analytics_per_frame,
    analytics_per_obj,
    frames_per_batch,
    labels_per_obj,
    objects_per_batch,
    objects_per_frame,
)
from pythia.exceptions import ProbeError
from pythia.meta.portable import PortableBatch
from pythia.testing import analytics, batch, call, classification, collect, frame, obj
from support.console import README_KEYS, ROOT

gen_detections = runpy.run_path(str(ROOT / "examples" / "probe.py"))["gen_detections"]
CAR = {"box": (10, 20, 64, 48), "confidence": 0.9}


def street() -> PortableBatch:
    car = obj("car", **CAR, classifications=[classification({"red": 0.8})])  # type: ignore[arg-type]
    plate = obj("plate", box=(12, 50, 20, 8), component=2, parent=car)
    return batch(
        frame(car, plate, obj("person", class_id=2), frame_num=7),
        frame(obj("car", object_id=5), source_id=1, frame_num=9),
    )


def test_the_readmes_probe_yields_what_was_built() -> None:
    events = collect(gen_detections, street())

    assert [list(event) for event in events] == [README_KEYS] * 4
    assert [event["label"] for event in events] == ["car", "plate", "person", "car"]
    assert events[0] == {
        "frame_num": 7,
        "label": "car",
        "left": 10.0,
        "top": 20.0,
        "width": 64.0,
        "height": 48.0,
        "confidence": 0.9,
    }


def test_the_readmes_probe_is_tested_in_less_than_50_ms() -> None:
    collect(gen_detections, street())

    begin_s = time.process_time()
    collect(gen_detections, street())

    assert time.process_time() - begin_s < 0.05


def test_iterators_walk_what_was_built() -> None:
    first, second = frames_per_batch(street())
    car, plate, _ = objects_per_frame(first)

    assert (first.batch_id, second.batch_id) == (0, 1)
    assert (second.source_id, second.pad_index, second.frame_num) == (1, 1, 9)
    assert plate.parent is car
    assert [label.result_label for label in labels_per_obj(car)] == ["red"]
    assert next(iter(objects_per_frame(second))).object_id == 5


def test_analytics_are_hung_on_objects_and_frames() -> None:
    seen = batch(
        frame(obj("car", users=[analytics(lcStatus=["in"])]), users=[analytics(objCnt={0: 2})])
    )
    (one,) = frames_per_batch(seen)
    (car,) = objects_per_frame(one)

    assert [info.lcStatus for info in analytics_per_obj(car)] == [["in"]]
    assert [info.objCnt for info in analytics_per_frame(one)] == [{0: 2}]


class Counter:
    def __init__(self) -> None:
        self.seen = 0

    def count(self, batch_meta: Any) -> None:
        self.seen += len(list(objects_per_batch(batch_meta)))

    def pad_form(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[str]:
        yield f"{pad.get_name()} {info.get_buffer() is not None}"


def test_every_form_of_a_probe_can_be_called() -> None:
    counter = Counter()

    assert collect(counter.count, street()) == []
    assert counter.seen == 4
    assert collect(counter.pad_form, street()) == ["src True"]
    assert collect(_with_more, street(), "cars:") == ["cars: 2"]


def _with_more(pad: Any, info: Any, batch_meta: Any, text: str) -> Iterator[str]:
    yield f"{text} {sum(o.obj_label == 'car' for _, o in objects_per_batch(batch_meta))}"


def test_what_a_probe_returns_is_told() -> None:
    def once(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        return Gst.PadProbeReturn.REMOVE

    assert call(once, street()).returned == Gst.PadProbeReturn.REMOVE


def test_what_a_probe_raises_comes_out_as_it_is() -> None:
    def fails(batch_meta: Any) -> None:
        raise LookupError("no such label")

    with pytest.raises(LookupError, match="no such label") as caught:
        collect(fails, street())

    assert caught.traceback[-1].name == "fails"


def test_a_function_in_no_accepted_form_is_refused() -> None:
    with pytest.raises(ProbeError, match="accepted:"):
        collect(lambda frames: None, street())


def test_metadata_that_a_probe_changes_is_the_batch_that_was_built() -> None:
    seen = street()

    def relabel(batch_meta: Any) -> None:
        for _, found in objects_per_batch(batch_meta):
            found.obj_label = "thing"

    collect(relabel, seen)

    assert {found.obj_label for _, found in objects_per_batch(seen)} == {"thing"}


def test_several_batches_are_a_call_each() -> None:
    counter = Counter()

    assert collect(counter.count, [street(), street()]) == []
    assert counter.seen == 8


def test_a_buffer_has_the_time_of_its_first_frame() -> None:
    def times(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[int]:
        buffer = info.get_buffer()
        assert buffer is not None
        yield buffer.pts

    assert collect(times, [batch(frame(pts_ns=5)), batch(frame(pts_ns=7))]) == [5, 7]


def test_a_probe_that_removes_itself_is_not_called_again() -> None:
    calls = []

    def once(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        calls.append(pad)
        return Gst.PadProbeReturn.REMOVE

    assert call(once, [street(), street()]).returned == Gst.PadProbeReturn.REMOVE
    assert len(calls) == 1

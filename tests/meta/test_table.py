"""The batch as a table, on both providers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import pythia
from pythia.meta import deepstream
from pythia.meta.portable import PortableBatch, PortableFrame, PortableObject
from support import pyds_like


def _object(label: str, class_id: int, left: float, object_id: int) -> PortableObject:
    obj = PortableObject(1, class_id, object_id, 0.75, 0.5, label)
    obj.rect_params.left, obj.rect_params.top = left, 10.0
    obj.rect_params.width, obj.rect_params.height = 30.0, 20.0
    return obj


def _portable() -> PortableBatch:
    batch = PortableBatch()
    for source in (0, 1):
        frame = PortableFrame(source_id=source, frame_num=100 + source)
        batch.add_frame(frame)
        car = _object("car", 0, 1.5, 2**63 + source)
        frame.add_obj(_object("person", 2, 4.0, 7))
        frame.add_obj(car)
        frame.add_obj(_object("plate", 9, 2.0, 8), car)
    return batch


@pytest.fixture(params=["portable", "deepstream"])
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if request.param == "portable":
        yield _portable()
        return
    pyds = pyds_like.module({})
    monkeypatch.setattr(deepstream, "_pyds", lambda: pyds)
    yield pyds_like.linked(_portable(), pyds)


def test_a_row_holds_what_the_object_says(batch: Any) -> None:
    rows = pythia.table(batch)

    car = rows[1]
    assert list(rows["label"]) == ["plate", "car", "person"] * 2
    assert list(car["box"]) == [1.5, 10.0, 30.0, 20.0]
    assert (car["class_id"], car["object_id"], car["unique_component_id"]) == (0, 2**63, 1)
    assert (car["confidence"], car["tracker_confidence"]) == (0.75, 0.5)
    assert list(rows["frame_num"]) == [100] * 3 + [101] * 3


def test_parents_are_joined_by_their_row(batch: Any) -> None:
    rows = pythia.table(batch)

    plates = rows[rows["label"] == "plate"]

    assert list(rows["parent"]) == [1, -1, -1, 4, -1, -1]
    assert list(rows[plates["parent"]]["label"]) == ["car", "car"]
    assert list(rows[plates["parent"]]["source_id"]) == [0, 1]


def test_a_parent_outside_of_the_batch_is_none() -> None:
    batch = _portable()
    batch.frame_meta_list[0].obj_meta_list.pop(1)

    assert list(pythia.table(batch)["parent"]) == [-1, -1, 3, -1, -1]


def test_a_batch_without_objects_gives_an_empty_table() -> None:
    rows = pythia.table(PortableBatch(frame_meta_list=[PortableFrame()]))

    assert (len(rows), len(rows["label"])) == (0, 0)


def test_the_table_stays_as_it_was_when_the_metadata_changes() -> None:
    batch = _portable()
    rows = pythia.table(batch)

    batch.frame_meta_list[0].obj_meta_list[0].class_id = 77

    assert 77 not in rows["class_id"]


def test_detections_are_those_of_supervision(batch: Any) -> None:
    supervision = pytest.importorskip("supervision")

    found = pythia.detections(batch)

    assert isinstance(found, supervision.Detections)
    assert list(found.xyxy[1]) == [1.5, 10.0, 31.5, 30.0]
    assert list(found.class_id) == [9, 0, 2] * 2
    assert list(found.data["class_name"][:3]) == ["plate", "car", "person"]
    assert list(found.tracker_id) == [8, -1, 7] * 2


def test_untracked_detections_have_no_tracker_ids() -> None:
    pytest.importorskip("supervision")
    batch = PortableBatch(frame_meta_list=[PortableFrame()])
    batch.frame_meta_list[0].add_obj(PortableObject())

    assert pythia.detections(batch).tracker_id is None


def test_detections_are_made_of_the_rows_that_are_left() -> None:
    pytest.importorskip("supervision")
    rows = pythia.table(_portable())

    found = pythia.detections(rows[rows["source_id"] == 1])

    assert len(found) == 3
    assert np.unique(found.data["frame_num"]).tolist() == [101]

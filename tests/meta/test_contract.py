"""One contract of metadata, on each provider: portable, the look-alike of pyds, and the real one.

The last two are read through ``pythia.meta.deepstream``, and made with pyds' own functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import pythia
from support.contract import LABELS, portable_batch


def test_frames_come_in_order_with_their_fields(batch: Any) -> None:
    frames = list(pythia.frames_per_batch(batch))

    assert [frame.source_id for frame in frames] == [0, 1]
    assert [frame.frame_num for frame in frames] == [7, 8]
    assert (frames[1].pad_index, frames[1].batch_id) == (1, 1)
    assert (frames[1].buf_pts, frames[1].ntp_timestamp) == (2**40, 2**62)
    assert (frames[1].source_frame_width, frames[1].source_frame_height) == (1280, 720)
    assert (batch.num_frames_in_batch, frames[0].num_obj_meta) == (2, 3)


def test_objects_come_last_added_first(batch: Any) -> None:
    found = [(frame.source_id, obj.obj_label) for frame, obj in pythia.objects_per_batch(batch)]

    assert found == [(source, label) for source in (0, 1) for label in reversed(LABELS)]


def test_an_object_has_its_fields(objects: dict[str, Any]) -> None:
    car = objects["car"]

    assert (car.unique_component_id, car.class_id, car.object_id) == (1, 1, 2**63 + 1)
    assert (car.confidence, car.tracker_confidence) == (0.5, 0.25)
    rect = car.rect_params
    assert (rect.left, rect.top, rect.width, rect.height) == (1.5, 2.0, 30.0, 40.0)


def test_a_parent_is_the_very_object(objects: dict[str, Any]) -> None:
    assert objects["plate"].parent is objects["car"]
    assert objects["car"].parent is None


def test_what_is_written_is_seen_by_the_next_walk(frame: Any, objects: dict[str, Any]) -> None:
    objects["car"].rect_params.left = 99.0
    objects["car"].class_id = 5

    again = list(pythia.objects_per_frame(frame))[1]

    assert (again.rect_params.left, again.class_id) == (99.0, 5)


def test_labels_come_with_their_classifier(objects: dict[str, Any]) -> None:
    (classifier,) = pythia.classification_per_object(objects["car"])

    assert classifier.unique_component_id == 4
    assert [x.result_label for x in pythia.labels_per_obj(objects["car"])] == ["sedan", "red"]
    assert list(pythia.labels_per_obj(objects["person"])) == []


def test_analytics_are_found(frame: Any, objects: dict[str, Any]) -> None:
    (info,) = pythia.analytics_per_obj(objects["car"])
    (counts,) = pythia.analytics_per_frame(frame)

    assert (info.lcStatus, info.dirStatus) == (["in"], "DIR:north")
    assert (counts.objInROIcnt, counts.ocStatus) == ({"gate": 2}, {"gate": True})
    assert list(pythia.analytics_per_obj(objects["person"])) == []


def test_masks_are_found(batch: Any) -> None:
    found = [(obj.obj_label, mask) for _, obj, mask in pythia.instance_masks_per_batch(batch)]

    assert [label for label, _ in found] == ["person", "person"]
    assert found[0][1].tolist() == [[False, True], [False, True]]


def test_the_table_is_the_same_on_each_provider(batch: Any) -> None:
    rows = pythia.table(batch)

    assert np.array_equal(rows, pythia.table(portable_batch()))

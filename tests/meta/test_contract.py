"""One contract of metadata, on each provider: portable, the look-alike of pyds, and the real one.

The last two are read through ``pythia.meta.deepstream``, and made with pyds' own functions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import pythia
from pythia.meta import deepstream
from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo
from pythia.meta.portable_osd import PortableMask
from pythia.meta.types import ANALYTICS_FRAME_META, ANALYTICS_OBJ_META

LABELS = ("person", "car", "plate")  # in the order in which they are added
MASK = [0.0, 1.0, 0.25, 0.75]


def portable_batch() -> PortableBatch:
    batch = PortableBatch(max_frames_in_batch=2)
    for source in (0, 1):
        frame = PortableFrame(source, source, 7 + source, 2**40, 2**62, source)
        frame.source_frame_width, frame.source_frame_height = 1280, 720
        objects = [PortableObject(1, i, 2**63 + i, 0.5, 0.25, x) for i, x in enumerate(LABELS)]
        for obj in objects:
            rect = obj.rect_params
            rect.left, rect.top, rect.width, rect.height = 1.5, 2.0, 30.0, 40.0
            frame.add_obj(obj, objects[1] if obj is objects[2] else None)
        _classify(objects[1])
        objects[0].mask_params = PortableMask(np.array(MASK, np.float32), 2, 2, 0.5)
        info = PortableAnalyticsObjInfo(lcStatus=["in"], dirStatus="DIR:north")
        objects[1].add_user(PortableUser(PortableBase(ANALYTICS_OBJ_META), info))
        counts = PortableAnalyticsFrameMeta(objInROIcnt={"gate": 2}, ocStatus={"gate": True})
        frame.add_user(PortableUser(PortableBase(ANALYTICS_FRAME_META), counts))
        batch.add_frame(frame)
    return batch


def _classify(obj: PortableObject) -> None:
    classifier = PortableClassifier(4)
    for name in ("red", "sedan"):
        classifier.add_label(PortableLabel(2, name, 1, 0, 0.5))
    obj.add_classifier(classifier)


class PydsMaker:
    """Makes the same batch with pyds' functions."""

    def __init__(self, pyds: Any) -> None:
        self.pyds = pyds
        self.batch = pyds.nvds_create_batch_meta(2)
        # Real pyds frees a few of them when their wrapper goes.
        self.kept: list[Any] = []
        for source in (0, 1):
            self._add_frame(source)

    def _add_frame(self, source: int) -> None:
        frame = self.pyds.nvds_acquire_frame_meta_from_pool(self.batch)
        self.kept.append(frame)
        frame.pad_index = frame.batch_id = frame.source_id = source
        frame.frame_num, frame.buf_pts, frame.ntp_timestamp = 7 + source, 2**40, 2**62
        frame.source_frame_width, frame.source_frame_height = 1280, 720
        self.pyds.nvds_add_frame_meta_to_batch(self.batch, frame)
        person = self._add_object(frame, 0, None)
        car = self._add_object(frame, 1, None)
        self._add_object(frame, 2, car)
        person.mask_params.width = person.mask_params.height = 2
        person.mask_params.threshold = 0.5
        person.mask_params.alloc_mask_array()[:] = MASK
        self._classify(car)
        info = self.pyds.NvDsAnalyticsObjInfo()
        info.lcStatus, info.dirStatus = ["in"], "DIR:north"
        self.pyds.nvds_add_user_meta_to_obj(car, self._user(ANALYTICS_OBJ_META, info))
        counts = self.pyds.NvDsAnalyticsFrameMeta()
        counts.objInROIcnt, counts.ocStatus = {"gate": 2}, {"gate": True}
        self.pyds.nvds_add_user_meta_to_frame(frame, self._user(ANALYTICS_FRAME_META, counts))

    def _add_object(self, frame: Any, class_id: int, parent: Any) -> Any:
        obj = self.pyds.nvds_acquire_obj_meta_from_pool(self.batch)
        obj.unique_component_id, obj.class_id, obj.object_id = 1, class_id, 2**63 + class_id
        obj.confidence, obj.tracker_confidence, obj.obj_label = 0.5, 0.25, LABELS[class_id] + "\0"
        rect = obj.rect_params
        rect.left, rect.top, rect.width, rect.height = 1.5, 2.0, 30.0, 40.0
        self.pyds.nvds_add_obj_meta_to_frame(frame, obj, parent)
        return obj

    def _classify(self, obj: Any) -> None:
        classifier = self.pyds.nvds_acquire_classifier_meta_from_pool(self.batch)
        classifier.unique_component_id = 4
        for name in ("red", "sedan"):
            label = self.pyds.nvds_acquire_label_info_meta_from_pool(self.batch)
            label.result_label, label.result_prob = name + "\0", 0.5
            self.pyds.nvds_add_label_info_meta_to_classifier(classifier, label)
        self.pyds.nvds_add_classifier_meta_to_object(obj, classifier)

    def _user(self, name: str, data: Any) -> Any:
        user = self.pyds.nvds_acquire_user_meta_from_pool(self.batch)
        self.kept.append(data)
        user.user_meta_data = data
        number = int(self.pyds.nvds_get_user_meta_type(name))
        user.base_meta.meta_type = self.pyds.NvDsMetaType(number)
        return user


def _pyds(name: str) -> Any:
    if name == "look-alike":
        from pythia.compat import pyds

        return pyds
    pyds = pytest.importorskip("pyds", reason="NVIDIA's bindings are not installed")
    if pyds.__name__ != "pyds":
        pytest.skip("NVIDIA's bindings are not installed")
    return pyds


@pytest.fixture(params=["portable", "look-alike", "pyds"])
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if request.param == "portable":
        yield portable_batch()
        return
    pyds = _pyds(request.param)
    monkeypatch.setattr(deepstream, "_pyds", lambda: pyds)
    deepstream._analytics_types.cache_clear()
    maker = PydsMaker(pyds)
    yield maker.batch
    deepstream._analytics_types.cache_clear()


@pytest.fixture
def frame(batch: Any) -> Any:
    return next(iter(pythia.frames_per_batch(batch)))


@pytest.fixture
def objects(frame: Any) -> dict[str, Any]:
    return {obj.obj_label: obj for obj in pythia.objects_per_frame(frame)}


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

"""One exam of the iterators on both providers: portable objects, and pyds' linked lists."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pythia import (
    analytics_per_frame,
    analytics_per_obj,
    classification_per_object,
    frames_per_batch,
    instance_masks_per_batch,
    labels_per_classification,
    labels_per_obj,
    objects_per_batch,
    objects_per_frame,
    semantic_masks_per_frame,
)
from pythia.gst import Gst
from pythia.meta import batch_of, deepstream, runtime
from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableSegmentation,
    PortableUser,
)
from pythia.meta.portable_osd import PortableMask
from pythia.meta.types import ANALYTICS_FRAME_META, ANALYTICS_OBJ_META, SEGMENTATION_META
from support import pyds_like

CLASS_MAP = np.array([[0, 1], [-1, 1]], np.int32)


def _portable() -> PortableBatch:
    batch = PortableBatch()
    for source in (0, 1):
        frame = PortableFrame(source_id=source)
        batch.add_frame(frame)
        for label in ("car", "person"):
            frame.add_obj(PortableObject(obj_label=f"{label}{source}"))
        frame.add_user(PortableUser(PortableBase(8000), "something else"))
        frame.add_user(PortableUser(PortableBase(ANALYTICS_FRAME_META), f"frame{source}"))
        segmentation = PortableSegmentation(2, 2, 2, CLASS_MAP)
        frame.add_user(PortableUser(PortableBase(SEGMENTATION_META), segmentation))
    person = batch.frame_meta_list[0].obj_meta_list[0]
    classifier = PortableClassifier(unique_component_id=4)
    classifier.add_label(PortableLabel(result_label="tall"))
    classifier.add_label(PortableLabel(result_label="old"))
    person.add_classifier(classifier)
    person.add_user(PortableUser(PortableBase(ANALYTICS_OBJ_META), "object"))
    person.mask_params = PortableMask(np.array([0.9, 0.1, 0.2, 0.8], np.float32), 2, 2, 0.5)
    return batch


@pytest.fixture(params=["portable", "deepstream"])
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if request.param == "portable":
        yield _portable()
        return
    pyds = pyds_like.module({})
    monkeypatch.setattr(deepstream, "_pyds", lambda: pyds)
    deepstream._analytics_types.cache_clear()
    yield pyds_like.linked(_portable(), pyds)
    deepstream._analytics_types.cache_clear()


def _person(batch: Any) -> Any:
    return next(iter(objects_per_frame(next(iter(frames_per_batch(batch))))))


def test_frames_come_in_the_order_of_their_slots(batch: Any) -> None:
    assert [frame.source_id for frame in frames_per_batch(batch)] == [0, 1]


def test_objects_come_with_their_frames_last_added_first(batch: Any) -> None:
    found = [(frame.source_id, obj.obj_label) for frame, obj in objects_per_batch(batch)]

    assert found == [(0, "person0"), (0, "car0"), (1, "person1"), (1, "car1")]


def test_a_walk_can_be_taken_again(batch: Any) -> None:
    walk = objects_per_batch(batch)

    assert len(list(walk)) == len(list(walk)) == 4


def test_a_walk_looks_things_up_only_as_it_goes(batch: Any) -> None:
    walk = iter(objects_per_batch(batch))
    next(walk)

    second = next(walk)[1]

    assert second.obj_label == "car0"


def test_labels_come_by_classifier_and_by_object(batch: Any) -> None:
    person = _person(batch)

    (classifier,) = classification_per_object(person)

    assert classifier.unique_component_id == 4
    assert [info.result_label for info in labels_per_classification(classifier)] == ["old", "tall"]
    assert [info.result_label for info in labels_per_obj(person)] == ["old", "tall"]


def test_an_object_without_classifiers_has_no_labels(batch: Any) -> None:
    *_, (_, car) = objects_per_batch(batch)

    assert list(labels_per_obj(car)) == []


def test_analytics_are_told_apart_from_other_user_metadata(batch: Any) -> None:
    frame = next(iter(frames_per_batch(batch)))

    of_frame: list[Any] = list(analytics_per_frame(frame))
    of_object: list[Any] = list(analytics_per_obj(_person(batch)))
    assert of_frame == ["frame0"]
    assert of_object == ["object"]


def test_class_maps_are_copies(batch: Any) -> None:
    frame = next(iter(frames_per_batch(batch)))

    (class_map,) = semantic_masks_per_frame(frame)
    class_map[:] = 5

    (again,) = semantic_masks_per_frame(frame)
    assert np.array_equal(again, CLASS_MAP)


def test_instance_masks_are_true_above_their_threshold(batch: Any) -> None:
    ((frame, obj, mask),) = instance_masks_per_batch(batch)

    assert (frame.source_id, obj.obj_label) == (0, "person0")
    assert mask.tolist() == [[True, False], [False, True]]


def test_an_empty_batch_gives_nothing() -> None:
    assert list(objects_per_batch(PortableBatch())) == []


def test_deepstreams_batch_is_asked_for_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = Gst.Buffer.new()
    batch = SimpleNamespace(frame_meta_list=None)
    pyds = pyds_like.module({hash(buffer): batch})
    monkeypatch.setattr(deepstream, "_pyds", lambda: pyds)
    monkeypatch.setattr("pythia.meta.runtime", lambda: "deepstream")

    found: Any = batch_of(buffer)

    assert found is batch
    assert list(frames_per_batch(found)) == []
    assert batch_of(Gst.Buffer.new()) is None


def test_the_runtime_here_is_the_portable_one() -> None:
    assert runtime() == "portable"

"""Metadata made, added, removed, cleared and copied."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pythia.compat import pyds as look_alike
from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch, PortableFrame
from pythia.meta.portable_writing import lock
from pythia.meta.types import EVENT_MSG_META

pyds: Any = look_alike


@pytest.fixture
def portable() -> PortableBatch:
    batch = PortableBatch()
    batch.add_frame(PortableFrame())
    return batch


@pytest.fixture
def buffer(portable: PortableBatch) -> Gst.Buffer:
    buffer = Gst.Buffer.new()
    carrier.attach(hash(buffer), portable)
    return buffer


@pytest.fixture
def batch(buffer: Gst.Buffer) -> Any:
    return pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))


@pytest.fixture
def frame(batch: Any) -> Any:
    return pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)


def _labels(frame: Any) -> list[str]:
    labels, node = [], frame.obj_meta_list
    while node is not None:
        labels.append(pyds.NvDsObjectMeta.cast(node.data).obj_label)
        node = node.next
    return labels


def _add_objects(batch: Any, frame: Any, *labels: str) -> None:
    for label in labels:
        obj = pyds.nvds_acquire_obj_meta_from_pool(batch)
        obj.obj_label = label
        pyds.nvds_add_obj_meta_to_frame(frame, obj, None)


def test_a_batch_is_found_by_the_address_of_its_buffer(buffer: Gst.Buffer, batch: Any) -> None:
    assert pyds.gst_buffer_get_nvds_batch_meta(hash(buffer)) is batch
    assert pyds.gst_buffer_get_nvds_batch_meta(hash(Gst.Buffer.new())) is None
    assert pyds.gst_buffer_get_nvds_batch_meta(0) is None


@pytest.mark.parametrize("wrong", [None, "x", -1, Gst.Buffer.new()])
def test_anything_but_an_address_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError):
        pyds.gst_buffer_get_nvds_batch_meta(wrong)


def test_the_last_object_added_is_seen_first(batch: Any, frame: Any) -> None:
    _add_objects(batch, frame, "A", "B", "C")

    assert _labels(frame) == ["C", "B", "A"]
    assert frame.num_obj_meta == 3


def test_what_was_added_stays_when_its_variable_is_gone(batch: Any) -> None:
    frame = pyds.nvds_acquire_frame_meta_from_pool(batch)
    frame.frame_num = 42
    pyds.nvds_add_frame_meta_to_batch(batch, frame)
    del frame

    second = pyds.nvds_get_nth_frame_meta(batch.frame_meta_list, 1)

    assert second.frame_num == 42
    assert pyds.nvds_get_nth_frame_meta(batch.frame_meta_list, 2) is None


def test_an_object_knows_the_one_it_was_found_on(batch: Any, frame: Any) -> None:
    car, plate = (pyds.nvds_acquire_obj_meta_from_pool(batch) for _ in range(2))

    pyds.nvds_add_obj_meta_to_frame(frame, car, None)
    pyds.nvds_add_obj_meta_to_frame(frame, plate, car)

    assert plate.parent is car
    assert car.parent is None


def test_classifications_and_labels_are_added(batch: Any, frame: Any) -> None:
    _add_objects(batch, frame, "car")
    obj = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)
    classifier = pyds.nvds_acquire_classifier_meta_from_pool(batch)
    label = pyds.nvds_acquire_label_info_meta_from_pool(batch)
    classifier.unique_component_id, label.result_label, label.result_prob = 4, "red", 0.5

    pyds.nvds_add_label_info_meta_to_classifier(classifier, label)
    pyds.nvds_add_classifier_meta_to_object(obj, classifier)

    found = pyds.NvDsClassifierMeta.cast(obj.classifier_meta_list.data)
    assert (found.unique_component_id, found.num_labels) == (4, 1)
    assert pyds.NvDsLabelInfo.cast(found.label_info_list.data).result_label == "red"
    pyds.nvds_remove_label_info_meta_from_classifier(classifier, label)
    pyds.nvds_remove_classifier_meta_from_obj(obj, classifier)
    assert obj.classifier_meta_list is None
    assert classifier.label_info_list is None


@pytest.mark.parametrize("count_first", [True, False])
def test_a_text_to_draw_counts_whenever_its_number_is_set(
    batch: Any, frame: Any, portable: PortableBatch, count_first: bool
) -> None:
    display = pyds.nvds_acquire_display_meta_from_pool(batch)

    if count_first:
        display.num_labels = 1
    text = display.text_params[0]
    text.display_text, text.x_offset, text.set_bg_clr = "Frame Number=3", 10, 1
    text.font_params.font_name, text.font_params.font_size = "Serif", 10
    text.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
    text.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
    if not count_first:
        display.num_labels = 1
    pyds.nvds_add_display_meta_to_frame(frame, display)

    (drawn,) = portable.frame_meta_list[0].display_meta_list[0].text_params
    assert (drawn.display_text, drawn.x_offset) == ("Frame Number=3", 10)
    assert (drawn.font_params.font_name, drawn.font_params.font_color.red) == ("Serif", 1.0)
    assert drawn.text_bg_clr.alpha == 1.0


def test_there_are_16_places_of_each_kind_that_live(batch: Any) -> None:
    display = pyds.nvds_acquire_display_meta_from_pool(batch)

    display.rect_params[15].left = 5
    display.num_rects = 16

    assert display.rect_params is not display.rect_params
    assert len(display.line_params) == 16
    assert display.rect_params[15].left == 5
    assert display._meta.rect_params[15].left == 5
    with pytest.raises(ValueError, match="16"):
        display.num_rects = 17


def test_places_that_count_no_more_are_not_drawn(batch: Any) -> None:
    display = pyds.nvds_acquire_display_meta_from_pool(batch)
    display.num_circles = 2

    display.num_circles = 1

    assert len(display._meta.circle_params) == display.num_circles == 1


@pytest.mark.parametrize("kind", ["frame", "obj", "batch"])
def test_user_metadata_goes_in_and_out(batch: Any, frame: Any, kind: str) -> None:
    _add_objects(batch, frame, "car")
    obj = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)
    target, name = {
        "frame": (frame, "frame_user_meta_list"),
        "obj": (obj, "obj_user_meta_list"),
        "batch": (batch, "batch_user_meta_list"),
    }[kind]
    user = pyds.nvds_acquire_user_meta_from_pool(batch)

    user.user_meta_data = obj
    user.base_meta.meta_type = pyds.NvDsMetaType.NVDS_EVENT_MSG_META
    getattr(pyds, f"nvds_add_user_meta_to_{kind}")(target, user)

    found = pyds.NvDsUserMeta.cast(getattr(target, name).data)
    assert found is user
    assert found._meta.base_meta.meta_type == EVENT_MSG_META
    assert pyds.NvDsObjectMeta.cast(found.user_meta_data) is obj
    suffix = "object" if kind == "obj" else kind
    getattr(pyds, f"nvds_remove_user_meta_from_{suffix}")(target, user)
    assert getattr(target, name) is None


@pytest.mark.parametrize("wrong", [5, "text", {"a": 1}])
def test_user_metadata_holds_capsules_and_pyds_objects_only(batch: Any, wrong: Any) -> None:
    user = pyds.nvds_acquire_user_meta_from_pool(batch)

    with pytest.raises(TypeError):
        user.user_meta_data = wrong
    user.user_meta_data = None

    assert user.user_meta_data is None


def test_what_is_not_there_cannot_be_removed(batch: Any, frame: Any) -> None:
    with pytest.raises(ValueError, match="not in the list"):
        pyds.nvds_remove_obj_meta_from_frame(frame, pyds.nvds_acquire_obj_meta_from_pool(batch))


def test_arguments_of_the_wrong_class_are_refused(batch: Any, frame: Any) -> None:
    obj = pyds.nvds_acquire_obj_meta_from_pool(batch)

    with pytest.raises(TypeError, match="NvDsFrameMeta"):
        pyds.nvds_add_obj_meta_to_frame(batch, obj, None)
    with pytest.raises(TypeError, match="NvDsBatchMeta"):
        pyds.nvds_acquire_obj_meta_from_pool(None)


def test_a_list_is_cleared(batch: Any, frame: Any) -> None:
    _add_objects(batch, frame, "A", "B", "C")

    pyds.nvds_clear_obj_meta_list(frame, frame.obj_meta_list.next)

    assert _labels(frame) == ["C"]
    pyds.nvds_clear_meta_list(batch, frame.obj_meta_list, batch.obj_meta_pool)
    assert frame.obj_meta_list is None


def test_a_list_is_copied(batch: Any, frame: Any) -> None:
    _add_objects(batch, frame, "A", "B")

    pyds.nvds_copy_frame_meta_list(batch.frame_meta_list, batch)

    twin = pyds.nvds_get_nth_frame_meta(batch.frame_meta_list, 1)
    assert twin is not frame
    assert _labels(twin) == ["B", "A"]
    whole = pyds.NvDsBatchMeta.cast(pyds.nvds_batch_meta_copy_func(batch, None))
    assert (whole is not batch, whole.num_frames_in_batch) == (True, 2)


def test_the_lock_keeps_other_threads_out_and_can_be_taken_twice(batch: Any) -> None:
    order: list[str] = []

    def other() -> None:
        pyds.nvds_acquire_meta_lock(batch)
        order.append("other")
        pyds.nvds_release_meta_lock(batch)

    pyds.nvds_acquire_meta_lock(batch)
    pyds.nvds_acquire_meta_lock(batch)
    thread = threading.Thread(target=other)
    thread.start()
    pyds.nvds_release_meta_lock(batch)
    order.append("first")
    pyds.nvds_release_meta_lock(batch)
    thread.join()

    assert order == ["first", "other"]


def test_a_program_copies_and_releases_its_own_data(batch: Any, frame: Any) -> None:
    told: list[str] = []
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    data = pyds.alloc_custom_struct(user)
    data.structId, data.message, data.sampleInt = 1, "before", 7
    user.user_meta_data = data
    pyds.nvds_add_user_meta_to_frame(frame, user)

    def duplicate(meta: Any, _: Any) -> Any:
        told.append("copied")
        source = pyds.CustomDataStruct.cast(pyds.NvDsUserMeta.cast(meta).user_meta_data)
        twin = pyds.CustomDataStruct()
        twin.message = pyds.get_string(source.message) + " copied"
        return twin

    pyds.user_copyfunc(user, duplicate)
    pyds.user_releasefunc(user, lambda *_: told.append("released"))
    copy = batch._meta.copy()

    (twin,) = copy.frame_meta_list[0].frame_user_meta_list
    assert (twin.user_meta_data.message, data._meta.message) == ("before copied", "before")
    del twin, copy
    assert told == ["copied", "released"]


def test_the_example_structure_is_copied_with_its_batch(batch: Any, frame: Any) -> None:
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    data = pyds.alloc_custom_struct(user)
    data.message = "text"
    user.user_meta_data = data
    pyds.nvds_add_user_meta_to_frame(frame, user)

    (twin,) = batch._meta.copy().frame_meta_list[0].frame_user_meta_list
    data.message = "changed"

    assert twin.user_meta_data.message == "text"
    found = pyds.CustomDataStruct.cast(user.user_meta_data)
    assert pyds.get_string(found.message) == "changed"


def test_the_lock_is_that_of_all_who_write(portable: PortableBatch, buffer: Gst.Buffer) -> None:
    view = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    of_writing: Any = lock(portable)
    entered: list[bool] = []

    pyds.nvds_acquire_meta_lock(view)
    other = threading.Thread(target=lambda: entered.append(of_writing.acquire(blocking=False)))
    other.start()
    other.join(10)
    pyds.nvds_release_meta_lock(view)

    assert entered == [False]

"""Views: identity, life, casts, and the rules of fields."""

from __future__ import annotations

import copy
import pickle
import weakref
from typing import Any, cast

import numpy as np
import pytest

from pythia.compat import pyds as look_alike
from pythia.compat.pyds.views import show
from pythia.meta.portable import PortableBatch, PortableFrame, PortableObject

pyds: Any = look_alike


@pytest.fixture
def batch() -> Any:
    made = PortableBatch(max_frames_in_batch=2)
    for number in (3, 4):
        frame = PortableFrame(frame_num=number)
        for label in ("car", "person"):
            frame.add_obj(PortableObject(obj_label=label))
        made.add_frame(frame)
    return show(pyds.NvDsBatchMeta, made, made)


@pytest.fixture
def frame(batch: Any) -> Any:
    return pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)


@pytest.fixture
def obj(frame: Any) -> Any:
    return pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)


def test_a_list_ends_with_none_in_both_directions(batch: Any) -> None:
    head = batch.frame_meta_list

    assert head.prev is None
    assert head.next.next is None
    assert pyds.NvDsFrameMeta.cast(head.next.prev.data).frame_num == 3


def test_an_empty_list_is_none(obj: Any) -> None:
    assert obj.classifier_meta_list is None


def test_data_is_a_new_opaque_handle_at_each_read(batch: Any) -> None:
    head = batch.frame_meta_list

    assert head.data != head.data
    assert type(head.data).__name__ == "PyCapsule"
    with pytest.raises(AttributeError):
        _ = head.data.frame_num


def test_a_list_is_neither_sized_nor_iterable(batch: Any) -> None:
    with pytest.raises(TypeError):
        len(batch.frame_meta_list)
    with pytest.raises(TypeError):
        iter(batch.frame_meta_list)


def test_the_node_behind_a_removed_item_is_still_the_right_one(frame: Any) -> None:
    node = frame.obj_meta_list
    behind = node.next

    pyds.nvds_remove_obj_meta_from_frame(frame, pyds.NvDsObjectMeta.cast(node.data))

    assert pyds.NvDsObjectMeta.cast(behind.data).obj_label == "car"
    assert frame.num_obj_meta == 1


def test_one_metadata_is_one_object_while_it_is_alive(batch: Any, frame: Any) -> None:
    assert pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data) is frame
    assert pyds.NvDsFrameMeta.cast(frame) is frame
    assert frame.cast() is frame


def test_a_view_is_made_anew_when_the_old_one_is_gone(batch: Any) -> None:
    watch = weakref.ref(pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data))

    assert watch() is None
    assert pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data).frame_num == 3


def test_metadata_and_its_base_are_different_objects(frame: Any) -> None:
    assert frame.base_meta is not frame
    assert frame.base_meta is frame.base_meta
    assert frame.base_meta.meta_type == pyds.NvDsMetaType.NVDS_FRAME_META


def test_the_way_back_to_the_batch_is_known(batch: Any, obj: Any) -> None:
    assert obj.base_meta.batch_meta is batch


def test_parts_are_live_and_the_same_object_each_time(obj: Any) -> None:
    rect = obj.rect_params

    rect.left = 12.5

    assert obj.rect_params is rect
    assert obj.rect_params.left == 12.5
    assert obj._meta.rect_params.left == 12.5


def test_a_part_keeps_the_whole_alive(frame: Any) -> None:
    obj = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)
    watch, colour = cast(Any, weakref.ref(obj)), obj.text_params.font_params.font_color
    del obj

    assert watch() is not None
    assert watch().text_params.font_params.font_color is colour


def test_a_view_keeps_the_whole_of_nothing_alive_in_a_circle(obj: Any) -> None:
    watch = weakref.ref(obj.rect_params)

    assert watch() is None


def test_assigning_a_part_copies_it_by_value(obj: Any) -> None:
    rect = pyds.NvOSD_RectParams()
    rect.left, rect.border_color.red = 7, 0.5
    before = obj.rect_params

    obj.rect_params = rect
    rect.left = 99

    assert (before.left, before.border_color.red) == (7, 0.5)
    with pytest.raises(TypeError):
        obj.rect_params = 3


@pytest.mark.parametrize("nothing", [None, 0])
def test_a_cast_of_nothing_is_none(nothing: Any) -> None:
    assert pyds.NvDsObjectMeta.cast(nothing) is None


@pytest.mark.parametrize("wrong", ["x", 1.0, -1])
def test_a_cast_of_anything_else_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError):
        pyds.NvDsObjectMeta.cast(wrong)


def test_a_cast_takes_the_address_that_get_ptr_gives(frame: Any) -> None:
    address = pyds.get_ptr(frame.obj_meta_list.data)

    assert address == pyds.get_ptr(pyds.NvDsObjectMeta.cast(address))
    assert pyds.NvDsObjectMeta.cast(address).obj_label == "person"
    with pytest.raises(TypeError, match="no metadata is known"):
        pyds.NvDsObjectMeta.cast(12345)


def test_a_cast_to_another_kind_is_refused_instead_of_reading_nonsense(batch: Any) -> None:
    with pytest.raises(TypeError, match="PortableFrame"):
        pyds.NvDsObjectMeta.cast(batch.frame_meta_list.data)


def test_views_have_no_attributes_of_ones_own(obj: Any) -> None:
    with pytest.raises(AttributeError):
        obj.note = 1
    with pytest.raises(AttributeError):
        obj.rect_params.note = 1


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_views_are_neither_copied_nor_pickled(obj: Any, duplicate: Any) -> None:
    with pytest.raises(TypeError, match="pickle"):
        duplicate(obj)


def test_a_copy_of_the_metadata_has_a_view_of_its_own(obj: Any) -> None:
    twin = copy.deepcopy(obj._meta)

    assert show(pyds.NvDsObjectMeta, twin) is not obj
    assert show(pyds.NvDsObjectMeta, obj._meta.copy()) is not obj


def test_floats_are_those_of_32_bits(obj: Any) -> None:
    obj.confidence = 0.52

    assert obj.confidence == 0.5199999809265137


@pytest.mark.parametrize("number", [2, 2.5, np.float32(2.5), np.int64(2)])
def test_float_fields_take_numbers_of_any_kind(obj: Any, number: Any) -> None:
    obj.rect_params.left = number

    assert obj.rect_params.left == number


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("confidence", "0.5"),
        ("confidence", None),
        ("class_id", 2.0),
        ("class_id", "2"),
        ("class_id", 2**31),
        ("object_id", -1),
        ("object_id", 2**64),
        ("obj_label", 5),
        ("obj_label", None),
        ("misc_obj_info", np.zeros(4)),
        ("parent", 5),
    ],
)
def test_values_of_the_wrong_kind_are_type_errors(obj: Any, field: str, wrong: Any) -> None:
    with pytest.raises(TypeError):
        setattr(obj, field, wrong)


@pytest.mark.parametrize("field", ["x_offset", "y_offset"])
@pytest.mark.parametrize("wrong", [-1, 1.5])
def test_offsets_are_not_negative_and_whole(obj: Any, field: str, wrong: Any) -> None:
    with pytest.raises(TypeError):
        setattr(obj.text_params, field, wrong)


def test_object_ids_span_64_bits(obj: Any) -> None:
    assert obj.object_id == 2**64 - 1

    obj.object_id = 2**63 + 1

    assert obj.object_id == 2**63 + 1


def test_misc_numbers_show_the_halves_of_the_first_two(obj: Any) -> None:
    obj.misc_obj_info[2] = 7

    assert obj.misc_obj_info.dtype == np.int32
    assert list(obj.misc_obj_info) == [0, 0, 7, 0]
    assert obj._meta.misc_obj_info[1] == 7


def test_a_lock_without_a_python_type_cannot_be_read(batch: Any) -> None:
    with pytest.raises(TypeError):
        _ = batch.meta_mutex


def test_counts_are_what_the_lists_hold(batch: Any, frame: Any) -> None:
    frame.num_obj_meta = 77

    assert (batch.num_frames_in_batch, frame.num_obj_meta) == (2, 2)


def test_structures_can_be_made() -> None:
    found = pyds.NvDsInferObjectDetectionInfo()
    found.classId, found.left, found.detectionConfidence = 2, 0.25, 0.5

    assert (found.classId, found.left, found.top) == (2, 0.25, 0.0)
    assert pyds.NvDsInferObjectDetectionInfo.cast(found) is found

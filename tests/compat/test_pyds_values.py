"""Enumerations, and the five rules of texts."""

from __future__ import annotations

import ctypes
import gc
from typing import Any

import pytest

from pythia.compat import pyds as look_alike
from pythia.compat.pyds.views import show
from pythia.meta.portable import PortableLabel, PortableObject, PortableUser

pyds: Any = look_alike


@pytest.fixture
def obj() -> Any:
    return show(pyds.NvDsObjectMeta, PortableObject())


def test_an_enum_is_no_int_but_equals_it_both_ways() -> None:
    member = pyds.NvDsMetaType.NVDS_USER_META

    assert not isinstance(member, int)
    assert member == 7
    assert 7 == member  # noqa: SIM300 - the other way is the point
    assert (int(member), hash(member), "abcdefgh"[member]) == (7, hash(7), "h")
    assert member != None  # noqa: E711
    assert {7: "found"}[member] == "found"


def test_an_enum_has_no_order() -> None:
    with pytest.raises(TypeError):
        _ = pyds.NvDsMetaType.NVDS_USER_META < pyds.NvDsMetaType.NVDS_OBJ_META


def test_members_are_names_of_the_module_too() -> None:
    assert pyds.NVDSINFER_TENSOR_OUTPUT_META is pyds.NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META
    assert pyds.NVBUF_MEM_CUDA_UNIFIED == 3
    assert pyds.NvDsMetaType(12) is pyds.NVDSINFER_TENSOR_OUTPUT_META


def test_an_unknown_number_has_no_name() -> None:
    unknown = pyds.NvDsMetaType(8200)

    assert (unknown.name, unknown.value, int(unknown)) == ("???", 8200, 8200)
    assert unknown == pyds.NvDsMetaType(8200)


def test_names_and_texts_of_a_member() -> None:
    member = pyds.NvDsObjectType.NVDS_OBJECT_TYPE_PERSON

    assert member.name == "NVDS_OBJECT_TYPE_PERSON"
    assert str(member) == "NvDsObjectType.NVDS_OBJECT_TYPE_PERSON"
    assert repr(member) == "<NvDsObjectType.NVDS_OBJECT_TYPE_PERSON: 1>"
    assert pyds.NvDsObjectType.__members__["NVDS_OBJECT_TYPE_BAG"] == 3


@pytest.mark.parametrize("wrong", ["7", 7.0, None])
def test_an_enum_is_made_of_whole_numbers_only(wrong: Any) -> None:
    with pytest.raises(TypeError):
        pyds.NvDsMetaType(wrong)


def test_a_field_of_an_enum_refuses_numbers() -> None:
    user = show(pyds.NvDsUserMeta, PortableUser())

    with pytest.raises(TypeError, match="NvDsMetaType"):
        user.base_meta.meta_type = 8200
    user.base_meta.meta_type = pyds.NvDsMetaType(8200)

    assert user.base_meta.meta_type == 8200


def test_the_number_of_a_named_kind_stays_the_same() -> None:
    number = pyds.nvds_get_user_meta_type("MY.OWN.META")

    assert type(number) is int
    assert number > 8193
    assert pyds.nvds_get_user_meta_type("MY.OWN.META") == number
    assert pyds.nvds_get_user_meta_type("MY.OTHER.META") != number


def test_a_named_kind_is_a_number_here_and_a_name_for_the_iterators() -> None:
    portable = PortableUser()
    user = show(pyds.NvDsUserMeta, portable)
    number = pyds.nvds_get_user_meta_type("MY.OWN.META")

    user.base_meta.meta_type = pyds.NvDsMetaType(number)

    assert portable.base_meta.meta_type == "MY.OWN.META"
    assert user.base_meta.meta_type == number


def test_labels_are_str_both_ways_and_end_where_they_end(obj: Any) -> None:
    obj.obj_label = "pedestrian"
    obj.obj_label = "car"

    assert obj.obj_label == "car"


def test_a_text_ends_at_its_nul(obj: Any) -> None:
    obj.obj_label = "car\0"
    obj.text_params.display_text = "one\0two"

    assert obj.obj_label == "car"
    assert pyds.get_string(obj.text_params.display_text) == "one"


def test_a_label_is_cut_where_it_would_not_fit(obj: Any) -> None:
    obj.obj_label = "ä" * 200

    assert obj.obj_label == "ä" * 63  # 126 bytes and the end: the next one would break


def test_a_long_result_is_read_whole() -> None:
    label = show(pyds.NvDsLabelInfo, PortableLabel(result_label="short"))
    assert label.pResult_label is None

    label.pResult_label = "l" * 200

    assert label.pResult_label == "l" * 200


@pytest.mark.parametrize("text", ["frame 7, Ä", "", b"bytes"])
def test_a_display_text_is_read_as_an_address(obj: Any, text: Any) -> None:
    obj.text_params.display_text = text
    address = obj.text_params.display_text

    assert type(address) is int
    assert pyds.get_string(address) == (text if isinstance(text, str) else text.decode())
    assert ctypes.string_at(address) == (text if isinstance(text, bytes) else text.encode())


def test_the_address_of_a_text_is_good_as_long_as_the_metadata_has_it(obj: Any) -> None:
    obj.text_params.display_text = "kept"
    address = obj.text_params.display_text
    portable = obj._meta

    del obj
    gc.collect()

    assert pyds.get_string(address) == "kept"
    assert show(pyds.NvDsObjectMeta, portable).text_params.display_text == address


def test_a_text_that_is_not_set_is_0(obj: Any) -> None:
    assert obj.text_params.display_text == 0
    assert pyds.get_string(0) is None


@pytest.mark.parametrize("wrong", [None, 5])
def test_a_text_must_be_a_text(obj: Any, wrong: Any) -> None:
    with pytest.raises(TypeError):
        obj.text_params.display_text = wrong
    with pytest.raises(TypeError):
        pyds.get_string("text")


def test_equal_fonts_share_one_address() -> None:
    fonts = [pyds.NvOSD_FontParams(), pyds.NvOSD_FontParams()]
    for font in fonts:
        font.font_name = "Serif"

    assert fonts[0].font_name == fonts[1].font_name
    assert pyds.get_string(fonts[0].font_name) == "Serif"


def test_memory_by_address_is_the_programs_until_it_is_freed() -> None:
    address = pyds.alloc_buffer(32)

    ctypes.memmove(address, b"written", 7)

    twin = pyds.strdup(address)
    assert (pyds.get_string(address), pyds.strdup2str(twin)) == ("written", "written")
    assert ctypes.string_at(pyds.memdup(address, 4), 4) == b"writ"
    for block in (address, twin, 0):
        pyds.free_buffer(block)


def test_metadata_can_be_duplicated_by_address(obj: Any) -> None:
    obj.obj_label = "twin"

    address = pyds.memdup(pyds.get_ptr(obj), 552)

    twin = pyds.NvDsObjectMeta.cast(address)
    assert twin is not obj
    assert twin.obj_label == "twin"
    pyds.free_buffer(address)

"""Batches, frames, objects, classifications, labels and user metadata."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pythia.compat.pyds.enums import Enum, NvDsMetaType
from pythia.compat.pyds.glist import linked
from pythia.compat.pyds.meta_types import name_or_number, number_of
from pythia.compat.pyds.osd import (
    NvDsComp_BboxInfo,
    NvOSD_MaskParams,
    NvOSD_RectParams,
    NvOSD_TextParams,
)
from pythia.compat.pyds.strings import LABEL_BYTES, label, text_of
from pythia.compat.pyds.views import (
    INT,
    U64,
    UINT,
    Capsule,
    View,
    integer,
    meta_in,
    meta_of,
    part,
    read_only,
    real,
    show,
    show_or_none,
    whole,
)
from pythia.meta import types
from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableUser,
)

__all__ = [
    "NvDsBaseMeta",
    "NvDsBatchMeta",
    "NvDsClassifierMeta",
    "NvDsFrameMeta",
    "NvDsLabelInfo",
    "NvDsMetaPool",
    "NvDsObjectMeta",
    "NvDsUserMeta",
]


class NvDsBaseMeta(View, kind=PortableBase):
    """What all metadata share."""

    __slots__ = ()

    uContext = property(lambda _: None)

    @property
    def meta_type(self) -> Enum:
        """The kind; a number without a name for user metadata of one's own."""
        member: Enum = NvDsMetaType(number_of(self._meta.meta_type))
        return member

    @meta_type.setter
    def meta_type(self, value: Any) -> None:
        if not isinstance(value, NvDsMetaType):
            raise TypeError(
                f"meta_type: a NvDsMetaType is needed, not {value!r}; NvDsMetaType(n) makes one"
            )
        self._meta.meta_type = name_or_number(int(value))

    @property
    def batch_meta(self) -> Any:
        """The batch that it belongs to; None if that is not known."""
        whole = self._owner
        return None if whole is None else show_or_none(NvDsBatchMeta, whole._owner)

    @batch_meta.setter
    def batch_meta(self, value: Any) -> None:
        if self._owner is not None:
            self._owner._owner = None if value is None else meta_of(value, NvDsBatchMeta, "batch")


class WithBase(View):
    """Metadata whose class says its kind, ``_type``; its base is made when it is asked for."""

    __slots__ = ("_base",)

    _type: ClassVar[int]
    _base: PortableBase

    def _kind_of_meta(self) -> PortableBase:
        try:
            return self._base
        except AttributeError:
            self._base = PortableBase(self._type)
            return self._base

    @property
    def base_meta(self) -> Any:
        """Kind and batch."""
        return show(NvDsBaseMeta, self._kind_of_meta(), self)


def _count(name: str) -> property:
    """A number of items, which the list itself knows."""
    get = read_only(name).fget
    assert get is not None

    def write(_: View, value: Any) -> None:
        # DeepStream's own functions count, too; programs that count besides them do no harm.
        whole(value, *UINT, name)

    return property(get, write)


def _misc(name: str) -> property:
    """Room for a program's own numbers: four of 64 bits, shown as pyds does, as int32."""

    def read(view: View) -> NDArray[np.int32]:
        values = getattr(view._meta, name)
        if not isinstance(values, np.ndarray):
            values = np.array(values, np.int64)
            setattr(view._meta, name, values)
        shown: NDArray[np.int32] = values.view(np.int32)[:4]
        return shown

    return property(read, refuse_array)


def refuse_array(_: View, value: Any) -> None:
    raise TypeError(f"an array cannot be assigned ({value!r}); write to its elements")


RESERVED = property(lambda _: np.zeros(4, np.int32), refuse_array)


class NvDsMetaPool(
    View,
    fields={
        "meta_type": 0,
        "max_elements_in_pool": 0,
        "element_size": 0,
        "num_empty_elements": 0,
        "num_full_elements": 0,
    },
):
    """A pool of metadata; here they come from Python's memory, so all numbers are 0."""

    __slots__ = ()

    @property
    def meta_type(self) -> Enum:
        """Kind of the metadata."""
        member: Enum = NvDsMetaType(self._meta.meta_type)
        return member

    max_elements_in_pool, element_size, num_empty_elements, num_full_elements = map(
        read_only,
        ("max_elements_in_pool", "element_size", "num_empty_elements", "num_full_elements"),
    )
    empty_list = full_list = property(lambda _: None)


def _pool(meta_type: int) -> property:
    def read(_: View) -> NvDsMetaPool:
        pool = NvDsMetaPool()
        pool._meta.meta_type = meta_type
        return pool

    return property(read)


class NvDsBatchMeta(WithBase, kind=PortableBatch):
    """All frames that travel in one buffer."""

    __slots__ = ()

    _type = types.BATCH_META
    max_frames_in_batch = integer("max_frames_in_batch", *UINT)
    num_frames_in_batch = _count("num_frames_in_batch")
    frame_meta_list = linked("frame_meta_list")
    batch_user_meta_list = linked("batch_user_meta_list")
    misc_batch_info = _misc("misc_batch_info")
    reserved = RESERVED
    frame_meta_pool = _pool(types.FRAME_META)
    obj_meta_pool = _pool(types.OBJ_META)
    classifier_meta_pool = _pool(types.CLASSIFIER_META)
    display_meta_pool = _pool(types.DISPLAY_META)
    user_meta_pool = _pool(types.USER_META)
    label_info_meta_pool = _pool(types.LABEL_INFO_META)

    @property
    def meta_mutex(self) -> Any:
        """Not readable, as in pyds; nvds_acquire_meta_lock() takes it."""
        raise TypeError("meta_mutex has no Python type; use nvds_acquire_meta_lock(batch_meta)")


class NvDsFrameMeta(WithBase, kind=PortableFrame):
    """One frame of a batch; times are in ns."""

    __slots__ = ()

    _type = types.FRAME_META
    pad_index = integer("pad_index", *UINT)
    batch_id = integer("batch_id", *UINT)
    frame_num = integer("frame_num", *INT)
    buf_pts = integer("buf_pts", *U64)
    ntp_timestamp = integer("ntp_timestamp", *U64)
    source_id = integer("source_id", *UINT)
    num_surfaces_per_frame = integer("num_surfaces_per_frame", *INT)
    source_frame_width = integer("source_frame_width", *UINT)
    source_frame_height = integer("source_frame_height", *UINT)
    surface_type = integer("surface_type", *UINT)
    surface_index = integer("surface_index", *UINT)
    num_obj_meta = _count("num_obj_meta")
    bInferDone = integer("bInferDone", *INT)
    obj_meta_list = linked("obj_meta_list")
    display_meta_list = linked("display_meta_list")
    frame_user_meta_list = linked("frame_user_meta_list")
    misc_frame_info = _misc("misc_frame_info")
    reserved = RESERVED


class NvDsObjectMeta(WithBase, kind=PortableObject):
    """One detected object."""

    __slots__ = ()

    _type = types.OBJ_META
    unique_component_id = integer("unique_component_id", *INT)
    class_id = integer("class_id", *INT)
    object_id = integer("object_id", *U64)
    confidence = real("confidence")
    tracker_confidence = real("tracker_confidence")
    obj_label = label("obj_label")
    rect_params = part("rect_params", NvOSD_RectParams)
    mask_params = part("mask_params", NvOSD_MaskParams)
    text_params = part("text_params", NvOSD_TextParams)
    detector_bbox_info = part("detector_bbox_info", NvDsComp_BboxInfo)
    tracker_bbox_info = part("tracker_bbox_info", NvDsComp_BboxInfo)
    classifier_meta_list = linked("classifier_meta_list")
    obj_user_meta_list = linked("obj_user_meta_list")
    misc_obj_info = _misc("misc_obj_info")
    reserved = RESERVED

    @property
    def parent(self) -> Any:
        """The object that it was found on, or None."""
        return show_or_none(NvDsObjectMeta, self._meta.parent, self._owner)

    @parent.setter
    def parent(self, value: Any) -> None:
        self._meta.parent = None if value is None else meta_of(value, NvDsObjectMeta, "parent")


class NvDsClassifierMeta(WithBase, kind=PortableClassifier):
    """What one classifier says of an object."""

    __slots__ = ()

    _type = types.CLASSIFIER_META
    num_labels = _count("num_labels")
    unique_component_id = integer("unique_component_id", *INT)
    label_info_list = linked("label_info_list")


class NvDsLabelInfo(WithBase, kind=PortableLabel):
    """One attribute found by a classifier."""

    __slots__ = ()

    _type = types.LABEL_INFO_META
    num_classes = integer("num_classes", *UINT)
    result_label = label("result_label")
    result_class_id = integer("result_class_id", *UINT)
    label_id = integer("label_id", *UINT)
    result_prob = real("result_prob")

    @property
    def pResult_label(self) -> str | None:
        """The label, if it is too long for ``result_label``; else None."""
        whole_label: str = self._meta.result_label
        return whole_label if len(whole_label.encode()) >= LABEL_BYTES else None

    @pResult_label.setter
    def pResult_label(self, value: Any) -> None:
        self._meta.result_label = text_of(value, "pResult_label")


class NvDsUserMeta(View, kind=PortableUser):
    """Anything a component hangs on a batch, frame or object."""

    __slots__ = ()

    base_meta = part("base_meta", NvDsBaseMeta)

    @property
    def user_meta_data(self) -> Capsule | None:
        """A handle of it, to be cast; None if there is nothing."""
        data = self._meta.user_meta_data
        return None if data is None else Capsule(data, self._owner)

    @user_meta_data.setter
    def user_meta_data(self, value: Any) -> None:
        self._meta.user_meta_data = None if value is None else meta_in(value, "user_meta_data")

"""Whole lists of metadata: cleared, copied, looked up, and their nodes viewed by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pythia.compat.pyds.core_meta import (
    NvDsBatchMeta,
    NvDsClassifierMeta,
    NvDsFrameMeta,
    NvDsLabelInfo,
    NvDsMetaPool,
    NvDsObjectMeta,
    NvDsUserMeta,
)
from pythia.compat.pyds.display_meta import NvDsDisplayMeta
from pythia.compat.pyds.glist import items_of
from pythia.compat.pyds.inference import NvDsInferTensorMeta
from pythia.compat.pyds.views import Capsule, View, capsule_cast, meta_in, meta_of, show, whole
from pythia.meta.portable import (
    PortableBatch,
    PortableFrame,
)

__all__ = [
    "glist_get_nvds_batch_meta",
    "glist_get_nvds_classifier_meta",
    "glist_get_nvds_display_meta",
    "glist_get_nvds_frame_meta",
    "glist_get_nvds_label_info",
    "glist_get_nvds_object_meta",
    "glist_get_nvds_tensor_meta",
    "glist_get_nvds_user_meta",
    "nvds_batch_meta_copy_func",
    "nvds_batch_meta_release_func",
    "nvds_clear_batch_user_meta_list",
    "nvds_clear_display_meta_list",
    "nvds_clear_frame_meta_list",
    "nvds_clear_frame_user_meta_list",
    "nvds_clear_meta_list",
    "nvds_clear_obj_meta_list",
    "nvds_clear_obj_user_meta_list",
    "nvds_copy_batch_user_meta_list",
    "nvds_copy_display_meta_list",
    "nvds_copy_frame_meta_list",
    "nvds_copy_frame_user_meta_list",
    "nvds_copy_obj_meta_list",
    "nvds_get_nth_frame_meta",
]


def nvds_get_nth_frame_meta(frame_meta_list: Any, index: int) -> Any:
    """The frame at a place of a list, from 0; None behind its end."""
    frames = items_of(frame_meta_list, "frame_meta_list")
    place = whole(index, 0, 2**31 - 1, "index")
    if place >= len(frames):
        return None
    return show(NvDsFrameMeta, frames[place], frame_meta_list._owner)


def _clear(whole_: Any, cls: type[View], name: str, meta_list: Any) -> None:
    target = getattr(meta_of(whole_, cls, name), name)
    gone = {id(item) for item in items_of(meta_list, "meta_list")}
    target[:] = [item for item in target if id(item) not in gone]


def nvds_clear_frame_meta_list(batch_meta: Any, meta_list: Any) -> None:
    """Take the frames of a list off."""
    _clear(batch_meta, NvDsBatchMeta, "frame_meta_list", meta_list)


def nvds_clear_obj_meta_list(frame_meta: Any, meta_list: Any) -> None:
    """Take the objects of a list off."""
    _clear(frame_meta, NvDsFrameMeta, "obj_meta_list", meta_list)


def nvds_clear_display_meta_list(frame_meta: Any, meta_list: Any) -> None:
    """Take the shapes of a list off."""
    _clear(frame_meta, NvDsFrameMeta, "display_meta_list", meta_list)


def nvds_clear_batch_user_meta_list(batch_meta: Any, meta_list: Any) -> None:
    """Take the user metadata of a list off."""
    _clear(batch_meta, NvDsBatchMeta, "batch_user_meta_list", meta_list)


def nvds_clear_frame_user_meta_list(frame_meta: Any, meta_list: Any) -> None:
    """Take the user metadata of a list off."""
    _clear(frame_meta, NvDsFrameMeta, "frame_user_meta_list", meta_list)


def nvds_clear_obj_user_meta_list(object_meta: Any, meta_list: Any) -> None:
    """Take the user metadata of a list off."""
    _clear(object_meta, NvDsObjectMeta, "obj_user_meta_list", meta_list)


def nvds_clear_meta_list(batch_meta: Any, meta_list: Any, meta_pool: Any) -> None:
    """Take the metadata of a list off the batch, wherever in it they hang."""
    batch = meta_of(batch_meta, NvDsBatchMeta, "batch_meta")
    meta_of(meta_pool, NvDsMetaPool, "meta_pool")
    gone = {id(item) for item in items_of(meta_list, "meta_list")}
    for container in _lists_in(batch):
        container[:] = [item for item in container if id(item) not in gone]


def _lists_in(batch: PortableBatch) -> list[list[Any]]:
    lists: list[list[Any]] = [batch.frame_meta_list, batch.batch_user_meta_list]
    for frame in batch.frame_meta_list:
        lists += [frame.obj_meta_list, frame.display_meta_list, frame.frame_user_meta_list]
        for obj in frame.obj_meta_list:
            lists += [obj.classifier_meta_list, obj.obj_user_meta_list]
            lists += [classifier.label_info_list for classifier in obj.classifier_meta_list]
    return lists


def _copy(items: Any, add: Callable[[Any], None]) -> None:
    for item in items_of(items, "source list"):
        add(item.copy())


def nvds_copy_frame_meta_list(src_frame_meta_list: Any, dst_batch_meta: Any) -> None:
    """Append copies of frames."""
    batch: PortableBatch = meta_of(dst_batch_meta, NvDsBatchMeta, "dst_batch_meta")
    _copy(src_frame_meta_list, batch.add_frame)


def nvds_copy_obj_meta_list(src_obj_meta_list: Any, dst_object_meta: Any) -> None:
    """Prepend copies of objects, one by one, to a frame."""
    frame: PortableFrame = meta_of(dst_object_meta, NvDsFrameMeta, "dst_object_meta")
    for obj in items_of(src_obj_meta_list, "src_obj_meta_list"):
        frame.add_obj(obj.copy(), obj.parent)


def nvds_copy_display_meta_list(src_display_meta: Any, dst_frame_meta: Any) -> None:
    """Prepend copies of shapes, one by one."""
    frame: PortableFrame = meta_of(dst_frame_meta, NvDsFrameMeta, "dst_frame_meta")
    _copy(src_display_meta, frame.add_display)


def nvds_copy_frame_user_meta_list(src_user_meta_list: Any, dst_frame_meta: Any) -> None:
    """Prepend copies of user metadata, one by one."""
    frame: PortableFrame = meta_of(dst_frame_meta, NvDsFrameMeta, "dst_frame_meta")
    _copy(src_user_meta_list, frame.add_user)


def nvds_copy_batch_user_meta_list(src_user_meta_list: Any, dst_batch_meta: Any) -> None:
    """Append copies of user metadata."""
    batch: PortableBatch = meta_of(dst_batch_meta, NvDsBatchMeta, "dst_batch_meta")
    _copy(src_user_meta_list, batch.add_user)


def nvds_batch_meta_copy_func(data: Any, user_meta: Any) -> Capsule:
    """A copy of a batch."""
    batch = meta_in(data, "nvds_batch_meta_copy_func()")
    if not isinstance(batch, PortableBatch):
        raise TypeError(f"data: a batch is needed, not {type(batch).__name__}")
    copy = batch.copy()
    return Capsule(copy, copy)


def nvds_batch_meta_release_func(data: Any, user_data: Any) -> None:
    """Nothing: a batch is Python's memory."""
    meta_in(data, "nvds_batch_meta_release_func()")


glist_get_nvds_batch_meta = capsule_cast(NvDsBatchMeta)
glist_get_nvds_frame_meta = capsule_cast(NvDsFrameMeta)
glist_get_nvds_object_meta = capsule_cast(NvDsObjectMeta)
glist_get_nvds_display_meta = capsule_cast(NvDsDisplayMeta)
glist_get_nvds_classifier_meta = capsule_cast(NvDsClassifierMeta)
glist_get_nvds_label_info = capsule_cast(NvDsLabelInfo)
glist_get_nvds_user_meta = capsule_cast(NvDsUserMeta)
glist_get_nvds_tensor_meta = capsule_cast(NvDsInferTensorMeta)

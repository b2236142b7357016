"""Metadata made, hung on, taken off, and the lock.

There is no pool: metadata is Python's memory, so what was acquired and never added is simply
forgotten, and what was removed stays good while somebody holds it.
"""

from __future__ import annotations

from typing import Any

from pythia.compat.pyds.core_meta import (
    NvDsBatchMeta,
    NvDsClassifierMeta,
    NvDsFrameMeta,
    NvDsLabelInfo,
    NvDsObjectMeta,
    NvDsUserMeta,
)
from pythia.compat.pyds.display_meta import NvDsDisplayMeta
from pythia.compat.pyds.user_data import PydsUser
from pythia.compat.pyds.views import U64, View, meta_of, show, whole
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch
from pythia.meta.portable_writing import lock

__all__ = [
    "gst_buffer_add_nvds_meta",
    "gst_buffer_get_nvds_batch_meta",
    "nvds_acquire_classifier_meta_from_pool",
    "nvds_acquire_display_meta_from_pool",
    "nvds_acquire_frame_meta_from_pool",
    "nvds_acquire_label_info_meta_from_pool",
    "nvds_acquire_meta_lock",
    "nvds_acquire_obj_meta_from_pool",
    "nvds_acquire_user_meta_from_pool",
    "nvds_add_classifier_meta_to_object",
    "nvds_add_display_meta_to_frame",
    "nvds_add_frame_meta_to_batch",
    "nvds_add_label_info_meta_to_classifier",
    "nvds_add_obj_meta_to_frame",
    "nvds_add_user_meta_to_batch",
    "nvds_add_user_meta_to_frame",
    "nvds_add_user_meta_to_obj",
    "nvds_create_batch_meta",
    "nvds_destroy_batch_meta",
    "nvds_get_current_metadata_info",
    "nvds_release_meta_lock",
    "nvds_remove_classifier_meta_from_obj",
    "nvds_remove_display_meta_from_frame",
    "nvds_remove_frame_meta_from_batch",
    "nvds_remove_label_info_meta_from_classifier",
    "nvds_remove_obj_meta_from_frame",
    "nvds_remove_user_meta_from_batch",
    "nvds_remove_user_meta_from_frame",
    "nvds_remove_user_meta_from_object",
]


def gst_buffer_get_nvds_batch_meta(buffer: int) -> Any:
    """The batch of the buffer whose ``hash()`` is given; None if it has none.

    Raises:
        TypeError: it is not an address, but the buffer itself, for example.
    """
    address = whole(buffer, *U64, "gst_buffer_get_nvds_batch_meta(): hash(gst_buffer)")
    batch = carrier.fetch(address) if address else None
    return None if batch is None else show(NvDsBatchMeta, batch, batch)


def gst_buffer_add_nvds_meta(*_: Any) -> None:
    """Cannot be called from Python in any version of pyds: it has no type for a buffer."""
    raise TypeError(
        "gst_buffer_add_nvds_meta() cannot be called from Python; hang user metadata on the batch: "
        "nvds_acquire_user_meta_from_pool() and nvds_add_user_meta_to_batch()"
    )


def nvds_create_batch_meta(max_batch_size: int) -> Any:
    """An empty batch."""
    batch = PortableBatch(whole(max_batch_size, 0, 2**32 - 1, "max_batch_size"))
    return show(NvDsBatchMeta, batch, batch)


def nvds_destroy_batch_meta(batch_meta: Any) -> bool:
    """Empty a batch; its memory is Python's."""
    batch = meta_of(batch_meta, NvDsBatchMeta, "batch_meta")
    batch.frame_meta_list.clear()
    batch.batch_user_meta_list.clear()
    return True


def nvds_get_current_metadata_info(batch_meta: Any) -> bool:
    """Whether there is a batch."""
    return isinstance(batch_meta, NvDsBatchMeta)


def nvds_acquire_meta_lock(batch_meta: Any) -> None:
    """Wait until no other thread has the batch's lock, and take it; it can be taken again."""
    _lock_of(batch_meta).acquire()


def nvds_release_meta_lock(batch_meta: Any) -> None:
    """Give up the batch's lock.

    Raises:
        RuntimeError: this thread has not taken it.
    """
    _lock_of(batch_meta).release()


def _lock_of(batch_meta: Any) -> Any:
    batch = meta_of(batch_meta, NvDsBatchMeta, "batch_meta")
    return lock(batch)  # that of pythia.writing, too


def _acquired(batch_meta: Any, cls: type[View]) -> Any:
    batch = meta_of(batch_meta, NvDsBatchMeta, "batch_meta")
    return show(cls, cls._kind(), batch)


def nvds_acquire_frame_meta_from_pool(batch_meta: Any) -> Any:
    """A new frame."""
    return _acquired(batch_meta, NvDsFrameMeta)


def nvds_acquire_obj_meta_from_pool(batch_meta: Any) -> Any:
    """A new object."""
    return _acquired(batch_meta, NvDsObjectMeta)


def nvds_acquire_classifier_meta_from_pool(batch_meta: Any) -> Any:
    """A new classification."""
    return _acquired(batch_meta, NvDsClassifierMeta)


def nvds_acquire_display_meta_from_pool(batch_meta: Any) -> Any:
    """New shapes to draw, none yet."""
    return _acquired(batch_meta, NvDsDisplayMeta)


def nvds_acquire_label_info_meta_from_pool(batch_meta: Any) -> Any:
    """A new label."""
    return _acquired(batch_meta, NvDsLabelInfo)


def nvds_acquire_user_meta_from_pool(batch_meta: Any) -> Any:
    """New user metadata."""
    batch = meta_of(batch_meta, NvDsBatchMeta, "batch_meta")
    return show(NvDsUserMeta, PydsUser(), batch)


def _pair(place: str, whole_: Any, of: type[View], part: Any, cls: type[View]) -> tuple[Any, Any]:
    """The portable objects of two arguments; the part belongs to the whole's batch from now on."""
    target, item = meta_of(whole_, of, place), meta_of(part, cls, place)
    part._owner = whole_._owner
    return target, item


def nvds_add_frame_meta_to_batch(batch_meta: Any, frame_meta: Any) -> None:
    """Append a frame."""
    batch, frame = _pair("add", batch_meta, NvDsBatchMeta, frame_meta, NvDsFrameMeta)
    batch.add_frame(frame)


def nvds_add_obj_meta_to_frame(frame_meta: Any, obj_meta: Any, obj_parent: Any) -> None:
    """Prepend an object, found on ``obj_parent`` unless that is None."""
    frame, obj = _pair("add", frame_meta, NvDsFrameMeta, obj_meta, NvDsObjectMeta)
    parent = None if obj_parent is None else meta_of(obj_parent, NvDsObjectMeta, "obj_parent")
    frame.add_obj(obj, parent)


def nvds_add_classifier_meta_to_object(obj_meta: Any, classifier_meta: Any) -> None:
    """Prepend a classification."""
    obj, item = _pair("add", obj_meta, NvDsObjectMeta, classifier_meta, NvDsClassifierMeta)
    obj.add_classifier(item)


def nvds_add_display_meta_to_frame(frame_meta: Any, display_meta: Any) -> None:
    """Prepend shapes to draw."""
    frame, item = _pair("add", frame_meta, NvDsFrameMeta, display_meta, NvDsDisplayMeta)
    frame.add_display(item)


def nvds_add_label_info_meta_to_classifier(classifier_meta: Any, label_info_meta: Any) -> None:
    """Prepend a label."""
    target, item = _pair("add", classifier_meta, NvDsClassifierMeta, label_info_meta, NvDsLabelInfo)
    target.add_label(item)


def nvds_add_user_meta_to_batch(batch_meta: Any, user_meta: Any) -> None:
    """Append user metadata."""
    batch, user = _pair("add", batch_meta, NvDsBatchMeta, user_meta, NvDsUserMeta)
    batch.add_user(user)


def nvds_add_user_meta_to_frame(frame_meta: Any, user_meta: Any) -> None:
    """Prepend user metadata."""
    frame, user = _pair("add", frame_meta, NvDsFrameMeta, user_meta, NvDsUserMeta)
    frame.add_user(user)


def nvds_add_user_meta_to_obj(obj_meta: Any, user_meta: Any) -> None:
    """Prepend user metadata."""
    obj, user = _pair("add", obj_meta, NvDsObjectMeta, user_meta, NvDsUserMeta)
    obj.add_user(user)


def _remove(whole_: Any, of: type[View], name: str, part: Any, cls: type[View]) -> None:
    items = getattr(meta_of(whole_, of, name), name)
    item = meta_of(part, cls, name)
    if item not in items:
        raise ValueError(f"{name}: the {cls.__name__} to remove is not in the list")
    items.remove(item)


def nvds_remove_frame_meta_from_batch(batch_meta: Any, frame_meta: Any) -> None:
    """Take a frame off."""
    _remove(batch_meta, NvDsBatchMeta, "frame_meta_list", frame_meta, NvDsFrameMeta)


def nvds_remove_obj_meta_from_frame(frame_meta: Any, obj_meta: Any) -> None:
    """Take an object off."""
    _remove(frame_meta, NvDsFrameMeta, "obj_meta_list", obj_meta, NvDsObjectMeta)


def nvds_remove_classifier_meta_from_obj(obj_meta: Any, classifier_meta: Any) -> None:
    """Take a classification off."""
    _remove(obj_meta, NvDsObjectMeta, "classifier_meta_list", classifier_meta, NvDsClassifierMeta)


def nvds_remove_display_meta_from_frame(frame_meta: Any, display_meta: Any) -> None:
    """Take shapes off."""
    _remove(frame_meta, NvDsFrameMeta, "display_meta_list", display_meta, NvDsDisplayMeta)


def nvds_remove_label_info_meta_from_classifier(classifier_meta: Any, label_info_meta: Any) -> None:
    """Take a label off."""
    _remove(classifier_meta, NvDsClassifierMeta, "label_info_list", label_info_meta, NvDsLabelInfo)


def nvds_remove_user_meta_from_batch(batch_meta: Any, user_meta: Any) -> None:
    """Take user metadata off."""
    _remove(batch_meta, NvDsBatchMeta, "batch_user_meta_list", user_meta, NvDsUserMeta)


def nvds_remove_user_meta_from_frame(frame_meta: Any, user_meta: Any) -> None:
    """Take user metadata off."""
    _remove(frame_meta, NvDsFrameMeta, "frame_user_meta_list", user_meta, NvDsUserMeta)


def nvds_remove_user_meta_from_object(obj_meta: Any, user_meta: Any) -> None:
    """Take user metadata off."""
    _remove(obj_meta, NvDsObjectMeta, "obj_user_meta_list", user_meta, NvDsUserMeta)

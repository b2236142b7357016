"""Pythonic walks over the metadata of a buffer, the same on both runtimes.

Each function returns an object that can be iterated again and again and looks things up only as
it goes. What comes out is the provider's own metadata; it is valid as long as the buffer is.
Objects come in DeepStream's order: the last one added first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from pythia.exceptions import MetadataError
from pythia.meta import types
from pythia.meta.types import (
    AnalyticsFrameMeta,
    AnalyticsObjInfo,
    BatchMeta,
    ClassifierMeta,
    DisplayMeta,
    FrameMeta,
    LabelInfo,
    ObjectMeta,
    UserMeta,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")


class Walk(Generic[T]):
    """An iterable that starts anew each time it is iterated."""

    __slots__ = ("_meta", "_start")

    def __init__(self, start: Callable[[Any], Iterator[T]], meta: Any) -> None:
        self._start = start
        self._meta = meta

    def __iter__(self) -> Iterator[T]:
        return self._start(self._meta)


def _items(container: Any, kind: str) -> Iterator[Any]:
    """Items of a list of either provider, which may be changed on the way."""
    if isinstance(container, list):
        return iter(container.copy())  # or one that is added at its head would be met for ever
    from pythia.meta import deepstream

    return deepstream.walk(container, kind)


def _frames(batch: BatchMeta) -> Iterator[FrameMeta]:
    return _items(batch.frame_meta_list, "NvDsFrameMeta")


def _objects(frame: FrameMeta) -> Iterator[ObjectMeta]:
    return _items(frame.obj_meta_list, "NvDsObjectMeta")


def _batch_objects(batch: BatchMeta) -> Iterator[tuple[FrameMeta, ObjectMeta]]:
    if isinstance(batch.frame_meta_list, list):
        return _portable_objects(batch)
    from pythia.meta import deepstream

    return deepstream.batch_objects(batch)


def _portable_objects(batch: BatchMeta) -> Iterator[tuple[FrameMeta, ObjectMeta]]:
    for frame in _frames(batch):
        for obj in _objects(frame):
            yield frame, obj


def _classifications(obj: ObjectMeta) -> Iterator[ClassifierMeta]:
    return _items(obj.classifier_meta_list, "NvDsClassifierMeta")


def _labels(classifier: ClassifierMeta) -> Iterator[LabelInfo]:
    return _items(classifier.label_info_list, "NvDsLabelInfo")


def _object_labels(obj: ObjectMeta) -> Iterator[LabelInfo]:
    for classifier in _classifications(obj):
        yield from _labels(classifier)


def _user_data(container: Any, meta_type: int | str) -> Iterator[Any]:
    """What portable user metadata of one type holds."""
    return (user.user_meta_data for user in container if user.base_meta.meta_type == meta_type)


def _analytics(container: Any, meta_type: str, kind: str) -> Iterator[Any]:
    if isinstance(container, list):
        return _user_data(container, meta_type)
    from pythia.meta import deepstream

    return deepstream.analytics(container, kind)


def _object_analytics(obj: ObjectMeta) -> Iterator[AnalyticsObjInfo]:
    return _analytics(obj.obj_user_meta_list, types.ANALYTICS_OBJ_META, "NvDsAnalyticsObjInfo")


def _frame_analytics(frame: FrameMeta) -> Iterator[AnalyticsFrameMeta]:
    return _analytics(
        frame.frame_user_meta_list, types.ANALYTICS_FRAME_META, "NvDsAnalyticsFrameMeta"
    )


def _displays(frame: FrameMeta) -> Iterator[DisplayMeta]:
    return _items(frame.display_meta_list, "NvDsDisplayMeta")


_USER_LISTS = ("obj_user_meta_list", "frame_user_meta_list", "batch_user_meta_list")


def _user_list(meta: Any) -> Any:
    for name in _USER_LISTS:
        if hasattr(meta, name):
            return getattr(meta, name)
    raise MetadataError(
        f"user metadata hangs on a batch, a frame or an object, not on {type(meta).__name__}"
    )


def _users(meta: Any) -> Iterator[UserMeta]:
    return _items(_user_list(meta), "NvDsUserMeta")


def _python_objects(meta: Any) -> Iterator[Any]:
    container = _user_list(meta)
    if isinstance(container, list):
        yield from _user_data(container.copy(), types.PYTHON_OBJECT_META)
        return
    from pythia.meta import deepstream_writing

    for user in _items(container, "NvDsUserMeta"):
        yield from deepstream_writing.held_by(user) or ()


def _class_maps(frame: FrameMeta) -> Iterator[NDArray[np.int32]]:
    container = frame.frame_user_meta_list
    if not isinstance(container, list):
        from pythia.meta import deepstream

        yield from deepstream.class_maps(container)
        return
    for segmentation in _user_data(container, types.SEGMENTATION_META):
        yield segmentation.class_map.copy()


def _instance_masks(
    batch: BatchMeta,
) -> Iterator[tuple[FrameMeta, ObjectMeta, NDArray[np.bool_]]]:
    for frame, obj in _batch_objects(batch):
        mask = obj.mask_params
        pixels = mask.get_mask_array()
        # Pose parsers of public configurations carry key points there: no mask.
        if len(pixels) and len(pixels) == mask.width * mask.height:
            yield frame, obj, pixels.reshape(mask.height, mask.width) > mask.threshold


def frames_per_batch(batch_meta: BatchMeta) -> Walk[FrameMeta]:
    """The frames of a batch, in the order of their slots."""
    return Walk(_frames, batch_meta)


def objects_per_frame(frame_meta: FrameMeta) -> Walk[ObjectMeta]:
    """The objects of one frame."""
    return Walk(_objects, frame_meta)


def objects_per_batch(batch_meta: BatchMeta) -> Walk[tuple[FrameMeta, ObjectMeta]]:
    """Each object of a batch with the frame that it is on."""
    return Walk(_batch_objects, batch_meta)


def classification_per_object(obj_meta: ObjectMeta) -> Walk[ClassifierMeta]:
    """What each classifier says of an object."""
    return Walk(_classifications, obj_meta)


def labels_per_classification(classifier_meta: ClassifierMeta) -> Walk[LabelInfo]:
    """The attributes that one classifier found."""
    return Walk(_labels, classifier_meta)


def labels_per_obj(obj_meta: ObjectMeta) -> Walk[LabelInfo]:
    """The attributes that all classifiers found on an object."""
    return Walk(_object_labels, obj_meta)


def analytics_per_obj(obj_meta: ObjectMeta) -> Walk[AnalyticsObjInfo]:
    """What nvdsanalytics says of an object."""
    return Walk(_object_analytics, obj_meta)


def analytics_per_frame(frame_meta: FrameMeta) -> Walk[AnalyticsFrameMeta]:
    """What nvdsanalytics says of a frame."""
    return Walk(_frame_analytics, frame_meta)


def displays_per_frame(frame_meta: FrameMeta) -> Walk[DisplayMeta]:
    """The display metadata of a frame: shapes and texts that nvdsosd draws."""
    return Walk(_displays, frame_meta)


def user_metas(meta: BatchMeta | FrameMeta | ObjectMeta) -> Walk[UserMeta]:
    """All user metadata of a batch, a frame or an object, whatever it holds."""
    return Walk(_users, meta)


@overload
def user_data(meta: BatchMeta | FrameMeta | ObjectMeta) -> Walk[Any]: ...
@overload
def user_data(meta: BatchMeta | FrameMeta | ObjectMeta, kind: type[T]) -> Walk[T]: ...
def user_data(meta: BatchMeta | FrameMeta | ObjectMeta, kind: type = object) -> Walk[Any]:
    """The Python objects that :func:`pythia.writing` hung on a batch, a frame or an object.

    Args:
        meta: The batch, frame or object.
        kind: Only objects of this class.
    """
    return Walk(lambda meta: (x for x in _python_objects(meta) if isinstance(x, kind)), meta)


def semantic_masks_per_frame(frame_meta: FrameMeta) -> Walk[NDArray[np.int32]]:
    """The class maps of a frame: int32 ``(height, width)``, -1 for no class; copies."""
    return Walk(_class_maps, frame_meta)


def instance_masks_per_batch(
    batch_meta: BatchMeta,
) -> Walk[tuple[FrameMeta, ObjectMeta, NDArray[np.bool_]]]:
    """Each object that has a mask, with its frame and the mask.

    The mask is bool ``(height, width)`` over the object's box, true where the model's value is
    above the mask's threshold.
    """
    return Walk(_instance_masks, batch_meta)

"""Metadata of batches, frames, objects and classifiers.

What ``..._items`` gives is an iterator, as in DeepStream: it has no length and is walked once. It
walks the list as it was when it was asked for, so metadata may be added meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pythia.compat.pyservicemaker.display_metadata import DisplayMetadata
from pythia.compat.pyservicemaker.event_message import EventMessageUserMetadata
from pythia.compat.pyservicemaker.frame_sizes import size_of
from pythia.compat.pyservicemaker.osd import Mask, Rect, TextParams
from pythia.compat.pyservicemaker.preprocess_metadata import PreprocessBatchUserMetadata
from pythia.compat.pyservicemaker.user_metadata import (
    ObjectReidUserMetadata,
    UserMetadata,
    box_of,
    of_type,
)
from pythia.compat.pyservicemaker.views import (
    INT,
    U64,
    View,
    integer,
    meta_of,
    number32,
    part,
    real,
    shown,
    text,
    whole,
)
from pythia.meta.portable import PortableFrame, PortableObject
from pythia.meta.types import (
    ANALYTICS_FRAME_META,
    ANALYTICS_OBJ_META,
    PREPROCESS_BATCH_META,
    SEGMENTATION_META,
    TENSOR_OUTPUT_META,
    TRACKER_OBJ_REID_META,
)

__all__ = [
    "BatchMetadata",
    "ClassifierMetadata",
    "FrameMetadata",
    "LabelInfo",
    "ObjectMetadata",
]


class LabelInfo(View):
    """One attribute found by a classifier; ``prob`` is from 0 to 1."""

    __slots__ = ()

    label = shown("result_label")
    class_id = shown("result_class_id")
    prob = shown("result_prob")
    label_id = shown("label_id")
    num_classes = shown("num_classes")

    def __repr__(self) -> str:
        return f"LabelInfo(label={self.label}, class_id={self.class_id}, prob={self.prob:g})"


class ClassifierMetadata(View):
    """What one classifier says of an object."""

    __slots__ = ()

    n_labels = shown("num_labels")
    unique_component_id = shown("unique_component_id")
    classifier_type = shown("classifier_type")

    def get_n_label(self, n: int) -> str:
        """The text of label ``n``, counted from 0; empty if there are fewer."""
        labels = self._meta.label_info_list
        return str(labels[n].result_label) if 0 <= n < len(labels) else ""

    def get_label_info(self, n: int) -> LabelInfo:
        """All of label ``n``, counted from 0.

        Raises:
            IndexError: there are fewer.
        """
        labels = self._meta.label_info_list
        if not 0 <= n < len(labels):
            raise IndexError(f"get_label_info({n}): the classifier gave {len(labels)} labels")
        return LabelInfo.of(labels[n])

    def __repr__(self) -> str:
        return (
            f"ClassifierMetadata(n_labels={self.n_labels}, "
            f"unique_component_id={self.unique_component_id})"
        )


class ObjectMetadata(View):
    """One detected object; boxes are in pixels of the frame."""

    __slots__ = ()

    class_id = integer("class_id")
    object_id = integer("object_id", *U64)
    unique_component_id = integer("unique_component_id")
    confidence = real("confidence")
    tracker_confidence = real("tracker_confidence")
    rect_params = part("rect_params", Rect)
    mask_params = part("mask_params", Mask)
    text_params = part("text_params", TextParams)
    label = text("obj_label")

    @property
    def nv_bbox_info(self) -> dict[str, float]:
        """The tracker's box, before it was clipped: left, top, width, height."""
        return box_of(self._meta.tracker_bbox_info.org_bbox_coords)

    @nv_bbox_info.setter
    def nv_bbox_info(self, value: dict[str, float]) -> None:
        coords = self._meta.tracker_bbox_info.org_bbox_coords
        for name in ("left", "top", "width", "height"):
            setattr(coords, name, number32(value[name], f"nv_bbox_info[{name!r}]"))

    @property
    def classifier_items(self) -> Iterator[ClassifierMetadata]:
        """What classifiers say of it."""
        return map(ClassifierMetadata.of, list(self._meta.classifier_meta_list))

    @property
    def tensor_items(self) -> Iterator[UserMetadata]:
        """Raw outputs of networks; see ``as_tensor_output()``."""
        return of_type(self._meta.obj_user_meta_list, TENSOR_OUTPUT_META)

    @property
    def nvdsanalytics_obj_items(self) -> Iterator[UserMetadata]:
        """What nvdsanalytics says; see ``as_nvdsanalytics_obj()``."""
        return of_type(self._meta.obj_user_meta_list, ANALYTICS_OBJ_META)

    @property
    def obj_reid_items(self) -> Iterator[UserMetadata]:
        """Re-identification vectors; see ``as_obj_reid()``."""
        return of_type(self._meta.obj_user_meta_list, TRACKER_OBJ_REID_META)

    def user_meta_items(self, meta_type: int) -> Iterator[UserMetadata]:
        """User metadata of one kind."""
        return of_type(self._meta.obj_user_meta_list, meta_type)

    def append(self, user_meta: UserMetadata) -> None:
        """Hang user metadata on it."""
        self._meta.add_user(meta_of(user_meta, UserMetadata, "ObjectMetadata.append()"))

    def __repr__(self) -> str:
        return (
            f"ObjectMetadata(class_id={self.class_id}, object_id={self.object_id}, "
            f"label={self.label}, confidence={self.confidence:g}, rect_params={self.rect_params})"
        )


class FrameMetadata(View):
    """One frame of a batch; times are in ns, sizes in pixels."""

    __slots__ = ()

    frame_number = shown("frame_num")
    pad_index = shown("pad_index")
    batch_id = shown("batch_id")
    source_id = shown("source_id")
    source_width = shown("source_frame_width")
    source_height = shown("source_frame_height")
    buffer_pts = shown("buf_pts")
    ntp_timestamp = shown("ntp_timestamp")

    pipeline_width = property(lambda view: size_of(view._meta)[0])
    pipeline_height = property(lambda view: size_of(view._meta)[1])

    @property
    def object_items(self) -> Iterator[ObjectMetadata]:
        """The objects, the last added first."""
        return map(ObjectMetadata.of, list(self._meta.obj_meta_list))

    @property
    def tensor_items(self) -> Iterator[UserMetadata]:
        """Raw outputs of networks; see ``as_tensor_output()``."""
        return of_type(self._meta.frame_user_meta_list, TENSOR_OUTPUT_META)

    @property
    def segmentation_items(self) -> Iterator[UserMetadata]:
        """Semantic segmentations; see ``as_segmentation()``."""
        return of_type(self._meta.frame_user_meta_list, SEGMENTATION_META)

    @property
    def nvdsanalytics_frame_items(self) -> Iterator[UserMetadata]:
        """What nvdsanalytics says; see ``as_nvdsanalytics_frame()``."""
        return of_type(self._meta.frame_user_meta_list, ANALYTICS_FRAME_META)

    def user_meta_items(self, meta_type: int) -> Iterator[UserMetadata]:
        """User metadata of one kind."""
        return of_type(self._meta.frame_user_meta_list, meta_type)

    def retrieve_structure_usermeta(self, type_name: str) -> list[UserMetadata]:
        """User metadata that was registered under a name."""
        return list(of_type(self._meta.frame_user_meta_list, type_name))

    def append(self, meta: ObjectMetadata | DisplayMetadata | UserMetadata) -> None:
        """Add an object, shapes to draw, or user metadata.

        Raises:
            TypeError: it is something else.
        """
        if isinstance(meta, ObjectMetadata):
            self._meta.add_obj(meta._meta)
        elif isinstance(meta, DisplayMetadata):
            self._meta.add_display(meta._meta)
        elif isinstance(meta, UserMetadata):
            self._meta.add_user(meta._meta)
        else:
            raise TypeError(
                "FrameMetadata.append(): an ObjectMetadata, DisplayMetadata or UserMetadata is "
                f"needed, not {meta!r}"
            )

    def __repr__(self) -> str:
        return (
            f"FrameMetadata(frame_number={self.frame_number}, pad_index={self.pad_index}, "
            f"source_id={self.source_id}, objects={len(self._meta.obj_meta_list)})"
        )


class BatchMetadata(View):
    """All frames that travel in one buffer; new metadata is acquired here, and then appended."""

    __slots__ = ()

    n_frames = shown("num_frames_in_batch")
    is_audio = False

    @property
    def frame_items(self) -> Iterator[FrameMetadata]:
        """The frames."""
        return map(FrameMetadata.of, list(self._meta.frame_meta_list))

    @property
    def audio_frame_items(self) -> Iterator[Any]:
        """Nothing: the portable runtime batches video."""
        return iter(())

    @property
    def preprocess_batch_items(self) -> Iterator[UserMetadata]:
        """What nvdspreprocess left; see ``as_preprocess_batch()``."""
        return of_type(self._meta.batch_user_meta_list, PREPROCESS_BATCH_META)

    def user_meta_items(self, meta_type: int) -> Iterator[UserMetadata]:
        """User metadata of one kind."""
        return of_type(self._meta.batch_user_meta_list, meta_type)

    def retrieve_structure_usermeta(self, type_name: str) -> list[UserMetadata]:
        """User metadata that was registered under a name."""
        return list(of_type(self._meta.batch_user_meta_list, type_name))

    def acquire_frame_meta(self) -> FrameMetadata:
        """New metadata of a frame."""
        return FrameMetadata.of(PortableFrame())

    def acquire_object_meta(self) -> ObjectMetadata:
        """New metadata of an object, which no tracker has seen."""
        return ObjectMetadata.of(PortableObject())

    def acquire_display_meta(self) -> DisplayMetadata:
        """New, empty shapes to draw."""
        return DisplayMetadata()

    def acquire_user_meta(self) -> UserMetadata:
        """New, empty user metadata."""
        return UserMetadata()

    def acquire_event_message_meta(self) -> EventMessageUserMetadata:
        """A new event message for nvmsgconv."""
        return EventMessageUserMetadata()

    def acquire_preprocess_batch_meta(self) -> PreprocessBatchUserMetadata:
        """New metadata for a tensor of one's own; see ``set_preprocessed_tensor()``."""
        return PreprocessBatchUserMetadata.for_batch(self._meta)

    def acquire_obj_reid_meta(self) -> ObjectReidUserMetadata:
        """New metadata for a re-identification vector; see ``set_feature_vector()``."""
        return ObjectReidUserMetadata()

    def append(self, user_meta: UserMetadata) -> None:
        """Hang user metadata on the batch.

        Raises:
            TypeError: it is something else.
        """
        self._meta.add_user(meta_of(user_meta, UserMetadata, "BatchMetadata.append()"))

    def extract(self, max_items: int) -> list[dict[str, Any] | None]:
        """What was found on the frames as plain values, by ``pad_index``; None where no frame is.

        Each has ``shape`` (height, width), ``bboxes`` (left, top, right, bottom), ``probs``,
        ``labels``, ``objects`` (ids), ``seg_maps`` and ``timestamp`` in ns.
        """
        from pythia.compat.pyservicemaker.plain_frame import plain_frame

        found: list[dict[str, Any] | None] = [None] * whole(max_items, 0, INT[1], "extract()")
        for frame in self._meta.frame_meta_list:
            if frame.pad_index < len(found):
                found[frame.pad_index] = plain_frame(frame)
        return found

    def __repr__(self) -> str:
        return f"BatchMetadata(n_frames={self.n_frames})"

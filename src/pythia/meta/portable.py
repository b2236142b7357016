"""The portable provider's metadata: plain Python objects with DeepStream's attribute names.

What DeepStream's documentation leaves open follows its public headers. Lists are in DeepStream's
order: frames are appended; objects, classifiers, labels, display and user metadata are prepended,
so the last one added is seen first. The ``add_*`` methods do that.

The objects belong to the buffer that carries them. They are changed by one thread at a time: the
one that holds the buffer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo
from pythia.meta.portable_event import PortableEventMsg
from pythia.meta.portable_osd import PortableDisplay, PortableMask, PortableRect, PortableText
from pythia.meta.portable_sensor import NO_SENSOR, PortableSensorInfo
from pythia.meta.portable_viewed import Viewed
from pythia.meta.types import UNTRACKED_OBJECT_ID, USER_META

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(slots=True, eq=False)
class PortableCoords(Viewed):
    """A box in pixels of the frame."""

    left: float = 0.0
    top: float = 0.0
    width: float = 0.0
    height: float = 0.0


@dataclass(slots=True, eq=False)
class PortableBboxInfo(Viewed):
    """A component's own box, before anything clipped or moved it."""

    org_bbox_coords: PortableCoords = field(default_factory=PortableCoords)

    def copy(self) -> PortableBboxInfo:
        """An independent copy."""
        box = self.org_bbox_coords
        return PortableBboxInfo(PortableCoords(box.left, box.top, box.width, box.height))


@dataclass(slots=True, eq=False)
class PortableBase(Viewed):
    """The kind of a user metadata; ``meta_type`` is an int or a registered name."""

    meta_type: int | str = USER_META


_CHANGING = (PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo, PortableEventMsg)


@dataclass(slots=True, eq=False)
class PortableUser(Viewed):
    """Anything, hung on a batch, frame or object."""

    base_meta: PortableBase = field(default_factory=PortableBase)
    user_meta_data: Any = None

    def copy(self) -> PortableUser:
        """A copy that shares ``user_meta_data``, unless it is DeepStream's own and may change."""
        data = self.user_meta_data
        if isinstance(data, _CHANGING):
            data = data.copy()
        return PortableUser(PortableBase(self.base_meta.meta_type), data)

    def link(self, batch: PortableBatch) -> None:
        """Called when this is a copy that has come into ``batch``, a copy too."""


@dataclass(slots=True, eq=False)
class PortableLabel(Viewed):
    """One attribute found by a classifier; ``result_prob`` is from 0 to 1."""

    num_classes: int = 0
    result_label: str = ""
    result_class_id: int = 0
    label_id: int = 0
    result_prob: float = 0.0

    def copy(self) -> PortableLabel:
        """An independent copy."""
        return PortableLabel(
            self.num_classes,
            self.result_label,
            self.result_class_id,
            self.label_id,
            self.result_prob,
        )


@dataclass(slots=True, eq=False)
class PortableClassifier(Viewed):
    """What one classifier says of an object."""

    unique_component_id: int = 0
    classifier_type: str = ""
    label_info_list: list[PortableLabel] = field(default_factory=list)

    @property
    def num_labels(self) -> int:
        """How many labels there are."""
        return len(self.label_info_list)

    def add_label(self, label: PortableLabel) -> None:
        """Prepend a label."""
        self.label_info_list.insert(0, label)

    def copy(self) -> PortableClassifier:
        """An independent copy."""
        return PortableClassifier(
            self.unique_component_id,
            self.classifier_type,
            [label.copy() for label in self.label_info_list],
        )


@dataclass(slots=True, eq=False)
class PortableObject(Viewed):
    """One detected object."""

    unique_component_id: int = 0
    class_id: int = 0
    object_id: int = UNTRACKED_OBJECT_ID
    confidence: float = 0.0
    tracker_confidence: float = 0.0
    obj_label: str = ""
    parent: PortableObject | None = None
    rect_params: PortableRect = field(default_factory=PortableRect)
    text_params: PortableText = field(default_factory=PortableText)
    mask_params: PortableMask = field(default_factory=PortableMask)
    detector_bbox_info: PortableBboxInfo = field(default_factory=PortableBboxInfo)
    tracker_bbox_info: PortableBboxInfo = field(default_factory=PortableBboxInfo)
    classifier_meta_list: list[PortableClassifier] = field(default_factory=list)
    obj_user_meta_list: list[PortableUser] = field(default_factory=list)
    misc_obj_info: list[int] = field(default_factory=lambda: [0] * 4)

    def add_classifier(self, classifier: PortableClassifier) -> None:
        """Prepend what a classifier says."""
        self.classifier_meta_list.insert(0, classifier)

    def add_user(self, user: PortableUser) -> None:
        """Prepend user metadata."""
        self.obj_user_meta_list.insert(0, user)

    def copy(self) -> PortableObject:
        """A copy of all but ``parent``, which still is the original's."""
        return PortableObject(
            self.unique_component_id,
            self.class_id,
            self.object_id,
            self.confidence,
            self.tracker_confidence,
            self.obj_label,
            self.parent,
            self.rect_params.copy(),
            self.text_params.copy(),
            self.mask_params.copy(),
            self.detector_bbox_info.copy(),
            self.tracker_bbox_info.copy(),
            [classifier.copy() for classifier in self.classifier_meta_list],
            [user.copy() for user in self.obj_user_meta_list],
            list(self.misc_obj_info),
        )


@dataclass(slots=True, eq=False)
class PortableFrame(Viewed):
    """One frame of a batch; times are in ns, sizes in pixels."""

    pad_index: int = 0
    batch_id: int = 0
    frame_num: int = 0
    buf_pts: int = 0
    ntp_timestamp: int = 0
    source_id: int = 0
    num_surfaces_per_frame: int = 1
    source_frame_width: int = 0
    source_frame_height: int = 0
    surface_type: int = 0
    surface_index: int = 0
    bInferDone: int = 0  # DeepStream's spelling
    obj_meta_list: list[PortableObject] = field(default_factory=list)
    display_meta_list: list[PortableDisplay] = field(default_factory=list)
    frame_user_meta_list: list[PortableUser] = field(default_factory=list)
    misc_frame_info: list[int] = field(default_factory=lambda: [0] * 4)
    sensorInfo_meta: PortableSensorInfo = NO_SENSOR  # DeepStream's spelling

    @property
    def num_obj_meta(self) -> int:
        """How many objects the frame has."""
        return len(self.obj_meta_list)

    def add_obj(self, obj: PortableObject, parent: PortableObject | None = None) -> None:
        """Prepend an object, found on ``parent`` if one is given."""
        obj.parent = parent
        self.obj_meta_list.insert(0, obj)

    def add_display(self, display: PortableDisplay) -> None:
        """Prepend shapes to draw."""
        self.display_meta_list.insert(0, display)

    def add_user(self, user: PortableUser) -> None:
        """Prepend user metadata."""
        self.frame_user_meta_list.insert(0, user)

    def copy(self) -> PortableFrame:
        """An independent copy; parents are mapped to the copies."""
        copies = {id(obj): obj.copy() for obj in self.obj_meta_list}
        for obj in copies.values():
            if obj.parent is not None:
                obj.parent = copies.get(id(obj.parent), obj.parent)
        return PortableFrame(
            self.pad_index,
            self.batch_id,
            self.frame_num,
            self.buf_pts,
            self.ntp_timestamp,
            self.source_id,
            self.num_surfaces_per_frame,
            self.source_frame_width,
            self.source_frame_height,
            self.surface_type,
            self.surface_index,
            self.bInferDone,
            list(copies.values()),
            [display.copy() for display in self.display_meta_list],
            [user.copy() for user in self.frame_user_meta_list],
            list(self.misc_frame_info),
            self.sensorInfo_meta,
        )


@dataclass(slots=True, eq=False)
class PortableBatch(Viewed):
    """All frames that travel in one buffer."""

    max_frames_in_batch: int = 0
    frame_meta_list: list[PortableFrame] = field(default_factory=list)
    batch_user_meta_list: list[PortableUser] = field(default_factory=list)
    misc_batch_info: list[int] = field(default_factory=lambda: [0] * 4)

    @property
    def num_frames_in_batch(self) -> int:
        """How many frames the batch has."""
        return len(self.frame_meta_list)

    def add_frame(self, frame: PortableFrame) -> None:
        """Append a frame."""
        self.frame_meta_list.append(frame)

    def add_user(self, user: PortableUser) -> None:
        """Append user metadata; in a batch, unlike elsewhere, the first added is seen first."""
        self.batch_user_meta_list.append(user)

    def copy(self) -> PortableBatch:
        """An independent copy."""
        batch = PortableBatch(
            self.max_frames_in_batch,
            [frame.copy() for frame in self.frame_meta_list],
            [user.copy() for user in self.batch_user_meta_list],
            list(self.misc_batch_info),
        )
        for user in batch.batch_user_meta_list:
            user.link(batch)
        return batch


@dataclass(slots=True, eq=False)
class PortableTensor(Viewed):
    """Raw outputs of a network for one frame or object [NvDsInferTensorMeta].

    ``layers`` maps an output's name to its array, in the model's order of outputs, without the
    batch dimension.
    """

    unique_id: int = 0
    layers: dict[str, NDArray[Any]] = field(default_factory=dict)
    network_width: int = 0
    network_height: int = 0
    network_channels: int = 0

    @property
    def num_output_layers(self) -> int:
        """How many outputs there are."""
        return len(self.layers)


@dataclass(slots=True, eq=False)
class PortableSegmentation(Viewed):
    """A semantic segmentation of one frame or object [NvDsInferSegmentationMeta].

    ``class_map`` is int32, ``height`` rows of ``width``; -1 is no class.
    """

    classes: int = 0
    width: int = 0
    height: int = 0
    class_map: NDArray[np.int32] | None = None
    class_probabilities_map: NDArray[np.float32] | None = None
    unique_id: int = 0

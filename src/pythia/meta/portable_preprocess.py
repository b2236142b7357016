"""The portable provider's metadata of nvdspreprocess: regions of frames and tensors made of them.

Names are those of DeepStream's ``nvdspreprocess_meta.h`` and ``nvds_roi_meta.h``; the two private
ends of C (``private_data``, ``converted_buffer``) and the unused polygon are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_osd import PortableRect
from pythia.meta.types import PREPROCESS_BATCH_META

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(slots=True, eq=False)
class PortableRoi:
    """A part of a frame that became one slot of a tensor [NvDsRoiMeta].

    A scale is pixels of the tensor a pixel of the frame; the scaled part starts at the offset.
    ``object_meta`` is set if the part is an object.
    """

    roi: PortableRect = field(default_factory=PortableRect)
    frame_meta: PortableFrame | None = None
    scale_ratio_x: float = 1.0
    scale_ratio_y: float = 1.0
    offset_left: float = 0.0
    offset_top: float = 0.0
    classifier_meta_list: list[PortableClassifier] = field(default_factory=list)
    roi_user_meta_list: list[PortableUser] = field(default_factory=list)
    object_meta: PortableObject | None = None

    def add_classifier(self, classifier: PortableClassifier) -> None:
        """Prepend what a classifier says."""
        self.classifier_meta_list.insert(0, classifier)

    def add_user(self, user: PortableUser) -> None:
        """Prepend user metadata."""
        self.roi_user_meta_list.insert(0, user)

    def copy(self) -> PortableRoi:
        """A copy; frame and object still are the original's."""
        return PortableRoi(
            self.roi.copy(),
            self.frame_meta,
            self.scale_ratio_x,
            self.scale_ratio_y,
            self.offset_left,
            self.offset_top,
            [classifier.copy() for classifier in self.classifier_meta_list],
            [user.copy() for user in self.roi_user_meta_list],
            self.object_meta,
        )


@dataclass(slots=True, eq=False)
class PortableInputTensor:
    """An input for a network, one slot a region [NvDsPreProcessTensorMeta].

    ``raw_tensor_buffer`` is the array itself. ``data_type`` is that of ``tensor-data-type``:
    0 FP32, 1 UINT8, 2 INT8, 3 UINT32, 4 INT32, 5 INT64, 6 UINT64, 7 FP16.
    """

    raw_tensor_buffer: NDArray[Any]
    data_type: int = 0
    tensor_name: str = ""
    gpu_id: int = 0
    meta_id: int = 0
    maintain_aspect_ratio: int = 0

    @property
    def tensor_shape(self) -> list[int]:
        """Dimensions, the number of regions first."""
        return list(self.raw_tensor_buffer.shape)

    @property
    def buffer_size(self) -> int:
        """Bytes of the tensor."""
        return int(self.raw_tensor_buffer.nbytes)


@dataclass(slots=True, eq=False)
class PortablePreProcessBatch:
    """Regions and their tensor, for the networks that it is meant for [GstNvDsPreProcessBatchMeta].

    ``tensor_meta`` is None while a sequence is not complete.
    """

    target_unique_ids: list[int] = field(default_factory=list)
    tensor_meta: PortableInputTensor | None = None
    roi_vector: list[PortableRoi] = field(default_factory=list)


class PortablePreProcessUser(PortableUser):
    """User metadata of a batch that holds a :class:`PortablePreProcessBatch`.

    Regions point to frames and objects of their own batch, in the copy of a batch to its copies.
    """

    __slots__ = ("_places",)

    def __init__(self, data: PortablePreProcessBatch) -> None:
        super().__init__(PortableBase(PREPROCESS_BATCH_META), data)
        self._places: list[tuple[int, int]] = []

    def copy(self) -> PortableUser:
        """A copy with the same tensor and regions of its own, to be linked to their batch."""
        data: PortablePreProcessBatch = self.user_meta_data
        regions = [roi.copy() for roi in data.roi_vector]
        user = PortablePreProcessUser(
            PortablePreProcessBatch(list(data.target_unique_ids), data.tensor_meta, regions)
        )
        user._places = [_place(roi) for roi in data.roi_vector]
        return user

    def link(self, batch: PortableBatch) -> None:
        """Point the regions of a copy into ``batch``, the copy of the batch."""
        # A batch's copy has its frames and objects in the same order as the original has now.
        frames = {frame.batch_id: frame for frame in batch.frame_meta_list}
        places, self._places = self._places, []
        for roi, (batch_id, index) in zip(self.user_meta_data.roi_vector, places, strict=True):
            frame = roi.frame_meta = frames.get(batch_id)
            roi.object_meta = None
            if frame is not None and 0 <= index < len(frame.obj_meta_list):
                roi.object_meta = frame.obj_meta_list[index]


_NOWHERE = -1


def _place(roi: PortableRoi) -> tuple[int, int]:
    """Batch id of a region's frame and position of its object there, -1 where there is none."""
    frame, obj = roi.frame_meta, roi.object_meta
    if frame is None:
        return _NOWHERE, _NOWHERE
    found = (index for index, one in enumerate(frame.obj_meta_list) if one is obj)
    return frame.batch_id, next(found, _NOWHERE)

"""Regions of frames and the tensors made of them, by nvdspreprocess or by the program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pythia.compat.pyservicemaker.frame_sizes import size_of
from pythia.compat.pyservicemaker.osd import Rect
from pythia.compat.pyservicemaker.tensor import Tensor
from pythia.compat.pyservicemaker.user_metadata import UserMetadata, of_type
from pythia.compat.pyservicemaker.views import INT, View, part, plain_text, whole
from pythia.meta.portable import PortableBatch
from pythia.meta.portable_osd import PortableRect
from pythia.meta.portable_preprocess import (
    PortableInputTensor,
    PortablePreProcessBatch,
    PortablePreProcessUser,
    PortableRoi,
)
from pythia.meta.types import SEGMENTATION_META, TENSOR_OUTPUT_META

__all__ = ["PreprocessBatchUserMetadata", "PreprocessTensorMetadata", "RoiMetadata"]

_DATA_TYPES = {
    np.dtype(np.float32): 0,
    np.dtype(np.uint8): 1,
    np.dtype(np.int8): 2,
    np.dtype(np.uint32): 3,
    np.dtype(np.int32): 4,
    np.dtype(np.int64): 5,
    np.dtype(np.uint64): 6,
    np.dtype(np.float16): 7,
}


class RoiMetadata(View):
    """A part of a frame that became one slot of a tensor."""

    __slots__ = ()

    roi = part("roi", Rect)

    @property
    def frame_meta(self) -> Any:
        """The frame."""
        from pythia.compat.pyservicemaker.metadata import FrameMetadata

        return FrameMetadata.of(self._meta.frame_meta)

    @property
    def object_meta(self) -> Any:
        """The object that the region is; None if it is none."""
        from pythia.compat.pyservicemaker.metadata import ObjectMetadata

        obj = self._meta.object_meta
        return None if obj is None else ObjectMetadata.of(obj)

    @property
    def classifier_items(self) -> Iterator[Any]:
        """What classifiers say of the region."""
        from pythia.compat.pyservicemaker.metadata import ClassifierMetadata

        return map(ClassifierMetadata.of, list(self._meta.classifier_meta_list))

    @property
    def tensor_items(self) -> Iterator[UserMetadata]:
        """Raw outputs of networks; see ``as_tensor_output()``."""
        return of_type(self._meta.roi_user_meta_list, TENSOR_OUTPUT_META)

    @property
    def segmentation_items(self) -> Iterator[UserMetadata]:
        """Semantic segmentations; see ``as_segmentation()``."""
        return of_type(self._meta.roi_user_meta_list, SEGMENTATION_META)

    def __repr__(self) -> str:
        return f"RoiMetadata(roi={self.roi!r})"


class PreprocessTensorMetadata(View):
    """An input for a network."""

    __slots__ = ()

    name = property(lambda view: view._meta.tensor_name)
    meta_id = property(lambda view: view._meta.meta_id)
    tensor = property(lambda view: Tensor(view._meta.raw_tensor_buffer))

    def __repr__(self) -> str:
        return f"PreprocessTensorMetadata(name={self.name}, meta_id={self.meta_id})"


class PreprocessBatchUserMetadata(UserMetadata):
    """Regions of a batch and their tensor."""

    __slots__ = ()
    _KIND = PortablePreProcessBatch

    @classmethod
    def for_batch(cls, batch: PortableBatch) -> PreprocessBatchUserMetadata:
        """A new one whose regions are the whole frames of a batch."""
        regions = [
            PortableRoi(PortableRect(width=size_of(frame)[0], height=size_of(frame)[1]), frame)
            for frame in batch.frame_meta_list
        ]
        return cls.of(PortablePreProcessUser(PortablePreProcessBatch(roi_vector=regions)))

    @property
    def rois(self) -> list[RoiMetadata]:
        """The regions."""
        return [RoiMetadata.of(roi) for roi in self._data.roi_vector]

    @property
    def preprocess_tensor_meta(self) -> PreprocessTensorMetadata | None:
        """The tensor; None while there is none."""
        tensor = self._data.tensor_meta
        return None if tensor is None else PreprocessTensorMetadata.of(tensor)

    def set_preprocessed_tensor(
        self, name: str, meta_id: int, unique_id: int, tensor: Tensor
    ) -> None:
        """Give a network an input of one's own; it must have ``input-tensor-meta`` set.

        Args:
            name: The network's name for the input.
            meta_id: Number of the tensor.
            unique_id: The network's unique-id.
            tensor: One slot a frame, of a type that networks take.

        Raises:
            TypeError: the type is none of those.
        """
        array = np.asarray(tensor)
        if array.dtype not in _DATA_TYPES:
            raise TypeError(f"set_preprocessed_tensor(): no network takes {array.dtype}")
        self._data.target_unique_ids = [whole(unique_id, *INT, "unique_id")]
        self._data.tensor_meta = PortableInputTensor(
            array, _DATA_TYPES[array.dtype], plain_text(name, "name"), meta_id=meta_id
        )

    def extract(self, max_items: int) -> list[dict[str, Any] | None]:
        """What was found on the frames as plain values; as :meth:`BatchMetadata.extract`."""
        from pythia.compat.pyservicemaker.plain_frame import plain_region

        found: list[dict[str, Any] | None] = [None] * whole(max_items, 0, INT[1], "extract()")
        for roi in self._data.roi_vector:
            if roi.frame_meta is not None and roi.frame_meta.pad_index < len(found):
                found[roi.frame_meta.pad_index] = plain_region(roi)
        return found

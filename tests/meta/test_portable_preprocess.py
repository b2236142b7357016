from __future__ import annotations

import numpy as np

from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_preprocess import (
    PortableInputTensor,
    PortablePreProcessBatch,
    PortablePreProcessUser,
    PortableRoi,
)


def _batch() -> PortableBatch:
    frames = [PortableFrame(batch_id=number, source_id=number + 5) for number in range(2)]
    for frame in frames:
        frame.add_obj(PortableObject(class_id=1))
        frame.add_obj(PortableObject(class_id=2))
    rois = [
        PortableRoi(frame_meta=frames[1], object_meta=frames[1].obj_meta_list[1]),
        PortableRoi(frame_meta=frames[0]),
    ]
    tensor = PortableInputTensor(np.zeros((2, 3, 4, 4), np.float32))
    batch = PortableBatch(2, frames)
    batch.add_user(PortablePreProcessUser(PortablePreProcessBatch([1], tensor, rois)))
    return batch


def _user(batch: PortableBatch) -> PortablePreProcessUser:
    (user,) = batch.batch_user_meta_list
    assert isinstance(user, PortablePreProcessUser)
    return user


def test_regions_of_a_copied_batch_point_into_the_copy() -> None:
    batch = _batch()

    copied = batch.copy()
    batch.frame_meta_list[1].add_obj(PortableObject())  # the original goes on
    copied_again = copied.copy()

    for one in (copied, copied_again):
        first, second = _user(one).user_meta_data.roi_vector
        frames = one.frame_meta_list
        assert first.frame_meta is frames[1]
        assert first.object_meta is frames[1].obj_meta_list[1]
        assert first.object_meta.class_id == 1
        assert (second.frame_meta, second.object_meta) == (frames[0], None)


def test_results_on_regions_stay_in_their_copy() -> None:
    batch = _batch()
    copied = batch.copy()

    roi = _user(copied).user_meta_data.roi_vector[0]
    roi.add_classifier(PortableClassifier(3))
    roi.add_user(PortableUser(PortableBase(12)))

    original = _user(batch).user_meta_data
    assert original.roi_vector[0].classifier_meta_list == []
    assert original.roi_vector[0].roi_user_meta_list == []
    assert _user(copied).user_meta_data.tensor_meta is original.tensor_meta


def test_links_last_when_more_objects_come() -> None:
    batch = _batch().copy()
    batch.frame_meta_list[1].add_obj(PortableObject(class_id=9))

    obj = _user(batch.copy()).user_meta_data.roi_vector[0].object_meta

    assert obj.class_id == 1


def test_a_region_whose_frame_was_taken_out_points_nowhere_in_copies() -> None:
    batch = _batch()
    del batch.frame_meta_list[1]

    copied = batch.copy().copy()

    first, second = _user(copied).user_meta_data.roi_vector
    assert (first.frame_meta, first.object_meta) == (None, None)
    assert second.frame_meta is copied.frame_meta_list[0]


def test_a_tensor_tells_its_shape_and_bytes() -> None:
    tensor = PortableInputTensor(np.zeros((2, 3, 4, 4), np.float16), 7, "input")

    assert (tensor.tensor_shape, tensor.buffer_size) == ([2, 3, 4, 4], 192)

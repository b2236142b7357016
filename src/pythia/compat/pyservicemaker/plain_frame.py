"""What was found on a frame as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from pythia.compat.pyservicemaker.frame_sizes import size_of
from pythia.meta.portable import PortableClassifier, PortableFrame, PortableObject, PortableUser
from pythia.meta.portable_preprocess import PortableRoi
from pythia.meta.types import SEGMENTATION_META


def plain_frame(frame: PortableFrame) -> dict[str, Any]:
    """Objects and segmentations of a frame."""
    objects = frame.obj_meta_list
    shape = [*size_of(frame)[::-1]]
    masks = [np.asarray(o.mask_params.data, np.int32) for o in objects if o.mask_params.size]
    shape, maps = _segmentations(frame.frame_user_meta_list, shape)
    return {
        "shape": shape,
        "bboxes": [_corners(obj) for obj in objects],
        "probs": [obj.confidence for obj in objects],
        "labels": [_labels(obj) for obj in objects],
        "seg_maps": masks + maps,
        "objects": [obj.object_id for obj in objects],
        "timestamp": frame.buf_pts,
    }


def plain_region(roi: PortableRoi) -> dict[str, Any]:
    """As of the region's frame, with what networks say of the region."""
    assert roi.frame_meta is not None
    found = plain_frame(roi.frame_meta)
    found["shape"], found["seg_maps"] = _segmentations(roi.roi_user_meta_list, found["shape"])
    own = (_texts(classifier) for classifier in roi.classifier_meta_list)
    found["labels"] += [texts for texts in own if texts]
    return found


def _segmentations(users: Iterable[PortableUser], shape: list[int]) -> tuple[list[int], list[Any]]:
    maps = []
    for user in users:
        data = user.user_meta_data
        if user.base_meta.meta_type == SEGMENTATION_META and data.class_map is not None:
            shape = [data.height, data.width]
            maps.append(data.class_map.reshape(shape).copy())
    return shape, maps


def _corners(obj: PortableObject) -> list[int]:
    rect = obj.rect_params
    left, top = int(rect.left), int(rect.top)
    return [left, top, left + int(rect.width), top + int(rect.height)]


def _labels(obj: PortableObject) -> list[str]:
    texts = [obj.obj_label] if obj.obj_label else []
    return texts + [text for classifier in obj.classifier_meta_list for text in _texts(classifier)]


def _texts(classifier: PortableClassifier) -> list[str]:
    return [label.result_label for label in classifier.label_info_list]

"""What elements leave: tensors, segmentations, optical flow, analytics, tracks, masks."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from pythia.compat import pyds as look_alike
from pythia.compat.pyds.views import Capsule, show
from pythia.meta.portable import (
    PortableBase,
    PortableFrame,
    PortableObject,
    PortableSegmentation,
    PortableTensor,
    PortableUser,
)
from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo
from pythia.meta.portable_optical_flow import PortableOpticalFlow
from pythia.meta.portable_osd import PortableMask, PortableRect
from pythia.meta.portable_tracker import (
    PortableObjReid,
    PortableTargetBatch,
    PortableTargetFrame,
    PortableTargetObject,
    PortableTargetStream,
)
from pythia.meta.types import ANALYTICS_FRAME_META, ANALYTICS_OBJ_META

pyds: Any = look_alike

COVERAGE = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


@pytest.fixture
def tensor() -> PortableTensor:
    layers = {
        "coverage": COVERAGE,
        "strided": COVERAGE.transpose(2, 0, 1),
        "labels": np.array([3, 5], np.int64),
    }
    return PortableTensor(1, layers, 960, 544, 3)


def test_a_tensor_tells_its_layers(tensor: PortableTensor) -> None:
    meta = pyds.NvDsInferTensorMeta.cast(Capsule(tensor))

    layers = [pyds.get_nvds_LayerInfo(meta, i) for i in range(meta.num_output_layers)]

    assert [layer.layerName for layer in layers] == ["coverage", "strided", "labels"]
    assert (meta.unique_id, meta.network_info.width, meta.network_info.channels) == (1, 960, 3)
    dims = layers[0].inferDims
    assert (dims.numDims, dims.numElements, list(dims.d)) == (3, 24, [2, 3, 4, 0, 0, 0, 0, 0])
    assert [layer.dataType for layer in layers] == [pyds.FLOAT, pyds.FLOAT, pyds.INT32]
    with pytest.raises(IndexError):
        meta.output_layers_info(3)


@pytest.mark.parametrize(
    ("place", "expected", "kind"),
    [
        (0, COVERAGE, ctypes.c_float),
        (1, COVERAGE.transpose(2, 0, 1), ctypes.c_float),
        (2, np.array([3, 5]), ctypes.c_int32),
    ],
)
def test_a_buffer_is_read_by_its_address_as_long_as_the_tensor_lives(
    tensor: PortableTensor, place: int, expected: Any, kind: Any
) -> None:
    layer = pyds.get_nvds_LayerInfo(pyds.NvDsInferTensorMeta.cast(Capsule(tensor)), place)
    shape = tuple(layer.inferDims.d[: layer.inferDims.numDims])
    pointer = ctypes.cast(pyds.get_ptr(layer.buffer), ctypes.POINTER(kind))
    again = pyds.get_nvds_LayerInfo(Capsule(tensor), place)
    assert again is layer
    del layer, again

    array = np.ctypeslib.as_array(pointer, shape=shape)

    assert np.array_equal(array, expected)


def test_a_buffer_is_read_number_by_number(tensor: PortableTensor) -> None:
    layer = pyds.get_nvds_LayerInfo(Capsule(tensor), 0)

    assert pyds.get_detections(layer.buffer, 23) == 23.0
    with pytest.raises(IndexError):
        pyds.get_detections(layer.buffer, 24)


def test_segmentation_masks_are_a_copy() -> None:
    classes = np.array([[0, 1, -1], [2, 2, 2]], np.int32)
    meta = pyds.NvDsInferSegmentationMeta.cast(Capsule(PortableSegmentation(3, 3, 2, classes)))

    masks = pyds.get_segmentation_masks(meta)
    masks[0, 0] = 9

    assert (meta.classes, meta.width, meta.height) == (3, 3, 2)
    assert masks.dtype == np.int32
    assert (masks.shape, masks[0, 2]) == ((2, 3), -1)
    assert classes[0, 0] == 0


def test_optical_flow_is_flat() -> None:
    data = np.arange(12, dtype=np.int16).reshape(2, 3, 2)
    meta = pyds.NvDsOpticalFlowMeta.cast(Capsule(PortableOpticalFlow(2, 3, 4, 7, data)))

    vectors = pyds.get_optical_flow_vectors(meta)

    assert vectors.dtype == np.float32
    assert (meta.rows, meta.cols) == (2, 3)
    assert np.array_equal(vectors.reshape(2, 3, 2), data)


def test_a_mask_is_flat_and_can_be_made() -> None:
    portable = PortableObject(mask_params=PortableMask(np.eye(3, dtype=np.float32), 3, 3, 0.5))
    mask = show(pyds.NvDsObjectMeta, portable).mask_params

    assert mask.get_mask_array().tolist() == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert (mask.width, mask.height, mask.threshold, mask.size) == (3, 3, 0.5, 36)
    mask.width = 2
    mask.alloc_mask_array()[5] = 0.5
    assert mask.get_mask_array()[5] == 0.5
    assert pyds.NvOSD_MaskParams().get_mask_array().size == 0


def test_analytics_of_objects_and_frames_are_found_by_their_numbers() -> None:
    frame = PortableFrame()
    of_frame = PortableAnalyticsFrameMeta(objInROIcnt={"gate": 2}, unique_id=3)
    frame.add_user(PortableUser(PortableBase(ANALYTICS_FRAME_META), of_frame))
    obj = PortableObject()
    of_object = PortableAnalyticsObjInfo(lcStatus=["in"], dirStatus="DIR:north")
    obj.add_user(PortableUser(PortableBase(ANALYTICS_OBJ_META), of_object))

    user = pyds.NvDsUserMeta.cast(show(pyds.NvDsFrameMeta, frame).frame_user_meta_list.data)
    assert user.base_meta.meta_type == pyds.nvds_get_user_meta_type(ANALYTICS_FRAME_META)
    found = pyds.NvDsAnalyticsFrameMeta.cast(user.user_meta_data)
    user = pyds.NvDsUserMeta.cast(show(pyds.NvDsObjectMeta, obj).obj_user_meta_list.data)
    assert user.base_meta.meta_type == pyds.nvds_get_user_meta_type(ANALYTICS_OBJ_META)
    info = pyds.NvDsAnalyticsObjInfo.cast(data=user.user_meta_data)

    assert (found.objInROIcnt, found.unique_id) == ({"gate": 2}, 3)
    assert (info.lcStatus, info.dirStatus) == (["in"], "DIR:north")


def test_analytics_are_changed_by_assigning_them() -> None:
    info = pyds.NvDsAnalyticsObjInfo()

    info.roiStatus.append("lost")
    info.ocStatus = ["crowd"]

    assert (info.roiStatus, info.ocStatus) == ([], ["crowd"])
    with pytest.raises(TypeError):
        info.roiStatus = "gate"
    with pytest.raises(TypeError):
        pyds.NvDsAnalyticsFrameMeta().objCnt = {0: "many"}


def test_analytics_are_cast_from_capsules_only() -> None:
    with pytest.raises(TypeError):
        pyds.NvDsAnalyticsObjInfo.cast(12345)
    assert pyds.NvDsAnalyticsObjInfo.cast(None) is None


def test_past_frames_are_walked_with_list() -> None:
    frames = (PortableTargetFrame(7, PortableRect(left=3.0), 0.5, 2),)
    target = PortableTargetObject(5, 1, "car", frames)
    data = PortableTargetBatch((PortableTargetStream(0, 1, (target,)),))

    seen = [
        (stream.streamID, obj.uniqueId, obj.objLabel, past.frameNum, past.tBbox.left, past.age)
        for stream in pyds.NvDsTargetMiscDataBatch.cast(Capsule(data)).list()
        for obj in pyds.NvDsTargetMiscDataStream.cast(stream).list()
        for past in pyds.NvDsTargetMiscDataObject.cast(obj).list()
    ]

    assert seen == [(0, 5, "car", 7, 3.0, 2)]
    with pytest.raises(TypeError):
        pyds.NvDsTargetMiscDataBatch.cast(5)


def test_a_re_identification_vector_is_an_array() -> None:
    vector = np.arange(4, dtype=np.float32)
    meta = pyds.NvDsObjReid.cast(Capsule(PortableObjReid(vector)))

    assert meta.featureSize == 4
    assert meta.get_host_reid_vector().tolist() == [0, 1, 2, 3]

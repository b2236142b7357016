"""Tensors that nvdspreprocess attached, as inputs of a network."""

from __future__ import annotations

from pythia.elements.inference_meta import Target
from pythia.exceptions import PipelineError
from pythia.meta.portable import PortableBatch
from pythia.meta.portable_preprocess import PortablePreProcessBatch, PortablePreProcessUser
from pythia.vision.geometry import Rect
from pythia.vision.inference_model import InputTensor
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.placement import Placement


def tensor_input(
    batch: PortableBatch, config: NvInferConfig, input_name: str, size: tuple[int, int]
) -> tuple[list[Target], list[InputTensor]]:
    """The regions that were prepared for this network, and their tensors, in the same order.

    Raises:
        PipelineError: a tensor is for another input than the network's ``input_name``.
    """
    targets: list[Target] = []
    tensors: list[InputTensor] = []
    for user in batch.batch_user_meta_list:
        if not isinstance(user, PortablePreProcessUser):
            continue
        data: PortablePreProcessBatch = user.user_meta_data
        tensor = data.tensor_meta
        if config.gie_unique_id not in data.target_unique_ids or tensor is None:
            continue
        if tensor.tensor_name != input_name:
            raise PipelineError(
                f"nvdspreprocess has tensor-name={tensor.tensor_name}, but the input of the model "
                f"of {config.file} is {input_name}; set tensor-name={input_name}"
            )
        targets += _targets(data, size)
        tensors.append(tensor.raw_tensor_buffer)
    return targets, tensors


def is_prepared(batch: PortableBatch, config: NvInferConfig) -> bool:
    """Whether nvdspreprocess looked at this batch for this network, ready or not."""
    return any(
        config.gie_unique_id in user.user_meta_data.target_unique_ids
        for user in batch.batch_user_meta_list
        if isinstance(user, PortablePreProcessUser)
    )


def _targets(data: PortablePreProcessBatch, size: tuple[int, int]) -> list[Target]:
    return [
        Target(roi.frame_meta, roi.object_meta, size, roi)
        for roi in data.roi_vector
        if roi.frame_meta is not None
    ]


def placement(target: Target) -> Placement:
    """Where the region of a target lies."""
    roi = target.roi
    assert roi is not None
    rect = roi.roi
    return Placement(
        *target.size,
        roi.offset_left,
        roi.offset_top,
        roi.scale_ratio_x,
        roi.scale_ratio_y,
        region=Rect(rect.left, rect.top, rect.width, rect.height),
    )

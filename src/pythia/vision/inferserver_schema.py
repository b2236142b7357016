"""All fields of nvinferserver's configuration, from DeepStream's public ``.proto`` files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pythia.vision.config_values import Reader, integer, number, path, text
from pythia.vision.text_proto import Many

_WHOLE = integer()
_COUNT = integer(0)
_NUMBER = number()


def _float(value: str, directory: Path) -> float:
    """A number; as in C++ an ``f`` may end it."""
    return float(_NUMBER(value.rstrip("fF"), directory))


def _boolean(value: str, _directory: Path) -> bool:
    if value not in ("true", "false", "t", "f", "True", "False", "1", "0"):
        raise ValueError("true or false")
    return value in ("true", "t", "True", "1")


def _one_of(*names: str) -> Reader:
    """A name, or its number; gives the name."""

    def read(value: str, _directory: Path) -> str:
        if value.isdecimal() and int(value) < len(names):
            return names[int(value)]
        if value not in names:
            raise ValueError("one of " + ", ".join(names))
        return value

    return read


_CLASSIFY: dict[str, Any] = {"topk": _COUNT, "threshold": _float, "tensor_name": text}
_MODEL_REPO: dict[str, Any] = {
    "root": Many(text),
    "log_level": _COUNT,
    "strict_model_config": _boolean,
    "tf_gpu_memory_fraction": _float,
    "tf_disable_soft_placement": _boolean,
    "min_compute_capacity": _float,
    "backend_dir": text,
    "model_control_mode": text,
    "cuda_device_memory": Many({"device": _COUNT, "memory_pool_byte_size": _COUNT}),
    "pinned_memory_pool_byte_size": _COUNT,
    "backend_configs": Many({"backend": text, "setting": text, "value": text}),
}
_TRITON: dict[str, Any] = {
    "model_name": text,
    "version": _WHOLE,
    "class_params": Many(_CLASSIFY),
    "model_repo": _MODEL_REPO,
    "grpc": {"url": text, "enable_cuda_buffer_sharing": _boolean},
}
_DATA_TYPES = (
    *("NONE", "FP32", "FP16", "INT8", "INT16", "INT32", "UINT8", "UINT16", "UINT32"),
    *("FP64", "INT64", "UINT64", "STRING"),
)
_BACKEND: dict[str, Any] = {
    "inputs": Many(
        {
            "name": text,
            "dims": Many(_WHOLE),
            "data_type": _one_of(*(f"TENSOR_DT_{name}" for name in _DATA_TYPES)),
        }
    ),
    "outputs": Many({"name": text, "max_buffer_bytes": _COUNT}),
    "trt_is": _TRITON,
    "triton": _TRITON,
    "output_mem_type": _one_of("MEMORY_TYPE_DEFAULT", "MEMORY_TYPE_CPU", "MEMORY_TYPE_GPU"),
    "disable_warmup": _boolean,
}
_PREPROCESS: dict[str, Any] = {
    "network_format": _one_of(
        "MEDIA_FORMAT_NONE", "IMAGE_FORMAT_RGB", "IMAGE_FORMAT_BGR", "IMAGE_FORMAT_GRAY"
    ),
    "tensor_order": _one_of("TENSOR_ORDER_NONE", "TENSOR_ORDER_LINEAR", "TENSOR_ORDER_NHWC"),
    "tensor_name": text,
    "maintain_aspect_ratio": _COUNT,
    "frame_scaling_hw": _one_of(
        "FRAME_SCALING_HW_DEFAULT", "FRAME_SCALING_HW_GPU", "FRAME_SCALING_HW_VIC"
    ),
    "frame_scaling_filter": integer(0, 6),
    "normalize": {"scale_factor": _float, "channel_offsets": Many(_float), "mean_file": path},
    "symmetric_padding": _COUNT,
}
_DETECTION: dict[str, Any] = {
    "num_detected_classes": _COUNT,
    "per_class_params": Many({"key": _WHOLE, "value": {"pre_threshold": _float}}),
    "custom_parse_bbox_func": text,
    "nms": {"confidence_threshold": _float, "iou_threshold": _float, "topk": _WHOLE},
    "dbscan": {
        "pre_threshold": _float,
        "eps": _float,
        "min_boxes": _COUNT,
        "min_score": _float,
    },
    "group_rectangle": {"confidence_threshold": _float, "group_threshold": _COUNT, "eps": _float},
    "simple_cluster": {"threshold": _float},
}
_POSTPROCESS: dict[str, Any] = {
    "labelfile_path": path,
    "detection": _DETECTION,
    "classification": {"threshold": _float, "custom_parse_classifier_func": text},
    "segmentation": {
        "threshold": _float,
        "num_segmentation_classes": _COUNT,
        "custom_parse_segmentation_func": text,
    },
    "other": {"type_name": text},
    "trtis_classification": _CLASSIFY,
    "triton_classification": _CLASSIFY,
}
_LOOP: dict[str, Any] = {
    "input": text,
    "output": text,
    "init_const": {"value": _float},
    "keep_output": _boolean,
}
_INFER_CONFIG: dict[str, Any] = {
    "unique_id": _COUNT,
    "gpu_ids": Many(_COUNT),
    "max_batch_size": integer(0, 1024),
    "backend": _BACKEND,
    "preprocess": _PREPROCESS,
    "input_tensor_from_meta": {"is_first_dim_batch": _boolean},
    "postprocess": _POSTPROCESS,
    "custom_lib": {"path": text},
    "extra": {
        "copy_input_to_host_buffers": _boolean,
        "output_buffer_pool_size": _COUNT,
        "custom_process_funcion": text,  # spelled so
    },
    "lstm": {"loops": Many(_LOOP)},
    "clip_object_outside_roi": _boolean,
}
_COLOUR: dict[str, Any] = {part: number(0, 1) for part in "rgba"}
_BBOX_FILTER: dict[str, Any] = {
    "min_width": _COUNT,
    "min_height": _COUNT,
    "max_width": _COUNT,
    "max_height": _COUNT,
}
_CLASS_FILTER: dict[str, Any] = {
    "bbox_filter": _BBOX_FILTER,
    "roi_top_offset": _COUNT,
    "roi_bottom_offset": _COUNT,
    "border_color": _COLOUR,
    "bg_color": _COLOUR,
}
_INPUT_CONTROL: dict[str, Any] = {
    "process_mode": _one_of(
        "PROCESS_MODE_DEFAULT", "PROCESS_MODE_FULL_FRAME", "PROCESS_MODE_CLIP_OBJECTS"
    ),
    "operate_on_gie_id": integer(-1),
    "operate_on_class_ids": Many(_COUNT),
    "interval": _COUNT,
    "secondary_reinfer_interval": _COUNT,
    "async_mode": _boolean,
    "object_control": {"bbox_filter": _BBOX_FILTER},
}
_OUTPUT_CONTROL: dict[str, Any] = {
    "output_tensor_meta": _boolean,
    "detect_control": {
        "default_filter": _CLASS_FILTER,
        "specific_class_filters": Many({"key": _COUNT, "value": _CLASS_FILTER}),
        "filter_out_class_ids": Many(_COUNT),
    },
    "classifier_type": text,
}

SCHEMA: dict[str, Any] = {
    "infer_config": _INFER_CONFIG,
    "input_control": _INPUT_CONTROL,
    "output_control": _OUTPUT_CONTROL,
}
"""[PluginControl]"""

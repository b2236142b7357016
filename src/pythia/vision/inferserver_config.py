"""The configuration file of nvinferserver, as far as an ONNX model on disk can follow it.

Fields are those of DeepStream's ``nvdsinferserver_plugin.proto`` and the two files it imports,
defaults those of its open sources. The result is a configuration of nvinfer, with the few rules
that differ marked by ``triton``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pythia.exceptions import ConfigError
from pythia.vision.class_attrs import ClassAttrs, Colour
from pythia.vision.inferserver_schema import SCHEMA
from pythia.vision.labels import read_labels
from pythia.vision.nvinfer_config import (
    CLASSIFIER,
    DBSCAN,
    DETECTOR,
    FOR_EVER,
    GROUP_RECTANGLES,
    NMS,
    NO_CLUSTERING,
    OTHER,
    SEGMENTATION,
    NvInferConfig,
)
from pythia.vision.text_proto import parse, typed
from pythia.vision.triton_repository import TritonModel, find_model

_log = logging.getLogger("pythia.vision.config")

_REINFER_INTERVAL = 90
"""Frames, where the file does not say how often tracked objects are looked at."""

Message = Mapping[str, Any]


def load(file: str | Path) -> NvInferConfig:
    """The configuration in ``file``, with the labels read and the model found on disk.

    Raises:
        ConfigError: the file or a value in it is wrong, or asks for a server.
        ModelError: the model is not in the repository, or no ONNX model.
    """
    file = Path(file).absolute()
    message = typed(parse(file), SCHEMA, file)
    infer = message.get("infer_config")
    if infer is None:
        raise ConfigError(f"{file}: infer_config is missing")
    _refuse(infer, file)
    model = _model(infer.get("backend", {}), file)
    fields = {
        "gie_unique_id": infer.get("unique_id", 0) or 15,
        "gpu_id": (infer.get("gpu_ids") or [0])[0],
        "batch_size": infer.get("max_batch_size", 0) or 1,
        "onnx_file": model.file,
        "output_blob_names": tuple(
            output["name"] for output in infer.get("backend", {}).get("outputs", ())
        ),
        "input_tensor_from_meta": "input_tensor_from_meta" in infer,
        "clip_object_outside_roi": infer.get("clip_object_outside_roi", False),
        "triton": True,
        **_preprocess(infer.get("preprocess", {}), _dims(infer, model)),
        **_postprocess(infer.get("postprocess", {}), message.get("output_control", {}), file),
        **_control(message.get("input_control", {})),
    }
    control = message.get("output_control", {})
    fields["output_tensor_meta"] = control.get("output_tensor_meta", False)
    fields["classifier_type"] = control.get("classifier_type", "")
    if fields["network_type"] == CLASSIFIER and not fields["labels"]:
        fields["labels"] = (model.labels,) if model.labels else ()
    return NvInferConfig(file, **fields)


def _refuse(infer: Message, file: Path) -> None:
    """Say no to what needs NVIDIA's software.

    Raises:
        ConfigError: there is something of the kind.
    """
    extra = infer.get("extra", {})
    if "lstm" in infer:
        raise ConfigError(f"{file}: infer_config.lstm (loops) does not run on the portable runtime")
    if extra.get("custom_process_funcion"):
        raise ConfigError(
            f"{file}: infer_config.extra.custom_process_funcion={extra['custom_process_funcion']} "
            "is C++ of a library, which the portable runtime cannot load; use postprocess { other "
            "{} } with output_control { output_tensor_meta: true } and read the tensors in a probe"
        )


def _model(backend: Message, file: Path) -> TritonModel:
    triton = backend.get("triton", backend.get("trt_is"))
    if triton is None:
        raise ConfigError(f"{file}: infer_config.backend.triton is missing")
    if "grpc" in triton:
        raise ConfigError(
            f"{file}: infer_config.backend.triton.grpc asks for the server at "
            f"{triton['grpc'].get('url', '')!r}; the portable runtime runs models on disk: use "
            "model_repo { root: ... } with an ONNX model"
        )
    roots = triton.get("model_repo", {}).get("root", [])
    if not triton.get("model_name") or not roots:
        raise ConfigError(
            f"{file}: infer_config.backend.triton needs model_name and model_repo {{ root }}"
        )
    return find_model(file, roots, triton["model_name"], triton.get("version", -1))


def _dims(infer: Message, model: TritonModel) -> tuple[int, ...]:
    """Sizes of one picture, from the configuration or the repository; 0 is open."""
    for entry in infer.get("backend", {}).get("inputs", ()):
        if entry.get("dims"):
            return tuple(entry["dims"])
    return model.dims


def _preprocess(message: Message, dims: tuple[int, ...]) -> dict[str, Any]:
    normalize = message.get("normalize", {})
    sizes = dims[-3:] if len(dims) >= 3 else ()
    order = message.get("tensor_order", "TENSOR_ORDER_NONE")
    last = order == "TENSOR_ORDER_NHWC"
    if order == "TENSOR_ORDER_NONE" and sizes:
        last = sizes[-1] in (1, 3) and sizes[0] not in (1, 3)
    formats = {"IMAGE_FORMAT_BGR": 1, "IMAGE_FORMAT_GRAY": 2}
    fields: dict[str, Any] = {
        "model_color_format": formats.get(message.get("network_format", ""), 0),
        "network_input_order": int(last),
        "maintain_aspect_ratio": bool(message.get("maintain_aspect_ratio", 0)),
        "symmetric_padding": bool(message.get("symmetric_padding", 0)),
        "scaling_filter": message.get("frame_scaling_filter", 1),
        "net_scale_factor": normalize.get("scale_factor", 0.0) or 1.0,
        "offsets": tuple(normalize.get("channel_offsets", ())),
        "mean_file": normalize.get("mean_file"),
    }
    if sizes and min(sizes) > 0:
        fields["infer_dims"] = (sizes[2], *sizes[:2]) if last else sizes
    return fields


def _postprocess(message: Message, output: Message, file: Path) -> dict[str, Any]:
    labels = message.get("labelfile_path")
    fields: dict[str, Any] = {"labelfile_path": labels, "network_type": OTHER}
    fields["labels"] = read_labels(labels) if labels else ()
    if "detection" in message:
        fields |= _detection(message["detection"], output.get("detect_control"), file)
    elif "classification" in message:
        settings = message["classification"]
        fields["network_type"] = CLASSIFIER
        fields["classifier_threshold"] = settings.get("threshold", 0.0)
        fields["parse_classifier_func_name"] = settings.get("custom_parse_classifier_func", "")
    elif "segmentation" in message:
        settings = message["segmentation"]
        fields["network_type"] = SEGMENTATION
        fields["segmentation_threshold"] = settings.get("threshold", 0.0)
        fields["num_detected_classes"] = settings.get("num_segmentation_classes", 0)
        fields["parse_segmentation_func_name"] = settings.get("custom_parse_segmentation_func", "")
    else:
        for name in ("triton_classification", "trtis_classification"):
            if name in message:
                fields["network_type"] = CLASSIFIER
                fields["classifier_threshold"] = message[name].get("threshold", 0.0)
                if message[name].get("topk", 1) > 1:
                    raise ConfigError(
                        f"{file}: infer_config.postprocess.{name}.topk of more than 1 does not "
                        "run on the portable runtime; use classification { threshold: ... }"
                    )
    return fields


def _detection(message: Message, control: Message | None, file: Path) -> dict[str, Any]:
    count = message.get("num_detected_classes", 0)
    if count < 1:
        raise ConfigError(
            f"{file}: infer_config.postprocess.detection.num_detected_classes is missing"
        )
    mode, shared, topk = _clustering(message)
    thresholds = {
        entry.get("key", 0): entry.get("value", {}).get("pre_threshold", 0.0)
        for entry in message.get("per_class_params", ())
    }
    if any(not 0 <= class_id < count for class_id in thresholds):
        raise ConfigError(
            f"{file}: infer_config.postprocess.detection.per_class_params has a key beyond "
            f"num_detected_classes ({count})"
        )
    attrs = []
    for class_id in range(count):
        own = {**shared, **_filters(control or {}, class_id)}
        if class_id in thresholds:
            own["pre_cluster_threshold"] = thresholds[class_id]
        attrs.append(ClassAttrs(**own))
    return {
        "network_type": DETECTOR,
        "num_detected_classes": count,
        "class_attrs": tuple(attrs),
        "cluster_mode": mode,
        "topk_of_all_classes": topk,
        "parse_bbox_func_name": message.get("custom_parse_bbox_func", ""),
        "filter_out_class_ids": tuple((control or {}).get("filter_out_class_ids", ())),
    }


def _clustering(message: Message) -> tuple[int, dict[str, Any], int]:
    """Cluster mode, what all classes have in common, and how many boxes are kept (0: all)."""
    if "dbscan" in message:
        dbscan = message["dbscan"]
        return (
            DBSCAN,
            {
                "pre_cluster_threshold": dbscan.get("pre_threshold", 0.0),
                "eps": dbscan.get("eps", 0.0),
                "min_boxes": dbscan.get("min_boxes", 0),
                "dbscan_min_score": dbscan.get("min_score", 0.0),
            },
            0,
        )
    if "group_rectangle" in message:
        group = message["group_rectangle"]
        return (
            GROUP_RECTANGLES,
            {
                "pre_cluster_threshold": group.get("confidence_threshold", 0.0),
                "group_threshold": group.get("group_threshold", 0),
                "eps": group.get("eps", 0.0),
            },
            0,
        )
    if "nms" in message:
        nms = message["nms"]
        shared = {
            "pre_cluster_threshold": nms.get("confidence_threshold", 0.0),
            "nms_iou_threshold": nms.get("iou_threshold", 0.0),
        }
        return NMS, shared, max(0, nms.get("topk", 0))
    threshold = message.get("simple_cluster", {}).get("threshold", 0.0)
    return NO_CLUSTERING, {"pre_cluster_threshold": threshold}, 0


def _filters(control: Message, class_id: int) -> dict[str, Any]:
    """Size, region and colours of a class from ``output_control.detect_control``."""
    chosen = control.get("default_filter", {})
    for entry in control.get("specific_class_filters", ()):
        if entry.get("key", 0) == class_id:
            chosen = entry.get("value", {})
    box = chosen.get("bbox_filter", {})
    fields: dict[str, Any] = {
        "detected_min_w": box.get("min_width", 0),
        "detected_min_h": box.get("min_height", 0),
        "detected_max_w": box.get("max_width", 0),
        "detected_max_h": box.get("max_height", 0),
        "roi_top_offset": chosen.get("roi_top_offset", 0),
        "roi_bottom_offset": chosen.get("roi_bottom_offset", 0),
    }
    for name in ("border_color", "bg_color"):
        if name in chosen:
            fields[name] = _colour(chosen[name])
    return fields


def _colour(message: Message) -> Colour:
    red, green, blue, alpha = (message.get(part, 0.0) for part in "rgba")
    return red, green, blue, alpha


def _control(message: Message) -> dict[str, Any]:
    box = message.get("object_control", {}).get("bbox_filter", {})
    objects = message.get("process_mode") == "PROCESS_MODE_CLIP_OBJECTS"
    reinfer = message.get("secondary_reinfer_interval", _REINFER_INTERVAL)
    return {
        "process_mode": 2 if objects else 1,
        "operate_on_gie_id": message.get("operate_on_gie_id", -1),
        "operate_on_class_ids": tuple(message.get("operate_on_class_ids", ())),
        "interval": message.get("interval", 0),
        "secondary_reinfer_interval": reinfer if objects else FOR_EVER,
        "classifier_async_mode": message.get("async_mode", False),
        "input_object_min_width": box.get("min_width", 0),
        "input_object_min_height": box.get("min_height", 0),
        "input_object_max_width": box.get("max_width", 0),
        "input_object_max_height": box.get("max_height", 0),
    }

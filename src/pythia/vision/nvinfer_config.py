"""The configuration file of nvinfer, complete and typed.

Keys, defaults and rules are those of "Gst-nvinfer File Configuration Specifications" in the
DeepStream plugin manual.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pythia.exceptions import ConfigError
from pythia.vision.class_attrs import PREFIX, ClassAttrs, read_class_attrs
from pythia.vision.config_file import read_groups
from pythia.vision.config_values import (
    Reader,
    boolean,
    choice,
    hint,
    integer,
    list_of,
    number,
    path,
    read_keys,
    text,
)
from pythia.vision.labels import Labels, read_labels
from pythia.vision.missing_file import present

_log = logging.getLogger("pythia.vision.config")

DETECTOR, CLASSIFIER, SEGMENTATION, INSTANCE_SEGMENTATION, OTHER = 0, 1, 2, 3, 100
"""Values of ``network-type``."""

GROUP_RECTANGLES, DBSCAN, NMS, HYBRID, NO_CLUSTERING = range(5)
"""Values of ``cluster-mode``."""

_MAX_BATCH_SIZE = 1024
FOR_EVER = 2**31 - 1
"""``secondary-reinfer-interval`` that nobody set."""


@dataclass(frozen=True)
class NvInferConfig:
    """One nvinfer configuration; fields are the keys of ``[property]`` with ``_`` for ``-``.

    Paths are absolute. ``set_keys`` are the keys that the file really has: what a property of the
    element says wins over them, and a default of the element does not (``dataclasses.replace``
    makes the changed configuration). ``class_attrs`` has one entry a class.

    Three fields are no keys: ``clip_object_outside_roi`` is a property of the element;
    ``topk_of_all_classes`` (0: no limit) and ``triton``, which stands for the rules that only
    nvinferserver has, come from nvinferserver's configuration.

    Three fields are no keys: ``clip_object_outside_roi`` is a property of the element;
    ``topk_of_all_classes`` (0: no limit) and ``triton``, which stands for the rules that
    nvinferserver has of its own, come from nvinferserver's configuration.
    """

    file: Path
    set_keys: frozenset[str] = frozenset()
    class_attrs: tuple[ClassAttrs, ...] = ()
    labels: Labels = ()

    gie_unique_id: int = 15
    process_mode: int = 1
    network_type: int = DETECTOR
    network_mode: int = 0
    batch_size: int = 1
    interval: int = 0
    gpu_id: int = 0

    onnx_file: Path | None = None
    model_engine_file: Path | None = None
    model_file: Path | None = None
    proto_file: Path | None = None
    uff_file: Path | None = None
    tlt_encoded_model: Path | None = None
    custom_network_config: Path | None = None
    custom_lib_path: Path | None = None
    labelfile_path: Path | None = None
    output_blob_names: tuple[str, ...] = ()

    net_scale_factor: float = 1.0
    offsets: tuple[float, ...] = ()
    mean_file: Path | None = None
    model_color_format: int = 0
    infer_dims: tuple[int, int, int] | None = None
    network_input_order: int = 0
    maintain_aspect_ratio: bool = False
    symmetric_padding: bool = False
    scaling_filter: int = 1

    num_detected_classes: int = 0
    cluster_mode: int = NMS
    parse_bbox_func_name: str = ""
    parse_bbox_instance_mask_func_name: str = ""
    parse_classifier_func_name: str = ""
    parse_segmentation_func_name: str = ""
    filter_out_class_ids: tuple[int, ...] = ()
    crop_objects_to_roi_boundary: bool = False
    clip_object_outside_roi: bool = True
    topk_of_all_classes: int = 0

    operate_on_gie_id: int = -1
    operate_on_class_ids: tuple[int, ...] = ()
    input_object_min_width: int = 0
    input_object_min_height: int = 0
    input_object_max_width: int = 0
    input_object_max_height: int = 0
    secondary_reinfer_interval: int = FOR_EVER

    classifier_async_mode: bool = False
    classifier_threshold: float = 0.0
    classifier_type: str = ""
    segmentation_threshold: float = 0.0
    segmentation_output_order: int = 0

    output_tensor_meta: bool = False
    output_instance_mask: bool = False
    input_tensor_from_meta: bool = False
    raw_output_file_write: bool = False
    stabilize_buffer_count: int = 0

    triton: bool = False

    @property
    def classifies(self) -> bool:
        """Whether the network is a classifier."""
        return self.network_type == CLASSIFIER


_READERS: dict[str, Reader] = {
    "gie-unique-id": integer(1),
    "process-mode": choice(1, 2),
    "network-type": choice(DETECTOR, CLASSIFIER, SEGMENTATION, INSTANCE_SEGMENTATION, OTHER),
    "network-mode": choice(0, 1, 2, 3),
    "batch-size": integer(1, _MAX_BATCH_SIZE),
    "interval": integer(0),
    "gpu-id": integer(0),
    "onnx-file": path,
    "model-engine-file": path,
    "model-file": path,
    "proto-file": path,
    "uff-file": path,
    "tlt-encoded-model": path,
    "custom-network-config": path,
    "custom-lib-path": path,
    "labelfile-path": path,
    "output-blob-names": list_of(text),
    "net-scale-factor": number(),
    "offsets": list_of(number(), 0, 1, 3, 4),
    "mean-file": path,
    "model-color-format": choice(0, 1, 2),
    "infer-dims": list_of(integer(1), 3),
    "network-input-order": choice(0, 1),
    "maintain-aspect-ratio": boolean,
    "symmetric-padding": boolean,
    "scaling-filter": integer(0, 6),
    "num-detected-classes": integer(0),
    "cluster-mode": choice(0, 1, 2, 3, 4),
    "parse-bbox-func-name": text,
    "parse-bbox-instance-mask-func-name": text,
    "parse-classifier-func-name": text,
    "parse-segmentation-func-name": text,
    "filter-out-class-ids": list_of(integer(0)),
    "crop-objects-to-roi-boundary": boolean,
    "operate-on-gie-id": integer(-1),
    "operate-on-class-ids": list_of(integer(0)),
    "input-object-min-width": integer(0),
    "input-object-min-height": integer(0),
    "input-object-max-width": integer(0),
    "input-object-max-height": integer(0),
    "secondary-reinfer-interval": integer(0),
    "classifier-async-mode": boolean,
    "classifier-threshold": number(0),
    "classifier-type": text,
    "segmentation-threshold": number(0),
    "segmentation-output-order": choice(0, 1),
    "output-tensor-meta": boolean,
    "output-instance-mask": boolean,
    "input-tensor-from-meta": boolean,
    "raw-output-file-write": boolean,
    "stabilize-buffer-count": integer(0),
}

_LEGACY: dict[str, Reader] = {
    "is-classifier": boolean,
    "enable-dbscan": boolean,
    "input-dims": list_of(integer(0), 4),
    "uff-input-dims": list_of(integer(0), 4),
}

_GPU_ONLY = frozenset(
    {
        "auto-inc-mem",
        "disable-output-host-copy",
        "dynamic-properties",
        "enable-dla",
        "engine-create-func-name",
        "force-implicit-batch-dim",
        "int8-calib-file",
        "layer-device-precision",
        "max-gpu-mem-per",
        "output-io-formats",
        "parse-func",
        "scaling-compute-hw",
        "strongly-typed",
        "tensor-meta-pool-size",
        "tlt-model-key",
        "uff-input-blob-name",
        "uff-input-order",
        "use-dla-core",
        "warmup-engine",
        "workspace-size",
    }
)
"""Keys that tune TensorRT and its engines: accepted, and without effect here."""

_REFUSED = (
    "dump-input-tensor",
    "dump-output-tensor",
    "overwrite-input-tensor",
    "overwrite-output-tensor",
)
_OF_REFUSED = frozenset({"ip-tensor-file", "op-tensor-files"})


def load(file: str | Path) -> NvInferConfig:
    """The configuration in ``file``, with the labels read; models are not looked at yet.

    Unknown keys and groups are logged as warnings.

    Raises:
        ConfigError: the file, a value in it or its label file is wrong.
    """
    file = present(Path(file).absolute())
    groups = read_groups(file, loose_keys=True)
    if "property" not in groups:
        raise ConfigError(
            f"{file}: group [property] is missing; found: {', '.join(groups) or 'no group'}"
        )
    settings = _properties(groups["property"], file)
    for name in groups:
        if name != "property" and not name.startswith(PREFIX):
            known = ("property", PREFIX + "all")
            _log.warning("%s: unknown group [%s] is ignored%s", file, name, hint(name, known))
    config = NvInferConfig(file, frozenset(groups["property"]), **settings)
    return _completed(config, read_class_attrs(groups, config.num_detected_classes, file))


def _properties(values: Mapping[str, str], file: Path) -> dict[str, Any]:
    for key in _REFUSED:
        if values.get(key, "0") not in ("0", "false"):
            raise ConfigError(
                f"{file}: group [property], key {key}: tensors cannot be dumped or replaced on the "
                "portable runtime; raw-output-file-write=1 writes outputs, output-tensor-meta=1 "
                "attaches them"
            )
    idle = _GPU_ONLY | _OF_REFUSED | frozenset(_REFUSED)
    unused = sorted(idle.intersection(values))
    if unused:
        _log.debug("%s: no effect on the portable runtime: %s", file, ", ".join(unused))
    used = {key: value for key, value in values.items() if key not in idle}
    read = read_keys(used, {**_READERS, **_LEGACY}, "property", file)
    fields = {key.replace("-", "_"): value for key, value in read.items() if key in _READERS}
    return {**_legacy_fields(read), **fields}


def _legacy_fields(read: Mapping[str, Any]) -> dict[str, Any]:
    """What the older spellings say; where both are given the newer one wins."""
    fields: dict[str, Any] = {}
    if "is-classifier" in read:
        fields["network_type"] = CLASSIFIER if read["is-classifier"] else DETECTOR
    if read.get("enable-dbscan"):
        fields["cluster_mode"] = DBSCAN
    dims = read.get("input-dims", read.get("uff-input-dims"))
    if dims is not None:
        # The fourth number is the order of the three before it: 0 is c;h;w, 1 is h;w;c.
        fields["infer_dims"] = dims[:3] if dims[3] != 1 else (dims[2], dims[0], dims[1])
        fields["network_input_order"] = int(dims[3] == 1)
    return fields


def _completed(config: NvInferConfig, attrs: tuple[ClassAttrs, ...]) -> NvInferConfig:
    detects = config.network_type in (DETECTOR, INSTANCE_SEGMENTATION)
    if detects and config.num_detected_classes == 0:
        raise ConfigError(
            f"{config.file}: group [property], key num-detected-classes is missing; "
            "a detector needs the number of its classes"
        )
    labels = read_labels(config.labelfile_path) if config.labelfile_path else ()
    return replace(config, class_attrs=attrs, labels=labels)

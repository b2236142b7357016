"""Which ONNX file a configuration means."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from pythia.exceptions import ModelError
from pythia.vision.missing_file import present
from pythia.vision.nvinfer_config import NvInferConfig

_log = logging.getLogger("pythia.vision.model")

_ENGINE = re.compile(r"(_b\d+_(gpu|dla)\d+_(fp32|fp16|int8|best))?\.engine$")


def onnx_path(config: NvInferConfig) -> Path:
    """The ONNX model of a configuration, which exists.

    ``onnx-file`` comes first. A TensorRT engine cannot be run here, but the model that it was
    built from can: ``x.onnx_b1_gpu0_fp32.engine`` stands for ``x.onnx`` beside it.

    Raises:
        ModelError: there is no such file; the message says which one was expected.
    """
    if config.onnx_file is not None:
        model = present(config.onnx_file)
        if model.is_file():
            return model
        problem = "is not a file" if config.onnx_file.exists() else "does not exist"
        raise ModelError(f"{config.file}: onnx-file {config.onnx_file} {problem}")
    if config.model_engine_file is not None:
        return _beside_engine(config, config.model_engine_file)
    for model in filter(None, (config.tlt_encoded_model, config.uff_file, config.model_file)):
        if present(model).suffix == ".onnx":
            return present(model)
    raise _refusal(config)


def _beside_engine(config: NvInferConfig, engine: Path) -> Path:
    model = engine.with_name(_ENGINE.sub("", engine.name))
    if model.suffix != ".onnx":
        model = model.with_name(model.name + ".onnx")
    model = present(model)
    if not model.is_file():
        raise ModelError(
            f"{config.file}: model-engine-file {engine} is a TensorRT engine, which only NVIDIA's "
            f"runtime can load; the portable runtime expected the ONNX model {model}, which does "
            "not exist (or set onnx-file)"
        )
    _log.info("%s: using %s in place of the engine %s", config.file, model, engine.name)
    return model


def _refusal(config: NvInferConfig) -> ModelError:
    kinds = {
        "tlt-encoded-model": (config.tlt_encoded_model, "an encrypted TAO model"),
        "uff-file": (config.uff_file, "a UFF model"),
        "model-file": (config.model_file, "a caffe model"),
        "proto-file": (config.proto_file, "a caffe model"),
        "custom-network-config": (config.custom_network_config, "a network for an engine builder"),
    }
    for key, (path, kind) in kinds.items():
        if path is not None:
            return ModelError(
                f"{config.file}: {key} {path} is {kind}, which only NVIDIA's runtime can load; "
                f"the portable runtime needs onnx-file, such as {path.with_suffix('.onnx')}"
            )
    return ModelError(f"{config.file}: group [property] has no model; the key onnx-file is missing")

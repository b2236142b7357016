"""One neural network on ONNX Runtime, called with whole batches."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ConfigError, MissingDependencyError, ModelError

_log = logging.getLogger("pythia.vision.network")

Tensors = dict[str, NDArray[Any]]

_PROVIDERS = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
_INPUT_TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}
_PREPARED_TYPES: dict[str, Any] = {
    **_INPUT_TYPES,
    "tensor(int8)": np.int8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
}
_SHAPE_INPUT = "image_shape"
"""Keras' YOLOv3 of the ONNX model zoo asks for the height and width that its boxes are for."""

_INT8, _FP16, _BEST = 1, 2, 3
_ERRORS_ONLY = 3


class Network:
    """One ONNX model; ``run`` may be called by several threads at once.

    Each call uses ``threads`` threads, the caller's own among them, and none of them spins: the
    elements run several calls side by side instead. Execution providers are taken from what ONNX
    Runtime offers, in the order TensorRT, CUDA, OpenVINO, CPU, or from the environment variable
    ``PYTHIA_PROVIDERS`` (such as ``cuda,cpu``). ``network_mode`` is that of nvinfer (0 FP32,
    1 INT8, 2 FP16, 3 best); TensorRT honours it, elsewhere the model runs as it is. With
    ``prepared`` the input need not be pictures: any number of dimensions will do.

    Raises:
        ModelError: the model cannot be loaded, or has other inputs than one of pictures.
        ConfigError: ``output_names`` has a name that the model lacks, or ``PYTHIA_PROVIDERS`` has
            one that ONNX Runtime does not offer here.
        MissingDependencyError: ONNX Runtime is not installed.
    """

    def __init__(
        self,
        path: str | Path,
        network_mode: int = 0,
        output_names: Sequence[str] = (),
        threads: int = 1,
        gpu_id: int = 0,
        prepared: bool = False,
    ) -> None:
        self._prepared = prepared
        self.path = Path(path)
        self._session = _session(self.path, network_mode, threads, gpu_id)
        pictures = self._picture_input(self._session.get_inputs())
        self.input_name: str = pictures.name
        self.input_shape = tuple(_static(size) for size in pictures.shape[1:])
        """Dimensions of one picture, in the model's own order; None where the model is dynamic."""
        self.batch_size = _static(pictures.shape[0])
        """The batch that the model was exported with; None where any will do."""
        self.input_type = self._input_type(pictures.type)
        outputs = {entry.name: entry.shape for entry in self._session.get_outputs()}
        self.output_names = self._outputs(outputs, output_names)
        first = {name: (outputs[name] or [None])[0] for name in self.output_names}
        batch = pictures.shape[0]
        self._batched = all(size is not None and size == batch for size in first.values())
        if not self._batched and self.batch_size != 1:
            _log.info("%s: its outputs do not begin with the batch; one picture a call", self.path)
        self._leading_one = {
            n for n, size in first.items() if size is not None and size in (1, batch)
        }

    def run(self, batch: NDArray[Any]) -> list[Tensors]:
        """The outputs for each picture of ``batch``, in order, without a batch dimension.

        ``batch`` is NxCxHxW (or NxHxWxC, as the model is) and is converted to the model's own type
        where that is not float32. A model with a fixed batch is called as often as needed, the
        last time with zeros at the end. A model whose outputs do not begin with the batch (rows
        of a non-maximum suppression, for example) is called once a picture, and its outputs are
        given as they are, without the first dimension where that is 1.

        Raises:
            ModelError: ONNX Runtime refused the batch.
        """
        batch = np.asarray(batch, self.input_type)
        return [tensors for part in self._parts(batch) for tensors in self._run_part(part)]

    def _parts(self, batch: NDArray[Any]) -> Iterator[NDArray[Any]]:
        size = self.batch_size or (len(batch) if self._batched else 1)
        for start in range(0, len(batch), size):
            yield batch[start : start + size]

    def _run_part(self, part: NDArray[Any]) -> list[Tensors]:
        count = len(part)
        if self.batch_size is not None and count < self.batch_size:
            part = np.concatenate(
                [part, np.zeros((self.batch_size - count, *part.shape[1:]), part.dtype)]
            )
        try:
            values = self._session.run(self.output_names, self._feeds(part))
        except Exception as error:  # its own exception types differ from release to release
            raise ModelError(
                f"{self.path} failed on a batch of shape {part.shape}: {error}"
            ) from error
        named = dict(zip(self.output_names, values, strict=True))
        if len(part) == 1:
            return [{name: self._one(name, value) for name, value in named.items()}]
        self._check_batch(named, len(part))
        return [{name: value[i] for name, value in named.items()} for i in range(count)]

    def _feeds(self, part: NDArray[Any]) -> Tensors:
        feeds: Tensors = {self.input_name: part}
        if self._wants_shape:
            feeds[_SHAPE_INPUT] = np.tile(np.array(part.shape[2:], np.float32), (len(part), 1))
        return feeds

    def _one(self, name: str, value: NDArray[Any]) -> NDArray[Any]:
        # Three dimensions or more are never the bare rows of a suppression step.
        declared = name in self._leading_one or value.ndim > 2
        return value[0] if declared and value.ndim and value.shape[0] == 1 else value

    def _check_batch(self, named: Tensors, count: int) -> None:
        for name, value in named.items():
            if not value.ndim or value.shape[0] != count:
                raise ModelError(
                    f"{self.path}: output {name} has shape {value.shape} for a batch of {count}, "
                    "so it cannot be told which part belongs to which picture; use batch-size=1"
                )

    def _picture_input(self, inputs: Sequence[Any]) -> Any:
        pictures = [
            entry
            for entry in inputs
            if len(entry.shape) == 4 or (self._prepared and entry.name != _SHAPE_INPUT)
        ]
        others = {entry.name for entry in inputs} - {entry.name for entry in pictures}
        if len(pictures) != 1 or others - {_SHAPE_INPUT}:
            found = ", ".join(f"{entry.name} {entry.shape}" for entry in inputs)
            needed = "" if self._prepared else " with 4 dimensions (a batch of pictures)"
            raise ModelError(
                f"{self.path}: one input{needed} is needed, and "
                f"at most {_SHAPE_INPUT} beside it; found {found}"
            )
        self._wants_shape = bool(others)
        return pictures[0]

    def _input_type(self, name: str) -> Any:
        accepted = _PREPARED_TYPES if self._prepared else _INPUT_TYPES
        if name not in accepted:
            raise ModelError(
                f"{self.path}: input {self.input_name} is {name}; accepted: {', '.join(accepted)}"
            )
        return accepted[name]

    def _outputs(self, available: dict[str, Any], wanted: Sequence[str]) -> list[str]:
        unknown = [name for name in wanted if name not in available]
        if unknown:
            raise ConfigError(
                f"output-blob-names: {self.path} has no output {', '.join(unknown)}; "
                f"available: {', '.join(available)}"
            )
        return list(wanted) or list(available)


def _static(size: Any) -> int | None:
    return size if isinstance(size, int) and size > 0 else None


def _session(path: Path, network_mode: int, threads: int, gpu_id: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependencyError(
            f"{path} needs ONNX Runtime: pip install 'pythiags[portable]'"
        ) from error
    onnxruntime.disable_telemetry_events()  # what a user's machine does is nobody else's business
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    names = choose_providers(onnxruntime.get_available_providers())
    providers = [(name, _provider_options(name, path, network_mode, gpu_id)) for name in names]
    if network_mode and names[0] != _PROVIDERS["tensorrt"]:
        _log.debug("%s: network-mode %d has no effect on %s", path, network_mode, names[0])
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # its own exception types differ from release to release
        raise ModelError(f"{path} cannot be loaded by ONNX Runtime: {error}") from error


def choose_providers(available: Sequence[str]) -> list[str]:
    """The execution providers to use, best first.

    Raises:
        ConfigError: ``PYTHIA_PROVIDERS`` names one that is not available.
    """
    wanted = [name.strip() for name in os.environ.get("PYTHIA_PROVIDERS", "").split(",")]
    chosen = [_PROVIDERS.get(name.lower(), name) for name in wanted if name]
    missing = [name for name in chosen if name not in available]
    if missing:
        raise ConfigError(
            f"PYTHIA_PROVIDERS asks for {', '.join(missing)}; "
            f"available: {', '.join(_short_names(available))}"
        )
    return chosen or [name for name in _PROVIDERS.values() if name in available]


def _short_names(available: Sequence[str]) -> list[str]:
    short = {name: key for key, name in _PROVIDERS.items()}
    return [short.get(name, name) for name in available]


def _provider_options(name: str, path: Path, network_mode: int, gpu_id: int) -> dict[str, Any]:
    if name == _PROVIDERS["tensorrt"]:
        options: dict[str, Any] = {
            "device_id": gpu_id,
            "trt_fp16_enable": network_mode in (_FP16, _BEST),
            "trt_int8_enable": network_mode in (_INT8, _BEST),
        }
        # Building an engine takes minutes; like DeepStream, keep it beside the model.
        if os.access(path.parent, os.W_OK):
            options |= {"trt_engine_cache_enable": True, "trt_engine_cache_path": str(path.parent)}
        return options
    if name == _PROVIDERS["cuda"]:
        return {"device_id": gpu_id}
    return {}

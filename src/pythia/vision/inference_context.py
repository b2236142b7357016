"""Pictures or prepared tensors in, raw tensors out: the part that all kinds of networks share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pythia.vision.geometry import Letterbox
from pythia.vision.model_file import onnx_path
from pythia.vision.network import Network, Tensors
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.placement import Picture
from pythia.vision.preprocess import Preprocessor
from pythia.vision.raw_output import RawOutput

__all__ = ["InferenceContext", "InputSize", "Picture"]


class InputSize(NamedTuple):
    """Size of one picture of a network's input."""

    width: int
    height: int
    channels: int


class InferenceContext:
    """Pre-processing and network of one configuration, for whole batches."""

    def __init__(self, config: NvInferConfig) -> None:
        self.config = config
        self.network = Network(
            onnx_path(config),
            config.network_mode,
            config.output_blob_names,
            gpu_id=config.gpu_id,
            prepared=config.input_tensor_from_meta,
        )
        self._preprocessor: Preprocessor | None = None
        if config.input_tensor_from_meta:
            self.input_size = _input_size(self.network.input_shape, config.network_input_order)
        else:
            made = self._preprocessor = Preprocessor(config, self.network.input_shape)
            self.input_size = InputSize(made.width, made.height, made.channels)
        self._batches = threading.local()
        self._raw_output: RawOutput | None = None
        if config.raw_output_file_write:
            self._raw_output = RawOutput(config.gie_unique_id, Path.cwd())

    def infer(self, pictures: Sequence[Picture]) -> list[tuple[Letterbox, Tensors]]:
        """Where each picture went in the input, and its outputs; ``batch-size`` at a time."""
        results: list[tuple[Letterbox, Tensors]] = []
        for start in range(0, len(pictures), self.config.batch_size):
            part = pictures[start : start + self.config.batch_size]
            batch = self._batch()[: len(part)]
            boxes = self._fill(batch, part)
            results += zip(boxes, self._run(batch), strict=True)
        return results

    def prepare(self, pictures: Sequence[Picture]) -> tuple[NDArray[np.float32], list[Letterbox]]:
        """The input for pictures, in memory of its own, and where each of them went in it."""
        batch = np.empty((len(pictures), *self._preparing.slot_shape), np.float32)
        return batch, self._fill(batch, pictures)

    def run(self, batch: NDArray[Any]) -> list[Tensors]:
        """The outputs for each slot of a prepared input; ``batch-size`` at a time."""
        size = self.config.batch_size
        parts = [batch[start : start + size] for start in range(0, len(batch), size)]
        return [tensors for part in parts for tensors in self._run(part)]

    @property
    def _preparing(self) -> Preprocessor:
        assert self._preprocessor is not None, "inputs come prepared"
        return self._preprocessor

    def _fill(self, batch: NDArray[np.float32], pictures: Sequence[Picture]) -> list[Letterbox]:
        write = self._preparing.write
        return [
            write(image, rect, slot) for (image, rect), slot in zip(pictures, batch, strict=True)
        ]

    def _run(self, batch: NDArray[Any]) -> list[Tensors]:
        outputs = self.network.run(batch)
        if self._raw_output is not None:
            self._raw_output.write(outputs)
        return outputs

    def _batch(self) -> NDArray[np.float32]:
        """This thread's input tensor, which lives as long as the thread."""
        batch: NDArray[np.float32] | None = getattr(self._batches, "tensor", None)
        if batch is None:
            shape = (self.config.batch_size, *self._preparing.slot_shape)
            batch = self._batches.tensor = np.zeros(shape, np.float32)
        return batch


def _input_size(shape: Sequence[int | None], order: int) -> InputSize:
    """The size that a network's own input says, as far as it is one of pictures."""
    known = [size or 0 for size in shape]
    if len(known) < 3:
        return InputSize(0, 0, 0)
    if order == 1 and len(known) == 3:  # h;w;c
        return InputSize(known[1], known[0], known[2])
    return InputSize(known[-1], known[-2], known[0])

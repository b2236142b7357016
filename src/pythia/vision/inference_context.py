"""Pictures in, tensors out: the part that detectors and classifiers share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pythia.vision.geometry import Letterbox, Rect
from pythia.vision.image import Image
from pythia.vision.model_file import onnx_path
from pythia.vision.network import Network, Tensors
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.preprocess import Preprocessor
from pythia.vision.raw_output import RawOutput

Picture = tuple[Image, Rect | None]
"""A picture, and the part of it to look at (None: all of it)."""


class InferenceContext:
    """Pre-processing and network of one configuration, for whole batches."""

    def __init__(self, config: NvInferConfig) -> None:
        self.config = config
        self.network = Network(
            onnx_path(config),
            config.network_mode,
            config.output_blob_names,
            gpu_id=config.gpu_id,
        )
        self.preprocessor = Preprocessor(config, self.network.input_shape)
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
            boxes = [
                self.preprocessor.write(image, rect, slot)
                for (image, rect), slot in zip(part, batch, strict=True)
            ]
            outputs = self.network.run(batch)
            if self._raw_output is not None:
                self._raw_output.write(outputs)
            results += zip(boxes, outputs, strict=True)
        return results

    def _batch(self) -> NDArray[np.float32]:
        """This thread's input tensor, which lives as long as the thread."""
        batch: NDArray[np.float32] | None = getattr(self._batches, "tensor", None)
        if batch is None:
            shape = (self.config.batch_size, *self.preprocessor.slot_shape)
            batch = self._batches.tensor = np.zeros(shape, np.float32)
        return batch

"""Appearance by a re-identification network: a vector for each object, alike for the same one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.geometry import Rect
from pythia.vision.image import Image
from pythia.vision.missing_file import present
from pythia.vision.tracking.config import ReID
from pythia.vision.tracking.estimator import Floats

if TYPE_CHECKING:
    from pythia.vision.inference_context import Picture

Vectors = NDArray[np.float32]

_NETWORK_MODES = {0: 0, 1: 2, 2: 1}
"""nvinfer numbers the precisions FP32, INT8, FP16; the tracker FP32, FP16, INT8."""

_MOST_AT_ONCE = 16  # larger batches cost memory and save nothing on a processor
_NHWC = 1


class ReidNetwork:
    """The network of a configuration.

    Raises:
        ConfigError, ModelError, MissingDependencyError: it cannot be used.
    """

    def __init__(self, config: ReID, file: Path | None) -> None:
        from pythia.vision.inference_context import InferenceContext
        from pythia.vision.nvinfer_config import NvInferConfig

        self.size = config.reid_feature_size
        self._normalise = config.add_feature_normalization
        dims = config.infer_dims
        if config.input_order == _NHWC:
            dims = (dims[2], dims[0], dims[1])
        self._context = InferenceContext(
            NvInferConfig(
                file or Path("tracker"),
                onnx_file=_model(config, file),
                batch_size=min(config.batch_size, _MOST_AT_ONCE),
                network_mode=_NETWORK_MODES[config.network_mode],
                infer_dims=dims,
                network_input_order=config.input_order,
                model_color_format=config.color_format,
                offsets=config.offsets,
                net_scale_factor=config.net_scale_factor,
                maintain_aspect_ratio=config.keep_aspc,
            )
        )
        self._file = file

    def vectors(self, image: Image, boxes: Floats, size: tuple[int, int]) -> Vectors:
        """The vectors of boxes, ``(boxes, reidFeatureSize)``; zeros where nothing is to be seen.

        Args:
            image: the frame.
            boxes: left, top, width and height.
            size: width and height that the boxes are measured in.
        """
        scale = np.array([image.width / size[0], image.height / size[1]] * 2)
        found = np.zeros((len(boxes), self.size), np.float32)
        rows: list[int] = []
        pictures: list[Picture] = []
        for row, box in enumerate((boxes * scale).tolist()):
            part = _inside(box, image)
            if part is not None:
                rows.append(row)
                pictures.append((image, part))
        for row, (_, tensors) in zip(rows, self._context.infer(pictures), strict=True):
            found[row] = self._vector(next(iter(tensors.values())))
        return found

    def _vector(self, output: NDArray[np.float32]) -> Vectors:
        vector = np.asarray(output, np.float32).reshape(-1)
        if vector.size != self.size:
            raise ConfigError(
                f"{self._file}: ReID.reidFeatureSize is {self.size}, but the network gives "
                f"{vector.size} numbers an object; set it to {vector.size}"
            )
        length = float(np.linalg.norm(vector)) if self._normalise else 1.0
        return vector / max(length, 1e-12)


def _inside(box: list[float], image: Image) -> Rect | None:
    left, top = max(box[0], 0.0), max(box[1], 0.0)
    width = min(box[0] + box[2], image.width) - left
    height = min(box[1] + box[3], image.height) - top
    # Room for rounding to even pixels.
    return Rect(left, top, width, height) if min(width, height) >= 4 else None


def _model(config: ReID, file: Path | None) -> Path:
    """The ONNX file, which exists."""
    if config.onnx_file is not None:
        model = present(config.onnx_file)
        if model.is_file():
            return model
        raise ModelError(
            f"{file}: ReID.onnxFile {config.onnx_file} does not exist; put the model there, or set "
            "ReID.reidType: 0 to track without appearance"
        )
    named = {
        "tltEncodedModel": config.tlt_encoded_model,
        "uffFile": config.uff_file,
        "modelEngineFile": config.model_engine_file,
    }
    for key, path in named.items():
        if path is not None:
            raise ModelError(
                f"{file}: ReID.{key} {path} can be loaded by NVIDIA's runtime only; the portable "
                "runtime needs ReID.onnxFile, or ReID.reidType: 0 to track without appearance"
            )
    raise ModelError(f"{file}: ReID.reidType is {config.reid_type}, but ReID.onnxFile is missing")


class Gallery:
    """The last vectors of one target.

    Args:
        most: how many are kept.
        size: how long each is.
    """

    def __init__(self, most: int, size: int) -> None:
        self._vectors = np.zeros((most, size), np.float32)
        self._count = 0

    @property
    def last(self) -> Vectors:
        """The newest vector."""
        newest: Vectors = self._vectors[(self._count - 1) % len(self._vectors)]
        return newest

    def add(self, vector: Vectors) -> None:
        """Keep one more, in place of the oldest if there are too many."""
        self._vectors[self._count % len(self._vectors)] = vector
        self._count += 1

    def put_before(self, older: Gallery) -> None:
        """Keep what another gallery has as well, as far as there is room for it."""
        first = self._count - min(self._count, len(self._vectors))
        kept = self._vectors[np.arange(first, self._count) % len(self._vectors)]
        self._vectors, self._count = older._vectors.copy(), older._count
        for vector in kept:
            self.add(vector)

    def similarities(self, vectors: Vectors) -> Floats:
        """The greatest cosine similarity of each row of ``vectors`` to any that is kept."""
        products = vectors @ self._vectors[: self._count].T
        return np.asarray(np.clip(products.max(axis=1), 0, 1), np.float64)

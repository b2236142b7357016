"""What the loops of main-job share: session, pre-processing and parser, on plain BGR frames.

Pre-processing is what a careful engineer writes with OpenCV; the output parser is pythia's own, so
that the contenders differ in how they run and not in what they compute.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray


def _skip_package_init() -> None:
    """Let ``pythia.vision`` be imported without GStreamer, which a plain loop does not pay for."""
    package = ModuleType("pythia")
    spec = find_spec("pythia")
    assert spec is not None
    package.__path__ = spec.submodule_search_locations  # type: ignore[assignment]
    sys.modules["pythia"] = package


_skip_package_init()

from pythia.vision.clustering import cluster  # noqa: E402
from pythia.vision.labels import label_of  # noqa: E402
from pythia.vision.model_file import onnx_path  # noqa: E402
from pythia.vision.nvinfer_config import NMS, load  # noqa: E402
from pythia.vision.parsers import Detections, ParserSettings, bbox_parser  # noqa: E402
from pythia.vision.parsers.detections import detections  # noqa: E402

_BGR = 1


class Model:
    """A detector of an nvinfer configuration on ONNX Runtime.

    Args:
        config_file: the configuration.
        threads: of one call; None leaves it to ONNX Runtime, with nothing said about spinning.
    """

    def __init__(self, config_file: str, threads: int | None = None) -> None:
        self.config = load(Path(config_file))
        if self.config.cluster_mode != NMS:
            raise SystemExit(
                f"{config_file}: main-job compares detectors with cluster-mode=2 (NMS)"
            )
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only
        if threads is not None:
            options.intra_op_num_threads = threads
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(onnx_path(self.config)), options, providers=["CPUExecutionProvider"]
        )
        entry = self._session.get_inputs()[0]
        self._input = entry.name
        self.height, self.width = entry.shape[2:]
        self._outputs = self.config.output_blob_names or [
            output.name for output in self._session.get_outputs()
        ]
        self._parse = bbox_parser(self.config.parse_bbox_func_name, self.config.file.parent)
        self.thresholds = np.array(
            [attrs.pre_cluster_threshold for attrs in self.config.class_attrs], np.float32
        )
        self._settings = ParserSettings(
            self.width, self.height, self.config.num_detected_classes, self.thresholds
        )

    def label(self, class_id: int) -> str:
        """The name of a class."""
        return label_of(self.config.labels, class_id)

    def tensor(self, frame: NDArray[np.uint8]) -> tuple[NDArray[np.float32], tuple[float, float]]:
        """The network's input for a BGR frame, and network pixels a frame pixel across and down."""
        height, width = frame.shape[:2]
        new_width, new_height = self.width, self.height
        if self.config.maintain_aspect_ratio:
            scale = min(self.width / width, self.height / height)
            new_width, new_height = int(width * scale), int(height * scale)
        picture: Any = cv2.resize(frame, (new_width, new_height))
        if (new_width, new_height) != (self.width, self.height):
            canvas = np.zeros((self.height, self.width, 3), np.uint8)
            canvas[:new_height, :new_width] = picture
            picture = canvas
        swap = self.config.model_color_format != _BGR
        means = self.config.offsets or (0, 0, 0)
        blob = cv2.dnn.blobFromImage(picture, self.config.net_scale_factor, mean=means, swapRB=swap)
        return np.asarray(blob, np.float32), (new_width / width, new_height / height)

    def run(self, tensor: NDArray[np.float32]) -> list[NDArray[Any]]:
        """The network's outputs; any thread may call it."""
        outputs: list[NDArray[Any]] = self._session.run(self._outputs, {self._input: tensor})
        return outputs

    def candidates(self, frame: NDArray[np.uint8]) -> Detections:
        """Boxes in pixels of the frame, over the threshold of their class, before suppression."""
        tensor, scale = self.tensor(frame)
        values = [value[0] for value in self.run(tensor)]
        found = self._parse(dict(zip(self._outputs, values, strict=True)), self._settings)
        found = found.take(found.scores >= self.thresholds[found.class_ids])
        boxes = found.boxes / np.array(scale * 2, np.float32)
        height, width = frame.shape[:2]
        np.clip(boxes, 0, np.array([width, height] * 2, np.float32), out=boxes)
        return detections(boxes, found.scores, found.class_ids)

    def objects(self, frame: NDArray[np.uint8]) -> Detections:
        """The same after suppression."""
        return cluster(self.candidates(frame), self.config.class_attrs, NMS)

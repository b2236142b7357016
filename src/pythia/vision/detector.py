"""A detector as nvinfer runs it: pictures in, objects in pixels of those pictures out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ConfigError
from pythia.vision.clustering import cluster
from pythia.vision.inference_model import InferenceModel
from pythia.vision.labels import label_of
from pythia.vision.network import Tensors
from pythia.vision.nvinfer_config import DETECTOR, OTHER, NvInferConfig
from pythia.vision.parsers import Detections, ParserSettings, bbox_parser
from pythia.vision.placement import Placement, Placer

_log = logging.getLogger("pythia.vision.detector")


class Detection(NamedTuple):
    """One object; the box is in pixels of the whole picture, ``rotation_angle`` in degrees.

    ``mask`` is an instance segmentation's, float32 (height, width) over the box.
    """

    class_id: int
    confidence: float
    left: float
    top: float
    width: float
    height: float
    label: str
    rotation_angle: float = 0.0
    mask: NDArray[np.float32] | None = None


class FrameResult(NamedTuple):
    """What was found in one picture, in the order in which nvinfer attaches it.

    ``tensors`` are the network's outputs for this picture, by name and in the model's order,
    without a batch dimension; None unless ``output-tensor-meta`` is on.
    """

    detections: list[Detection]
    tensors: Tensors | None


class ObjectModel(InferenceModel[FrameResult]):
    """What detectors and instance segmentations have in common: boxes of classes."""

    def __init__(self, config: NvInferConfig) -> None:
        super().__init__(config)
        self._placer = Placer(config)
        self._settings: ParserSettings | None = None

    def load(self) -> None:
        """As for every model; also compares the labels with the classes."""
        super().load()
        config, size = self.config, self.context.input_size
        self._settings = ParserSettings(
            size.width,
            size.height,
            config.num_detected_classes,
            np.array([entry.pre_cluster_threshold for entry in config.class_attrs], np.float32),
        )
        if config.labelfile_path and len(config.labels) < config.num_detected_classes:
            _log.warning(
                "%s has %d labels for %d classes: objects of the other classes have none",
                config.labelfile_path,
                len(config.labels),
                config.num_detected_classes,
            )

    @property
    def settings(self) -> ParserSettings:
        """What the parser may know, once :meth:`load` was called."""
        assert self._settings is not None
        return self._settings

    def objects(
        self, found: Detections, at: Placement, masks: Sequence[NDArray[Any]] = ()
    ) -> list[Detection]:
        """The detections that the configuration keeps, in the picture; masks go with them."""
        labels = self.config.labels
        classes, scores = found.class_ids.tolist(), found.scores.tolist()
        angles: Sequence[float] = ()
        if found.angles is not None:
            angles = np.rad2deg(found.angles).tolist()
        return [
            Detection(
                classes[index],
                scores[index],
                *rect,
                label_of(labels, classes[index]),
                angles[index] if angles else 0.0,
                masks[index] if masks else None,
            )
            for index, rect in self._placer.place(found, at)
        ]


class Detector(ObjectModel):
    """A network of ``network-type`` 0 (objects) or 100 (tensors only).

    Raises:
        ConfigError: the parser is unknown, or the network is of another type.
    """

    def __init__(self, config: NvInferConfig) -> None:
        if config.network_type not in (DETECTOR, OTHER):
            raise ConfigError(
                f"{config.file}: network-type={config.network_type} is no detector; expected "
                f"{DETECTOR} (objects) or {OTHER} (tensors only)"
            )
        super().__init__(config)
        self._parser = bbox_parser(config.parse_bbox_func_name, config.file.parent)

    def read(self, tensors: Tensors, placement: Placement) -> FrameResult:
        """The objects of one picture."""
        if self.config.network_type == OTHER:
            return FrameResult([], self.kept(tensors))
        found = self._parser(tensors, self.settings)
        found = cluster(found, self.config.class_attrs, self.config.cluster_mode)
        if 0 < self.config.topk_of_all_classes < len(found):
            best = np.argsort(-found.scores, kind="stable")[: self.config.topk_of_all_classes]
            found = found.take(np.sort(best))
        return FrameResult(self.objects(found, placement), self.kept(tensors))

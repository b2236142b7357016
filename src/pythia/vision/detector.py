"""A detector as nvinfer runs it: pictures in, objects in pixels of those pictures out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pythia.exceptions import ConfigError
from pythia.vision.clustering import cluster
from pythia.vision.geometry import Letterbox, Rect
from pythia.vision.image import Image
from pythia.vision.inference_context import InferenceContext, Picture
from pythia.vision.labels import label_of
from pythia.vision.network import Tensors
from pythia.vision.nvinfer_config import DETECTOR, OTHER, NvInferConfig
from pythia.vision.parsers import Detections, ParserSettings, bbox_parser

_log = logging.getLogger("pythia.vision.detector")


class Detection(NamedTuple):
    """One object; the box is in pixels of the whole picture, ``rotation_angle`` in degrees."""

    class_id: int
    confidence: float
    left: float
    top: float
    width: float
    height: float
    label: str
    rotation_angle: float = 0.0


class FrameResult(NamedTuple):
    """What was found in one picture, in the order in which nvinfer attaches it.

    ``tensors`` are the network's outputs for this picture, by name and in the model's order,
    without a batch dimension; None unless ``output-tensor-meta`` is on.
    """

    detections: list[Detection]
    tensors: Tensors | None
    letterbox: Letterbox


class Detector:
    """A network of ``network-type`` 0 (objects) or 100 (tensors only).

    :meth:`load` once, then :meth:`infer` from any number of threads at once.

    Raises:
        ConfigError: the parser is unknown, or the network is of another type.
    """

    def __init__(self, config: NvInferConfig) -> None:
        if config.network_type not in (DETECTOR, OTHER):
            raise ConfigError(
                f"{config.file}: network-type={config.network_type} is no detector; expected "
                f"{DETECTOR} (objects) or {OTHER} (tensors only)"
            )
        self.config = config
        self._parser = bbox_parser(config.parse_bbox_func_name, config.file.parent)
        self._ignored = frozenset(config.filter_out_class_ids)
        self._context: InferenceContext | None = None
        self._settings: ParserSettings | None = None

    def load(self) -> None:
        """Opens the model; takes its time.

        Raises:
            ModelError: the model is missing, broken, or does not fit the configuration.
            ConfigError: the configuration does not fit the model.
            MissingDependencyError: ONNX Runtime is not installed.
        """
        context = InferenceContext(self.config)
        attrs = self.config.class_attrs
        self._settings = ParserSettings(
            context.preprocessor.width,
            context.preprocessor.height,
            self.config.num_detected_classes,
            np.array([entry.pre_cluster_threshold for entry in attrs], np.float32),
        )
        self._context = context
        self._compare_labels()

    def _compare_labels(self) -> None:
        config = self.config
        if config.labelfile_path and len(config.labels) < config.num_detected_classes:
            _log.warning(
                "%s has %d labels for %d classes: objects of the other classes have none",
                config.labelfile_path,
                len(config.labels),
                config.num_detected_classes,
            )

    @property
    def context(self) -> InferenceContext:
        """Network and pre-processing, once :meth:`load` has opened them."""
        if self._context is None:
            raise RuntimeError("Detector.load() has to come first")
        return self._context

    def infer(self, pictures: Sequence[Picture]) -> list[FrameResult]:
        """The objects in each picture, in order; blocks for as long as the network takes.

        Raises:
            ModelError: the network failed, or its outputs are not what the parser reads.
            ValueError: a rectangle has less than 2x2 pixels in its picture.
            RuntimeError: :meth:`load` was not called.
        """
        keep = self.config.output_tensor_meta or self.config.network_type == OTHER
        return [
            FrameResult(self._objects(picture, box, tensors), tensors if keep else None, box)
            for picture, (box, tensors) in zip(pictures, self.context.infer(pictures), strict=True)
        ]

    def _objects(self, picture: Picture, box: Letterbox, tensors: Tensors) -> list[Detection]:
        if self.config.network_type == OTHER:
            return []
        assert self._settings is not None
        found = self._parser(tensors, self._settings)
        found = cluster(found, self.config.class_attrs, self.config.cluster_mode)
        image, rect = picture
        offset = (rect.left, rect.top) if rect else (0.0, 0.0)
        return self._filtered(found, box, image, offset)

    def _filtered(
        self, found: Detections, box: Letterbox, image: Image, offset: tuple[float, float]
    ) -> list[Detection]:
        edges = box.to_roi(found.boxes)
        edges[:, 2:] -= edges[:, :2]
        angles: Sequence[float] = [0.0] * len(found)
        if found.angles is not None:
            angles = np.rad2deg(found.angles).tolist()
        # nvinfer moves a box that begins outside the picture to its border and keeps its size.
        np.maximum(edges[:, :2], 0, out=edges[:, :2])
        objects = []
        rows = zip(
            found.class_ids.tolist(), found.scores.tolist(), edges.tolist(), angles, strict=True
        )
        for class_id, score, (left, top, width, height), angle in rows:
            fitted = self._fitted(class_id, Rect(left, top, width, height), image)
            if fitted is not None:
                label = label_of(self.config.labels, class_id)
                left, top = fitted.left + offset[0], fitted.top + offset[1]
                objects.append(
                    Detection(class_id, score, left, top, fitted.width, fitted.height, label, angle)
                )
        return objects

    def _fitted(self, class_id: int, box: Rect, image: Image) -> Rect | None:
        """The box after the size and region filters of its class; None if they drop it."""
        attrs = self.config.class_attrs[class_id]
        if class_id in self._ignored:
            return None
        if box.width < attrs.detected_min_w or box.height < attrs.detected_min_h:
            return None
        if 0 < attrs.detected_max_w < box.width or 0 < attrs.detected_max_h < box.height:
            return None
        bottom = image.height - attrs.roi_bottom_offset
        if self.config.crop_objects_to_roi_boundary:
            return _cropped(box, attrs.roi_top_offset, bottom, image.width)
        if box.top < attrs.roi_top_offset or box.top + box.height > bottom:
            return None
        return box


def _cropped(box: Rect, top: float, bottom: float, right: float) -> Rect:
    """The box cut at the region's border; as in nvinfer its height stays when its top moves."""
    top = max(box.top, top)
    width = min(box.width, right - box.left)
    height = min(box.height, bottom - top)
    return Rect(box.left, top, width, height)

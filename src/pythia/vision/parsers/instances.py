"""Parsers of instance segmentations: from the tensors of a network to boxes with masks.

=============================================  ===================================================
``parse-bbox-instance-mask-func-name``         outputs for one picture, C classes
=============================================  ===================================================
``NvDsInferParseCustomMrcnnTLT``               ``generate_detections`` [K,6] y1, x1, y2, x2,
                                               class, score, and
                                               ``mask_head/mask_fcn_logits/BiasAdd`` [K,C,h,w]
``NvDsInferParseCustomMrcnnTLTV2``             the same, the masks in ``mask_fcn_logits/BiasAdd``
``NvDsInferParseCustomMask2Former``            ``pred_classes`` [Q], ``pred_scores`` [Q],
                                               ``pred_masks`` [Q,H,W] of zeros and ones
``NvDsInferParseYoloSeg``                      boxes [N,4] x1, y1, x2, y2, scores [N], classes
                                               [N], masks [N,h,w] over the boxes (in this order)
``yolov8-seg``, ``yolov9-seg``,                Ultralytics' own export: [4+C+M,N] centre box,
``yolov11-seg``                                classes, weights of [M,h,w] prototypes
``NvDsInferParseYoloPose``, ``...Cuda``        boxes [N,4] centre form, scores [N], key points
                                               [N,3*P], which travel as the mask's data
=============================================  ===================================================

Anything with a colon is the user's own: ``file.py:function`` or ``package.module:function``,
called with ``(tensors, settings)``; it returns tuples of class id, confidence, left, top, width,
height (pixels of the network's input) and mask (floats [h,w] over that box).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.config_values import hint
from pythia.vision.parsers.detections import (
    Detections,
    ParserSettings,
    Tensors,
    best_class,
    clipped,
    corners,
    detections,
    mismatch,
    named_outputs,
)
from pythia.vision.parsers.grids import sigmoid
from pythia.vision.parsers.user import user_function
from pythia.vision.suppression import suppress

Mask = NDArray[np.float32]

_KEY = "parse-bbox-instance-mask-func-name"
_NMS_IOU = 0.45  # of the public exporters; cluster-mode 4 leaves suppression to the parser


@dataclass(frozen=True)
class Instances:
    """Objects of one picture and the mask of each, float32 [h, w] over its box."""

    detections: Detections
    masks: Sequence[Mask]

    def take(self, index: NDArray[np.intp]) -> Instances:
        """The objects of an index."""
        return Instances(self.detections.take(index), [self.masks[i] for i in index.tolist()])


InstanceParser = Callable[[Tensors, ParserSettings], Instances]


def mask_rcnn(tensors: Tensors, settings: ParserSettings, masks_name: str) -> Instances:
    """TAO's Mask R-CNN; the mask is that of the detection's class.

    Raises:
        ModelError: an output is missing or has another form.
    """
    parser = "of Mask R-CNN"
    rows, masks = named_outputs(tensors, parser, "generate_detections", masks_name, key=_KEY)
    rows = rows.reshape(-1, rows.shape[-1])
    if rows.shape[1] != 6 or masks.ndim != 4 or len(masks) != len(rows):
        expected = f"generate_detections [K,6] and {masks_name} [K,C,h,w]"
        raise mismatch(tensors, parser, expected, _KEY)
    boxes = clipped(rows[:, [1, 0, 3, 2]], settings.width - 1, settings.height - 1)
    classes, scores = rows[:, 4].astype(np.intp), rows[:, 5]
    good = _solid(boxes) & (scores >= settings.lowest_threshold)
    index = np.flatnonzero(good & (classes >= 0) & (classes < masks.shape[1]))
    found = detections(boxes[index], scores[index], classes[index])
    return Instances(found, [_floats(masks[i, classes[i]]) for i in index])


def mask2former(tensors: Tensors, settings: ParserSettings) -> Instances:
    """TAO's Mask2Former: the box is drawn around each mask, and the mask cut out.

    Raises:
        ModelError: an output is missing or has another form.
    """
    parser = "NvDsInferParseCustomMask2Former"
    names = ("pred_classes", "pred_scores", "pred_masks")
    classes, scores, masks = named_outputs(tensors, parser, *names, key=_KEY)
    if masks.ndim != 3 or not len(masks) == classes.size == scores.size:
        expected = "pred_classes [Q], pred_scores [Q] and pred_masks [Q,H,W]"
        raise mismatch(tensors, parser, expected, _KEY)
    classes, scores = classes.reshape(-1), scores.reshape(-1)
    scale = np.array([settings.width / masks.shape[2], settings.height / masks.shape[1]] * 2)
    kept, boxes, cut = [], [], []
    for index in np.flatnonzero(scores >= settings.lowest_threshold):  # NaN is not
        inside = masks[index] == 1
        x, y, width, height = cv2.boundingRect(inside.astype(np.uint8))
        if width > 1 and height > 1:
            kept.append(index)
            boxes.append(np.array([x, y, x + width, y + height]) * scale)
            cut.append(_floats(masks[index, y : y + height, x : x + width]))
    return Instances(detections(np.array(boxes), scores[kept], classes[kept]), cut)


def yolo_seg(tensors: Tensors, settings: ParserSettings) -> Instances:
    """DeepStream-Yolo-Seg's export: four outputs, suppression and masks done by the network.

    Raises:
        ModelError: the outputs have another form.
    """
    values = list(tensors.values())
    if len(values) != 4 or values[0].shape[-1:] != (4,) or values[3].ndim != 3:
        expected = "boxes [N,4], scores [N], classes [N] and masks [N,h,w], in this order"
        raise mismatch(tensors, "NvDsInferParseYoloSeg", expected, _KEY)
    boxes = clipped(values[0].reshape(-1, 4), settings.width, settings.height)
    scores, classes = values[1].reshape(-1), values[2].reshape(-1)
    index = np.flatnonzero(_solid(boxes, 1) & (scores >= settings.lowest_threshold))
    found = detections(boxes[index], scores[index], classes[index])
    return Instances(found, [_floats(values[3][i]) for i in index])


def yolov8_seg(tensors: Tensors, settings: ParserSettings) -> Instances:
    """Ultralytics' own export of YOLOv8 and later: each mask is a weighted sum of prototypes.

    Raises:
        ModelError: the outputs have another form.
    """
    rows = next((value for value in tensors.values() if value.ndim == 2), np.empty((0, 0)))
    prototypes = next((value for value in tensors.values() if value.ndim == 3), np.empty((0, 0, 0)))
    columns = 4 + settings.num_classes + len(prototypes)
    if len(prototypes) == 0 or columns not in rows.shape:
        expected = f"[{columns},N] (4 + num-detected-classes + M) and prototypes [M,h,w]"
        raise mismatch(tensors, "yolov8-seg", expected, _KEY)
    rows = rows.T if rows.shape[0] == columns else rows
    scores = rows[:, 4 : 4 + settings.num_classes]
    index, classes, best = best_class(scores, settings.lowest_threshold)
    boxes = clipped(corners(rows[index]), settings.width, settings.height)
    kept = [own[suppress(boxes[own], best[own], _NMS_IOU)] for own in _of_each_class(classes)]
    chosen = np.concatenate(kept) if kept else np.empty(0, np.intp)
    chosen = chosen[_solid(boxes[chosen], 1)]
    weights = rows[index[chosen], 4 + settings.num_classes :]
    masks = _masks_of_boxes(weights, prototypes, boxes[chosen], settings)
    return Instances(detections(boxes[chosen], best[chosen], classes[chosen]), masks)


def yolo_pose(tensors: Tensors, settings: ParserSettings) -> Instances:
    """DeepStream-Yolo-Pose's export: the mask's data are key points x, y, score.

    They are pixels of the network's input, so the mask has the network's size, as there.

    Raises:
        ModelError: the outputs have another form.
    """
    values = [value.reshape(len(value), -1) for value in tensors.values() if value.ndim]
    if len(values) != 3 or values[0].shape[1] != 4 or values[2].shape[1] % 3:
        expected = "boxes [N,4], scores [N] and key points [N,3*P], in this order"
        raise mismatch(tensors, "NvDsInferParseYoloPose", expected, _KEY)
    boxes = clipped(corners(values[0]), settings.width, settings.height)
    scores = values[1].reshape(-1)
    index = np.flatnonzero(_solid(boxes, 1) & (scores >= settings.lowest_threshold))
    index = index[suppress(boxes[index], scores[index].astype(np.float32), _NMS_IOU)]
    limits = np.array([settings.width, settings.height, np.inf], np.float32)
    points = values[2].reshape(len(boxes), -1, 3)[index]
    points = np.clip(points, np.array([0, 0, -np.inf], np.float32), limits)
    found = detections(boxes[index], scores[index], np.zeros(len(index)))
    return Instances(found, [_floats(point.reshape(-1)) for point in points])


INSTANCE_PARSERS: dict[str, InstanceParser] = {
    "NvDsInferParseCustomMrcnnTLT": partial(
        mask_rcnn, masks_name="mask_head/mask_fcn_logits/BiasAdd"
    ),
    "NvDsInferParseCustomMrcnnTLTV2": partial(mask_rcnn, masks_name="mask_fcn_logits/BiasAdd"),
    "NvDsInferParseCustomMask2Former": mask2former,
    "NvDsInferParseYoloSeg": yolo_seg,
    "yolov8-seg": yolov8_seg,
    "yolov9-seg": yolov8_seg,
    "yolov11-seg": yolov8_seg,
    "NvDsInferParseYoloPose": yolo_pose,
    "NvDsInferParseYoloPoseCuda": yolo_pose,
}


def instance_parser(name: str, directory: Path) -> InstanceParser:
    """The parser of a ``parse-bbox-instance-mask-func-name``.

    Raises:
        ConfigError: the name is missing or unknown, or the user's own function cannot be had.
    """
    if ":" in name:
        return _user_parser(name, directory)
    if name not in INSTANCE_PARSERS:
        problem = f"{_KEY}={name} is unknown" if name else f"{_KEY} is missing (network-type=3)"
        raise ConfigError(
            f"{problem}{hint(name, INSTANCE_PARSERS)}; "
            f"available: {', '.join(INSTANCE_PARSERS)}, or file.py:function"
        )
    return INSTANCE_PARSERS[name]


def _solid(boxes: NDArray[np.float32], least: float = 0) -> NDArray[np.bool_]:
    """Which boxes are at least ``least`` long on both sides, and not empty."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.asarray(((sides > 0) & (sides >= least)).all(axis=1))


def _floats(values: NDArray[Any]) -> Mask:
    # A copy: a mask must not keep all outputs of the network alive.
    return np.array(values, np.float32)


def _of_each_class(classes: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    return [np.flatnonzero(classes == class_id) for class_id in np.unique(classes)]


def _masks_of_boxes(
    weights: NDArray[Any],
    prototypes: NDArray[Any],
    boxes: NDArray[np.float32],
    settings: ParserSettings,
) -> list[Mask]:
    """The part of each mask that lies over its box, as many pixels as the prototypes have there."""
    count, height, width = prototypes.shape
    planes = sigmoid(weights @ prototypes.reshape(count, -1)).reshape(-1, height, width)
    scale = np.array([width / settings.width, height / settings.height] * 2, np.float32)
    return [_part(plane, box) for plane, box in zip(planes, boxes * scale, strict=True)]


def _part(plane: Mask, box: NDArray[np.float32]) -> Mask:
    left, top, right, bottom = box.tolist()
    size = max(1, round(right - left)), max(1, round(bottom - top))
    x_step, y_step = (right - left) / size[0], (bottom - top) / size[1]
    to_plane = np.array([[x_step, 0, left + x_step / 2 - 0.5], [0, y_step, top + y_step / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(plane, to_plane, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(part, np.float32)


def _user_parser(name: str, directory: Path) -> InstanceParser:
    function = user_function(name, directory)

    def parse(tensors: Tensors, settings: ParserSettings) -> Instances:
        items = [tuple(item) for item in function(tensors, settings)]
        try:
            table = np.array([item[:6] for item in items], np.float32).reshape(len(items), 6)
            masks = [np.asarray(mask, np.float32) for *_, mask in items]
            if any(mask.ndim != 2 for mask in masks):
                raise ValueError("a mask is not [h,w]")
        except (TypeError, ValueError, IndexError) as error:
            raise ModelError(
                f"parser {name!r} returned something else than tuples of class id, confidence, "
                f"left, top, width, height and mask [h,w]: {error}"
            ) from error
        starts, sizes = table[:, 2:4], table[:, 4:6]
        boxes = np.hstack([starts, starts + sizes])
        return Instances(detections(boxes, table[:, 1], table[:, 0]), masks)

    return parse

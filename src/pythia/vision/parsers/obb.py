"""YOLO with turned boxes (OBB)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.vision.parsers.detections import (
    Detections,
    ParserSettings,
    Tensors,
    corners,
    detections,
    mismatch,
    only_output,
)
from pythia.vision.suppression import suppress

_EXPECTED = (
    "[4+C+1, N] (centre x, y, width, height, classes, angle) "
    "or rows [N, 7] (centre x, y, width, height, score, angle, class)"
)
_NMS_IOU = 0.45
_TRAINED_SIZE = 640.0


def yolov11_obb(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Turned boxes as NVIDIA's YOLO11-OBB parser reads them; angles from 0 to pi.

    Columns [4+C+1, N] are suppressed per class at IoU 0.45 of the upright boxes. Rows [N, 7], and
    [N, 6] without an angle, are already suppressed and are in pixels of a 640 pixel wide input.

    Raises:
        ModelError: the shape is another one.
    """
    _, value = only_output(tensors, "NvDsInferParseCustomYoloV11OBB", _EXPECTED)
    if value.ndim != 2 or min(value.shape) < 6:
        raise mismatch(tensors, "NvDsInferParseCustomYoloV11OBB", _EXPECTED)
    if value.shape[0] > value.shape[1]:
        return _rows(value, settings)
    scores = value[4:-1].max(axis=0)
    index = np.flatnonzero(scores >= settings.thresholds[0])
    class_ids = value[4:-1, index].argmax(axis=0)
    found = _turned(value[:4, index].T, scores[index], class_ids, value[-1, index], settings)
    found = found.take(np.argsort(-found.scores, kind="stable"))
    keep = [
        rows[suppress(found.boxes[rows], found.scores[rows], _NMS_IOU)]
        for rows in (np.flatnonzero(found.class_ids == c) for c in np.unique(found.class_ids))
    ]
    return found.take(np.sort(np.concatenate(keep))) if keep else found


def _rows(value: NDArray[Any], settings: ParserSettings) -> Detections:
    value = value[value[:, 4] >= settings.thresholds[0]]
    angles = value[:, 5] if value.shape[1] > 6 else np.zeros(len(value), np.float32)
    class_ids = value[:, 6] if value.shape[1] > 6 else value[:, 5]
    boxes = value[:, :4] * np.float32(settings.width / _TRAINED_SIZE)
    return _turned(boxes, value[:, 4], class_ids, angles, settings)


def _turned(
    centres: NDArray[Any],
    scores: NDArray[Any],
    class_ids: NDArray[Any],
    angles: NDArray[Any],
    settings: ParserSettings,
) -> Detections:
    centre = np.clip(centres[:, :2], 0, settings.width - 1)
    size = np.clip(centres[:, 2:], 1, settings.width)
    boxes = corners(np.concatenate([centre, size], axis=1))
    return detections(boxes, scores, class_ids, np.mod(angles, np.pi))

"""Heads of the SSD kind with boxes from 0 to 1, and what NVIDIA's SSD samples write."""

from __future__ import annotations

import numpy as np

from pythia.vision.parsers.detections import (
    Detections,
    ParserSettings,
    Tensors,
    best_class,
    clipped,
    detections,
    mismatch,
    named_outputs,
)

_EXPECTED = "scores [N, 1+C] (column 0 is the background) and boxes [N, 4] (corners from 0 to 1)"


def ssd(tensors: Tensors, settings: ParserSettings) -> Detections:
    """``scores`` [N, 1+C] after softmax and ``boxes`` [N, 4] as x1, y1, x2, y2 from 0 to 1.

    Column 0 is the background, so class 0 is column 1. UltraFace and kin.

    Raises:
        ModelError: the outputs are others.
    """
    scores, boxes = named_outputs(tensors, "ssd", "scores", "boxes")
    if scores.ndim != 2 or scores.shape[1] < 2 or boxes.shape != (len(scores), 4):
        raise mismatch(tensors, "ssd", _EXPECTED)
    index, class_ids, best = best_class(scores[:, 1:], settings.lowest_threshold)
    scale = np.array([settings.width, settings.height] * 2, np.float32)
    edges = clipped(boxes[index] * scale, settings.width, settings.height)
    return detections(edges, best, class_ids)


def tf_ssd(tensors: Tensors, settings: ParserSettings) -> Detections:
    """TensorFlow's detection models: boxes as y1, x1, y2, x2 from 0 to 1, scores, classes, count.

    Reads ``detection_boxes`` [N, 4], ``detection_scores``, ``detection_classes`` [N] and, where
    there is one, ``num_detections``. Class ids are as the model writes them.

    Raises:
        ModelError: an output is missing.
    """
    names = ("detection_boxes", "detection_scores", "detection_classes")
    boxes, scores, class_ids = named_outputs(tensors, "NvDsInferParseCustomTfSSD", *names)
    count = int(tensors["num_detections"].flat[0]) if "num_detections" in tensors else len(scores)
    scale = np.array([settings.width, settings.height] * 2, np.float32)
    edges = boxes.reshape(-1, 4)[:count, [1, 0, 3, 2]] * scale
    edges = clipped(edges, settings.width - 1, settings.height - 1)
    found = detections(edges, scores[:count], class_ids[:count])
    left, top, right, bottom = found.boxes.T
    return found.take((right > left) & (bottom > top))

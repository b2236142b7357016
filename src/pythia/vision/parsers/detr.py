"""Transformers that predict a fixed number of boxes: DETR and its relatives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from pythia.vision.parsers.grids import sigmoid, softmax

_TAO_TOP_K = 200
_RT_TOP_K = 100


def ddetr_tao(tensors: Tensors, settings: ParserSettings) -> Detections:
    """TAO's Deformable DETR and DINO: ``pred_logits`` [Q, C], ``pred_boxes`` [Q, 4] centre form.

    The best class of each query counts, after a sigmoid; the best 200 queries are kept and those
    of class 0, the background, dropped.

    Raises:
        ModelError: an output is missing, or C is not num-detected-classes.
    """
    parser = "NvDsInferParseCustomDDETRTAO"
    logits, boxes = named_outputs(tensors, parser, "pred_logits", "pred_boxes")
    if logits.ndim != 2 or logits.shape[1] != settings.num_classes:
        classes = f"pred_logits [Q, C] with C = num-detected-classes = {settings.num_classes}"
        raise mismatch(tensors, parser, classes)
    class_ids = logits.argmax(axis=1)
    scores = sigmoid(logits.max(axis=1))
    index = np.flatnonzero(scores >= settings.thresholds[class_ids])
    index = index[np.argsort(-scores[index], kind="stable")][:_TAO_TOP_K]
    index = index[class_ids[index] != 0]
    return detections(_pixels(boxes[index], settings), scores[index], class_ids[index])


def rtdetr(tensors: Tensors, settings: ParserSettings) -> Detections:
    """RT-DETR: logits [Q, C] after a sigmoid, boxes [Q, 4] in centre form from 0 to 1.

    Every class of every query counts by itself; the best 100 of all are kept. Outputs are the
    ones with ``logits`` (or ``labels``) and ``boxes`` (or ``dets``) in their names.

    Raises:
        ModelError: an output is missing.
    """
    logits, boxes = _logits_and_boxes(tensors, "rtdetr")
    scores = sigmoid(logits.reshape(-1))
    index = np.argsort(-scores, kind="stable")[:_RT_TOP_K]
    index = index[scores[index] >= settings.lowest_threshold]
    queries, class_ids = np.divmod(index, logits.shape[1])
    return detections(_pixels(boxes[queries], settings), scores[index], class_ids)


def detr(tensors: Tensors, settings: ParserSettings) -> Detections:
    """DETR: logits [Q, C+1] after a softmax, the last class being "nothing", boxes as above.

    Raises:
        ModelError: an output is missing.
    """
    logits, boxes = _logits_and_boxes(tensors, "detr")
    index, class_ids, scores = best_class(softmax(logits)[:, :-1], settings.lowest_threshold)
    return detections(_pixels(boxes[index], settings), scores, class_ids)


def _pixels(boxes: NDArray[Any], settings: ParserSettings) -> NDArray[np.float32]:
    scale = np.array([settings.width, settings.height] * 2, np.float32)
    return clipped(corners(boxes) * scale, settings.width - 1, settings.height - 1)


def _logits_and_boxes(tensors: Tensors, parser: str) -> tuple[NDArray[Any], NDArray[Any]]:
    logits = _with(tensors, "logits", "labels")
    boxes = _with(tensors, "boxes", "dets")
    if logits is None or boxes is None or logits.ndim != 2 or boxes.shape != (len(logits), 4):
        raise mismatch(tensors, parser, "logits [Q, C] and boxes [Q, 4] (centre form, 0 to 1)")
    return logits, boxes


def _with(tensors: Tensors, *parts: str) -> NDArray[Any] | None:
    for part in parts:
        for name, value in tensors.items():
            if part in name:
                return value
    return None

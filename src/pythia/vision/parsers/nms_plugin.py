"""Outputs of models that end in a non-maximum suppression step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.vision.parsers.detections import (
    Detections,
    ParserSettings,
    Tensors,
    clipped,
    detections,
    mismatch,
)

_TOP_K = 201  # NVIDIA's parsers stop when more than 200 are kept
_LOWEST_PIXEL_RANGE = 2.0


def batched_nms(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Count, boxes [K, 4] as x1, y1, x2, y2 from 0 to 1, scores [K], classes [K].

    Raises:
        ModelError: there are not these four outputs.
    """
    scale = np.array([settings.width, settings.height] * 2, np.float32)
    return _batched(tensors, settings, "NvDsInferParseCustomBatchedNMSTLT", scale)


def batched_nms_pixels(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Count, boxes [K, 4] as x1, y1, x2, y2 in pixels, scores [K], classes [K].

    Raises:
        ModelError: there are not these four outputs.
    """
    one = np.ones(4, np.float32)
    return _batched(tensors, settings, "NvDsInferParseYoloV5CustomBatchedNMSTLT", one)


def _batched(
    tensors: Tensors, settings: ParserSettings, parser: str, scale: NDArray[np.float32]
) -> Detections:
    boxes, scores, class_ids = _kept(tensors, parser)
    edges = boxes * scale
    good = (scores >= settings.thresholds[0]) & (class_ids < settings.num_classes)
    good &= (edges[:, 2:] >= edges[:, :2]).all(axis=1)
    edges = clipped(edges, settings.width - 1, settings.height - 1)
    return detections(edges, scores, class_ids).take(np.flatnonzero(good)[:_TOP_K])


def efficient_det(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Count, boxes [K, 4] as y1, x1, y2, x2 in pixels, scores [K], classes [K].

    Raises:
        ModelError: there are not these four outputs, or the boxes are not in pixels.
    """
    parser = "NvDsInferParseCustomEfficientDetTAO"
    boxes, scores, class_ids = _kept(tensors, parser)
    if boxes.size and boxes.max() < _LOWEST_PIXEL_RANGE:
        raise mismatch(tensors, parser, "boxes in pixels; these lie between 0 and 2")
    good = (scores >= settings.thresholds[0]) & (boxes[:, 2:] >= boxes[:, :2]).all(axis=1)
    edges = _clipped_sizes(boxes[:, [1, 0, 3, 2]], settings)
    return detections(edges, scores, class_ids).take(good)


def nms_rows(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Rows of 7 (picture, class, score, x1, y1, x2, y2 from 0 to 1), and how many of them count.

    Raises:
        ModelError: there are not these two outputs.
    """
    rows = _seven(tensors, "NvDsInferParseCustomNMSTLT")
    rows = rows[rows[:, 2] >= settings.thresholds[0]]
    scale = np.array([settings.width, settings.height] * 2, np.float32)
    edges = _clipped_sizes(rows[:, 3:7] * scale, settings)
    return detections(edges, rows[:, 2], rows[:, 1])


def ssd_rows(tensors: Tensors, settings: ParserSettings) -> Detections:
    """As :func:`nms_rows`, with both corners cut and sizes one pixel larger (NVIDIA's SSD sample).

    Raises:
        ModelError: there are not these two outputs.
    """
    rows = _seven(tensors, "NvDsInferParseCustomSSD")
    rows = rows[rows[:, 2] >= settings.lowest_threshold]
    scale = np.array([settings.width, settings.height] * 2, np.float32)
    edges = clipped(rows[:, 3:7] * scale, settings.width - 1, settings.height - 1)
    edges[:, 2:] += 1
    return detections(edges, rows[:, 2], rows[:, 1])


def _clipped_sizes(edges: NDArray[Any], settings: ParserSettings) -> NDArray[Any]:
    """Starts and sizes cut to the input each by itself, as NVIDIA's parsers do it."""
    limits = np.array([settings.width - 1, settings.height - 1], np.float32)
    starts = np.clip(edges[:, :2], np.float32(0), limits)
    sizes = np.clip(edges[:, 2:] - edges[:, :2], np.float32(0), limits)
    return np.concatenate([starts, starts + sizes], axis=1)


def _seven(tensors: Tensors, parser: str) -> NDArray[Any]:
    values = list(tensors.values())
    if len(values) != 2 or values[0].size % 7:
        raise mismatch(tensors, parser, "two outputs: rows of 7 numbers, and their count")
    return values[0].reshape(-1, 7)[: int(values[1].flat[0])]


def _kept(tensors: Tensors, parser: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Boxes [K, 4], scores [K] and classes [K], as many as the count says."""
    count, boxes, scores, class_ids = _four(tensors, parser)
    kept = max(int(count.flat[0]), 0)
    return boxes.reshape(-1, 4)[:kept], scores.reshape(-1)[:kept], class_ids.reshape(-1)[:kept]


def _four(tensors: Tensors, parser: str) -> list[NDArray[Any]]:
    """Count, boxes, scores, classes: by name where the names say it, else in that order."""
    expected = "four outputs: count, boxes [K, 4], scores [K], classes [K]"
    if len(tensors) != 4:
        raise mismatch(tensors, parser, expected)
    ordered = [_with(tensors, part) for part in ("num", "box", "score", "class")]
    if any(value is None for value in ordered):
        ordered = list(tensors.values())
    values = [value for value in ordered if value is not None]
    if values[1].size != 4 * values[2].size or values[2].size != values[3].size:
        raise mismatch(tensors, parser, expected)
    return values


def _with(tensors: Tensors, part: str) -> NDArray[Any] | None:
    return next((value for name, value in tensors.items() if part in name.lower()), None)

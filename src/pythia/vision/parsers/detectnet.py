"""The form of DetectNet_v2: a coverage grid and a box grid. nvinfer's built-in parser."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pythia.vision.parsers.detections import (
    Detections,
    ParserSettings,
    Tensors,
    clipped,
    detections,
    mismatch,
    named_outputs,
)

_NAME = "DetectNet_v2 (built in)"
_UNIT = 35.0  # the boxes are in units of this many pixels


def detectnet_v2(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Reads the layer with ``cov`` in its name, [C, H, W], and the one with ``bbox``, [4C, H, W].

    A box belongs to a cell whose coverage reaches the class's threshold. It is cut to the
    network's input less one pixel, and dropped where nothing is left of it.

    Raises:
        ModelError: a layer is missing, or their shapes do not fit together.
    """
    coverage, boxes = _layers(tensors)
    found = _cells(coverage, boxes, settings)
    left, top, right, bottom = found.boxes.T
    return found.take((right >= left) & (bottom >= top))


def resnet(tensors: Tensors, settings: ParserSettings) -> Detections:
    """As :func:`detectnet_v2`, but with widths and heights one pixel larger.

    Reads ``output_cov/Sigmoid:0`` and ``output_bbox/BiasAdd:0`` as NVIDIA's sample parser does.
    """
    names = ("output_cov/Sigmoid:0", "output_bbox/BiasAdd:0")
    coverage, boxes = named_outputs(tensors, "NvDsInferParseCustomResnet", *names)
    found = _cells(coverage, boxes, settings)
    found.boxes[:, 2:] += 1
    return found


def _layers(tensors: Tensors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    coverage = [value for name, value in tensors.items() if "cov" in name]
    boxes = [value for name, value in tensors.items() if "bbox" in name]
    expected = "a layer with cov in its name, [C, H, W], and one with bbox in its name, [4C, H, W]"
    if not coverage or not boxes:
        raise mismatch(tensors, _NAME, expected)
    cov, box = coverage[-1], boxes[-1]
    if cov.ndim != 3 or box.shape != (4 * len(cov), *cov.shape[1:]):
        raise mismatch(tensors, _NAME, expected)
    return cov, box


def _cells(
    coverage: NDArray[np.float32], boxes: NDArray[np.float32], settings: ParserSettings
) -> Detections:
    classes = min(len(coverage), settings.num_classes)
    limits = settings.thresholds[:classes, None, None]
    class_ids, rows, columns = np.nonzero(coverage[:classes] >= limits)
    centre_x, centre_y = _centres(settings.width, settings.height, *coverage.shape[1:])
    grid = boxes.reshape(-1, 4, *boxes.shape[1:])
    left, top, right, bottom = grid[class_ids, :, rows, columns].T
    x, y = centre_x[columns], centre_y[rows]
    edges = np.stack([x - left, y - top, right + x, bottom + y], axis=1) * np.float32(_UNIT)
    edges = clipped(edges, settings.width - 1, settings.height - 1)
    return detections(edges, coverage[class_ids, rows, columns], class_ids)


@lru_cache(maxsize=16)
def _centres(
    width: int, height: int, rows: int, columns: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centres of the cells across and down, in units."""
    stride_x, stride_y = -(-width // columns), -(-height // rows)
    across = (np.arange(columns, dtype=np.float32) * stride_x + np.float32(0.5)) / _UNIT
    down = (np.arange(rows, dtype=np.float32) * stride_y + np.float32(0.5)) / _UNIT
    return across.astype(np.float32), down.astype(np.float32)

"""NanoDet: distances to the four sides as distributions (generalised focal loss)."""

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
    detections,
    mismatch,
    only_output,
)
from pythia.vision.parsers.grids import grid, softmax, strides_of

_EXPECTED = (
    "rows [N, C + 4 * bins], N being the cells of strides 8, 16, 32 (and 64), "
    "C = num-detected-classes"
)


def nanodet(tensors: Tensors, settings: ParserSettings) -> Detections:
    """NanoDet-Plus: rows [N, C + 4 * bins], classes after a sigmoid, then left, top, right, bottom.

    A side is as many strides away from the cell's corner as its distribution says on average.

    Raises:
        ModelError: the shape is another one.
    """
    _, value = only_output(tensors, "nanodet", _EXPECTED)
    strides = strides_of(len(value), settings.width, settings.height) if value.ndim == 2 else None
    bins = (value.shape[-1] - settings.num_classes) // 4
    if strides is None or bins < 2 or value.shape[1] != settings.num_classes + 4 * bins:
        raise mismatch(tensors, "nanodet", _EXPECTED)
    classes = settings.num_classes
    index, class_ids, scores = best_class(value[:, :classes], settings.lowest_threshold)
    cells, stride = grid(settings.width, settings.height, strides)
    boxes = _boxes(value[index, classes:], cells[index] * stride[index], stride[index])
    return detections(clipped(boxes, settings.width, settings.height), scores, class_ids)


def _boxes(
    sides: NDArray[Any], points: NDArray[np.float32], stride: NDArray[np.float32]
) -> NDArray[np.float32]:
    distributions = softmax(sides.reshape(len(sides), 4, -1))
    distances = distributions @ np.arange(distributions.shape[2], dtype=np.float32) * stride
    return np.concatenate([points - distances[:, :2], points + distances[:, 2:]], axis=1)

"""YOLOX as its exporter writes it: relative to the grid, with strides 8, 16 and 32."""

from __future__ import annotations

import numpy as np

from pythia.vision.parsers.detections import (
    Detections,
    ParserSettings,
    Tensors,
    best_class,
    clipped,
    corners,
    detections,
    mismatch,
    only_output,
)
from pythia.vision.parsers.grids import grid, strides_of

_EXPECTED = (
    "rows [N, 5+C] where N is the number of grid cells of strides 8, 16, 32 (3549 for 416x416); "
    "for a model exported with --decode_in_inference use yolox-decoded"
)


def yolox(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Rows [N, 5+C]: x, y offset in cells, log of width and height in cells, objectness, classes.

    Sigmoids are applied in the model already; the score is objectness times the best class.

    Raises:
        ModelError: the shape is another one.
    """
    _, value = only_output(tensors, "yolox", _EXPECTED)
    strides = strides_of(len(value), settings.width, settings.height) if value.ndim else None
    if value.ndim != 2 or strides is None or value.shape[1] < 6:
        raise mismatch(tensors, "yolox", _EXPECTED)
    candidates = np.flatnonzero(value[:, 4] >= settings.lowest_threshold)
    rows = value[candidates]
    index, class_ids, scores = best_class(rows[:, 5:] * rows[:, 4:5], settings.lowest_threshold)
    cells, stride = grid(settings.width, settings.height, strides)
    rows, where = rows[index], candidates[index]
    centres = (rows[:, :2] + cells[where]) * stride[where]
    sizes = np.exp(rows[:, 2:4]) * stride[where]
    boxes = corners(np.concatenate([centres, sizes], axis=1))
    return detections(clipped(boxes, settings.width, settings.height), scores, class_ids)

"""Raw heads of anchor-based YOLOs: one output a scale, before any activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.vision.parsers.detections import (
    Detections,
    Parser,
    ParserSettings,
    Tensors,
    best_class,
    clipped,
    corners,
    detections,
    mismatch,
)
from pythia.vision.parsers.grids import sigmoid

Pairs = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class _Family:
    """Anchors in pixels from the finest scale on, and how x and y spread beyond their cell."""

    name: str
    anchors: tuple[Pairs, ...]
    spread: tuple[float, ...]
    squared: bool = False


_V3 = (
    ((10, 13), (16, 30), (33, 23)),
    ((30, 61), (62, 45), (59, 119)),
    ((116, 90), (156, 198), (373, 326)),
)
_V4 = (
    ((12, 16), (19, 36), (40, 28)),
    ((36, 75), (76, 55), (72, 146)),
    ((142, 110), (192, 243), (459, 401)),
)
_V3_TINY = (((10, 14), (23, 27), (37, 58)), ((81, 82), (135, 169), (344, 319)))


def _parser(family: _Family) -> Parser:
    def parse(tensors: Tensors, settings: ParserSettings) -> Detections:
        return _parse(family, tensors, settings)

    return parse


yolov3_heads = _parser(_Family("yolov3-heads", _V3, (1.0, 1.0, 1.0)))
"""YOLOv3 with its published COCO anchors: outputs [3 * (5+C), H, W], [H, W, 3 * (5+C)] or
[3, H, W, 5+C]; YOLOv4 and v5 likewise. The order of the outputs does not matter."""

yolov3_tiny_heads = _parser(_Family("yolov3-tiny-heads", _V3_TINY, (1.0, 1.0)))
yolov4_heads = _parser(_Family("yolov4-heads", _V4, (1.2, 1.1, 1.05)))
yolov5_heads = _parser(_Family("yolov5-heads", _V3, (2.0, 2.0, 2.0), squared=True))


def _parse(family: _Family, tensors: Tensors, settings: ParserSettings) -> Detections:
    scales = [_cells(family, tensors, value, settings) for value in tensors.values()]
    if len(scales) != len(family.anchors):
        raise _other(family, tensors, settings)
    scales.sort(key=lambda cells: -cells.shape[1])  # the finest grid has the most rows
    parts = [
        _decode(cells, anchors, spread, family.squared, settings)
        for cells, anchors, spread in zip(scales, family.anchors, family.spread, strict=True)
    ]
    return Detections(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.class_ids for part in parts]),
    )


def _cells(
    family: _Family, tensors: Tensors, value: NDArray[Any], settings: ParserSettings
) -> NDArray[Any]:
    """One scale as [anchor, row, column, 5+C]."""
    row = 5 + settings.num_classes
    anchors = len(family.anchors[0])
    cells: NDArray[Any] | None = None
    if value.ndim == 4 and value.shape[0] == anchors and value.shape[3] == row:
        cells = value
    if value.ndim == 3 and value.shape[0] == anchors * row:
        cells = value.reshape(anchors, row, *value.shape[1:]).transpose(0, 2, 3, 1)
    if value.ndim == 3 and value.shape[2] == anchors * row:
        cells = value.reshape(*value.shape[:2], anchors, row).transpose(2, 0, 1, 3)
    if cells is None:
        raise _other(family, tensors, settings)
    return cells


def _decode(
    cells: NDArray[Any], anchors: Pairs, spread: float, squared: bool, settings: ParserSettings
) -> Detections:
    objectness = sigmoid(cells[..., 4])
    which, row, column = np.nonzero(objectness >= settings.lowest_threshold)
    picked = cells[which, row, column]
    scores = sigmoid(picked[:, 5:]) * objectness[which, row, column, None]
    index, class_ids, best = best_class(scores, settings.lowest_threshold)
    picked, which = picked[index], which[index]
    stride = np.array([settings.width / cells.shape[2], settings.height / cells.shape[1]])
    cell = np.stack([column[index], row[index]], axis=1)
    centre = (sigmoid(picked[:, :2]) * spread - (spread - 1) / 2 + cell) * stride
    growth = (2 * sigmoid(picked[:, 2:4])) ** 2 if squared else np.exp(picked[:, 2:4])
    size = growth * np.array(anchors, np.float32)[which]
    boxes = corners(np.concatenate([centre, size], axis=1))
    return detections(clipped(boxes, settings.width, settings.height), best, class_ids)


def _other(family: _Family, tensors: Tensors, settings: ParserSettings) -> Exception:
    row = 5 + settings.num_classes
    return mismatch(
        tensors,
        family.name,
        f"{len(family.anchors)} outputs [3 * (5+C), H, W], [H, W, 3 * (5+C)] or [3, H, W, 5+C], "
        f"where 5+C is {row} for num-detected-classes={settings.num_classes}",
    )

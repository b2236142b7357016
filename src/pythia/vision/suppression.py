"""Greedy non-maximum suppression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def suppress(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], iou: float
) -> NDArray[np.intp]:
    """Indices of the boxes [N, 4] (x1, y1, x2, y2) that no better one overlaps by over ``iou``.

    Best first; of equal scores the earlier box is the better one. Boxes with a score of 0 or less
    are never among them.
    """
    starts, sizes = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    rectangles = np.hstack([starts, sizes]).astype(np.float64)
    return np.asarray(cv2.dnn.NMSBoxes(rectangles, scores, 0.0, iou), np.intp)  # type: ignore[arg-type]


def overlaps(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of one box [4] with others [N, 4]."""
    starts, ends = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = np.maximum(ends - starts, 0).prod(axis=1)
    union = (box[2:] - box[:2]).prod() + (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) - common
    none = np.zeros_like(common)
    return np.asarray(np.divide(common, union, out=none, where=union > 0))

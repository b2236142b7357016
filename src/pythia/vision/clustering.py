"""From many overlapping candidates to one box an object: nvinfer's ``cluster-mode``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pythia.vision.class_attrs import ClassAttrs
from pythia.vision.nvinfer_config import (
    DBSCAN,
    GROUP_RECTANGLES,
    HYBRID,
    NMS,
    NO_CLUSTERING,
)
from pythia.vision.parsers.detections import Detections, detections
from pythia.vision.suppression import overlaps, suppress

_GROUPED_SCORE = -0.1
_AREA_TO_HIT_LIMIT = 60.0

Index = NDArray[np.intp]


def cluster(found: Detections, attrs: Sequence[ClassAttrs], mode: int) -> Detections:
    """The objects in ``found``, class after class, by ``cluster-mode``.

    First everything goes that is of no configured class or under its ``pre-cluster-threshold``.
    Then, for each class: mode 0 merges with OpenCV's ``groupRectangles`` (whole pixels, score
    -0.1), mode 1 with DBSCAN, mode 2 suppresses non-maxima, mode 3 merges dense clusters and then
    suppresses, mode 4 leaves all. Modes 1 to 3 apply ``post-cluster-threshold``, modes 1 to 4
    ``topk`` (best first; without it mode 4 keeps the parser's order).
    """
    thresholds = np.array([entry.pre_cluster_threshold for entry in attrs], np.float32)
    known = (found.class_ids >= 0) & (found.class_ids < len(attrs))
    found = found.take(known)
    found = found.take(found.scores >= thresholds[found.class_ids])
    method = _METHODS[mode]
    parts = [
        method(found.take(found.class_ids == class_id), attrs[class_id])
        for class_id in np.unique(found.class_ids)
    ]
    return _joined(parts) if parts else found


def _joined(parts: Sequence[Detections]) -> Detections:
    angles = [part.angles for part in parts if part.angles is not None]
    return Detections(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.class_ids for part in parts]),
        np.concatenate(angles) if len(angles) == len(parts) else None,
    )


def _best(found: Detections, topk: int) -> Detections:
    if topk < 0:
        return found
    return found.take(np.argsort(-found.scores, kind="stable")[:topk])


def _none(found: Detections, attrs: ClassAttrs) -> Detections:
    return _best(found, attrs.topk)


def _nms(found: Detections, attrs: ClassAttrs) -> Detections:
    kept = found.take(suppress(found.boxes, found.scores, attrs.nms_iou_threshold))
    return _best(kept.take(kept.scores > attrs.post_cluster_threshold), attrs.topk)


def _group_rectangles(found: Detections, attrs: ClassAttrs) -> Detections:
    """``cv::groupRectangles``; with a ``group-threshold`` of 0 boxes are only cut to pixels."""
    whole = found.boxes.copy()
    whole[:, 2:] -= whole[:, :2]
    rectangles = whole.astype(np.int32)
    if attrs.group_threshold > 0:
        grouped, _ = cv2.groupRectangles(rectangles.tolist(), attrs.group_threshold, attrs.eps)
        rectangles = np.array(grouped, np.int32).reshape(-1, 4)
    boxes = rectangles.astype(np.float32)
    boxes[:, 2:] += boxes[:, :2]
    count = len(boxes)
    class_ids = np.full(count, found.class_ids[0])
    return detections(boxes, np.full(count, _GROUPED_SCORE), class_ids)


def _dbscan(found: Detections, attrs: ClassAttrs) -> Detections:
    merged = _clusters(found, attrs, _mean_box) if attrs.min_boxes > 0 else found
    kept = merged.take(merged.scores >= attrs.post_cluster_threshold)
    return _best(kept, attrs.topk)


def _hybrid(found: Detections, attrs: ClassAttrs) -> Detections:
    merged = _clusters(found, attrs, _members) if attrs.min_boxes > 0 else found
    return _nms(merged, attrs)


def _clusters(
    found: Detections, attrs: ClassAttrs, merge: Callable[[Detections], Detections]
) -> Detections:
    """DBSCAN (Ester, Kriegel, Sander, Xu: KDD 1996), each cluster then merged.

    NVIDIA's library is closed. As in TAO's public DetectNet_v2 the distance of two boxes is
    1 - IoU; ``eps`` bounds it. From the public header: a box is a core with ``minBoxes``
    neighbours (itself included) whose scores add up to ``dbscan-min-score``, and a cluster is
    dropped when the root of its area is more than 60 times the number of its boxes.
    """
    if not len(found):
        return found
    near = 1 - np.stack([overlaps(box, found.boxes) for box in found.boxes]) <= attrs.eps
    dense = (near.sum(axis=1) >= attrs.min_boxes) & (near @ found.scores >= attrs.dbscan_min_score)
    clusters = [found.take(members) for members in _connected(near, dense)]
    parts = [merge(part) for part in clusters if _area_to_hit(part) <= _AREA_TO_HIT_LIMIT]
    return _joined(parts) if parts else found.take(np.empty(0, np.intp))


def _connected(near: NDArray[np.bool_], dense: NDArray[np.bool_]) -> list[Index]:
    """Members of each cluster: dense boxes reached from one another, and what is near them."""
    clusters, free = [], np.ones(len(near), np.bool_)
    for seed in np.flatnonzero(dense):
        if not free[seed]:
            continue
        members = np.zeros(len(near), np.bool_)
        front = np.array([seed])
        while len(front):
            members[front] = True
            reached = near[front[dense[front]]].any(axis=0)
            front = np.flatnonzero(reached & free & ~members)
        free &= ~members
        clusters.append(np.flatnonzero(members))
    return clusters


def _area_to_hit(part: Detections) -> float:
    box = _mean_box(part).boxes[0]
    return float(np.sqrt((box[2:] - box[:2]).prod()) / len(part))


def _mean_box(part: Detections) -> Detections:
    """One box, the mean of the cluster weighted by score, with the best score."""
    weights = part.scores / max(float(part.scores.sum()), np.finfo(np.float32).tiny)
    return detections(weights @ part.boxes, part.scores.max(), part.class_ids[0])


def _members(part: Detections) -> Detections:
    return part


_METHODS: dict[int, Callable[[Detections, ClassAttrs], Detections]] = {
    GROUP_RECTANGLES: _group_rectangles,
    DBSCAN: _dbscan,
    NMS: _nms,
    HYBRID: _hybrid,
    NO_CLUSTERING: _none,
}

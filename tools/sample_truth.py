"""Detections that a probe yielded on the sample video, held against its ground truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pythia.vision.evaluation import Detections, Precision, evaluate, truth_of_rows


def precision(events: Iterable[Mapping[str, Any]], truth: Mapping[str, Any]) -> Precision:
    """Average precision at an overlap of 0.5.

    Args:
        events: one a detection, with frame_num, label, left, top, width, height, confidence.
        truth: the content of ``sample_720p.gt.json``.
    """
    class_ids = {name: number for number, name in enumerate(truth["classes"])}
    rows: dict[int, list[list[float]]] = defaultdict(list)
    for event in events:
        box = [event[key] for key in ("left", "top", "width", "height", "confidence")]
        rows[event["frame_num"]].append([class_ids[event["label"]], *box])
    tables = [np.array(rows[n], np.float64).reshape(-1, 6) for n in range(len(truth["frames"]))]
    found = [Detections(t[:, 1:5], t[:, 0].astype(np.int64), t[:, 5]) for t in tables]
    truths = [
        truth_of_rows(frame, truth["min_size"], truth["min_visibility"])
        for frame in truth["frames"]
    ]
    return evaluate(truths, found)

"""MOTA and IDF1 of tracks against ground truth, by motmetrics.

Truths and tracks are lists of arrays, one a frame. A row of a truth is identity, class, left, top,
width, height, and 1 where the thing counts or 0 where it is *ignored*; one of a track is identity,
class, left, top, width and height. As in MOTChallenge a track's box that lies on something ignored,
and on nothing that counts, is no false alarm. Things are matched with things of their class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import motmetrics
import numpy as np
from numpy.typing import NDArray

from pythia.vision.evaluation import intersections, overlaps, truth_of_rows

Rows = NDArray[np.float64]

LEAST_OVERLAP = 0.5
_METRICS = ("mota", "idf1", "num_switches", "num_false_positives", "num_misses")


@dataclass(frozen=True)
class Score:
    """How good tracks are."""

    mota: float
    idf1: float
    switches: int
    false_alarms: int
    misses: int


def score(truths: Sequence[Rows], tracks: Sequence[Rows]) -> Score:
    """Judge the tracks of a video, frame by frame in the same order."""
    classes = {int(row[1]) for truth in truths for row in truth if row[6]}
    books = {each: motmetrics.MOTAccumulator(auto_id=True) for each in sorted(classes)}
    for truth, found in zip(truths, tracks, strict=True):
        for each, book in books.items():
            _enter(book, truth[truth[:, 1] == each], found[found[:, 1] == each])
    table = motmetrics.metrics.create().compute_many(
        list(books.values()), metrics=list(_METRICS), names=list(books), generate_overall=True
    )
    row: Any = table.loc["OVERALL"]
    return Score(float(row.iloc[0]), float(row.iloc[1]), *(int(value) for value in row.iloc[2:]))


def _enter(book: Any, truth: Rows, found: Rows) -> None:
    counts = truth[truth[:, 6] > 0]
    ratio = overlaps(counts[:, 2:6], found[:, 2:6])
    wanted = _counted(truth[truth[:, 6] <= 0], found, ratio)
    distances = np.where(ratio >= LEAST_OVERLAP, 1 - ratio, np.nan)[:, wanted]
    book.update(counts[:, 0].astype(int), found[wanted, 0].astype(int), distances)


def _counted(ignored: Rows, found: Rows, ratio: Rows) -> NDArray[np.bool_]:
    """Which boxes of tracks are judged."""
    areas = np.maximum(found[:, 4] * found[:, 5], 1e-9)
    inside = intersections(ignored[:, 2:6], found[:, 2:6]) / areas[None]
    on_ignored = (inside >= LEAST_OVERLAP).any(axis=0)
    on_real = (ratio >= LEAST_OVERLAP).any(axis=0)
    return np.asarray(on_real | ~on_ignored)


def rows(values: Any, width: int = 6) -> Rows:
    """An array of rows, also where there are none."""
    return np.asarray(values, np.float64).reshape(-1, width)


def sample_truths(truth: Mapping[str, Any]) -> list[Rows]:
    """The ground truth of the sample video, from the content of ``sample_720p.gt.json``."""
    result = []
    for frame in truth["frames"]:
        ignored = truth_of_rows(frame, truth["min_size"], truth["min_visibility"]).ignored
        result.append(np.column_stack([rows(frame, 7)[:, :6], ~ignored]))
    return result


def mot_truths(table: Rows, frames: int) -> list[Rows]:
    """Ground truth in the form of MOTChallenge: rows of frame (from 1), identity, box and flag."""
    mine = [table[table[:, 0] == number + 1] for number in range(frames)]
    return [np.column_stack([f[:, 1], np.zeros(len(f)), f[:, 2:6], np.ones(len(f))]) for f in mine]

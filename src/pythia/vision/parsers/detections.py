"""What every parser takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ModelError

BBOX_KEY = "parse-bbox-func-name"

Tensors = Mapping[str, NDArray[Any]]
"""The outputs for one frame, by layer name, in the order of the model, without a batch."""


@dataclass(frozen=True)
class Detections:
    """Boxes found in one frame; index i is one object in all arrays.

    ``boxes`` is float32 [N, 4] as x1, y1, x2, y2 in pixels of the network's input, ``scores``
    float32 [N], ``class_ids`` int32 [N]. ``angles`` (float32 [N], radians) turns each box around
    its centre; None is upright.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int32]
    angles: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """Number of boxes."""
        return len(self.scores)

    def take(self, index: NDArray[Any]) -> Detections:
        """The boxes of an index or of a mask."""
        angles = None if self.angles is None else self.angles[index]
        return Detections(self.boxes[index], self.scores[index], self.class_ids[index], angles)


@dataclass(frozen=True)
class ParserSettings:
    """What a parser may know of the network: input size in pixels, classes, thresholds.

    ``thresholds`` (float32, one a class) are the ``pre-cluster-threshold`` values. They are
    applied again after the parser; a parser uses them to throw away early.
    """

    width: int
    height: int
    num_classes: int
    thresholds: NDArray[np.float32]

    @property
    def lowest_threshold(self) -> float:
        """Scores below this one count for no class."""
        return float(self.thresholds.min()) if len(self.thresholds) else 0.0


Parser = Callable[[Tensors, ParserSettings], Detections]


def detections(
    boxes: NDArray[Any],
    scores: NDArray[Any],
    class_ids: NDArray[Any],
    angles: NDArray[Any] | None = None,
) -> Detections:
    """Detections out of arrays of any number type."""
    return Detections(
        np.asarray(boxes, np.float32).reshape(-1, 4),
        np.asarray(scores, np.float32).reshape(-1),
        np.asarray(class_ids).astype(np.int32).reshape(-1),
        None if angles is None else np.asarray(angles, np.float32).reshape(-1),
    )


def corners(centres: NDArray[Any]) -> NDArray[np.float32]:
    """Boxes [N, 4] given as centre x, centre y, width, height as x1, y1, x2, y2."""
    half = centres[:, 2:4] / 2
    return np.concatenate([centres[:, :2] - half, centres[:, :2] + half], axis=1, dtype=np.float32)


def clipped(boxes: NDArray[Any], width: float, height: float) -> NDArray[np.float32]:
    """Boxes [N, 4] cut to 0..width and 0..height."""
    limits = np.array([width, height, width, height], np.float32)
    return np.asarray(np.clip(boxes, np.float32(0), limits))


def best_class(
    scores: NDArray[Any], threshold: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[Any]]:
    """Rows of scores [N, C] that reach the threshold: their index, best class and score."""
    best = scores.max(axis=1) if scores.shape[1] else np.zeros(len(scores), np.float32)
    rows = np.flatnonzero(best >= threshold)
    return rows, scores[rows].argmax(axis=1), best[rows]


def only_output(tensors: Tensors, parser: str, expected: str) -> tuple[str, NDArray[Any]]:
    """The name and value of the single output of a model.

    Raises:
        ModelError: there is not exactly one.
    """
    if len(tensors) != 1:
        raise mismatch(tensors, parser, f"one output, {expected}")
    return next(iter(tensors.items()))


def named_outputs(
    tensors: Tensors, parser: str, *names: str, key: str = BBOX_KEY
) -> list[NDArray[Any]]:
    """The outputs of these names; ``key`` is the configuration's that chose the parser.

    Raises:
        ModelError: one is missing.
    """
    if any(name not in tensors for name in names):
        raise mismatch(tensors, parser, f"outputs named {', '.join(names)}", key)
    return [tensors[name] for name in names]


def mismatch(tensors: Tensors, parser: str, expected: str, key: str = BBOX_KEY) -> ModelError:
    """The error for outputs that a parser cannot read."""
    found = ", ".join(f"{name} {list(value.shape)}" for name, value in tensors.items())
    return ModelError(
        f"parser {parser} cannot read the outputs of this model: found {found} (without the batch "
        f"dimension); expected {expected}. Set {key} to the parser of this model, "
        "or output-blob-names to the outputs it needs"
    )

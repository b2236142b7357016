"""Grid cells of heads that predict relative to them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=16)
def grid(
    width: int, height: int, strides: tuple[int, ...]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cells of a network's input, stride after stride, row after row.

    Returns:
        Column and row of each cell, float32 [N, 2], and its stride, float32 [N, 1].
    """
    cells, sizes = [], []
    for stride in strides:
        columns, rows = -(-width // stride), -(-height // stride)
        y, x = np.mgrid[:rows, :columns]
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        sizes.append(np.full((rows * columns, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(sizes).astype(np.float32)


def strides_of(cells: int, width: int, height: int) -> tuple[int, ...] | None:
    """Which strides, of those in use, give this many cells; None if none do."""
    for strides in ((8, 16, 32), (8, 16, 32, 64)):
        if sum(-(-width // s) * -(-height // s) for s in strides) == cells:
            return strides
    return None


def sigmoid(value: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logistic function."""
    return np.asarray(1 / (1 + np.exp(-value)), np.float32)


def softmax(value: NDArray[np.float32]) -> NDArray[np.float32]:
    """The softmax over the last axis."""
    powers = np.exp(value - value.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)

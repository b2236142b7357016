"""Colours of instances: the ones that nvinfer gives to the first, second, ... mask of a frame."""

from __future__ import annotations

import numpy as np

_CHANNELS = 3
_colours: list[tuple[float, float, float]] = []


def instance_colour(number: int) -> tuple[float, float, float]:
    """Red, green and blue from 0 to 1; the same for the same number, counted from 0.

    nvinfer seeds C++'s ``std::mt19937`` with 0 for each frame and takes three floats an object.
    """
    if number >= len(_colours):
        draws = np.random.RandomState(0).randint(
            0, 1 << 32, (max(64, 2 * (number + 1)), _CHANNELS), np.uint32
        )
        _colours[:] = [(r, g, b) for r, g, b in (draws / 2.0**32).tolist()]
    return _colours[number]

"""Which objects move the way an arrow points, and which have stopped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pythia.vision.analytics.history import Bools, Floats, Motion, X, Y, bottom
from pythia.vision.analytics.rules import Direction, Point

# DeepStream's thresholds: squared pixels, frames, cosine; variance of x, and of y by height.
_DISTANCE = 3000
_FRAMES = 10
_COSINE = 0.5
_STILL_X = 400
_STILL_Y = 0.01
_TINY = 1e-9


def unit(start: Point, end: Point) -> Floats:
    """The direction from one point to another as a vector of length 1, of 0 without one."""
    way = np.subtract(end, start, dtype=np.float64)
    return np.asarray(way / max(np.hypot(*way), _TINY))


class Directions:
    """The direction rules of one source, judged together."""

    def __init__(self, rules: Sequence[Direction]) -> None:
        self._arrows = np.array([unit(*rule.points) for rule in rules]).T

    def followed(self, motion: Motion, allowed: Bools) -> Bools:
        """Who follows which arrow; ``allowed`` and the result have a column a rule."""
        way = (motion.current - motion.previous)[:, :2].astype(np.float64)
        fall = bottom(motion.current) - bottom(motion.previous)
        far = way[:, X] ** 2 + fall**2 > _DISTANCE
        moves = far & (motion.seen > _FRAMES)
        length = np.maximum(np.hypot(way[:, X], way[:, Y]), _TINY)
        cosine = way @ self._arrows / length[:, None]
        followed: Bools = (cosine >= _COSINE) & moves[:, None] & allowed
        return followed


def stopped(motion: Motion, length: int) -> Bools:
    """Which objects stood still for longer than the ``length`` of the history."""
    height = np.maximum(motion.mean_height, _TINY)
    still_x = motion.variance[:, X] <= _STILL_X
    still_y = motion.variance[:, Y] / height <= _STILL_Y
    result: Bools = (motion.seen > length) & still_x & still_y
    return result

"""What a tracker is given of a frame, and what it says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pythia.vision.image import Image
from pythia.vision.tracking.estimator import Floats

Box = tuple[float, float, float, float]
"""Left, top, width and height."""

_AT_THE_BORDER = 2.0


@dataclass(frozen=True)
class Frame:
    """One frame of a stream.

    ``boxes`` are (n, 4), left, top, width and height in pixels of the tracker's frame, which is
    ``size`` (width, height). ``looked`` says whether the detector ran at all. ``image`` may have
    another size; without it a tracker goes by boxes alone.
    """

    frame_num: int
    size: tuple[int, int]
    boxes: Floats
    class_ids: NDArray[np.intp]
    confidences: Floats
    looked: bool = True
    image: Image | None = None


class Moment(NamedTuple):
    """Where a target was in one frame; ``visibility`` is the share of its box in the picture."""

    frame_num: int
    box: Box
    confidence: float
    age: int
    state: int
    visibility: float


class Tracked(NamedTuple):
    """One object that is reported.

    ``detection`` is its row in the frame, -1 without one; ``vector`` is the re-identification
    network's, where it looked at the object in this frame.
    """

    id: int
    class_id: int
    box: Box
    confidence: float
    detection: int
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Track:
    """Moments of one target, oldest first."""

    id: int
    class_id: int
    moments: tuple[Moment, ...]


@dataclass
class Report:
    """What a tracker says after one frame.

    ``past`` are moments of targets reported now that were not reported in their own time,
    ``terminated`` whole targets that ended, ``shadow`` those that are followed unreported.
    """

    tracked: list[Tracked] = field(default_factory=list)
    past: list[Track] = field(default_factory=list)
    terminated: list[Track] = field(default_factory=list)
    shadow: list[Track] = field(default_factory=list)


def visibilities(boxes: Floats, size: tuple[int, int]) -> Floats:
    """The share of each box that lies in the picture."""
    low, high = np.maximum(boxes[:, :2], 0), np.minimum(boxes[:, :2] + boxes[:, 2:], size)
    inside = np.maximum(high - low, 0).prod(axis=1)
    areas = boxes[:, 2:].prod(axis=1)
    return np.asarray(np.divide(inside, areas, out=np.zeros_like(inside), where=areas > 0))


def touching(boxes: Floats, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which boxes lie at least partly in the picture."""
    low = boxes[:, :2] < np.array(size)
    high = boxes[:, :2] + boxes[:, 2:] > 0
    return np.asarray((low & high).all(axis=1))


def unclipped(boxes: Floats, sides: Floats, size: tuple[int, int]) -> Floats:
    """Boxes that the picture's border cuts off, completed.

    A box that touches one of two opposite borders, and is smaller than it should be (``sides``,
    width and height), is drawn out beyond that border.
    """
    whole: Floats = boxes.copy()
    for axis in (0, 1):
        near = boxes[:, axis] <= _AT_THE_BORDER
        far = boxes[:, axis] + boxes[:, axis + 2] >= size[axis] - _AT_THE_BORDER
        missing = np.where(near != far, np.maximum(sides[:, axis] - boxes[:, axis + 2], 0), 0)
        whole[:, axis] -= np.where(near, missing, 0)
        whole[:, axis + 2] += missing
    return whole

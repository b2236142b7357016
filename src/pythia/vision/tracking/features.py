"""What a correlation filter compares: brightness, colour names and directions of edges.

"Colour names" are the idea of van de Weijer and others ("Learning Color Names for Real-World
Applications", 2009): how much a pixel looks like each of a few named colours. The tables here
are made from the named colours themselves, by their distance in CIE Lab, and turned to their main
axes, of which the first ones are kept ("Adaptive Color Attributes", Danelljan and others, 2014).

Directions of edges are kept as the first terms of a Fourier series over the angle rather than as
a histogram: products of such channels are the same, and there are fewer of them ("Rotation-
Invariant HOG Descriptors Using Fourier Analysis", Liu and others, 2014).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pythia.vision.colour import yuv_to_rgb
from pythia.vision.image import Matrix
from pythia.vision.tracking.config import VisualTracker
from pythia.vision.tracking.estimator import Floats
from pythia.vision.tracking.patches import Patches, PatchSource

Features = NDArray[np.float32]

_SIDES = {1: 12, 2: 18, 3: 24, 4: 30, 5: 36}
"""Pixels of a feature image for each ``featureImgSizeLevel``."""

_NAMED = np.array(
    [
        (0, 0, 0),  # black
        (255, 255, 255),  # white
        (128, 128, 128),  # grey
        (200, 30, 30),  # red
        (30, 140, 40),  # green
        (35, 60, 180),  # blue
        (230, 210, 40),  # yellow
        (235, 130, 25),  # orange
        (115, 70, 35),  # brown
        (130, 50, 150),  # purple
    ],
    np.uint8,
)
_SOFTNESS = 18.0  # of CIE Lab units; just noticeable differences are about 2
_AXES = 4  # of the names' ten; colours differ by the others but little
_LEVELS = 32  # of each of Y, U and V in the table
_SERIES = (1.06, 1.27, 0.75)
"""The Fourier series of a histogram of 18 directions, in which an edge weighs cos^2: what an edge
adds to the channel of no direction, and to those of the angle and of its double."""
_EDGES = 5
_FAINT = 400.0  # squared slopes of noise


class FeatureExtractor:
    """Feature images of regions of a frame, windowed: ``(regions, channels, side, side)``."""

    def __init__(self, config: VisualTracker) -> None:
        self._colours = config.use_color_names
        self._edges = config.use_hog
        self.side = _SIDES[config.feature_img_size_level]
        self._window = _window(self.side, config.feature_focus_offset_factor_y)
        self.channels = 1 + _AXES * self._colours + _EDGES * self._edges

    def __call__(self, source: PatchSource, regions: Floats) -> Features:
        """The features of regions (left, top, width, height; in pixels of the frame)."""
        features = np.empty((len(regions), self.channels, self.side, self.side), np.float32)
        channel = 1
        if self._colours:
            luma, *others = source.yuv(regions, self.side)
            table = _colour_table(source.matrix, source.is_full_range)
            names = table.take(_places(luma, *others), axis=0)
            features[:, channel : channel + _AXES] = names.transpose(0, 3, 1, 2)
            channel += _AXES
        else:
            luma = source.luma(regions, self.side)
        features[:, 0] = luma
        features[:, 0] *= np.float32(1 / 128)
        if self._edges:
            _edge_directions(luma, features[:, channel:])
        features -= features.mean(axis=(2, 3), keepdims=True)
        features *= self._window
        return features


def _window(side: int, offset: float) -> Features:
    """A Hann window whose middle is moved down by ``offset`` heights."""
    places = (np.arange(side) + 0.5) / side - 0.5
    across = np.cos(np.pi * places) ** 2
    moved = np.clip(places - offset, -0.5, 0.5)
    return np.asarray(np.outer(np.cos(np.pi * moved) ** 2, across), np.float32)


def _places(y: Patches, u: Patches, v: Patches) -> NDArray[np.intp]:
    """Rows of the table of colours."""
    rows = np.right_shift(y, 3, dtype=np.intp)
    for part in (u, v):
        rows <<= 5
        rows |= part >> 3
    return rows


@lru_cache(maxsize=4)
def _colour_table(matrix: Matrix, full_range: bool) -> Features:
    """Likeness to the named colours along its main axes, for every Y, U and V in steps of 8."""
    middles = np.arange(_LEVELS) * np.float32(8) + 4
    yuv = np.stack(np.meshgrid(middles, middles, middles, indexing="ij"), axis=-1)
    rgb = cv2.transform(yuv.reshape(1, -1, 3), yuv_to_rgb(matrix, full_range))[0]
    real = ((rgb >= 0) & (rgb <= 255)).all(axis=1)
    distances = np.linalg.norm(_lab(np.clip(rgb, 0, 255))[:, None] - _lab(_NAMED)[None], axis=2)
    likeness = np.exp(-distances / _SOFTNESS)
    likeness /= likeness.sum(axis=1, keepdims=True)
    _, axes = np.linalg.eigh(np.cov(likeness[real].T))
    return np.asarray(likeness @ axes[:, -_AXES:], np.float32)


def _lab(rgb: NDArray[Any]) -> Features:
    picture = np.asarray(rgb, np.float32)[None] / 255
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[0], np.float32)


def _edge_directions(luma: Patches, target: Features) -> None:
    """Write how much the brightness rises, and towards where, ``(n, 5, side, side)``.

    Values are relative to how strong edges are around: a shadow changes the strength of edges, and
    not their shape.
    """
    count, side = luma.shape[:2]
    tall = luma.reshape(count * side, side)
    x, y = (cv2.Sobel(tall, cv2.CV_32F, 1 - axis, axis, ksize=3) for axis in (0, 1))
    squares = np.square(x), np.square(y)
    energy = squares[0] + squares[1]
    around = np.asarray(cv2.blur(energy, (3, 3)), np.float32) + np.float32(_FAINT)
    none, once, twice = (np.float32(weight) / around for weight in _SERIES)
    length = np.sqrt(energy) * once
    channels = (
        energy * none,
        x * length,
        y * length,
        (squares[0] - squares[1]) * twice,
        x * y * (2 * twice),
    )
    for place, channel in enumerate(channels):
        target[:, place] = channel.reshape(count, side, side)

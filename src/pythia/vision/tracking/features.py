"""What a correlation filter compares: brightness, colour names and directions of edges.

"Colour names" are the idea of van de Weijer and others ("Learning Color Names for Real-World
Applications", 2009): how much a pixel looks like each of a few named colours. The tables here
are made from the named colours themselves, by their distance in CIE Lab.
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
_BINS = 18
_LEVELS = 32  # of each of Y, U and V in the table


class FeatureExtractor:
    """Feature images of regions of a frame, windowed: ``(regions, channels, side, side)``."""

    def __init__(self, config: VisualTracker) -> None:
        self._colours = config.use_color_names
        self._edges = config.use_hog
        self.side = _SIDES[config.feature_img_size_level]
        self._window = _window(self.side, config.feature_focus_offset_factor_y)
        self.channels = 1 + len(_NAMED) * self._colours + _BINS * self._edges

    def __call__(self, source: PatchSource, regions: Floats) -> Features:
        """The features of regions (left, top, width, height; in pixels of the frame)."""
        features = np.empty((len(regions), self.channels, self.side, self.side), np.float32)
        channel = 1
        if self._colours:
            yuv = source.yuv(regions, self.side)
            luma = yuv[..., 0]
            names = _colour_names(yuv, source.matrix, source.is_full_range)
            features[:, channel : channel + len(_NAMED)] = names.transpose(0, 3, 1, 2)
            channel += len(_NAMED)
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


def _colour_names(yuv: Patches, matrix: Matrix, full_range: bool) -> Features:
    parts = (yuv >> 3).astype(np.intp)
    index = (parts[..., 0] * _LEVELS + parts[..., 1]) * _LEVELS + parts[..., 2]
    return _colour_table(matrix, full_range).take(index, axis=0)


@lru_cache(maxsize=4)
def _colour_table(matrix: Matrix, full_range: bool) -> Features:
    """Likeness to each named colour, for every Y, U and V in steps of 8; rows sum to 1."""
    middles = np.arange(_LEVELS) * np.float32(8) + 4
    yuv = np.stack(np.meshgrid(middles, middles, middles, indexing="ij"), axis=-1)
    rgb = np.clip(cv2.transform(yuv.reshape(1, -1, 3), yuv_to_rgb(matrix, full_range)), 0, 255)
    distances = np.linalg.norm(_lab(rgb[0])[:, None] - _lab(_NAMED)[None], axis=2)
    likeness = np.exp(-distances / _SOFTNESS)
    return np.asarray(likeness / likeness.sum(axis=1, keepdims=True), np.float32)


def _lab(rgb: NDArray[Any]) -> Features:
    picture = np.asarray(rgb, np.float32)[None] / 255
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[0], np.float32)


def _edge_directions(luma: Patches, target: Features) -> None:
    """Write how much the brightness rises towards each of 18 directions, ``(n, 18, side, side)``.

    Values are relative to how strong edges are around: a shadow changes the strength of edges, and
    not their shape.
    """
    count, side = luma.shape[:2]
    tall = luma.reshape(count * side, side)
    slopes = [cv2.Sobel(tall, cv2.CV_32F, 1 - axis, axis, ksize=3) for axis in (0, 1)]
    energy = np.square(slopes[0]) + np.square(slopes[1])
    scale = 1 / np.sqrt(np.asarray(cv2.blur(energy, (3, 3)), np.float32) + _FAINT)
    across, down = ((slope * scale).reshape(count, side, side) for slope in slopes)
    half = _BINS // 2
    for place in range(half):
        angle = np.pi * place / half
        rise = across * np.float32(np.cos(angle)) + down * np.float32(np.sin(angle))
        strength = rise * np.abs(rise)
        np.maximum(strength, 0, out=target[:, place])
        # What falls towards one direction rises towards the opposite one.
        np.negative(np.minimum(strength, 0), out=target[:, place + half])


_FAINT = 400.0  # squared slopes of noise

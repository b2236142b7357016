"""Discriminative correlation filters: where a target is, by what it looked like so far.

Each target has one linear filter over all its feature channels, learned in closed form as in
"Accurate Scale Estimation for Robust Visual Tracking" (Danelljan and others, 2014), with a
weight a channel ("Discriminative Correlation Filter with Channel and Spatial Reliability",
Lukezic and others, 2017). All targets are worked on at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, rfft2

from pythia.vision.tracking.config import TargetManagement, VisualTracker
from pythia.vision.tracking.estimator import Floats
from pythia.vision.tracking.features import FeatureExtractor, Features
from pythia.vision.tracking.patches import PatchSource

Spectrum = NDArray[np.complex64]
Rows = NDArray[np.intp]

_REGULARISATION = 0.01
_BLIND = 0.01  # the highest response of a filter that sees nothing


class CorrelationFilters:
    """The filters of one stream's targets; row ``i`` is target ``i``."""

    def __init__(self, config: VisualTracker, management: TargetManagement) -> None:
        self._features = FeatureExtractor(config)
        self._padding = management.search_region_padding_scale
        self._rate = np.float32(config.filter_lr)
        self._weight_rate = np.float32(config.filter_channel_weights_lr)
        side, channels = self._features.side, self._features.channels
        self._wanted = _gaussian(side, config.gaussian_sigma)
        half = side // 2 + 1
        self._numerator: Spectrum = np.zeros((0, channels, side, half), np.complex64)
        self._denominator = np.zeros((0, side, half), np.float32)
        self._weights = np.ones((0, channels), np.float32)
        self._responses = np.zeros((0, side, side), np.float32)
        self._regions = np.zeros((0, 4))
        self._shares = _shares(side)

    def __len__(self) -> int:
        return len(self._numerator)

    def add(self, count: int) -> None:
        """New targets at the end, whose looks :meth:`learn` has to be told."""
        for name in ("_numerator", "_denominator", "_weights"):
            old = getattr(self, name)
            new = np.zeros((count, *old.shape[1:]), old.dtype)
            setattr(self, name, np.concatenate([old, new]))

    def keep(self, rows: Rows) -> None:
        """Keep only these targets, in this order."""
        for name in ("_numerator", "_denominator", "_weights"):
            setattr(self, name, getattr(self, name)[rows])

    def locate(self, source: PatchSource, boxes: Floats) -> tuple[Floats, Floats]:
        """Look for every target around ``boxes`` (in pixels of the frame).

        Returns:
            The centres found, ``(targets, 2)``, and how sure each is, from 0 to 1.
        """
        self._regions = self._search_regions(boxes)
        spectrum = _spectrum(self._features(source, self._regions))
        scaled = self._numerator * self._weights[:, :, None, None]
        total = np.einsum("nchw,nchw->nhw", scaled, spectrum)
        floor = _floor(self._denominator)
        self._responses = _inverse(total / (self._denominator + floor), self._features.side)
        shifts, peaks = _peaks(self._responses)
        step = self._regions[:, 2:] / self._features.side
        centres = self._regions[:, :2] + self._regions[:, 2:] / 2 + shifts * step
        return centres, np.clip(peaks, 0, 1)

    def similarities(self, boxes: Floats) -> Floats:
        """How well boxes fit what :meth:`locate` saw, ``(targets, boxes)`` from 0 to 1.

        It is the response near a box's centre relative to the highest one. A detector's centre
        jumps by a tenth of the object, which is more than the peak of a response is wide.
        """
        side = self._features.side
        centres = boxes[:, :2] + boxes[:, 2:] / 2
        middles = self._regions[:, :2] + self._regions[:, 2:] / 2
        steps = self._regions[:, 2:] / side
        places = (centres[None] - middles[:, None]) / steps[:, None] + side // 2
        inside = ((places >= 0) & (places <= side - 1)).all(axis=2)
        places = np.clip(places, 0, side - 1.001)
        low = places.astype(np.intp)
        part = places - low
        rows = np.arange(len(self._responses))[:, None]
        x, y = low[..., 0], low[..., 1]
        px, py = part[..., 0], part[..., 1]
        maps = _spread(self._responses)
        value = (
            maps[rows, y, x] * (1 - px) * (1 - py)
            + maps[rows, y, x + 1] * px * (1 - py)
            + maps[rows, y + 1, x] * (1 - px) * py
            + maps[rows, y + 1, x + 1] * px * py
        )
        highest = self._responses.max(axis=(1, 2))[:, None]
        # Where there is nothing to see, looks do not speak against a place.
        ratio = np.where(highest > _BLIND, value / np.maximum(highest, _BLIND), 1.0)
        return np.asarray(np.where(inside, np.clip(ratio, 0, 1), 0.0), np.float64)

    def learn(self, source: PatchSource, rows: Rows, boxes: Floats) -> None:
        """Take in what these targets look like now, at ``boxes``, one a row."""
        if not len(rows):
            return
        spectrum = _spectrum(self._features(source, self._search_regions(boxes)))
        energies: Features = np.square(spectrum.real) + np.square(spectrum.imag)
        energy = energies.sum(axis=1)
        numerator = self._wanted * spectrum.conj()
        weights = self._contributions(energies, energy)
        fresh = ~self._denominator[rows].any(axis=(1, 2))
        rate = np.where(fresh, np.float32(1), self._rate)[:, None, None]
        weight_rate = np.where(fresh, np.float32(1), self._weight_rate)[:, None]
        self._numerator[rows] += rate[..., None] * (numerator - self._numerator[rows])
        self._denominator[rows] += rate * (energy - self._denominator[rows])
        self._weights[rows] += weight_rate * (weights - self._weights[rows])

    def _contributions(self, energies: Features, energy: Features) -> Features:
        """A weight a channel, in proportion to what it adds to the response at the target.

        With them the response to the very picture that was learned is 1.
        """
        kernel = self._wanted.real * self._shares / (energy + _floor(energy))
        adds = np.maximum(np.einsum("nhw,nchw->nc", kernel, energies), 0)
        adds /= self._features.side**2
        scale = np.square(adds).sum(axis=1, keepdims=True)
        return np.asarray(adds / np.maximum(scale, 1e-9), np.float32)

    def _search_regions(self, boxes: Floats) -> Floats:
        """The boxes with ``searchRegionPaddingScale`` times their mean side around them."""
        sides = np.maximum(boxes[:, 2:], 1.0)
        wide = sides + self._padding * np.sqrt(sides.prod(axis=1))[:, None]
        return np.concatenate([boxes[:, :2] + boxes[:, 2:] / 2 - wide / 2, wide], axis=1)


def _floor(energy: Features) -> Features:
    """What keeps frequencies that a target lacks, and targets without any contrast, quiet."""
    return np.asarray(_REGULARISATION * energy.mean(axis=(1, 2), keepdims=True) + 1e-6, np.float32)


def _spectrum(features: Features) -> Spectrum:
    spectrum: Spectrum = rfft2(features)
    return spectrum


def _inverse(spectrum: Spectrum, side: int) -> Features:
    """Responses with zero shift in the middle."""
    return np.asarray(np.roll(irfft2(spectrum, s=(side, side)), side // 2, axis=(1, 2)), np.float32)


def _gaussian(side: int, sigma: float) -> Spectrum:
    """Spectrum of the response that is wanted: a peak of height 1 at zero shift."""
    places = np.minimum(np.arange(side), side - np.arange(side))
    peak = np.exp(-0.5 * (places / sigma) ** 2)
    return _spectrum(np.outer(peak, peak).astype(np.float32))


def _shares(side: int) -> Features:
    """How often each value of half a spectrum stands for one of the whole."""
    shares = np.full((side, side // 2 + 1), 2.0, np.float32)
    shares[:, 0] = 1
    if side % 2 == 0:
        shares[:, -1] = 1
    return shares


def _spread(responses: Features) -> Features:
    """Each place gets the highest response of its neighbourhood of 3x3."""
    wide = responses
    for axis in (1, 2):
        wide = np.maximum(np.maximum(wide, np.roll(wide, 1, axis)), np.roll(wide, -1, axis))
    return wide


def _peaks(responses: Features) -> tuple[Floats, Floats]:
    """Shift (x, y) of the highest place of each map from its middle, in parts of a pixel."""
    count, side = responses.shape[:2]
    best = responses.reshape(count, side * side).argmax(axis=1)
    y, x = np.divmod(best, side)
    rows = np.arange(count)
    top = responses[rows, y, x]
    fine_x = _vertex(responses[rows, y, x - 1], top, responses[rows, y, (x + 1) % side])
    fine_y = _vertex(responses[rows, y - 1, x], top, responses[rows, (y + 1) % side, x])
    shifts = np.stack([x + fine_x, y + fine_y], axis=1) - side // 2
    return shifts.astype(np.float64), top.astype(np.float64)


def _vertex(before: Features, top: Features, after: Features) -> Features:
    """Where the parabola through three neighbours has its top, from -0.5 to 0.5."""
    bend = before - 2 * top + after
    flat = np.abs(bend) < 1e-9
    return np.asarray(np.clip(0.5 * (before - after) / np.where(flat, 1, bend), -0.5, 0.5) * ~flat)

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
_BESIDE = 0.1
_RESIZED = 0.15
"""How far, in its own size, a region may lie beside another one that it stands for, or differ."""
_ROWS = ("_numerator", "_denominator", "_weights", "_regions", "_seen")


class CorrelationFilters:
    """The filters of one stream's targets; row ``i`` is target ``i``."""

    def __init__(self, config: VisualTracker, management: TargetManagement) -> None:
        self._features = FeatureExtractor(config)
        self._padding = management.search_region_padding_scale
        self._rate = np.float32(config.filter_lr)
        self._weight_rate = np.float32(config.filter_channel_weights_lr)
        side, channels = self._features.side, self._features.channels
        self._wanted = _gaussian(side, config.gaussian_sigma)
        self._shares = _shares(side)
        half = side // 2 + 1
        self._numerator: Spectrum = np.zeros((0, channels, side, half), np.complex64)
        self._denominator = np.zeros((0, side, half), np.float32)
        self._weights = np.ones((0, channels), np.float32)
        # What :meth:`locate` saw last, and where; regions without a size are of new targets.
        self._regions = np.zeros((0, 4))
        self._seen = self._numerator
        self._responses = np.zeros((0, side, side), np.float32)

    def __len__(self) -> int:
        return len(self._numerator)

    def add(self, count: int) -> None:
        """New targets at the end, whose looks :meth:`learn` has to be told."""
        for name in _ROWS:
            old = getattr(self, name)
            new = np.zeros((count, *old.shape[1:]), old.dtype)
            setattr(self, name, np.concatenate([old, new]))

    def keep(self, rows: Rows) -> None:
        """Keep only these targets, in this order."""
        for name in _ROWS:
            setattr(self, name, getattr(self, name)[rows])

    def locate(self, source: PatchSource, boxes: Floats) -> tuple[Floats, Floats]:
        """Look for every target around ``boxes`` (in pixels of the frame).

        Returns:
            The centres found, ``(targets, 2)``, and how sure each is, from 0 to 1.
        """
        self._regions = self._search_regions(boxes)
        self._seen = _spectrum(self._features(source, self._regions))
        total = np.einsum("nc,nchw,nchw->nhw", self._weights, self._numerator, self._seen)
        floor = _floor(self._denominator)
        self._responses = _inverse(total / (self._denominator + floor), self._features.side)
        shifts, peaks = _peaks(self._responses)
        step = self._regions[:, 2:] / self._features.side
        centres = _middles(self._regions) + shifts * step
        return centres, np.clip(peaks, 0, 1)

    def similarities(self, boxes: Floats) -> Floats:
        """How well boxes fit what :meth:`locate` saw, ``(targets, boxes)`` from 0 to 1.

        It is the response near a box's centre relative to the highest one. A detector's centre
        jumps by a tenth of the object, which is more than the peak of a response is wide.
        """
        side = self._features.side
        # Only boxes in the region of a target are worth more than this.
        middles, reach = _middles(self._regions), self._regions[:, 2:] / 2
        centres = _middles(boxes)
        inside = np.abs(centres[:, 0] - middles[:, 0, None]) < reach[:, 0, None]
        inside &= np.abs(centres[:, 1] - middles[:, 1, None]) < reach[:, 1, None]
        targets, others = np.nonzero(inside)
        shifts = _shifts(self._regions[targets], boxes[others], side)
        places = np.clip(shifts + side // 2, 0, side - 1.001)
        value = _between(_spread(self._responses), targets, places)
        highest = self._responses.max(axis=(1, 2))[targets]
        # Where there is nothing to see, looks do not speak against a place.
        ratio = np.where(highest > _BLIND, value / np.maximum(highest, _BLIND), 1.0)
        found = np.zeros(inside.shape)
        found[targets, others] = np.clip(ratio, 0, 1)
        return found

    def learn(self, source: PatchSource, rows: Rows, boxes: Floats) -> None:
        """Take in what these targets look like now, at ``boxes``, one a row.

        Where :meth:`locate` has just looked nearly there, what it saw is used again: a target that
        lies a little beside the middle only moves the response that is wanted.
        """
        regions = self._search_regions(boxes)
        again = self._is_near(self._regions[rows], regions)
        for some in (np.flatnonzero(again), np.flatnonzero(~again)):
            if not len(some):
                continue
            mine = rows[some]
            if again[some[0]]:
                shifts = _shifts(self._regions[mine], boxes[some], self._features.side)
                self._take_in(mine, self._seen[mine], self._shifted(shifts))
            else:
                seen = _spectrum(self._features(source, regions[some]))
                self._take_in(mine, seen, self._wanted[None])

    def _is_near(self, seen: Floats, wanted: Floats) -> NDArray[np.bool_]:
        """Whether a region that was looked at will do for another one."""
        sizes = wanted[:, 2:]
        alike = (np.abs(seen[:, 2:] - sizes) <= _RESIZED * sizes).all(axis=1)
        away = np.abs(_middles(seen) - _middles(wanted))
        return np.asarray(alike & (away <= _BESIDE * sizes).all(axis=1))

    def _shifted(self, shifts: Floats) -> Spectrum:
        """Spectra of the wanted response with its peak at these places beside the middle."""
        side = self._features.side
        turns = [-2j * np.pi * shifts[:, axis, None] / side for axis in (0, 1)]
        across = np.exp(turns[0] * np.arange(side // 2 + 1)).astype(np.complex64)
        down = np.exp(turns[1] * _frequencies(side)).astype(np.complex64)
        return np.asarray(self._wanted * down[:, :, None] * across[:, None], np.complex64)

    def _take_in(self, rows: Rows, seen: Spectrum, wanted: Spectrum) -> None:
        energies: Features = np.square(seen.real) + np.square(seen.imag)
        energy = energies.sum(axis=1)
        weights = self._contributions(energies, energy)
        fresh = ~self._denominator[rows].any(axis=(1, 2))
        rate = np.where(fresh, np.float32(1), self._rate)[:, None, None]
        weight_rate = np.where(fresh, np.float32(1), self._weight_rate)[:, None]
        numerator = seen.conj()
        numerator *= (rate * wanted)[:, None]
        numerator += (1 - rate[..., None]) * self._numerator[rows]
        self._numerator[rows] = numerator
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
    # Half a picture further every other frequency has the other sign.
    spectrum[:, 1::2] *= -1
    spectrum[:, :, 1::2] *= -1
    return np.asarray(irfft2(spectrum, s=(side, side)), np.float32)


def _gaussian(side: int, sigma: float) -> Spectrum:
    """Spectrum of the response that is wanted: a peak of height 1 at zero shift."""
    places = np.minimum(np.arange(side), side - np.arange(side))
    peak = np.exp(-0.5 * (places / sigma) ** 2)
    return _spectrum(np.outer(peak, peak).astype(np.float32))


def _frequencies(side: int) -> Floats:
    """Cycles a picture of each row of a spectrum."""
    return np.asarray(np.fft.fftfreq(side, 1 / side))


def _shares(side: int) -> Features:
    """How often each value of half a spectrum stands for one of the whole."""
    shares = np.full((side, side // 2 + 1), 2.0, np.float32)
    shares[:, 0] = 1
    if side % 2 == 0:
        shares[:, -1] = 1
    return shares


def _middles(boxes: Floats) -> Floats:
    return np.asarray(boxes[:, :2] + boxes[:, 2:] / 2)


def _shifts(regions: Floats, boxes: Floats, side: int) -> Floats:
    """How far the centre of each box lies beside the middle of its region, in pixels of patches."""
    return np.asarray((_middles(boxes) - _middles(regions)) * side / regions[:, 2:])


def _spread(responses: Features) -> Features:
    """Each place but those at the border gets the highest response of its 3x3 neighbours."""
    wide: Features = responses.copy()
    for part in (wide, wide.transpose(0, 2, 1)):
        part[:, 1:-1] = np.maximum(np.maximum(part[:, :-2], part[:, 2:]), part[:, 1:-1])
    return wide


def _between(maps: Features, rows: Rows, places: Floats) -> Floats:
    """Values of maps between their pixels; ``places`` are x and y in the map of each row."""
    low = places.astype(np.intp)
    (x, y), (px, py) = low.T, (places - low).T
    upper = maps[rows, y, x] * (1 - px) + maps[rows, y, x + 1] * px
    lower = maps[rows, y + 1, x] * (1 - px) + maps[rows, y + 1, x + 1] * px
    return np.asarray(upper * (1 - py) + lower * py, np.float64)


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

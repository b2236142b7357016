"""Where targets are and where they will be next: constant-velocity Kalman filters, all at once.

The filters of DeepStream's tracker (and of SORT and DeepSORT, which they follow) treat the four
numbers of a box apart from each other: no term of their covariance couples two of them. So each
number has a filter of two states, itself and its velocity, and one pass of NumPy over
``(targets, 4)`` does them all. Boxes are rows of left, top, width and height.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pythia.vision.tracking.config import NO_ESTIMATOR, SIMPLE_BBOX, StateEstimator

Floats = NDArray[np.float64]

_LEAST_SIDE = 1.0
_ASPECT_STD = 1e-2
_ASPECT_VELOCITY_STD = 1e-5
_ASPECT_MEASUREMENT_STD = 1e-1
_UNKNOWN_SPEED = 0.1
"""Standard deviation of a new target's speed, in its heights a frame."""


def to_measurement(boxes: Floats, use_aspect_ratio: bool) -> Floats:
    """Centre, width (or width by height) and height of boxes."""
    x, y, width, height = boxes.T
    third = width / np.maximum(height, _LEAST_SIDE) if use_aspect_ratio else width
    return np.stack([x + width / 2, y + height / 2, third, height], axis=1)


def to_boxes(state: Floats, use_aspect_ratio: bool) -> Floats:
    """The way back from :func:`to_measurement`."""
    x, y, third, height = state.T
    height = np.maximum(height, _LEAST_SIDE)
    width = np.maximum(third * height if use_aspect_ratio else third, _LEAST_SIDE)
    return np.stack([x - width / 2, y - height / 2, width, height], axis=1)


@dataclass(frozen=True)
class Noise:
    """Variances for a state ``(targets, 4)``; each function gives an array like it."""

    location: Callable[[Floats], Floats]
    velocity: Callable[[Floats], Floats]
    detector: Callable[[Floats], Floats]
    tracker: Callable[[Floats], Floats]
    first_velocity: Callable[[Floats], Floats]

    def scaled(self, process: float, measurement: float) -> Noise:
        """The same with process and measurement noise times these factors."""
        return replace(
            self,
            location=_times(process, self.location),
            velocity=_times(process, self.velocity),
            detector=_times(measurement, self.detector),
            tracker=_times(measurement, self.tracker),
        )


def _times(factor: float, function: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    return lambda state: factor * function(state)


def noise_of(config: StateEstimator) -> Noise:
    """The noise that a configuration means.

    With positive ``noiseWeightVar4Loc`` and ``noiseWeightVar4Vel`` standard deviations are these
    shares of a target's height, as in DeepSORT; otherwise variances are the fixed ones.
    """
    if config.noise_weight_var_for_loc > 0 and config.noise_weight_var_for_vel > 0:
        return _proportional(config)
    return _fixed(config)


def _fixed(config: StateEstimator) -> Noise:
    loc, size = config.process_noise_var_for_loc, config.process_noise_var_for_size
    vel = config.process_noise_var_for_vel
    size_vel = 0.0 if config.state_estimator_type == SIMPLE_BBOX else vel
    detector = config.measurement_noise_var_for_detector
    tracker = config.measurement_noise_var_for_tracker
    moves = np.array([1.0, 1.0, float(size_vel > 0), float(size_vel > 0)])

    def constant(*values: float) -> Callable[[Floats], Floats]:
        row = np.array(values, np.float64)
        return lambda state: np.broadcast_to(row, state.shape)

    return Noise(
        constant(loc, loc, size, size),
        constant(vel, vel, size_vel, size_vel),
        constant(detector, detector, detector, detector),
        constant(tracker, tracker, tracker, tracker),
        lambda state: moves * (_UNKNOWN_SPEED * state[:, 3:]) ** 2,
    )


def _proportional(config: StateEstimator) -> Noise:
    loc, vel = config.noise_weight_var_for_loc, config.noise_weight_var_for_vel
    moves = 0.0 if config.state_estimator_type == SIMPLE_BBOX else 1.0
    aspect = config.use_aspect_ratio

    def shares(weight: float, third: float, moves: float = 1.0) -> Callable[[Floats], Floats]:
        """Variances from a share of the height, and a fixed deviation of the aspect ratio."""

        def variances(state: Floats) -> Floats:
            std = np.repeat(weight * state[:, 3:], 4, axis=1)
            if aspect:
                std[:, 2] = third
            std[:, 2:] *= moves
            return std**2

        return variances

    measurement = shares(loc, _ASPECT_MEASUREMENT_STD)
    return Noise(
        shares(loc, _ASPECT_STD),
        shares(vel, _ASPECT_VELOCITY_STD, moves),
        measurement,
        measurement,
        shares(max(10 * vel, _UNKNOWN_SPEED), _ASPECT_VELOCITY_STD, moves),
    )


class Estimator:
    """The filters of one stream's targets; row ``i`` is target ``i``.

    With ``stateEstimatorType`` 0 a target simply is where it was last seen.
    """

    def __init__(self, config: StateEstimator, noise: Noise | None = None) -> None:
        self._dummy = config.state_estimator_type == NO_ESTIMATOR
        self._aspect = config.use_aspect_ratio and not self._dummy
        self._noise = noise or noise_of(config)
        self._state = np.zeros((0, 4))
        self._velocity = np.zeros((0, 4))
        # Variance of the state, of the velocity, and their covariance.
        self._p = np.zeros((0, 4))
        self._q = np.zeros((0, 4))
        self._c = np.zeros((0, 4))

    def __len__(self) -> int:
        return len(self._state)

    @property
    def boxes(self) -> Floats:
        """Where the targets are now, ``(targets, 4)``."""
        return to_boxes(self._state, self._aspect)

    @property
    def velocities(self) -> Floats:
        """Pixels a frame of the centres, ``(targets, 2)``."""
        return self._velocity[:, :2]

    def add(self, boxes: Floats) -> None:
        """Begin a filter for each of these boxes, at the end."""
        state = to_measurement(boxes, self._aspect)
        self._state = np.concatenate([self._state, state])
        self._velocity = np.concatenate([self._velocity, np.zeros_like(state)])
        self._p = np.concatenate([self._p, 4 * self._noise.detector(state)])
        self._q = np.concatenate([self._q, self._noise.first_velocity(state)])
        self._c = np.concatenate([self._c, np.zeros_like(state)])

    def keep(self, rows: NDArray[np.intp]) -> None:
        """Keep only these targets, in this order."""
        for name in ("_state", "_velocity", "_p", "_q", "_c"):
            setattr(self, name, getattr(self, name)[rows])

    def predict(self) -> None:
        """Go on by one frame."""
        if self._dummy or not len(self):
            return
        location, velocity = self._noise.location(self._state), self._noise.velocity(self._state)
        self._state = self._state + self._velocity
        self._p = self._p + 2 * self._c + self._q + location
        self._c = self._c + self._q
        self._q = self._q + velocity

    def projected(self, frames: int) -> Floats:
        """Where the targets will be in each of the next frames, ``(targets, frames, 4)``."""
        steps = np.arange(1, frames + 1)[:, None]
        states = self._state[:, None] + steps * self._velocity[:, None]
        boxes = to_boxes(states.reshape(-1, 4), self._aspect)
        return boxes.reshape(len(self), frames, 4)

    def correct(self, rows: NDArray[np.intp], boxes: Floats) -> None:
        """Take in where the detector saw these targets."""
        measured = to_measurement(boxes, self._aspect)
        if self._dummy:
            self._state[rows] = measured
        else:
            self._correct(rows, measured, self._noise.detector(self._state[rows]))

    def correct_centres(self, rows: NDArray[np.intp], centres: Floats) -> None:
        """Take in where the visual tracker found the centres of these targets."""
        if self._dummy:
            self._state[rows, :2] = centres
            return
        state = self._state[rows]
        noise = np.array(self._noise.tracker(state))
        noise[:, 2:] = np.inf  # it does not measure sizes
        self._correct(rows, np.concatenate([centres, state[:, 2:]], axis=1), noise)

    def _correct(self, rows: NDArray[np.intp], measured: Floats, noise: Floats) -> None:
        p, q, c = self._p[rows], self._q[rows], self._c[rows]
        total = p + noise
        gain, velocity_gain = p / total, c / total
        surprise = measured - self._state[rows]
        self._state[rows] += gain * surprise
        self._velocity[rows] += velocity_gain * surprise
        self._p[rows] = (1 - gain) * p
        self._q[rows] = q - velocity_gain * c
        self._c[rows] = (1 - gain) * c

    def distances(self, boxes: Floats) -> Floats:
        """Squared Mahalanobis distances, (targets, boxes); 4 degrees of freedom."""
        measured = to_measurement(boxes, self._aspect)
        total = self._p + self._noise.detector(self._state)
        surprise = measured[None] - self._state[:, None]
        return np.asarray((surprise**2 / total[:, None]).sum(axis=2))

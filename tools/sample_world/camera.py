"""A fixed pinhole camera over the street.

World axes: x to the right, y up, z forward (along the road), in metres, ground at y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WIDTH = 1280
HEIGHT = 720
FPS = 30


@dataclass(frozen=True)
class Camera:
    """Where the camera stands and how it looks."""

    x: float
    height: float
    pitch: float
    yaw: float
    focal: float

    @cached_property
    def position(self) -> Floats:
        """The optical centre."""
        return np.array([self.x, self.height, 0.0])

    @cached_property
    def axes(self) -> Floats:
        """Rows: the camera's right, down and forward directions in the world."""
        sin_yaw, cos_yaw = np.sin(self.yaw), np.cos(self.yaw)
        sin_pitch, cos_pitch = np.sin(self.pitch), np.cos(self.pitch)
        forward = np.array([sin_yaw * cos_pitch, -sin_pitch, cos_yaw * cos_pitch])
        right = np.array([cos_yaw, 0.0, -sin_yaw])
        return np.stack([right, np.cross(right, forward), forward])

    def project(self, points: Floats) -> Floats:
        """Turn world points (n, 3) into rows of picture x, picture y and depth."""
        seen = (points - self.position) @ self.axes.T
        depth = np.maximum(seen[:, 2], 0.05)
        return np.stack(
            [
                WIDTH / 2 + self.focal * seen[:, 0] / depth,
                HEIGHT / 2 + self.focal * seen[:, 1] / depth,
                seen[:, 2],
            ],
            axis=1,
        )

    def ground_at(self, columns: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """World x and z of the ground under picture points; far away above the horizon."""
        right, down, forward = self.axes
        across = (columns - WIDTH / 2) / self.focal
        below = (rows - HEIGHT / 2) / self.focal
        rise = across * right[1] + below * down[1] + forward[1]
        reach = self.height / np.maximum(-rise, 1e-4)
        x = self.x + reach * (across * right[0] + below * down[0] + forward[0])
        z = reach * (across * right[2] + below * down[2] + forward[2])
        return x, z

    def horizon_row(self) -> float:
        """The picture row of the horizon straight ahead."""
        return float(HEIGHT / 2 - self.focal * np.tan(self.pitch))

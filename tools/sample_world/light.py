"""The light of a scene: sun, sky and how they change from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .camera import FPS, Floats

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """Sun direction, strengths, and the slow changes of a passing cloud."""

    azimuth: float
    elevation: float
    diffuse: float
    ambient: float
    shadow: float
    warmth: float
    haze: Colour
    cloud_period: float
    cloud_phase: float
    cloud_depth: float

    @cached_property
    def ray(self) -> Floats:
        """The direction sunlight travels in."""
        level = np.cos(self.elevation)
        return np.array(
            [
                level * np.sin(self.azimuth),
                -np.sin(self.elevation),
                level * np.cos(self.azimuth),
            ]
        )

    def on_face(self, normal: Floats) -> float:
        """How bright a face with this outward normal is."""
        facing = max(0.0, -float(normal @ self.ray))
        sky = 0.85 + 0.15 * float(normal[1])
        return self.ambient * sky + self.diffuse * facing

    def cloud(self, frame: int) -> float:
        """How much of the sun a cloud takes away in this frame, 0 to 1."""
        turn = 2 * np.pi * frame / FPS / self.cloud_period + self.cloud_phase
        return float(self.cloud_depth * (0.5 + 0.5 * np.sin(turn)))

    def gains(self, frame: int) -> Floats:
        """Blue, green and red gains of the whole picture in this frame."""
        level = 1.0 - 0.22 * self.cloud(frame)
        return level * np.array([1.0 - self.warmth, 1.0, 1.0 + self.warmth])


def draw_light(rng: np.random.Generator) -> Light:
    """Draw the weather and the hour of a scene."""
    sunny = float(rng.uniform(0.0, 1.0))
    haze_level = rng.uniform(185, 225)
    return Light(
        azimuth=float(rng.uniform(-2.6, 2.6)),
        elevation=float(rng.uniform(0.55, 1.15)),
        diffuse=0.18 + 0.42 * sunny,
        ambient=0.82 - 0.24 * sunny,
        shadow=0.18 + 0.34 * sunny,
        warmth=float(rng.uniform(-0.05, 0.07)),
        haze=(
            float(haze_level + rng.uniform(0, 20)),
            float(haze_level + rng.uniform(-2, 8)),
            float(haze_level - rng.uniform(0, 14)),
        ),
        cloud_period=float(rng.uniform(14, 40)),
        cloud_phase=float(rng.uniform(0, 2 * np.pi)),
        cloud_depth=float(rng.uniform(0.2, 1.0)),
    )

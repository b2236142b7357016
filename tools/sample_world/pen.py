"""Draws solid shapes in a thing's own axes: projects, shades, hides back faces, casts shadows.

A thing's own axes: x to its right, y up, z the way it faces; its origin on the ground.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .camera import Camera, Floats
from .light import Colour, Light
from .sketch import Sketch

Point = Sequence[float]
CIRCLE = np.stack(
    [
        np.cos(np.linspace(0, 2 * np.pi, 12, endpoint=False)),
        np.sin(np.linspace(0, 2 * np.pi, 12, endpoint=False)),
    ],
    axis=1,
)
ROUND = np.linspace(0, 2 * np.pi, 20, endpoint=False)


def tint(colour: Colour, level: float) -> Colour:
    """A colour made brighter or darker."""
    blue, green, red = (min(255.0, max(0.0, part * level)) for part in colour)
    return blue, green, red


def blend(one: Colour, other: Colour, share: float) -> Colour:
    """A mixture holding ``share`` of the other colour."""
    blue, green, red = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return blue, green, red


def inset(quad: Floats, across: tuple[float, float], along: tuple[float, float]) -> Floats:
    """A part of a four-cornered face, given by shares of its two directions."""
    (u0, u1), (v0, v1) = across, along
    a, b, c, d = quad

    def at(u: float, v: float) -> Floats:
        return np.asarray((a * (1 - u) + b * u) * (1 - v) + (d * (1 - u) + c * u) * v)

    return np.stack([at(u0, v0), at(u1, v0), at(u1, v1), at(u0, v1)])


class Pen:
    """Draws one thing that stands at a place of the street."""

    def __init__(
        self, camera: Camera, light: Light, place: tuple[float, float], heading: float = 0.0
    ) -> None:
        self.camera = camera
        self.light = light
        sin, cos = np.sin(heading), np.cos(heading)
        self.turn = np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])
        self.origin = np.array([place[0], 0.0, place[1]])
        self.sketch = Sketch()
        self.shadows: list[Floats] = []
        offset = self.camera.position - self.origin
        self.distance = float(np.linalg.norm(offset))
        self.haze = float(1.0 - np.exp(-self.distance / 420.0))

    def world(self, points: Floats) -> Floats:
        """The thing's own points (n, 3) as world points."""
        return np.asarray(points @ self.turn + self.origin)

    def shaded(self, colour: Colour, level: float) -> Colour:
        """A colour under this light and behind this much air."""
        return blend(tint(colour, level), self.light.haze, self.haze)

    def face(
        self,
        corners: Floats,
        colour: Colour,
        centre: Point | None = None,
        *,
        shadow: bool = False,
        level: float = 1.0,
    ) -> bool:
        """Draw a flat face if it looks at the camera; ``centre`` is the inside of its solid."""
        points = self.world(corners)
        if shadow:
            self.shadows.append(self.on_ground(points))
        normal = np.cross(points[1] - points[0], points[2] - points[0])
        normal = normal / (np.linalg.norm(normal) + 1e-9)
        middle = points.mean(axis=0)
        if centre is not None and normal @ (middle - self.world(np.array([centre]))[0]) < 0:
            normal = -normal
        towards = float(normal @ (self.camera.position - middle))
        if centre is not None and towards <= 0:
            return False
        if towards < 0:
            normal = -normal
        shade = self.shaded(colour, level * self.light.on_face(normal))
        self.sketch.add([self.camera.project(points)[:, :2]], shade)
        return True

    def blob(
        self,
        balls: Sequence[tuple[Point, float]],
        colour: Colour,
        *,
        shadow: bool = True,
        level: float = 1.0,
    ) -> None:
        """Draw the hull around some balls: a limb, a torso, a head."""
        centres = self.world(np.array([centre for centre, _ in balls], dtype=np.float64))
        radii = np.array([radius for _, radius in balls])
        flat = self.camera.project(centres)
        reach = radii * self.camera.focal / np.maximum(flat[:, 2], 0.05)
        points = (flat[:, None, :2] + reach[:, None, None] * CIRCLE).reshape(-1, 2)
        self.sketch.add([hull(points)], self.shaded(colour, level * 0.92))
        if shadow:
            spots = self.on_ground(centres)[:, None] + reach[:, None, None] * FLAT
            self.shadows.append(hull(spots.reshape(-1, 2)))

    def ring(self, centre: Point, radius: float, width: float, colour: Colour) -> None:
        """Draw an upright ring that rolls along the thing's own z."""
        outer, inner = wheel(centre, radius), wheel(centre, radius - width)
        rings = [self.camera.project(self.world(part))[:, :2] for part in (outer, inner)]
        self.sketch.add(rings, self.shaded(colour, 0.9))
        self.shadows.append(self.on_ground(self.world(outer)))

    def drum(self, centres: Sequence[Point], radius: float, colour: Colour) -> None:
        """Draw the hull of discs side by side: a tyre."""
        points = np.concatenate([wheel(centre, radius) for centre in centres])
        flat = self.camera.project(self.world(points))[:, :2]
        self.sketch.add([hull(flat)], self.shaded(colour, 0.9))

    def on_ground(self, points: Floats) -> Floats:
        """Where the shadow of world points falls, in the picture."""
        ray = self.light.ray
        fallen = points - ray * (points[:, 1:2] / ray[1])
        return self.camera.project(fallen)[:, :2]

    def nearest(self) -> float:
        """Depth of the thing's origin before the camera."""
        return float(self.camera.project(self.origin[None])[0, 2])


FLAT = CIRCLE * np.array([1.0, 0.45])


def wheel(centre: Point, radius: float) -> Floats:
    """Points of an upright circle in the plane of z and y."""
    x, y, z = centre
    return np.stack(
        [np.full(len(ROUND), x), y + radius * np.sin(ROUND), z + radius * np.cos(ROUND)], axis=1
    )


def hull(points: Floats) -> Floats:
    """The convex hull of picture points."""
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], np.float64)

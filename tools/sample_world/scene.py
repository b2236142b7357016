"""One scene, drawn from a seed: the street, the light, everything in it and how it moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .camera import Camera
from .cars import Car, draw_car
from .layout import Layout, draw_camera, draw_layout
from .light import Light, draw_light
from .pen import Pen
from .people import draw_cyclist, draw_person
from .signs import Sign, draw_sign
from .traffic import LaneTraffic, Signals, Track, road_lanes, walkers

CLASSES: tuple[str, ...] = ("car", "bicycle", "person", "roadsign")
CAR, BICYCLE, PERSON, ROADSIGN = range(4)


class Shape(Protocol):
    """Something that can be drawn."""

    def draw(self, pen: Pen, stride: float) -> None:
        """Draw it at a phase of its movement."""


@dataclass(frozen=True)
class Actor:
    """One labelled thing of the scene."""

    number: int
    class_id: int
    shape: Shape
    track: Track

    @property
    def colour(self) -> str | None:
        """The name of the paint, for cars."""
        return self.shape.colour if isinstance(self.shape, Car) else None

    @property
    def vehicle_type(self) -> str | None:
        """NVIDIA's name for its kind, for cars."""
        return self.shape.vehicle_type if isinstance(self.shape, Car) else None


@dataclass(frozen=True)
class Film:
    """What the camera adds to the picture."""

    noise: float
    blur: float
    vignette: float


@dataclass(frozen=True)
class Scene:
    """Everything needed to draw any frame."""

    seed: int
    frames: int
    camera: Camera
    light: Light
    layout: Layout
    signals: Signals
    actors: tuple[Actor, ...]
    film: Film


def build_scene(seed: int, frames: int) -> Scene:
    """Draw a scene of so many frames from a seed."""
    place, cast, film = (np.random.default_rng([seed, part]) for part in range(3))
    camera, light, layout = draw_camera(place), draw_light(place), draw_layout(place)
    signals = Signals(float(place.uniform(0, 28)))
    return Scene(
        seed,
        frames,
        camera,
        light,
        layout,
        signals,
        tuple(_actors(layout, signals, cast, frames)),
        Film(
            noise=float(film.uniform(0.6, 4.0)),
            blur=float(film.uniform(0.0, 0.7)),
            vignette=float(film.uniform(0.0, 0.22)),
        ),
    )


def _actors(layout: Layout, signals: Signals, rng: np.random.Generator, frames: int) -> list[Actor]:
    found: list[tuple[int, Shape, Track]] = []
    for lane in road_lanes(layout, rng):
        for driver in LaneTraffic(lane, signals, rng, frames).run():
            if lane.bicycles:
                found.append((BICYCLE, draw_cyclist(rng), driver.track))
            else:
                found.append((CAR, draw_car(rng), driver.track))
    for track in walkers(layout, signals, rng, frames):
        if track.present().any():
            found.append((PERSON, draw_person(rng), track))
    for sign, x, z, heading in _signs(layout, rng):
        found.append((ROADSIGN, sign, Track.standing(frames, x, z, heading)))
    return [Actor(number, *each) for number, each in enumerate(found, start=1)]


def _signs(layout: Layout, rng: np.random.Generator) -> list[tuple[Sign, float, float, float]]:
    """Signs at several distances on both sides, all readable from the camera."""
    signs = []
    for side in (-1, 1):
        z = float(rng.uniform(13, 20))
        while z < 52:
            clear = all(abs(z - tree.z) > 2.5 for tree in layout.trees if np.sign(tree.x) == side)
            signal_near = abs(z - layout.stop - 4.2) < 2.0
            if clear and not signal_near and not layout.in_side_street(z, 1.0):
                x = side * (layout.kerb + float(rng.uniform(0.5, 0.9)))
                heading = np.pi + float(rng.uniform(-0.25, 0.25))
                signs.append((draw_sign(rng), x, z, heading))
            z += float(rng.uniform(8, 18))
    return signs

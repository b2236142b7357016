"""Draws cars of several builds and colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .camera import Floats
from .light import Colour
from .pen import Pen, inset, tint

COLOURS: tuple[str, ...] = ("black", "blue", "green", "red", "silver", "white", "yellow")

# Blue, green and red of each paint, lowest and highest.
PAINTS: dict[str, tuple[Colour, Colour]] = {
    "black": ((22, 22, 22), (46, 44, 44)),
    "blue": ((130, 50, 10), (215, 105, 45)),
    "green": ((35, 95, 15), (75, 150, 55)),
    "red": ((20, 15, 150), (45, 40, 225)),
    "silver": ((148, 145, 142), (172, 170, 168)),
    "white": ((236, 238, 238), (255, 255, 255)),
    "yellow": ((20, 180, 215), (60, 215, 250)),
}

GLASS: Colour = (78, 66, 54)
RUBBER: Colour = (34, 32, 32)
TRIM: Colour = (46, 44, 44)


@dataclass(frozen=True)
class Build:
    """The measures of a kind of car, in metres; z runs from the tail to the nose."""

    length: float
    width: float
    belt: float
    roof: float
    nose: float
    tail: float
    cowl: float
    windscreen: float
    rear_glass: float
    rear_deck: float


BUILDS: dict[str, Build] = {
    "saloon": Build(4.6, 1.80, 0.94, 1.45, 0.70, 0.90, 0.95, 0.85, 0.65, 0.75),
    "hatchback": Build(4.0, 1.74, 0.95, 1.50, 0.72, 0.90, 0.80, 0.75, 0.35, 0.08),
    "estate": Build(4.6, 1.82, 0.96, 1.52, 0.72, 0.92, 0.95, 0.80, 0.45, 0.06),
    "offroad": Build(4.5, 1.90, 1.10, 1.76, 0.90, 1.05, 0.95, 0.60, 0.30, 0.06),
    "van": Build(4.9, 1.95, 1.18, 2.05, 0.92, 1.12, 0.55, 0.70, 0.12, 0.04),
}

VEHICLE_TYPES: tuple[str, ...] = ("coupe", "largevehicle", "sedan", "suv", "truck", "van")
"""What NVIDIA's classifier of vehicle types tells apart."""

# An ordinary car is a sedan, with whatever tail: seen from the front they are the same. Nothing
# like a coupe, a truck or another large vehicle is ever drawn.
TYPE_OF_BUILD: dict[str, str] = {
    "saloon": "sedan",
    "hatchback": "sedan",
    "estate": "sedan",
    "offroad": "suv",
    "van": "van",
}


@dataclass(frozen=True)
class Car:
    """One car: its build, its size, its paint."""

    build: Build
    scale: float
    colour: str
    paint: Colour

    @property
    def vehicle_type(self) -> str:
        """One of ``VEHICLE_TYPES``."""
        name = next(name for name, build in BUILDS.items() if build == self.build)
        return TYPE_OF_BUILD[name]

    @property
    def length(self) -> float:
        """Bumper to bumper."""
        return self.build.length * self.scale

    def draw(self, pen: Pen, stride: float) -> None:
        """Draw the car; cars have no gait, so ``stride`` only turns the wheels."""
        body = _body_corners(self.build) * self.scale
        cabin = _cabin_corners(self.build) * self.scale
        self._draw_under(pen)
        self._draw_body(pen, body)
        self._draw_wheels(pen, stride)
        self._draw_cabin(pen, cabin)

    def _draw_under(self, pen: Pen) -> None:
        half, end = self.build.width / 2 * self.scale, self.length / 2
        axle = end - 0.78 * self.scale
        for z in (axle, -axle):
            for side in (1, -1):
                inner, outer = side * (half - 0.24), side * (half - 0.02)
                pen.drum([(inner, 0.31, z), (outer, 0.31, z)], 0.32, RUBBER)
        corners = ((-half, end), (half, end), (half, -end), (-half, -end))
        floor = np.array([(x, 0.16, z) for x, z in corners])
        pen.shadows.append(pen.on_ground(pen.world(floor)))

    def _draw_body(self, pen: Pen, rims: Floats) -> None:
        left, right = rims
        centre = (0.0, 0.55, 0.0)
        count = len(left)
        names = ["nose", "bonnet", "deck", "boot", "back"]
        for name, start in zip(names, range(1, count - 1), strict=True):
            quad = np.stack([left[start], right[start], right[start + 1], left[start + 1]])
            seen = pen.face(quad, self.paint, centre, shadow=True)
            if seen and name == "nose":
                self._draw_front(pen, quad, centre)
            if seen and name == "back":
                self._draw_back(pen, quad, centre)
        for rim in (left, right):
            if pen.face(rim, self.paint, centre, shadow=True):
                self._draw_side(pen, rim, centre)

    def _draw_side(self, pen: Pen, rim: Floats, centre: tuple[float, float, float]) -> None:
        """A darker sill and the lines of the doors."""
        low_front, low_back = rim[0], rim[-1]
        up = np.array([0.0, 0.2, 0.0])
        pen.face(np.stack([low_front, low_back, low_back + up, low_front + up]), TRIM, centre)
        top = np.array([0.0, self.build.belt * self.scale - low_front[1] - 0.04, 0.0])
        for share in (0.36, 0.56, 0.74):
            foot = low_front + (low_back - low_front) * share
            step = (low_back - low_front) * 0.006
            line = np.stack([foot + up, foot + step + up, foot + step + top, foot + top])
            pen.face(line, tint(self.paint, 0.6), centre)

    def _draw_front(self, pen: Pen, quad: Floats, centre: tuple[float, float, float]) -> None:
        pen.face(inset(quad, (0, 1), (0.0, 0.22)), TRIM, centre)
        pen.face(inset(quad, (0.27, 0.73), (0.45, 0.85)), TRIM, centre)
        pen.face(inset(quad, (0.36, 0.64), (0.16, 0.38)), (232, 232, 232), centre)
        for across in ((0.03, 0.23), (0.77, 0.97)):
            pen.face(inset(quad, across, (0.52, 0.9)), (250, 252, 252), centre, level=1.25)

    def _draw_back(self, pen: Pen, quad: Floats, centre: tuple[float, float, float]) -> None:
        pen.face(inset(quad, (0, 1), (0.8, 1.0)), TRIM, centre)
        pen.face(inset(quad, (0.36, 0.64), (0.38, 0.58)), (232, 232, 232), centre)
        for across in ((0.02, 0.2), (0.8, 0.98)):
            pen.face(inset(quad, across, (0.1, 0.42)), (32, 24, 190), centre, level=1.15)

    def _draw_wheels(self, pen: Pen, turned: float) -> None:
        half, end = self.build.width / 2 * self.scale, self.length / 2
        axle = end - 0.78 * self.scale
        for side in (1, -1):
            x = side * (half + 0.005)
            for z in (axle, -axle):
                hub = (x, 0.31, z)
                inside = (0.0, 0.31, z)
                shown = pen.face(_disc(hub, 0.36), (24, 23, 23), inside)
                if not shown:
                    continue
                pen.face(_disc(hub, 0.31), RUBBER, inside)
                pen.face(_disc(hub, 0.2), (150, 150, 150), inside)
                for spoke in range(5):
                    pen.face(_spoke(hub, turned + spoke * 2 * np.pi / 5), (70, 70, 70), inside)

    def _draw_cabin(self, pen: Pen, cabin: Floats) -> None:
        low, high = cabin
        centre = tuple((low.mean(axis=0) + high.mean(axis=0)) / 2)
        frames = [(0, 1, "front"), (1, 2, "side"), (2, 3, "rear"), (3, 0, "side")]
        for first, second, name in frames:
            quad = np.stack([low[first], low[second], high[second], high[first]])
            if pen.face(quad, self.paint, centre, shadow=True):
                self._draw_glass(pen, quad, name, centre)
        pen.face(high, self.paint, centre, shadow=True)

    def _draw_glass(self, pen: Pen, quad: Floats, name: str, centre: tuple[float, ...]) -> None:
        if name != "side":
            pane = inset(quad, (0.06, 0.94), (0.1, 0.9))
            pen.face(pane, GLASS, centre)
            pen.face(inset(pane, (0.0, 1.0), (0.55, 1.0)), tint(GLASS, 1.35), centre)
            return
        for across in ((0.05, 0.47), (0.52, 0.93)):
            pane = inset(quad, across, (0.1, 0.86))
            pen.face(pane, GLASS, centre)
            pen.face(inset(pane, (0.0, 1.0), (0.6, 1.0)), tint(GLASS, 1.3), centre)


def _body_corners(build: Build) -> Floats:
    """The side outline of the lower body, left rim and right rim, from the nose backwards."""
    end = build.length / 2
    outline = [
        (end - 0.06, 0.2),
        (end, 0.3),
        (end - 0.04, build.nose),
        (end - build.cowl, build.belt),
        (-end + build.rear_deck, build.belt + 0.02),
        (-end, build.tail),
        (-end + 0.02, 0.22),
    ]
    rims = []
    for side in (-1, 1):
        rims.append([(side * build.width / 2, y, z) for z, y in outline])
    return np.array(rims)


def _cabin_corners(build: Build) -> Floats:
    """Four corners at the belt and four at the roof, front left first, clockwise from above."""
    end, half = build.length / 2, build.width / 2
    front, back = end - build.cowl, -end + build.rear_deck
    upper = half - 0.17
    low = [(-half + 0.03, front), (half - 0.03, front), (half - 0.03, back), (-half + 0.03, back)]
    roof_front, roof_back = front - build.windscreen, back + build.rear_glass
    high = [(-upper, roof_front), (upper, roof_front), (upper, roof_back), (-upper, roof_back)]
    return np.array(
        [
            [(x, build.belt, z) for x, z in low],
            [(x, build.roof, z) for x, z in high],
        ]
    )


def _disc(hub: tuple[float, float, float], radius: float) -> Floats:
    angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    x, y, z = hub
    return np.stack(
        [np.full(16, x), y + radius * np.sin(angles), z + radius * np.cos(angles)], axis=1
    )


def _spoke(hub: tuple[float, float, float], angle: float) -> Floats:
    x, y, z = hub
    along = np.array([0.0, np.sin(angle), np.cos(angle)])
    beside = np.array([0.0, np.cos(angle), -np.sin(angle)])
    middle = np.array([x, y, z])
    near, far = middle + 0.04 * along, middle + 0.17 * along
    return np.stack(
        [near - 0.03 * beside, far - 0.05 * beside, far + 0.05 * beside, near + 0.03 * beside]
    )


def draw_car(rng: np.random.Generator, colour: str | None = None) -> Car:
    """Draw a car at random, of a given colour or of any."""
    name = str(rng.choice(COLOURS)) if colour is None else colour
    low, high = (np.array(bound) for bound in PAINTS[name])
    share = rng.uniform(0, 1)
    paint = low + (high - low) * share + rng.uniform(-4, 4, 3)
    blue, green, red = np.clip(paint, 0, 255)
    build = BUILDS[str(rng.choice(list(BUILDS)))]
    return Car(build, float(rng.uniform(0.95, 1.06)), name, (float(blue), float(green), float(red)))

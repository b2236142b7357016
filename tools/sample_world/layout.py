"""The plan of a street: how wide it is, where lanes, crossings, houses and trees lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .camera import Camera

LANE = 3.4
BIKE_LANE = 1.7
FAR = 260.0


@dataclass(frozen=True)
class House:
    """A block: its extent along the street, its set-back side, height and looks."""

    side: int
    start: float
    end: float
    height: float
    wall: tuple[float, float, float]
    pane: tuple[float, float, float]
    storey: float
    bay: float


@dataclass(frozen=True)
class Tree:
    """A tree: where it stands and how large it is."""

    x: float
    z: float
    height: float
    crown: float
    green: tuple[float, float, float]
    seed: int


@dataclass(frozen=True)
class Layout:
    """The fixed measures of one street."""

    lanes: int
    pavement: float
    stop: float
    cross_start: float | None
    cross_width: float
    houses: tuple[House, ...]
    trees: tuple[Tree, ...]
    lamps: tuple[tuple[float, float], ...]

    @property
    def kerb(self) -> float:
        """Half the width of the carriageway."""
        return self.lanes * LANE + BIKE_LANE

    @property
    def wall(self) -> float:
        """How far the house fronts are from the middle of the road."""
        return self.kerb + self.pavement

    @property
    def cross_end(self) -> float | None:
        """The far edge of the side street, if there is one."""
        return None if self.cross_start is None else self.cross_start + self.cross_width

    def lane_x(self, lane: int) -> float:
        """The middle of a lane, counted from the middle of the road."""
        return (lane + 0.5) * LANE

    def bike_x(self) -> float:
        """The middle of the bicycle lane."""
        return self.lanes * LANE + BIKE_LANE / 2

    def in_side_street(self, z: float, margin: float = 0.0) -> bool:
        """Whether a distance along the road lies in the mouth of the side street."""
        if self.cross_start is None or self.cross_end is None:
            return False
        return self.cross_start - margin < z < self.cross_end + margin


def draw_camera(rng: np.random.Generator) -> Camera:
    """Draw where the camera hangs."""
    return Camera(
        x=float(rng.uniform(-2.5, 2.5)),
        height=float(rng.uniform(4.6, 6.8)),
        pitch=float(rng.uniform(0.17, 0.25)),
        yaw=float(rng.uniform(-0.06, 0.06)),
        focal=float(rng.uniform(980, 1180)),
    )


WALLS = (
    (150, 175, 195),
    (120, 140, 175),
    (165, 185, 190),
    (90, 105, 150),
    (180, 190, 200),
    (140, 150, 150),
    (110, 160, 190),
    (175, 170, 160),
)


def draw_layout(rng: np.random.Generator) -> Layout:
    """Draw a street."""
    lanes = int(rng.integers(1, 3))
    stop = float(rng.uniform(13.5, 17.0))
    has_cross = rng.uniform() < 0.75
    cross_start = stop + float(rng.uniform(6.5, 9.0)) if has_cross else None
    base = Layout(
        lanes=lanes,
        pavement=float(rng.uniform(3.6, 6.0)),
        stop=stop,
        cross_start=cross_start,
        cross_width=float(rng.uniform(7.4, 9.0)),
        houses=(),
        trees=(),
        lamps=(),
    )
    return Layout(
        **{
            **base.__dict__,
            "houses": tuple(_draw_houses(rng, base)),
            "trees": tuple(_draw_trees(rng, base)),
            "lamps": tuple(_draw_lamps(rng, base)),
        }
    )


def _draw_houses(rng: np.random.Generator, street: Layout) -> list[House]:
    houses = []
    for side in (-1, 1):
        z = -6.0
        while z < FAR:
            length = float(rng.uniform(9, 20))
            if street.cross_start is not None and street.cross_end is not None:
                if z < street.cross_start - 3.0 < z + length:
                    length = max(2.0, street.cross_start - 3.0 - z)
                if street.in_side_street(z + 0.01, 3.0):
                    z = street.cross_end + 3.0
            wall = WALLS[int(rng.integers(len(WALLS)))]
            pane = float(rng.uniform(55, 130))
            houses.append(
                House(
                    side,
                    z,
                    z + length,
                    float(rng.uniform(6.5, 19)),
                    (wall[0] * 0.95, wall[1] * 0.97, wall[2] * 1.0),
                    (pane * 1.15, pane, pane * 0.85),
                    float(rng.uniform(2.9, 3.6)),
                    float(rng.uniform(2.2, 3.6)),
                )
            )
            z += length + (float(rng.uniform(3, 9)) if rng.uniform() < 0.2 else 0.0)
    return houses


def _draw_trees(rng: np.random.Generator, street: Layout) -> list[Tree]:
    trees = []
    for side in (-1, 1):
        z = float(rng.uniform(18, 34))
        while z < 150:
            if not street.in_side_street(z, 5.0) and rng.uniform() < 0.7:
                green = (rng.uniform(35, 70), rng.uniform(95, 145), rng.uniform(50, 110))
                trees.append(
                    Tree(
                        side * (street.kerb + 0.9),
                        z,
                        float(rng.uniform(4.8, 8.0)),
                        float(rng.uniform(1.5, 2.6)),
                        (float(green[0]), float(green[1]), float(green[2])),
                        int(rng.integers(1 << 30)),
                    )
                )
            z += float(rng.uniform(9, 17))
    return trees


def _draw_lamps(rng: np.random.Generator, street: Layout) -> list[tuple[float, float]]:
    side = 1 if rng.uniform() < 0.5 else -1
    first = float(rng.uniform(16, 26))
    return [
        (side * (street.kerb + 0.5), z)
        for z in np.arange(first, 140, 26.0)
        if not street.in_side_street(z, 2.0)
    ]

"""Moves everything: cars and bicycles in lanes that obey the lights, people on paths."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .camera import FPS, Floats
from .layout import Layout

STEP = 1.0 / FPS
GREEN_SECONDS = 11.0
RED_SECONDS = 17.0
CLEAR_SECONDS = 2.8


@dataclass(frozen=True)
class Signals:
    """The lights: the road has green, then the side street and the people on foot."""

    offset: float

    def _turn(self, seconds: float) -> float:
        return (seconds + self.offset) % (GREEN_SECONDS + RED_SECONDS)

    def road_green(self, seconds: float) -> bool:
        """Whether the road may go."""
        return self._turn(seconds) < GREEN_SECONDS

    def side_green(self, seconds: float) -> bool:
        """Whether the side street may go."""
        turn = self._turn(seconds) - GREEN_SECONDS
        return CLEAR_SECONDS < turn < RED_SECONDS - 1.3 * CLEAR_SECONDS

    def walk_starts(self, seconds: float) -> list[float]:
        """When people may begin to cross the road, within this long a film."""
        period = GREEN_SECONDS + RED_SECONDS
        first = GREEN_SECONDS + CLEAR_SECONDS + 0.4 - self.offset
        return [start for start in np.arange(first - period, seconds, period) if start > -9]


@dataclass
class Track:
    """Where one thing is in every frame; not-a-number while it is away."""

    x: Floats
    z: Floats
    heading: Floats
    stride: Floats

    @classmethod
    def absent(cls, frames: int) -> Track:
        """A track of something that is never there."""
        return cls(*(np.full(frames, np.nan) for _ in range(4)))

    @classmethod
    def standing(cls, frames: int, x: float, z: float, heading: float) -> Track:
        """A track of something that never moves."""
        return cls(
            np.full(frames, x), np.full(frames, z), np.full(frames, heading), np.zeros(frames)
        )

    def present(self) -> NDArray[np.bool_]:
        """In which frames the thing is there."""
        return ~np.isnan(self.x)


@dataclass(frozen=True)
class Lane:
    """A straight lane with its stop line, in metres along its own direction."""

    start: tuple[float, float]
    heading: float
    length: float
    stop: float | None
    speed: tuple[float, float]
    headway: tuple[float, float]
    bicycles: bool = False
    side: bool = False


@dataclass
class Driver:
    """Something that drives along a lane."""

    length: float
    wish: float
    place: float
    speed: float
    rolled: float = 0.0
    track: Track = field(default_factory=lambda: Track.absent(0))


def drive(driver: Driver, gap: float, closing: float) -> None:
    """One step of the intelligent driver model behind a gap that closes at some speed."""
    strongest, comfort, patience, nearest = 1.6, 2.4, 1.1, 1.6
    wanted = nearest + max(
        0.0,
        driver.speed * patience + driver.speed * closing / (2 * np.sqrt(strongest * comfort)),
    )
    free = (driver.speed / driver.wish) ** 4
    push = strongest * (1 - free - (wanted / max(gap, 0.2)) ** 2)
    before = driver.speed
    driver.speed = max(0.0, before + max(push, -7.0) * STEP)
    moved = (before + driver.speed) / 2 * STEP
    driver.place += moved
    driver.rolled += moved


class LaneTraffic:
    """Simulates the drivers of one lane."""

    def __init__(self, lane: Lane, signals: Signals, rng: np.random.Generator, frames: int) -> None:
        self.lane, self.signals, self.rng, self.frames = lane, signals, rng, frames
        self.moving: list[Driver] = []
        self.all: list[Driver] = []
        self.next_entry = 0.0

    def run(self) -> list[Driver]:
        """Drive for the whole film and return everyone who drove."""
        self._fill()
        settle = 3 * FPS
        for frame in range(-settle, self.frames):
            self._enter(frame / FPS)
            self._advance(frame / FPS)
            if frame >= 0:
                self._note(frame)
        return [driver for driver in self.all if driver.track.present().any()]

    def _new(self, place: float) -> Driver:
        length = 1.8 if self.lane.bicycles else 4.6
        wish = float(self.rng.uniform(*self.lane.speed))
        driver = Driver(length, wish, place, wish * 0.9, float(self.rng.uniform(0, 5)))
        driver.track = Track.absent(self.frames)
        self.all.append(driver)
        return driver

    def _gap(self) -> float:
        return float(self.rng.uniform(*self.lane.headway)) * sum(self.lane.speed) / 2

    def _fill(self) -> None:
        """Put drivers all along the lane, the foremost first."""
        place = self.lane.length - self._gap()
        while place > 4.0:
            blocked = self.lane.stop is not None and -8 < place - self.lane.stop < 14
            if not (blocked and self.lane.side):
                self.moving.append(self._new(place))
            place -= self._gap() + 5.0

    def _enter(self, seconds: float) -> None:
        room = self.moving[-1].place if self.moving else self.lane.length
        if seconds >= self.next_entry and room > 9.0:
            self.moving.append(self._new(0.0))
            self.next_entry = seconds + float(self.rng.uniform(*self.lane.headway))

    def _advance(self, seconds: float) -> None:
        green = (self.signals.side_green if self.lane.side else self.signals.road_green)(seconds)
        ahead: Driver | None = None
        for driver in self.moving:
            gap, closing = 200.0, 0.0
            if ahead is not None:
                gap = ahead.place - driver.place - (ahead.length + driver.length) / 2
                closing = driver.speed - ahead.speed
            if not green and self.lane.stop is not None:
                to_line = self.lane.stop - driver.place - driver.length / 2
                can_stop = to_line > driver.speed**2 / (2 * 4.5)
                if 0 < to_line < gap and can_stop:
                    gap, closing = to_line + 1.0, driver.speed
            drive(driver, gap, closing)
            ahead = driver
        self.moving = [driver for driver in self.moving if driver.place < self.lane.length]

    def _note(self, frame: int) -> None:
        sin, cos = np.sin(self.lane.heading), np.cos(self.lane.heading)
        for driver in self.moving:
            track = driver.track
            track.x[frame] = self.lane.start[0] + sin * driver.place
            track.z[frame] = self.lane.start[1] + cos * driver.place
            track.heading[frame] = self.lane.heading
            track.stride[frame] = driver.rolled * (2.4 if self.lane.bicycles else 1 / 0.31)


def road_lanes(street: Layout, rng: np.random.Generator) -> list[Lane]:
    """The lanes of the road and of the side street."""
    lanes = []
    near, far = -6.0, 170.0
    far_stop = (street.cross_end + 4.0) if street.cross_end is not None else street.stop + 5.0
    busy = float(rng.uniform(2.6, 5.5))
    headway = (busy * 0.55, busy * 1.8)
    for lane in range(street.lanes):
        x = street.lane_x(lane)
        speed = (8.0, 11.0)
        lanes.append(Lane((x, near), 0.0, far - near, street.stop - 1.6 - near, speed, headway))
        lanes.append(Lane((-x, far), float(np.pi), far - near, far - far_stop, speed, headway))
    bike = street.bike_x()
    rare = (4.0, 13.0)
    slow = (3.8, 5.8)
    lanes.append(
        Lane((bike, near), 0.0, 100.0, street.stop - 1.4 - near, slow, rare, bicycles=True)
    )
    lanes.append(Lane((-bike, 70.0), np.pi, 76.0, 70.0 - far_stop, slow, rare, bicycles=True))
    if street.cross_start is not None and street.cross_end is not None:
        quarter = street.cross_width / 4
        stop = 75.0 - street.kerb - 4.5
        speed = (7.0, 9.5)
        for x, z, heading in (
            (-75.0, street.cross_start + quarter, np.pi / 2),
            (75.0, street.cross_end - quarter, -np.pi / 2),
        ):
            lanes.append(Lane((x, z), heading, 150.0, stop, speed, headway, side=True))
    return lanes


def walk(
    points: list[tuple[float, float]], speed: float, start: float, frames: int, wait: bool
) -> Track:
    """The track of someone who walks through some points; waiting at the first one or not."""
    corners = np.array(points)
    legs = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    marks = np.concatenate([[0.0], np.cumsum(legs)])
    seconds = np.arange(frames) / FPS
    gone = (seconds - start) * speed
    reach = np.clip(gone, 0.0, marks[-1])
    x = np.interp(reach, marks, corners[:, 0])
    z = np.interp(reach, marks, corners[:, 1])
    ahead = np.minimum(reach + 0.35, marks[-1])
    behind = np.maximum(ahead - 0.7, 0.0)
    dx = np.interp(ahead, marks, corners[:, 0]) - np.interp(behind, marks, corners[:, 0])
    dz = np.interp(ahead, marks, corners[:, 1]) - np.interp(behind, marks, corners[:, 1])
    away = (gone > marks[-1]) if wait else (gone > marks[-1]) | (gone < 0)
    stride = reach * 2 * np.pi / 1.45
    track = Track(x, z, np.unwrap(np.arctan2(dx, dz)), stride)
    for values in (track.x, track.z, track.heading, track.stride):
        values[away] = np.nan
    return track


def walkers(street: Layout, signals: Signals, rng: np.random.Generator, frames: int) -> list[Track]:
    """Everyone on foot: along the pavements, and over the road when the cars have red."""
    tracks = []
    for side in (-1, 1):
        for points in _pavement_paths(street, side):
            for _ in range(int(rng.integers(2, 5))):
                tracks.append(_stroll(points, side, rng, frames))
    for start in signals.walk_starts(frames / FPS):
        for _ in range(int(rng.integers(1, 5))):
            tracks.append(_cross(street, start, rng, frames))
    return tracks


def _pavement_paths(street: Layout, side: int) -> list[list[tuple[float, float]]]:
    x = side * (street.kerb + street.pavement / 2 + 0.5)
    if street.cross_start is None or street.cross_end is None:
        return [[(x, 3.0), (x, 60.0)], [(x, 20.0), (x, 75.0)]]
    before, after = street.cross_start - 1.6, street.cross_end + 1.6
    return [
        [(x, 3.0), (x, before), (side * 45.0, before)],
        [(side * 45.0, after), (x, after), (x, 75.0)],
    ]


def _stroll(
    points: list[tuple[float, float]], side: int, rng: np.random.Generator, frames: int
) -> Track:
    shift = float(rng.uniform(-1.1, 1.1))
    moved = [(x + shift * side, z + 0.4 * shift) for x, z in points]
    if rng.uniform() < 0.5:
        moved.reverse()
    speed = float(rng.uniform(1.05, 1.75))
    total = float(np.linalg.norm(np.diff(np.array(moved), axis=0), axis=1).sum())
    start = float(rng.uniform(-total / speed, 0.7 * frames / FPS))
    return walk(moved, speed, start, frames, wait=False)


def _cross(street: Layout, start: float, rng: np.random.Generator, frames: int) -> Track:
    side = 1 if rng.uniform() < 0.5 else -1
    z = street.stop + float(rng.uniform(0.4, 3.0))
    edge = side * (street.kerb + 0.9)
    end = -side * (street.wall - float(rng.uniform(0.8, 2.2)))
    points = [(edge, z), (end, z), (end, 2.0)]
    speed = float(rng.uniform(1.4, 1.8))
    return walk(points, speed, start + float(rng.uniform(0, 2.2)), frames, wait=True)

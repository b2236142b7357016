"""Draws people on foot and people on bicycles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .light import Colour
from .pen import Pen, tint

SKINS: tuple[Colour, ...] = ((150, 180, 225), (120, 155, 205), (80, 115, 165), (50, 70, 105))
HAIRS: tuple[Colour, ...] = ((25, 25, 30), (40, 60, 90), (70, 130, 175), (120, 120, 125))
CLOTHES: tuple[Colour, ...] = (
    (45, 40, 40),
    (140, 80, 40),
    (60, 60, 180),
    (70, 140, 70),
    (215, 215, 220),
    (60, 160, 210),
    (150, 90, 140),
    (100, 105, 110),
    (170, 150, 90),
)
SHOE: Colour = (35, 35, 38)


@dataclass(frozen=True)
class Person:
    """One person on foot."""

    height: float
    skin: Colour
    hair: Colour
    top: Colour
    trousers: Colour
    bag: Colour | None

    def draw(self, pen: Pen, stride: float) -> None:
        """Draw the person at a phase of the walk; the feet swing by it."""
        tall = self.height
        hip, shoulder = 0.50 * tall, 0.80 * tall
        swing = np.sin(stride)
        far = self._side_away(pen)
        self._draw_leg(pen, far, hip, swing * far, stride * far)
        self._draw_arm(pen, far, shoulder, -swing * far)
        self._draw_leg(pen, -far, hip, -swing * far, -stride * far)
        self._draw_torso(pen, hip, shoulder)
        if self.bag is not None:
            pen.blob([((0, shoulder - 0.1, -0.2), 0.13), ((0, hip + 0.14, -0.2), 0.15)], self.bag)
        self._draw_arm(pen, -far, shoulder, swing * far)
        self._draw_head(pen)

    def _side_away(self, pen: Pen) -> int:
        """Which side, 1 right or -1 left, is turned away from the camera."""
        towards = pen.turn @ (pen.camera.position - pen.origin)
        return -1 if towards[0] > 0 else 1

    def _draw_leg(self, pen: Pen, side: int, hip: float, swing: float, stride: float) -> None:
        foot_z = 0.30 * swing
        lift = 0.10 * max(0.0, np.cos(stride))
        x = 0.09 * side
        knee = (x, 0.27 * self.height + 0.4 * lift, 0.55 * foot_z + 0.06)
        foot = (x, 0.08 + lift, foot_z)
        pen.blob([((x, hip, 0.0), 0.105), (knee, 0.075)], self.trousers)
        pen.blob([(knee, 0.075), (foot, 0.055)], tint(self.trousers, 0.92))
        toe = (x, 0.05 + lift, foot_z + 0.14)
        pen.blob([((x, 0.06 + lift, foot_z - 0.02), 0.055), (toe, 0.045)], SHOE)

    def _draw_arm(self, pen: Pen, side: int, shoulder: float, swing: float) -> None:
        x = 0.22 * side
        elbow = (x * 1.1, shoulder - 0.28, 0.12 * swing - 0.02)
        hand = (x * 1.08, shoulder - 0.52, 0.28 * swing + 0.06)
        pen.blob([((x, shoulder - 0.03, 0.0), 0.07), (elbow, 0.055)], tint(self.top, 0.88))
        pen.blob([(elbow, 0.052), (hand, 0.045)], tint(self.top, 0.8))
        pen.blob([(hand, 0.05)], self.skin)

    def _draw_torso(self, pen: Pen, hip: float, shoulder: float) -> None:
        chest = [((side * 0.13, shoulder - 0.04, 0.0), 0.10) for side in (-1, 1)]
        waist = [((side * 0.07, hip + 0.02, 0.0), 0.115) for side in (-1, 1)]
        pen.blob([*chest, *waist], self.top)
        lit = np.sign(-pen.light.ray @ pen.turn[0])
        bright = [((x + 0.03 * lit, y, z), r * 0.66) for (x, y, z), r in [*chest, *waist]]
        pen.blob(bright, tint(self.top, 1.14), shadow=False)

    def _draw_head(self, pen: Pen) -> None:
        tall = self.height
        pen.blob([((0, 0.80 * tall, 0), 0.06), ((0, 0.86 * tall, 0.01), 0.06)], self.skin)
        pen.blob([((0, 0.925 * tall, -0.01), 0.118)], self.hair)
        pen.blob([((0, 0.905 * tall, 0.045), 0.098)], self.skin if self._faces(pen) else self.hair)

    def _faces(self, pen: Pen) -> bool:
        towards = pen.turn @ (pen.camera.position - pen.origin)
        return bool(towards[2] > -0.3 * pen.distance)


@dataclass(frozen=True)
class Cyclist:
    """One bicycle with its rider."""

    rider: Person
    frame: Colour
    helmet: Colour

    def draw(self, pen: Pen, stride: float) -> None:
        """Draw both at a turn of the pedals."""
        for z in (-0.52, 0.52):
            pen.ring((0, 0.34, z), 0.34, 0.05, (30, 30, 32))
            for spoke in range(4):
                angle = stride + spoke * np.pi / 4
                reach = np.array([np.cos(angle), np.sin(angle)]) * 0.31
                ends = [(0, 0.34 + part * reach[0], z + part * reach[1]) for part in (-1, 1)]
                pen.blob([(end, 0.006) for end in ends], (110, 110, 112), shadow=False)
        self._draw_frame(pen)
        self._draw_rider(pen, stride)

    def _draw_frame(self, pen: Pen) -> None:
        crank, saddle, fork = (0, 0.30, -0.04), (0, 0.88, -0.2), (0, 0.84, 0.36)
        tubes = [
            ((0, 0.34, -0.52), crank),
            ((0, 0.34, -0.52), saddle),
            (crank, saddle),
            (crank, fork),
            (saddle, fork),
            (fork, (0, 0.34, 0.52)),
            (fork, (0, 1.0, 0.34)),
        ]
        for one, other in tubes:
            pen.blob([(one, 0.026), (other, 0.026)], self.frame)
        pen.blob([((-0.26, 1.02, 0.36), 0.02), ((0.26, 1.02, 0.36), 0.02)], TUBE)
        pen.blob([((0, 0.92, -0.32), 0.05), ((0, 0.93, -0.1), 0.03)], SHOE)

    def _draw_rider(self, pen: Pen, stride: float) -> None:
        body = self.rider
        far = body._side_away(pen)
        hip, neck = (0.0, 0.98, -0.2), (0.0, 1.46, 0.12)
        self._draw_limbs(pen, far, stride)
        pen.blob(
            [
                ((-0.07, hip[1], hip[2]), 0.12),
                ((0.07, hip[1], hip[2]), 0.12),
                ((-0.13, neck[1] - 0.05, neck[2]), 0.1),
                ((0.13, neck[1] - 0.05, neck[2]), 0.1),
            ],
            body.top,
        )
        self._draw_limbs(pen, -far, stride)
        pen.blob([((0, 1.53, 0.16), 0.06), ((0, 1.6, 0.2), 0.07)], body.skin)
        pen.blob([((0, 1.63, 0.21), 0.105)], body.skin if body._faces(pen) else body.hair)
        pen.blob([((0, 1.69, 0.24), 0.1), ((0, 1.7, 0.13), 0.1)], self.helmet)

    def _draw_limbs(self, pen: Pen, side: int, stride: float) -> None:
        body = self.rider
        angle = stride + (np.pi if side > 0 else 0.0)
        foot = (0.1 * side, 0.34 + 0.16 * np.sin(angle), -0.04 + 0.16 * np.cos(angle))
        knee = (0.11 * side, 0.42 + 0.5 * foot[1], 0.22 + 0.35 * foot[2])
        pen.blob([((0.09 * side, 0.96, -0.18), 0.1), (knee, 0.075)], body.trousers)
        pen.blob([(knee, 0.072), (foot, 0.05)], tint(body.trousers, 0.9))
        pen.blob([(foot, 0.05), ((foot[0], foot[1] - 0.02, foot[2] + 0.13), 0.04)], SHOE)
        hand = (0.24 * side, 1.05, 0.36)
        elbow = (0.25 * side, 1.18, 0.16)
        pen.blob([((0.2 * side, 1.4, 0.12), 0.065), (elbow, 0.052)], tint(body.top, 0.85))
        pen.blob([(elbow, 0.05), (hand, 0.045)], tint(body.top, 0.8))


TUBE: Colour = (60, 60, 62)


def _pick(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    return tint(colours[int(rng.integers(len(colours)))], float(rng.uniform(0.75, 1.2)))


def draw_person(rng: np.random.Generator) -> Person:
    """Draw a person at random."""
    return Person(
        height=float(rng.uniform(1.55, 1.92)),
        skin=_pick(rng, SKINS),
        hair=_pick(rng, HAIRS),
        top=_pick(rng, CLOTHES),
        trousers=_pick(rng, CLOTHES),
        bag=_pick(rng, CLOTHES) if rng.uniform() < 0.3 else None,
    )


def draw_cyclist(rng: np.random.Generator) -> Cyclist:
    """Draw a bicycle and its rider at random."""
    return Cyclist(draw_person(rng), _pick(rng, CLOTHES), _pick(rng, CLOTHES))

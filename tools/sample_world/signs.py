"""Draws road signs; the plate is the labelled thing, the post is street furniture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .camera import Floats
from .light import Colour
from .pen import Pen

KINDS: tuple[str, ...] = ("limit", "warning", "stop", "order", "yield", "priority", "parking")
RED: Colour = (40, 30, 200)
BLUE: Colour = (170, 85, 20)
WHITE: Colour = (240, 240, 240)
YELLOW: Colour = (40, 195, 240)
INK: Colour = (35, 35, 35)
STEEL: Colour = (128, 128, 125)


@dataclass(frozen=True)
class Sign:
    """One sign: what it shows, how large, how high."""

    kind: str
    size: float
    height: float

    def draw_post(self, pen: Pen) -> None:
        """Draw the post up to the plate."""
        pen.blob([((0, 0, 0), 0.04), ((0, self.height + 0.5 * self.size, 0), 0.04)], STEEL)

    def draw(self, pen: Pen, stride: float) -> None:
        """Draw the plate; it does not move, whatever ``stride``."""
        painters = {
            "limit": self._limit,
            "warning": self._warning,
            "stop": self._stop,
            "order": self._order,
            "yield": self._yield,
            "priority": self._priority,
            "parking": self._parking,
        }
        painters[self.kind](pen)

    def _plate(self, pen: Pen, shape: Floats, colour: Colour, share: float = 1.0) -> None:
        """A flat shape in units of half the plate, x to the reader's right; it faces own z."""
        half = self.size / 2 * share
        corners = np.stack(
            [-shape[:, 0] * half, self.height + shape[:, 1] * half, np.full(len(shape), 0.06)],
            axis=1,
        )
        pen.face(corners, colour, level=1.12)

    def _limit(self, pen: Pen) -> None:
        self._plate(pen, _regular(20), RED)
        self._plate(pen, _regular(20), WHITE, 0.74)
        for left in (-0.42, 0.08):
            self._plate(pen, _bar(left, -0.38, left + 0.34, 0.38), INK)
            self._plate(pen, _bar(left + 0.11, -0.24, left + 0.23, 0.24), WHITE)

    def _warning(self, pen: Pen) -> None:
        self._plate(pen, _regular(3, np.pi / 2), RED, 1.15)
        self._plate(pen, _regular(3, np.pi / 2), WHITE, 0.72)
        self._plate(pen, _bar(-0.07, -0.1, 0.07, 0.35), INK)
        self._plate(pen, _bar(-0.07, -0.3, 0.07, -0.17), INK)

    def _stop(self, pen: Pen) -> None:
        self._plate(pen, _regular(8, np.pi / 8), WHITE, 1.05)
        self._plate(pen, _regular(8, np.pi / 8), RED, 0.95)
        for left in (-0.66, -0.3, 0.06, 0.42):
            self._plate(pen, _bar(left, -0.22, left + 0.24, 0.22), WHITE)

    def _order(self, pen: Pen) -> None:
        self._plate(pen, _regular(20), WHITE)
        self._plate(pen, _regular(20), BLUE, 0.9)
        self._plate(pen, _bar(-0.1, -0.5, 0.1, 0.2), WHITE)
        self._plate(pen, np.array([[-0.36, 0.12], [0.36, 0.12], [0.0, 0.6]]), WHITE)

    def _yield(self, pen: Pen) -> None:
        self._plate(pen, _regular(3, -np.pi / 2), RED, 1.15)
        self._plate(pen, _regular(3, -np.pi / 2), WHITE, 0.66)

    def _priority(self, pen: Pen) -> None:
        self._plate(pen, _regular(4), WHITE, 1.1)
        self._plate(pen, _regular(4), YELLOW, 0.86)

    def _parking(self, pen: Pen) -> None:
        self._plate(pen, _bar(-0.9, -0.9, 0.9, 0.9), WHITE)
        self._plate(pen, _bar(-0.82, -0.82, 0.82, 0.82), BLUE)
        self._plate(pen, _bar(-0.35, -0.55, -0.12, 0.55), WHITE)
        self._plate(pen, _bar(-0.35, -0.05, 0.4, 0.55), WHITE)
        self._plate(pen, _bar(-0.12, 0.12, 0.18, 0.38), BLUE)


def _regular(corners: int, start: float = 0.0) -> Floats:
    angles = start + np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _bar(left: float, bottom: float, right: float, top: float) -> Floats:
    return np.array([[left, bottom], [right, bottom], [right, top], [left, top]])


def draw_sign(rng: np.random.Generator) -> Sign:
    """Draw a sign at random."""
    return Sign(str(rng.choice(KINDS)), float(rng.uniform(0.8, 1.15)), float(rng.uniform(2.1, 2.9)))

"""Draws street furniture that hides things behind it: trees, lamp posts, traffic lights."""

from __future__ import annotations

import numpy as np

from .layout import Tree
from .light import Colour
from .pen import Pen, tint

BARK: Colour = (55, 75, 95)
STEEL: Colour = (105, 105, 102)


def draw_tree(pen: Pen, tree: Tree) -> None:
    """A trunk and a crown of leaves, darker below and brighter above."""
    rng = np.random.default_rng(tree.seed)
    middle = tree.height - tree.crown
    pen.blob([((0, 0, 0), 0.17), ((0, middle, 0), 0.11)], BARK)
    pen.blob([((0, middle * 0.8, 0), 0.08), ((0.5, middle + 0.3, 0), 0.05)], BARK)
    leaves = []
    for _ in range(70):
        turn, rise = rng.uniform(0, 2 * np.pi), rng.uniform(-1, 1)
        reach = tree.crown * np.sqrt(max(0.0, 1 - rise * rise)) * rng.uniform(0.4, 0.95)
        place = (reach * np.cos(turn), middle + tree.crown * rise * 0.9, reach * np.sin(turn))
        leaves.append((place, rise))
    for place, rise in sorted(leaves, key=lambda leaf: leaf[1]):
        level = 0.72 + 0.26 * rise + float(rng.uniform(-0.1, 0.1))
        size = tree.crown * float(rng.uniform(0.2, 0.34))
        pen.blob([(place, size)], tint(tree.green, level))


def draw_lamp(pen: Pen, side: int) -> None:
    """A lamp post with its arm over the road."""
    pen.blob([((0, 0, 0), 0.09), ((0, 6.6, 0), 0.06)], STEEL)
    pen.blob([((0, 6.6, 0), 0.05), ((-1.6 * side, 6.9, 0), 0.045)], STEEL)
    pen.blob([((-1.3 * side, 6.86, 0), 0.08), ((-1.9 * side, 6.92, 0), 0.09)], (190, 200, 205))


def draw_signal(pen: Pen, green: bool) -> None:
    """A traffic light that faces its own z."""
    pen.blob([((0, 0, 0), 0.06), ((0, 3.0, 0), 0.06)], STEEL)
    case = np.array([[-0.17, 2.3, 0.1], [0.17, 2.3, 0.1], [0.17, 3.3, 0.1], [-0.17, 3.3, 0.1]])
    pen.face(case, (38, 38, 36))
    lamps: list[tuple[float, Colour, bool]] = [
        (3.12, (40, 40, 235), not green),
        (2.8, (40, 190, 240), False),
        (2.48, (90, 220, 60), green),
    ]
    for height, colour, lit in lamps:
        pen.blob([((0, height, 0.12), 0.11)], colour if lit else tint(colour, 0.25), shadow=False)

from __future__ import annotations

import numpy as np
import pytest

from pythia.vision.analytics.rules import Direction, Rules
from pythia.vision.analytics.source import SourceAnalytics
from support.judged import WINDOW, findings, stay, walk

EAST = Direction("east", None, ((0, 0), (10, 0)))
SOUTH = Direction("south", None, ((0, 0), (0, 10)))
BOTH = Rules(directions=(EAST, SOUTH))


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (0, " DIR:east "),
        (28, " DIR:east "),
        (45, " DIR:east  DIR:south "),
        (62, " DIR:south "),
        (110, " DIR:south "),
        (160, ""),
        (220, ""),
        (-62, ""),
        (-55, " DIR:east "),
    ],
)
def test_a_direction_is_followed_within_sixty_degrees(degrees: int, expected: str) -> None:
    way = 200 * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])

    found = findings(walk((400, 400), (400 + way[0], 400 + way[1])), BOTH)[-1]

    assert [(each.direction, each.text) for each in found.objects.values()] == (
        [(expected, expected)] if expected else []
    )


@pytest.mark.parametrize(("distance", "follows"), [(50, False), (60, True)])
def test_a_direction_shows_after_some_fifty_pixels(distance: int, follows: bool) -> None:
    found = findings(walk((400, 400), (400 + distance, 400), step=2), BOTH)[-1]

    assert bool(found.objects) == follows


def test_a_direction_shows_after_ten_frames() -> None:
    found = findings(walk((100, 400), (900, 400), step=40), BOTH)

    assert [bool(each.objects) for each in found][:12] == [False] * 10 + [True] * 2


def test_who_stands_still_for_longer_than_the_window_has_stopped() -> None:
    frames = stay(walk((400, 400), (401, 400), step=1), 2 * WINDOW)

    found = findings(frames, BOTH)

    states = [[each.text for each in frame.objects.values()] for frame in found]
    assert states[WINDOW - 1] == []
    assert states[WINDOW] == [" STOPPED "]
    assert all(each.direction == "" for each in found[-1].objects.values())


def test_who_goes_on_has_a_direction_again() -> None:
    frames = stay(walk((400, 400), (401, 400), step=1), 2 * WINDOW) + walk((400, 400), (800, 400))

    (each,) = findings(frames, BOTH)[-1].objects.values()

    assert each.direction == " DIR:east "


def test_directions_are_for_their_classes() -> None:
    rules = Rules(directions=(Direction("east", frozenset({1}), EAST.points),))

    assert not findings(walk((400, 400), (600, 400)), rules)[-1].objects
    assert not findings(stay(walk((400, 400), (401, 400)), 90), rules)[-1].objects


@pytest.mark.parametrize("window", [1, 2, 3, 4, 70, 1_000_000_000])
def test_any_window_works(window: int) -> None:
    frames = walk((100, 400), (900, 400), step=3)

    found = findings(frames, BOTH, window=window)

    assert len(found) == len(frames)
    (each,) = found[-1].objects.values()
    assert bool(each.direction) == (window > 18)  # 18 frames of 3 pixels are 54


def test_who_has_no_identity_has_no_past_and_is_told_so() -> None:
    source = SourceAnalytics(BOTH, WINDOW)
    results = [
        source.judge(np.array([row[0][2:]]), [None], [0], 0) for row in walk((100, 400), (900, 400))
    ]

    assert all(each.needs_tracker and not each.objects for each in results)

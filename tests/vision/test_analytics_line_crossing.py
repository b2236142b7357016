from __future__ import annotations

import numpy as np
import pytest

from pythia.vision.analytics.rules import BALANCED, LOOSE, STRICT, Line, Rules
from support.judged import WINDOW, crossings, findings, stay, walk

# A level line at y = 300 from x = 200 to x = 400, and arrows down and up across it.
ENDS = ((200, 300), (400, 300))
DOWN, UP = ((300, 250), (300, 350)), ((300, 350), (300, 250))


def line(
    name: str = "down",
    *,
    extended: bool = True,
    mode: str = LOOSE,
    classes: frozenset[int] | None = None,
) -> Line:
    arrow = UP if name == "up" else DOWN
    return Line(name, classes, (*arrow, *ENDS), extended, mode)


BOTH = Rules(lines=(line("down", extended=False), line("up", extended=False)))


def test_an_object_counts_once_in_the_frame_in_which_it_is_past() -> None:
    frames = walk((300, 100), (300, 500), step=8)

    crossed = crossings(frames, BOTH)

    bottoms = [rows[0][3] + rows[0][5] for rows in frames]
    assert crossed == {(7, "down"): [next(n for n, y in enumerate(bottoms) if y >= 300)]}


def test_a_line_each_way_tells_there_from_back() -> None:
    crossed = crossings(walk((300, 200), (300, 400), (300, 200)), BOTH)

    assert {key: len(frames) for key, frames in crossed.items()} == {(7, "down"): 1, (7, "up"): 1}


def test_the_same_object_counts_once_however_often_it_comes_back() -> None:
    there_and_back = [(300, 200), (300, 400)] * 4

    crossed = crossings(walk(*there_and_back), BOTH)

    assert [len(frames) for frames in crossed.values()] == [1, 1]


@pytest.mark.parametrize("step", [0.1, 0.3, 0.6, 1, 5, 20])
@pytest.mark.parametrize("mode", [LOOSE, BALANCED, STRICT])
def test_no_speed_is_too_slow_or_too_fast(step: float, mode: str) -> None:
    frames = walk((300, 180), (300, 420), step=step)
    frames += stay(frames, 20)

    crossed = crossings(frames, Rules(lines=(line(mode=mode),)))

    assert len(crossed[7, "down"]) == 1


@pytest.mark.parametrize("place", [298, 300, 304, 320])
def test_who_stops_at_the_line_counts_when_going_on(place: int) -> None:
    start = walk((300, 200), (300, place))
    frames = start + stay(start, 5 * WINDOW) + walk((300, place), (300, 420))

    crossed = crossings(frames, BOTH)

    assert len(crossed.pop((7, "down"))) == 1
    assert not crossed


def test_who_stops_before_the_line_and_turns_back_does_not_count() -> None:
    start = walk((300, 200), (300, 296))
    frames = start + stay(start, 3 * WINDOW) + walk((300, 296), (300, 150))

    assert crossings(frames, BOTH) == {}


def test_who_trembles_on_the_line_never_counts() -> None:
    rng = np.random.default_rng(5)
    frames = [[[7.0, 2.0, *rng.normal((290, 260), 3), 20, 40]] for _ in range(400)]

    assert crossings(frames, BOTH) == {}


@pytest.mark.parametrize("x", [150, 460])
@pytest.mark.parametrize("extended", [True, False])
def test_the_line_goes_on_beyond_its_ends_only_if_extended(x: int, extended: bool) -> None:
    crossed = crossings(walk((x, 200), (x, 400)), Rules(lines=(line(extended=extended),)))

    assert bool(crossed) == extended


@pytest.mark.parametrize(("x", "counts"), [(160, False), (180, True), (420, True), (440, False)])
def test_the_lower_edge_of_an_object_crosses_with_it(x: int, counts: bool) -> None:
    frames = walk((x, 200), (x, 400), size=(60, 40))

    assert bool(crossings(frames, BOTH)) == counts


def test_who_goes_round_the_end_and_turns_behind_the_line_does_not_cross_it() -> None:
    frames = walk((460, 280), (460, 320), (250, 340))

    assert crossings(frames, BOTH) == {}


def test_who_turns_on_the_line_crosses_it_where_it_was() -> None:
    frames = walk((300, 200), (300, 304), (500, 330))

    assert list(crossings(frames, BOTH)) == [(7, "down")]


@pytest.mark.parametrize(
    ("mode", "widest"), [(LOOSE, 80), (BALANCED, 60), (STRICT, 36)], ids=["loose", "bal", "strict"]
)
@pytest.mark.parametrize("degrees", range(0, 90, 10))
def test_a_mode_says_how_far_a_way_may_turn_from_the_arrow(
    mode: str, widest: int, degrees: int
) -> None:
    way = 300 * np.array([np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
    frames = walk((300 - way[0], 300 - way[1]), (300 + way[0], 300 + way[1]), step=6)

    crossed = crossings(frames, Rules(lines=(line(mode=mode),)))

    assert bool(crossed) == (degrees <= widest)


@pytest.mark.parametrize(("mode", "counts"), [(LOOSE, True), (STRICT, False)])
def test_a_way_that_was_judged_is_not_judged_again_when_it_turns(mode: str, counts: bool) -> None:
    frames = walk((100, 250), (550, 362), (550, 900))

    assert bool(crossings(frames, Rules(lines=(line(mode=mode),)))) == counts


@pytest.mark.parametrize(
    ("mode", "distance"),
    [(LOOSE, 32), (BALANCED, 55), (STRICT, 78)],
    ids=["loose", "bal", "strict"],
)
@pytest.mark.parametrize("further", [-4, 4])
def test_a_mode_says_how_far_an_object_must_have_come(
    mode: str, distance: int, further: int
) -> None:
    frames = walk((300, 280), (300, 280 + distance + further), step=2)
    frames += stay(frames, 8)

    crossed = crossings(frames, Rules(lines=(line(mode=mode),)))

    assert bool(crossed) == (further > 0)


@pytest.mark.parametrize(("mode", "frames"), [(LOOSE, 3), (BALANCED, 10), (STRICT, 20)])
def test_a_mode_says_for_how_long_an_object_must_be_known(mode: str, frames: int) -> None:
    (number,) = crossings(walk((300, 260), (300, 660), step=10), Rules(lines=(line(mode=mode),)))[
        7, "down"
    ]

    assert number >= frames


def test_only_objects_of_the_lines_classes_count() -> None:
    rules = Rules(lines=(line(classes=frozenset({2, 3})), line("up"), line(classes=frozenset({1}))))

    (number,) = crossings(walk((300, 200), (300, 400)), rules).values()

    assert len(number) == 1


def test_an_arrow_along_the_line_lets_both_sides_count() -> None:
    along = Rules(lines=(Line("along", None, ((220, 310), (380, 310), *ENDS)),))

    down = crossings(walk((230, 260), (330, 340)), along)
    up = crossings(walk((230, 340), (330, 260)), along)
    against = crossings(walk((330, 260), (230, 340)), along)

    assert (len(down), len(up), len(against)) == (1, 1, 0)


@pytest.mark.parametrize(("away_s", "times"), [(7, 1), (9, 2)])
def test_an_object_that_was_away_for_eight_seconds_is_a_new_one(away_s: int, times: int) -> None:
    across = walk((300, 200), (300, 400), step=8)

    crossed = crossings([*across, *[[]] * (30 * away_s), *across], BOTH)

    assert len(crossed[7, "down"]) == times


def test_counts_are_kept_of_this_frame_and_of_all() -> None:
    rows = walk((300, 200), (300, 400))
    frames = [[row, [8, *row[1:2], row[2] + 30, *row[3:]]] for (row,) in rows]

    found = findings(frames, BOTH)

    crossing = next(each for each in found if each.crossings["down"])
    assert crossing.crossings == {"down": 2, "up": 0}
    assert [each.text for each in crossing.objects.values()] == [" LC:down "] * 2
    assert found[-1].crossings == {"down": 0, "up": 0}
    assert found[-1].crossings_so_far == {"down": 2, "up": 0}


def test_hundreds_of_objects_come_and_go() -> None:
    frames: list[list[list[float]]] = [[] for _ in range(3000)]
    for number in range(400):
        for frame, (row,) in enumerate(walk((205 + number % 190, 250), (205 + number % 190, 350))):
            frames[7 * number + frame].append([float(number), *row[1:]])

    crossed = crossings(frames, BOTH)

    assert sorted(crossed) == [(number, "down") for number in range(400)]
    assert {len(times) for times in crossed.values()} == {1}

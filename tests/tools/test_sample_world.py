from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.sample_world.camera import HEIGHT, WIDTH
from tools.sample_world.dataset import SAMPLE_SEED, TRAINING_SEEDS, VALIDATION_SEEDS
from tools.sample_world.render import Renderer, clip_box
from tools.sample_world.scene import CAR, CLASSES, Scene, build_scene
from tools.sample_world.truth import (
    Line,
    bottom_centre,
    find_crossings,
    listed,
    make_truth,
    scene_lines,
)

FRAMES = 60
Rows = list[list[float]]


@pytest.fixture(scope="module")
def scene() -> Scene:
    return build_scene(3, FRAMES)


@pytest.fixture(scope="module")
def renderer(scene: Scene) -> Renderer:
    return Renderer(scene)


@pytest.fixture(scope="module")
def frames(renderer: Renderer) -> list[Rows]:
    return [listed(renderer.frame(index)[1]) for index in range(0, FRAMES, 6)]


def test_the_same_seed_draws_the_same_frame(scene: Scene, renderer: Renderer) -> None:
    again = Renderer(build_scene(scene.seed, FRAMES))
    for index in (41,):
        picture, seen = renderer.frame(index)
        other_picture, other_seen = again.frame(index)
        assert np.array_equal(picture, other_picture)
        assert seen == other_seen


def test_frames_and_seeds_differ(renderer: Renderer) -> None:
    first, later = renderer.frame(0)[0], renderer.frame(30)[0]
    stranger = Renderer(build_scene(4, FRAMES)).frame(0)[0]
    assert first.shape == (HEIGHT, WIDTH, 3)
    assert not np.array_equal(first, later)
    assert not np.array_equal(first, stranger)


def test_boxes_lie_in_the_picture(frames: list[Rows]) -> None:
    for rows in frames:
        assert len(rows) > 5
        for _, class_id, left, top, width, height, visibility in rows:
            assert 0 <= class_id < len(CLASSES)
            assert left >= 0
            assert top >= 0
            assert left + width <= WIDTH + 0.11
            assert top + height <= HEIGHT + 0.11
            assert 0 < visibility <= 1


def test_identities_are_stable(frames: list[Rows]) -> None:
    classes: dict[int, float] = {}
    places: dict[int, tuple[float, float]] = {}
    for rows in frames:
        assert len({row[0] for row in rows}) == len(rows)
        now = {}
        for row in rows:
            number = int(row[0])
            assert classes.setdefault(number, row[1]) == row[1]
            now[number] = bottom_centre(row)
            if number in places and row[6] > 0.9:
                assert np.hypot(*np.subtract(now[number], places[number])) < 160
        places = now


def test_the_truth_names_every_track(scene: Scene, frames: list[Rows]) -> None:
    truth = make_truth(scene, frames, "film.mp4")
    tracks = {track["id"]: track for track in truth["tracks"]}
    assert set(tracks) == {row[0] for rows in frames for row in rows}
    for track in tracks.values():
        assert (track["colour"] is not None) == (track["class_id"] == CAR)
    assert truth["min_size"] > 0
    assert 0 < truth["min_visibility"] < 1


def sides_of(number: int, frames: list[Rows], line: Line) -> list[float]:
    return [
        line.side(bottom_centre(row)) for rows in frames for row in rows if int(row[0]) == number
    ]


def test_crossings_agree_with_the_boxes(scene: Scene) -> None:
    watched = build_scene(SAMPLE_SEED, FRAMES)
    renderer = Renderer(watched)
    frames = [listed(renderer.frame(index)[1]) for index in range(0, FRAMES, 5)]
    middle = Line("middle", (0.0, 330.0), (float(WIDTH), 330.0), (0.0, -1.0))
    lines = (*scene_lines(watched.camera, watched.layout), middle)
    crossings = find_crossings(frames, lines)
    named = {line.name: line for line in lines}
    for each in crossings:
        past = [row for row in frames[each.frame] if int(row[0]) == each.number]
        before = [row for rows in frames[: each.frame] for row in rows if row[0] == each.number]
        sign = 1 if each.direction == "forward" else -1
        assert sign * named[each.line].side(bottom_centre(past[0])) >= 0
        assert sign * named[each.line].side(bottom_centre(before[-1])) <= 0
    crossed = {each.number for each in crossings if each.line == "middle"}
    for number in {int(row[0]) for rows in frames for row in rows}:
        sides = sides_of(number, frames, middle)
        if abs(sides[0]) > 3 and abs(sides[-1]) > 3 and number not in crossed:
            assert sides[0] * sides[-1] > 0


def walk(*heights: float) -> list[Rows]:
    return [[[1, 0, 90.0, height - 20, 20.0, 20.0, 1.0]] for height in heights]


LEVEL = Line("level", (0.0, 100.0), (200.0, 100.0), (0.0, 1.0))


def test_a_trembling_point_crosses_once() -> None:
    frames = walk(90, 96, 99, 101, 99.5, 101, 104, 110)
    crossings = find_crossings(frames, (LEVEL,))
    assert [(each.frame, each.direction) for each in crossings] == [(5, "forward")]


def test_there_and_back_are_two_crossings() -> None:
    crossings = find_crossings(walk(90, 110, 120, 108, 91), (LEVEL,))
    assert [(each.frame, each.direction) for each in crossings] == [
        (1, "forward"),
        (4, "backward"),
    ]


def test_passing_beside_the_line_is_no_crossing() -> None:
    short = Line("short", (0.0, 100.0), (50.0, 100.0), (0.0, 1.0))
    assert find_crossings(walk(90, 110), (short,)) == []


def test_a_box_is_clipped_with_its_share() -> None:
    box, share = clip_box((-10.0, 700.0, 10.0, 740.0))
    assert box == (0.0, 700.0, 10.0, 720.0)
    assert share == pytest.approx(0.25)


def test_the_seed_ranges_never_meet() -> None:
    assert SAMPLE_SEED < TRAINING_SEEDS < TRAINING_SEEDS + 10_000 < VALIDATION_SEEDS

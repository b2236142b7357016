"""Every line crossing of the sample world's exact tracks is counted, and counted once."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tools.sample_world.truth import scene_lines

from pythia import samples
from pythia.vision.analytics.config import load
from pythia.vision.analytics.rules import BALANCED, LOOSE, STRICT, Line, Rules
from support.judged import crossings
from support.street_tracks import street_tracks

Place = tuple[float, float]

FRAMES = 840
SEEDS = range(50, 54)

tracks_of = cache(street_tracks)


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return dict(json.loads(samples.path("sample_720p.gt.json").read_text()))


def test_every_crossing_of_the_film_is_counted_once(truth: dict[str, Any]) -> None:
    rules = load(samples.path("config_nvdsanalytics.txt")).rules(0, 1280, 720)
    names = {
        ("road", "forward"): "road-out",
        ("road", "backward"): "road-in",
        ("crossing", "forward"): "crossing-right",
        ("crossing", "backward"): "crossing-left",
    }
    expected = Counter(
        (each["id"], names[each["line"], each["direction"]]) for each in truth["crossings"]
    )

    crossed = crossings([[row[:6] for row in rows] for rows in truth["frames"]], rules)

    assert len(expected) == 16
    assert {key: len(times) for key, times in crossed.items()} == expected


def rules_across(lines: list[tuple[Place, Place]], *, extended: bool, mode: str = LOOSE) -> Rules:
    """Two rules a line, one each way, with arrows straight across it."""
    rules = []
    for number, ends in enumerate(lines):
        start, end = ((int(x), int(y)) for x, y in ends)
        across = np.array([start[1] - end[1], end[0] - start[0]], np.float64)
        across *= 50 / np.hypot(*across)
        middle = np.add(start, end) / 2
        tips = [(int(x), int(y)) for x, y in (middle - across, middle + across)]
        rules.append(Line(f"{number} there", None, (*tips, start, end), extended, mode))
        rules.append(Line(f"{number} back", None, (*tips[::-1], start, end), extended, mode))
    return Rules(lines=tuple(rules))


class Path:
    """The way of one object's lower middle beside one line, frame by frame."""

    def __init__(self, boxes: NDArray[np.float64], line: Line) -> None:
        tail, tip, start, end = np.array(line.points, np.float64)
        along = (end - start) / np.hypot(*(end - start))
        across = np.array([-along[1], along[0]])
        across *= np.sign(across @ (tip - tail))
        away = boxes[:, :2] + boxes[:, 2:] * (0.5, 1) - start
        self.side, self._place = away @ across, away @ along
        self._length = np.hypot(*(end - start))
        self._extended = line.extended
        self._half_width = boxes[:, 2] / 2 * abs(along[0])

    def must_count(self) -> bool:
        """Clearly came from before, passed between the ends, and then went clearly past."""
        for step in np.flatnonzero((self.side[:-1] < 0) & (self.side[1:] >= 0)).tolist():
            after = self.side[step + 1 :]
            stays = after[: np.argmax(after < 0) or len(after)] if (after < 0).any() else after
            place = self._passing(step)
            between = self._extended or 4 <= place <= self._length - 4
            if between and (self.side[5 : step + 1] < -6).any() and (stays > 36).any():
                return True
        return False

    def may_count(self) -> bool:
        """Came from before the line, or so close to it that whole pixels cannot tell."""
        lowest = np.minimum.accumulate(self.side)[:-1]
        later = self.side[1:]
        if not ((lowest < 4) & (later > -4) & (later > lowest)).any():
            return False
        slack = self._half_width + 6
        touches = (-slack < self._place) & (self._place < self._length + slack)
        return bool(self._extended or (touches & (np.abs(self.side) < 4 + self._step())).any())

    def _passing(self, step: int) -> float:
        share = self.side[step] / (self.side[step] - self.side[step + 1])
        return float(self._place[step] * (1 - share) + self._place[step + 1] * share)

    def _step(self) -> float:
        return float(np.abs(np.diff(self.side)).max(initial=0))


def paths(frames: list[list[list[float]]]) -> dict[int, NDArray[np.float64]]:
    found = defaultdict(list)
    for rows in frames:
        for number, _class_id, *box in rows:
            found[int(number)].append(box)
    return {number: np.array(boxes) for number, boxes in found.items()}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("extended", [False, True])
def test_every_crossing_of_other_streets_is_counted_once(seed: int, extended: bool) -> None:
    scene, frames = tracks_of(seed, FRAMES)
    lines: list[tuple[Place, Place]] = [
        (line.start, line.end) for line in scene_lines(scene.camera, scene.layout)
    ]
    lines += [((100, y), (900, y + 30)) for y in (330, 420, 520)]
    lines += [((x, 200), (x + 60, 700)) for x in (300, 640, 900)]
    rules = rules_across(lines, extended=extended)

    crossed = crossings(frames, rules)

    sure = 0
    for number, boxes in paths(frames).items():
        for line in rules.lines:
            times, path = crossed.get((number, line.name), []), Path(boxes, line)
            case = f"object {number}, {line.name}: {times}"
            assert len(times) <= 1, case
            assert times or not path.must_count(), case
            assert not times or path.may_count(), case
            sure += path.must_count()
    assert sure > 50


def test_stricter_modes_count_a_part_of_what_looser_ones_do() -> None:
    scene, frames = tracks_of(SEEDS[0], FRAMES)
    lines = [(line.start, line.end) for line in scene_lines(scene.camera, scene.layout)]
    lines += [((100.0, 420.0), (900.0, 450.0))]

    loose, balanced, strict = (
        set(crossings(frames, rules_across(lines, extended=False, mode=mode)))
        for mode in (LOOSE, BALANCED, STRICT)
    )

    assert strict < balanced < loose
    assert len(strict) > 10

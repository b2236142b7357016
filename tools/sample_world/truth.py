"""The ground truth of a film: what is where in every frame, and who crosses which line when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .camera import FPS, HEIGHT, WIDTH, Camera, Floats
from .layout import Layout
from .render import Seen
from .scene import CLASSES, Scene

# A thing counts in an evaluation from this size (both sides, in pixels) and this visibility on;
# below either one it is neither a hit nor a miss.
MIN_SIZE = 14.0
MIN_VISIBILITY = 0.4
# Below these a thing is not listed at all.
LISTED_SIZE = 5.0
LISTED_VISIBILITY = 0.05
# A point must get this many pixels away from a line before it is on the line's other side.
SETTLED = 3.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line in the picture; who moves along ``direction`` crosses it forward."""

    name: str
    start: Point
    end: Point
    direction: Point

    def side(self, point: Point) -> float:
        """Pixels before (negative) or past (positive) the line, seen along its direction."""
        across = self._across()
        away = np.subtract(point, self.start)
        return float(away @ across)

    def between_ends(self, one: Point, other: Point) -> bool:
        """Whether the way from one point to another meets the line between its ends."""
        before, after = self.side(one), self.side(other)
        if before == after:
            return False
        meeting = np.add(one, np.subtract(other, one) * (before / (before - after)))
        along = np.subtract(self.end, self.start)
        share = float((meeting - self.start) @ along) / float(along @ along)
        return 0.0 <= share <= 1.0

    def _across(self) -> Floats:
        along = np.subtract(self.end, self.start)
        across: Floats = np.array([-along[1], along[0]]) / np.linalg.norm(along)
        return across if across @ self.direction > 0 else -across


@dataclass(frozen=True)
class Crossing:
    """One crossing of one line by one thing."""

    frame: int
    number: int
    line: str
    direction: str


def scene_lines(camera: Camera, layout: Layout) -> tuple[Line, ...]:
    """A line over the road beyond the side street, and one along the middle of the crossing."""
    far = (layout.cross_end if layout.cross_end is not None else layout.stop + 9.0) + 5.0
    road = _on_ground(camera, [(-layout.kerb - 0.4, far), (layout.kerb + 0.4, far)])
    middle = _on_ground(camera, [(0.0, layout.stop - 0.2), (0.0, layout.stop + 3.8)])
    return (
        Line("road", road[0], road[1], (0.0, -1.0)),
        Line("crossing", middle[0], middle[1], (1.0, 0.0)),
    )


def _on_ground(camera: Camera, places: list[Point]) -> list[Point]:
    flat = camera.project(np.array([[x, 0.0, z] for x, z in places]))
    return [(round(float(x), 1), round(float(y), 1)) for x, y, _ in flat]


def bottom_centre(row: list[float]) -> Point:
    """The point of a listed object that crosses lines."""
    _, _, left, top, width, height, _ = row
    return left + width / 2, top + height


def find_crossings(frames: list[list[list[float]]], lines: tuple[Line, ...]) -> list[Crossing]:
    """Every crossing, once: at the first frame past the line of a point that then stays past."""
    ways: dict[int, list[tuple[int, Point]]] = {}
    for frame, rows in enumerate(frames):
        for row in rows:
            ways.setdefault(int(row[0]), []).append((frame, bottom_centre(row)))
    found = []
    for line in lines:
        for number, way in ways.items():
            found += _crossings_of(number, way, line)
    return sorted(found, key=lambda each: (each.frame, each.number))


def _crossings_of(number: int, way: list[tuple[int, Point]], line: Line) -> list[Crossing]:
    found = []
    settled: tuple[float, Point] | None = None
    passed: int | None = None
    for frame, point in way:
        side = line.side(point)
        if settled is not None and side * settled[0] > 0:
            passed = None
        elif passed is None:
            passed = frame
        if abs(side) < SETTLED:
            continue
        changed = settled is not None and side * settled[0] < 0
        if changed and settled is not None and line.between_ends(settled[1], point):
            direction = "forward" if side > 0 else "backward"
            first = frame if passed is None else passed
            found.append(Crossing(first, number, line.name, direction))
        settled, passed = (side, point), None
    return found


def listed(seen: list[Seen]) -> list[list[float]]:
    """The rows of one frame: id, class, left, top, width, height, visibility."""
    rows: list[list[float]] = []
    for each in seen:
        left, top, right, bottom = each.box
        width, height = right - left, bottom - top
        if min(width, height) < LISTED_SIZE or each.visibility < LISTED_VISIBILITY:
            continue
        box = [round(value, 1) for value in (left, top, width, height)]
        rows.append([each.number, each.class_id, *box, round(each.visibility, 2)])
    return rows


def make_truth(scene: Scene, frames: list[list[list[float]]], video: str) -> dict[str, Any]:
    """The whole ground truth as one JSON object."""
    lines = scene_lines(scene.camera, scene.layout)
    present = {int(row[0]) for rows in frames for row in rows}
    return {
        "version": 1,
        "video": video,
        "width": WIDTH,
        "height": HEIGHT,
        "fps": FPS,
        "seed": scene.seed,
        "classes": list(CLASSES),
        "min_size": MIN_SIZE,
        "min_visibility": MIN_VISIBILITY,
        "tracks": [
            {
                "id": actor.number,
                "class_id": actor.class_id,
                "colour": actor.colour,
                "vehicle_type": actor.vehicle_type,
            }
            for actor in scene.actors
            if actor.number in present
        ],
        "lines": [
            {"name": line.name, "start": line.start, "end": line.end, "direction": line.direction}
            for line in lines
        ],
        "crossings": [
            {
                "frame": each.frame,
                "id": each.number,
                "line": each.line,
                "direction": each.direction,
            }
            for each in find_crossings(frames, lines)
        ],
        "frames": frames,
    }


def write_truth(truth: dict[str, Any], path: Path) -> None:
    """Write the ground truth, one frame a line."""
    head = {key: value for key, value in truth.items() if key != "frames"}
    lines = [json.dumps(rows, separators=(",", ":")) for rows in truth["frames"]]
    start = json.dumps(head, separators=(",", ":"))[:-1]
    path.write_text(start + ',"frames":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")

"""Tracks of the sample world without pictures: what its camera would see, were nothing hidden."""

from __future__ import annotations

import numpy as np
from tools.sample_world.camera import HEIGHT, WIDTH
from tools.sample_world.scene import BICYCLE, CAR, PERSON, ROADSIGN, Actor, Scene, build_scene

Rows = list[list[float]]
"""Of one frame: identity, class, left, top, width and height of each object."""

_SIZES = {CAR: (1.75, 1.45, 4.4), BICYCLE: (0.6, 1.75, 1.8), PERSON: (0.55, 1.75, 0.5)}
_NEAREST, _SMALLEST = 4.0, 5.0


def street_tracks(seed: int, frames: int) -> tuple[Scene, list[Rows]]:
    """A scene, and the boxes of everything that moves in it, frame by frame."""
    scene = build_scene(seed, frames)
    rows: list[Rows] = [[] for _ in range(frames)]
    for actor in scene.actors:
        if actor.class_id == ROADSIGN:
            continue
        for frame, box in zip(*_boxes(scene, actor), strict=True):
            rows[frame].append([actor.number, actor.class_id, *box])
    return scene, rows


def _boxes(scene: Scene, actor: Actor) -> tuple[list[int], list[list[float]]]:
    """In which frames an actor is seen, and the boxes around its eight corners."""
    width, height, length = _SIZES[actor.class_id]
    track = actor.track
    frames = np.flatnonzero(track.present())
    x, z, heading = track.x[frames], track.z[frames], track.heading[frames]
    corners = []
    for right in (-width / 2, width / 2):
        for ahead in (-length / 2, length / 2):
            for up in (0.0, height):
                place_x = x + right * np.cos(heading) + ahead * np.sin(heading)
                place_z = z - right * np.sin(heading) + ahead * np.cos(heading)
                place = np.stack([place_x, np.full_like(x, up), place_z], axis=1)
                corners.append(scene.camera.project(place))
    seen = np.stack(corners)
    low = np.maximum(seen[..., :2].min(axis=0), 0)
    high = np.minimum(seen[..., :2].max(axis=0), (WIDTH, HEIGHT))
    there = (seen[..., 2].min(axis=0) > _NEAREST) & ((high - low).min(axis=1) > _SMALLEST)
    boxes = np.concatenate([low, high - low], axis=1)[there]
    return frames[there].tolist(), boxes.tolist()

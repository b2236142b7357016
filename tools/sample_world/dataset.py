"""Training frames from many streets, none of them the street of the shipped video.

Seeds: the shipped video uses ``SAMPLE_SEED``; training scenes start at ``TRAINING_SEEDS`` and
validation scenes at ``VALIDATION_SEEDS``; the ranges never meet.
"""

from __future__ import annotations

import argparse
import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .camera import HEIGHT, WIDTH, Floats
from .cars import COLOURS, VEHICLE_TYPES
from .render import Renderer, Seen
from .scene import CAR, Scene, build_scene
from .sketch import Picture

SAMPLE_SEED = 7
TRAINING_SEEDS = 100_000
VALIDATION_SEEDS = 900_000

SCENE_FRAMES = 840
NET_SIZE = (960, 544)
CROP_SIDE = 64
MOST_OBJECTS = 96
CROPS_PER_FRAME = 6
# Columns of a label row: left, top, right, bottom in network pixels, class, visibility.
LABEL_COLUMNS = 6


@dataclass(frozen=True)
class Order:
    """One scene to draw and where its frames go."""

    seed: int
    first: int
    frames: int
    folder: Path


def compressed(picture: Picture, rng: np.random.Generator) -> Picture:
    """The picture after a lossy codec of random quality, or untouched."""
    if rng.uniform() < 0.35:
        return picture
    quality = int(rng.integers(30, 92))
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def label_rows(seen: list[Seen]) -> Floats:
    """Label rows in network pixels, nothing that cannot be seen at all."""
    scale_x, scale_y = NET_SIZE[0] / WIDTH, NET_SIZE[1] / HEIGHT
    rows = [
        (
            each.box[0] * scale_x,
            each.box[1] * scale_y,
            each.box[2] * scale_x,
            each.box[3] * scale_y,
            each.class_id,
            each.visibility,
        )
        for each in seen
        if each.visibility > 0.02
    ]
    rows.sort(key=lambda row: -(row[2] - row[0]) * (row[3] - row[1]))
    table = np.full((MOST_OBJECTS, LABEL_COLUMNS), -1.0)
    kept = rows[:MOST_OBJECTS]
    if kept:
        table[: len(kept)] = kept
    return table


def car_crops(
    picture: Picture, seen: list[Seen], scene: Scene, rng: np.random.Generator
) -> list[tuple[Picture, int, int]]:
    """Crops of well visible cars with paint and type, shaken as a detector shakes boxes."""
    actors = {actor.number: actor for actor in scene.actors}
    crops = []
    for each in seen:
        left, top, right, bottom = each.box
        wide, tall = right - left, bottom - top
        if each.class_id != CAR or each.visibility < 0.55 or min(wide, tall) < 14:
            continue
        shake = rng.normal(0, 0.06, 4)
        x0 = int(np.clip(left + shake[0] * wide, 0, WIDTH - 4))
        y0 = int(np.clip(top + shake[1] * tall, 0, HEIGHT - 4))
        x1 = int(np.clip(right + shake[2] * wide, x0 + 4, WIDTH))
        y1 = int(np.clip(bottom + shake[3] * tall, y0 + 4, HEIGHT))
        crop = cv2.resize(picture[y0:y1, x0:x1], (CROP_SIDE, CROP_SIDE))
        paint, kind = actors[each.number].colour, actors[each.number].vehicle_type
        assert paint is not None
        assert kind is not None
        named = COLOURS.index(paint), VEHICLE_TYPES.index(kind)
        crops.append((np.asarray(crop, np.uint8), *named))
    order = rng.permutation(len(crops))[:CROPS_PER_FRAME]
    return [crops[place] for place in order]


def draw_order(order: Order) -> None:
    """Draw the frames of one scene into the shared files."""
    cv2.setNumThreads(1)
    pictures = np.load(order.folder / "pictures.npy", mmap_mode="r+")
    labels = np.load(order.folder / "labels.npy", mmap_mode="r+")
    crops = np.load(order.folder / "crops.npy", mmap_mode="r+")
    paints = np.load(order.folder / "paints.npy", mmap_mode="r+")
    types = np.load(order.folder / "types.npy", mmap_mode="r+")
    scene = build_scene(order.seed, SCENE_FRAMES)
    renderer = Renderer(scene)
    rng = np.random.default_rng([order.seed, 21])
    moments = rng.choice(SCENE_FRAMES, order.frames, replace=False)
    for place, moment in enumerate(moments, start=order.first):
        drawn, seen = renderer.frame(int(moment))
        picture = compressed(drawn, rng)
        pictures[place] = cv2.resize(picture, NET_SIZE, interpolation=cv2.INTER_LINEAR)
        labels[place] = label_rows(seen)
        for slot, (crop, paint, kind) in enumerate(car_crops(picture, seen, scene, rng)):
            crops[place, slot], paints[place, slot], types[place, slot] = crop, paint, kind


def create(folder: Path, count: int) -> None:
    """Create the empty files of a set."""
    folder.mkdir(parents=True, exist_ok=True)
    shapes: dict[str, tuple[tuple[int, ...], type]] = {
        "pictures": ((count, NET_SIZE[1], NET_SIZE[0], 3), np.uint8),
        "labels": ((count, MOST_OBJECTS, LABEL_COLUMNS), np.float32),
        "crops": ((count, CROPS_PER_FRAME, CROP_SIDE, CROP_SIDE, 3), np.uint8),
        "paints": ((count, CROPS_PER_FRAME), np.int64),
        "types": ((count, CROPS_PER_FRAME), np.int64),
    }
    for name, (shape, kind) in shapes.items():
        made: NDArray[np.generic] = np.lib.format.open_memmap(
            folder / f"{name}.npy", mode="w+", dtype=kind, shape=shape
        )
        if name in ("paints", "types"):
            made[:] = -1


def make_set(folder: Path, first_seed: int, scenes: int, frames: int, workers: int) -> None:
    """Draw ``scenes`` streets, ``frames`` frames each, into ``folder``."""
    create(folder, scenes * frames)
    orders = [Order(first_seed + scene, scene * frames, frames, folder) for scene in range(scenes)]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for _ in pool.imap_unordered(draw_order, orders):
            pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scenes", type=int, default=900)
    parser.add_argument("--validation-scenes", type=int, default=40)
    parser.add_argument("--frames", type=int, default=9, help="frames per scene")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    options = parser.parse_args()
    make_set(
        options.folder / "validation",
        VALIDATION_SEEDS,
        options.validation_scenes,
        options.frames,
        options.workers,
    )
    make_set(
        options.folder / "training",
        TRAINING_SEEDS,
        options.scenes,
        options.frames,
        options.workers,
    )


if __name__ == "__main__":
    main()

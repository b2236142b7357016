"""Draws the frames of a scene and says exactly what is to be seen in each."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .background import Painter
from .camera import FPS, HEIGHT, WIDTH, Camera, Floats
from .furniture import draw_lamp, draw_signal, draw_tree
from .layout import House, Layout
from .pen import Pen
from .scene import Actor, Scene
from .signs import Sign
from .sketch import Box, Layer, Picture, fixed_point

SHADOW_SHRINK = 2
NOISE_MARGIN = 96


@dataclass(frozen=True)
class Seen:
    """One thing as it appears in one frame; the box is clipped to the picture."""

    number: int
    class_id: int
    box: Box
    visibility: float


@dataclass
class Item:
    """A layer with its depth; ``full`` is the unclipped box of a labelled thing."""

    depth: float
    layer: Layer
    actor: Actor | None = None
    full: Box | None = None


class Renderer:
    """Draws any frame of one scene, each independent of the others."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        painter = Painter(scene.camera, scene.light, scene.layout, scene.seed)
        self.background = painter.paint()
        self.fixed: list[Item] = []
        self.fixed_shadow = np.zeros((HEIGHT // SHADOW_SHRINK, WIDTH // SHADOW_SHRINK), np.uint8)
        self._build_furniture()
        self._build_corner_houses()
        noise = np.random.default_rng([scene.seed, 9])
        size = (HEIGHT + NOISE_MARGIN, WIDTH + NOISE_MARGIN, 3)
        self.noise = (noise.standard_normal(size, np.float32) * scene.film.noise).astype(np.int16)
        self.vignette = _vignette(scene.film.vignette)

    def frame(self, index: int) -> tuple[Picture, list[Seen]]:
        """Draw one frame and list what is visible in it."""
        items = list(self.fixed)
        shadow = self.fixed_shadow.copy()
        items += self._signals(index)
        for actor in self.scene.actors:
            if not isinstance(actor.shape, Sign):
                items += self._actor(actor, index, shadow)
        picture = self._shade(shadow, index)
        owners = np.zeros((HEIGHT, WIDTH), np.uint16)
        items.sort(key=lambda item: -item.depth)
        for place, item in enumerate(items, start=1):
            item.layer.lay_on(picture)
            owners[item.layer.window][item.layer.inside] = place
        return self._develop(picture, index), _sightings(items, owners)

    def _pen(self, x: float, z: float, heading: float) -> Pen:
        return Pen(self.scene.camera, self.scene.light, (x, z), heading)

    def _actor(self, actor: Actor, index: int, shadow: Picture) -> list[Item]:
        track = actor.track
        x, z = float(track.x[index]), float(track.z[index])
        if np.isnan(x):
            return []
        pen = self._pen(x, z, float(track.heading[index]))
        if pen.nearest() < 4.0:
            return []
        actor.shape.draw(pen, float(track.stride[index]))
        _drop_shadows(pen, shadow)
        layer = pen.sketch.paint()
        return [] if layer is None else [Item(pen.nearest(), layer, actor, pen.sketch.bounds())]

    def _build_furniture(self) -> None:
        layout = self.scene.layout
        for tree in layout.trees:
            pen = self._pen(tree.x, tree.z, 0.0)
            draw_tree(pen, tree)
            self._fix(pen)
        for x, z in layout.lamps:
            pen = self._pen(x, z, 0.0)
            draw_lamp(pen, 1 if x > 0 else -1)
            self._fix(pen)
        for actor in self.scene.actors:
            if isinstance(actor.shape, Sign):
                self._build_sign(actor, actor.shape)

    def _build_sign(self, actor: Actor, sign: Sign) -> None:
        track = actor.track
        place = (float(track.x[0]), float(track.z[0]), float(track.heading[0]))
        post = self._pen(*place)
        sign.draw_post(post)
        self._fix(post)
        plate = self._pen(*place)
        sign.draw(plate, 0.0)
        layer = plate.sketch.paint()
        if layer is not None:
            depth = plate.nearest() - 0.05
            self.fixed.append(Item(depth, layer, actor, plate.sketch.bounds()))

    def _fix(self, pen: Pen) -> None:
        _drop_shadows(pen, self.fixed_shadow)
        layer = pen.sketch.paint()
        if layer is not None:
            self.fixed.append(Item(pen.nearest(), layer))

    def _build_corner_houses(self) -> None:
        """Houses before the side street hide what drives and walks in it."""
        layout = self.scene.layout
        if layout.cross_start is None:
            return
        for side in (-1, 1):
            mask: Picture = np.zeros((HEIGHT, WIDTH), np.uint8)
            for house in layout.houses:
                if house.side == side and house.end < layout.cross_start:
                    for face in _house_faces(self.scene.camera, layout, house):
                        cv2.fillPoly(mask, [fixed_point(face)], (255,), cv2.LINE_AA, 4)
            columns = np.flatnonzero(mask.any(axis=0))
            if len(columns) == 0:
                continue
            window = slice(int(columns[0]), int(columns[-1]) + 1)
            cover = np.ascontiguousarray(mask[:, window])
            colour = cv2.multiply(
                self.background[:, window], cv2.cvtColor(cover, cv2.COLOR_GRAY2BGR), scale=1 / 255
            )
            layer = Layer(window.start, 0, np.asarray(colour, np.uint8), cover)
            self.fixed.append(Item(layout.cross_start - 2.9, layer))

    def _signals(self, index: int) -> list[Item]:
        """The lights at the stop line, facing the camera's side of the road."""
        layout = self.scene.layout
        green = self.scene.signals.road_green(index / FPS)
        items = []
        for side in (-1, 1):
            pen = self._pen(side * (layout.kerb + 0.35), layout.stop + 4.2, np.pi)
            draw_signal(pen, green)
            layer = pen.sketch.paint()
            if layer is not None:
                items.append(Item(pen.nearest(), layer))
        return items

    def _shade(self, shadow: Picture, index: int) -> Picture:
        """The background with the shadows of this frame."""
        light = self.scene.light
        strength = light.shadow * (1 - 0.75 * light.cloud(index))
        soft = cv2.GaussianBlur(shadow, (5, 5), 0)
        large = cv2.resize(soft, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
        keep = cv2.convertScaleAbs(large, alpha=-strength, beta=255)
        keep = cv2.cvtColor(keep, cv2.COLOR_GRAY2BGR)
        return np.asarray(cv2.multiply(self.background, keep, scale=1 / 255), np.uint8)

    def _develop(self, picture: Picture, index: int) -> Picture:
        """Exposure, lens and sensor."""
        film = self.scene.film
        if film.blur > 0.25:
            picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), film.blur), np.uint8)
        gains = self.vignette * self.scene.light.gains(index).astype(np.float32)
        lit = cv2.multiply(picture, gains, dtype=cv2.CV_16S)
        rng = np.random.default_rng([self.scene.seed, 11, index])
        top, left = (int(rng.integers(NOISE_MARGIN)) for _ in range(2))
        grain = self.noise[top : top + HEIGHT, left : left + WIDTH]
        noisy = cv2.add(lit, grain)
        return np.clip(noisy, 0, 255).astype(np.uint8)


def _vignette(strength: float) -> NDArray[np.float32]:
    rows, columns = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    level = 1 - strength * (rows**2 + columns**2) / 2
    return np.repeat(level[:, :, None], 3, axis=2).astype(np.float32)


def _drop_shadows(pen: Pen, shadow: Picture) -> None:
    for outline in pen.shadows:
        if outline[:, 1].max() > 0 and pen.nearest() > 4.0:
            points = fixed_point(outline, 1 / SHADOW_SHRINK)
            cv2.fillPoly(shadow, [points], (255,), cv2.LINE_AA, 4)


def _house_faces(camera: Camera, layout: Layout, house: House) -> list[Floats]:
    x, start, end, tall = house.side * layout.wall, max(house.start, 2.0), house.end, house.height
    if end <= start:
        return []
    front = np.array([[x, 0, start], [x, 0, end], [x, tall, end], [x, tall, start]])
    deep = x + 11.0 * house.side
    gable = np.array([[x, 0, start], [deep, 0, start], [deep, tall, start], [x, tall, start]])
    faces = [front, gable] if house.start >= 2.0 else [front]
    return [camera.project(face)[:, :2] for face in faces]


def _sightings(items: list[Item], owners: NDArray[np.uint16]) -> list[Seen]:
    """What is visible, from who owns each pixel."""
    counts = np.bincount(owners.ravel(), minlength=len(items) + 1)
    found = []
    for place, item in enumerate(items, start=1):
        if item.actor is None or item.full is None:
            continue
        whole = int(item.layer.inside.sum())
        box, share = clip_box(item.full)
        if whole == 0 or share == 0:
            continue
        visibility = float(counts[place]) / whole * share
        found.append(Seen(item.actor.number, item.actor.class_id, box, visibility))
    return sorted(found, key=lambda seen: seen.number)


def clip_box(full: Box) -> tuple[Box, float]:
    """The part of a box (left, top, right, bottom) inside the picture and its share."""
    left, top, right, bottom = full
    x0, y0, x1, y1 = max(0.0, left), max(0.0, top), min(WIDTH, right), min(HEIGHT, bottom)
    area = (right - left) * (bottom - top)
    inside = max(0.0, x1 - x0) * max(0.0, y1 - y0)
    return (x0, y0, float(x1), float(y1)), inside / area if area > 0 else 0.0

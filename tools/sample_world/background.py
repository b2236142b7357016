"""Paints what never moves: sky, ground, houses."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .camera import HEIGHT, WIDTH, Camera, Floats
from .layout import BIKE_LANE, FAR, LANE, House, Layout
from .light import Colour, Light
from .pen import blend, tint
from .sketch import SUBPIXEL_BITS, Picture, fixed_point

FINE = 2
NEAR = 3.0
ASPHALT: Colour = (92, 90, 90)
PAVING: Colour = (150, 155, 160)
KERB: Colour = (178, 180, 182)
GRASS: Colour = (70, 130, 105)
PAINT: Colour = (225, 228, 228)
BIKE: Colour = (82, 84, 118)


class Painter:
    """Paints the fixed scenery at twice the size, for smooth edges."""

    def __init__(self, camera: Camera, light: Light, layout: Layout, seed: int) -> None:
        self.camera, self.light, self.layout = camera, light, layout
        self.rng = np.random.default_rng(seed)
        self.canvas: Picture = np.zeros((HEIGHT * FINE, WIDTH * FINE, 3), np.uint8)

    def paint(self) -> Picture:
        """Paint everything and return it at the picture's size."""
        self._sky()
        self._flat(-400, 400, NEAR, 900, GRASS)
        self._skyline()
        self._ground()
        small = cv2.resize(self.canvas, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        self.canvas = np.asarray(small, np.uint8)
        self._roughen()
        self.canvas = np.asarray(cv2.resize(self.canvas, None, fx=FINE, fy=FINE), np.uint8)
        self._houses()
        small = cv2.resize(self.canvas, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8)

    def _polygon(self, world: Floats, colour: Colour) -> None:
        flat = self.camera.project(world)[:, :2]
        cv2.fillPoly(self.canvas, [fixed_point(flat, FINE)], colour, cv2.LINE_8, SUBPIXEL_BITS)

    def _air(self, colour: Colour, level: float, z: float) -> Colour:
        return blend(tint(colour, level), self.light.haze, float(1 - np.exp(-max(z, 0) / 420)))

    def _flat(self, x0: float, x1: float, z0: float, z1: float, colour: Colour) -> None:
        """A rectangle on the ground, in strips so that the air thickens with distance."""
        level = self.light.on_face(np.array([0.0, 1.0, 0.0]))
        z = max(z0, NEAR)
        while z < z1:
            end = min(z1, z * 1.5)
            corners = np.array([[x0, 0, z], [x1, 0, z], [x1, 0, end], [x0, 0, end]], float)
            self._polygon(corners, self._air(colour, level, (z + end) / 2))
            z = end

    def _sky(self) -> None:
        """A gradient from the zenith to the haze, with soft clouds."""
        horizon = self.camera.horizon_row()
        rows = np.arange(HEIGHT * FINE) / FINE
        share = np.clip(rows / max(horizon, 1.0), 0, 1)[:, None] ** 0.7
        blue_share = float(np.clip((self.light.diffuse - 0.18) / 0.42, 0, 1))
        zenith = np.array(blend((190, 180, 170), (220, 160, 95), blue_share))
        column = zenith * (1 - share) + np.array(self.light.haze) * share
        sky = np.repeat(column[:, None], WIDTH * FINE, axis=1)
        clouds = self._clouds(sky.shape[0], sky.shape[1])
        fade = (0.75 * (1 - share))[:, :, None] * clouds[:, :, None]
        self.canvas = np.clip(sky * (1 - fade) + 240 * fade, 0, 255).astype(np.uint8)

    def _clouds(self, rows: int, columns: int) -> NDArray[np.float32]:
        total = np.zeros((rows, columns), np.float32)
        for size, weight in ((6, 0.5), (14, 0.3), (34, 0.2)):
            coarse = self.rng.uniform(0, 1, (size, max(2, size // 2))).astype(np.float32)
            total += weight * cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
        return np.asarray(np.clip((total - 0.48) * 3.2, 0, 1), np.float32)

    def _skyline(self) -> None:
        """Pale blocks at the end of the street."""
        for x in np.arange(-150, 150, 13.0):
            tall = float(self.rng.uniform(5, 24))
            z = float(self.rng.uniform(FAR, FAR + 60))
            corners = np.array([[x, 0, z], [x + 15, 0, z], [x + 15, tall, z], [x, tall, z]])
            grey = float(self.rng.uniform(110, 160))
            self._polygon(corners, self._air((grey, grey, grey), 0.9, z * 1.6))

    def _ground(self) -> None:
        street = self.layout
        kerb, wall = street.kerb, street.wall
        for side in (-1, 1):
            self._flat(side * kerb, side * (wall + 14), NEAR, FAR, PAVING)
            self._tiles(side)
        self._flat(-kerb, kerb, NEAR, FAR, ASPHALT)
        for side in (-1, 1):
            edge = side * kerb
            self._flat(edge - side * BIKE_LANE, edge, NEAR, FAR, BIKE)
            self._flat(edge, edge + side * 0.28, NEAR, FAR, KERB)
        self._side_street()
        self._markings()

    def _tiles(self, side: int) -> None:
        street = self.layout
        dark = tint(PAVING, 0.9)
        for z in np.arange(4.0, 60.0, 1.2):
            self._flat(side * street.kerb, side * street.wall, z, z + 0.05, dark)
        for x in np.arange(street.kerb + 1.2, street.wall, 1.2):
            self._flat(side * x, side * (x + 0.05), NEAR, 60.0, dark)

    def _side_street(self) -> None:
        street = self.layout
        if street.cross_start is None or street.cross_end is None:
            return
        start, end = street.cross_start, street.cross_end
        self._flat(-160, 160, start - 3.0, end + 3.0, PAVING)
        self._flat(-160, 160, start - 0.28, end + 0.28, KERB)
        self._flat(-street.kerb, street.kerb, start - 3.0, end + 3.0, ASPHALT)
        self._flat(-160, 160, start, end, ASPHALT)
        middle = (start + end) / 2
        for x in (*np.arange(-100, -street.kerb - 3, 5.0), *np.arange(street.kerb, 100, 5.0)):
            self._flat(x, x + 2.5, middle - 0.07, middle + 0.07, PAINT)

    def _markings(self) -> None:
        street = self.layout
        gap = 4.0
        clear = (street.stop - 0.4, street.stop + gap + 0.4)

        def line(x: float, dash: float, pause: float, width: float = 0.07) -> None:
            for z in np.arange(NEAR, 140, dash + pause):
                end = z + dash
                crossing = clear[0] < end and z < clear[1]
                if not crossing and not street.in_side_street(z + dash / 2, 3.5):
                    self._flat(x - width, x + width, z, end, PAINT)

        for x in (-0.12, 0.12):
            line(x, 2.0, 0.0)
        for side in (-1, 1):
            for lane in range(1, street.lanes):
                line(side * lane * LANE, 2.0, 3.0)
            line(side * street.lanes * LANE, 1.0, 0.0, 0.06)
        for x in np.arange(-street.kerb + 0.4, street.kerb - 0.5, 1.1):
            self._flat(x, x + 0.55, street.stop, street.stop + gap - 0.6, PAINT)
        self._flat(0.2, street.kerb, street.stop - 1.2, street.stop - 0.8, PAINT)
        if street.cross_end is not None:
            far_stop = street.cross_end + 3.2
            self._flat(-street.kerb, -0.2, far_stop, far_stop + 0.5, PAINT)

    def _roughen(self) -> None:
        """Give the ground a grain that lies flat in perspective."""
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
        x, z = self.camera.ground_at(columns, rows)
        fine = self.rng.normal(0, 1, (512, 512)).astype(np.float32)
        wrapped = np.pad(self.rng.normal(0, 1, (512, 512)).astype(np.float32), 32, mode="wrap")
        broad = cv2.GaussianBlur(wrapped, (0, 0), 9)[32:-32, 32:-32]
        grain = np.zeros((HEIGHT, WIDTH), np.float32)
        weights = ((fine, 22.0, 3.6), (broad / broad.std(), 14.0, 4.2))
        for noise, density, weight in weights:
            u, v = (np.mod(part * density, 512).astype(np.float32) for part in (x, z))
            laid = cv2.remap(noise, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
            grain += weight * laid
        fade = np.where(rows > self.camera.horizon_row() + 4, np.exp(-z / 45), 0.0)
        rough = self.canvas + (grain * fade)[:, :, None]
        self.canvas = np.clip(rough, 0, 255).astype(np.uint8)

    def _houses(self) -> None:
        for house in sorted(self.layout.houses, key=lambda each: -each.start):
            self._house(house)

    def _house(self, house: House) -> None:
        x = house.side * self.layout.wall
        start, end = max(house.start, 2.0), house.end
        if end <= start:
            return
        across = np.array([-house.side, 0.0, 0.0])
        front_level = self.light.on_face(across)
        gable_level = self.light.on_face(np.array([0.0, 0.0, -1.0]))
        depth = 11.0 * house.side
        gable = np.array(
            [
                [x, 0, start],
                [x + depth, 0, start],
                [x + depth, house.height, start],
                [x, house.height, start],
            ]
        )
        front = np.array(
            [[x, 0, start], [x, 0, end], [x, house.height, end], [x, house.height, start]]
        )
        if house.start >= 2.0:
            self._polygon(gable, self._air(house.wall, gable_level, start))
            self._gable_panes(house, x, start, gable_level)
        self._polygon(front, self._air(house.wall, front_level, (start + end) / 2))
        self._front_panes(house, x, front_level)

    def _gable_panes(self, house: House, x: float, z: float, level: float) -> None:
        for low in np.arange(1.2, house.height - 1.6, house.storey):
            for step in np.arange(1.2, 9.5, house.bay):
                left = x + house.side * step
                right = left + house.side * 1.1
                pane = np.array(
                    [[left, low, z], [right, low, z], [right, low + 1.5, z], [left, low + 1.5, z]]
                )
                self._polygon(pane, self._air(house.pane, level + 0.15, z))

    def _front_panes(self, house: House, x: float, level: float) -> None:
        """Windows row by row; far fronts keep only their bands."""
        trim = tint(house.wall, 1.14)
        for low in np.arange(0.9, house.height - 1.6, house.storey):
            tall = 1.9 if low < 1 else 1.55
            for z in np.arange(house.start + 0.7, house.end - 1.5, house.bay):
                if z < 2.5 or z > 130:
                    continue
                frame = self._upright(x, z - 0.1, z + 1.4, low - 0.1, low + tall + 0.1)
                self._polygon(frame, self._air(trim, level, z))
                glass = self._upright(x, z, z + 1.3, low, low + tall)
                lit = float(self.rng.uniform(0.85, 1.2))
                self._polygon(glass, self._air(tint(house.pane, lit), level + 0.1, z))
        ledge = self._upright(x, max(house.start, 2.0), house.end, house.height - 0.4, house.height)
        self._polygon(ledge, self._air(tint(house.wall, 0.8), level, house.start))

    @staticmethod
    def _upright(x: float, z0: float, z1: float, low: float, high: float) -> Floats:
        return np.array([[x, low, z0], [x, low, z1], [x, high, z1], [x, high, z0]])

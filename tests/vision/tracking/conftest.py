"""Pictures with something in them that a visual tracker can follow."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pythia.vision.image import Image, default_layout, image_in

Scene = Callable[..., Image]

WIDTH, HEIGHT = 320, 240
SIDE = 40


@pytest.fixture
def scene() -> Scene:
    """A function that draws patterned squares, (left, top, seed), on a quiet ground."""

    def draw(*things: tuple[int, int, int], format: str = "I420") -> Image:
        ground = np.random.default_rng(0).integers(90, 110, (HEIGHT // 8, WIDTH // 8, 3))
        rgb = cv2.resize(ground.astype(np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        for left, top, seed in things:
            pattern = np.random.default_rng(seed).integers(0, 255, (5, 5, 3)).astype(np.uint8)
            rgb[top : top + SIDE, left : left + SIDE] = cv2.resize(
                pattern, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC
            )
        return _image(np.asarray(rgb, np.uint8), format)

    return draw


def _image(rgb: NDArray[np.uint8], format: str) -> Image:
    if format == "RGBA":
        return Image(
            "RGBA", WIDTH, HEIGHT, (np.dstack([rgb, np.full(rgb.shape[:2], 255)]).astype(np.uint8),)
        )
    if format == "GRAY8":
        return Image(
            "GRAY8", WIDTH, HEIGHT, (np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8),)
        )
    memory = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YUV_I420), np.uint8).reshape(-1)
    i420 = image_in(memory, default_layout("I420", WIDTH, HEIGHT))
    if format == "I420":
        return i420
    luma, u, v = i420.planes
    return Image("NV12", WIDTH, HEIGHT, (luma, np.stack([u, v], axis=-1)))

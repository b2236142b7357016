from __future__ import annotations

import numpy as np
import pytest

from pythia.vision.image import Image
from pythia.vision.tracking.config import VisualTracker
from pythia.vision.tracking.features import FeatureExtractor
from pythia.vision.tracking.patches import PatchSource

_ALL = np.array([[0.0, 0.0, 48.0, 48.0]])
Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def _features(rgb: Pixels, **config: bool) -> Floats:
    height, width = rgb.shape[:2]
    extractor = FeatureExtractor(VisualTracker(feature_img_size_level=3, **config))
    found: Floats = extractor(PatchSource(Image("RGB", width, height, (rgb,))), _ALL)[0]
    return found


def _half(colour: tuple[int, int, int]) -> Pixels:
    """A picture that is of a colour in the middle and grey around it."""
    rgb = np.full((48, 48, 3), 128, np.uint8)
    rgb[12:36, 12:36] = colour
    return rgb


@pytest.mark.parametrize(
    ("hog", "names", "channels"),
    [(False, False, 1), (False, True, 5), (True, False, 6), (True, True, 10)],
)
def test_there_are_as_many_channels_as_the_configuration_asks_for(
    hog: bool, names: bool, channels: int
) -> None:
    features = _features(_half((255, 0, 0)), use_hog=hog, use_color_names=names)

    assert features.shape == (channels, 24, 24)


RED, BLUE = (200, 30, 30), (35, 60, 180)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (RED, (180, 45, 40), True),
        (BLUE, (60, 80, 190), True),
        (RED, BLUE, False),
        (RED, (30, 140, 40), False),
        ((0, 0, 0), (255, 255, 255), False),
        ((230, 210, 40), (130, 50, 150), False),
    ],
)
def test_colours_of_one_name_look_alike_and_others_do_not(
    one: tuple[int, int, int], other: tuple[int, int, int], alike: bool
) -> None:
    first, second = (_features(_half(colour), use_color_names=True)[1:] for colour in (one, other))

    cosine = (first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum())

    assert cosine > 0.9 if alike else cosine < 0.5


def test_an_edge_shows_which_way_the_brightness_rises() -> None:
    rgb = np.zeros((48, 48, 3), np.uint8)
    rgb[:, 24:] = 200

    right, left, down = (
        _features(np.ascontiguousarray(turned), use_hog=True, use_color_names=False)[1:, 12, 12]
        for turned in (rgb, rgb[:, ::-1], rgb.transpose(1, 0, 2))
    )

    _, x, y, level, slanted = right
    assert x > 1
    assert left == pytest.approx(right * [1, -1, 1, 1, 1], abs=0.01)
    assert (down[2], down[3]) == pytest.approx((x, -level), abs=0.01)
    assert (y, slanted) == pytest.approx((0, 0), abs=0.01)


def test_the_focus_can_be_moved_up() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (48, 48, 3)).astype(np.uint8)

    def weights(offset: float) -> float:
        extractor = FeatureExtractor(VisualTracker(feature_focus_offset_factor_y=offset))
        picture = extractor(PatchSource(Image("RGB", 48, 48, (rgb,))), _ALL)[0]
        rows = np.square(picture).sum(axis=(0, 2))
        return float((rows * np.arange(len(rows))).sum() / rows.sum())

    assert weights(-0.2) < weights(0) - 1

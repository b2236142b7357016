from __future__ import annotations

import numpy as np
import pytest

from pythia.vision.image import Image
from pythia.vision.tracking.config import VisualTracker
from pythia.vision.tracking.features import FeatureExtractor
from pythia.vision.tracking.patches import PatchSource

_ALL = np.array([[0.0, 0.0, 48.0, 48.0]])
_NAMES = ["black", "white", "grey", "red", "green", "blue", "yellow", "orange", "brown", "purple"]
"""In the order of the channels, which come behind brightness."""

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
    [(False, False, 1), (False, True, 11), (True, False, 19), (True, True, 29)],
)
def test_there_are_as_many_channels_as_the_configuration_asks_for(
    hog: bool, names: bool, channels: int
) -> None:
    features = _features(_half((255, 0, 0)), use_hog=hog, use_color_names=names)

    assert features.shape == (channels, 24, 24)


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((210, 25, 25), "red"),
        ((40, 60, 190), "blue"),
        ((5, 5, 5), "black"),
        ((250, 250, 250), "white"),
    ],
)
def test_the_channel_of_a_colour_s_name_stands_out(colour: tuple[int, int, int], name: str) -> None:
    features = _features(_half(colour), use_color_names=True)

    assert _NAMES[int(features[1:, 12, 12].argmax())] == name


def test_an_edge_shows_in_the_channel_of_its_direction() -> None:
    rgb = np.zeros((48, 48, 3), np.uint8)
    rgb[:, 24:] = 200

    edges = _features(rgb, use_hog=True, use_color_names=False)[1:]

    assert edges[:, 12, 12].argmax() == 0  # brightness rises to the right
    assert (
        _features(rgb[:, ::-1].copy(), use_hog=True, use_color_names=False)[1:, 12, 12].argmax()
        == 9
    )


def test_the_focus_can_be_moved_up() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (48, 48, 3)).astype(np.uint8)

    def weights(offset: float) -> float:
        extractor = FeatureExtractor(VisualTracker(feature_focus_offset_factor_y=offset))
        picture = extractor(PatchSource(Image("RGB", 48, 48, (rgb,))), _ALL)[0]
        rows = np.square(picture).sum(axis=(0, 2))
        return float((rows * np.arange(len(rows))).sum() / rows.sum())

    assert weights(-0.2) < weights(0) - 1

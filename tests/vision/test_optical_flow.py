from __future__ import annotations

import cv2
import numpy as np
import pytest

from pythia.vision.convert import convert
from pythia.vision.image import Image, new_image
from pythia.vision.optical_flow import FlowEstimator, draw_flow, grid, to_fixed


def scene(dx: float = 0.0, dy: float = 0.0, size: tuple[int, int] = (320, 240)) -> Image:
    """A picture full of detail, moved by (dx, dy) pixels."""
    noise = np.random.default_rng(7).integers(0, 255, (60, 80), np.uint8)
    detailed = cv2.resize(noise, (400, 320), interpolation=cv2.INTER_CUBIC)
    move = np.array([[1, 0, dx - 40], [0, 1, dy - 40]], np.float64)
    gray = cv2.warpAffine(detailed, move, size, flags=cv2.INTER_CUBIC)
    image = new_image("GRAY8", *size)
    image.planes[0][...] = gray
    return image


def as_format(image: Image, format: str) -> Image:
    target = new_image(format, image.width, image.height)
    convert(image, target)
    return target


@pytest.mark.parametrize("format", ["NV12", "I420", "RGBA"])
@pytest.mark.parametrize(("level", "tolerance"), [(0, 0.5), (1, 0.5), (2, 0.3)])
@pytest.mark.parametrize(("dx", "dy"), [(6.0, -3.0), (-1.5, 0.5)])
def test_a_scene_that_moves_has_its_movement_everywhere(
    format: str, level: int, tolerance: float, dx: float, dy: float
) -> None:
    estimator = FlowEstimator(level)
    estimator.next(as_format(scene(), format))

    flow = estimator.next(as_format(scene(dx, dy), format))

    assert flow is not None
    assert flow.shape == (60, 80, 2)
    assert flow.dtype == np.float32
    error = np.hypot(flow[..., 0] - dx, flow[..., 1] - dy)[8:-8, 8:-8]
    assert np.median(error) < tolerance


def test_the_first_frame_has_no_flow_and_each_later_one_that_since_the_one_before() -> None:
    estimator = FlowEstimator()

    flows = [estimator.next(scene(dx)) for dx in (0, 4, 8, 8)]

    assert flows[0] is None
    medians = [float(np.median(flow[..., 0])) for flow in flows[1:] if flow is not None]
    np.testing.assert_allclose(medians, [4, 4, 0], atol=0.5)


def test_frames_are_kept_although_their_memory_is_used_again() -> None:
    estimator, image = FlowEstimator(), scene()
    estimator.next(image)
    image.planes[0][...] = scene(5).planes[0]

    flow = estimator.next(image)

    assert flow is not None
    assert abs(float(np.median(flow[..., 0])) - 5) < 0.5


@pytest.mark.parametrize(
    ("size", "rows_and_columns"), [((1280, 720), (180, 320)), ((322, 243), (60, 80))]
)
def test_there_is_a_vector_for_each_whole_block(
    size: tuple[int, int], rows_and_columns: tuple[int, int]
) -> None:
    estimator = FlowEstimator()
    estimator.next(scene(size=size))

    flow = estimator.next(scene(size=size))

    assert flow is not None
    assert flow.shape[:2] == grid(*size) == rows_and_columns


def test_frames_that_are_too_small_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 32 pixels on a side; these are 320x16"):
        FlowEstimator().next(scene(size=(320, 16)))


def test_fixed_point_numbers_are_rounded_and_clipped() -> None:
    flow = np.array([[[1.5, -0.25], [0.016, 2000.0]]], np.float32)

    fixed = to_fixed(flow, 32)

    assert fixed.dtype == np.int16
    assert fixed.tolist() == [[[48, -8], [1, 32767]]]


@pytest.mark.parametrize(
    ("vector", "color"),
    [
        ((10, 0), (255, 0, 0)),
        ((5, 0), (127, 0, 0)),
        ((0, 20), (128, 255, 0)),
        ((-10, 0), (0, 255, 255)),
        ((0, -10), (128, 0, 255)),
        ((0, 0), (0, 0, 0)),
    ],
)
def test_direction_is_hue_and_length_is_brightness(
    vector: tuple[float, float], color: tuple[int, int, int]
) -> None:
    flow = np.full((6, 8, 2), vector, np.float32)
    target = new_image("RGBA", 8, 6)

    draw_flow(flow, target)

    found = target.planes[0].astype(int)
    assert np.abs(found - (*color, 255)).max() <= 3

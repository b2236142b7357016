from __future__ import annotations

import cv2
import numpy as np
import pytest

from pythia.vision.boxes import PixelRect
from pythia.vision.convert import convert
from pythia.vision.formats import PACKED_422
from pythia.vision.image import Image, new_image

SIZES = [(16, 12), (15, 11), (1, 1), (2, 1)]


def smooth(format: str, size: tuple[int, int]) -> Image:
    """A picture whose colours change slowly."""
    width, height = size
    rgb = new_image("RGB", width, height)
    rows, columns = np.mgrid[0:height, 0:width]
    rgb.planes[0][...] = np.stack([columns * 8, rows * 8, 128 + 0 * rows], axis=2)
    image = new_image(format, width, height)
    convert(rgb, image)
    return image


def rgb_of(image: Image) -> np.ndarray:
    result = new_image("RGB", image.width, image.height)
    convert(image, result)
    return result.planes[0].astype(int)


@pytest.mark.parametrize("format", PACKED_422)
def test_bytes_lie_where_opencv_has_them(format: str) -> None:
    image = smooth(format, (16, 12))

    expected = cv2.cvtColor(image.planes[0], getattr(cv2, f"COLOR_YUV2RGB_{format}"))

    assert np.abs(rgb_of(image) - expected).max() <= 6  # chroma of two rows became one


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("format", PACKED_422)
def test_a_picture_comes_through(format: str, size: tuple[int, int]) -> None:
    packed, planar = smooth(format, size), smooth("NV12", size)

    assert np.abs(rgb_of(packed) - rgb_of(planar)).max() <= 2
    assert packed.planes[0].shape == (size[1], size[0] + size[0] % 2, 2)


@pytest.mark.parametrize("format", PACKED_422)
def test_a_part_is_cut_out_scaled_and_turned(format: str) -> None:
    source, target = smooth(format, (32, 24)), new_image(format, 12, 16)
    part, expected = new_image("RGB", 12, 16), smooth("RGB", (32, 24))

    rect = PixelRect(4, 4, 16, 12)
    convert(source, target, source_rect=rect, flip_method=3)
    convert(expected, part, source_rect=rect, flip_method=3)

    assert np.abs(rgb_of(target) - part.planes[0].astype(int)).max() <= 12

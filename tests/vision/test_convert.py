from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from pythia.vision.boxes import PixelRect
from pythia.vision.convert import INTERPOLATION, convert, crop, fill
from pythia.vision.formats import FORMATS
from pythia.vision.image import (
    Image,
    Layout,
    Matrix,
    default_layout,
    image_in,
    new_image,
)

PAIRS = list(itertools.product(FORMATS, FORMATS))
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (200, 120, 40)]
KR_KB = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}


def rgb_of(image: Image) -> NDArray[np.float64]:
    """(height, width, 3), by the formulas of the recommendations, without OpenCV."""
    if image.format == "GRAY8":
        return np.repeat(image.planes[0][..., None], 3, axis=2).astype(float)
    if image.format not in ("NV12", "I420"):
        pixels = image.planes[0][..., :3].astype(float)
        return pixels if image.format.startswith("RGB") else pixels[..., ::-1]
    chroma = [image.planes[1][..., 0], image.planes[1][..., -1]]
    if image.format == "I420":
        chroma = list(image.planes[1:])
    u, v = (
        plane.repeat(2, axis=0).repeat(2, axis=1)[: image.height, : image.width] - 128.0
        for plane in chroma
    )
    y = image.planes[0].astype(float)
    if not image.full_range:
        y, u, v = (y - 16) * 255 / 219, u * 255 / 224, v * 255 / 224
    kr, kb = KR_KB[image.matrix]
    red, blue = y + 2 * (1 - kr) * v, y + 2 * (1 - kb) * u
    green = (y - kr * red - kb * blue) / (1 - kr - kb)
    return np.asarray(np.clip(np.stack([red, green, blue], axis=2), 0, 255))


def flat(format: str, size: tuple[int, int], rgb: tuple[int, ...]) -> Image:
    image = new_image(format, *size)
    fill(image, *(value / 255 for value in rgb))
    return image


def picture(format: str, width: int = 40, height: int = 24) -> Image:
    """A smooth picture that no flip maps onto itself."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    rgb = np.stack([x * 180 + 20, y * 180 + 20, x * y * 200 + 20], axis=2)
    source = new_image("RGB", width, height)
    source.planes[0][...] = rgb.astype(np.uint8)
    target = new_image(format, width, height)
    convert(source, target)
    return target


def strided(format: str, width: int, height: int) -> Image:
    """A picture whose rows are further apart than GStreamer's default, at an odd address."""
    layout = default_layout(format, width, height)
    strides = tuple(stride + 24 for stride in layout.strides)
    rows = (height, *[(height + 1) // 2] * (len(strides) - 1))
    sizes = [stride * count for stride, count in zip(strides, rows, strict=True)]
    offsets = tuple(1 + sum(sizes[:i]) for i in range(len(sizes)))
    wide = Layout(format, width, height, strides, offsets, 1 + sum(sizes))
    return image_in(np.zeros(wide.size, np.uint8), wide)


def difference(a: Image, b: NDArray[np.float64]) -> float:
    return float(np.abs(rgb_of(a) - b).mean())


@pytest.mark.parametrize("target_format", FORMATS)
@pytest.mark.parametrize("source_format", FORMATS)
def test_a_flat_colour_stays_the_same_in_every_format(
    source_format: str, target_format: str
) -> None:
    gray = "GRAY8" in (source_format, target_format)
    for rgb in [*COLOURS[3:5], (90, 90, 90)] if gray else COLOURS:
        source = flat(source_format, (16, 12), rgb)
        target = new_image(target_format, 16, 12)

        convert(source, target)

        assert np.abs(rgb_of(target) - rgb).max() <= 2, rgb


@pytest.mark.parametrize("size", [(16, 12), (15, 11), (1, 1)])
@pytest.mark.parametrize("format", ["NV12", "I420"])
@pytest.mark.parametrize(("matrix", "full_range"), list(itertools.product(KR_KB, (False, True))))
def test_matrix_and_range_are_honoured_in_both_directions(
    matrix: Matrix, full_range: bool, format: str, size: tuple[int, int]
) -> None:
    for rgb in COLOURS:
        yuv = new_image(format, *size, matrix, full_range)
        back = new_image("BGRA", *size)

        convert(flat("RGBA", size, rgb), yuv)
        convert(yuv, back)

        assert np.abs(rgb_of(yuv) - rgb).max() <= 2, rgb
        assert np.abs(rgb_of(back) - rgb).max() <= 2, rgb


def test_yuv_of_another_colour_space_is_converted() -> None:
    source = picture("NV12")
    target = new_image("I420", 40, 24, "bt709", True)

    convert(source, target)

    assert not np.array_equal(target.planes[0], source.planes[0])
    assert np.abs(rgb_of(target) - rgb_of(source)).max() <= 4


def test_gray_is_full_range_luma() -> None:
    source = flat("NV12", (8, 8), (255, 255, 255))
    target = new_image("GRAY8", 8, 8)

    convert(source, target)

    assert source.planes[0].max() == 235
    assert (target.planes[0] == 255).all()


@pytest.mark.parametrize("format", ["RGBA", "BGRA"])
@pytest.mark.parametrize("source_format", ["NV12", "RGBx", "BGRx", "RGB", "GRAY8"])
def test_what_has_no_alpha_becomes_opaque(source_format: str, format: str) -> None:
    source = picture(source_format)
    if source_format.endswith("x"):
        source.planes[0][..., 3] = 7
    target = new_image(format, 40, 24)

    convert(source, target)

    assert (target.planes[0][..., 3] == 255).all()


def test_alpha_is_kept_between_formats_that_have_it() -> None:
    source = picture("RGBA")
    source.planes[0][..., 3] = 99
    target = new_image("BGRA", 40, 24)

    convert(source, target)

    assert (target.planes[0][..., 3] == 99).all()


FLIPS: dict[int, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    0: lambda a: a,
    1: lambda a: np.rot90(a),
    2: lambda a: np.rot90(a, 2),
    3: lambda a: np.rot90(a, -1),
    4: lambda a: a[:, ::-1],
    5: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    6: lambda a: a[::-1],
    7: lambda a: a.swapaxes(0, 1),
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("method", FLIPS)
def test_flips_are_those_of_nvvideoconvert(method: int, format: str) -> None:
    source = picture(format)
    expected = FLIPS[method](rgb_of(source))
    target = new_image(format, expected.shape[1], expected.shape[0])

    convert(source, target, flip_method=method)

    np.testing.assert_array_equal(rgb_of(target), expected)


@pytest.mark.parametrize("size", [(20, 12), (80, 48), (41, 25), (7, 90)])
@pytest.mark.parametrize(("source_format", "target_format"), PAIRS)
def test_flip_scale_and_format_in_one_call_give_the_scaled_picture(
    source_format: str, target_format: str, size: tuple[int, int]
) -> None:
    source = picture(source_format)
    expected = picture("GRAY8" if "GRAY8" in (source_format, target_format) else "RGB", *size)
    target = new_image(target_format, size[1], size[0])

    convert(source, target, flip_method=3)

    assert difference(target, np.rot90(rgb_of(expected), -1)) < 9


@pytest.mark.parametrize("value", INTERPOLATION)
def test_every_interpolation_scales(value: int) -> None:
    target = new_image("NV12", 20, 12)

    convert(picture("NV12"), target, interpolation=value)

    assert difference(target, rgb_of(picture("NV12", 20, 12))) < 8


@pytest.mark.parametrize("format", FORMATS)
def test_a_source_rectangle_is_cut_out(format: str) -> None:
    source = picture(format)
    target = new_image(format, 10, 6)

    convert(source, target, source_rect=PixelRect(8, 4, 10, 6))

    np.testing.assert_array_equal(rgb_of(target), rgb_of(source)[4:10, 8:18])


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("rect", [(3, 5, 11, 7), (29, 17, 11, 7), (0, 0, 1, 1), (39, 23, 1, 1)])
def test_odd_rectangles_are_cut_out_to_the_pixel_in_luma(
    rect: tuple[int, int, int, int], format: str
) -> None:
    source = picture(format)
    part = crop(source, PixelRect(*rect))
    left, top, width, height = rect

    target = new_image(format, width, height)
    convert(part, target)

    luma = source.planes[0][top : top + height, left : left + width]
    np.testing.assert_array_equal(target.planes[0], luma)
    assert all(
        plane.shape[:2] == ((height + 1) // 2, (width + 1) // 2) for plane in part.planes[1:]
    )


@pytest.mark.parametrize("format", FORMATS)
def test_what_lies_outside_of_the_target_rectangle_becomes_black(format: str) -> None:
    source = flat("RGB", (40, 24), (255, 255, 255))
    target = flat(format, (40, 24), (0, 255, 0))

    convert(source, target, target_rect=PixelRect(10, 4, 20, 12))

    expected = np.zeros((24, 40, 3))
    expected[4:16, 10:30] = 255
    assert np.abs(rgb_of(target) - expected).max() <= 2


@pytest.mark.parametrize("rect", [(0, 0, 41, 24), (-1, 0, 4, 4), (38, 2, 4, 4), (5, 5, 0, 3)])
def test_a_rectangle_that_is_not_inside_is_refused(rect: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="left, top, width, height"):
        crop(picture("NV12"), PixelRect(*rect))


@pytest.mark.parametrize(("source_format", "target_format"), PAIRS)
def test_strides_of_source_and_target_do_not_matter(source_format: str, target_format: str) -> None:
    packed = picture(source_format, 38, 22)
    source, expected = strided(source_format, 38, 22), new_image(target_format, 26, 14)
    for plane, out in zip(packed.planes, source.planes, strict=True):
        out[...] = plane
    target = strided(target_format, 26, 14)

    convert(packed, expected)
    convert(source, target)

    np.testing.assert_array_equal(rgb_of(target), rgb_of(expected))


def test_the_source_is_left_alone() -> None:
    source = picture("I420")
    before = [plane.copy() for plane in source.planes]

    convert(source, new_image("RGBA", 20, 20), flip_method=5)

    for plane, copy in zip(source.planes, before, strict=True):
        np.testing.assert_array_equal(plane, copy)

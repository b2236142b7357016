from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.formats import FORMATS
from pythia.vision.geometry import Rect
from pythia.vision.image import Image, Matrix, new_image
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.preprocess import Preprocessor

_FILE = Path("config.txt")
# Primary and grey colours, one a quarter of the picture; R, G, B.
_COLOURS = np.array([[[200, 40, 30], [60, 180, 90]], [[30, 60, 190], [128, 128, 128]]], np.uint8)


def _picture(width: int = 64, height: int = 48) -> np.ndarray[Any, Any]:
    return cv2.resize(_COLOURS, (width, height), interpolation=cv2.INTER_NEAREST)


def _image(
    format: str, rgb: np.ndarray[Any, Any], matrix: Matrix = "bt601", full_range: bool = False
) -> Image:
    height, width = rgb.shape[:2]
    image = new_image(format, width, height, matrix, full_range)
    if format in ("NV12", "I420"):
        y, u, v = _yuv(rgb, matrix, full_range)
        image.planes[0][:] = y
        chroma = [np.stack([u, v], axis=2)] if format == "NV12" else [u, v]
        for plane, value in zip(image.planes[1:], chroma, strict=True):
            plane[:] = value
    elif format == "GRAY8":
        image.planes[0][:] = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    else:
        for channel, letter in enumerate(format):
            source = "RGB".find(letter)
            image.planes[0][:, :, channel] = rgb[:, :, source] if source >= 0 else 99
    return image


def _yuv(
    rgb: np.ndarray[Any, Any], matrix: str, full_range: bool
) -> tuple[np.ndarray[Any, Any], ...]:
    """Y, U, V by the definitions in ITU-R BT.601 and BT.709; chroma of every second pixel."""
    kr, kb = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[matrix]
    r, g, b = (rgb[..., i].astype(float) / 255 for i in range(3))
    y = kr * r + (1 - kr - kb) * g + kb * b
    u, v = (b - y) / 2 / (1 - kb), (r - y) / 2 / (1 - kr)
    luma, chroma, black = (255, 255, 0) if full_range else (219, 224, 16)
    planes = [y * luma + black, u[::2, ::2] * chroma + 128, v[::2, ::2] * chroma + 128]
    return tuple(np.rint(plane).clip(0, 255).astype(np.uint8) for plane in planes)


def _config(**values: Any) -> NvInferConfig:
    return NvInferConfig(_FILE, **values)


def _write(
    config: NvInferConfig, image: Image, shape: tuple[int, ...], rect: Rect | None = None
) -> np.ndarray[Any, Any]:
    preprocessor = Preprocessor(config, shape)
    slot = np.full(preprocessor.slot_shape, np.nan, np.float32)
    preprocessor.write(image, rect, slot)
    return slot


@pytest.mark.parametrize("format", [f for f in FORMATS if f not in ("NV12", "I420", "GRAY8")])
@pytest.mark.parametrize("order", [0, 1])
def test_packed_pictures_follow_the_formula_exactly(format: str, order: int) -> None:
    rgb = _picture()
    config = _config(model_color_format=order, net_scale_factor=0.5, offsets=(10.0, 20.0, 30.5))

    slot = _write(config, _image(format, rgb), (3, 48, 64))

    colours = rgb[..., ::-1] if order else rgb
    expected = 0.5 * (colours.astype(np.float32) - np.array([10.0, 20.0, 30.5], np.float32))
    np.testing.assert_array_equal(slot, expected.transpose(2, 0, 1))


@pytest.mark.parametrize("format", ["NV12", "I420"])
@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
@pytest.mark.parametrize("full_range", [False, True])
def test_yuv_pictures_become_the_colours_they_were(
    format: str, matrix: Matrix, full_range: bool
) -> None:
    rgb = _picture()

    slot = _write(_config(), _image(format, rgb, matrix, full_range), (3, 48, 64))

    # In the middle of each quarter, where subsampling plays no part.
    got = slot[:, 12::24, 16::32].transpose(1, 2, 0)
    np.testing.assert_allclose(got, _COLOURS, atol=2)


@pytest.mark.parametrize("format", ["NV12", "I420", "RGBA", "GRAY8"])
def test_a_gray_model_gets_the_luma(format: str) -> None:
    rgb = _picture()

    slot = _write(_config(model_color_format=2), _image(format, rgb), (1, 48, 64))

    gray = cv2.cvtColor(_COLOURS, cv2.COLOR_RGB2GRAY)
    np.testing.assert_allclose(slot[0, 12::24, 16::32], gray, atol=2)


def test_a_gray_picture_fills_every_channel() -> None:
    slot = _write(_config(), _image("GRAY8", _picture()), (3, 48, 64))

    np.testing.assert_array_equal(slot[0], slot[1])
    np.testing.assert_array_equal(slot[0], slot[2])


@pytest.mark.parametrize(
    ("values", "interpolation"),
    [
        ({}, cv2.INTER_LINEAR),
        ({"scaling_filter": 0}, cv2.INTER_NEAREST),
        ({"scaling_filter": 1}, cv2.INTER_LINEAR),
        ({"scaling_filter": 3}, cv2.INTER_AREA),
    ],
)
def test_scaling_is_bilinear_unless_another_filter_is_chosen(
    values: dict[str, Any], interpolation: int
) -> None:
    rgb = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)

    slot = _write(_config(**values), _image("RGB", rgb), (3, 30, 40))

    expected = cv2.resize(rgb, (40, 30), interpolation=interpolation)
    np.testing.assert_array_equal(slot, expected.transpose(2, 0, 1))


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("order", [0, 1])
def test_padding_is_black_before_normalisation(centred: bool, order: int) -> None:
    rgb = np.full((32, 64, 3), 255, np.uint8)
    config = _config(
        maintain_aspect_ratio=True,
        symmetric_padding=centred,
        offsets=(1.0, 2.0, 4.0),
        net_scale_factor=0.25,
        network_input_order=order,
    )

    slot = _write(config, _image("BGRx", rgb), (64, 64, 3) if order else (3, 64, 64))

    planes = slot.transpose(2, 0, 1) if order else slot
    top = 16 if centred else 0
    means = np.array([1, 2, 4], np.float32)[:, None, None]
    expected = np.broadcast_to(0.25 * (0 - means), (3, 64, 64)).copy()
    expected[:, top : top + 32] = 0.25 * (255 - means)
    np.testing.assert_array_equal(planes, expected)


def test_nhwc_is_the_transposed_nchw() -> None:
    image = _image("NV12", _picture())

    nchw = _write(_config(), image, (3, 30, 40))
    nhwc = _write(_config(network_input_order=1), image, (30, 40, 3))

    np.testing.assert_array_equal(nhwc, nchw.transpose(1, 2, 0))


@pytest.mark.parametrize("format", ["NV12", "I420", "BGR"])
def test_a_rectangle_is_cut_out_before_scaling(format: str) -> None:
    rgb = _picture()

    slot = _write(_config(), _image(format, rgb), (3, 20, 20), Rect(34, 2, 28, 20))

    expected = np.broadcast_to(_COLOURS[0, 1][:, None, None], (3, 20, 20))
    np.testing.assert_allclose(slot, expected, atol=2)


def test_rows_that_are_further_apart_than_long_do_not_matter() -> None:
    memory = np.zeros((48, 100, 3), np.uint8)
    memory[:, :64] = _picture()
    image = Image("RGB", 64, 48, (memory[:, :64],))

    np.testing.assert_array_equal(
        _write(_config(), image, (3, 48, 64)), _picture().transpose(2, 0, 1)
    )


@pytest.mark.parametrize("order", [0, 1])
def test_a_mean_file_is_taken_from_every_pixel(tmp_path: Path, order: int) -> None:
    mean = np.random.default_rng(2).integers(0, 255, (48, 64, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "mean.ppm"), mean[..., ::-1])
    config = _config(
        mean_file=tmp_path / "mean.ppm", net_scale_factor=0.5, model_color_format=order
    )

    slot = _write(config, _image("RGB", _picture()), (3, 48, 64))

    expected = 0.5 * (_picture().astype(np.float32) - mean)
    expected = expected[..., ::-1] if order else expected
    np.testing.assert_allclose(slot, expected.transpose(2, 0, 1), atol=1e-5)


def test_open_dimensions_come_from_infer_dims() -> None:
    preprocessor = Preprocessor(_config(infer_dims=(3, 20, 30)), (3, None, None))

    assert preprocessor.slot_shape == (3, 20, 30)


@pytest.mark.parametrize(
    ("values", "shape", "words"),
    [
        ({}, (3, None, None), "set infer-dims=c;h;w"),
        ({"infer_dims": (3, 20, 30)}, (3, 20, 31), "infer-dims=3;20;30 .* does not fit"),
        ({"model_color_format": 2}, (3, 20, 30), "model-color-format 2 and a model with 3"),
        ({}, (1, 20, 30), "model-color-format 0 and a model with 1"),
        ({}, (20, 30, 3), "model-color-format 0 and a model with 20 channels"),
    ],
)
def test_a_model_of_another_shape_is_refused(
    values: dict[str, Any], shape: tuple[int | None, ...], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        Preprocessor(_config(**values), shape)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"offsets": (1.0,)}, r"key offsets: found 1 values, expected one a channel \(3\)"),
        ({"mean_file": Path("no.ppm")}, r"mean-file no\.ppm: found no picture"),
    ],
)
def test_means_that_do_not_fit_are_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Preprocessor(_config(**values), (3, 48, 64))


def test_several_threads_write_at_once() -> None:
    preprocessor = Preprocessor(_config(network_input_order=1), (30, 40, 3))
    images = [_image("NV12", np.full((48, 64, 3), value, np.uint8)) for value in range(0, 240, 10)]
    batch = np.empty((len(images), *preprocessor.slot_shape), np.float32)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(preprocessor.write, images, [None] * len(images), batch))

    assert (batch.std(axis=(1, 2)) < 1e-3).all()  # each picture has one colour
    np.testing.assert_allclose(batch.mean(axis=(1, 2, 3)), np.arange(0, 240, 10), atol=2)

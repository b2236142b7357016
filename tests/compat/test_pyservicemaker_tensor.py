"""Tensors: arrays of NumPy and others in and out of buffers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pythia.compat.pyservicemaker import Buffer, ColorFormat, Tensor, as_tensor
from pythia.gst import Gst


def test_a_tensor_shares_the_memory_of_its_array() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)

    tensor = as_tensor(array, "HW")
    array[0, 0] = 7

    assert (tensor.shape, tensor.strides, tensor.size()) == ((2, 3), (3, 1), 24)
    assert (tensor.dtype.name, tensor.device_type) == ("float32", "CPU")
    assert np.from_dlpack(tensor)[0, 0] == 7
    assert np.asarray(tensor)[0, 0] == 7
    assert np.from_dlpack(tensor.clone())[1, 2] == 5


def test_a_read_only_array_is_given_out_as_a_copy() -> None:
    array = np.zeros(3, np.float32)
    array.flags.writeable = False

    assert np.from_dlpack(Tensor(array)).tolist() == [0, 0, 0]


def test_an_empty_tensor_is_false() -> None:
    empty = as_tensor("no array")

    assert not empty
    assert (empty.size(), empty.device_type, bool(empty.wrap(ColorFormat.RGB))) == (
        0,
        "NONE",
        False,
    )
    with pytest.raises(RuntimeError, match="empty"):
        _ = empty.shape


@pytest.mark.parametrize(
    ("format", "shape", "caps"),
    [
        (ColorFormat.RGB, (6, 10, 3), "RGB"),  # rows of 30 bytes are filled up to 32
        (ColorFormat.RGBA, (6, 10, 4), "RGBA"),
        (ColorFormat.I420, (12, 16), "I420"),
    ],
)
def test_a_wrapped_tensor_comes_out_as_it_went_in(
    format: ColorFormat, shape: tuple[int, ...], caps: str
) -> None:
    array = np.random.default_rng(1).integers(0, 255, shape, np.uint8)
    height = shape[0] if len(shape) == 3 else shape[0] * 2 // 3
    text = f"video/x-raw,format={caps},width={shape[1]},height={height},framerate=30/1"

    wrapped = as_tensor(array).wrap(format)

    assert wrapped.gst_buffer is not None
    there = Buffer(wrapped.gst_buffer, Gst.Caps.from_string(text))
    assert np.array_equal(np.from_dlpack(there.extract(0)), array)


WRONG: list[tuple[Any, ColorFormat, str]] = [
    (np.zeros((4, 4, 3), np.float32), ColorFormat.RGB, "uint8"),
    (np.zeros((4, 4), np.uint8), ColorFormat.RGB, "height x width x 3"),
    (np.zeros((4, 4, 3), np.uint8), ColorFormat.RGBA, "height x width x 4"),
    (np.zeros((4, 4), np.uint8), ColorFormat.I420, "height \\* 3 / 2"),
]


@pytest.mark.parametrize(("array", "format", "words"), WRONG)
def test_an_array_that_is_no_picture_is_refused(
    array: Any, format: ColorFormat, words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        as_tensor(array).wrap(format)


def test_there_is_no_gpu_to_copy_to() -> None:
    with pytest.raises(NotImplementedError, match="ordinary memory"):
        as_tensor(np.zeros(1)).to_gpu(0)


def test_a_new_buffer_holds_its_bytes() -> None:
    buffer = Buffer([1, 2, 3])

    assert buffer.gst_buffer is not None
    assert buffer.gst_buffer.extract_dup(0, 3) == b"\1\2\3"
    assert (buffer.batch_size, bool(Buffer()), Buffer().batch_meta.n_frames) == (1, False, 0)
    with pytest.raises(RuntimeError, match="no frames of a known format"):
        buffer.extract(0)

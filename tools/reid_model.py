"""Writes the sample's re-identification network: colours by height, without any training.

A stand-in with the interface of NVIDIA's ReIdentificationNet: pictures of 3x256x128, normalised as
its configurations say, to unit vectors of 256 numbers. Each of sixteen horizontal stripes becomes
a soft histogram over sixteen colours, so that it tells things apart by what is painted where. Run
it to rebuild the model:

    PYTHONPATH=.:src python -m tools.reid_model
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pythia import samples

NAME = "models/Tracker/resnet50_market1501_aicity156.onnx"

OFFSETS = np.array([123.675, 116.28, 103.53])
SCALE = 0.01735207
"""Normalisation of the input, ``SCALE * (rgb - OFFSETS)``."""

COLOURS = np.array(
    [
        (20, 20, 22),
        (70, 70, 72),
        (125, 125, 125),
        (185, 185, 185),
        (240, 240, 240),
        (190, 35, 35),
        (110, 25, 30),
        (225, 120, 35),
        (225, 200, 55),
        (120, 85, 50),
        (60, 140, 65),
        (30, 80, 40),
        (60, 160, 170),
        (55, 100, 190),
        (30, 45, 110),
        (140, 70, 150),
    ],
    np.float64,
)
SOFTNESS = 30.0  # of RGB levels
STRIPES = 16
HEIGHT, WIDTH = 256, 128
POOL = 4

_FLOAT = 1  # type of a tensor
_INTEGER, _INTEGERS = 2, 7  # types of attributes


def weights() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """A 1x1 convolution from normalised RGB to minus half the squared distance to each colour.

    What all colours have in common is left out: the softmax that follows does not see it.
    """
    kernel = COLOURS / SCALE / SOFTNESS**2
    bias = (COLOURS @ OFFSETS - np.square(COLOURS).sum(axis=1) / 2) / SOFTNESS**2
    return kernel.reshape(len(COLOURS), 3, 1, 1).astype(np.float32), bias.astype(np.float32)


def window() -> np.ndarray[Any, Any]:
    """How much a column counts: what is behind an object shows at its sides."""
    places = (np.arange(WIDTH // POOL) + 0.5) / (WIDTH // POOL) - 0.5
    return np.exp(-0.5 * (places / 0.22) ** 2).reshape(1, 1, 1, -1).astype(np.float32)


def model() -> bytes:
    """The network as an ONNX file."""
    kernel, bias = weights()
    pool = [_integers("kernel_shape", POOL, POOL), _integers("strides", POOL, POOL)]
    rows = HEIGHT // POOL // STRIPES
    stripe = [rows, WIDTH // POOL]
    stripes = [_integers("kernel_shape", *stripe), _integers("strides", *stripe)]
    nodes = [
        _node("AveragePool", ["input"], "small", pool),
        _node("Conv", ["small", "kernel", "bias"], "logits", [_integers("kernel_shape", 1, 1)]),
        _node("Softmax", ["logits"], "colours", [_integer("axis", 1)]),
        _node("Mul", ["colours", "window"], "weighted"),
        _node("AveragePool", ["weighted"], "stripes", stripes),
        _node("Sqrt", ["stripes"], "rooted"),
        _node("Flatten", ["rooted"], "flat", [_integer("axis", 1)]),
        _node("LpNormalization", ["flat"], "features", [_integer("axis", 1), _integer("p", 2)]),
    ]
    graph = b"".join(_field(1, node) for node in nodes) + _text(2, "colour stripes")
    for name, value in (("kernel", kernel), ("bias", bias), ("window", window())):
        graph += _field(5, _tensor(name, value))
    graph += _field(11, _value("input", ("batch", 3, HEIGHT, WIDTH)))
    graph += _field(12, _value("features", ("batch", len(COLOURS) * STRIPES)))
    return _number(1, 8) + _text(2, "pythia") + _field(7, graph) + _field(8, _number(2, 13))


# Protocol buffers, written by hand: the package that does it is a large dependency.


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload


def _text(field: int, value: str) -> bytes:
    return _field(field, value.encode())


def _node(operation: str, inputs: list[str], output: str, attributes: Any = ()) -> bytes:
    names = b"".join(_text(1, name) for name in inputs) + _text(2, output)
    return names + _text(4, operation) + b"".join(_field(5, each) for each in attributes)


def _integers(name: str, *values: int) -> bytes:
    return _text(1, name) + b"".join(_number(8, value) for value in values) + _number(20, _INTEGERS)


def _integer(name: str, value: int) -> bytes:
    return _text(1, name) + _number(3, value) + _number(20, _INTEGER)


def _tensor(name: str, value: np.ndarray[Any, Any]) -> bytes:
    dims = b"".join(_number(1, size) for size in value.shape)
    return dims + _number(2, _FLOAT) + _text(8, name) + _field(9, value.tobytes())


def _value(name: str, shape: tuple[int | str, ...]) -> bytes:
    dims = b"".join(
        _field(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape
    )
    return _text(1, name) + _field(2, _field(1, _number(1, _FLOAT) + _field(2, dims)))


def main() -> None:
    """Write the file into the samples."""
    path = Path(samples.__file__).with_name("data") / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model())


if __name__ == "__main__":
    main()

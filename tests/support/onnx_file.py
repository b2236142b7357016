"""Small ONNX models, written byte by byte: the package that builds them is a large dependency."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FLOAT, UINT8, INT64, FLOAT16 = 1, 2, 7, 10
_NUMPY_TYPES: dict[Any, int] = {np.float32: FLOAT, np.uint8: UINT8, np.float16: FLOAT16}

Shape = Sequence[int | str]
OnnxModel = Callable[..., Path]


@pytest.fixture
def onnx_model(tmp_path: Path) -> OnnxModel:
    """A function that writes a model.

    Its outputs are ``constants``, or with ``rows`` the position of each input that is not 0, or
    else the input itself; and one for each of the ``copied`` further inputs.
    """

    def write(
        name: str = "model.onnx",
        shape: Shape = ("batch", 3, 4, 6),
        dtype: Any = np.float32,
        output_shape: Shape | None = None,
        constants: Mapping[str, np.ndarray[Any, Any]] | None = None,
        copied: Mapping[str, Shape] | None = None,
        rows: bool = False,
    ) -> Path:
        kind = _NUMPY_TYPES[dtype]
        graph = _text(2, "graph") + _field(11, _value_info("input", kind, shape))
        if rows:
            graph += _field(1, _node("NonZero", "input", "columns"))
            graph += _field(1, _node("Transpose", "columns", "output"))
            graph += _field(12, _value_info("output", INT64, ("found", 4)))
        elif constants is None:
            graph += _field(1, _node("Identity", "input", "output"))
            graph += _field(12, _value_info("output", kind, output_shape or shape))
        for key, size in (copied or {}).items():
            graph += _field(11, _value_info(key, FLOAT, size))
            graph += _field(1, _node("Identity", key, f"{key}_copy"))
            graph += _field(12, _value_info(f"{key}_copy", FLOAT, size))
        for key, value in (constants or {}).items():
            graph += _field(5, _tensor(f"{key}_value", value))
            graph += _field(1, _node("Identity", f"{key}_value", key))
            graph += _field(12, _value_info(key, FLOAT, value.shape))
        opset = _text(1, "") + _number(2, 13)
        path = tmp_path / name
        path.write_bytes(_number(1, 8) + _field(7, graph) + _field(8, opset))
        return path

    return write


@pytest.fixture
def config_file(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes an nvinfer configuration: ``[property]`` lines, then other text."""

    def write(properties: str, rest: str = "", name: str = "config.txt") -> Path:
        lines = "\n".join(line.strip() for line in properties.splitlines())
        path = tmp_path / name
        path.write_text(f"[property]\n{lines}\n{rest}\n")
        return path

    return write


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload


def _text(field: int, value: str) -> bytes:
    return _field(field, value.encode())


def _node(operation: str, source: str, target: str) -> bytes:
    return _text(1, source) + _text(2, target) + _text(4, operation)


def _value_info(name: str, kind: int, shape: Shape) -> bytes:
    dims = b"".join(
        _field(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape
    )
    tensor = _number(1, kind) + _field(2, dims)
    return _text(1, name) + _field(2, _field(1, tensor))


def _tensor(name: str, value: np.ndarray[Any, Any]) -> bytes:
    dims = b"".join(_number(1, size) for size in value.shape)
    raw = np.asarray(value, np.float32).tobytes()
    return dims + _number(2, FLOAT) + _text(8, name) + _field(9, raw)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pythia.exceptions import ModelError
from pythia.vision.model_file import onnx_path
from pythia.vision.nvinfer_config import load

Write = Callable[..., Path]


@pytest.mark.parametrize(
    "engine",
    ["x.onnx_b1_gpu0_fp32.engine", "x.onnx_b16_gpu1_int8.engine", "x.engine", "x.onnx.engine"],
)
def test_the_onnx_model_beside_an_engine_stands_for_it(
    tmp_path: Path, config_file: Write, engine: str
) -> None:
    (tmp_path / "x.onnx").touch()

    config = load(config_file(f"network-type=1\nmodel-engine-file={engine}"))

    assert onnx_path(config) == tmp_path / "x.onnx"


def test_onnx_file_comes_before_everything_else(tmp_path: Path, config_file: Write) -> None:
    (tmp_path / "y.onnx").touch()
    text = "network-type=1\nmodel-engine-file=x.engine\nonnx-file=y.onnx\nuff-file=z.uff"

    assert onnx_path(load(config_file(text))) == tmp_path / "y.onnx"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("onnx-file=x.onnx", r"onnx-file .*x\.onnx does not exist"),
        ("onnx-file=.", r"onnx-file .* is not a file"),
        ("model-engine-file=x.onnx_b1_gpu0_fp16.engine", r"expected the ONNX model .*/x\.onnx"),
        ("tlt-encoded-model=x.etlt", r"encrypted TAO model.*needs onnx-file, such as .*x\.onnx"),
        ("uff-file=x.uff", r"a UFF model.*x\.onnx"),
        ("model-file=x.caffemodel\nproto-file=x.prototxt", r"a caffe model.*x\.onnx"),
        ("custom-network-config=yolov3.cfg", r"engine builder.*yolov3\.onnx"),
        ("batch-size=1", "the key onnx-file is missing"),
    ],
)
def test_a_model_that_cannot_run_here_is_refused_with_the_file_expected(
    config_file: Write, line: str, words: str
) -> None:
    config = load(config_file("network-type=1\n" + line))

    with pytest.raises(ModelError, match=words):
        onnx_path(config)

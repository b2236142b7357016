from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.network import Network, choose_providers

OnnxModel = Callable[..., Path]

_PICTURE = (3, 4, 6)


def _batch(count: int) -> np.ndarray[Any, Any]:
    return np.arange(count * np.prod(_PICTURE), dtype=np.float32).reshape(count, *_PICTURE)


@pytest.mark.parametrize("exported", ["batch", 1, 2, 4])
@pytest.mark.parametrize("count", [1, 3, 5])
def test_each_picture_gets_its_own_outputs_whatever_batch_the_model_has(
    onnx_model: OnnxModel, exported: int | str, count: int
) -> None:
    network = Network(onnx_model(shape=(exported, *_PICTURE)))
    batch = _batch(count)

    results = network.run(batch)

    assert len(results) == count
    for picture, tensors in zip(batch, results, strict=True):
        np.testing.assert_array_equal(tensors["output"], picture)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.uint8])
def test_the_batch_is_converted_to_the_type_of_the_model(onnx_model: OnnxModel, dtype: Any) -> None:
    network = Network(onnx_model(dtype=dtype))
    batch = np.full((1, *_PICTURE), 7, np.float32)

    output = network.run(batch)[0]["output"]

    assert output.dtype == dtype
    assert (output == 7).all()


def test_outputs_that_do_not_begin_with_the_batch_are_run_picture_by_picture(
    onnx_model: OnnxModel,
) -> None:
    network = Network(onnx_model(output_shape=("rows", 3, 4, 6)))

    results = network.run(_batch(3))

    assert [tensors["output"].shape for tensors in results] == [_PICTURE] * 3


@pytest.mark.parametrize("exported", ["batch", 1])
def test_bare_rows_of_a_suppression_step_stay_rows(
    onnx_model: OnnxModel, exported: int | str
) -> None:
    network = Network(onnx_model(shape=(exported, *_PICTURE), rows=True))
    batch = np.zeros((3, *_PICTURE), np.float32)
    batch[1, 0, 0, :1] = 1
    batch[2, 0, 0, :5] = 1

    shapes = [tensors["output"].shape for tensors in network.run(batch)]

    assert shapes == [(0, 4), (1, 4), (5, 4)]


def test_input_and_outputs_are_described(onnx_model: OnnxModel) -> None:
    constants = {"cov": np.zeros((1, 2, 3, 3)), "bbox": np.zeros((1, 8, 3, 3))}

    network = Network(onnx_model(shape=(1, 3, "height", 6), constants=constants))

    assert (network.input_name, network.batch_size) == ("input", 1)
    assert network.input_shape == (3, None, 6)
    assert network.output_names == ["cov", "bbox"]


def test_output_names_choose_and_order_the_outputs(onnx_model: OnnxModel) -> None:
    constants = {"a": np.zeros((1, 2)), "b": np.ones((1, 3)), "c": np.ones((1, 3))}

    path = onnx_model(shape=(1, *_PICTURE), constants=constants)
    network = Network(path, output_names=["c", "a"])

    assert list(network.run(_batch(1))[0]) == ["c", "a"]


def test_an_unknown_output_name_is_refused_with_the_list(onnx_model: OnnxModel) -> None:
    with pytest.raises(ConfigError, match=r"has no output boxes; available: output"):
        Network(onnx_model(), output_names=["boxes"])


def test_a_broken_model_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"not a model")

    with pytest.raises(ModelError, match=r"broken\.onnx cannot be loaded"):
        Network(tmp_path / "broken.onnx")


def test_a_model_that_takes_no_pictures_is_refused(onnx_model: OnnxModel) -> None:
    with pytest.raises(ModelError, match=r"one input with 4 dimensions .* found input"):
        Network(onnx_model(shape=("batch", 10)))


def test_a_model_that_asks_for_the_size_of_the_picture_gets_the_inputs(
    onnx_model: OnnxModel,
) -> None:
    network = Network(onnx_model(copied={"image_shape": ("batch", 2)}))

    results = network.run(_batch(2))

    assert [tensors["image_shape_copy"].tolist() for tensors in results] == [[4, 6]] * 2


def test_a_batch_of_another_size_is_a_model_error(onnx_model: OnnxModel) -> None:
    network = Network(onnx_model())

    with pytest.raises(ModelError, match=r"failed on a batch of shape \(1, 3, 4, 7\)"):
        network.run(np.zeros((1, 3, 4, 7), np.float32))


def test_several_threads_share_one_network(onnx_model: OnnxModel) -> None:
    network = Network(onnx_model())
    batches = [np.full((2, *_PICTURE), value, np.float32) for value in range(16)]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(network.run, batches))

    values = [[float(t["output"].mean()) for t in tensors] for tensors in results]
    assert values == [[value, value] for value in range(16)]


_ALL = ["CPUExecutionProvider", "CUDAExecutionProvider", "AzureExecutionProvider"]


def test_the_best_provider_comes_first_and_those_not_for_pictures_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTHIA_PROVIDERS", raising=False)

    assert choose_providers(_ALL) == ["CUDAExecutionProvider", "CPUExecutionProvider"]


@pytest.mark.parametrize("wanted", ["cpu", " CPU ,", "CPUExecutionProvider"])
def test_the_environment_chooses_providers(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv("PYTHIA_PROVIDERS", wanted)

    assert choose_providers(_ALL) == ["CPUExecutionProvider"]


def test_a_provider_that_is_not_there_is_refused_with_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHIA_PROVIDERS", "openvino,cpu")

    with pytest.raises(ConfigError, match=r"OpenVINOExecutionProvider; available: cpu, cuda"):
        choose_providers(_ALL)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.classifier import Classifier
from pythia.vision.geometry import Rect
from pythia.vision.image import Image
from pythia.vision.nvinfer_config import load
from pythia.vision.parsers.classifiers import Attribute, classifier_parser

Write = Callable[..., Path]


@pytest.fixture
def classifier(
    tmp_path: Path, config_file: Write, onnx_model: Callable[..., Path]
) -> Callable[[str], Classifier]:
    """A classifier with two outputs: colour (red, blue, green) and size (small, big)."""
    constants = {"colour": np.array([[0.2, 0.7, 0.1]]), "size": np.array([[0.45, 0.55]])}
    onnx_model("model.onnx", (1, 3, 8, 8), constants=constants)
    (tmp_path / "labels.txt").write_text("red;blue;green\nsmall;big\n")

    def make(more: str = "") -> Classifier:
        text = "network-type=1\nonnx-file=model.onnx\nlabelfile-path=labels.txt\n"
        made = Classifier(load(config_file(text + more)))
        made.load()
        return made

    return make


def _image() -> Image:
    return Image("RGB", 16, 16, (np.zeros((16, 16, 3), np.uint8),))


def test_every_output_is_one_attribute_with_its_label(
    classifier: Callable[[str], Classifier],
) -> None:
    results = classifier("").infer([(_image(), None), (_image(), Rect(2, 2, 8, 8))])

    assert len(results) == 2
    for result in results:
        assert [(a.attribute, a.class_id, a.label) for a in result.attributes] == [
            (0, 1, "blue"),
            (1, 1, "big"),
        ]
        np.testing.assert_allclose([a.probability for a in result.attributes], [0.7, 0.55])
        assert result.tensors is None


def test_a_class_has_to_be_above_the_threshold(classifier: Callable[[str], Classifier]) -> None:
    results = classifier("classifier-threshold=0.6").infer([(_image(), None)])

    assert [attribute.label for attribute in results[0].attributes] == ["blue"]


def test_the_tensors_come_along_when_asked_for(classifier: Callable[[str], Classifier]) -> None:
    result = classifier("output-tensor-meta=1").infer([(_image(), None)])[0]

    assert result.tensors is not None
    assert {name: value.shape for name, value in result.tensors.items()} == {
        "colour": (3,),
        "size": (2,),
    }


@pytest.mark.parametrize("threshold", [0.5, 0.49])
def test_equal_to_the_threshold_is_not_above_it(threshold: float) -> None:
    parser = classifier_parser("", Path())

    found = parser({"output": np.array([[[0.5]], [[0.25]]], np.float32)}, threshold)

    assert found == ([] if threshold == 0.5 else [Attribute(0, 0, 0.5)])


def test_logits_go_through_a_softmax() -> None:
    parser = classifier_parser("NvDsInferClassiferParseNonSoftmax", Path())

    found = parser({"output": np.log(np.array([1.0, 6.0, 3.0], np.float32))}, 0.5)

    assert [(a.attribute, a.class_id) for a in found] == [(0, 1)]
    assert found[0].probability == pytest.approx(0.6)


def test_a_parser_of_the_users_own_may_give_its_label(tmp_path: Path) -> None:
    code = (
        "def plate(tensors, threshold):\n    return [(0, 3, 0.9, 'B-XY 12'), (1, 2, threshold)]\n"
    )
    (tmp_path / "mine.py").write_text(code)

    found = classifier_parser("mine.py:plate", tmp_path)({}, 0.25)

    assert found == [Attribute(0, 3, 0.9, "B-XY 12"), Attribute(1, 2, 0.25)]


def test_a_result_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def plate(tensors, threshold):\n    return [1, 2]\n")

    with pytest.raises(ModelError, match="returned something else than tuples"):
        classifier_parser("mine.py:plate", tmp_path)({}, 0.25)


def test_an_unknown_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="did you mean 'NvDsInferClassiferParseCustomSoftmax'"):
        classifier_parser("NvDsInferClassifierParseCustomSoftmax", Path())


def test_load_comes_before_infer(config_file: Write) -> None:
    with pytest.raises(RuntimeError, match="load"):
        Classifier(load(config_file("network-type=1\nonnx-file=x.onnx"))).infer([])


def test_a_label_file_with_a_line_for_each_class_is_told(
    tmp_path: Path,
    config_file: Write,
    onnx_model: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    onnx_model("model.onnx", (1, 3, 8, 8), constants={"p": np.array([[0.2, 0.8]])})
    (tmp_path / "labels.txt").write_text("red\nblue\n")
    text = "network-type=1\nonnx-file=model.onnx\nlabelfile-path=labels.txt"

    Classifier(load(config_file(text))).load()

    assert "labels.txt has 2 lines for one attribute" in caplog.text

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.parsers.segmentation import SegmentationSettings, segmentation_parser

_SETTINGS = SegmentationSettings(width=4, height=2, num_classes=3, threshold=0.5)
# Three planes of 2x4 pixels; the best of each pixel is 0, 1, 2, none, then 1 everywhere.
_PLANES = np.array(
    [
        [[0.9, 0.1, 0.2, 0.5], [0.1] * 4],
        [[0.1, 0.8, 0.3, 0.4], [0.6] * 4],
        [[0.2, 0.1, 0.7, 0.3], [0.5] * 4],
    ],
    np.float32,
)
_CLASSES = [[0, 1, 2, -1], [1, 1, 1, 1]]


def _parse(name: str, tensors: dict[str, Any], settings: Any = _SETTINGS, folder: str = "") -> Any:
    return segmentation_parser(name, Path(folder))(tensors, settings)


@pytest.mark.parametrize(
    ("name", "tensor", "output", "order"),
    [
        ("", "any", _PLANES, 0),
        ("", "any", _PLANES.transpose(1, 2, 0), 1),
        ("", "any", _PLANES.astype(np.float16), 0),
        ("NvDsInferParseCustomChangeNet", "output_final", _PLANES, 0),
    ],
)
def test_the_most_probable_class_above_the_threshold_counts(
    name: str, tensor: str, output: Any, order: int
) -> None:
    found = _parse(name, {tensor: output}, _SETTINGS._replace(output_order=order))

    assert found.classes.tolist() == _CLASSES
    assert found.classes.dtype == np.int32
    np.testing.assert_allclose(found.probabilities, _PLANES, atol=1e-3)
    assert found.probabilities.flags.c_contiguous


def test_scores_of_segformer_are_enlarged_to_the_network_and_need_no_threshold() -> None:
    scores = np.array([[[-1.0, -9.0]], [[-2.0, -3.0]], [[-5.0, -4.0]]], np.float32)

    found = _parse("NvDsInferParseCustomSegformerTAO2", {"output": scores})

    assert found.classes.tolist() == [[0, 0, 1, 1]] * 2


@pytest.mark.parametrize(
    ("name", "tensor", "shape"),
    [
        ("NvDsInferParseCustomSegformerTAO", "output", (2, 4)),
        ("NvDsInferParseCustomSegformerTAO", "output", (1, 2, 4)),
        ("NvDsInferParseCustomPeopleSemSegNet", "argmax_1", (2, 4, 1)),
    ],
)
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_classes_that_the_network_chose_are_taken_as_they_are(
    name: str, tensor: str, shape: tuple[int, ...], dtype: Any
) -> None:
    found = _parse(name, {tensor: np.arange(8, dtype=dtype).reshape(shape)})

    assert found.classes.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert found.classes.dtype == np.int32
    assert found.probabilities is None


@pytest.mark.parametrize(
    ("name", "tensors", "words"),
    [
        ("", {"out": _PLANES[:2]}, "num-detected-classes = 3"),
        ("", {"out": _PLANES.astype(np.int32)}, "of floats"),
        ("", {"out": _PLANES[0]}, r"\[C,H,W\]"),
        ("NvDsInferParseCustomSegformerTAO", {"out": _PLANES[0]}, "named output"),
        ("NvDsInferParseCustomSegformerTAO", {"output": _PLANES[0]}, "whole numbers"),
        ("NvDsInferParseCustomChangeNet", {"output": _PLANES}, "output_final"),
    ],
)
def test_outputs_that_do_not_fit_are_refused_with_what_is_needed(
    name: str, tensors: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words) as refused:
        _parse(name, tensors)

    assert "parse-segmentation-func-name" in str(refused.value)


def test_a_parser_of_the_users_own_gives_classes_with_or_without_probabilities(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.py").write_text(
        "def bare(tensors, settings):\n    return tensors['x'].argmax(0)\n"
        "def both(tensors, settings):\n    return tensors['x'].argmax(0), tensors['x']\n"
        "def wrong(tensors, settings):\n    return tensors['x']\n"
    )

    for name in ("bare", "both"):
        found = _parse(f"mine.py:{name}", {"x": _PLANES}, folder=str(tmp_path))
        assert found.classes.tolist() == [[0, 1, 2, 0], [1, 1, 1, 1]]
        assert (found.probabilities is not None) == (name == "both")
    with pytest.raises(ModelError, match=r"found shape \[3, 2, 4\] of float32"):
        _parse("mine.py:wrong", {"x": _PLANES}, folder=str(tmp_path))


def test_an_unknown_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="did you mean 'NvDsInferParseCustomSegformerTAO"):
        segmentation_parser("NvDsInferParseCustomSegformerTao", Path())

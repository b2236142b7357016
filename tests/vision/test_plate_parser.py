from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.parsers.classifiers import Attribute, classifier_parser

_NAME = "NvDsInferParseCustomNVPlate"
_BLANK = 4  # one beyond the characters


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the characters A, B, C and 1."""
    (tmp_path / "dict.txt").write_text("A\nB\nC\n1\n")
    return tmp_path


def _tensors(steps: list[int], scores: list[float] | None = None) -> dict[str, np.ndarray]:
    scores = scores or [0.5] * len(steps)
    return {"argmax": np.array(steps, np.int32), "max": np.array(scores, np.float32)}


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ([0, 0, 1, 1, 3], "AB1"),
        ([0, _BLANK, 0, 1], "AAB"),
        ([_BLANK, 2, 3, 3, _BLANK, 1], "C1B"),
        ([0, 99, 0, 1, 2], "ABC"),  # not a character, and so no change
    ],
)
def test_repeats_are_one_character_and_blanks_none(
    folder: Path, steps: list[int], text: str
) -> None:
    found = classifier_parser(_NAME, folder)(_tensors(steps), 0.9)

    assert found == [Attribute(0, 1, 0.125, text)]


def test_the_probability_is_the_product_where_characters_begin(folder: Path) -> None:
    tensors = _tensors([0, 0, 1, _BLANK, 2], [0.5, 0.1, 0.8, 0.1, 0.9])

    (found,) = classifier_parser(_NAME, folder)(tensors, 0)

    assert found.probability == pytest.approx(0.36)


def test_less_than_three_characters_are_no_plate(folder: Path) -> None:
    assert classifier_parser(_NAME, folder)(_tensors([0, 0, 1, _BLANK]), 0) == []


def test_the_working_directory_comes_first(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path_factory.mktemp("here")
    (here / "dict.txt").write_text("X\nY\nZ\n1\n")
    monkeypatch.chdir(here)

    (found,) = classifier_parser(_NAME, folder)(_tensors([0, 1, 2]), 0)

    assert found.label == "XYZ"


def test_without_the_characters_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"dict.txt; looked in .* and {tmp_path}"):
        classifier_parser(_NAME, tmp_path)


def test_outputs_without_whole_numbers_are_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"whole numbers \[T\]"):
        classifier_parser(_NAME, folder)({"max": np.zeros(4, np.float32)}, 0)


def test_poses_have_labels_of_their_own() -> None:
    logits = {"fc_pred": np.array([0, 0, 0, 9, 0, 0], np.float32)}

    (found,) = classifier_parser("NvDsParseCustomPoseClassification", Path())(logits, 0.5)

    assert (found.class_id, found.label) == (3, "standing")

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.parsers import ParserSettings, bbox_parser

_SETTINGS = ParserSettings(64, 32, 2, np.full(2, 0.3, np.float32))

_CODE = """
import numpy as np
from pythia.vision.parsers import Detections

def dictionaries(tensors, settings):
    for value in tensors["output"]:
        yield {"class_id": 1, "confidence": value, "left": 2, "top": 3, "width": settings.width,
               "height": 5, "colour": "red"}

def tuples(tensors, settings):
    return [(1, value, 2, 3, 64, 5) for value in tensors["output"]]

def ready(tensors, settings):
    count = len(tensors["output"])
    boxes = np.tile(np.array([2, 3, 66, 8], np.float32), (count, 1))
    return Detections(boxes, tensors["output"], np.ones(count, np.int32))

def nothing(tensors, settings):
    return []

def raises(tensors, settings):
    return tensors["boxes"]

def raises_late(tensors, settings):
    yield tensors["boxes"]

def wrong(tensors, settings):
    return [(1, 2, 3)]

def no_list(tensors, settings):
    return None
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(_CODE)
    return tmp_path


def _tensors() -> dict[str, np.ndarray[Any, Any]]:
    return {"output": np.array([0.5, 0.75], np.float32)}


@pytest.mark.parametrize("function", ["dictionaries", "tuples", "ready"])
def test_a_parser_may_return_dictionaries_tuples_or_detections(folder: Path, function: str) -> None:
    parser = bbox_parser(f"mine.py:{function}", folder)

    found = parser(_tensors(), _SETTINGS)

    assert found.boxes.tolist() == [[2, 3, 66, 8]] * 2
    assert found.scores.tolist() == [0.5, 0.75]
    assert found.class_ids.tolist() == [1, 1]


def test_a_parser_may_find_nothing(folder: Path) -> None:
    assert len(bbox_parser("mine.py:nothing", folder)(_tensors(), _SETTINGS)) == 0


def test_a_parser_may_be_in_an_importable_module(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(folder)

    assert len(bbox_parser("mine:tuples", Path("/"))(_tensors(), _SETTINGS)) == 2


@pytest.mark.parametrize(("function", "line"), [("raises", 22), ("raises_late", 25)])
def test_an_error_in_the_parser_says_where(folder: Path, function: str, line: int) -> None:
    parser = bbox_parser(f"mine.py:{function}", folder)

    with pytest.raises(
        ModelError, match=rf"raised KeyError: 'boxes' \(.*mine\.py:{line}\)"
    ) as caught:
        parser(_tensors(), _SETTINGS)

    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("function", ["wrong", "no_list"])
def test_a_result_of_another_form_is_refused(folder: Path, function: str) -> None:
    parser = bbox_parser(f"mine.py:{function}", folder)

    with pytest.raises(ModelError, match=f"'mine.py:{function}' returned something else"):
        parser(_tensors(), _SETTINGS)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("absent.py:parse", r"absent\.py does not exist"),
        ("mine.py:tupels", r"has no function 'tupels'; did you mean 'tuples'\?; it has: "),
        ("broken.py:parse", r"broken\.py cannot be imported: ZeroDivisionError"),
        ("no_such_module:parse", "'no_such_module' cannot be imported"),
    ],
)
def test_a_parser_that_cannot_be_had_is_a_config_error(folder: Path, name: str, words: str) -> None:
    (folder / "broken.py").write_text("1 / 0\n")

    with pytest.raises(ConfigError, match=words):
        bbox_parser(name, folder)

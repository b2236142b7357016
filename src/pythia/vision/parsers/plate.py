"""TAO's licence plate recognition (LPRNet): a sequence of characters, repeats taken together."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pythia.exceptions import ConfigError
from pythia.vision.parsers.detections import Tensors, mismatch

DICTIONARY = "dict.txt"
_LEAST = 3  # of fewer characters the plate is taken for misread

Reading = tuple[int, int, float, str]
"""Attribute index, class id, probability, text."""


class PlateParser:
    """``NvDsInferParseCustomNVPlate``: one whole-number output and one of confidences, in steps.

    The characters, one a line, come from ``dict.txt`` in the working directory, as with TAO's
    library, or beside the configuration. The number after the last line is the blank.

    Raises:
        ConfigError: there is no such file.
    """

    def __init__(self, directory: Path) -> None:
        self._characters = _dictionary(directory)

    def __call__(self, tensors: Tensors, _threshold: float) -> list[Reading]:
        """The text of one plate, or nothing.

        Raises:
            ModelError: the outputs have another form.
        """
        whole = [value.reshape(-1) for value in tensors.values() if value.dtype.kind in "iu"]
        scores = [value.reshape(-1) for value in tensors.values() if value.dtype.kind == "f"]
        if not whole or not scores or len(whole[0]) > len(scores[0]):
            expected = "whole numbers [T] and confidences [T]"
            key = "parse-classifier-func-name"
            raise mismatch(tensors, "NvDsInferParseCustomNVPlate", expected, key)
        blank = len(self._characters)
        known = np.flatnonzero((whole[0] >= 0) & (whole[0] <= blank))
        steps = whole[0][known]
        begins = known[np.flatnonzero(np.diff(steps, prepend=-1))]
        begins = begins[whole[0][begins] != blank]
        if len(begins) < _LEAST:
            return []
        text = "".join(self._characters[number] for number in whole[0][begins].tolist())
        return [(0, 1, float(np.prod(scores[0][begins])), text)]


def _dictionary(directory: Path) -> list[str]:
    folders = list(dict.fromkeys((Path.cwd(), directory)))
    for folder in folders:
        file = folder / DICTIONARY
        if file.is_file():
            return file.read_text(encoding="utf-8-sig").splitlines()
    raise ConfigError(
        f"NvDsInferParseCustomNVPlate needs the characters, one a line, in {DICTIONARY}; looked "
        f"in {' and '.join(map(str, folders))}"
    )

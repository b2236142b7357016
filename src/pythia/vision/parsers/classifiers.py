"""Parsers of classifiers: from the tensors of a network to attributes.

===========================================  =====================================================
``parse-classifier-func-name``               outputs for one picture
===========================================  =====================================================
(none),                                      one output an attribute: probabilities
``NvDsInferClassiferParseCustomSoftmax``
``NvDsInferClassiferParseNonSoftmax``        one output an attribute: logits, softmax is applied
``NvDsInferParseCustomNVPlate``              whole numbers [T] and confidences [T]: a plate's text
``NvDsParseCustomPoseClassification``        logits of six ways to move, with labels of its own
===========================================  =====================================================

Anything with a colon is the user's own: ``file.py:function`` or ``package.module:function``,
called with ``(tensors, threshold)``; it returns tuples of attribute index, class id, probability
and, if it knows it, label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.config_values import hint
from pythia.vision.parsers.detections import Tensors
from pythia.vision.parsers.grids import softmax
from pythia.vision.parsers.plate import PlateParser
from pythia.vision.parsers.user import user_function


class Attribute(NamedTuple):
    """One answer of a classifier: the class of one attribute (output layer)."""

    attribute: int
    class_id: int
    probability: float
    label: str = ""


ClassifierParser = Callable[[Tensors, float], list[Attribute]]


def probabilities(tensors: Tensors, threshold: float) -> list[Attribute]:
    """For each output its most probable class, if that is above the threshold."""
    return _attributes([value.reshape(-1) for value in tensors.values()], threshold)


def logits(tensors: Tensors, threshold: float) -> list[Attribute]:
    """As :func:`probabilities`, after a softmax."""
    return _attributes([softmax(value.reshape(-1)) for value in tensors.values()], threshold)


def poses(tensors: Tensors, threshold: float) -> list[Attribute]:
    """As :func:`logits`, with the labels that TAO's pose classification has built in."""
    return [
        entry._replace(label=_POSES[entry.class_id])
        for entry in logits(dict(list(tensors.items())[:1]), threshold)
        if entry.class_id < len(_POSES)
    ]


def _plate_parser(directory: Path) -> ClassifierParser:
    parser = PlateParser(directory)
    return lambda tensors, threshold: [Attribute(*item) for item in parser(tensors, threshold)]


_POSES = ("sitting_down", "getting_up", "sitting", "standing", "walking", "jumping")

CLASSIFIER_PARSERS: dict[str, Callable[[Path], ClassifierParser]] = {
    "": lambda _directory: probabilities,
    "NvDsInferClassiferParseCustomSoftmax": lambda _directory: probabilities,
    "NvDsInferClassiferParseNonSoftmax": lambda _directory: logits,
    "NvDsInferParseCustomNVPlate": _plate_parser,
    "NvDsParseCustomPoseClassification": lambda _directory: poses,
}
"""What makes a parser, given the directory of the configuration file."""


def classifier_parser(name: str, directory: Path) -> ClassifierParser:
    """The parser of a ``parse-classifier-func-name``; ``directory`` is the configuration file's.

    Raises:
        ConfigError: the name is unknown, or the user's own function cannot be had.
    """
    if ":" in name:
        return _user_parser(name, directory)
    if name not in CLASSIFIER_PARSERS:
        known = [key for key in CLASSIFIER_PARSERS if key]
        raise ConfigError(
            f"parse-classifier-func-name={name} is unknown{hint(name, known)}; "
            f"available: {', '.join(known)}, or file.py:function"
        )
    return CLASSIFIER_PARSERS[name](directory)


def _attributes(outputs: Iterable[NDArray[Any]], threshold: float) -> list[Attribute]:
    attributes = []
    for index, values in enumerate(outputs):
        best = int(np.argmax(values))
        if values[best] > max(threshold, 0):
            attributes.append(Attribute(index, best, float(values[best])))
    return attributes


def _user_parser(name: str, directory: Path) -> ClassifierParser:
    function = user_function(name, directory)

    def parse(tensors: Tensors, threshold: float) -> list[Attribute]:
        result = function(tensors, threshold)
        try:
            return [Attribute(*item) for item in result]
        except TypeError as error:
            raise ModelError(
                f"parser {name!r} returned something else than tuples of attribute index, "
                f"class id, probability and label: {error}"
            ) from error

    return parse

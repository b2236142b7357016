"""Parsers of semantic segmentations: from the tensors of a network to a class for each pixel.

===========================================  =====================================================
``parse-segmentation-func-name``             outputs for one picture, C classes
===========================================  =====================================================
(none)                                       [C,H,W] probabilities, or [H,W,C] with
                                             ``segmentation-output-order=1``
``NvDsInferParseCustomSegformerTAO``         ``output`` [H,W] whole numbers: classes
``NvDsInferParseCustomSegformerTAO2``        ``output`` [C,h,w] scores, of any size
``NvDsInferParseCustomPeopleSemSegNet``      ``argmax_1`` [H,W,1] whole numbers: classes
``NvDsInferParseCustomChangeNet``            ``output_final`` [C,H,W] probabilities
===========================================  =====================================================

Anything with a colon is the user's own: ``file.py:function`` or ``package.module:function``,
called with ``(tensors, settings)``; it returns the classes [H,W] as whole numbers (-1 is none), or
a pair of them and the probabilities [C,H,W].
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.config_values import hint
from pythia.vision.parsers.detections import Tensors, mismatch, named_outputs
from pythia.vision.parsers.user import user_function

_PLANAR = 0
_KEY = "parse-segmentation-func-name"


class ClassMap(NamedTuple):
    """The class of each pixel, int32 [H, W] with -1 for none, and what it was chosen from.

    ``probabilities`` is float32 [C, H, W]; None where the network gave classes only.
    """

    classes: NDArray[np.int32]
    probabilities: NDArray[np.float32] | None = None


class SegmentationSettings(NamedTuple):
    """What a parser may know of the network: input size, number of classes, threshold, order."""

    width: int
    height: int
    num_classes: int
    threshold: float
    output_order: int = _PLANAR


SegmentationParser = Callable[[Tensors, SegmentationSettings], ClassMap]


def probabilities(tensors: Tensors, settings: SegmentationSettings) -> ClassMap:
    """The most probable class of each pixel, where it is above the threshold; first output.

    Raises:
        ModelError: the output is not of floats with three dimensions and the configured classes.
    """
    name, value = next(iter(tensors.items()))
    if settings.output_order != _PLANAR and value.ndim == 3:
        value = value.transpose(2, 0, 1)
    _check(tensors, name, value, settings)
    planes = np.ascontiguousarray(value, np.float32)
    return ClassMap(_most_probable(planes, settings.threshold), planes)


def change_net(tensors: Tensors, settings: SegmentationSettings) -> ClassMap:
    """TAO's VisualChangeNet: as :func:`probabilities`, of the output ``output_final``."""
    found = named_outputs(tensors, "NvDsInferParseCustomChangeNet", "output_final", key=_KEY)
    return probabilities({"output_final": found[0]}, settings._replace(output_order=_PLANAR))


def segformer_classes(tensors: Tensors, _settings: SegmentationSettings) -> ClassMap:
    """TAO's SegFormer that already chose: whole numbers in ``output``."""
    return _classes(tensors, "NvDsInferParseCustomSegformerTAO", "output")


def people_sem_seg_net(tensors: Tensors, _settings: SegmentationSettings) -> ClassMap:
    """TAO's PeopleSemSegNet: whole numbers in ``argmax_1``."""
    return _classes(tensors, "NvDsInferParseCustomPeopleSemSegNet", "argmax_1")


def segformer_scores(tensors: Tensors, settings: SegmentationSettings) -> ClassMap:
    """TAO's SegFormer with scores: the best class everywhere, enlarged to the network's size."""
    parser = "NvDsInferParseCustomSegformerTAO2"
    (value,) = named_outputs(tensors, parser, "output", key=_KEY)
    _check(tensors, "output", value, settings)
    planes = np.ascontiguousarray(value, np.float32)
    classes = _most_probable(planes, -np.inf)
    size = settings.width, settings.height
    # OpenCV's nearest neighbour takes the pixel at floor(x * scale), as TAO's parser does.
    enlarged = cv2.resize(classes, size, interpolation=cv2.INTER_NEAREST)
    return ClassMap(np.asarray(enlarged, np.int32), planes)


SEGMENTATION_PARSERS: dict[str, SegmentationParser] = {
    "": probabilities,
    "NvDsInferParseCustomSegformerTAO": segformer_classes,
    "NvDsInferParseCustomSegformerTAO2": segformer_scores,
    "NvDsInferParseCustomPeopleSemSegNet": people_sem_seg_net,
    "NvDsInferParseCustomChangeNet": change_net,
}


def segmentation_parser(name: str, directory: Path) -> SegmentationParser:
    """The parser of a ``parse-segmentation-func-name``; ``directory`` is the configuration file's.

    Raises:
        ConfigError: the name is unknown, or the user's own function cannot be had.
    """
    if ":" in name:
        return _user_parser(name, directory)
    if name not in SEGMENTATION_PARSERS:
        known = [key for key in SEGMENTATION_PARSERS if key]
        raise ConfigError(
            f"{_KEY}={name} is unknown{hint(name, known)}; "
            f"available: {', '.join(known)}, or file.py:function"
        )
    return SEGMENTATION_PARSERS[name]


def _most_probable(planes: NDArray[np.float32], threshold: float) -> NDArray[np.int32]:
    # Plane by plane is several times faster than argmax over the first axis.
    best = np.full(planes.shape[1:], threshold, np.float32)
    classes = np.full(planes.shape[1:], -1, np.int32)
    for class_id, plane in enumerate(planes):
        np.copyto(classes, class_id, where=plane > best)
        np.maximum(best, plane, out=best)
    return classes


def _check(
    tensors: Tensors, name: str, value: NDArray[Any], settings: SegmentationSettings
) -> None:
    is_map = value.ndim == 3 and value.dtype.kind == "f"
    if not is_map or value.shape[0] != settings.num_classes:
        order = "C,H,W" if settings.output_order == _PLANAR else "H,W,C"
        expected = (
            f"{name} [{order}] of floats with C = num-detected-classes = {settings.num_classes}"
        )
        raise mismatch(tensors, "of segmentations", expected, _KEY)


def _classes(tensors: Tensors, parser: str, name: str) -> ClassMap:
    (value,) = named_outputs(tensors, parser, name, key=_KEY)
    if value.ndim == 3 and 1 in (value.shape[0], value.shape[2]):
        value = value[0] if value.shape[0] == 1 else value[:, :, 0]
    if value.ndim != 2 or value.dtype.kind not in "iu":
        raise mismatch(tensors, parser, f"{name} [H,W] of whole numbers", _KEY)
    return ClassMap(np.ascontiguousarray(value, np.int32))


def _user_parser(name: str, directory: Path) -> SegmentationParser:
    function = user_function(name, directory)

    def parse(tensors: Tensors, settings: SegmentationSettings) -> ClassMap:
        result = function(tensors, settings)
        classes, scores = result if isinstance(result, tuple) else (result, None)
        classes = np.asarray(classes)
        if classes.ndim != 2 or classes.dtype.kind not in "iu":
            raise ModelError(
                f"parser {name!r} returned something else than classes [H,W] of whole numbers: "
                f"found shape {list(classes.shape)} of {classes.dtype}"
            )
        if scores is not None:
            scores = np.ascontiguousarray(scores, np.float32)
        return ClassMap(np.ascontiguousarray(classes, np.int32), scores)

    return parse

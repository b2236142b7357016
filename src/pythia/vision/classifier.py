"""A classifier as nvinfer runs it: pictures, or parts of them, in, attributes out."""

from __future__ import annotations

import logging
from typing import NamedTuple

from pythia.vision.inference_model import InferenceModel
from pythia.vision.labels import label_of
from pythia.vision.network import Tensors
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.parsers.classifiers import Attribute, classifier_parser
from pythia.vision.placement import Placement

_log = logging.getLogger("pythia.vision.classifier")


class ClassifierResult(NamedTuple):
    """The attributes of one picture, in the order of the network's outputs.

    ``tensors`` are the outputs for it; None unless ``output-tensor-meta`` is on.
    """

    attributes: list[Attribute]
    tensors: Tensors | None


class Classifier(InferenceModel[ClassifierResult]):
    """A network of ``network-type`` 1.

    Labels come from the label file where the parser gave none.

    Raises:
        ConfigError: the parser is unknown.
    """

    def __init__(self, config: NvInferConfig) -> None:
        super().__init__(config)
        self._parser = classifier_parser(config.parse_classifier_func_name, config.file.parent)
        self._labels = config.labels

    def load(self) -> None:
        """As for every model; also says if no result will have a label."""
        super().load()
        outputs = len(self.context.network.output_names)
        lines = self._labels
        if outputs == 1 and len(lines) > 1 and self.config.triton:
            # nvinferserver takes all lines of the file together for a single attribute.
            self._labels = (tuple(label for line in lines for label in line),)
        elif outputs == 1 and len(lines) > 1:
            _log.warning(
                "%s has %d lines for one attribute; nvinfer reads its classes from the first "
                "line, separated by ;",
                self.config.labelfile_path,
                len(lines),
            )
        elif not lines and not self.config.parse_classifier_func_name:
            _log.warning(
                "%s: without labelfile-path results have no labels, and nvinfer attaches only "
                "results with labels",
                self.config.file,
            )

    def read(self, tensors: Tensors, placement: Placement) -> ClassifierResult:
        """The attributes of one picture."""
        found = self._parser(tensors, self.config.classifier_threshold)
        attributes = [
            entry._replace(
                label=entry.label or label_of(self._labels, entry.attribute, entry.class_id)
            )
            for entry in found
        ]
        return ClassifierResult(attributes, self.kept(tensors))

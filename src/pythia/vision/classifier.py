"""A classifier as nvinfer runs it: pictures, or parts of them, in, attributes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pythia.vision.inference_context import InferenceContext, Picture
from pythia.vision.labels import label_of
from pythia.vision.network import Tensors
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.parsers.classifiers import Attribute, classifier_parser


class ClassifierResult(NamedTuple):
    """The attributes of one picture, in the order of the network's outputs.

    ``tensors`` are the outputs for it; None unless ``output-tensor-meta`` is on.
    """

    attributes: list[Attribute]
    tensors: Tensors | None


class Classifier:
    """A network of ``network-type`` 1.

    :meth:`load` once, then :meth:`infer` from any number of threads at once.

    Raises:
        ConfigError: the parser is unknown.
    """

    def __init__(self, config: NvInferConfig) -> None:
        self.config = config
        self._parser = classifier_parser(config.parse_classifier_func_name, config.file.parent)
        self._context: InferenceContext | None = None

    def load(self) -> None:
        """Opens the model; takes its time.

        Raises:
            ModelError: the model is missing, broken, or does not fit the configuration.
            ConfigError: the configuration does not fit the model.
            MissingDependencyError: ONNX Runtime is not installed.
        """
        self._context = InferenceContext(self.config)

    @property
    def context(self) -> InferenceContext:
        """Network and pre-processing, once :meth:`load` has opened them."""
        if self._context is None:
            raise RuntimeError("Classifier.load() has to come first")
        return self._context

    def infer(self, pictures: Sequence[Picture]) -> list[ClassifierResult]:
        """The attributes of each picture, in order; blocks for as long as the network takes.

        Labels come from the label file where the parser gave none.

        Raises:
            ModelError: the network failed, or the user's parser did.
            ValueError: a rectangle has less than 2x2 pixels in its picture.
            RuntimeError: :meth:`load` was not called.
        """
        return [self._result(tensors) for _, tensors in self.context.infer(pictures)]

    def _result(self, tensors: Tensors) -> ClassifierResult:
        found = self._parser(tensors, self.config.classifier_threshold)
        attributes = [
            entry._replace(
                label=entry.label or label_of(self.config.labels, entry.attribute, entry.class_id)
            )
            for entry in found
        ]
        return ClassifierResult(attributes, tensors if self.config.output_tensor_meta else None)

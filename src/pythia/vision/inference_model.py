"""What nvinfer's kinds of networks have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

from pythia.vision.inference_context import InferenceContext
from pythia.vision.network import Tensors
from pythia.vision.nvinfer_config import OTHER, NvInferConfig
from pythia.vision.placement import Picture, Placement

Result = TypeVar("Result")

InputTensor = NDArray[Any]
"""The input of a network for several pictures, the number of them first."""


class InferenceModel(Generic[Result]):
    """A network with its rules; kinds of networks implement :meth:`read`.

    :meth:`load` once, then everything else from any number of threads at once.
    """

    def __init__(self, config: NvInferConfig) -> None:
        self.config = config
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
            raise RuntimeError(f"{type(self).__name__}.load() has to come first")
        return self._context

    def infer(self, pictures: Sequence[Picture]) -> list[Result]:
        """What is in each picture, in order; blocks for as long as the network takes.

        Raises:
            ModelError: the network failed, or its outputs are not what the parser reads.
            ValueError: a rectangle has less than 2x2 pixels in its picture.
            RuntimeError: :meth:`load` was not called.
        """
        return [
            self.read(tensors, Placement.of(picture, box))
            for picture, (box, tensors) in zip(pictures, self.context.infer(pictures), strict=True)
        ]

    def prepare(self, pictures: Sequence[Picture]) -> tuple[InputTensor, list[Placement]]:
        """The network's input for pictures, for :meth:`infer_prepared` at a later time."""
        batch, boxes = self.context.prepare(pictures)
        return batch, [Placement.of(*both) for both in zip(pictures, boxes, strict=True)]

    def infer_prepared(self, batch: InputTensor, placements: Sequence[Placement]) -> list[Result]:
        """As :meth:`infer`, for an input that is there already."""
        outputs = self.context.run(batch)
        return [self.read(*both) for both in zip(outputs, placements, strict=True)]

    def read(self, tensors: Tensors, placement: Placement) -> Result:
        """What the outputs for one picture say."""
        raise NotImplementedError

    def kept(self, tensors: Tensors) -> Tensors | None:
        """The outputs, if somebody wants to see them."""
        wanted = self.config.output_tensor_meta or self.config.network_type == OTHER
        return tensors if wanted else None

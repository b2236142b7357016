"""A semantic segmentation as nvinfer runs it: pictures in, a class for each pixel out."""

from __future__ import annotations

from typing import NamedTuple

from pythia.vision.inference_model import InferenceModel
from pythia.vision.network import Tensors
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.parsers.segmentation import (
    ClassMap,
    SegmentationSettings,
    segmentation_parser,
)
from pythia.vision.placement import Placement


class SegmentationResult(NamedTuple):
    """The classes of one picture's pixels.

    ``tensors`` are the outputs for it; None unless ``output-tensor-meta`` is on.
    """

    classes: ClassMap
    tensors: Tensors | None


class Segmenter(InferenceModel[SegmentationResult]):
    """A network of ``network-type`` 2.

    Raises:
        ConfigError: the parser is unknown.
    """

    def __init__(self, config: NvInferConfig) -> None:
        super().__init__(config)
        name, folder = config.parse_segmentation_func_name, config.file.parent
        self._parser = segmentation_parser(name, folder)

    def read(self, tensors: Tensors, placement: Placement) -> SegmentationResult:
        """The classes of one picture's pixels, at the size of the network."""
        config, size = self.config, self.context.input_size
        settings = SegmentationSettings(
            size.width,
            size.height,
            config.num_detected_classes,
            config.segmentation_threshold,
            config.segmentation_output_order,
        )
        return SegmentationResult(self._parser(tensors, settings), self.kept(tensors))

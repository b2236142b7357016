"""An instance segmentation as nvinfer runs it: pictures in, objects with masks out."""

from __future__ import annotations

import numpy as np

from pythia.exceptions import ConfigError
from pythia.vision.detector import FrameResult, ObjectModel
from pythia.vision.network import Tensors
from pythia.vision.nvinfer_config import NO_CLUSTERING, NvInferConfig
from pythia.vision.parsers.instances import Instances, instance_parser
from pythia.vision.placement import Placement


class InstanceSegmenter(ObjectModel):
    """A network of ``network-type`` 3.

    Raises:
        ConfigError: the parser is unknown or missing, or ``cluster-mode`` is not 4.
    """

    def __init__(self, config: NvInferConfig) -> None:
        if config.cluster_mode != NO_CLUSTERING:
            raise ConfigError(
                f"{config.file}: network-type=3 (instance segmentation) needs cluster-mode="
                f"{NO_CLUSTERING}, found {config.cluster_mode}: masks cannot be merged"
            )
        super().__init__(config)
        name, folder = config.parse_bbox_instance_mask_func_name, config.file.parent
        self._parser = instance_parser(name, folder)

    def read(self, tensors: Tensors, placement: Placement) -> FrameResult:
        """The objects of one picture with their masks."""
        found = self._chosen(self._parser(tensors, self.settings))
        return FrameResult(
            self.objects(found.detections, placement, found.masks), self.kept(tensors)
        )

    def _chosen(self, found: Instances) -> Instances:
        """Those over their class's threshold, class after class, ``topk`` of each at most."""
        attrs, boxes = self.config.class_attrs, found.detections
        known = (boxes.class_ids >= 0) & (boxes.class_ids < len(attrs))
        index = np.flatnonzero(known)
        over = boxes.scores[index] >= self.settings.thresholds[boxes.class_ids[index]]
        index = index[over]
        kept = []
        for class_id in np.unique(boxes.class_ids[index]):
            own = index[boxes.class_ids[index] == class_id]
            topk = attrs[class_id].topk
            if topk >= 0:
                own = own[np.argsort(-boxes.scores[own], kind="stable")[:topk]]
            kept.append(own)
        return found.take(np.concatenate(kept) if kept else index)

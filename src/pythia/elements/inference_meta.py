"""How the results of networks become metadata.

Values and styles follow DeepStream's open plugin (``gstnvinfer_meta_utils.cpp``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pythia.meta.portable import (
    PortableBase,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableSegmentation,
    PortableTensor,
    PortableUser,
)
from pythia.meta.portable_osd import PortableMask, PortableText
from pythia.meta.portable_preprocess import PortableRoi
from pythia.meta.types import ROI_META, SEGMENTATION_META, TENSOR_OUTPUT_META
from pythia.vision.detector import Detection
from pythia.vision.inference_context import InputSize
from pythia.vision.instance_colours import instance_colour
from pythia.vision.network import Tensors
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.parsers.classifiers import Attribute
from pythia.vision.parsers.segmentation import ClassMap


@dataclass(frozen=True, slots=True)
class Target:
    """What a network looked at: a whole frame, an object on it, or a region of nvdspreprocess.

    ``size`` is the frame's, width and height in pixels.
    """

    frame: PortableFrame
    obj: PortableObject | None
    size: tuple[int, int]
    roi: PortableRoi | None = None


class InferenceMeta:
    """Writes results on targets; on the thread that holds the buffer."""

    def __init__(self, config: NvInferConfig, network: InputSize) -> None:
        self._config = config
        self._network = network

    def add_objects(self, target: Target, detections: Sequence[Detection]) -> None:
        """Put detected objects on the frame; their parent is the object they were found on."""
        target.frame.bInferDone = 1
        masked = 0
        for found in detections:
            obj = self._object(found)
            if found.mask is not None and self._config.output_instance_mask:
                self._add_mask(obj, found, masked)
                masked += 1
            target.frame.add_obj(obj, parent=target.obj)

    def _object(self, found: Detection) -> PortableObject:
        obj = PortableObject(
            unique_component_id=self._config.gie_unique_id,
            class_id=found.class_id,
            confidence=found.confidence,
            obj_label=found.label,
        )
        rect, box = obj.rect_params, obj.detector_bbox_info.org_bbox_coords
        rect.left = box.left = found.left
        rect.top = box.top = found.top
        rect.width = box.width = found.width
        rect.height = box.height = found.height
        rect.border_width = 3
        attrs = self._config.class_attrs[found.class_id]
        rect.border_color.set(*attrs.border_color)
        if attrs.bg_color is not None:
            rect.has_bg_color = 1
            rect.bg_color.set(*attrs.bg_color)
        _style(obj.text_params, found.label, found.left, found.top)
        return obj

    def _add_mask(self, obj: PortableObject, found: Detection, number: int) -> None:
        assert found.mask is not None
        # Key points of a pose parser come without a shape; their size is the network's.
        size = (self._network.height, self._network.width)
        height, width = found.mask.shape if found.mask.ndim == 2 else size
        threshold = self._config.segmentation_threshold
        obj.mask_params = PortableMask(found.mask, width, height, threshold)
        obj.rect_params.border_color.set(*instance_colour(number), 1)

    def add_labels(self, target: Target, attributes: Sequence[Attribute]) -> None:
        """Put what a classifier says on the object, or on a new one that is the whole frame.

        As in nvinfer nothing is attached if no attribute has a label.
        """
        labels = " ".join(found.label for found in attributes if found.label)
        if not labels:
            return
        obj = target.obj
        if obj is None and target.roi is None:
            obj = self._whole_frame(target)
        classifier = self._classifier(attributes)
        if target.roi is not None:
            target.roi.add_classifier(classifier)
        if obj is None:
            return
        obj.add_classifier(classifier)
        text, rect = obj.text_params, obj.rect_params
        if text.display_text is None:
            _style(text, "", rect.left, rect.top)
        text.display_text = f"{text.display_text} {labels}"

    def _classifier(self, attributes: Sequence[Attribute]) -> PortableClassifier:
        classifier = PortableClassifier(self._config.gie_unique_id, self._config.classifier_type)
        for found in attributes:
            classifier.add_label(
                PortableLabel(
                    result_label=found.label,
                    result_class_id=found.class_id,
                    label_id=found.attribute,
                    result_prob=found.probability,
                )
            )
        return classifier

    def _whole_frame(self, target: Target) -> PortableObject:
        """The object that carries the labels of a full frame."""
        obj = PortableObject(unique_component_id=self._config.gie_unique_id, class_id=-1)
        obj.rect_params.width, obj.rect_params.height = map(float, target.size)
        obj.rect_params.border_width = 6
        obj.rect_params.border_color.set(1, 0, 0, 1)
        obj.rect_params.bg_color.set(1, 1, 0, 0.4)
        _style(obj.text_params, "", 0, 0)
        target.frame.add_obj(obj)
        return obj

    def add_class_map(self, target: Target, found: ClassMap) -> None:
        """Hang a segmentation on the frame, object or region."""
        target.frame.bInferDone = 1
        height, width = found.classes.shape
        segmentation = PortableSegmentation(
            self._config.num_detected_classes,
            width,
            height,
            found.classes,
            found.probabilities,
            self._config.gie_unique_id,
        )
        _hang(target, PortableUser(PortableBase(SEGMENTATION_META), segmentation))

    def add_tensors(self, target: Target, tensors: Tensors) -> None:
        """Hang raw outputs on the frame, object or region; a region then on frame and object."""
        meta = PortableTensor(self._config.gie_unique_id, dict(tensors), *self._network)
        _hang(target, PortableUser(PortableBase(TENSOR_OUTPUT_META), meta))
        if target.roi is not None:
            target.frame.add_user(PortableUser(PortableBase(ROI_META), target.roi))
            if target.obj is not None:
                target.obj.add_user(PortableUser(PortableBase(ROI_META), target.roi))


def _hang(target: Target, user: PortableUser) -> None:
    (target.roi or target.obj or target.frame).add_user(user)


def _style(text: PortableText, label: str, left: float, top: float) -> None:
    """DeepStream's look of a label: white on black above the upper left corner."""
    text.display_text = label
    text.x_offset = max(0, int(left))  # the offsets are unsigned
    text.y_offset = max(0, int(top) - 10)
    text.set_bg_clr = 1
    text.text_bg_clr.set(0, 0, 0, 1)
    text.font_params.font_name = "Serif"
    text.font_params.font_size = 11
    text.font_params.font_color.set(1, 1, 1, 1)

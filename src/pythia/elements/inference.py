"""What nvinfer infers on, and how its results become metadata.

Rules and styles follow DeepStream's open plugin (``gstnvinfer.cpp`` and
``gstnvinfer_meta_utils.cpp``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pythia.elements.frames import FrameMapper
from pythia.exceptions import ConfigError, PipelineError
from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableTensor,
    PortableUser,
)
from pythia.meta.portable_osd import PortableText
from pythia.meta.types import TENSOR_OUTPUT_META
from pythia.vision.classifier import Classifier
from pythia.vision.detector import Detection, Detector
from pythia.vision.geometry import Rect
from pythia.vision.inference_context import Picture
from pythia.vision.network import Tensors
from pythia.vision.nvinfer_config import CLASSIFIER, DETECTOR, OTHER, NvInferConfig
from pythia.vision.parsers.classifiers import Attribute
from pythia.vision.side_by_side import one_thread_a_call

_SECONDARY = 2
_log = logging.getLogger("pythia.elements.nvinfer")


@dataclass(frozen=True)
class Task:
    """One picture to infer on: a whole frame, or an object on it."""

    slot: int
    frame: PortableFrame
    obj: PortableObject | None
    size: tuple[int, int]


@dataclass(frozen=True)
class Outcome:
    """What a network said of one task; :meth:`attach` writes it down."""

    write: Callable[[Task], None]
    tensors: PortableTensor | None

    def attach(self, task: Task) -> None:
        """Put it on the task's frame or object; on the thread that holds the buffer."""
        task.frame.bInferDone = 1
        self.write(task)
        if self.tensors is not None:
            user = PortableUser(PortableBase(TENSOR_OUTPUT_META), self.tensors)
            (task.obj or task.frame).add_user(user)


class Inference:
    """A loaded network with its rules.

    :meth:`tasks` runs on the thread that holds the buffer, :meth:`run` on any number of worker
    threads at once.

    Raises:
        ConfigError, ModelError, MissingDependencyError: it cannot be loaded.
    """

    def __init__(self, config: NvInferConfig) -> None:
        self.config = config
        if config.input_tensor_from_meta:
            raise ConfigError(
                f"{config.file}: input-tensor-meta needs nvdspreprocess, which the portable "
                "runtime does not have; take it out, and nvinfer prepares the frames itself"
            )
        if config.network_type not in (DETECTOR, CLASSIFIER, OTHER):
            raise ConfigError(
                f"{config.file}: network-type={config.network_type} (segmentation) does not run "
                "on the portable runtime; it runs 0 (detector), 1 (classifier) and 100 (other)"
            )
        if config.classifier_async_mode or "secondary-reinfer-interval" in config.set_keys:
            _log.info("%s: every object is inferred on in every frame", config.file)
        self._detector = None if config.network_type == CLASSIFIER else Detector(config)
        self._classifier = Classifier(config) if config.network_type == CLASSIFIER else None
        one_thread_a_call()
        (self._detector or self._classifier).load()  # type: ignore[union-attr]

    def tasks(self, batch: PortableBatch, size: tuple[int, int], *, skip: bool) -> list[Task]:
        """What to infer on in a batch of frames of a size; ``skip`` leaves out whole frames."""
        if self.config.process_mode == _SECONDARY:
            return list(self._objects(batch, size))
        if skip:
            return []
        if min(size) < 2:
            raise PipelineError(f"frames of {size[0]}x{size[1]} are too small; 2x2 is the least")
        return [Task(slot, f, None, size) for slot, f in enumerate(batch.frame_meta_list)]

    def _objects(self, batch: PortableBatch, size: tuple[int, int]) -> Iterator[Task]:
        for slot, frame in enumerate(batch.frame_meta_list):
            for obj in frame.obj_meta_list:
                if self._takes(obj) and _part(obj, size) is not None:
                    yield Task(slot, frame, obj, size)

    def _takes(self, obj: PortableObject) -> bool:
        config = self.config
        rect = obj.rect_params
        if config.operate_on_gie_id > -1 and obj.unique_component_id != config.operate_on_gie_id:
            return False
        if config.operate_on_class_ids and obj.class_id not in config.operate_on_class_ids:
            return False
        if rect.width < config.input_object_min_width:
            return False
        if rect.height < config.input_object_min_height:
            return False
        if 0 < config.input_object_max_width < rect.width:
            return False
        return not 0 < config.input_object_max_height < rect.height

    def run(self, frames: FrameMapper, buffer: int, tasks: Sequence[Task]) -> list[Outcome]:
        """Infer on all tasks of one buffer (by address), which the caller keeps alive."""
        with frames.batch(buffer) as images:
            pictures = [
                (images[task.slot], None if task.obj is None else _part(task.obj, task.size))
                for task in tasks
            ]
            if self._classifier is not None:
                return self._classify(self._classifier, pictures)
            assert self._detector is not None
            return self._detect(self._detector, pictures)

    def _detect(self, detector: Detector, pictures: Sequence[Picture]) -> list[Outcome]:
        return [
            Outcome(self._detections_writer(result.detections), self._tensor_meta(result.tensors))
            for result in detector.infer(pictures)
        ]

    def _classify(self, classifier: Classifier, pictures: Sequence[Picture]) -> list[Outcome]:
        return [
            Outcome(self._attributes_writer(result.attributes), self._tensor_meta(result.tensors))
            for result in classifier.infer(pictures)
        ]

    def _tensor_meta(self, tensors: Tensors | None) -> PortableTensor | None:
        if tensors is None or not (self.config.output_tensor_meta):
            return None
        return PortableTensor(self.config.gie_unique_id, dict(tensors))

    def _detections_writer(self, detections: Sequence[Detection]) -> Callable[[Task], None]:
        def write(task: Task) -> None:
            for detection in detections:
                task.frame.add_obj(self._object(detection), parent=task.obj)

        return write

    def _object(self, found: Detection) -> PortableObject:
        obj = PortableObject(
            unique_component_id=self.config.gie_unique_id,
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
        attrs = self.config.class_attrs[found.class_id]
        rect.border_color.set(*attrs.border_color)
        if attrs.bg_color is not None:
            rect.has_bg_color = 1
            rect.bg_color.set(*attrs.bg_color)
        _style(obj.text_params, found.label, found.left, found.top)
        return obj

    def _attributes_writer(self, attributes: Sequence[Attribute]) -> Callable[[Task], None]:
        def write(task: Task) -> None:
            if attributes:
                obj = task.obj or self._whole_frame(task)
                self._label(obj, attributes)

        return write

    def _whole_frame(self, task: Task) -> PortableObject:
        """The object that carries the labels of a full frame."""
        obj = PortableObject(unique_component_id=self.config.gie_unique_id, class_id=-1)
        obj.rect_params.width, obj.rect_params.height = map(float, task.size)
        obj.rect_params.border_width = 6
        obj.rect_params.border_color.set(1, 0, 0, 1)
        obj.rect_params.bg_color.set(1, 1, 0, 0.4)
        _style(obj.text_params, "", 0, 0)
        task.frame.add_obj(obj)
        return obj

    def _label(self, obj: PortableObject, attributes: Sequence[Attribute]) -> None:
        classifier = PortableClassifier(self.config.gie_unique_id, self.config.classifier_type)
        for found in attributes:
            classifier.add_label(
                PortableLabel(
                    result_label=found.label,
                    result_class_id=found.class_id,
                    label_id=found.attribute,
                    result_prob=found.probability,
                )
            )
        obj.add_classifier(classifier)
        labels = " ".join(found.label for found in attributes if found.label)
        if not labels:
            return
        if obj.text_params.display_text is None:
            _style(obj.text_params, "", obj.rect_params.left, obj.rect_params.top)
        obj.text_params.display_text = f"{obj.text_params.display_text} {labels}"


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


def _part(obj: PortableObject, size: tuple[int, int]) -> Rect | None:
    """The part of the frame that an object covers; None if less than 2x2 pixels are left of it."""
    box = obj.rect_params
    left, top = max(0.0, box.left), max(0.0, box.top)
    width = min(box.left + box.width, size[0]) - left
    height = min(box.top + box.height, size[1]) - top
    return Rect(left, top, width, height) if min(width, height) >= 2 else None

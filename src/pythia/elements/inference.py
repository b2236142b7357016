"""What nvinfer infers on, and which results go where.

Rules follow DeepStream's open plugin (``gstnvinfer.cpp``).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pythia.elements.frames import FrameMapper
from pythia.elements.inference_meta import InferenceMeta, Target
from pythia.elements.tensor_input import is_prepared, placement, tensor_input
from pythia.elements.tracked_objects import TrackedObject, TrackedObjects
from pythia.exceptions import ConfigError, PipelineError
from pythia.meta.portable import PortableBatch, PortableFrame, PortableObject
from pythia.meta.types import UNTRACKED_OBJECT_ID
from pythia.vision.classifier import Classifier, ClassifierResult
from pythia.vision.detector import Detector, FrameResult
from pythia.vision.geometry import Rect
from pythia.vision.inference_model import InputTensor
from pythia.vision.instance_masks import InstanceSegmenter
from pythia.vision.nvinfer_config import (
    CLASSIFIER,
    DETECTOR,
    FOR_EVER,
    INSTANCE_SEGMENTATION,
    NO_CLUSTERING,
    OTHER,
    SEGMENTATION,
    NvInferConfig,
)
from pythia.vision.placement import Picture, Placement
from pythia.vision.segmentation import SegmentationResult, Segmenter
from pythia.vision.side_by_side import one_thread_a_call

_SECONDARY = 2
_log = logging.getLogger("pythia.elements.nvinfer")

Model = Detector | Classifier | Segmenter | InstanceSegmenter
Result = FrameResult | ClassifierResult | SegmentationResult

_MODELS: dict[int, type[Model]] = {
    DETECTOR: Detector,
    CLASSIFIER: Classifier,
    SEGMENTATION: Segmenter,
    INSTANCE_SEGMENTATION: InstanceSegmenter,
    OTHER: Detector,
}


class Task(NamedTuple):
    """One picture to infer on; ``slot`` is the frame's place in the buffer.

    ``known`` is what is remembered of the target, if it is an object that a tracker follows.
    """

    slot: int
    target: Target
    known: TrackedObject | None = None


class Plan(NamedTuple):
    """What is to be done for one buffer.

    ``repeats`` get the labels that are known of them already. With ``tensors`` the inputs of all
    tasks are prepared, in their order.
    """

    tasks: Sequence[Task] = ()
    repeats: Sequence[Task] = ()
    tensors: Sequence[InputTensor] = ()


class Inference:
    """A loaded network with its rules.

    :meth:`plan` runs on the streaming thread, :meth:`run` on any number of worker threads at
    once, :meth:`attach` on the thread that holds the buffer, one buffer after the other.

    Raises:
        ConfigError, ModelError, MissingDependencyError: it cannot be loaded.
    """

    def __init__(self, config: NvInferConfig) -> None:
        self.config = config = _checked(config)
        self._model = _MODELS[config.network_type](config)
        one_thread_a_call()
        self._model.load()
        self._meta = InferenceMeta(config, self._model.context.input_size)
        self._tracked: TrackedObjects | None = None
        detects_again = config.secondary_reinfer_interval != FOR_EVER
        if config.classifies or (config.network_type == DETECTOR and detects_again):
            self._tracked = TrackedObjects(config)
        self._warned = False

    def forget_source(self, source: int) -> None:
        """Drop what is remembered of the objects of a source, which has ended."""
        if self._tracked is not None:
            self._tracked.forget_source(source)

    def plan(self, batch: PortableBatch, size: tuple[int, int], *, skip: bool) -> Plan:
        """What to do for a batch of frames of a size; ``skip`` leaves out whole frames."""
        if min(size) < 2:
            raise PipelineError(f"frames of {size[0]}x{size[1]} are too small; 2x2 is the least")
        if self.config.input_tensor_from_meta:
            network = self._model.context.network
            targets, tensors = tensor_input(batch, self.config, network.input_name, size)
            if not self._warned and not is_prepared(batch, self.config):
                self._warn(
                    f"input-tensor-meta=1, but no tensors for gie-unique-id="
                    f"{self.config.gie_unique_id} came; put nvdspreprocess with it in "
                    "target-unique-ids before this element"
                )
            self._warned = True
            return Plan([Task(0, target) for target in targets], tensors=tensors)
        if self.config.process_mode == _SECONDARY:
            return self._plan_objects(batch, size)
        if skip:
            return Plan()
        frames = enumerate(batch.frame_meta_list)
        return Plan([Task(slot, Target(frame, None, size)) for slot, frame in frames])

    def _plan_objects(self, batch: PortableBatch, size: tuple[int, int]) -> Plan:
        tasks, repeats = [], []
        if self._tracked is not None:
            self._tracked.next_batch(batch.frame_meta_list)
        for slot, frame in enumerate(batch.frame_meta_list):
            for obj in frame.obj_meta_list:
                due, known = self._look_up(frame, obj)
                due = due and _part(obj, size) is not None
                if known is not None and (not due or self.config.classifier_async_mode):
                    repeats.append(Task(slot, Target(frame, obj, size), known))
                if due:
                    tasks.append(Task(slot, Target(frame, obj, size), self._begin(frame, obj)))
        return Plan(tasks, repeats)

    def _look_up(
        self, frame: PortableFrame, obj: PortableObject
    ) -> tuple[bool, TrackedObject | None]:
        """Whether an object is to be inferred on, and what is known of it."""
        if self._tracked is None or obj.object_id == UNTRACKED_OBJECT_ID:
            if self.config.classifier_async_mode:
                self._warn(
                    "classifier-async-mode=1 needs a tracker before it; objects without a "
                    "tracker's id are not inferred on"
                )
                return False, None
            return self._takes(obj), None
        known = self._tracked.find(frame, obj)
        takes = self._takes(obj)
        return takes and (known is None or self._tracked.is_due(known, frame, obj)), known

    def _begin(self, frame: PortableFrame, obj: PortableObject) -> TrackedObject | None:
        if self._tracked is None or obj.object_id == UNTRACKED_OBJECT_ID:
            return None
        return self._tracked.begin(frame, obj)

    def _warn(self, problem: str) -> None:
        """Say once what a user should know."""
        if not self._warned:
            _log.warning("%s: %s", self.config.file, problem)
        self._warned = True

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

    def run(self, frames: FrameMapper, buffer: int, plan: Plan) -> Sequence[Result]:
        """Infer on all tasks of one buffer (by address), which the caller keeps alive."""
        if plan.tensors:
            return self._run_tensors(plan)
        with frames.batch(buffer) as images:
            return self._model.infer([_picture(images, task) for task in plan.tasks])

    def _run_tensors(self, plan: Plan) -> Sequence[Result]:
        results: list[Result] = []
        for tensor in plan.tensors:
            tasks = plan.tasks[len(results) : len(results) + len(tensor)]
            places = [placement(task.target) for task in tasks]
            results += self._model.infer_prepared(tensor, places)
        return results

    def prepare(
        self, frames: FrameMapper, buffer: int, plan: Plan
    ) -> tuple[InputTensor, list[Placement]]:
        """The input for all tasks; afterwards the buffer is needed no more."""
        with frames.batch(buffer) as images:
            return self._model.prepare([_picture(images, task) for task in plan.tasks])

    def learn(self, plan: Plan, prepared: tuple[InputTensor, list[Placement]]) -> None:
        """Infer on a prepared input and remember the results for later frames."""
        for task, result in zip(plan.tasks, self._model.infer_prepared(*prepared), strict=True):
            assert isinstance(result, ClassifierResult)
            self._remember(task, result)

    def _remember(self, task: Task, result: ClassifierResult) -> None:
        known = task.known
        if known is None:
            return
        known.pending -= 1
        if result.attributes or not self.config.triton:
            known.attributes = result.attributes

    def attach(self, plan: Plan, results: Sequence[Result]) -> None:
        """Write results down, then what is known of the other objects."""
        for task, result in zip(plan.tasks, results, strict=True):
            self._write(task, result)
            if result.tensors is not None and self.config.output_tensor_meta:
                self._meta.add_tensors(task.target, result.tensors)
        for task in plan.repeats:
            if task.known is not None and self.config.classifies:
                self._meta.add_labels(task.target, task.known.attributes)

    def _write(self, task: Task, result: Result) -> None:
        if isinstance(result, FrameResult):
            self._meta.add_objects(task.target, result.detections)
            if task.known is not None:
                task.known.pending -= 1
        elif isinstance(result, SegmentationResult):
            self._meta.add_class_map(task.target, result.classes)
        else:
            task.target.frame.bInferDone = 1
            self._remember(task, result)
            known = task.known
            attributes = result.attributes if known is None else known.attributes
            self._meta.add_labels(task.target, attributes)


def _checked(config: NvInferConfig) -> NvInferConfig:
    """The configuration without what does not go together.

    Raises:
        ConfigError: something in it cannot be.
    """
    if config.output_instance_mask and config.cluster_mode != NO_CLUSTERING:
        raise ConfigError(
            f"{config.file}: output-instance-mask=1 needs cluster-mode={NO_CLUSTERING}, found "
            f"{config.cluster_mode}: masks cannot be merged"
        )
    if not config.classifier_async_mode:
        return config
    if config.input_tensor_from_meta:
        raise ConfigError(
            f"{config.file}: classifier-async-mode=1 does not go with input-tensor-from-meta=1: "
            "tensors of nvdspreprocess belong to one buffer; take one of them out"
        )
    if not config.classifies or config.process_mode != _SECONDARY:
        _log.warning(
            "%s: classifier-async-mode=1 is for secondary classifiers only, and turned off",
            config.file,
        )
        return replace(config, classifier_async_mode=False)
    if config.output_tensor_meta:
        _log.warning("%s: with classifier-async-mode=1 no tensors are attached", config.file)
    return config


def _picture(images: Sequence[Any], task: Task) -> Picture:
    obj = task.target.obj
    return images[task.slot], None if obj is None else _part(obj, task.target.size)


def _part(obj: PortableObject, size: tuple[int, int]) -> Rect | None:
    """The part of the frame that an object covers; None if less than 2x2 pixels are left of it."""
    box = obj.rect_params
    left, top = max(0.0, box.left), max(0.0, box.top)
    width = min(box.left + box.width, size[0]) - left
    height = min(box.top + box.height, size[1]) - top
    return Rect(left, top, width, height) if min(width, height) >= 2 else None

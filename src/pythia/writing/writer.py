"""Adds metadata to a batch and takes it off, under the batch's lock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pythia.exceptions import MetadataError
from pythia.meta.types import UNTRACKED_OBJECT_ID
from pythia.writing import values
from pythia.writing.drawing import RED, Drawing, fill_text
from pythia.writing.values import INT, U64, UINT, Box, Color

if TYPE_CHECKING:
    from pythia.meta.types import (
        BatchMeta,
        ClassifierMeta,
        FrameMeta,
        LabelInfo,
        ObjectMeta,
        UserMeta,
    )

_WHITE, _BLACK = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 1.0)


def writing(batch_meta: BatchMeta) -> MetaWriter:
    """Write metadata in a ``with`` block, which holds the batch's lock.

    ::

        with pythia.writing(batch_meta) as write:
            for frame in pythia.frames_per_batch(batch_meta):
                car = write.object(frame, "car", box=(100, 50, 80, 40), confidence=0.9)
                write.label(car, "red")

    Call it where the batch is at hand: in a probe, on the thread that holds the buffer. The lock
    is DeepStream's (``nvds_acquire_meta_lock``); a thread that has it can take it again.

    Args:
        batch_meta: As a probe gets it, on either runtime.

    Raises:
        MetadataError: It is no batch.
    """
    return MetaWriter(batch_meta)


class MetaWriter(Drawing):
    """What a ``with pythia.writing(...)`` block gives; its methods work inside the block only.

    Metadata added last are seen first, as in DeepStream. What is removed is taken off when the
    block ends, so that a program may remove while it walks. Each method raises
    :class:`~pythia.exceptions.MetadataError` for values that make no sense, for metadata that was
    removed or belongs to another batch, and outside of the block; nothing is written then.
    """

    def object(
        self,
        frame: FrameMeta,
        label: str = "",
        *,
        box: Box,
        confidence: float = 1.0,
        class_id: int = 0,
        object_id: int = UNTRACKED_OBJECT_ID,
        component: int = 0,
        parent: ObjectMeta | None = None,
        color: Color = RED,
        width: int = 3,
    ) -> ObjectMeta:
        """Add an object to a frame, with the looks that nvinfer gives to its own.

        Args:
            frame: A frame of the batch.
            label: Its ``obj_label``, drawn above the box; cut at 127 bytes.
            box: Left, top, width and height in pixels of the frame; may reach beyond its edges.
            confidence: The detector's, as it is; DeepStream's for "unknown" is -0.1.
            class_id: Number of the class.
            object_id: The tracker's number, 64 bits without sign.
            component: ``unique_component_id``: the ``gie-unique-id`` that it is to look found by.
            parent: The object on the same frame that it was found on.
            color: Of the border.
            width: Of the border in pixels; 0 draws none.
        """
        self._check_frame(frame)
        if parent is not None and self._frame_of(parent) is not frame:
            raise MetadataError("parent: it is on another frame than the object")
        left, top, box_width, box_height = values.box(box)
        name = values.label(label, "label")
        likely, rgba = values.number(confidence, "confidence"), values.color(color, "color")
        numbers = (
            values.whole(component, "component", INT),
            values.whole(class_id, "class_id", INT),
            values.whole(object_id, "object_id", U64),
            values.whole(width, "width", UINT),
        )
        obj = self._provider.new_object(self._batch)
        obj.unique_component_id, obj.class_id, obj.object_id, border_width = numbers
        obj.confidence = likely
        obj.obj_label = self._provider.fixed_text(name)
        rect, org = obj.rect_params, obj.detector_bbox_info.org_bbox_coords
        rect.left, rect.top, rect.width, rect.height = left, top, box_width, box_height
        org.left, org.top, org.width, org.height = left, top, box_width, box_height
        rect.border_width = border_width
        rect.border_color.set(*rgba)
        place = max(0, int(left)), max(0, int(top) - 10)
        fill_text(obj.text_params, name, place, "Serif", 11, _WHITE, _BLACK)
        self._provider.add_object(frame, obj, parent)
        self._here.add_object(obj, frame)
        made: ObjectMeta = obj
        return made

    def classification(
        self, obj: ObjectMeta, labels: Mapping[str, float] | None = None, *, component: int = 0
    ) -> ClassifierMeta:
        """Add what one classifier says of an object.

        Args:
            obj: An object of the batch.
            labels: Labels with their probabilities, ``{"red": 0.9}``, walked in this order; more
                can be added with :meth:`label`.
            component: ``unique_component_id`` of the classifier.
        """
        self._frame_of(obj)
        number = values.whole(component, "component", INT)
        checked = [
            (values.label(name, "labels"), values.share(likely, "labels"), place)
            for place, (name, likely) in enumerate((labels or {}).items())
        ]
        classifier = self._provider.new_classifier(self._batch)
        classifier.unique_component_id = number
        for name, likely, place in reversed(checked):  # the last added is walked first
            self._add_label(classifier, name, likely, place)
        self._provider.add_classifier(obj, classifier)
        self._own.add(classifier)
        made: ClassifierMeta = classifier
        return made

    def label(
        self,
        on: ObjectMeta | ClassifierMeta,
        label: str,
        *,
        confidence: float = 1.0,
        class_id: int = 0,
        component: int = 0,
    ) -> LabelInfo:
        """Add a label to a classification, or to an object with a classification of its own.

        Args:
            on: An object or a classification of the batch.
            label: Its ``result_label``; cut at 127 bytes.
            confidence: Its ``result_prob``, from 0 to 1.
            class_id: Its ``result_class_id``.
            component: Of the classification, where one is made.
        """
        name, likely = values.label(label, "label"), values.share(confidence, "confidence")
        number = values.whole(class_id, "class_id", UINT)
        if hasattr(on, "label_info_list"):
            self._check_there(on)
        else:
            on = self.classification(on, component=component)
        return self._add_label(on, name, likely, number)

    def _add_label(self, on: Any, name: str, likely: float, number: int) -> LabelInfo:
        label = self._provider.new_label(self._batch)
        label.result_label = self._provider.fixed_text(name)
        label.result_prob, label.result_class_id = likely, number
        self._provider.add_label(on, label)
        made: LabelInfo = label
        return made

    def user(self, target: BatchMeta | FrameMeta | ObjectMeta, thing: Any) -> UserMeta:
        """Hang any Python object on the batch, a frame or an object.

        :func:`pythia.user_data` reads it. The object itself is kept, not a copy, as long as the
        metadata or a copy of it lives; branches behind a tee share it, so what several threads may
        change needs a lock of its own.
        """
        self._check_target(target)
        user: UserMeta = self._provider.new_user(self._batch, thing)
        self._provider.add_user(target, user)
        return user

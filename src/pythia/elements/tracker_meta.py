"""How objects of a frame reach the tracker, and how what it says becomes metadata.

Rules and styles follow DeepStream's open plug-in (``nvtracker_proc.cpp``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pythia.meta.portable import (
    PortableBase,
    PortableCoords,
    PortableFrame,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_osd import PortableRect, PortableText
from pythia.meta.portable_tracker import PortableObjReid
from pythia.meta.types import TRACKER_OBJ_REID_META, UNTRACKED_OBJECT_ID

if TYPE_CHECKING:
    from pythia.vision.image import Image
    from pythia.vision.tracking.frame import Box, Frame, Tracked

_NOT_DETECTED = -0.1  # the confidence of an object that only the tracker saw
_LONGEST_TEXT = 127
_FONT_SIZE = 10
_TEXT_ABOVE = 20


@dataclass(frozen=True)
class Scale:
    """From pixels of the frame to those of the tracker's frame; both sizes are width, height."""

    frame: tuple[int, int]
    tracker: tuple[int, int]

    @property
    def factors(self) -> tuple[float, float]:
        """Across and down."""
        return self.tracker[0] / self.frame[0], self.tracker[1] / self.frame[1]

    def back(self, box: Box) -> Box:
        """A box of the tracker in pixels of the frame."""
        x, y = self.factors
        return box[0] / x, box[1] / y, box[2] / x, box[3] / y


class ClassStyles:
    """How the first object of each class looked; those without a detection look like it."""

    def __init__(self) -> None:
        self._first: dict[int, PortableObject] = {}

    def learn(self, objects: Iterable[PortableObject]) -> None:
        """Remember classes that are new."""
        for obj in objects:
            if obj.class_id not in self._first:
                self._first[obj.class_id] = obj.copy()

    def label(self, class_id: int) -> str:
        """The name of a class."""
        known = self._first.get(class_id)
        return "" if known is None else known.obj_label

    def object(self, class_id: int) -> PortableObject:
        """An object of a class as no detector saw it."""
        obj = PortableObject(class_id=class_id, confidence=_NOT_DETECTED)
        known = self._first.get(class_id)
        if known is not None:
            obj.unique_component_id = known.unique_component_id
            obj.obj_label = known.obj_label
            obj.rect_params = known.rect_params.copy()
            obj.text_params = known.text_params.copy()
        return obj


def considered(frame: PortableFrame, class_ids: frozenset[int]) -> list[PortableObject]:
    """The objects that a tracker is to look at: those of a primary detector, of these classes."""
    return [
        obj
        for obj in frame.obj_meta_list
        if obj.parent is None and (not class_ids or obj.class_id in class_ids)
    ]


def tracker_frame(
    frame: PortableFrame, objects: Sequence[PortableObject], scale: Scale, image: Image | None
) -> Frame:
    """A frame as the tracker wants it."""
    from pythia.vision.tracking.frame import Frame

    rects = [obj.rect_params for obj in objects]
    boxes = np.array([(r.left, r.top, r.width, r.height) for r in rects]).reshape(-1, 4)
    return Frame(
        frame.frame_num,
        scale.tracker,
        boxes * np.array(scale.factors * 2),
        np.array([obj.class_id for obj in objects], np.intp),
        np.array([obj.confidence for obj in objects], np.float64),
        # Objects that something else than nvinfer put there are a detection, too.
        looked=bool(frame.bInferDone or objects),
        image=image,
    )


class FrameWriter:
    """Writes what a tracker says of one frame into its metadata.

    Args:
        frame: the frame.
        objects: those that the tracker was given, in its order.
        scale: sizes of the frame and of the tracker's.
        styles: how classes look.
        show_ids: whether texts get the id.
    """

    def __init__(
        self,
        frame: PortableFrame,
        objects: Sequence[PortableObject],
        scale: Scale,
        styles: ClassStyles,
        show_ids: bool,
    ) -> None:
        self._frame = frame
        self._objects = objects
        self._scale = scale
        self._styles = styles
        self._show_ids = show_ids

    def write(self, tracked: Iterable[Tracked], object_id: Callable[[int], int]) -> None:
        """Write the objects that are reported; ``object_id`` makes an id from the tracker's."""
        gone = set()
        for target in tracked:
            box = self._scale.back(target.box)
            clipped = clip(box, self._scale.frame)
            detected = target.detection >= 0
            if clipped is None and not detected:
                continue
            obj = self._object(target)
            obj.object_id = object_id(target.id)
            if clipped is None:
                gone.add(id(obj))
                continue
            self._place(obj, target, box, clipped)
            if not detected:
                self._frame.add_obj(obj)
        if gone:
            self._keep(lambda obj: id(obj) not in gone)

    def remove_untracked(self) -> None:
        """Take away detections that the tracker does not report, or not yet."""
        self._keep(lambda obj: obj.object_id != UNTRACKED_OBJECT_ID or obj.parent is not None)

    def _keep(self, wanted: Callable[[PortableObject], bool]) -> None:
        objects = self._frame.obj_meta_list
        objects[:] = [obj for obj in objects if wanted(obj)]

    def _object(self, target: Tracked) -> PortableObject:
        if target.detection >= 0:
            return self._objects[target.detection]
        return self._styles.object(target.class_id)

    def _place(self, obj: PortableObject, target: Tracked, box: Box, clipped: Box) -> None:
        rect = obj.rect_params
        rect.left, rect.top, rect.width, rect.height = clipped
        obj.tracker_bbox_info.org_bbox_coords = PortableCoords(*box)
        obj.tracker_confidence = target.confidence
        if target.vector is not None:
            vector = PortableObjReid(target.vector)
            obj.add_user(PortableUser(PortableBase(TRACKER_OBJ_REID_META), vector))
        self._label(obj.text_params, rect, obj.object_id)

    def _label(self, text: PortableText, rect: PortableRect, object_id: int) -> None:
        text.font_params.font_name = "Serif"
        text.font_params.font_size = _FONT_SIZE
        text.font_params.font_color.set(1, 1, 1, 1)
        text.set_bg_clr = 1
        text.text_bg_clr.set(0, 0, 0, 1)
        if self._show_ids:
            text.display_text = f"{text.display_text or ''} {object_id}"[:_LONGEST_TEXT]
        text.x_offset = int(rect.left)
        text.y_offset = max(0, int(rect.top) - _TEXT_ABOVE)  # the offsets are unsigned


def clip(box: Box, size: tuple[int, int]) -> Box | None:
    """The part of a box that lies in a frame; None if there is none."""
    left, top = max(box[0], 0.0), max(box[1], 0.0)
    width = min(box[0] + box[2], size[0]) - left
    height = min(box[1] + box[3], size[1]) - top
    return (left, top, width, height) if min(width, height) > 0 else None

"""Metadata in a few lines, as the portable runtime would make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableCoords,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo
from pythia.meta.portable_osd import PortableRect
from pythia.meta.types import ANALYTICS_FRAME_META, ANALYTICS_OBJ_META, UNTRACKED_OBJECT_ID

Box = tuple[float, float, float, float]
Labels = Mapping[str, float] | Sequence[str] | str

_FRAME_NS = 1_000_000_000 // 30


def obj(
    label: str = "",
    *,
    box: Box = (0, 0, 0, 0),
    confidence: float = 1.0,
    class_id: int = 0,
    object_id: int = UNTRACKED_OBJECT_ID,
    tracker_confidence: float = 0.0,
    component: int = 1,
    parent: PortableObject | None = None,
    classifications: Sequence[PortableClassifier] = (),
    users: Sequence[PortableUser] = (),
) -> PortableObject:
    """An object as a detector leaves it.

    Args:
        label: Its ``obj_label``, also what is drawn beside it.
        box: Left, top, width and height in pixels of the frame.
        confidence: The detector's, from 0 to 1.
        class_id: Number of the class.
        object_id: The tracker's number; untracked by default.
        tracker_confidence: The tracker's, from 0 to 1.
        component: ``unique_component_id`` of the detector.
        parent: The object that this one was found on; it goes into the frame, too.
        classifications: What classifiers say of it, see :func:`classification`.
        users: User metadata, see :func:`user` and :func:`analytics`.
    """
    made = PortableObject(component, class_id, object_id, confidence, tracker_confidence, label)
    left, top, width, height = map(float, box)
    made.rect_params = PortableRect(left, top, width, height, border_width=3)
    made.text_params.display_text = label
    made.detector_bbox_info.org_bbox_coords = PortableCoords(left, top, width, height)
    made.parent = parent
    made.classifier_meta_list = list(classifications)
    made.obj_user_meta_list = list(users)
    return made


def classification(labels: Labels, *, component: int = 2) -> PortableClassifier:
    """What one classifier says: ``"red"``, ``["red", "sedan"]`` or ``{"red": 0.9}``."""
    if isinstance(labels, str):
        labels = [labels]
    likely = labels if isinstance(labels, Mapping) else dict.fromkeys(labels, 1.0)
    made = PortableClassifier(component)
    made.label_info_list = [
        PortableLabel(len(likely), text, number, number, probability)
        for number, (text, probability) in enumerate(likely.items())
    ]
    return made


def user(data: Any, meta_type: int | str) -> PortableUser:
    """User metadata: any Python object, under a number or a registered name."""
    return PortableUser(PortableBase(meta_type), data)


def analytics(**fields: Any) -> PortableUser:
    """What nvdsanalytics says, of an object (``lcStatus=["in"]``) or a frame (``objCnt={0: 2}``).

    Raises:
        TypeError: A field belongs to neither.
    """
    of_object = {"roiStatus", "lcStatus", "dirStatus", "objStatus"} & set(fields)
    if of_object or isinstance(fields.get("ocStatus"), list):
        return user(PortableAnalyticsObjInfo(**fields), ANALYTICS_OBJ_META)
    return user(PortableAnalyticsFrameMeta(**fields), ANALYTICS_FRAME_META)


def frame(
    *objects: PortableObject,
    source_id: int = 0,
    frame_num: int = 0,
    pts_ns: int | None = None,
    size: tuple[int, int] = (1280, 720),
    users: Sequence[PortableUser] = (),
) -> PortableFrame:
    """A frame; iterators give its objects in the order in which they stand here.

    Args:
        *objects: What was found on it.
        source_id: Number of the source; the muxer's pad as well.
        frame_num: Number of the frame in its source.
        pts_ns: Its time stamp; 30 frames a second by default.
        size: Width and height in pixels.
        users: User metadata, see :func:`user` and :func:`analytics`.
    """
    made = PortableFrame(source_id, 0, frame_num, source_id=source_id)
    made.buf_pts = frame_num * _FRAME_NS if pts_ns is None else pts_ns
    made.source_frame_width, made.source_frame_height = size
    made.bInferDone = 1
    made.obj_meta_list = list(objects)
    made.frame_user_meta_list = list(users)
    return made


def batch(*frames: PortableFrame) -> PortableBatch:
    """A batch of frames, in their order."""
    for number, one in enumerate(frames):
        one.batch_id = number
    return PortableBatch(len(frames), list(frames))

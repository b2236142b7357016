"""One batch of metadata, made on each provider: portable, and with pyds' own functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo
from pythia.meta.portable_osd import PortableMask
from pythia.meta.types import ANALYTICS_FRAME_META, ANALYTICS_OBJ_META

LABELS = ("person", "car", "plate")  # in the order in which they are added
MASK = [0.0, 1.0, 0.25, 0.75]


def portable_batch() -> PortableBatch:
    batch = PortableBatch(max_frames_in_batch=2)
    for source in (0, 1):
        frame = PortableFrame(source, source, 7 + source, 2**40, 2**62, source)
        frame.source_frame_width, frame.source_frame_height = 1280, 720
        objects = [PortableObject(1, i, 2**63 + i, 0.5, 0.25, x) for i, x in enumerate(LABELS)]
        for obj in objects:
            rect = obj.rect_params
            rect.left, rect.top, rect.width, rect.height = 1.5, 2.0, 30.0, 40.0
            frame.add_obj(obj, objects[1] if obj is objects[2] else None)
        _classify(objects[1])
        objects[0].mask_params = PortableMask(np.array(MASK, np.float32), 2, 2, 0.5)
        info = PortableAnalyticsObjInfo(lcStatus=["in"], dirStatus="DIR:north")
        objects[1].add_user(PortableUser(PortableBase(ANALYTICS_OBJ_META), info))
        counts = PortableAnalyticsFrameMeta(objInROIcnt={"gate": 2}, ocStatus={"gate": True})
        frame.add_user(PortableUser(PortableBase(ANALYTICS_FRAME_META), counts))
        batch.add_frame(frame)
    return batch


def _classify(obj: PortableObject) -> None:
    classifier = PortableClassifier(4)
    for name in ("red", "sedan"):
        classifier.add_label(PortableLabel(2, name, 1, 0, 0.5))
    obj.add_classifier(classifier)


class PydsMaker:
    """Makes the same batch with pyds' functions."""

    def __init__(self, pyds: Any) -> None:
        self.pyds = pyds
        self.batch = pyds.nvds_create_batch_meta(2)
        # Real pyds frees a few of them when their wrapper goes.
        self.kept: list[Any] = []
        for source in (0, 1):
            self._add_frame(source)

    def _add_frame(self, source: int) -> None:
        frame = self.pyds.nvds_acquire_frame_meta_from_pool(self.batch)
        self.kept.append(frame)
        frame.pad_index = frame.batch_id = frame.source_id = source
        frame.frame_num, frame.buf_pts, frame.ntp_timestamp = 7 + source, 2**40, 2**62
        frame.source_frame_width, frame.source_frame_height = 1280, 720
        self.pyds.nvds_add_frame_meta_to_batch(self.batch, frame)
        person = self._add_object(frame, 0, None)
        car = self._add_object(frame, 1, None)
        self._add_object(frame, 2, car)
        person.mask_params.width = person.mask_params.height = 2
        person.mask_params.threshold = 0.5
        person.mask_params.alloc_mask_array()[:] = MASK
        self._classify(car)
        info = self.pyds.NvDsAnalyticsObjInfo()
        info.lcStatus, info.dirStatus = ["in"], "DIR:north"
        self.pyds.nvds_add_user_meta_to_obj(car, self._user(ANALYTICS_OBJ_META, info))
        counts = self.pyds.NvDsAnalyticsFrameMeta()
        counts.objInROIcnt, counts.ocStatus = {"gate": 2}, {"gate": True}
        self.pyds.nvds_add_user_meta_to_frame(frame, self._user(ANALYTICS_FRAME_META, counts))

    def _add_object(self, frame: Any, class_id: int, parent: Any) -> Any:
        obj = self.pyds.nvds_acquire_obj_meta_from_pool(self.batch)
        obj.unique_component_id, obj.class_id, obj.object_id = 1, class_id, 2**63 + class_id
        obj.confidence, obj.tracker_confidence, obj.obj_label = 0.5, 0.25, LABELS[class_id] + "\0"
        rect = obj.rect_params
        rect.left, rect.top, rect.width, rect.height = 1.5, 2.0, 30.0, 40.0
        self.pyds.nvds_add_obj_meta_to_frame(frame, obj, parent)
        return obj

    def _classify(self, obj: Any) -> None:
        classifier = self.pyds.nvds_acquire_classifier_meta_from_pool(self.batch)
        classifier.unique_component_id = 4
        for name in ("red", "sedan"):
            label = self.pyds.nvds_acquire_label_info_meta_from_pool(self.batch)
            label.result_label, label.result_prob = name + "\0", 0.5
            self.pyds.nvds_add_label_info_meta_to_classifier(classifier, label)
        self.pyds.nvds_add_classifier_meta_to_object(obj, classifier)

    def _user(self, name: str, data: Any) -> Any:
        user = self.pyds.nvds_acquire_user_meta_from_pool(self.batch)
        self.kept.append(data)
        user.user_meta_data = data
        number = int(self.pyds.nvds_get_user_meta_type(name))
        user.base_meta.meta_type = self.pyds.NvDsMetaType(number)
        return user

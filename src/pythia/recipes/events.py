"""What is told of an object, as one dictionary."""

from __future__ import annotations

from typing import Any

import numpy as np

from pythia.iterators import analytics_per_obj, labels_per_obj
from pythia.meta.types import UNTRACKED_OBJECT_ID, FrameMeta, ObjectMeta
from pythia.recipes.masks import Mask
from pythia.recipes.models import class_name

_RULES = ("dirStatus", "lcStatus", "ocStatus", "roiStatus", "unique_id")


def object_event(frame: FrameMeta, obj: ObjectMeta, engine: str = "") -> dict[str, Any]:
    """Return frame, label and box of an object, and what is known besides.

    ``frame_num``, ``pad_index``, ``id`` (None if it is not tracked), ``engine`` and ``engine_id``
    (the model that found it), ``class_id``, ``label``, ``left``, ``top``, ``width``, ``height`` in
    pixels of the frame, ``confidence`` (below 0 where only the tracker has it),
    ``tracker_confidence`` if it is tracked, ``attributes`` if classifiers found any, and
    ``analytics`` if nvdsanalytics has looked at it.

    Args:
        frame: The frame that it is on.
        obj: The object.
        engine: Name of the model's element.
    """
    box, tracked = obj.rect_params, obj.object_id != UNTRACKED_OBJECT_ID
    event: dict[str, Any] = {
        "frame_num": frame.frame_num,
        "id": obj.object_id if tracked else None,
        "engine_id": obj.unique_component_id,
        "engine": engine,
        "pad_index": frame.pad_index,
        "class_id": obj.class_id,
        "label": obj.obj_label or class_name(obj.class_id),
        "left": box.left,
        "top": box.top,
        "width": box.width,
        "height": box.height,
        "confidence": obj.confidence,
    }
    if tracked:
        event["tracker_confidence"] = obj.tracker_confidence
    attributes = [label.result_label for label in labels_per_obj(obj)]
    if attributes:
        event["attributes"] = attributes
    for info in analytics_per_obj(obj):
        event["analytics"] = {rule: getattr(info, rule) for rule in _RULES}
    return event


def mask_of(obj: ObjectMeta) -> Mask | None:
    """Return a copy of an object's mask; None where it has none."""
    params = obj.mask_params
    values = params.get_mask_array()
    # Pose parsers of public configurations carry key points there: no mask.
    if not len(values) or len(values) != params.width * params.height:
        return None
    grid = np.array(values, np.float32).reshape(params.height, params.width)
    return Mask(grid, params.threshold)

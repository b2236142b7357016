"""The README's probe: one line for each object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pythia import objects_per_batch


def gen_detections(batch_meta: Any) -> Iterator[dict[str, Any]]:
    for frame, obj in objects_per_batch(batch_meta):
        box = obj.rect_params
        yield {
            "frame_num": frame.frame_num,
            "label": obj.obj_label,
            "left": box.left,
            "top": box.top,
            "width": box.width,
            "height": box.height,
            "confidence": obj.confidence,
        }

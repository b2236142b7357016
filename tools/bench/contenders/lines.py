"""JSON lines on standard output, one for each object."""

from __future__ import annotations

import json
import sys
from typing import Any

from numpy.typing import NDArray
from tools.bench.contenders.model import Model


def write_lines(
    model: Model, number: int, boxes: NDArray[Any], scores: NDArray[Any], class_ids: NDArray[Any]
) -> None:
    """Write the objects of frame ``number``; boxes are left, top, right, bottom."""
    rows = zip(boxes.tolist(), scores.tolist(), class_ids.tolist(), strict=True)
    for (left, top, right, bottom), score, class_id in rows:
        line = {
            "frame_num": number,
            "label": model.label(class_id),
            "left": left,
            "top": top,
            "width": right - left,
            "height": bottom - top,
            "confidence": score,
        }
        sys.stdout.write(json.dumps(line) + "\n")

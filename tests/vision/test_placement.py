from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.vision.class_attrs import ClassAttrs
from pythia.vision.geometry import Rect, letterbox
from pythia.vision.image import Image
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.parsers.detections import Detections, detections
from pythia.vision.placement import Placement, Placer

_CONFIG = NvInferConfig(Path("config.txt"), class_attrs=(ClassAttrs(),))


def _found(*boxes: tuple[float, float, float, float]) -> Detections:
    return detections(np.array(boxes), np.full(len(boxes), 0.5), np.zeros(len(boxes)))


def _placed(found: Detections, at: Placement, **changes: Any) -> list[tuple[float, ...]]:
    placer = Placer(replace(_CONFIG, **changes))
    return [tuple(round(value, 3) for value in rect) for _, rect in placer.place(found, at)]


def test_boxes_come_back_through_padding_and_scale() -> None:
    image = Image("RGB", 1280, 720, ())
    box = letterbox(Rect(0, 0, 1280, 720), (1280, 720), (640, 640), True, True)
    network = np.array([[0, 140, 640, 500], [320, 320, 330, 330]], np.float32)

    part = Placement.of((image, None), box).to_part(network)

    np.testing.assert_allclose(part, [[0, 0, 1280, 720], [640, 360, 660, 380]], atol=1e-3)


def test_the_corner_of_an_object_is_added_after_the_filters() -> None:
    at = Placement(100, 100, corner=(60, 70))

    # Would be below the frame's last row but one, were it moved first.
    attrs = (ClassAttrs(roi_bottom_offset=10),)
    assert _placed(_found((1, 2, 11, 22)), at, class_attrs=attrs) == [(61, 72, 10, 20)]


_REGION = Rect(50, 20, 40, 30)


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        (True, [(50, 20, 15, 15), (80, 40, 10, 10)]),
        (False, [(45, 15, 20, 20), (80, 40, 20, 20)]),
    ],
)
def test_boxes_of_a_region_are_moved_there_and_clipped_to_it_if_asked_for(
    clip: bool, expected: list[tuple[float, ...]]
) -> None:
    at = Placement(200, 100, scale_x=2, scale_y=2, region=_REGION)
    found = _found((-10, -10, 30, 30), (60, 40, 100, 80))

    assert _placed(found, at, clip_object_outside_roi=clip) == expected


def test_a_region_is_moved_to_before_the_filters() -> None:
    at = Placement(200, 100, region=_REGION)

    attrs = (ClassAttrs(roi_top_offset=20),)
    assert len(_placed(_found((0, 0, 5, 5)), at, class_attrs=attrs)) == 1

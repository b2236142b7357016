from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from pythia import samples
from pythia.vision.image import Plane
from pythia.vision.scaling import scale

FILTERS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "lanczos": cv2.INTER_LANCZOS4,
}


@pytest.fixture(scope="module")
def picture() -> Plane:
    file: Path = samples.path("sample_720p.jpg")
    return np.asarray(cv2.imread(str(file)), np.uint8)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("filter", FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("size", [(960, 544), (640, 360), (417, 311), (1920, 1080)])
def test_it_makes_what_opencv_makes_but_for_rounding(
    picture: Plane, size: tuple[int, int], filter: int, channels: int
) -> None:
    plane = np.ascontiguousarray(picture[..., :channels])
    expected = cv2.resize(plane, size, interpolation=filter)
    target = np.zeros(expected.shape, np.uint8)
    if channels == 1:
        plane, target = plane[..., 0], target.reshape(size[::-1])

    scale(plane, target, filter)

    assert np.abs(target.astype(int) - expected.reshape(target.shape)).max() <= 1


def test_rows_of_the_target_may_be_apart_and_nothing_else_is_touched(picture: Plane) -> None:
    wide = np.full((400, 700), 7, np.uint8)

    scale(picture[..., 0].copy(), wide[10:370, 20:660], cv2.INTER_LINEAR)

    inside = np.zeros(wide.shape, np.bool_)
    inside[10:370, 20:660] = True
    assert (wide[~inside] == 7).all()
    assert wide[inside].std() > 20


def test_the_thread_s_own_opencv_stays_as_it_was(picture: Plane) -> None:
    before = cv2.ipp.useIPP_NotExact()

    scale(picture, np.empty((360, 640, 3), np.uint8), cv2.INTER_LINEAR)
    with pytest.raises(cv2.error):
        scale(picture[:0], np.empty((360, 640, 3), np.uint8), cv2.INTER_LINEAR)

    assert cv2.ipp.useIPP_NotExact() == before

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.parsers.detections import ParserSettings
from pythia.vision.parsers.instances import Instances, instance_parser

_SETTINGS = ParserSettings(64, 32, 2, np.array([0.3, 0.5], np.float32))


def _parse(name: str, tensors: dict[str, Any], folder: str = "") -> Instances:
    return instance_parser(name, Path(folder))(tensors, _SETTINGS)


def _boxes(found: Instances) -> list[list[float]]:
    boxes: list[list[float]] = found.detections.boxes.round(3).tolist()
    return boxes


@pytest.mark.parametrize(
    ("name", "masks"),
    [
        ("NvDsInferParseCustomMrcnnTLT", "mask_head/mask_fcn_logits/BiasAdd"),
        ("NvDsInferParseCustomMrcnnTLTV2", "mask_fcn_logits/BiasAdd"),
    ],
)
def test_mask_rcnn_takes_the_mask_of_the_class(name: str, masks: str) -> None:
    rows = np.array(
        [
            [4, 8, 20, 40, 1, 0.9],  # y1, x1, y2, x2, class, score
            [-5, -5, 10, 90, 0, 0.4],
            [4, 8, 20, 40, 1, 0.2],
            [9, 9, 9, 9, 0, 0.9],
        ],
        np.float32,
    )
    planes = np.arange(4 * 2 * 3 * 3, dtype=np.float32).reshape(4, 2, 3, 3)

    found = _parse(name, {"generate_detections": rows, masks: planes})

    assert _boxes(found) == [[8, 4, 40, 20], [0, 0, 63, 10]]
    assert found.detections.class_ids.tolist() == [1, 0]
    np.testing.assert_array_equal(found.masks[0], planes[0, 1])
    np.testing.assert_array_equal(found.masks[1], planes[1, 0])
    assert found.masks[0].base is None  # holds no outputs


def test_mask2former_draws_the_box_around_the_mask() -> None:
    masks = np.zeros((3, 32, 64), np.float32)
    masks[0, 5:10, 20:40] = 1
    masks[0, 7, 25] = 0
    masks[1, 5:10, 20:40] = 1
    masks[2, 3, 3] = 1
    tensors = {
        "pred_classes": np.array([1, 0, 0], np.int64),
        "pred_scores": np.array([0.8, np.nan, 0.9], np.float32),
        "pred_masks": masks,
    }

    found = _parse("NvDsInferParseCustomMask2Former", tensors)

    assert _boxes(found) == [[20, 5, 40, 10]]
    assert found.masks[0].shape == (5, 20)
    assert found.masks[0].sum() == 99


def test_mask2former_may_find_nothing() -> None:
    tensors = {
        "pred_classes": np.zeros(2, np.int64),
        "pred_scores": np.zeros(2, np.float32),
        "pred_masks": np.zeros((2, 32, 64), np.float32),
    }

    found = _parse("NvDsInferParseCustomMask2Former", tensors)

    assert len(found.detections) == len(found.masks) == 0


@pytest.mark.parametrize("columns", [(3,), (3, 1)])
def test_yolo_seg_reads_four_outputs_by_their_order(columns: tuple[int, ...]) -> None:
    tensors = {
        "b": np.array([[8, 4, 40, 20], [-4, 0, 80, 40], [1, 1, 1.5, 9]], np.float32),
        "s": np.array([0.9, 0.4, 0.9], np.float32).reshape(columns),
        "c": np.array([1, 0, 0], np.float32).reshape(columns),
        "m": np.arange(3 * 4 * 4, dtype=np.float32).reshape(3, 4, 4),
    }

    found = _parse("NvDsInferParseYoloSeg", tensors)

    assert _boxes(found) == [[8, 4, 40, 20], [0, 0, 64, 32]]
    assert found.detections.class_ids.tolist() == [1, 0]
    np.testing.assert_array_equal(found.masks[1], tensors["m"][1])


@pytest.mark.parametrize("transposed", [False, True])
def test_yolov8_seg_adds_up_prototypes_and_cuts_them_to_the_box(transposed: bool) -> None:
    prototypes = np.zeros((2, 8, 16), np.float32)  # a quarter of the network's size
    prototypes[0, :, :8] = 10
    prototypes[0, :, 8:] = -10
    prototypes[1, 4:] = 100
    rows = np.array(
        [
            [32, 16, 32, 16, 0.1, 0.9, 1, 0],  # 16..48 x 8..24, class 1, left half inside
            [33, 16, 32, 16, 0.1, 0.8, 1, 0],  # the same object
            [32, 16, 32, 16, 0.7, 0.1, 0, 1],  # class 0, lower half inside
            [32, 16, 32, 16, 0.2, 0.2, 1, 1],
        ],
        np.float32,
    )

    found = _parse("yolov8-seg", {"output0": rows if transposed else rows.T, "output1": prototypes})

    assert _boxes(found) == [[16, 8, 48, 24]] * 2
    assert found.detections.class_ids.tolist() == [0, 1]
    lower, left = found.masks
    assert left.shape == (4, 8)
    assert (left[:, :4] > 0.5).all()
    assert (left[:, 4:] < 0.5).all()
    assert (lower[2:] > 0.5).all()
    assert not (lower[:2] > 0.5).any()


def test_yolo_pose_carries_key_points_in_the_mask() -> None:
    points = np.array([[10, 10, 0.9, 70, 40, 0.5]] * 3, np.float32)
    tensors = {
        "boxes": np.array([[20, 10, 20, 10], [21, 10, 20, 10], [50, 20, 10, 10]], np.float32),
        "scores": np.array([[0.9], [0.8], [0.1]], np.float32),
        "kpts": points,
    }

    found = _parse("NvDsInferParseYoloPose", tensors)

    assert _boxes(found) == [[10, 5, 30, 15]]
    np.testing.assert_allclose(found.masks[0], [10, 10, 0.9, 64, 32, 0.5])


@pytest.mark.parametrize(
    "name",
    [
        "NvDsInferParseCustomMrcnnTLT",
        "NvDsInferParseCustomMask2Former",
        "NvDsInferParseYoloSeg",
        "yolov8-seg",
        "NvDsInferParseYoloPose",
    ],
)
def test_outputs_that_do_not_fit_are_refused_with_what_is_needed(name: str) -> None:
    with pytest.raises(ModelError, match="parse-bbox-instance-mask-func-name") as refused:
        _parse(name, {"output": np.zeros((3, 5), np.float32)})

    assert "output [3, 5]" in str(refused.value)


def test_a_parser_of_the_users_own_gives_boxes_with_masks(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def good(tensors, settings):\n"
        "    yield 1, 0.75, 4, 8, 10, 12, [[0.5, 1.0]]\n"
        "def none(tensors, settings):\n    return []\n"
        "def wrong(tensors, settings):\n    return [(1, 0.75, 4, 8, 10, 12, [1.0])]\n"
    )

    found = _parse("mine.py:good", {}, str(tmp_path))

    assert _boxes(found) == [[4, 8, 14, 20]]
    assert found.masks[0].tolist() == [[0.5, 1.0]]
    assert len(_parse("mine.py:none", {}, str(tmp_path)).masks) == 0
    with pytest.raises(ModelError, match=r"a mask is not \[h,w\]"):
        _parse("mine.py:wrong", {}, str(tmp_path))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "parse-bbox-instance-mask-func-name is missing"),
        ("NvDsInferParseYoloSegg", "did you mean 'NvDsInferParseYoloSeg'"),
    ],
)
def test_a_name_that_is_missing_or_unknown_is_refused(name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        instance_parser(name, Path())

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.parsers import BBOX_PARSERS, Detections, ParserSettings, bbox_parser

Array = np.ndarray[Any, Any]
Row = tuple[int, float, float, float, float, float]

_WIDTH, _HEIGHT = 64, 32


def _parse(
    name: str, tensors: dict[str, Any], classes: int = 3, threshold: float = 0.3
) -> Detections:
    arrays = {key: np.asarray(value, np.float32) for key, value in tensors.items()}
    thresholds = np.full(classes, threshold, np.float32)
    parser = bbox_parser(name, Path())
    return parser(arrays, ParserSettings(_WIDTH, _HEIGHT, classes, thresholds))


def _check(found: Detections, rows: Sequence[Row]) -> None:
    """Compares with rows of class id, score, x1, y1, x2, y2, in order."""
    assert found.boxes.dtype == np.float32
    assert found.boxes.shape == (len(rows), 4)
    assert found.scores.dtype == np.float32
    assert found.class_ids.dtype == np.int32
    assert found.class_ids.tolist() == [row[0] for row in rows]
    np.testing.assert_allclose(found.scores, [row[1] for row in rows], rtol=1e-5)
    np.testing.assert_allclose(
        found.boxes, np.array([r[2:] for r in rows]).reshape(-1, 4), atol=1e-4
    )


def _logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def _detectnet(name: str = "conv2d") -> dict[str, Array]:
    """Cells of 16 pixels: 2 rows, 4 columns; class 1 in row 1, column 2, 0.8."""
    cov, bbox = np.zeros((3, 2, 4)), np.zeros((12, 2, 4))
    cov[1, 1, 2] = 0.8
    cov[2, 0, 0] = 0.29
    # Distances from the cell at (32.5, 16.5) in units of 35 pixels: to (25.5, 13, 46.5, 23.5).
    bbox[4:8, 1, 2] = [0.2, 0.1, 0.4, 0.2]
    return {f"{name}_cov/Sigmoid:0": cov, f"{name}_bbox/BiasAdd:0": bbox}


@pytest.mark.parametrize("name", ["", "detectnet"])
def test_detectnet_reads_coverage_and_distances(name: str) -> None:
    _check(_parse(name, _detectnet()), [(1, 0.8, 25.5, 13, 46.5, 23.5)])


def test_the_resnet_sample_parser_makes_boxes_one_pixel_larger() -> None:
    found = _parse("NvDsInferParseCustomResnet", _detectnet("output"))

    _check(found, [(1, 0.8, 25.5, 13, 47.5, 24.5)])


def test_detectnet_cuts_boxes_to_the_input_and_drops_inverted_ones() -> None:
    tensors = _detectnet()
    tensors["conv2d_bbox/BiasAdd:0"][4:8, 1, 2] = [9, 9, 9, 9]
    tensors["conv2d_cov/Sigmoid:0"][0, 0, 0] = 0.9
    tensors["conv2d_bbox/BiasAdd:0"][:4, 0, 0] = [-1, 0, 0, 0]

    _check(_parse("", tensors), [(1, 0.8, 0, 0, 63, 31)])


def test_detectnet_ignores_classes_beyond_those_configured() -> None:
    assert len(_parse("", _detectnet(), classes=1)) == 0


# Rows x1, y1, x2, y2 | score | class of what every flat YOLO output below says.
_YOLO: list[Row] = [(2, 0.72, 10, 5, 30, 25), (0, 0.6, 40, 2, 60, 30)]


def _yolov5_rows() -> Array:
    rows = np.zeros((50, 8))
    rows[7] = [20, 15, 20, 20, 0.9, 0.1, 0.2, 0.8]
    rows[9] = [50, 16, 20, 28, 0.6, 1.0, 0.0, 0.0]
    rows[11] = [50, 16, 20, 28, 0.9, 0.3, 0.0, 0.0]  # 0.27: under the threshold
    rows[12] = [50, 16, 0.5, 28, 0.9, 0.9, 0.0, 0.0]  # less than a pixel wide
    return rows


@pytest.mark.parametrize("name", ["yolov5", "yolov7", "yolox-decoded"])
@pytest.mark.parametrize("transposed", [False, True])
def test_yolov5_scores_are_objectness_times_class(name: str, transposed: bool) -> None:
    rows = _yolov5_rows()

    _check(_parse(name, {"output": rows.T if transposed else rows}), _YOLO)


def test_nvidias_yolov7_parser_scores_by_objectness_alone() -> None:
    found = _parse("NvDsInferParseCustomYoloV7", {"output": _yolov5_rows()[:10]})

    _check(found, [(2, 0.9, *_YOLO[0][2:]), _YOLO[1]])


@pytest.mark.parametrize("name", ["yolov8", "yolov9", "yolov12", "NvDsInferParseYoloV11"])
@pytest.mark.parametrize("transposed", [False, True])
def test_yolov8_scores_are_those_of_the_best_class(name: str, transposed: bool) -> None:
    rows = np.zeros((50, 7))
    rows[3] = [20, 15, 20, 20, 0.1, 0.2, 0.72]
    rows[5] = [50, 16, 20, 28, 0.6, 0.2, 0.0]
    rows[6] = [50, 16, 20, 28, 0.29, 0.2, 0.0]

    _check(_parse(name, {"output0": rows if transposed else rows.T}), _YOLO)


@pytest.mark.parametrize("name", ["NvDsInferParseYolo", "NvDsInferParseYoloCuda", "yolov10"])
def test_end_to_end_rows_are_taken_as_they_are(name: str) -> None:
    rows = np.zeros((300, 6))
    rows[0] = [10, 5, 30, 25, 0.72, 2]
    rows[1] = [40, 2, 60, 30, 0.6, 0]

    _check(_parse(name, {"output": rows}), _YOLO)


def test_end_to_end_rows_are_cut_to_the_input() -> None:
    rows = np.array([[-10, -5, 100, 50, 0.9, 1], [70, 0, 90, 20, 0.9, 1]])

    _check(_parse("NvDsInferParseYolo", {"output": rows}), [(1, 0.9, 0, 0, 64, 32)])


def test_rows_with_a_batch_index_are_read() -> None:
    rows = [[0, 10, 5, 30, 25, 2, 0.72], [0, 40, 2, 60, 30, 0, 0.6]]

    _check(_parse("yolov7-end2end", {"output": rows}), _YOLO)


@pytest.mark.parametrize(("name", "columns"), [("NvDsInferParseYoloFace", 20), ("yolo-face", 21)])
def test_face_rows_have_one_class_and_landmarks_that_are_not_read(name: str, columns: int) -> None:
    rows = np.full((5, columns), 7.0)
    rows[:, 4] = 0
    rows[1, :5] = [10, 5, 30, 25, 0.72]

    _check(_parse(name, {"output": rows}), [(0, 0.72, 10, 5, 30, 25)])


@pytest.mark.parametrize("shape", [(-1, 4), (-1, 1, 4)])
def test_boxes_and_confs_are_corners_from_0_to_1(shape: tuple[int, ...]) -> None:
    boxes = np.array([[10, 5, 30, 25], [40, 2, 60, 30], [0, 0, 9, 9]]) / [64, 32, 64, 32]
    confs = [[0.1, 0.2, 0.72], [0.6, 0.1, 0.1], [0.1, 0.2, 0.1]]

    _check(_parse("yolov4", {"boxes": boxes.reshape(shape), "confs": confs}), _YOLO)


def test_the_keras_yolo_has_boxes_with_y_first_and_scores_by_class() -> None:
    boxes = [[5, 10, 25, 30], [2, 40, 30, 60]]
    scores = np.zeros((3, 2))
    scores[2, 0], scores[0, 1] = 0.72, 0.6
    tensors = {
        "yolonms_layer_1/ExpandDims_1:0": boxes,
        "yolonms_layer_1/ExpandDims_3:0": scores,
        "yolonms_layer_1/concat_2:0": np.zeros((1, 3)),
    }

    _check(_parse("NvDsInferParseCustomYoloOriginal", tensors), _YOLO[::-1])


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("yolov5", (7, 50), r"found output \[7, 50\].*\[7, N\] by yolov8"),
        ("yolov5", (50, 6), r"\[N, 6\] by NvDsInferParseYolo"),
        ("yolov8", (50, 8), r"found output \[50, 8\].*\[N, 8\] is read by yolov5"),
        ("yolov8", (3, 50), "expected"),
        ("NvDsInferParseYolo", (7, 50), r"found output \[7, 50\].*expected rows \[N, 6\]"),
        ("NvDsInferParseYolo", (2, 3, 6), r"found output \[2, 3, 6\]"),
        ("yolov7-end2end", (50, 6), r"\[N, 7\] by yolov7-end2end"),
        ("yolo-face", (50, 4), r"rows \[N, 5 or more\]"),
        ("yolox", (50, 8), "number of grid cells"),
        ("nanodet", (50, 40), "cells of strides"),
        ("yolov3-heads", (24, 1, 2), "3 outputs"),
        ("yolo-obb", (5, 100), r"\[4\+C\+1, N\]"),
        ("", (3, 2, 4), "a layer with cov in its name"),
        ("ssd", (5, 4), "outputs named scores, boxes"),
        ("rtdetr", (5, 4), r"logits \[Q, C\] and boxes"),
        ("efficient-nms", (5, 4), "four outputs"),
        ("NvDsInferParseCustomNMSTLT", (5, 7), "two outputs"),
        ("NvDsInferParseCustomDDETRTAO", (5, 4), "pred_logits, pred_boxes"),
        ("NvDsInferParseCustomTfSSD", (5, 4), "detection_boxes"),
        ("yolov4", (5, 4), "four outputs"),
    ],
)
def test_an_output_of_another_form_is_refused_with_what_was_found_and_expected(
    name: str, shape: tuple[int, ...], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        _parse(name, {"output": np.ones(shape)})


def test_a_model_may_have_more_classes_than_are_configured() -> None:
    rows = np.zeros((100, 84))
    rows[3, [0, 1, 2, 3, 4 + 70]] = [20, 15, 20, 20, 0.9]

    _check(_parse("yolov8", {"output0": rows.T}), [(70, 0.9, 10, 5, 30, 25)])


@pytest.mark.parametrize("name", ["yolox", "NvDsInferParseCustomYolox"])
def test_yolox_is_relative_to_the_grid(name: str) -> None:
    # 8x4 cells of 8 pixels, 4x2 of 16, 2x1 of 32; rows of the grids one after the other.
    rows = np.zeros((32 + 8 + 2, 8))
    rows[32 + 4 + 1] = [0.25, 0.5, np.log(2), np.log(0.5), 0.9, 0.1, 0.8, 0]
    rows[41] = [0.5, 0.5, np.log(0.5), np.log(0.25), 0.5, 0, 0, 0.9]
    rows[3] = [0, 0, 0, 0, 0.5, 0.5, 0, 0]

    found = _parse(name, {"output": rows})

    _check(found, [(1, 0.72, 4, 20, 36, 28), (2, 0.45, 40, 12, 56, 20)])


def test_nanodet_averages_the_distance_distributions() -> None:
    rows = np.zeros((32 + 8 + 2, 3 + 4 * 8))
    cell = rows[32 + 4 + 2]  # at (32, 16), stride 16
    cell[:3] = [0.1, 0.2, 0.8]
    for side, bin_ in enumerate((1, 0, 1, 1)):
        cell[3 + 8 * side + bin_] = 100.0
    even = rows[5]  # at (40, 0), stride 8; between bin 0 and bin 1 on each side
    even[0] = 0.5
    even[3:].reshape(4, 8)[:, :2] = 100.0

    found = _parse("nanodet", {"output": rows})

    _check(found, [(0, 0.5, 36, 0, 44, 4), (2, 0.8, 16, 16, 48, 32)])


@pytest.mark.parametrize("name", ["ssd", "ultraface"])
def test_ssd_has_the_background_in_column_0(name: str) -> None:
    scores = [[0.9, 0.05, 0.05], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1]]
    boxes = [[0, 0, 1, 1], [0.25, 0.5, 0.5, 0.75], [-0.5, 0, 0.5, 2]]

    found = _parse(name, {"scores": scores, "boxes": boxes})

    _check(found, [(1, 0.7, 16, 16, 32, 24), (0, 0.4, 0, 0, 32, 32)])


def test_tf_ssd_has_boxes_with_y_first_and_a_count() -> None:
    tensors = {
        "num_detections": [2],
        "detection_boxes": [[0.5, 0.25, 0.75, 0.5], [0, 0, 2, 2], [0, 0, 1, 1]],
        "detection_scores": [0.7, 0.6, 0.9],
        "detection_classes": [1, 2, 0],
    }

    found = _parse("NvDsInferParseCustomTfSSD", tensors)

    _check(found, [(1, 0.7, 16, 16, 32, 24), (2, 0.6, 0, 0, 63, 31)])


def _nms_outputs(boxes: Any, names: Sequence[str]) -> dict[str, Any]:
    return dict(zip(names, [[2], boxes, [0.7, 0.6, 0.9], [1, 2, 0]], strict=True))


@pytest.mark.parametrize("names", ["abcd", ("num_dets", "det_boxes", "det_scores", "det_classes")])
@pytest.mark.parametrize(
    ("parser", "scale"),
    [
        ("NvDsInferParseCustomBatchedNMSTLT", (64, 32, 64, 32)),
        ("NvDsInferParseCustomYoloV4", (64, 32, 64, 32)),
        ("NvDsInferParseYoloV5CustomBatchedNMSTLT", (1, 1, 1, 1)),
        ("NvDsInferParseCustomBatchedYoloV5NMSTLT", (1, 1, 1, 1)),
        ("efficient-nms", (1, 1, 1, 1)),
    ],
)
def test_batched_nms_keeps_as_many_boxes_as_it_counts(
    parser: str, scale: tuple[int, ...], names: Sequence[str]
) -> None:
    boxes = np.array([[16, 16, 32, 24], [0, 0, 100, 100], [1, 1, 9, 9]]) / scale

    found = _parse(parser, _nms_outputs(boxes, names))

    _check(found, [(1, 0.7, 16, 16, 32, 24), (2, 0.6, 0, 0, 63, 31)])


def test_batched_nms_drops_inverted_boxes_and_classes_beyond_those_configured() -> None:
    outputs = _nms_outputs([[16, 16, 32, 24], [9, 9, 5, 20], [1, 1, 9, 9]], "abcd")
    outputs |= {"a": [3], "d": [1, 2, 3]}

    _check(_parse("efficient-nms", outputs), [(1, 0.7, 16, 16, 32, 24)])


def test_outputs_of_batched_nms_are_found_by_name_in_any_order() -> None:
    names = ("num_dets", "det_boxes", "det_scores", "det_classes")
    outputs = _nms_outputs([[16, 16, 32, 24], [0, 0, 9, 9], [1, 1, 9, 9]], names)

    found = _parse("efficient-nms", dict(reversed(outputs.items())))

    assert found.class_ids.tolist() == [1, 2]


def test_efficient_det_has_pixels_with_y_first() -> None:
    boxes = [[16, 16, 24, 32], [-4, 8, 40, 24], [1, 1, 9, 9]]

    found = _parse("NvDsInferParseCustomEfficientDetTAO", _nms_outputs(boxes, "abcd"))

    _check(found, [(1, 0.7, 16, 16, 32, 24), (2, 0.6, 8, 0, 24, 31)])


def test_efficient_det_refuses_boxes_from_0_to_1() -> None:
    with pytest.raises(ModelError, match="boxes in pixels"):
        _parse("NvDsInferParseCustomEfficientDetTAO", _nms_outputs(np.full((3, 4), 0.5), "abcd"))


@pytest.mark.parametrize(
    ("parser", "extra"), [("NvDsInferParseCustomNMSTLT", 0), ("NvDsInferParseCustomSSD", 1)]
)
def test_rows_of_seven_are_read_up_to_their_count(parser: str, extra: int) -> None:
    rows = [[0, 1, 0.7, 0.25, 0.5, 0.5, 0.75], [0, 2, 0.2, 0, 0, 1, 1], [0, 2, 0.9, 0, 0, 1, 1]]

    found = _parse(parser, {"nms": np.array(rows)[None], "count": [2]})

    _check(found, [(1, 0.7, 16, 16, 32 + extra, 24 + extra)])


def test_ddetr_takes_the_best_class_of_a_query_and_drops_class_0() -> None:
    logits = np.full((4, 3), -9.0)
    logits[0, 1] = _logit(0.6)
    logits[1, 0] = _logit(0.9)
    logits[2, [1, 2]] = _logit(0.5), _logit(0.7)
    boxes = np.tile([0.375, 0.625, 0.25, 0.25], (4, 1))

    found = _parse("NvDsInferParseCustomDDETRTAO", {"pred_logits": logits, "pred_boxes": boxes})

    _check(found, [(2, 0.7, 16, 16, 32, 24), (1, 0.6, 16, 16, 32, 24)])


def test_ddetr_insists_on_its_number_of_classes() -> None:
    tensors = {"pred_logits": np.zeros((4, 5)), "pred_boxes": np.zeros((4, 4))}

    with pytest.raises(ModelError, match="num-detected-classes = 3"):
        _parse("NvDsInferParseCustomDDETRTAO", tensors)


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("NvDsInferParseCustomRTDETRTAO", ("pred_logits", "pred_boxes")),
        ("rtdetr", ("logits", "pred_boxes")),
        ("rtdetr", ("labels", "dets")),
    ],
)
def test_rtdetr_counts_every_class_of_a_query(name: str, outputs: tuple[str, str]) -> None:
    logits = np.full((4, 3), -9.0)
    logits[2, [1, 0]] = _logit(0.5), _logit(0.7)
    boxes = np.tile([0.375, 0.625, 0.25, 0.25], (4, 1))

    found = _parse(name, dict(zip(outputs, (logits, boxes), strict=True)))

    _check(found, [(0, 0.7, 16, 16, 32, 24), (1, 0.5, 16, 16, 32, 24)])


def test_detr_has_nothing_as_its_last_class() -> None:
    logits = np.log([[0.1, 0.6, 0.1, 0.2], [0.1, 0.1, 0.1, 0.7]])
    boxes = np.tile([0.375, 0.625, 0.25, 0.25], (2, 1))

    _check(_parse("detr", {"logits": logits, "pred_boxes": boxes}), [(1, 0.6, 16, 16, 32, 24)])


@pytest.mark.parametrize(
    ("name", "anchor", "spread", "growth"),
    [
        ("yolov3-heads", (30, 61), 1.0, lambda t: np.exp(t)),
        ("NvDsInferParseCustomYoloV3", (30, 61), 1.0, lambda t: np.exp(t)),
        ("yolov4-heads", (36, 75), 1.1, lambda t: np.exp(t)),
        ("yolov5-heads", (30, 61), 2.0, lambda t: (2 / (1 + np.exp(-t))) ** 2),
    ],
)
@pytest.mark.parametrize("layout", ["chw", "hwc", "ahwc"])
def test_raw_heads_grow_their_anchors(
    name: str,
    anchor: tuple[int, int],
    spread: float,
    growth: Callable[[float], float],
    layout: str,
) -> None:
    heads = [np.full((3, rows, 2 * rows, 8), -20.0) for rows in (1, 4, 2)]  # in any order
    # The middle scale has cells of 16 pixels; its first anchor, row 1, column 2.
    heads[2][0, 1, 2] = [_logit(0.25), 0, -2, -2, _logit(0.9), -20, _logit(0.8), -20]

    found = _parse(name, {f"head{i}": _laid_out(head, layout) for i, head in enumerate(heads)})

    centre_x = (0.25 * spread - (spread - 1) / 2 + 2) * 16
    half_x, half_y = (size * growth(-2) / 2 for size in anchor)
    box = (centre_x - half_x, 24 - half_y, centre_x + half_x, 24 + half_y)
    x1, y1, x2, y2 = (min(max(v, 0), limit) for v, limit in zip(box, (64, 32) * 2, strict=True))
    _check(found, [(1, 0.72, x1, y1, x2, y2)])


def _laid_out(head: Array, layout: str) -> Array:
    anchors, rows, columns, size = head.shape
    if layout == "chw":
        return np.asarray(head.transpose(0, 3, 1, 2).reshape(anchors * size, rows, columns))
    if layout == "hwc":
        return np.asarray(head.transpose(1, 2, 0, 3).reshape(rows, columns, anchors * size))
    return head


def test_obb_columns_are_suppressed_and_keep_their_angle() -> None:
    columns = np.zeros((4 + 3 + 1, 50))
    columns[:, 3] = [32, 16, 20, 10, 0.1, 0.8, 0.1, -0.5]
    columns[:, 4] = [33, 16, 20, 10, 0.1, 0.7, 0.1, 0.2]
    columns[:, 5] = [33, 16, 20, 10, 0.6, 0.1, 0.1, 4.0]

    found = _parse("NvDsInferParseCustomYoloV11OBB", {"output0": columns})

    _check(found, [(1, 0.8, 22, 11, 42, 21), (0, 0.6, 23, 11, 43, 21)])
    assert found.angles is not None
    np.testing.assert_allclose(found.angles, [np.pi - 0.5, 4 - np.pi], rtol=1e-5)


def test_obb_rows_are_in_pixels_of_a_640_wide_input() -> None:
    rows = np.zeros((300, 7))
    rows[0] = [320, 160, 200, 100, 0.8, 0.5, 2]

    found = _parse("yolo-obb", {"output0": rows})

    _check(found, [(2, 0.8, 22, 11, 42, 21)])
    assert found.angles is not None
    assert found.angles.tolist() == [0.5]


@pytest.mark.parametrize("name", sorted(BBOX_PARSERS))
def test_every_parser_refuses_a_model_it_does_not_know(name: str) -> None:
    with pytest.raises(ModelError, match="expected"):
        _parse(name, {"strange": np.zeros((2, 3, 4, 5))})


def test_an_unknown_name_is_refused_with_the_list_and_a_suggestion() -> None:
    with pytest.raises(ConfigError) as caught:
        bbox_parser("NvDsInferParseYoloo", Path())

    assert "did you mean 'NvDsInferParseYolo'?" in str(caught.value)
    assert "available: detectnet, " in str(caught.value)

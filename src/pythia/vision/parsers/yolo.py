"""Flat outputs of the YOLO family, as the usual exporters write them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.vision.parsers.detections import (
    Detections,
    ParserSettings,
    Tensors,
    best_class,
    clipped,
    corners,
    detections,
    mismatch,
    only_output,
)

Rows = NDArray[Any]

_MATRIX_AXES = 2
_BOX, _BOX_AND_OBJECTNESS, _ROW = 4, 5, 6


def yolov5(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Rows [N, 5+C]: centre x, y, width, height, objectness, classes; YOLOv5, v7, YOLOX decoded.

    Boxes are in pixels; the score is objectness times the best class.

    Raises:
        ModelError: the shape is another one; the message says which parser reads it.
    """
    rows = _class_rows(tensors, settings, "yolov5", _BOX_AND_OBJECTNESS)
    rows = rows[rows[:, 4] >= settings.lowest_threshold]
    index, class_ids, scores = best_class(rows[:, 5:] * rows[:, 4:5], settings.lowest_threshold)
    return _in_network(corners(rows[index]), scores, class_ids, settings)


def yolov7_objectness(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Rows [N, 5+C] scored by objectness alone, as NVIDIA's own YOLOv7 parser does."""
    rows = _class_rows(tensors, settings, "NvDsInferParseCustomYoloV7", _BOX_AND_OBJECTNESS)
    rows = rows[rows[:, 4] >= settings.lowest_threshold]
    class_ids = rows[:, 5:].argmax(axis=1)
    return _in_network(corners(rows), rows[:, 4], class_ids, settings)


def yolov8(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Columns [4+C, N] (or rows [N, 4+C]): centre x, y, width, height, classes; v8, v9, v11, v12.

    Boxes are in pixels; the score is that of the best class.

    Raises:
        ModelError: the shape is another one; the message says which parser reads it.
    """
    rows = _class_rows(tensors, settings, "yolov8", _BOX)
    index, class_ids, scores = best_class(rows[:, 4:], settings.lowest_threshold)
    return _in_network(corners(rows[index]), scores, class_ids, settings)


def end_to_end(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Rows [N, 6]: x1, y1, x2, y2 in pixels, score, class; YOLOv10, v26, DeepStream-Yolo exports.

    Boxes are cut to the network's input; those under one pixel are dropped.

    Raises:
        ModelError: the shape is another one; the message says which parser reads it.
    """
    rows = _rows(tensors, "NvDsInferParseYolo", "rows [N, 6]: x1, y1, x2, y2, score, class")
    if rows.shape[1] != _ROW:
        raise _wrong_form(tensors, settings, "NvDsInferParseYolo", "rows [N, 6]")
    rows = rows[rows[:, 4] >= settings.lowest_threshold]
    return _in_network(rows[:, :4], rows[:, 4], rows[:, 5], settings)


def end_to_end_with_batch(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Rows [N, 7]: picture in the batch, x1, y1, x2, y2, class, score; YOLOv7 ``--end2end``.

    Raises:
        ModelError: the shape is another one.
    """
    expected = "rows [N, 7]: picture, x1, y1, x2, y2, class, score"
    rows = _rows(tensors, "yolov7-end2end", expected)
    if rows.shape[1] != _ROW + 1:
        raise _wrong_form(tensors, settings, "yolov7-end2end", expected)
    return _in_network(rows[:, 1:5], rows[:, 6], rows[:, 5], settings)


def face(tensors: Tensors, settings: ParserSettings) -> Detections:
    """Rows [N, 5 or more]: x1, y1, x2, y2 in pixels, score, then landmarks, which are not read.

    Raises:
        ModelError: the shape is another one.
    """
    expected = "rows [N, 5 or more]: x1, y1, x2, y2, score, landmarks"
    rows = _rows(tensors, "NvDsInferParseYoloFace", expected)
    if rows.shape[1] <= _BOX:
        raise mismatch(tensors, "NvDsInferParseYoloFace", expected)
    rows = rows[rows[:, 4] >= settings.lowest_threshold]
    return _in_network(rows[:, :4], rows[:, 4], np.zeros(len(rows)), settings)


def boxes_and_confs(tensors: Tensors, settings: ParserSettings) -> Detections:
    """``boxes`` [N, 4] or [N, 1, 4], corners from 0 to 1, and ``confs`` [N, C]; YOLOv3, v4.

    Raises:
        ModelError: the outputs are others.
    """
    expected = "boxes [N, 1, 4] (corners from 0 to 1) and confs [N, C]"
    if "boxes" not in tensors or "confs" not in tensors:
        raise mismatch(tensors, "yolov4", expected)
    boxes, confs = tensors["boxes"], tensors["confs"]
    if confs.ndim != _MATRIX_AXES or boxes.size != _BOX * len(confs):
        raise mismatch(tensors, "yolov4", expected)
    index, class_ids, scores = best_class(confs, settings.lowest_threshold)
    scale = np.array([settings.width, settings.height] * 2, np.float32)
    return _in_network(boxes.reshape(-1, 4)[index] * scale, scores, class_ids, settings)


def original(tensors: Tensors, settings: ParserSettings) -> Detections:
    """The Keras YOLOv3 of the ONNX model zoo: boxes [N, 4] as y1, x1, y2, x2, scores [C, N].

    Raises:
        ModelError: the outputs are others.
    """
    names = ("yolonms_layer_1/ExpandDims_1:0", "yolonms_layer_1/ExpandDims_3:0")
    if any(name not in tensors for name in names):
        raise mismatch(tensors, "NvDsInferParseCustomYoloOriginal", f"outputs {names}")
    boxes, scores = (tensors[name] for name in names)
    classes, rows = np.nonzero(scores >= settings.lowest_threshold)
    picked = boxes.reshape(-1, 4)[rows][:, [1, 0, 3, 2]]
    return detections(picked, scores[classes, rows], classes)


def _in_network(
    boxes: Rows, scores: NDArray[Any], class_ids: NDArray[Any], settings: ParserSettings
) -> Detections:
    found = detections(clipped(boxes, settings.width, settings.height), scores, class_ids)
    width, height = (found.boxes[:, 2:] - found.boxes[:, :2]).T
    return found.take((width >= 1) & (height >= 1))


def _rows(tensors: Tensors, parser: str, expected: str) -> Rows:
    _, value = only_output(tensors, parser, expected)
    if value.ndim != _MATRIX_AXES:
        raise mismatch(tensors, parser, expected)
    return value


def _class_rows(tensors: Tensors, settings: ParserSettings, parser: str, fixed: int) -> Rows:
    """The output as rows of ``fixed`` numbers and one a class, whichever way it lies."""
    expected = f"[{fixed}+C, N] or [N, {fixed}+C]"
    value = _rows(tensors, parser, expected)
    wanted = fixed + settings.num_classes
    if wanted in value.shape:
        return value if value.shape[1] == wanted else value.T
    # A model may have other classes than the configuration counts; more or less of them is no
    # error in DeepStream either. What looks like another known form is.
    rows = value if value.shape[1] < value.shape[0] else value.T
    other = _BOX + _BOX_AND_OBJECTNESS - fixed + settings.num_classes
    if rows.shape[1] in (other, _ROW) or rows.shape[1] <= fixed:
        raise _wrong_form(tensors, settings, parser, expected)
    return rows


def _wrong_form(
    tensors: Tensors, settings: ParserSettings, parser: str, expected: str
) -> Exception:
    classes = settings.num_classes
    return mismatch(
        tensors,
        parser,
        f"{expected}. With num-detected-classes={classes}, [N, {5 + classes}] is read by yolov5, "
        f"[{4 + classes}, N] by yolov8, [N, 6] by NvDsInferParseYolo, [N, 7] by yolov7-end2end",
    )

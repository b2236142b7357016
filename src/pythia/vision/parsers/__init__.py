"""Output parsers: from the tensors of a network to boxes, one table of names.

Names of public configurations, and plain ones of ours:

======================================================  ==========================================
``parse-bbox-func-name``                                outputs for one frame, C classes
======================================================  ==========================================
(none), ``detectnet``                                   ``*cov*`` [C,H,W] and ``*bbox*`` [4C,H,W]
``NvDsInferParseCustomResnet``                          the same by TAO's names, 1 pixel larger
``NvDsInferParseYolo``, ``...Cuda``, ``yolov10``,       [N,6] x1, y1, x2, y2, score, class
``NvDsInferParseCustomYolo``, ``...Cuda``, ``yolov26``
``yolov5``, ``yolov7``, ``yolox-decoded``,              [N,5+C] centre box, objectness, classes
``NvDsInferParseCustomYoloV5``
``NvDsInferParseCustomYoloV7``, ``..._cuda``            [N,5+C], scored by objectness alone
``yolov8``, ``yolov9``, ``yolov11``, ``yolov12``,       [4+C,N] or [N,4+C] centre box, classes
``NvDsInferParseCustomYoloV8``, ``..._cuda``,
``NvDsInferParseYoloV11``
``yolov7-end2end``                                      [N,7] picture, x1, y1, x2, y2, class, score
``yolov4``, ``NvDsInferParseCustomYoloV4``              ``boxes`` [N,1,4] and ``confs`` [N,C], or
                                                        the four outputs of a batched NMS
``yolov3-heads``, ``yolov3-tiny-heads``,                one raw [3*(5+C),H,W] a scale
``yolov4-heads``, ``yolov5-heads``,
``NvDsInferParseCustomYoloV3``, ``...V3Tiny``
``NvDsInferParseCustomYoloOriginal``                    Keras YOLOv3 of the ONNX model zoo
``NvDsInferParseYoloFace``, ``yolo-face``               [N,5+] x1, y1, x2, y2, score, landmarks
``NvDsInferParseCustomYoloV11OBB``, ``yolo-obb``        [4+C+1,N] turned boxes, or [N,7]
``yolox``, ``NvDsInferParseCustomYolox``, ``...YoloX``  [N,5+C] relative to the grid
``nanodet``                                             [N,C+4*bins] NanoDet-Plus
``ssd``, ``ultraface``                                  ``scores`` [N,1+C], ``boxes`` [N,4] 0 to 1
``NvDsInferParseCustomSSD``, ``...SSDTLT``              rows of 7 from 0 to 1, and their count
``NvDsInferParseCustomNMSTLT``                          the same
``NvDsInferParseCustomTfSSD``                           TensorFlow's ``detection_*`` outputs
``NvDsInferParseCustomBatchedNMSTLT``                   count, boxes 0 to 1, scores, classes
``NvDsInferParseYoloV5CustomBatchedNMSTLT``,            the same, boxes in pixels
``NvDsInferParseCustomBatchedYoloV5NMSTLT``,
``NvDsInferYoloEfficientNMS``, ``efficient-nms``
``NvDsInferParseCustomEfficientDetTAO``                 count, y1, x1, y2, x2 in pixels, ...
``NvDsInferParseCustomDDETRTAO``                        ``pred_logits`` [Q,C], ``pred_boxes`` [Q,4]
``NvDsInferParseCustomRTDETRTAO``, ``rtdetr``           the same, every class of a query counts
``detr``                                                logits [Q,C+1] with softmax, boxes [Q,4]
======================================================  ==========================================

Anything with a colon is the user's own: ``file.py:function`` (beside the configuration) or
``package.module:function``, called with ``(tensors, settings)``; see
:class:`~pythia.vision.parsers.user.UserParser` for what it may return.
"""

from __future__ import annotations

from pathlib import Path

from pythia.exceptions import ConfigError
from pythia.vision.config_values import hint
from pythia.vision.parsers import (
    detectnet,
    detr,
    nanodet,
    nms_plugin,
    obb,
    ssd,
    yolo,
    yolo_heads,
    yolox,
)
from pythia.vision.parsers.detections import Detections, Parser, ParserSettings, Tensors
from pythia.vision.parsers.user import UserParser

__all__ = ["BBOX_PARSERS", "Detections", "Parser", "ParserSettings", "Tensors", "bbox_parser"]


def _yolov4(tensors: Tensors, settings: ParserSettings) -> Detections:
    parse = yolo.boxes_and_confs if "confs" in tensors else nms_plugin.batched_nms
    return parse(tensors, settings)


BBOX_PARSERS: dict[str, Parser] = {
    "": detectnet.detectnet_v2,
    "detectnet": detectnet.detectnet_v2,
    "NvDsInferParseCustomResnet": detectnet.resnet,
    "NvDsInferParseYolo": yolo.end_to_end,
    "NvDsInferParseYoloCuda": yolo.end_to_end,
    "NvDsInferParseCustomYolo": yolo.end_to_end,
    "NvDsInferParseCustomYoloCuda": yolo.end_to_end,
    "yolov10": yolo.end_to_end,
    "yolov26": yolo.end_to_end,
    "yolov5": yolo.yolov5,
    "yolov7": yolo.yolov5,
    "yolox-decoded": yolo.yolov5,
    "NvDsInferParseCustomYoloV5": yolo.yolov5,
    "NvDsInferParseCustomYoloV7": yolo.yolov7_objectness,
    "NvDsInferParseCustomYoloV7_cuda": yolo.yolov7_objectness,
    "yolov8": yolo.yolov8,
    "yolov9": yolo.yolov8,
    "yolov11": yolo.yolov8,
    "yolov12": yolo.yolov8,
    "NvDsInferParseCustomYoloV8": yolo.yolov8,
    "NvDsInferParseCustomYoloV8_cuda": yolo.yolov8,
    "NvDsInferParseYoloV11": yolo.yolov8,
    "yolov7-end2end": yolo.end_to_end_with_batch,
    "yolov4": _yolov4,
    "NvDsInferParseCustomYoloV4": _yolov4,
    "yolov3-heads": yolo_heads.yolov3_heads,
    "yolov3-tiny-heads": yolo_heads.yolov3_tiny_heads,
    "yolov4-heads": yolo_heads.yolov4_heads,
    "yolov5-heads": yolo_heads.yolov5_heads,
    "NvDsInferParseCustomYoloV3": yolo_heads.yolov3_heads,
    "NvDsInferParseCustomYoloV3Tiny": yolo_heads.yolov3_tiny_heads,
    "NvDsInferParseCustomYoloOriginal": yolo.original,
    "NvDsInferParseYoloFace": yolo.face,
    "yolo-face": yolo.face,
    "NvDsInferParseCustomYoloV11OBB": obb.yolov11_obb,
    "yolo-obb": obb.yolov11_obb,
    "yolox": yolox.yolox,
    "NvDsInferParseCustomYolox": yolox.yolox,
    "NvDsInferParseCustomYoloX": yolox.yolox,
    "NvDsInferParseCustomYOLOX": yolox.yolox,
    "nanodet": nanodet.nanodet,
    "ssd": ssd.ssd,
    "ultraface": ssd.ssd,
    "NvDsInferParseCustomSSD": nms_plugin.ssd_rows,
    "NvDsInferParseCustomSSDTLT": nms_plugin.ssd_rows,
    "NvDsInferParseCustomNMSTLT": nms_plugin.nms_rows,
    "NvDsInferParseCustomTfSSD": ssd.tf_ssd,
    "NvDsInferParseCustomBatchedNMSTLT": nms_plugin.batched_nms,
    "NvDsInferParseYoloV5CustomBatchedNMSTLT": nms_plugin.batched_nms_pixels,
    "NvDsInferParseCustomBatchedYoloV5NMSTLT": nms_plugin.batched_nms_pixels,
    "NvDsInferYoloEfficientNMS": nms_plugin.batched_nms_pixels,
    "efficient-nms": nms_plugin.batched_nms_pixels,
    "NvDsInferParseCustomEfficientDetTAO": nms_plugin.efficient_det,
    "NvDsInferParseCustomDDETRTAO": detr.ddetr_tao,
    "NvDsInferParseCustomRTDETRTAO": detr.rtdetr,
    "rtdetr": detr.rtdetr,
    "detr": detr.detr,
}


def bbox_parser(name: str, directory: Path) -> Parser:
    """The parser of a ``parse-bbox-func-name``; ``directory`` is that of the configuration file.

    Raises:
        ConfigError: the name is unknown, or the user's own function cannot be had.
    """
    if ":" in name:
        return UserParser(name, directory)
    if name not in BBOX_PARSERS:
        known = [key for key in BBOX_PARSERS if key]
        raise ConfigError(
            f"parse-bbox-func-name={name} is unknown{hint(name, known)}; "
            f"available: {', '.join(known)}, or file.py:function"
        )
    return BBOX_PARSERS[name]

"""Measures the exported networks on the encoded film, frame by frame.

Detections can also come from a JSON file: a list of frames, each a list of rows
``[class_id, left, top, width, height, confidence]`` in the film's pixels.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pythia.vision.evaluation import Detections, evaluate, overlaps, truth_of_rows

from .camera import Floats
from .dataset import CROP_SIDE, NET_SIZE
from .sketch import Picture

STRIDE, BOX_UNIT = 16, 35.0
# As in the shipped configuration of the detector.
LEAST_CONFIDENCE = 0.4
NMS_OVERLAP = 0.5
CLEAR_VISIBILITY = 0.8
LEAST_CAR = 24.0
# Folder of the model, what it names, and whether it wants NVIDIA's input.
CLASSIFIERS = (
    ("Secondary_CarColor", "colour", False),
    ("Secondary_VehicleMake", "colour", True),
    ("Secondary_VehicleTypes", "vehicle_type", True),
)


class Model:
    """An ONNX file run on one thread; ``raw`` if it wants bytes, blue first, as they are."""

    def __init__(self, path: Path, *, raw: bool = False) -> None:
        self.raw = raw
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(str(path), options, providers=providers)
        self.name = self.session.get_inputs()[0].name
        self.seconds: list[float] = []

    def run(self, pictures: Picture) -> list[NDArray[np.float32]]:
        """Run on blue-green-red pictures (n, rows, columns, 3) of the right size."""
        planes = pictures.transpose(0, 3, 1, 2).astype(np.float32)
        values = planes if self.raw else planes[:, ::-1] / np.float32(255)
        began = time.perf_counter()
        results: list[NDArray[np.float32]] = self.session.run(None, {self.name: values})
        self.seconds.append(time.perf_counter() - began)
        return results


def decode(cover: NDArray[np.float32], box: NDArray[np.float32], least: float) -> Detections:
    """DetectNet_v2's decoding of one frame, in network pixels, without suppression."""
    kinds, rows, columns = np.nonzero(cover >= least)
    x, y = (columns * STRIDE + 0.5) / BOX_UNIT, (rows * STRIDE + 0.5) / BOX_UNIT
    given = box.reshape(len(cover), 4, *cover.shape[1:])[kinds, :, rows, columns]
    left, top = (x - given[:, 0]) * BOX_UNIT, (y - given[:, 1]) * BOX_UNIT
    right, bottom = (x + given[:, 2]) * BOX_UNIT, (y + given[:, 3]) * BOX_UNIT
    left, right = np.clip(left, 0, NET_SIZE[0]), np.clip(right, 0, NET_SIZE[0])
    top, bottom = np.clip(top, 0, NET_SIZE[1]), np.clip(bottom, 0, NET_SIZE[1])
    boxes = np.stack([left, top, right - left, bottom - top], axis=1).astype(np.float64)
    return Detections(boxes, kinds, cover[kinds, rows, columns].astype(np.float64))


def suppress(detections: Detections, most: float) -> Detections:
    """Greedy suppression within each class."""
    ratio = overlaps(detections.boxes, detections.boxes)
    kept: list[int] = []
    for place in np.argsort(-detections.confidences, kind="stable"):
        same = [one for one in kept if detections.class_ids[one] == detections.class_ids[place]]
        if not same or float(ratio[place, same].max()) <= most:
            kept.append(int(place))
    return take(detections, kept)


def take(detections: Detections, places: list[int]) -> Detections:
    """Some of the detections."""
    return Detections(
        detections.boxes[places], detections.class_ids[places], detections.confidences[places]
    )


def detect(model: Model, picture: Picture, least: float, most: float) -> Detections:
    """Detections of one film frame in the film's pixels."""
    small = np.asarray(cv2.resize(picture, NET_SIZE, interpolation=cv2.INTER_LINEAR), np.uint8)
    cover, box = model.run(small[None])
    found = suppress(decode(cover[0], box[0], least), most)
    factor = [picture.shape[1] / NET_SIZE[0], picture.shape[0] / NET_SIZE[1]]
    return Detections(found.boxes * np.array(factor * 2), found.class_ids, found.confidences)


def film_frames(path: Path) -> Iterator[Picture]:
    """The decoded frames of a film."""
    film = cv2.VideoCapture(str(path))
    while True:
        read, picture = film.read()
        if not read:
            return
        yield np.asarray(picture, np.uint8)


def car_crops(picture: Picture, rows: list[list[float]]) -> Iterator[tuple[int, Picture]]:
    """Each well visible car's id and its crop for a classifier."""
    for number, class_id, left, top, width, height, visibility in rows:
        clear = visibility >= CLEAR_VISIBILITY and min(width, height) >= LEAST_CAR
        if class_id == 0 and clear:
            x0, y0, x1, y1 = (int(v) for v in (left, top, left + width, top + height))
            crop = cv2.resize(picture[y0:y1, x0:x1], (CROP_SIDE, CROP_SIDE))
            yield int(number), np.asarray(crop, np.uint8)


def accuracy(folder: Path, what: str, raw: bool, film: Path, truth: dict[str, Any]) -> float:
    """Share of clear cars whose ``what``, a field of a track, a classifier names rightly."""
    model = Model(next(folder.glob("*.onnx")), raw=raw)
    labels = (folder / "labels.txt").read_text(encoding="utf-8").strip().split(";")
    names = {track["id"]: track[what] for track in truth["tracks"]}
    right: list[bool] = []
    for picture, rows in zip(film_frames(film), truth["frames"], strict=True):
        for number, crop in car_crops(picture, rows):
            named = labels[int(model.run(crop[None])[0][0].argmax())]
            right.append(named == names[number])
    return float(np.mean(right))


def read_detections(path: Path) -> list[Detections]:
    """Detections from a JSON file."""
    frames = json.loads(path.read_text(encoding="utf-8"))
    tables = [np.asarray(rows, np.float64).reshape(-1, 6) for rows in frames]
    return [Detections(each[:, 1:5], each[:, 0].astype(np.int64), each[:, 5]) for each in tables]


def report(truth: dict[str, Any], detections: list[Detections]) -> dict[str, float]:
    """Average precision by class name, and the mean."""
    truths = [
        truth_of_rows(rows, truth["min_size"], truth["min_visibility"]) for rows in truth["frames"]
    ]
    result = evaluate(truths, detections)
    named: dict[str, Floats | float] = {
        truth["classes"][kind]: value for kind, value in result.per_class.items()
    }
    return {name: round(float(value), 4) for name, value in {**named, "mean": result.mean}.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the shipped sample")
    parser.add_argument("--detections", type=Path, help="JSON instead of running the detector")
    parser.add_argument("--confidence", type=float, default=LEAST_CONFIDENCE)
    parser.add_argument("--nms", type=float, default=NMS_OVERLAP)
    options = parser.parse_args()
    film = options.data / "streams" / "sample_720p.mp4"
    truth = json.loads(film.with_suffix(".gt.json").read_text(encoding="utf-8"))
    if options.detections is not None:
        print(report(truth, read_detections(options.detections)))
        return
    models = options.data / "models"
    detector = Model(models / "Primary_Detector" / "resnet18_trafficcamnet_pruned.onnx")
    found = [
        detect(detector, picture, options.confidence, options.nms) for picture in film_frames(film)
    ]
    print("average precision", report(truth, found))
    print(f"detector: {1000 * float(np.median(detector.seconds)):.2f} ms a frame")
    for folder, what, raw in CLASSIFIERS:
        share = accuracy(models / folder, what, raw, film, truth)
        print(f"{folder}: {what} right {share:.4f}")


if __name__ == "__main__":
    main()

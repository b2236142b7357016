"""main-job as a plain loop: OpenCV reads, ONNX Runtime infers with its default threads.

Arguments: video, nvinfer configuration, and how many frames at most.
"""

from __future__ import annotations

import json
import sys

import cv2
import numpy as np
from tools.bench.contenders.model import Model

# isort: split
from pythia.vision.clustering import cluster


def main(video: str, config: str, frames: str = "1000000000") -> None:
    model = Model(config)
    capture = cv2.VideoCapture(video)
    number = 0
    while number < int(frames):
        good, frame = capture.read()
        if not good:
            break
        picture = np.asarray(frame, np.uint8)
        found = cluster(model.candidates(picture), model.config.class_attrs, 2)
        rows = zip(
            found.boxes.tolist(), found.scores.tolist(), found.class_ids.tolist(), strict=True
        )
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
        number += 1
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    print(f"{number} frames, {width:.0f}x{height:.0f}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])

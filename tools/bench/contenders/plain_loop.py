"""main-job as a plain loop: OpenCV reads, ONNX Runtime infers with its default threads.

Arguments: video, nvinfer configuration, and how many frames at most.
"""

from __future__ import annotations

import sys

import cv2
import numpy as np
from tools.bench.contenders.lines import write_lines
from tools.bench.contenders.model import Model


def main(video: str, config: str, frames: str = "1000000000") -> None:
    model = Model(config)
    capture = cv2.VideoCapture(video)
    number = 0
    while number < int(frames):
        good, frame = capture.read()
        if not good:
            break
        found = model.objects(np.asarray(frame, np.uint8))
        write_lines(model, number, found.boxes, found.scores, found.class_ids)
        number += 1
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    print(f"{number} frames, {width:.0f}x{height:.0f}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])

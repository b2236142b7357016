"""main-job as a loop with the supervision library.

Arguments: video, nvinfer configuration, and how many frames at most.
"""

from __future__ import annotations

import json
import sys

import supervision as sv
from tools.bench.contenders.model import Model


def main(video: str, config: str, frames: str = "1000000000") -> None:
    model = Model(config)
    overlap = model.config.class_attrs[0].nms_iou_threshold
    number = 0
    for frame in sv.get_video_frames_generator(video):
        if number >= int(frames):
            break
        found = model.candidates(frame)
        detections = sv.Detections(
            xyxy=found.boxes, confidence=found.scores, class_id=found.class_ids
        ).with_nms(threshold=overlap)
        rows = zip(
            detections.xyxy.tolist(),
            detections.confidence.tolist(),
            detections.class_id.tolist(),
            strict=True,
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
    print(f"{number} frames", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])

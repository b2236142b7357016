"""main-job as a loop with the supervision library.

Arguments: video, nvinfer configuration, and how many frames at most.
"""

from __future__ import annotations

import sys
from itertools import islice

import supervision as sv
from tools.bench.contenders.lines import write_lines
from tools.bench.contenders.model import Model


def main(video: str, config: str, frames: str = "1000000000") -> None:
    model = Model(config)
    overlap = model.config.class_attrs[0].nms_iou_threshold
    number = -1
    for number, frame in enumerate(islice(sv.get_video_frames_generator(video), int(frames))):
        candidates = model.candidates(frame)
        found = sv.Detections(
            xyxy=candidates.boxes, confidence=candidates.scores, class_id=candidates.class_ids
        ).with_nms(threshold=overlap)
        assert found.confidence is not None
        assert found.class_id is not None
        write_lines(model, number, found.xyxy, found.confidence, found.class_id)
    print(f"{number + 1} frames", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Real videos through gst-pylaunch against reference detections, by the rule of the data."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from support.console import README_PROBE, Event, detect
from support.reference import Comparison, Found

pytestmark = pytest.mark.real

_CONFIGS = Path(__file__).parent / "configs"
# Two of the videos have sound, which nobody wants here.
_PIPELINE = (
    "uridecodebin uri={input:uri} ! nvvideoconvert ! m.sink_0 "
    "nvstreammux name=m batch-size=1 width={width} height={height} "
    "! nvinfer name=pgie config-file-path={config} ! fakesink"
)


def _found(event: Event, scale: tuple[float, float]) -> Found:
    left, top = event["left"] * scale[0], event["top"] * scale[1]
    box = (left, top, left + event["width"] * scale[0], top + event["height"] * scale[1])
    return Found(event["label"], event["confidence"], box)


@pytest.mark.parametrize(
    ("config", "reference", "size"),
    [
        ("config_infer_yolox_nano.txt", "sam2_dog__yolox_nano_416", (1280, 720)),
        ("config_infer_yolox_nano.txt", "sam2_juggle__yolox_nano_416", (1280, 720)),
        # Not the video's own size; the configuration says why.
        ("config_infer_yolox_nano.txt", "vehicle_survaillance__yolox_nano_416", (832, 458)),
        ("config_infer_ultraface.txt", "mdn_friday_faces__ultraface_rfb_320", (640, 480)),
    ],
)
def test_a_public_detector_finds_in_a_pipeline_what_the_reference_found(
    shared_data: Path, tmp_path: Path, config: str, reference: str, size: tuple[int, int]
) -> None:
    known = json.loads((shared_data / "reference" / f"{reference}.json").read_text())
    comparison = Comparison(known)
    scale = known["width"] / size[0], known["height"] / size[1]

    events = detect(
        tmp_path,
        _PIPELINE,
        f"--input={shared_data / known['video_path']}",
        f"--config={_CONFIGS / config}",
        f"--width={size[0]}",
        f"--height={size[1]}",
        f"--probe={README_PROBE}@pgie.src",
    )

    mine = defaultdict(list)
    for event in events:
        mine[event["frame_num"]].append(_found(event, scale))
    for number in comparison.frames:
        comparison.count(number, mine[number])
    comparison.check()

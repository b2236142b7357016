"""The main job on the bundled sample, and how good its result is: what ./scripts/demo runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tools.sample_truth import precision

from pythia import samples

ROOT = Path(__file__).parents[1]
PIPELINE = "pipeline.txt"


def main() -> int:
    """Run the demo; the first argument is the folder for its files."""
    out = Path(sys.argv[1])
    detections, video = out / "detections.jsonl", out / "overlayed.mp4"
    pipeline = _whole_video(out / PIPELINE)
    began = time.monotonic()
    code = _launch(pipeline, detections, video)
    if code != 0:
        return code
    _report(detections, video, time.monotonic() - began)
    return 0


def _whole_video(target: Path) -> Path:
    """The README's pipeline without its limit of 30 frames."""
    text = (ROOT / "examples" / PIPELINE).read_text(encoding="utf-8")
    target.write_text(text.replace("! identity\n  eos-after=30\n", ""), encoding="utf-8")
    return target


def _launch(pipeline: Path, detections: Path, video: Path) -> int:
    command = [
        str(Path(sys.executable).with_name("gst-pylaunch")),
        "-p",
        str(pipeline),
        f"--pgie-conf={samples.path('config_infer_primary.txt')}",
        f"--input={samples.path('sample_720p.mp4')}",
        f"--output={video}",
        f"--probe={ROOT / 'examples' / 'probe.py'}:gen_detections@pgie.src",
    ]
    print("running: gst-pylaunch", *(w.replace(str(ROOT), ".") for w in command[1:]), flush=True)
    environment = {name: v for name, v in os.environ.items() if name != "PYTHIA_STREAM_URI"}
    with detections.open("wb") as lines:
        return subprocess.run(command, stdout=lines, env=environment, check=False).returncode


def _report(detections: Path, video: Path, seconds: float) -> None:
    found = [json.loads(line) for line in detections.read_text().splitlines()]
    truth = json.loads(samples.path("sample_720p.gt.json").read_text())
    result = precision(found, truth)
    frames = len(truth["frames"])
    print(
        f"{len(found)} detections on {frames} frames, {frames / seconds:.0f} frames/s "
        "with start, overlay and encoding"
    )
    for class_id, name in enumerate(truth["classes"]):
        print(f"  AP@0.5 {name:9} {result.per_class.get(class_id, 0.0):.3f}")
    print(f"  mAP@0.5          {result.mean:.3f}")
    print(f"detections: {detections}")
    print(f"video:      {video}")


if __name__ == "__main__":
    sys.exit(main())

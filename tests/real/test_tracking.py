"""Trackers on real footage: pedestrians from public detections, and cars that pass a line."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tools.track_score import mot_truths, rows, score

from pythia import elements, samples
from pythia.meta.portable import PortableFrame
from pythia.vision.tracking.config_reader import load_tracker_config
from pythia.vision.tracking.frame import Frame
from pythia.vision.tracking.tracker import IdCounter, Tracker
from support.play import Player

pytestmark = pytest.mark.real

_CONFIGS = Path(__file__).parent / "configs"
_FRAMES = 71
_SIZE = (640, 480)
_MUXED, _VIDEO_HEIGHT = (832, 458), 352
_VEHICLES = ("car", "truck", "bus")


def test_pedestrians_are_tracked_by_public_detections_alone(shared_data: Path) -> None:
    detections = np.loadtxt(shared_data / "gt" / "TUD-Campus_det.txt", delimiter=",")
    truth = np.loadtxt(shared_data / "gt" / "TUD-Campus_gt.txt", delimiter=",")
    config = load_tracker_config(samples.path("config_tracker_NvSORT.yml"))
    tracker = Tracker(config, IdCounter())
    tracks = []

    for number in range(_FRAMES):
        mine = detections[detections[:, 0] == number + 1]
        frame = Frame(number, _SIZE, mine[:, 2:6], np.zeros(len(mine), np.intp), mine[:, 6])
        tracks.append(rows([(t.id, 0, *t.box) for t in tracker.process((0, 0), frame).tracked]))

    found = score(mot_truths(truth, _FRAMES), tracks)
    assert found.mota >= 0.60
    assert found.idf1 >= 0.62


def _middles(frames: list[PortableFrame]) -> dict[int, list[float]]:
    """The vertical middles of each vehicle's boxes, in pixels of the video, in order."""
    middles: dict[int, list[float]] = {}
    for frame in frames:
        for obj in frame.obj_meta_list:
            if obj.obj_label in _VEHICLES:
                middle = obj.rect_params.top + obj.rect_params.height / 2
                video = middle * _VIDEO_HEIGHT / _MUXED[1]
                middles.setdefault(obj.object_id, []).append(video)
    return middles


@pytest.mark.parametrize("form", ["NvSORT", "NvDCF_perf"])
def test_every_vehicle_that_passes_is_counted_once(shared_data: Path, form: str) -> None:
    elements.register()
    known = json.loads((shared_data / "gt" / "counts_human.json").read_text())
    video = shared_data / "videos" / "vehicle_survaillance.mp4"
    line = 200

    played = Player()(
        f"filesrc location={video} ! qtdemux ! h264parse ! avdec_h264 ! nvvideoconvert ! m.sink_0 "
        f"nvstreammux name=m batch-size=1 width={_MUXED[0]} height={_MUXED[1]} "
        f"! nvinfer config-file-path={_CONFIGS / 'config_infer_yolox_nano.txt'} "
        f"! nvtracker ll-config-file={samples.path(f'config_tracker_{form}.yml')} "
        "! fakesink name=out sync=false"
    )

    steps = [step for path in _middles(played.frames).values() for step in pairwise(path)]
    assert played.error is None
    assert sum(a < line <= b for a, b in steps) == known[video.name]["count"]
    assert sum(a >= line > b for a, b in steps) == known[video.name]["opposite_direction"]

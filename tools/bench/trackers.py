"""How well each of the sample's trackers follows the sample street, and pedestrians on request.

MOTA and IDF1 by motmetrics on the whole film with the shipped detector; how closely boxes lie on
things that are near (taller than 150 pixels: mean overlap); and the line crossings that
nvdsanalytics counts, beside the true ones. ``--detections`` and ``--truth`` name MOTChallenge
files, for instance of TUD-Campus, which are tracked by their boxes alone.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tools.bench.measure.report import Report, Row, at_least
from tools.track_score import Rows, mot_truths, rows, sample_truths, score

from pythia import Application, analytics_per_frame, samples
from pythia.vision.evaluation import overlaps
from pythia.vision.tracking.config_reader import load_tracker_config
from pythia.vision.tracking.frame import Frame
from pythia.vision.tracking.tracker import IdCounter, Tracker

HEAD = (
    "filesrc location={video} ! qtdemux ! h264parse ! avdec_h264 ! nvvideoconvert ! m.sink_0 "
    "nvstreammux name=m batch-size=1 width=1280 height=720 "
    "! nvinfer config-file-path={primary} ! tee name=t"
)
BRANCH = (
    " t. ! queue ! nvtracker ll-config-file={config} ! nvdsanalytics config-file={rules} "
    "! fakesink name={form} sync=false"
)
NEAR = 150
REQUIRED = ("NvSORT", "NvDCF_perf")


def forms() -> list[str]:
    names = [name for name in samples.names() if name.startswith("config_tracker_")]
    return [name.removeprefix("config_tracker_").removesuffix(".yml") for name in names]


def config(form: str) -> Path:
    return samples.path(f"config_tracker_{form}.yml")


def film() -> tuple[dict[str, list[Rows]], dict[str, int]]:
    """The tracks of each form, and how many crossings it led to."""
    text = HEAD.format(
        video=samples.path("sample_720p.mp4"), primary=samples.path("config_infer_primary.txt")
    )
    rules = samples.path("config_nvdsanalytics.txt")
    for form in forms():
        text += BRANCH.format(config=config(form), rules=rules, form=form)
    app = Application(text)
    tracks: dict[str, list[Rows]] = {form: [] for form in forms()}
    crossings: dict[str, int] = {}
    for form in forms():
        app.probe(form, "sink")(recorder(form, tracks[form], crossings))
    app()
    return tracks, crossings


def recorder(form: str, tracks: list[Rows], crossings: dict[str, int]) -> Any:
    def note(batch_meta: Any) -> None:
        for frame in batch_meta.frame_meta_list:
            boxes = [(obj, obj.rect_params) for obj in frame.obj_meta_list]
            tracks.append(
                rows(
                    [(o.object_id, o.class_id, b.left, b.top, b.width, b.height) for o, b in boxes]
                )
            )
            for meta in analytics_per_frame(frame):
                crossings[form] = sum(meta.objLCCumCnt.values())

    return note


def closeness(truths: Sequence[Rows], tracks: Sequence[Rows]) -> float:
    """Mean overlap of near things with the boxes on them."""
    shares: list[float] = []
    for truth, found in zip(truths, tracks, strict=True):
        near = truth[(truth[:, 6] > 0) & (truth[:, 5] > NEAR)]
        if len(near) and len(found):
            best = overlaps(near[:, 2:6], found[:, 2:6]).max(axis=1)
            shares += best[best > 0.3].tolist()
    return float(np.mean(shares))


def pedestrians(form: str, detections: Rows, size: tuple[int, int], frames: int) -> list[Rows]:
    """Tracks by boxes alone."""
    tracker, tracks = Tracker(load_tracker_config(config(form)), IdCounter()), []
    for number in range(frames):
        mine = detections[detections[:, 0] == number + 1]
        frame = Frame(number, size, mine[:, 2:6], np.zeros(len(mine), np.intp), mine[:, 6])
        tracks.append(rows([(t.id, 0, *t.box) for t in tracker.process((0, 0), frame).tracked]))
    return tracks


def report(options: argparse.Namespace) -> Report:
    truth = json.loads(samples.path("sample_720p.gt.json").read_text())
    truths, (tracks, crossings) = sample_truths(truth), film()
    found = Report("trackers", f"{len(truths)} frames of the sample street")
    table: list[Row] = []
    for form in forms():
        judged = score(truths, tracks[form])
        table.append(
            {
                "form": form,
                "MOTA": judged.mota,
                "IDF1": judged.idf1,
                "switches": judged.switches,
                "overlap near": closeness(truths, tracks[form]),
                "crossings": crossings[form],
            }
        )
        if form in REQUIRED:
            found.wanted += [
                at_least(f"{form}, MOTA", 0.9, judged.mota, ""),
                at_least(f"{form}, IDF1", 0.9, judged.idf1, ""),
            ]
    found.tables[f"the street, {len(truth['crossings'])} true crossings:"] = table
    if options.detections and options.truth:
        found.tables[f"{options.detections.name}:"] = pedestrian_rows(options)
    return found


def pedestrian_rows(options: argparse.Namespace) -> list[Row]:
    detections = np.loadtxt(options.detections, delimiter=",")
    truth = np.loadtxt(options.truth, delimiter=",")
    width, height = (int(side) for side in options.size.split("x"))
    frames = int(truth[:, 0].max())
    table: list[Row] = []
    for form in forms():
        tracks = pedestrians(form, detections, (width, height), frames)
        judged = score(mot_truths(truth, frames), tracks)
        table.append(
            {
                "form": form,
                "MOTA": judged.mota,
                "IDF1": judged.idf1,
                "switches": judged.switches,
            }
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/bench trackers", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--detections", type=Path, help="public detections, MOTChallenge's form")
    parser.add_argument("--truth", type=Path, help="their ground truth")
    parser.add_argument("--size", default="640x480", help="of their frames, 640x480 by default")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    report(options).show(as_json=options.json)


if __name__ == "__main__":
    main()

"""What is written can be read: by pycocotools, by motmetrics, and as Ultralytics does."""

from __future__ import annotations

import configparser
import contextlib
import copy
import io
import json
import os
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import yaml

from pythia import samples

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import motmetrics
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    from tools.track_score import sample_truths, score

FRAMES = 24
HELD_BACK = 3
"""Frames until the tracker is sure of a new object."""

NAMES = ["car", "bicycle", "person", "roadsign"]

pytestmark = pytest.mark.filterwarnings("ignore::Warning:pandas.*", "ignore::Warning:motmetrics.*")


@pytest.fixture(scope="module")
def coco(made: Any) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(made.folder / "coco.json")


def _truth(frames: int) -> dict[str, Any]:
    """The sample's exact ground truth as COCO has it; what is too small or hidden is a crowd."""
    truth = json.loads(samples.path("sample_720p.gt.json").read_text())
    annotations: list[dict[str, Any]] = []
    for number, rows in enumerate(truth["frames"][:frames]):
        for _, class_id, *box, visibility in rows:
            hidden = min(box[2:]) < truth["min_size"] or visibility < truth["min_visibility"]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number + 1,
                    "category_id": class_id + 1,
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": int(hidden),
                }
            )
    return {
        "images": [{"id": number + 1} for number in range(frames)],
        "annotations": annotations,
        "categories": [{"id": n + 1, "name": name} for n, name in enumerate(truth["classes"])],
    }


def test_the_run_says_what_it_wrote(made: Any) -> None:
    returned = made.returned

    assert (returned.folder, returned.frames) == (made.folder, FRAMES)
    assert returned.objects == len(made.lines) == len(made.coco["annotations"]) > 200


def test_every_format_names_the_same_frames(made: Any) -> None:
    mot, yolo = made.folder / "mot/source_0", made.folder / "yolo"
    stems = [f"{number:012d}" for number in range(FRAMES)]

    assert made.images == [f"{stem}.jpg" for stem in stems]
    assert [image["frame_num"] for image in made.coco["images"]] == list(range(FRAMES))
    assert [i["file_name"] for i in made.coco["images"]] == [f"frames/{s}.jpg" for s in stems]
    assert sorted(f.stem for f in (yolo / "images").iterdir()) == stems
    assert sorted(f.stem for f in (yolo / "labels").iterdir()) == stems
    # The MOTChallenge counts from 1.
    assert sorted(int(f.stem) for f in (mot / "img1").iterdir()) == list(range(1, FRAMES + 1))
    for number, stem in enumerate(stems):
        frame = made.folder / f"frames/{stem}.jpg"
        assert os.path.samefile(frame, yolo / f"images/{stem}.jpg")
        assert os.path.samefile(frame, mot / f"img1/{number + 1:06d}.jpg")


def test_the_images_are_the_frames_of_the_video(made: Any, street: Path) -> None:
    video = cv2.VideoCapture(str(street))

    for name in made.images[:5]:
        _, wanted = video.read()
        image = cv2.imread(str(made.folder / "frames" / name))
        assert image is not None
        assert image.shape == (720, 1280, 3)
        assert np.abs(image.astype(int) - np.asarray(wanted)).mean() < 3


def test_pycocotools_finds_the_detections_as_good_as_they_are(coco: COCO, tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    truth.write_text(json.dumps(_truth(FRAMES)))

    with contextlib.redirect_stdout(io.StringIO()):
        # It changes what it is given.
        results = COCO(truth).loadRes(copy.deepcopy(coco.dataset["annotations"]))
        exam = COCOeval(COCO(truth), results, "bbox")
        exam.params.imgIds = list(range(HELD_BACK + 1, FRAMES + 1))
        exam.evaluate()
        exam.accumulate()
        exam.summarize()

    assert [coco.cats[n + 1]["name"] for n in range(4)] == NAMES
    assert exam.stats[1] > 0.9, exam.stats


def test_coco_and_json_lines_tell_the_same_objects(made: Any, coco: COCO) -> None:
    lines = made.lines

    for line, annotation in zip(lines, coco.dataset["annotations"], strict=True):
        image = coco.imgs[annotation["image_id"]]
        assert image["frame_num"] == line["frame_num"]
        assert coco.cats[annotation["category_id"]]["name"] == line["label"]
        assert annotation["track_id"] == line["id"]
        assert 0 <= annotation["score"] <= 1
        left, top, width, height = annotation["bbox"]
        assert left >= 0
        assert top >= 0
        assert left + width <= 1280.001
        assert top + height <= 720.001


def test_a_line_has_the_keys_of_the_earlier_pythia(made: Any) -> None:
    line = next(line for line in made.lines if "analytics" in line)

    assert {"frame_num", "id", "engine_id", "engine", "pad_index", "label"} <= line.keys()
    assert {"left", "top", "width", "height", "confidence"} <= line.keys()
    assert (line["engine"], line["engine_id"], line["pad_index"]) == ("model_0", 1, 0)
    assert line["analytics"].keys() == {
        "dirStatus",
        "lcStatus",
        "ocStatus",
        "roiStatus",
        "unique_id",
    }
    told = [line["analytics"] for line in made.lines if "analytics" in line]
    assert any(analytics["ocStatus"] == ["queue"] for analytics in told)


def test_yolo_labels_are_parts_of_the_frame(made: Any, coco: COCO) -> None:
    data = yaml.safe_load((made.folder / "yolo/data.yaml").read_text())
    assert data == {"train": "images", "val": "images", "names": dict(enumerate(NAMES))}

    for image in coco.dataset["images"]:
        stem = Path(image["file_name"]).stem
        lines = (made.folder / f"yolo/labels/{stem}.txt").read_text().splitlines()
        rows = np.array([line.split() for line in lines], float).reshape(-1, 5)
        own = coco.imgToAnns[image["id"]]
        assert rows[:, 0].tolist() == [each["category_id"] - 1 for each in own]
        assert rows[:, 1:].min(initial=0) >= 0
        assert rows[:, 1:].max(initial=0) <= 1
        boxes = np.array([each["bbox"] for each in own]).reshape(-1, 4)
        middles = (boxes[:, :2] + boxes[:, 2:] / 2) / (1280, 720)
        assert np.allclose(rows[:, 1:], np.hstack([middles, boxes[:, 2:] / (1280, 720)]), atol=1e-5)


def test_motmetrics_reads_detections_and_tracks(made: Any, coco: COCO) -> None:
    folder = made.folder / "mot/source_0"

    tracks = motmetrics.io.loadtxt(folder / "gt/gt.txt", fmt="mot16")
    found = motmetrics.io.loadtxt(folder / "det/det.txt", fmt="mot15-2D")

    annotations = coco.dataset["annotations"]
    rows = tracks.reset_index()[["FrameId", "Id", "X", "Y", "Width", "Height", "ClassId"]]
    frames = [coco.imgs[each["image_id"]]["frame_num"] + 1 for each in annotations]
    wanted = [
        [frame, each["track_id"], *each["bbox"], each["category_id"]]
        for frame, each in zip(frames, annotations, strict=True)
    ]
    assert np.allclose(rows.to_numpy(float), wanted, atol=2e-3)
    assert set(found.reset_index()["Id"]) == {-1}
    assert len(found) == sum(line["confidence"] >= 0 for line in made.lines)


def test_motmetrics_finds_the_tracks_as_good_as_they_are(made: Any) -> None:
    truths = sample_truths(json.loads(samples.path("sample_720p.gt.json").read_text()))
    columns = ["FrameId", "Id", "ClassId", "X", "Y", "Width", "Height"]

    tracks = motmetrics.io.loadtxt(made.folder / "mot/source_0/gt/gt.txt", fmt="mot16")
    table = tracks.reset_index()[columns].to_numpy(float)
    table[:, 2] -= 1
    seen = [table[table[:, 0] == frame + 1][:, 1:] for frame in range(FRAMES)]
    found = score(truths[HELD_BACK:FRAMES], seen[HELD_BACK:])

    assert all(len(rows) == 0 for rows in seen[:HELD_BACK])
    assert found.mota > 0.85
    assert found.switches == 0


def test_a_sequence_describes_itself(made: Any) -> None:
    info = configparser.ConfigParser()
    info.read(made.folder / "mot/source_0/seqinfo.ini")

    sequence = info["Sequence"]
    assert sequence["name"] == "source_0"
    assert sequence["imDir"] == "img1"
    numbers = [sequence.getint(key) for key in ("frameRate", "seqLength", "imWidth", "imHeight")]
    assert numbers == [30, FRAMES, 1280, 720]
    assert sequence["imExt"] == ".jpg"

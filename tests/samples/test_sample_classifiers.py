"""The sample's classifiers with NVIDIA's input, on cars of the film's ground truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import pythia
from pythia import Application, samples
from pythia.meta.types import BatchMeta

FPS, LEAST_SIDE, LEAST_VISIBILITY = 30, 40, 0.8
PIPELINE = """
filesrc location={video} ! qtdemux ! h264parse ! avdec_h264
! videorate drop-only=true max-rate=2 ! nvvideoconvert ! m.sink_0
nvstreammux name=m batch-size=1 width=1280 height=720
! nvinfer name=types config-file-path={types} infer-on-gie-id=1
! nvinfer name=makes config-file-path={makes} infer-on-gie-id=1 ! fakesink name=out
"""

Found = dict[str, list[tuple[str, str]]]


@pytest.fixture(scope="module")
def found() -> Found:
    """What each classifier says beside what is true, by the field of a track."""
    truth = json.loads(samples.path("sample_720p.gt.json").read_text())
    tracks = {track["id"]: track for track in truth["tracks"]}
    found: Found = {"colour": [], "vehicle_type": []}
    app = Application.from_pipeline_string(
        PIPELINE,
        params={
            "video": samples.path("sample_720p.mp4"),
            "types": samples.path("config_infer_secondary_vehicletypes.txt"),
            "makes": samples.path("config_infer_secondary_vehiclemake.txt"),
        },
    )

    @app.probe("m", "src")
    def write_cars(batch_meta: BatchMeta) -> None:
        with pythia.writing(batch_meta) as write:
            for frame in pythia.frames_per_batch(batch_meta):
                number = round(frame.buf_pts * FPS / 1_000_000_000)
                for track, box in clear_cars(truth["frames"][number]):
                    write.object(frame, "car", box=box, component=1, object_id=track)

    @app.probe("out", "sink")
    def read_labels(batch_meta: BatchMeta) -> None:
        for _, car in pythia.objects_per_batch(batch_meta):
            for said in pythia.classification_per_object(car):
                what = "vehicle_type" if said.unique_component_id == 6 else "colour"
                true = tracks[car.object_id][what]
                for label in pythia.labels_per_classification(said):
                    found[what].append((label.result_label, true))

    app()
    return found


def clear_cars(rows: list[Any]) -> Iterator[tuple[int, tuple[float, float, float, float]]]:
    """Cars of a frame that are large and seen well."""
    for track, class_id, left, top, width, height, visibility in rows:
        if class_id == 0 and min(width, height) >= LEAST_SIDE and visibility >= LEAST_VISIBILITY:
            yield track, (left, top, width, height)


@pytest.mark.parametrize(("what", "names"), [("colour", 5), ("vehicle_type", 3)])
def test_labels_mean_what_is_drawn(found: Found, what: str, names: int) -> None:
    pairs = found[what]
    right = [said == true for said, true in pairs]

    assert len(pairs) >= 60
    assert len({true for _, true in pairs}) >= names
    assert sum(right) / len(right) >= 0.95


def test_labels_are_nvidias_types() -> None:
    labels = samples.path("models/Secondary_VehicleTypes/labels.txt").read_text()

    assert labels == "coupe;largevehicle;sedan;suv;truck;van\n"

"""The bundled video through the bundled networks, held against its exact ground truth."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from tools.sample_truth import precision

from pythia import samples
from support.console import README_KEYS, README_PROBE, Event, detect
from support.reference import Box, iou

_MEGABYTE = 1_000_000
_PIPELINE = (
    "filesrc location={video} ! qtdemux ! h264parse ! avdec_h264 ! nvvideoconvert ! m.sink_0 "
    "nvstreammux name=m batch-size=1 width=1280 height=720 "
    "! nvinfer name=pgie config-file-path={primary} "
    "! nvinfer name=sgie config-file-path={secondary} ! fakesink"
)
_PROBE = """
from pythia import labels_per_obj, objects_per_batch

def gen_colours(batch_meta):
    for frame, car in objects_per_batch(batch_meta):
        if car.obj_label == "car":
            box = car.rect_params
            yield {
                "frame_num": frame.frame_num,
                "box": [box.left, box.top, box.left + box.width, box.top + box.height],
                "colours": [label.result_label for label in labels_per_obj(car)],
            }
"""

_Truth = dict[str, Any]


@pytest.fixture(scope="module")
def truth() -> _Truth:
    known: _Truth = json.loads(samples.path("sample_720p.gt.json").read_text())
    return known


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """What two probes say of the whole video: the README's on pgie, and colours on sgie."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "colours.py").write_text(_PROBE)
    return detect(
        folder,
        _PIPELINE,
        f"--video={samples.path('sample_720p.mp4')}",
        f"--primary={samples.path('config_infer_primary.txt')}",
        f"--secondary={samples.path('config_infer_secondary_carcolor.txt')}",
        f"--probe={README_PROBE}@pgie.src",
        "--probe=colours.py:gen_colours@sgie.src",
        timeout_s=110,
    )


@pytest.fixture(scope="module")
def detections(events: list[Event]) -> list[Event]:
    return [event for event in events if "colours" not in event]


@pytest.fixture(scope="module")
def cars(events: list[Event]) -> list[Event]:
    return [event for event in events if "colours" in event]


def test_the_detector_finds_what_the_sample_video_shows(
    detections: list[Event], truth: _Truth
) -> None:
    result = precision(detections, truth)

    assert sorted(result.per_class) == list(range(4))
    assert min(result.per_class.values()) >= 0.85
    assert result.mean >= 0.90


def test_every_event_has_what_the_probe_yields_and_every_frame_its_number(
    detections: list[Event],
) -> None:
    assert {tuple(event) for event in detections} == {tuple(README_KEYS)}
    numbers = [event["frame_num"] for event in detections]
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(840))
    assert {event["label"] for event in detections} == {"car", "bicycle", "person", "roadsign"}
    assert all(0.4 <= event["confidence"] <= 1 for event in detections)


def test_the_classifier_names_the_colours_of_cars(cars: list[Event], truth: _Truth) -> None:
    known = _visible_cars(truth)

    pairs = [(car, colour) for car in cars for colour in _colour_at(car, known[car["frame_num"]])]

    right = sum(car["colours"] == [colour] for car, colour in pairs)
    assert len(pairs) > 1000
    assert right >= 0.95 * len(pairs)
    assert {colour for _, colour in pairs} == set(_labels())


def _visible_cars(truth: _Truth) -> dict[int, list[tuple[Box, str]]]:
    """Boxes and colours of the cars that show well, for each frame."""
    colours = {track["id"]: track["colour"] for track in truth["tracks"]}
    car = truth["classes"].index("car")
    found = defaultdict(list)
    for number, rows in enumerate(truth["frames"]):
        for track, class_id, left, top, width, height, visibility in rows:
            if class_id == car and visibility >= 0.8 and min(width, height) >= 24:
                found[number].append(((left, top, left + width, top + height), colours[track]))
    return found


def _colour_at(car: Event, known: list[tuple[Box, str]]) -> Iterator[str]:
    """The true colour, where the car is one that shows well."""
    yield from (colour for box, colour in known if iou(tuple(car["box"]), box) >= 0.7)


def _labels() -> list[str]:
    return samples.path("models/Secondary_CarColor/labels.txt").read_text().strip().split(";")


def test_the_bundled_samples_are_small() -> None:
    sizes = [samples.path(name).stat().st_size for name in samples.names()]

    assert sum(sizes) <= 10 * _MEGABYTE

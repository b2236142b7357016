from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia import samples
from pythia.exceptions import ConfigError, ModelError
from pythia.vision.image import Image
from pythia.vision.tracking.config import (
    DataAssociator,
    ReID,
    TargetManagement,
    TrackerConfig,
    TrajectoryManagement,
)
from pythia.vision.tracking.frame import Frame, Report
from pythia.vision.tracking.reid import Gallery, ReidNetwork
from pythia.vision.tracking.stream import StreamTracker
from support.onnx_file import OnnxModel

Scene = Callable[..., Image]

_SIZE = (320, 240)
_BOXES = np.array([[60.0, 80.0, 40, 40], [200.0, 80.0, 40, 40]])
_SAMPLE = ReID(
    reid_type=1,
    batch_size=8,
    reid_feature_size=256,
    infer_dims=(3, 256, 128),
    input_order=0,
    offsets=(123.675, 116.28, 103.53),
    net_scale_factor=0.01735207,
    keep_aspc=False,
    onnx_file=samples.path("resnet50_market1501_aicity156.onnx"),
)


@pytest.fixture(scope="module")
def network() -> ReidNetwork:
    """The sample's network."""
    return ReidNetwork(_SAMPLE, None)


def test_things_that_look_alike_have_vectors_that_are_alike(
    network: ReidNetwork, scene: Scene
) -> None:
    before = network.vectors(scene((60, 80, 1), (200, 80, 2)), _BOXES, _SIZE)
    after = network.vectors(scene((60, 80, 2), (200, 80, 1)), _BOXES[::-1], _SIZE)

    likeness = before @ after.T

    assert before.shape == (2, 256)
    assert np.diag(likeness) == pytest.approx(1, abs=0.02)
    assert likeness[0, 1] < 0.9


def test_boxes_may_be_measured_in_a_frame_of_another_size(
    network: ReidNetwork, scene: Scene
) -> None:
    image = scene((60, 80, 1), (200, 80, 2))

    scaled = network.vectors(image, _BOXES * [2, 0.5, 2, 0.5], (640, 120))

    assert scaled == pytest.approx(network.vectors(image, _BOXES, _SIZE), abs=1e-5)


def test_a_box_outside_of_the_picture_has_no_vector(network: ReidNetwork, scene: Scene) -> None:
    vectors = network.vectors(scene(), np.array([[400.0, 80, 40, 40], [318.0, 0, 40, 40]]), _SIZE)

    assert not vectors.any()


def test_vectors_are_normalised_if_the_configuration_says_so(
    onnx_model: OnnxModel, scene: Scene
) -> None:
    model = onnx_model(shape=("batch", 3, 4, 6))
    config = replace(_SAMPLE, onnx_file=model, infer_dims=(3, 4, 6), reid_feature_size=72)

    plain = ReidNetwork(config, None).vectors(scene(), _BOXES, _SIZE)
    unit = ReidNetwork(replace(config, add_feature_normalization=True), None).vectors(
        scene(), _BOXES, _SIZE
    )

    assert np.linalg.norm(plain[0]) != pytest.approx(1, abs=0.1)
    assert np.linalg.norm(unit[0]) == pytest.approx(1)


def test_the_size_of_the_vectors_has_to_be_right(onnx_model: OnnxModel, scene: Scene) -> None:
    model = onnx_model(shape=("batch", 3, 4, 6))
    config = replace(_SAMPLE, onnx_file=model, infer_dims=(3, 4, 6))

    with pytest.raises(ConfigError, match="reidFeatureSize is 256, but the network gives 72"):
        ReidNetwork(config, Path("tracker.yml")).vectors(scene(), _BOXES, _SIZE)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"onnx_file": Path("/no/reid.onnx")}, "onnxFile /no/reid.onnx does not exist"),
        ({"tlt_encoded_model": Path("/m.etlt")}, "tltEncodedModel /m.etlt can be loaded by NVIDIA"),
        ({"uff_file": Path("/m.uff")}, "uffFile /m.uff can be loaded by NVIDIA"),
        ({"model_engine_file": Path("/m.engine")}, "modelEngineFile /m.engine can be loaded by"),
        ({}, "ReID.onnxFile is missing"),
    ],
)
def test_a_model_that_cannot_be_run_is_refused_with_a_way_out(
    named: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        ReidNetwork(ReID(reid_type=1, **named), Path("tracker.yml"))

    assert "tracker.yml" in str(caught.value)


def test_a_gallery_keeps_the_last_vectors() -> None:
    gallery = Gallery(2, 2)
    for vector in ([1, 0], [0, 1], [0.6, 0.8]):
        gallery.add(np.array(vector, np.float32))

    likeness = gallery.similarities(np.array([[1, 0], [0, 1]], np.float32))

    assert likeness == pytest.approx([0.6, 1])
    assert gallery.last == pytest.approx([0.6, 0.8])


def test_a_gallery_takes_in_an_older_one() -> None:
    old, new = Gallery(3, 2), Gallery(3, 2)
    old.add(np.array([1, 0], np.float32))
    new.add(np.array([0, 1], np.float32))

    new.put_before(old)

    assert new.similarities(np.eye(2, dtype=np.float32)) == pytest.approx([1, 1])
    assert new.last == pytest.approx([0, 1])


def test_the_newest_vector_stays_the_newest_when_an_older_gallery_is_taken_in() -> None:
    old, new = Gallery(2, 2), Gallery(2, 2)
    old.add(np.array([1, 0], np.float32))
    for vector in ([0.8, 0.6], [0, 1], [0.6, 0.8]):
        new.add(np.array(vector, np.float32))

    new.put_before(old)

    assert new.last == pytest.approx([0.6, 0.8])
    assert new.similarities(np.eye(2, dtype=np.float32)) == pytest.approx([0.6, 1])


# In a tracker


class Counting(ReidNetwork):
    """The sample's network, and how many boxes it was asked for each time."""

    def __init__(self) -> None:
        super().__init__(_SAMPLE, None)
        self.asked: list[int] = []

    def vectors(self, image: Image, boxes: Any, size: tuple[int, int]) -> Any:
        self.asked.append(len(boxes))
        return super().vectors(image, boxes, size)


_CONFIG = TrackerConfig(
    target_management=TargetManagement(probation_age=0),
    data_associator=DataAssociator(
        matching_score_weight_for_iou=0.1, matching_score_weight_for_reid_similarity=1.0
    ),
    reid=_SAMPLE,
)


def _process(tracker: StreamTracker, image: Image, boxes: Any) -> Report:
    seen = len(boxes)
    frame = Frame(0, _SIZE, np.array(boxes), np.zeros(seen, np.intp), np.ones(seen), True, image)
    return tracker.process(frame)


def test_things_that_change_places_are_told_apart_by_their_looks(scene: Scene) -> None:
    tracker = StreamTracker(_CONFIG, count().__next__, Counting())
    _process(tracker, scene((100, 80, 1), (150, 80, 2)), [[100.0, 80, 40, 40], [150.0, 80, 40, 40]])

    # Each is nearer now to where the other was.
    report = _process(
        tracker, scene((128, 80, 1), (116, 130, 2)), [[128.0, 80, 40, 40], [118.0, 82, 40, 40]]
    )

    by_id = {one.id: one.box[0] for one in report.tracked}
    assert by_id[0] == 128


@pytest.mark.parametrize(
    ("kind", "interval", "asked"),
    [(1, 0, [2, 2, 2, 2]), (2, 2, [2, 2]), (2, -1, [2]), (2, 0, [2, 2, 2, 2])],
)
def test_the_network_looks_as_often_as_the_configuration_says(
    scene: Scene, kind: int, interval: int, asked: list[int]
) -> None:
    network = Counting()
    config = replace(
        _CONFIG,
        reid=replace(_SAMPLE, reid_type=kind),
        trajectory_management=TrajectoryManagement(reid_extraction_interval=interval),
    )
    tracker = StreamTracker(config, count().__next__, network)

    for _ in range(4):
        _process(tracker, scene((60, 80, 1), (200, 80, 2)), _BOXES)

    assert network.asked == asked


@pytest.mark.parametrize("wanted", [True, False])
def test_vectors_are_reported_if_somebody_wants_them(scene: Scene, wanted: bool) -> None:
    config = replace(_CONFIG, reid=replace(_SAMPLE, output_reid_tensor=wanted))
    tracker = StreamTracker(config, count().__next__, Counting())

    report = _process(tracker, scene((60, 80, 1), (200, 80, 2)), _BOXES)

    assert [one.vector is not None for one in report.tracked] == [wanted] * 2

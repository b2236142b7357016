from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from pythia import samples
from pythia.exceptions import ConfigError
from pythia.vision.tracking import config_reader
from pythia.vision.tracking.config import CASCADED, TrackerConfig
from pythia.vision.tracking.config_reader import load_tracker_config

Written = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """A function that writes a tracker's configuration file."""

    def write(text: str) -> Path:
        path = tmp_path / "tracker.yml"
        path.write_text(f"%YAML:1.0\n{text}")
        return path

    return write


@pytest.mark.parametrize("section", config_reader._SECTIONS)
def test_every_setting_of_a_section_has_a_key(section: str) -> None:
    kind, readers = config_reader._SECTIONS[section]

    assert {config_reader._snake(key) for key in readers} == {field.name for field in fields(kind)}


def test_a_file_is_read_into_sections_and_the_rest_keeps_its_defaults(written: Written) -> None:
    config = load_tracker_config(
        written(
            "TargetManagement:\n  minIouDiff4NewTarget: 0.3\n  enableBboxUnClipping: 1\n"
            "DataAssociator:\n  dataAssociatorType: 0\n  associationMatcherType: 1\n"
            "ReID:\n  inferDims: [3, 256, 128]\n  onnxFile: models/reid.onnx\n"
        )
    )

    assert config.target_management.min_iou_diff_for_new_target == 0.3
    assert config.target_management.enable_bbox_un_clipping
    assert config.target_management.probation_age == 5
    assert config.data_associator.association_matcher_type == CASCADED
    assert config.reid.infer_dims == (3, 256, 128)
    assert config.state_estimator == TrackerConfig().state_estimator


def test_a_licence_may_stand_before_the_header(tmp_path: Path) -> None:
    file = tmp_path / "tracker.yml"
    file.write_text("# Copyright\n\n%YAML:1.0\nTargetManagement:\n  probationAge: 3\n")

    assert load_tracker_config(file).target_management.probation_age == 3


def test_paths_start_at_the_folder_of_the_file(written: Written, tmp_path: Path) -> None:
    config = load_tracker_config(written("ReID:\n  onnxFile: ../reid.onnx\n"))

    assert config.reid.onnx_file == tmp_path.parent / "reid.onnx"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("TargetManagement:\n  probationAge: soon\n", "key probationAge: found 'soon'"),
        ("TargetManagement:\n  minIouDiff4NewTarget: 2\n", "a number from 0 to 1"),
        ("DataAssociator:\n  associationMatcherType: 7\n", "one of 0, 1"),
        ("DataAssociator:\n  dataAssociatorType: 1\n", "dataAssociatorType has to be 0"),
        ("ReID:\n  inferDims: [3, 4]\n", "3 values"),
        ("TargetManagement: 3\n", "has to be a map"),
        ("StateEstimator:\n  stateEstimatorType: 3\n", "stateEstimatorType 3 .3D tracking"),
        ("Segmenter:\n  segmenterType: 1\n", "MaskTracker's segmentation network does not run"),
        ("PoseEstimator:\n  poseEstimatorType: 1\n", "take the section PoseEstimator out"),
        ("ObjectModelProjection:\n  cameraModelFilepath:\n    - cam.yml\n", "camera model"),
    ],
)
def test_a_wrong_or_impossible_value_is_an_error_with_the_file(
    written: Written, text: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load_tracker_config(written(text))

    assert "tracker.yml" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("TargetManagement:\n  probationAgee: 3\n", "did you mean 'probationAge'"),
        ("TargetManagment:\n  probationAge: 3\n", "did you mean 'TargetManagement'"),
    ],
)
def test_what_is_unknown_is_warned_about(
    written: Written, caplog: pytest.LogCaptureFixture, text: str, warning: str
) -> None:
    load_tracker_config(written(text))

    assert warning in caplog.text


def test_keys_for_gpus_are_accepted_and_only_logged_for_debugging(
    written: Written, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        load_tracker_config(written("VisualTracker:\n  vpiBackend4DcfTracker: 1\n"))

    assert [record.levelname for record in caplog.records] == ["DEBUG"]
    assert "vpiBackend4DcfTracker has no effect" in caplog.text


@pytest.mark.parametrize("name", [n for n in samples.names() if n.startswith("config_tracker")])
def test_the_sample_configurations_are_read_without_a_word(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    load_tracker_config(samples.path(name))

    assert not caplog.records

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pythia.exceptions import ConfigError
from pythia.vision.class_attrs import ClassAttrs
from pythia.vision.nvinfer_config import DBSCAN, NMS, load

Write = Callable[..., Path]

_DETECTOR = "num-detected-classes=2"


def test_what_the_file_does_not_say_has_the_documented_default(config_file: Write) -> None:
    config = load(config_file(_DETECTOR))

    assert config.set_keys == {"num-detected-classes"}
    assert (config.batch_size, config.process_mode, config.network_type) == (1, 1, 0)
    assert (config.gie_unique_id, config.interval, config.operate_on_gie_id) == (15, 0, -1)
    assert (config.net_scale_factor, config.offsets, config.model_color_format) == (1.0, (), 0)
    assert config.cluster_mode == NMS
    assert config.class_attrs == (ClassAttrs(), ClassAttrs())
    assert config.class_attrs[0].pre_cluster_threshold == 0.2
    assert config.class_attrs[0].border_color == (1, 0, 0, 1)


def test_every_kind_of_value_is_typed(config_file: Write) -> None:
    config = load(
        config_file(
            """num-detected-classes=2
            gie-unique-id=3
            net-scale-factor=0.0039215697906911373
            offsets=123.675;116.28;103.53;
            infer-dims=3;544;960
            output-blob-names=output_cov/Sigmoid:0;output_bbox/BiasAdd:0
            maintain-aspect-ratio=1
            symmetric-padding=true
            operate-on-class-ids=0;2
            classifier-type=colour
            """
        )
    )

    assert config.gie_unique_id == 3
    assert config.net_scale_factor == pytest.approx(1 / 255, rel=1e-6)
    assert config.offsets == (123.675, 116.28, 103.53)
    assert config.infer_dims == (3, 544, 960)
    assert config.output_blob_names == ("output_cov/Sigmoid:0", "output_bbox/BiasAdd:0")
    assert (config.maintain_aspect_ratio, config.symmetric_padding) == (True, True)
    assert config.operate_on_class_ids == (0, 2)
    assert config.classifier_type == "colour"


def test_yaml_says_the_same_as_a_key_file(tmp_path: Path, config_file: Write) -> None:
    ini = config_file("num-detected-classes=1\nbatch-size=4", "[class-attrs-all]\ntopk=5")
    yaml = tmp_path / "config.yml"
    yaml.write_text(
        "property:\n  num-detected-classes: 1\n  batch-size: 4\nclass-attrs-all:\n  topk: 5\n"
    )

    assert replace(load(yaml), file=ini) == load(ini)


def test_paths_start_at_the_directory_of_the_file(
    tmp_path: Path, config_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "labels.txt").write_text("car\nperson\n")
    config_file("onnx-file=../m/x.onnx\nlabelfile-path=labels.txt\n" + _DETECTOR)
    monkeypatch.chdir(tmp_path)

    config = load("config.txt")

    assert config.onnx_file == tmp_path.parent / "m" / "x.onnx"
    assert config.labels == (("car",), ("person",))


def test_a_class_lays_its_values_over_those_of_all(config_file: Write) -> None:
    rest = (
        "[class-attrs-1]\nnms-iou-threshold=0.6\nbg-color=0;0;1;0.5\ntopk=7\n"
        "[class-attrs-all]\npre-cluster-threshold=0.4\nminBoxes=3\ntopk=20\n"
    )

    first, second = load(config_file(_DETECTOR, rest)).class_attrs

    expected = ClassAttrs(pre_cluster_threshold=0.4, min_boxes=3, topk=20)
    assert first == expected
    assert second == replace(expected, nms_iou_threshold=0.6, bg_color=(0, 0, 1, 0.5), topk=7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is-classifier=1", {"network_type": 1}),
        ("is-classifier=1\nnetwork-type=100", {"network_type": 100}),
        ("enable-dbscan=1\nnetwork-type=1", {"cluster_mode": DBSCAN}),
        ("enable-dbscan=1\ncluster-mode=4\nnetwork-type=1", {"cluster_mode": 4}),
        ("input-dims=3;10;20;0\nnetwork-type=1", {"infer_dims": (3, 10, 20)}),
        (
            "uff-input-dims=10;20;3;1\nnetwork-type=1",
            {"infer_dims": (3, 10, 20), "network_input_order": 1},
        ),
        ("input-dims=3;1;2;0\ninfer-dims=3;5;6\nnetwork-type=1", {"infer_dims": (3, 5, 6)}),
    ],
)
def test_older_spellings_count_where_the_newer_is_not_given(
    config_file: Write, text: str, expected: dict[str, object]
) -> None:
    config = load(config_file(text))

    assert {name: getattr(config, name) for name in expected} == expected


def test_threshold_is_the_older_name_of_pre_cluster_threshold(config_file: Write) -> None:
    config = load(config_file(_DETECTOR, "[class-attrs-all]\nthreshold=0.5"))

    assert config.class_attrs[0].pre_cluster_threshold == 0.5


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("batch-size", "0", "an integer from 1 to 1024"),
        ("batch-size", "four", "an integer from 1 to 1024"),
        ("gie-unique-id", "-1", "an integer of at least 1"),
        ("cluster-mode", "5", "one of 0, 1, 2, 3, 4"),
        ("network-type", "4", "one of 0, 1, 2, 3, 100"),
        ("net-scale-factor", "1/255", "a number"),
        ("net-scale-factor", "nan", "a number"),
        ("infer-dims", "3;544", "3 values separated by ;"),
        ("offsets", "1;x;3", "a list with ; between the items, each a number"),
        ("maintain-aspect-ratio", "yes", "0, 1, true or false"),
        ("interval", "1 # every second", "an integer of at least 0"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(
    config_file: Write, key: str, value: str, expected: str
) -> None:
    file = config_file(f"num-detected-classes=2\n{key}={value}")

    with pytest.raises(ConfigError) as caught:
        load(file)

    message = f"{file}: group [property], key {key}: found {value!r}, expected {expected}"
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("properties", "rest", "words"),
    [
        ("batch-size=1", "", "key num-detected-classes is missing"),
        (_DETECTOR, "[class-attrs-2]\ntopk=1", r"\[class-attrs-2\] is for no class"),
        (_DETECTOR, "[class-attrs-x]\ntopk=1", r"\[class-attrs-x\] is for no class"),
        (_DETECTOR, "[class-attrs-all]\nnms-iou-threshold=1.5", "a number from 0 to 1"),
        (_DETECTOR, "[class-attrs-all]\nborder-color=1;0;0", "4 values separated by ;"),
        (_DETECTOR + "\nlabelfile-path=none.txt", "", r"none\.txt cannot be read"),
    ],
)
def test_an_impossible_configuration_is_refused(
    config_file: Write, properties: str, rest: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        load(config_file(properties, rest))


def test_the_property_group_is_mandatory(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("[tracker]\na=1\n")

    with pytest.raises(ConfigError, match=r"\[property\] is missing; found: tracker"):
        load(tmp_path / "c.txt")


def test_an_unknown_key_or_group_is_a_warning_with_a_suggestion(
    config_file: Write, caplog: pytest.LogCaptureFixture
) -> None:
    rest = "[class-attrs-all]\npre-cluster-treshold=1\n[proprety]\na=1"

    load(config_file(_DETECTOR + "\nbatchsize=4", rest))

    messages = [record.getMessage() for record in caplog.records]
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 3
    assert "unknown key 'batchsize' in group [property]" in messages[0]
    assert messages[0].endswith("did you mean 'batch-size'?")
    assert messages[1].endswith("did you mean 'property'?")
    assert messages[2].endswith("did you mean 'pre-cluster-threshold'?")


def test_keys_that_tune_tensorrt_are_accepted_and_noted(
    config_file: Write, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    load(config_file(_DETECTOR + "\nworkspace-size=2000\nenable-dla=1\nint8-calib-file=x.bin"))

    assert [record.levelno for record in caplog.records] == [logging.DEBUG]
    assert "enable-dla, int8-calib-file, workspace-size" in caplog.text

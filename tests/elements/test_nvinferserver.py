from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.meta.types import TENSOR_OUTPUT_META
from support.painted import Painted, tracked
from support.play import Play, Played

# x1, y1, x2, y2, score, class in the pixels of a 64x32 input; the frames are twice that.
ROWS = np.array(
    [[[8, 4, 24, 12, 0.9, 0], [32, 16, 40, 28, 0.6, 1], [2, 2, 9, 9, 0.5, 1]]], np.float32
)
BACKEND = """
  backend {{ triton {{ model_name: "{name}" version: -1 model_repo {{ root: "repo" }} }} }}
"""
DETECTION = """
  unique_id: 3
  max_batch_size: 4
  preprocess { network_format: IMAGE_FORMAT_RGB normalize { scale_factor: 0.0039 } }
  postprocess {
    labelfile_path: "labels.txt"
    detection {
      num_detected_classes: 2
      custom_parse_bbox_func: "NvDsInferParseYolo"
      nms { confidence_threshold: 0.3 iou_threshold: 0.5 topk: 2 }
    }
  }
"""

Write = Callable[..., str]


@pytest.fixture
def server(tmp_path: Path, onnx_model: Any) -> Write:
    """A function that writes a repository and a configuration, and gives launch text."""

    def write(infer: str, rest: str = "", name: str = "cars", **model: Any) -> str:
        folder = tmp_path / "repo" / name / "1"
        folder.mkdir(parents=True, exist_ok=True)
        model = model or {"constants": {"output": ROWS}}
        shape = model.pop("shape", ("batch", 3, 32, 64))
        onnx_model(f"repo/{name}/1/model.onnx", shape, **model)
        (tmp_path / "labels.txt").write_text("car\nperson\n")
        file = tmp_path / f"{name}.txt"
        file.write_text(f"infer_config {{ {BACKEND.format(name=name)} {infer} }}\n{rest}")
        return f"nvinferserver config-file-path={file}"

    return write


def _play(play: Play, elements: str, frames: int = 1, prepare: Painted | None = None) -> Played:
    return play(
        f"videotestsrc num-buffers={frames} ! video/x-raw,format=RGBA,width=128,height=64,"
        "framerate=30/1 ! m.sink_0 nvstreammux name=m batch-size=1 width=128 height=64"
        f" ! {elements} ! fakesink name=out sync=false",
        prepare,
    )


def test_a_detector_of_a_repository_finds_what_nvinfer_would(play: Play, server: Write) -> None:
    text = server(DETECTION, "output_control { output_tensor_meta: true }")

    played = _play(play, text)

    assert played.error is None
    (frame,) = played.frames
    person, car = frame.obj_meta_list  # topk is over all classes
    assert (car.obj_label, person.obj_label, car.unique_component_id) == ("car", "person", 3)
    box = car.rect_params
    assert (box.left, box.top, box.width, box.height, box.border_width) == (16, 8, 32, 16, 3)
    (user,) = frame.frame_user_meta_list
    assert user.base_meta.meta_type == TENSOR_OUTPUT_META


@pytest.mark.parametrize(
    ("properties", "ids", "inferred"),
    [
        ("", 3, [1, 1, 1]),
        ("unique-id=9 interval=1", 9, [1, 0, 1]),
        ("unique-id=0 batch-size=0 process-mode=0", 3, [1, 1, 1]),
    ],
)
def test_properties_win_over_the_file_unless_they_are_zero(
    play: Play, server: Write, properties: str, ids: int, inferred: list[int]
) -> None:
    played = _play(play, f"{server(DETECTION)} {properties}", 3)

    assert played.error is None
    assert [frame.bInferDone for frame in played.frames] == inferred
    assert played.frames[0].obj_meta_list[0].unique_component_id == ids


def test_labels_one_a_line_are_those_of_a_single_attribute(play: Play, server: Write) -> None:
    primary = server(DETECTION)
    second = server(
        'unique_id: 4 postprocess { labelfile_path: "labels.txt" classification '
        "{ threshold: 0.5 } }",
        "input_control { process_mode: PROCESS_MODE_CLIP_OBJECTS operate_on_gie_id: 3 "
        "operate_on_class_ids: [0] }",
        name="colour",
        constants={"p": np.array([[0.2, 0.8]])},
    )

    played = _play(play, f"{primary} ! {second}")

    assert played.error is None
    person, car = played.frames[0].obj_meta_list
    assert person.classifier_meta_list == []
    assert car.classifier_meta_list[0].label_info_list[0].result_label == "person"


def _labels(played: Played) -> list[list[str]]:
    """Labels of the car, frame by frame."""
    return [
        [label.result_label for c in obj.classifier_meta_list for label in c.label_info_list]
        for frame in played.frames
        for obj in frame.obj_meta_list
        if obj.class_id == 0
    ]


def test_a_tracked_object_is_looked_at_until_it_has_a_label_and_keeps_that(
    play: Play, server: Write
) -> None:
    primary = server(DETECTION)
    second = server(
        "unique_id: 4 preprocess { normalize { scale_factor: 0.00392 } } postprocess "
        '{ labelfile_path: "labels.txt" classification { threshold: 0.5 } }',
        "input_control { process_mode: PROCESS_MODE_CLIP_OBJECTS operate_on_gie_id: 3 "
        "secondary_reinfer_interval: 1 }",
        name="colour",
        shape=("batch", 3, 1, 1),
    )
    painted = Painted(["black", "black", "red", "red", "black"], tracked)

    played = _play(play, f"{primary} ! identity name=tracker ! {second}", 7, painted)

    assert played.error is None
    labels = _labels(played)
    # An object is not looked at while it is being looked at, so either red frame may be the one.
    first = labels.index(["car"])
    assert first in (2, 3)
    assert labels == [[]] * first + [["car"]] * (7 - first)


def test_tensors_of_nvdspreprocess_are_taken(play: Play, server: Write, tmp_path: Path) -> None:
    (tmp_path / "pre.txt").write_text(
        "[property]\ntarget-unique-ids=3\nnetwork-input-order=0\nnetwork-input-shape=2;3;32;64\n"
        "processing-width=64\nprocessing-height=32\nnetwork-color-format=0\ntensor-data-type=0\n"
        "tensor-name=input\ncustom-tensor-preparation-function=CustomTensorPreparation\n"
        "[group-0]\nsrc-ids=0\nprocess-on-roi=1\nroi-params-src-0=64;32;64;32\n"
    )
    text = server(DETECTION) + " input-tensor-meta=true"

    played = _play(play, f"nvdspreprocess config-file={tmp_path}/pre.txt ! {text}")

    assert played.error is None
    lefts = [obj.rect_params.left for obj in played.frames[0].obj_meta_list]
    assert lefts == [64 + 32, 64 + 8]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nvinferserver", "config-file-path"),
        ("nvinferserver config-file-path=missing.txt", "missing.txt"),
    ],
)
def test_a_missing_configuration_is_an_error_on_the_bus(play: Play, text: str, says: str) -> None:
    played = _play(play, text)

    assert played.error is not None
    assert says in played.error


def test_a_server_is_refused(play: Play, server: Write, tmp_path: Path) -> None:
    text = server(DETECTION)
    file = tmp_path / "cars.txt"
    changed = file.read_text().replace('model_repo { root: "repo" }', 'grpc { url: "host:8001" }')
    file.write_text(changed)

    played = _play(play, text)

    assert played.error is not None
    assert "asks for the server at 'host:8001'" in played.error


def test_a_buffer_without_a_batch_is_an_error_that_names_the_elements(
    play: Play, server: Write
) -> None:
    played = play(
        "videotestsrc num-buffers=1 ! video/x-raw,format=I420,width=128,height=64 ! nvvideoconvert"
        f" ! video/x-raw(memory:NVMM) ! {server(DETECTION)} ! fakesink name=out"
    )

    assert played.error is not None
    assert "put nvstreammux before nvinferserver" in played.error

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.inferserver_config import load
from pythia.vision.nvinfer_config import FOR_EVER, NvInferConfig

_BACKEND = """
  backend { triton { model_name: "cars" version: -1 model_repo { root: "./repo" } } }
"""
_DETECTION = """
  postprocess {
    labelfile_path: "labels.txt"
    detection {
      num_detected_classes: 3
      per_class_params { key: 1 value { pre_threshold: 0.75 } }
      custom_parse_bbox_func: "NvDsInferParseYolo"
      nms { confidence_threshold: 0.25 iou_threshold: 0.5 topk: 20 }
    }
  }
"""

Load = Callable[..., NvInferConfig]


@pytest.fixture
def config(tmp_path: Path) -> Load:
    """A function that writes a configuration and a repository, and loads the first."""
    (tmp_path / "labels.txt").write_text("car\nbus\nvan\n")
    for version in ("1", "3"):
        (tmp_path / "repo" / "cars" / version).mkdir(parents=True)
        (tmp_path / "repo" / "cars" / version / "model.onnx").touch()

    def write(infer: str = "", rest: str = "", backend: str = _BACKEND) -> NvInferConfig:
        file = tmp_path / "config.txt"
        file.write_text(f"infer_config {{\n{backend}{infer}\n}}\n{rest}\n")
        return load(file)

    return write


def _pbtxt(tmp_path: Path, content: str) -> None:
    (tmp_path / "repo" / "cars" / "config.pbtxt").write_text(content)


def test_what_the_file_does_not_say_has_deepstreams_default(config: Load) -> None:
    found = config()

    assert (found.gie_unique_id, found.batch_size, found.network_type) == (15, 1, 100)
    assert (found.model_color_format, found.net_scale_factor, found.offsets) == (0, 1.0, ())
    assert (found.process_mode, found.operate_on_gie_id, found.interval) == (1, -1, 0)
    assert found.secondary_reinfer_interval == FOR_EVER
    assert not found.clip_object_outside_roi
    assert found.triton


def test_a_detector_is_read_with_its_thresholds_and_filters(config: Load, tmp_path: Path) -> None:
    found = config(
        "unique_id: 5 max_batch_size: 8 gpu_ids: [0]" + _DETECTION,
        """
        input_control { interval: 2 }
        output_control {
          output_tensor_meta: true
          detect_control {
            default_filter { bbox_filter { min_width: 32 max_height: 300 } roi_top_offset: 9 }
            specific_class_filters { key: 2 value { border_color { r: 0 g: 1 b: 0 a: 1 } } }
            filter_out_class_ids: [0]
          }
        }
        """,
    )

    assert (found.gie_unique_id, found.batch_size, found.interval) == (5, 8, 2)
    assert (found.network_type, found.num_detected_classes, found.cluster_mode) == (0, 3, 2)
    assert found.parse_bbox_func_name == "NvDsInferParseYolo"
    assert found.topk_of_all_classes == 20
    assert found.output_tensor_meta
    assert found.labels == (("car",), ("bus",), ("van",))
    assert found.filter_out_class_ids == (0,)
    first, second, third = found.class_attrs
    assert [a.pre_cluster_threshold for a in found.class_attrs] == [0.25, 0.75, 0.25]
    assert {a.nms_iou_threshold for a in found.class_attrs} == {0.5}
    assert (first.detected_min_w, first.detected_max_h, second.roi_top_offset) == (32, 300, 9)
    assert (third.detected_min_w, third.border_color) == (0, (0, 1, 0, 1))
    assert found.onnx_file == tmp_path / "repo" / "cars" / "3" / "model.onnx"


@pytest.mark.parametrize(
    ("policy", "mode", "names"),
    [
        (
            "dbscan { pre_threshold: 0.3 eps: 0.2 min_boxes: 3 min_score: 0.5 }",
            1,
            {"pre_cluster_threshold": 0.3, "eps": 0.2, "min_boxes": 3, "dbscan_min_score": 0.5},
        ),
        (
            "group_rectangle { confidence_threshold: 0.3 group_threshold: 2 eps: 0.2 }",
            0,
            {"pre_cluster_threshold": 0.3, "group_threshold": 2, "eps": 0.2},
        ),
        ("simple_cluster { threshold: 0.4f }", 4, {"pre_cluster_threshold": 0.4}),
        ("", 4, {"pre_cluster_threshold": 0.0}),
    ],
)
def test_every_clustering_policy_has_its_mode(
    config: Load, policy: str, mode: int, names: dict[str, float]
) -> None:
    found = config(f"postprocess {{ detection {{ num_detected_classes: 1 {policy} }} }}")

    assert found.cluster_mode == mode
    assert {name: getattr(found.class_attrs[0], name) for name in names} == names


def test_a_secondary_classifier_is_read_with_its_objects(config: Load) -> None:
    found = config(
        'postprocess { classification { threshold: 0.51 custom_parse_classifier_func: "NvDs" } }',
        """
        input_control {
          process_mode: PROCESS_MODE_CLIP_OBJECTS
          operate_on_gie_id: 1
          operate_on_class_ids: [0, 2]
          async_mode: true
          object_control { bbox_filter { min_width: 64 min_height: 65 } }
        }
        output_control { classifier_type: "carmake" }
        """,
    )

    assert (found.network_type, found.classifier_threshold) == (1, 0.51)
    assert (found.parse_classifier_func_name, found.classifier_type) == ("NvDs", "carmake")
    assert (found.process_mode, found.operate_on_gie_id) == (2, 1)
    assert found.operate_on_class_ids == (0, 2)
    assert (found.input_object_min_width, found.input_object_min_height) == (64, 65)
    assert found.classifier_async_mode
    assert found.secondary_reinfer_interval == 90


def test_a_segmentation_is_read(config: Load) -> None:
    found = config("postprocess { segmentation { threshold: 0.5 num_segmentation_classes: 4 } }")

    assert (found.network_type, found.num_detected_classes) == (2, 4)
    assert found.segmentation_threshold == 0.5


def test_preprocessing_is_read(config: Load, tmp_path: Path) -> None:
    found = config(
        """
        preprocess {
          network_format: IMAGE_FORMAT_BGR
          tensor_order: TENSOR_ORDER_NHWC
          maintain_aspect_ratio: 1
          symmetric_padding: 1
          frame_scaling_filter: 2
          normalize { scale_factor: 0.0078 channel_offsets: [1, 2, 3] mean_file: "mean.ppm" }
        }
        """
    )

    assert (found.model_color_format, found.network_input_order) == (1, 1)
    assert found.maintain_aspect_ratio
    assert found.symmetric_padding
    assert (found.scaling_filter, found.net_scale_factor) == (2, 0.0078)
    assert found.offsets == (1, 2, 3)
    assert found.mean_file == tmp_path / "mean.ppm"


@pytest.mark.parametrize(
    ("dims", "order", "expected"),
    [
        ("[3, 320, 640]", 0, (3, 320, 640)),
        ("[-1, 3, 320, 640]", 0, (3, 320, 640)),
        ("[320, 640, 3]", 1, (3, 320, 640)),
        ("[3, -1, -1]", 0, None),
    ],
)
def test_sizes_and_order_come_from_the_repository(
    config: Load, tmp_path: Path, dims: str, order: int, expected: tuple[int, ...] | None
) -> None:
    _pbtxt(tmp_path, f'platform: "onnxruntime_onnx" input [ {{ name: "x" dims: {dims} }} ]')

    found = config()

    assert (found.network_input_order, found.infer_dims) == (order, expected)


def test_tensors_may_come_from_nvdspreprocess(config: Load) -> None:
    found = config("input_tensor_from_meta { is_first_dim_batch: true }")

    assert found.input_tensor_from_meta


def test_labels_of_the_repository_count_for_triton_classification(
    config: Load, tmp_path: Path
) -> None:
    _pbtxt(tmp_path, 'output { name: "p" label_filename: "names.txt" }')
    (tmp_path / "repo" / "cars" / "names.txt").write_text("red\nblue\n")

    found = config("postprocess { triton_classification { topk: 1 threshold: 0.2 } }")

    assert (found.network_type, found.classifier_threshold) == (1, 0.2)
    assert found.labels == (("red", "blue"),)


@pytest.mark.parametrize(
    ("said", "file"),
    [
        ('platform: "onnxruntime_onnx" default_model_filename: "yolo.onnx"', "yolo.onnx"),
        ('backend: "onnxruntime"', "model.onnx"),
        ('platform: "tensorrt_plan"', "model.onnx"),
        (
            'platform: "tensorrt_plan" default_model_filename: "x.onnx_b4_gpu0_fp16.engine"',
            "x.onnx",
        ),
    ],
)
def test_the_repository_says_which_file_is_the_model(
    config: Load, tmp_path: Path, said: str, file: str
) -> None:
    _pbtxt(tmp_path, said)
    (tmp_path / "repo" / "cars" / "3" / file).touch()

    found = config()

    assert found.onnx_file == tmp_path / "repo" / "cars" / "3" / file


def test_a_version_may_be_asked_for(config: Load) -> None:
    found = config(backend=_BACKEND.replace("-1", "1"))

    assert found.onnx_file is not None
    assert found.onnx_file.parent.name == "1"


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        (('"cars"', '"bikes"'), ModelError, "no model 'bikes' in ./repo; available: cars"),
        (('"./repo"', '"./nowhere"'), ConfigError, "'./nowhere' is no folder"),
        (('"./repo"', '"gs://bucket/models"'), ConfigError, "is no folder"),
        (("-1", "2"), ModelError, "no version 2; available: 1, 3"),
        (
            ('model_repo { root: "./repo" }', 'grpc { url: "localhost:8001" }'),
            ConfigError,
            "server at 'localhost:8001'",
        ),
        (('model_repo { root: "./repo" }', ""), ConfigError, "needs model_name and model_repo"),
        (("triton {", "tritn {"), ConfigError, "infer_config.backend.tritn is unknown"),
    ],
)
def test_a_model_that_cannot_be_had_is_told(
    config: Load, changes: tuple[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        config(backend=_BACKEND.replace(*changes))


def test_a_model_of_another_kind_is_refused(config: Load, tmp_path: Path) -> None:
    _pbtxt(tmp_path, 'platform: "tensorflow_graphdef"')

    with pytest.raises(ModelError, match="'tensorflow_graphdef'; the portable runtime runs ONNX"):
        config()


@pytest.mark.parametrize(
    ("infer", "words"),
    [
        ('extra { custom_process_funcion: "Create" }', "custom_process_funcion=Create is C"),
        ('lstm { loops { input: "a" output: "b" } }', "lstm"),
        ("postprocess { triton_classification { topk: 3 } }", "topk of more than 1"),
        ("postprocess { detection { } }", "num_detected_classes is missing"),
        ("unique_idd: 1", "did you mean 'unique_id'"),
        (
            "postprocess { detection { num_detected_classes: 1 per_class_params { key: 4 } } }",
            "per_class_params has a key beyond",
        ),
    ],
)
def test_what_does_not_run_here_is_refused(config: Load, infer: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        config(infer)


def test_the_inference_part_is_needed(tmp_path: Path) -> None:
    (tmp_path / "config.txt").write_text("input_control { interval: 1 }")

    with pytest.raises(ConfigError, match="infer_config is missing"):
        load(tmp_path / "config.txt")

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pythia.exceptions import ConfigError
from pythia.vision.detector import Detection, Detector
from pythia.vision.geometry import Rect
from pythia.vision.image import Image
from pythia.vision.nvinfer_config import load

Make = Callable[..., Detector]
Box = tuple[float, float, float, float]

_SIZE = (200, 100)  # of the source picture; the network's input is 100x100


@pytest.fixture
def detector(
    tmp_path: Path, config_file: Callable[..., Path], onnx_model: Callable[..., Path]
) -> Make:
    """A function that makes a detector which finds these rows (x1, y1, x2, y2, score, class)."""

    def make(rows: list[list[float]], more: str = "", rest: str = "") -> Detector:
        constants = {"output": np.array(rows, np.float32)[None]}
        onnx_model("model.onnx", (1, 3, 100, 100), constants=constants)
        (tmp_path / "labels.txt").write_text("car\nperson\n")
        text = (
            "onnx-file=model.onnx\nlabelfile-path=labels.txt\nnum-detected-classes=3\n"
            "parse-bbox-func-name=NvDsInferParseYolo\ncluster-mode=2\n"
        )
        made = Detector(load(config_file(text + more, rest)))
        made.load()
        return made

    return make


def _image(value: int = 0, size: tuple[int, int] = _SIZE) -> Image:
    return Image("RGB", *size, (np.full((size[1], size[0], 3), value, np.uint8),))


def _boxes(found: list[Detection]) -> list[Box]:
    return [tuple(round(v, 3) for v in one[2:6]) for one in found]  # type: ignore[misc]


def test_boxes_come_back_in_pixels_of_the_picture_with_their_label(detector: Make) -> None:
    made = detector([[10, 20, 30, 60, 0.75, 1]])

    (result,) = made.infer([(_image(), None)])

    assert result.detections == [Detection(1, 0.75, 20, 20, 40, 40, "person", 0.0)]
    assert result.tensors is None


def test_a_class_without_a_label_has_an_empty_one_and_is_told(
    detector: Make, caplog: pytest.LogCaptureFixture
) -> None:
    (result,) = detector([[10, 20, 30, 60, 0.75, 2]]).infer([(_image(), None)])

    assert result.detections[0].label == ""
    assert "labels.txt has 2 labels for 3 classes" in caplog.text


@pytest.mark.parametrize(
    ("more", "box"),
    [
        ("maintain-aspect-ratio=1", (20, 20, 40, 60)),
        ("maintain-aspect-ratio=1\nsymmetric-padding=1", (20, 0, 40, 60)),
    ],
)
def test_padding_is_taken_off(detector: Make, more: str, box: Box) -> None:
    (result,) = detector([[10, 10, 30, 40, 0.75, 1]], more).infer([(_image(), None)])

    # Centred padding of 25 rows puts the top at -30, and nvinfer moves a box into the picture.
    assert _boxes(result.detections) == [box]


def test_a_part_of_a_picture_adds_its_own_corner(detector: Make) -> None:
    made = detector([[0, 0, 50, 50, 0.75, 1]])

    (result,) = made.infer([(_image(), Rect(101.5, 11.25, 60, 40))])

    assert _boxes(result.detections) == [(101.5, 11.25, 30, 20)]


def test_classes_come_one_after_the_other_best_first(detector: Make) -> None:
    rows = [[0, 0, 9, 9, 0.6, 1], [20, 0, 29, 9, 0.7, 1], [40, 0, 49, 9, 0.5, 0]]

    (result,) = detector(rows).infer([(_image(), None)])

    assert [(one.class_id, round(one.confidence, 3)) for one in result.detections] == [
        (0, 0.5),
        (1, 0.7),
        (1, 0.6),
    ]


_ROW = [10.0, 20.0, 30.0, 60.0, 0.75, 1.0]  # 20, 20, 40 x 40 in the picture


@pytest.mark.parametrize(
    ("more", "attrs", "kept"),
    [
        ("", "", True),
        ("filter-out-class-ids=1", "", False),
        ("filter-out-class-ids=0;2", "", True),
        ("", "detected-min-w=40\ndetected-min-h=40", True),
        ("", "detected-min-w=41", False),
        ("", "detected-min-h=41", False),
        ("", "detected-max-w=40\ndetected-max-h=40", True),
        ("", "detected-max-w=39", False),
        ("", "detected-max-h=39", False),
        ("", "roi-top-offset=20", True),
        ("", "roi-top-offset=21", False),
        ("", "roi-bottom-offset=40", True),
        ("", "roi-bottom-offset=41", False),
        ("", "pre-cluster-threshold=0.76", False),
        ("", "post-cluster-threshold=0.75", False),
    ],
)
def test_filters_of_a_class_keep_or_drop_a_box(
    detector: Make, more: str, attrs: str, kept: bool
) -> None:
    made = detector([_ROW], more, "[class-attrs-1]\n" + attrs)

    (result,) = made.infer([(_image(), None)])

    assert len(result.detections) == int(kept)


def test_a_box_that_ends_in_the_padding_is_dropped_or_cut_as_configured(detector: Make) -> None:
    row = [10.0, 20.0, 30.0, 60.0, 0.75, 1.0]  # the picture ends at row 50 of the network
    letterbox = "maintain-aspect-ratio=1\n"

    (dropped,) = detector([row], letterbox).infer([(_image(), None)])
    (cut,) = detector([row], letterbox + "crop-objects-to-roi-boundary=1").infer([(_image(), None)])

    assert dropped.detections == []
    assert _boxes(cut.detections) == [(20, 40, 40, 60)]


@pytest.mark.parametrize(("network_type", "found"), [(0, 1), (100, 0)])
def test_the_tensors_come_along_when_asked_for(
    detector: Make, network_type: int, found: int
) -> None:
    more = f"network-type={network_type}\noutput-tensor-meta=1"

    (result,) = detector([_ROW], more).infer([(_image(), None)])

    assert len(result.detections) == found
    assert result.tensors is not None
    assert result.tensors["output"].tolist() == [_ROW]


def test_turned_boxes_have_their_angle_in_degrees(
    config_file: Callable[..., Path], onnx_model: Callable[..., Path]
) -> None:
    columns = np.zeros((1, 4 + 1 + 1, 10), np.float32)
    columns[0, :, 0] = [320, 320, 64, 64, 0.9, np.pi / 4]
    onnx_model("model.onnx", (1, 3, 640, 640), constants={"output0": columns})
    text = "onnx-file=model.onnx\nnum-detected-classes=1\nparse-bbox-func-name=yolo-obb"
    made = Detector(load(config_file(text)))
    made.load()

    (result,) = made.infer([(_image(), None)])

    assert result.detections[0].rotation_angle == pytest.approx(45)


_PARSER = """
def parse(tensors, settings):
    value = float(tensors["output"].mean())
    return [(0, 0.9, value, 0, 10, 10)]
"""


@pytest.mark.parametrize("batch_size", [1, 2, 5])
@pytest.mark.parametrize("exported", ["batch", 1, 2])
def test_every_picture_of_a_batch_gets_its_own_result_from_any_thread(
    tmp_path: Path,
    config_file: Callable[..., Path],
    onnx_model: Callable[..., Path],
    batch_size: int,
    exported: int | str,
) -> None:
    onnx_model("model.onnx", (exported, 3, 50, 100))
    (tmp_path / "mine.py").write_text(_PARSER)
    text = "onnx-file=model.onnx\nnum-detected-classes=1\nparse-bbox-func-name=mine.py:parse\n"
    made = Detector(load(config_file(f"{text}batch-size={batch_size}")))
    made.load()
    values = [[10, 20, 30], [40, 50, 60], [70, 80, 90]] * 4

    with ThreadPoolExecutor(3) as pool:
        results = pool.map(lambda part: made.infer([(_image(v), None) for v in part]), values)
        found = [[r.detections[0].left / 2 for r in result] for result in results]

    assert found == values


def test_an_unknown_parser_is_refused_before_the_model_is_opened(
    config_file: Callable[..., Path],
) -> None:
    config = load(config_file("num-detected-classes=1\nparse-bbox-func-name=NvDsInferParseYol"))

    with pytest.raises(ConfigError, match="did you mean 'NvDsInferParseYolo'"):
        Detector(config)


@pytest.mark.parametrize("network_type", [1, 2, 3])
def test_a_network_of_another_type_is_refused(
    config_file: Callable[..., Path], network_type: int
) -> None:
    config = load(config_file(f"num-detected-classes=1\nnetwork-type={network_type}"))

    with pytest.raises(ConfigError, match=f"network-type={network_type} is no detector"):
        Detector(config)


def test_load_comes_before_infer(config_file: Callable[..., Path]) -> None:
    with pytest.raises(RuntimeError, match="load"):
        Detector(load(config_file("num-detected-classes=1"))).infer([])

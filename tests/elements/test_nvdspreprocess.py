from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.meta.types import PREPROCESS_BATCH_META, ROI_META, SEGMENTATION_META, TENSOR_OUTPUT_META
from support.play import Play, Played

PROPERTY = """
    target-unique-ids=1
    network-input-order=0
    network-input-shape=4;3;8;16
    processing-width=16
    processing-height=8
    network-color-format=0
    tensor-data-type=0
    tensor-name=input
    scaling-filter=1
    custom-lib-path=libcustom2d_preprocess.so
    custom-tensor-preparation-function=CustomTensorPreparation
"""
REGIONS = """
[user-configs]
pixel-normalization-factor=0.5
[group-0]
src-ids=0
process-on-roi=1
custom-input-transformation-function=CustomAsyncTransformation
roi-params-src-0=0;0;64;32;64;32;64;32
"""
# x1, y1, x2, y2, score, class in the pixels of a 16x8 input.
ROWS = np.array([[[2, 1, 6, 3, 0.9, 0], [12, 4, 18, 10, 0.6, 1]]], np.float32)
INFER = """
    onnx-file=model.onnx
    gie-unique-id=1
    num-detected-classes=2
    parse-bbox-func-name=NvDsInferParseYolo
    cluster-mode=4
    batch-size=4
    input-tensor-from-meta=1
"""

Write = Callable[..., Path]


@pytest.fixture
def preprocess(tmp_path: Path) -> Callable[..., str]:
    """A function that writes a configuration and gives launch text of the element."""

    def write(properties: str = "", rest: str = REGIONS, base: str = PROPERTY) -> str:
        lines = "\n".join(line.strip() for line in (base + properties).splitlines())
        file = tmp_path / "preprocess.txt"
        file.write_text(f"[property]\n{lines}\n{rest}\n")
        return f"nvdspreprocess config-file={file}"

    return write


@pytest.fixture
def infer(onnx_model: Any, config_file: Any) -> Callable[..., str]:
    """A function that writes a network's configuration and gives launch text of nvinfer."""

    def write(
        properties: str = INFER, name: str = "infer.txt", rest: str = "", **model: Any
    ) -> str:
        model = model or {"constants": {"output": ROWS}}
        onnx_model("model.onnx", model.pop("shape", ("batch", 3, 8, 16)), **model)
        return f"nvinfer config-file-path={config_file(properties, rest, name)}"

    return write


def _play(
    play: Play, elements: str, frames: int = 1, sources: int = 1, pattern: str = "red"
) -> Played:
    text = "".join(
        f"videotestsrc num-buffers={frames} pattern={pattern} ! video/x-raw,format=RGBA,width=128,"
        f"height=64,framerate=30/1 ! m.sink_{number} "
        for number in range(sources)
    )
    return play(
        f"{text} nvstreammux name=m batch-size={sources} width=128 height=64"
        f" ! {elements} ! fakesink name=out sync=false"
    )


def _tensors(played: Played) -> list[Any]:
    return [user.user_meta_data for b in played.batches for user in b.batch_user_meta_list]


def test_regions_become_slots_of_a_tensor(play: Play, preprocess: Callable[..., str]) -> None:
    played = _play(play, preprocess())

    assert played.error is None
    (user,) = played.batches[0].batch_user_meta_list
    assert user.base_meta.meta_type == PREPROCESS_BATCH_META
    data = user.user_meta_data
    tensor = data.tensor_meta
    assert data.target_unique_ids == [1]
    assert (tensor.tensor_name, tensor.tensor_shape, tensor.meta_id) == ("input", [2, 3, 8, 16], 0)
    assert tensor.buffer_size == 2 * 3 * 8 * 16 * 4
    assert tensor.raw_tensor_buffer[:, 0].tolist() == np.full((2, 8, 16), 127.5).tolist()
    assert not tensor.raw_tensor_buffer[:, 1:].any()
    first, second = data.roi_vector
    assert (first.roi.left, first.roi.top, first.roi.width, first.roi.height) == (0, 0, 64, 32)
    assert (second.roi.left, second.roi.top) == (64, 32)
    assert (first.scale_ratio_x, first.scale_ratio_y) == (0.25, 0.25)
    assert first.frame_meta.source_id == 0
    assert first.object_meta is None


def test_regions_are_drawn_unless_that_is_turned_off(
    play: Play, preprocess: Callable[..., str]
) -> None:
    drawn = _play(play, preprocess())
    coloured = _play(play, preprocess(rest=REGIONS + "roi-color=1;0;1;0.5"))
    silent = _play(play, preprocess(rest=REGIONS + "draw-roi=0"))

    rects = [d.rect_params[0] for d in drawn.frames[0].display_meta_list]
    assert [(r.left, r.width, r.border_width) for r in rects] == [(64, 64, 2), (0, 64, 2)]
    assert (rects[0].border_color.green, rects[0].border_color.red) == (1, 0)
    assert coloured.frames[0].display_meta_list[0].rect_params[0].border_color.alpha == 0.5
    assert silent.frames[0].display_meta_list == []


def test_boxes_go_from_a_region_back_to_the_frame(
    play: Play, preprocess: Callable[..., str], infer: Callable[..., str]
) -> None:
    played = _play(play, f"{preprocess()} ! {infer()}")

    assert played.error is None
    found = [
        (o.class_id, o.rect_params.left, o.rect_params.top, o.rect_params.width)
        for o in played.frames[0].obj_meta_list[::-1]
    ]
    assert found == [(0, 8, 4, 16), (1, 48, 16, 16), (0, 72, 36, 16), (1, 112, 48, 16)]


@pytest.mark.parametrize(("clip", "boxes"), [(0, [(0, 16), (32, 16)]), (1, [(0, 8), (32, 0)])])
def test_padding_is_taken_off_and_boxes_are_clipped_to_their_region_if_asked_for(
    play: Play,
    preprocess: Callable[..., str],
    infer: Callable[..., str],
    clip: int,
    boxes: list[tuple[float, float]],
) -> None:
    text = preprocess(
        "maintain-aspect-ratio=1\nsymmetric-padding=1",
        REGIONS.replace("0;0;64;32;64;32;64;32", "0;0;32;32"),
    )

    played = _play(play, f"{text} ! {infer()} clip-object-outside-roi={clip}")

    (data,) = _tensors(played)
    assert (data.roi_vector[0].offset_left, data.roi_vector[0].offset_top) == (4, 0)
    assert data.tensor_meta.maintain_aspect_ratio == 1
    tensor = data.tensor_meta.raw_tensor_buffer
    assert tensor[0, 0, 0].tolist() == [0] * 4 + [127.5] * 8 + [0] * 4
    found = played.frames[0].obj_meta_list[::-1]
    assert [(o.rect_params.left, o.rect_params.width) for o in found] == boxes


def test_more_regions_than_slots_make_several_tensors(
    play: Play, preprocess: Callable[..., str], infer: Callable[..., str]
) -> None:
    text = preprocess(
        base=PROPERTY.replace("4;3;8;16", "2;3;8;16"),
        rest=REGIONS.replace("0;0;64;32;64;32;64;32", "0;0;64;32;64;32;64;32;0;32;64;32"),
    )

    played = _play(play, f"{text} ! {infer(INFER.replace('batch-size=4', 'batch-size=1'))}")

    metas = [data.tensor_meta for data in _tensors(played)]
    assert [(m.tensor_shape[0], m.meta_id) for m in metas] == [(2, 0), (1, 1)]
    assert played.frames[0].num_obj_meta == 6


def test_every_source_has_its_group_and_others_the_one_for_all(
    play: Play, preprocess: Callable[..., str]
) -> None:
    rest = """
[group-0]
src-ids=1
process-on-roi=1
roi-params-src-1=10;10;20;20
[group-1]
src-ids=-1
process-on-roi=1
roi-params-src-0=0;0;40;40
"""

    played = _play(play, preprocess(rest=rest), sources=3)

    rois = [roi for data in _tensors(played) for roi in data.roi_vector]
    assert sorted((roi.frame_meta.source_id, roi.roi.width) for roi in rois) == [
        (0, 40),
        (1, 20),
        (2, 40),
    ]


def test_whole_frames_need_no_regions(play: Play, preprocess: Callable[..., str]) -> None:
    rest = "[group-0]\nsrc-ids=0;1\nprocess-on-roi=0"

    played = _play(play, preprocess(rest=rest), sources=2)

    rois = [roi.roi for data in _tensors(played) for roi in data.roi_vector]
    assert [(r.left, r.top, r.width, r.height) for r in rois] == [(0, 0, 128, 64)] * 2


def test_the_interval_of_a_group_skips_batches(play: Play, preprocess: Callable[..., str]) -> None:
    played = _play(play, preprocess(rest=REGIONS + "interval=1"), frames=4)

    assert [len(b.batch_user_meta_list) for b in played.batches] == [1, 0, 1, 0]


OBJECTS = """
[group-0]
src-ids=0
process-on-all-objects=0
roi-params-src-0=0;0;40;40
"""


@pytest.mark.parametrize(
    ("rest", "properties", "classes"),
    [
        (OBJECTS, "", [0]),
        (OBJECTS.replace("0;0;40;40", "0;0;128;64"), "", [1, 0]),
        ("[group-0]\nsrc-ids=0\nprocess-on-all-objects=1", "", [1, 0]),
        (
            "[group-0]\nsrc-ids=0\nprocess-on-all-objects=1\noperate-on-class-ids=1",
            "",
            [1],
        ),
        (
            "[group-0]\nsrc-ids=0\nprocess-on-all-objects=1\ninput-object-min-height=20",
            "",
            [1],
        ),
        (
            "[group-0]\nsrc-ids=0\nprocess-on-all-objects=1\ninput-object-max-height=20",
            "",
            [0],
        ),
        ("[group-0]\nsrc-ids=0\nprocess-on-all-objects=1", "operate-on-gie-id=5", []),
    ],
)
def test_objects_are_chosen_by_region_class_size_and_component(
    play: Play,
    preprocess: Callable[..., str],
    infer: Callable[..., str],
    rest: str,
    properties: str,
    classes: list[int],
) -> None:
    primary = infer(INFER.replace("input-tensor-from-meta=1", ""))
    text = preprocess(f"process-on-frame=0\n{properties}", rest)

    played = _play(play, f"{primary} ! {text}")

    assert played.error is None
    rois = [roi for data in _tensors(played) for roi in data.roi_vector]
    assert [roi.object_meta.class_id for roi in rois] == classes
    assert all(roi.roi.width == roi.object_meta.rect_params.width for roi in rois)


def test_a_classifier_labels_the_objects_that_were_prepared(
    play: Play,
    preprocess: Callable[..., str],
    infer: Callable[..., str],
    config_file: Any,
    onnx_model: Any,
    tmp_path: Path,
) -> None:
    primary = infer(INFER.replace("input-tensor-from-meta=1", ""))
    onnx_model("second.onnx", ("batch", 3, 8, 16), constants={"p": np.array([[0.1, 0.7]])})
    (tmp_path / "labels.txt").write_text("van;bus\n")
    second = config_file(
        "onnx-file=second.onnx\nnetwork-type=1\ngie-unique-id=2\nlabelfile-path=labels.txt\n"
        "input-tensor-from-meta=1\noutput-tensor-meta=1",
        name="second.txt",
    )
    rest = "[group-0]\nsrc-ids=0\nprocess-on-all-objects=1"
    text = preprocess("process-on-frame=0\n", rest) + ' target-unique-ids="2;3"'

    played = _play(play, f"{primary} ! {text} ! nvinfer config-file-path={second}")

    assert played.error is None
    (data,) = _tensors(played)
    for obj in played.frames[0].obj_meta_list:
        (classifier,) = obj.classifier_meta_list
        assert classifier.label_info_list[0].result_label == "bus"
        (user,) = obj.obj_user_meta_list
        assert user.base_meta.meta_type == ROI_META
    for roi in data.roi_vector:
        assert [c.unique_component_id for c in roi.classifier_meta_list] == [2]
        (user,) = roi.roi_user_meta_list
        assert user.base_meta.meta_type == TENSOR_OUTPUT_META


def test_a_segmentation_of_regions_hangs_on_them(
    play: Play, preprocess: Callable[..., str], infer: Callable[..., str]
) -> None:
    settings = "onnx-file=model.onnx\nnetwork-type=2\nnum-detected-classes=3\ngie-unique-id=1"
    text = infer(settings + "\ninput-tensor-from-meta=1", shape=("batch", 3, 8, 16))

    played = _play(play, f"{preprocess()} ! {text}")

    (data,) = _tensors(played)
    for roi in data.roi_vector:
        (user,) = roi.roi_user_meta_list
        assert user.base_meta.meta_type == SEGMENTATION_META
        assert (user.user_meta_data.class_map == 0).all()
    assert played.frames[0].frame_user_meta_list == []


def test_sequences_are_one_input_when_they_are_complete(
    play: Play, preprocess: Callable[..., str], infer: Callable[..., str]
) -> None:
    base = PROPERTY.replace("4;3;8;16", "2;3;4;8;16").replace("order=0", "order=2")
    base = base.replace("CustomTensorPreparation", "CustomSequenceTensorPreparation")
    rest = REGIONS.replace("pixel-normalization-factor=0.5", "channel-scale-factors=0.5\nstride=2")
    text = infer(
        "onnx-file=model.onnx\nnetwork-type=100\ngie-unique-id=1\ninput-tensor-from-meta=1\n"
        "output-tensor-meta=1\nbatch-size=2",
        shape=("batch", 3, 4, 8, 16),
    )

    played = _play(play, f"{preprocess(base=base, rest=rest)} ! {text}", frames=7)

    assert played.error is None
    complete = [data.tensor_meta is not None for data in _tensors(played)]
    assert complete == [False, False, False, True, False, True, False]
    tensors = [data.tensor_meta for data in _tensors(played) if data.tensor_meta]
    assert [t.tensor_shape for t in tensors] == [[2, 3, 4, 8, 16]] * 2
    roi = _tensors(played)[3].roi_vector[0]
    (user,) = roi.roi_user_meta_list
    assert np.array_equal(user.user_meta_data.layers["output"], tensors[0].raw_tensor_buffer[0])


def test_a_function_of_the_users_own_makes_the_tensor(
    play: Play, preprocess: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(
        "def tensor(pictures, configs):\n"
        "    return pictures.max(axis=(2, 3)) * float(configs['factor'])\n"
    )
    base = PROPERTY.replace("=CustomTensorPreparation", "=mine.py:tensor")

    played = _play(play, preprocess(base=base, rest=REGIONS + "[user-configs]\nfactor=2"))

    (data,) = _tensors(played)
    assert data.tensor_meta.raw_tensor_buffer.tolist() == [[510, 0, 0]] * 2


@pytest.mark.parametrize(("number", "dtype"), [(1, np.uint8), (7, np.float16)])
def test_tensors_have_the_configured_type(
    play: Play, preprocess: Callable[..., str], number: int, dtype: Any
) -> None:
    base = PROPERTY.replace("tensor-data-type=0", f"tensor-data-type={number}")

    (data,) = _tensors(_play(play, preprocess(base=base)))

    assert data.tensor_meta.raw_tensor_buffer.dtype == dtype


def test_what_is_not_enabled_passes_as_it_is(play: Play, preprocess: Callable[..., str]) -> None:
    played = _play(play, preprocess() + " enable=false")

    assert played.error is None
    assert played.batches[0].batch_user_meta_list == []
    assert played.frames[0].display_meta_list == []


@pytest.mark.parametrize(("first", "second"), [("name=out", ""), ("", "name=out")])
def test_a_copied_buffer_has_regions_of_its_own(
    play: Play, preprocess: Callable[..., str], infer: Callable[..., str], first: str, second: str
) -> None:
    text = preprocess(base=PROPERTY.replace("ids=1", "ids=1;2"))
    other = infer(INFER.replace("id=1", "id=2"), "other.txt")

    played = play(
        "videotestsrc num-buffers=20 ! video/x-raw,format=RGBA,width=128,height=64 ! m.sink_0"
        f" nvstreammux name=m batch-size=1 width=128 height=64 ! {text} ! tee name=t"
        f" t. ! queue ! {infer()} ! fakesink {first}"
        f" t. ! queue ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! {other}"
        f" ! fakesink {second}"
    )

    assert played.error is None
    for frame in played.frames:
        ids = [obj.unique_component_id for obj in frame.obj_meta_list]
        assert ids.count(2 if second else 1) == 4
        assert second or 2 not in ids


def _fails(played: Played, *words: str) -> None:
    assert played.error is not None
    for word in words:
        assert word in played.error


@pytest.mark.parametrize(
    ("base", "rest", "words"),
    [
        (PROPERTY.replace("tensor-name=input", ""), REGIONS, ["tensor-name"]),
        (PROPERTY, REGIONS.replace("src-ids=0", ""), ["src-ids"]),
        (PROPERTY, REGIONS.replace(";64;32;64;32", ";64"), ["roi-params-src-0", "four"]),
        (PROPERTY, REGIONS.replace("src-ids=0", "src-ids=0;1"), ["roi-params-src-1"]),
        (PROPERTY, "", ["[group-0]"]),
        (PROPERTY.replace("CustomTensorPrep", "CustomTensorPrap"), REGIONS, ["did you mean"]),
        (PROPERTY, REGIONS.replace("CustomAsync", "Custom2"), ["CustomTransformation"]),
        (PROPERTY.replace("width=16", "width=32"), REGIONS, ["32x8", "16x8"]),
        (PROPERTY.replace("format=0", "format=2"), REGIONS, ["3 channels"]),
        (PROPERTY.replace("target-unique-ids=1", ""), REGIONS, ["target-unique-ids"]),
        (PROPERTY, REGIONS.replace("0;0;64;32;64", "200;0;64;32;64"), ["200;0;64;32", "128x64"]),
    ],
)
def test_what_is_wrong_with_the_configuration_is_one_error_on_the_bus(
    play: Play, preprocess: Callable[..., str], base: str, rest: str, words: list[str]
) -> None:
    _fails(_play(play, preprocess(base=base, rest=rest)), *words)


def test_a_missing_configuration_is_an_error(play: Play) -> None:
    _fails(_play(play, "nvdspreprocess"), "config-file")


def test_a_tensor_for_another_input_is_an_error_that_names_it(
    play: Play, preprocess: Callable[..., str], infer: Callable[..., str]
) -> None:
    base = PROPERTY.replace("tensor-name=input", "tensor-name=data")

    _fails(_play(play, f"{preprocess(base=base)} ! {infer()}"), "tensor-name=input")


def test_a_tensor_of_another_shape_is_an_error_with_the_shape(
    play: Play, preprocess: Callable[..., str], infer: Callable[..., str]
) -> None:
    text = infer(shape=("batch", 3, 8, 20))

    _fails(_play(play, f"{preprocess()} ! {text}"), "(2, 3, 8, 16)")


def test_a_network_that_gets_no_tensors_says_so_once(
    play: Play, infer: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    played = _play(play, infer(), frames=3)

    assert played.error is None
    assert caplog.text.count("put nvdspreprocess with it in target-unique-ids") == 1

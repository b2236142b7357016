"""Segmentations and raw tensors in pipelines: on frames and on objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.meta.types import SEGMENTATION_META, TENSOR_OUTPUT_META
from support.play import Play, Played

# x1, y1, x2, y2, score, class in the pixels of a 64x32 input; the frames are twice that.
ROWS = np.array([[[8, 4, 24, 12, 0.9, 0], [32, 16, 40, 28, 0.6, 1]]], np.float32)
DETECTOR = """
    onnx-file=detector.onnx
    num-detected-classes=2
    gie-unique-id=3
    parse-bbox-func-name=NvDsInferParseYolo
    cluster-mode=4
"""
# The output is the input: the brightest colour of each pixel is its class.
COLOURS = """
    onnx-file=colours.onnx
    network-type=2
    gie-unique-id=9
    num-detected-classes=3
    net-scale-factor=0.00392156862745
    segmentation-threshold=0.5
"""
INSTANCES = """
    onnx-file=instances.onnx
    network-type=3
    gie-unique-id=4
    num-detected-classes=2
    cluster-mode=4
    parse-bbox-instance-mask-func-name=NvDsInferParseYoloSeg
    segmentation-threshold=0.25
"""


def _play(play: Play, elements: str, source: str = "pattern=red") -> Played:
    played = play(
        f"videotestsrc num-buffers=2 {source} ! video/x-raw,format=RGBA,width=128,height=64,"
        "framerate=30/1 ! m.sink_0 nvstreammux name=m batch-size=1 width=128 height=64"
        f" ! {elements} ! fakesink name=out sync=false"
    )
    assert played.error is None
    return played


@pytest.fixture
def detector(onnx_model: Any, config_file: Any) -> str:
    """Launch text of a detector that finds two objects."""
    onnx_model("detector.onnx", ("batch", 3, 32, 64), constants={"output": ROWS})
    return f"nvinfer config-file-path={config_file(DETECTOR, name='detector.txt')}"


def test_a_segmentation_of_a_frame_has_a_class_for_each_pixel_of_the_network(
    play: Play, onnx_model: Any, config_file: Any
) -> None:
    onnx_model("colours.onnx", ("batch", 3, 8, 16))

    # Seven bars: white, yellow, cyan, green, magenta, red, blue.
    played = _play(play, f"nvinfer config-file-path={config_file(COLOURS)}", "pattern=smpte75")

    frame = played.frames[0]
    (user,) = frame.frame_user_meta_list
    found = user.user_meta_data
    assert frame.bInferDone == 1
    assert user.base_meta.meta_type == SEGMENTATION_META
    assert (found.classes, found.width, found.height, found.unique_id) == (3, 16, 8, 9)
    assert found.class_map.shape == (8, 16)
    assert found.class_map.dtype == np.int32
    assert found.class_map[0, [7, 12, 15]].tolist() == [1, 0, 2]  # green, red, blue
    assert found.class_probabilities_map.shape == (3, 8, 16)


def test_no_class_is_above_the_threshold_where_all_is_dark(
    play: Play, onnx_model: Any, config_file: Any
) -> None:
    onnx_model("colours.onnx", ("batch", 3, 8, 16))

    played = _play(play, f"nvinfer config-file-path={config_file(COLOURS)}", "pattern=black")

    (user,) = played.frames[0].frame_user_meta_list
    assert (user.user_meta_data.class_map == -1).all()


def test_a_segmentation_of_objects_hangs_on_them(
    play: Play, onnx_model: Any, config_file: Any, detector: str
) -> None:
    onnx_model("colours.onnx", ("batch", 3, 4, 4))
    config = config_file(COLOURS + "process-mode=2\noperate-on-class-ids=1", name="s.txt")

    played = _play(play, f"{detector} ! nvinfer config-file-path={config}")

    frame = played.frames[0]
    person, car = frame.obj_meta_list
    assert frame.frame_user_meta_list == []
    assert car.obj_user_meta_list == []
    (user,) = person.obj_user_meta_list
    assert user.user_meta_data.class_map.tolist() == [[0] * 4] * 4


@pytest.mark.parametrize("network_type", ["0", "100"])
def test_raw_outputs_of_objects_hang_on_them(
    play: Play, onnx_model: Any, config_file: Any, detector: str, network_type: str
) -> None:
    onnx_model("second.onnx", ("batch", 3, 32, 64), constants={"output": ROWS})
    config = config_file(
        f"onnx-file=second.onnx\nnetwork-type={network_type}\nnum-detected-classes=2\n"
        "parse-bbox-func-name=NvDsInferParseYolo\nprocess-mode=2\noutput-tensor-meta=1\n"
        "gie-unique-id=6\noperate-on-gie-id=3",
        name="second.txt",
    )

    played = _play(play, f"{detector} ! nvinfer config-file-path={config}")

    objects = [o for o in played.frames[0].obj_meta_list if o.unique_component_id == 3]
    assert len(objects) == 2
    for obj in objects:
        (user,) = obj.obj_user_meta_list
        tensors = user.user_meta_data
        assert user.base_meta.meta_type == TENSOR_OUTPUT_META
        assert (tensors.unique_id, tensors.num_output_layers) == (6, 1)
        size = tensors.network_width, tensors.network_height, tensors.network_channels
        assert size == (64, 32, 3)
        assert np.array_equal(tensors.layers["output"], ROWS[0])
        assert tensors.layers["output"].flags.c_contiguous


@pytest.fixture
def instances(onnx_model: Any) -> dict[str, Any]:
    """Three objects, each with a mask of its own: the first two of class 0."""
    masks = np.stack([np.full((4, 4), v, np.float32) for v in (0.9, 0.2, 0.5)])[None]
    masks[0, 0, 0] = 0
    constants = {
        "boxes": np.array([[[8, 4, 24, 12], [32, 16, 40, 28], [0, 0, 8, 8]]], np.float32),
        "scores": np.array([[0.9, 0.8, 0.7]], np.float32),
        "classes": np.array([[0, 0, 1]], np.float32),
        "masks": masks,
    }
    onnx_model("instances.onnx", ("batch", 3, 32, 64), constants=constants)
    return constants


@pytest.mark.parametrize("asked_for", [True, False])
def test_instances_carry_their_masks_if_asked_for(
    play: Play, config_file: Any, instances: dict[str, Any], asked_for: bool
) -> None:
    config = config_file(INSTANCES + f"output-instance-mask={int(asked_for)}")

    played = _play(play, f"nvinfer config-file-path={config}")

    objects = played.frames[0].obj_meta_list[::-1]
    boxes = [(o.rect_params.left, o.rect_params.top, o.rect_params.width) for o in objects]
    assert boxes == [(16, 8, 32), (64, 32, 16), (0, 0, 16)]
    assert [o.class_id for o in objects] == [0, 0, 1]
    if not asked_for:
        assert all(o.mask_params.size == 0 for o in objects)
        assert {o.rect_params.border_color.red for o in objects} == {1.0}
        return
    for obj, mask in zip(objects, instances["masks"][0], strict=True):
        params = obj.mask_params
        assert (params.width, params.height, params.size) == (4, 4, 64)
        assert params.threshold == 0.25
        assert np.array_equal(params.get_mask_array(), mask.reshape(-1))


def test_masked_objects_have_the_colours_that_deepstream_draws_them_in(
    play: Play, config_file: Any, instances: dict[str, Any]
) -> None:
    config = config_file(INSTANCES + "output-instance-mask=1")

    played = _play(play, f"nvinfer config-file-path={config}")

    for frame in played.frames:
        colours = [o.rect_params.border_color for o in frame.obj_meta_list[::-1]]
        # The first outputs of MT19937 with seed 0, over 2^32.
        first = [2357136044 / 2**32, 2546248239 / 2**32, 3071714933 / 2**32]
        assert [colours[0].red, colours[0].green, colours[0].blue] == pytest.approx(first)
        assert len({(c.red, c.green, c.blue) for c in colours}) == 3


def test_best_instances_of_each_class_are_kept(
    play: Play, config_file: Any, instances: dict[str, Any], tmp_path: Path
) -> None:
    config = config_file(INSTANCES, "[class-attrs-0]\ntopk=1\n[class-attrs-1]\nthreshold=0.75")

    played = _play(play, f"nvinfer config-file-path={config}")

    assert [o.confidence for o in played.frames[0].obj_meta_list] == [pytest.approx(0.9)]

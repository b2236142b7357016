"""Masks of instances, from a network's output to what pycocotools reads."""

from __future__ import annotations

import contextlib
import copy
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.exceptions import ConfigError
from pythia.recipes import AnnotateFramesMaskRcnn, Mask
from pythia.recipes.boxes import Box
from pythia.recipes.masks import Shape, run_lengths

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pycocotools import mask as coco_mask
    from pycocotools.coco import COCO

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pycocotools.*")

INSTANCES = """
    onnx-file=instances.onnx
    network-type=3
    num-detected-classes=2
    cluster-mode=4
    parse-bbox-instance-mask-func-name=NvDsInferParseYoloSeg
    segmentation-threshold=0.5
    output-instance-mask={}
"""
SOURCE = "test://black?num_buffers=2&muxer_width=128&muxer_height=64"


@pytest.fixture
def instances(onnx_model: Any, config_file: Any) -> Path:
    """A network of 64x32 that finds two objects: a left half, and a ring around a hole."""
    half, ring = np.zeros((8, 8), np.float32), np.ones((8, 8), np.float32)
    half[:, :4] = 1
    ring[2:6, 2:6] = 0
    constants = {
        "boxes": np.array([[[8, 4, 24, 12], [40, 16, 56, 32]]], np.float32),
        "scores": np.array([[0.9, 0.8]], np.float32),
        "classes": np.array([[0, 1]], np.float32),
        "masks": np.stack([half, ring])[None],
    }
    onnx_model("instances.onnx", ("batch", 3, 32, 64), constants=constants)
    path: Path = config_file(INSTANCES.format(1))
    return path


@pytest.mark.parametrize("seed", range(8))
def test_run_lengths_are_those_of_pycocotools(seed: int) -> None:
    random = np.random.default_rng(seed)
    height, width = random.integers(1, 60, 2)
    pixels = (random.random((height, width)) < random.random()).astype(np.uint8)

    written = run_lengths(pixels)

    encoded = coco_mask.encode(np.asfortranarray(pixels))
    assert written == {"size": [height, width], "counts": encoded["counts"].decode()}


@pytest.mark.parametrize("value", [0, 1])
def test_run_lengths_of_one_colour_are_those_of_pycocotools(value: int) -> None:
    pixels = np.full((700, 900), value, np.uint8)

    encoded = coco_mask.encode(np.asfortranarray(pixels))
    assert run_lengths(pixels)["counts"] == encoded["counts"].decode()


def test_a_mask_is_cut_off_where_the_frame_ends() -> None:
    box = Box(-4, 44, 8, 8)

    shape = Shape.of(Mask(np.ones((2, 2), np.float32), 0.5), box).within(64, 48)

    assert shape is not None
    frame = shape.on_frame(64, 48)
    assert frame.shape == (48, 64)
    assert (frame.sum(), frame[44:, :4].sum()) == (16, 16)


def test_a_mask_beside_the_frame_is_none() -> None:
    shape = Shape.of(Mask(np.ones((2, 2), np.float32), 0.5), Box(70, 0, 8, 8))

    assert shape.within(64, 48) is None


@pytest.mark.parametrize("segmentation", ["rle", "polygon"])
def test_pycocotools_reads_the_masks(instances: Path, tmp_path: Path, segmentation: str) -> None:
    AnnotateFramesMaskRcnn.run(SOURCE, instances, tmp_path / "out", segmentation=segmentation)

    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(tmp_path / "out/coco.json")
        # It changes what it is given.
        results = coco.loadRes(copy.deepcopy(coco.dataset["annotations"]))
    assert len(results.anns) == 4
    for annotation in coco.dataset["annotations"]:
        left, top, width, height = annotation["bbox"]
        assert (width, height) == (32, 16) if annotation["category_id"] == 1 else (32, 32)
        drawn = coco.annToMask(annotation)
        assert drawn.shape == (64, 128)
        inside = drawn[int(top) : int(top + height), int(left) : int(left + width)]
        assert inside.sum() == drawn.sum()
        middle = inside[inside.shape[0] // 2, inside.shape[1] // 2 - 1 :]
        # What the outline of a ring cannot say: that there is a hole in it.
        has_hole = annotation["category_id"] == 2 and segmentation == "rle"
        assert annotation["category_id"] == 1 or bool(middle[0]) != has_hole
        if annotation["category_id"] == 1:
            assert 0.4 < inside.mean() < 0.6
        if segmentation == "rle":
            assert annotation["area"] == drawn.sum()


def test_json_lines_have_outlines_and_yolo_has_the_largest(
    instances: Path, tmp_path: Path, read: Any
) -> None:
    returned = AnnotateFramesMaskRcnn.run(SOURCE, instances, tmp_path / "out")

    lines = read(tmp_path / "out", returned).lines
    assert len(lines) == 4
    for line in lines:
        outline = np.array(line["mask"][0]).reshape(-1, 2)
        assert outline.min() >= 0
        assert (outline.max(axis=0) < (line["width"], line["height"])).all()
    rows = (tmp_path / "out/yolo/labels/000000000000.txt").read_text().splitlines()
    assert {row.split()[0] for row in rows} == {"0", "1"}
    half = next(row for row in rows if row[0] == "0")
    points = np.array(half.split()[1:], float).reshape(-1, 2) * (128, 64)
    # The left half of a box from 16, 8 to 48, 24; an outline goes through middles of pixels.
    assert np.allclose(points.min(axis=0), (16, 8), atol=1)
    assert np.allclose(points.max(axis=0), (31, 23), atol=2)


def test_a_model_without_masks_is_told_at_once(
    instances: Path, config_file: Any, tmp_path: Path
) -> None:
    without = config_file(INSTANCES.format(0), name="without.txt")

    with pytest.raises(ConfigError, match=r"output-instance-mask=1; .*without\.txt has not"):
        AnnotateFramesMaskRcnn.run(SOURCE, without, tmp_path / "out")
    assert not (tmp_path / "out").exists()

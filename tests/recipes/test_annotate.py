"""Runs of the annotators: what is written when, and what is said when it cannot be."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pythia import Gst, objects_per_batch
from pythia.exceptions import (
    DatasetError,
    DatasetExistsError,
    ModelError,
    PipelineError,
    PlayError,
    ProbeFailedError,
    RunError,
)
from pythia.recipes import (
    AnnotateFramesBase,
    AnnotateFramesBbox,
    object_event,
)
from pythia.recipes.dataset import Dataset
from support.small_video import FRAMES, small_video

# x1, y1, x2, y2, score, class in the pixels of a 64x48 input.
ROWS = np.array([[[8, 4, 24, 12, 0.9, 0], [48, 40, 63.5, 47, 0.6, 1]]], np.float32)
DETECTOR = """
    onnx-file=detector.onnx
    labelfile-path=labels.txt
    num-detected-classes=2
    gie-unique-id=3
    parse-bbox-func-name=NvDsInferParseYolo
    cluster-mode=4
"""


@pytest.fixture
def two_objects(onnx_model: Any, config_file: Any, tmp_path: Path) -> Path:
    """A detector that finds two objects on every frame."""
    onnx_model("detector.onnx", ("batch", 3, 48, 64), constants={"output": ROWS})
    (tmp_path / "labels.txt").write_text('car\nthe "other"\n')
    path: Path = config_file(DETECTOR)
    return path


@pytest.fixture
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_video(tmp_path_factory.mktemp("video"), "video.mp4")


def test_every_object_of_every_frame_is_written(
    video: Path, two_objects: Path, tmp_path: Path, read: Any
) -> None:
    returned = AnnotateFramesBbox.run(video, two_objects, tmp_path / "out")

    made = read(tmp_path / "out", returned)
    assert (returned.frames, returned.objects) == (FRAMES, 2 * FRAMES)
    assert len(made.images) == FRAMES
    line = next(line for line in made.lines if line["label"] == "car")
    assert [line[key] for key in ("left", "top", "width", "height")] == [8, 4, 16, 8]
    assert (line["engine"], line["engine_id"], line["id"]) == ("model_0", 3, None)
    names = [category["name"] for category in made.coco["categories"]]
    assert names == ["car", 'the "other"']
    assert "gt" not in {path.name for path in (tmp_path / "out/mot/source_0").iterdir()}


def test_without_a_model_there_are_frames_only(video: Path, tmp_path: Path) -> None:
    returned = AnnotateFramesBbox.run(video, None, tmp_path, formats=["jsonl"], suffix=".png")

    assert (returned.frames, returned.objects) == (FRAMES, 0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["detections.jsonl", "frames"]
    assert len(list((tmp_path / "frames").glob("*.png"))) == FRAMES


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ({"max_frames": 5}, [0, 1, 2, 3, 4]),
        ({"every": 4}, [0, 4, 8]),
        ({"every": 3, "max_frames": 8}, [0, 3, 6]),
    ],
)
def test_a_part_of_the_frames_keeps_its_numbers(
    video: Path, tmp_path: Path, read: Any, options: Any, numbers: list[int]
) -> None:
    returned = AnnotateFramesBbox.run(video, None, tmp_path, **options)

    made = read(tmp_path, returned)
    assert [image["frame_num"] for image in made.coco["images"]] == numbers
    assert made.images == [f"{number:012d}.jpg" for number in numbers]


def test_frames_of_several_sources_are_told_apart(
    video: Path, two_objects: Path, tmp_path: Path, read: Any
) -> None:
    sources = [str(video), "test://ball?num_buffers=5"]

    returned = AnnotateFramesBbox.run(sources, two_objects, tmp_path / "out", width=64, height=48)

    made = read(tmp_path / "out", returned)
    assert returned.frames == FRAMES + 5
    wanted = [f"source0_{n:012d}.jpg" for n in range(FRAMES)]
    assert made.images == wanted + [f"source1_{n:012d}.jpg" for n in range(5)]
    assert sorted(p.name for p in (tmp_path / "out/mot").iterdir()) == ["source_0", "source_1"]
    own = [line["frame_num"] for line in made.lines if line["pad_index"] == 1]
    assert sorted(own) == sorted([*range(5)] * 2)


@pytest.mark.parametrize("most", [4, 5])
def test_each_source_is_limited_though_a_batch_has_two_frames_of_one(
    video: Path, tmp_path: Path, read: Any, most: int
) -> None:
    sources = [str(video), "test?num_buffers=1"]

    returned = AnnotateFramesBbox.run(
        sources, None, tmp_path, width=64, height=48, max_frames=most, formats=["coco"]
    )

    images = read(tmp_path, returned).coco["images"]
    assert sorted(i["frame_num"] for i in images if i["source"] == 0) == list(range(most))


def test_frames_that_wait_to_be_written_are_copies(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought: list[np.ndarray] = []
    monkeypatch.setattr(Dataset, "add", lambda _, picture, pixels, events: brought.append(pixels))

    AnnotateFramesBbox.run(video, None, tmp_path)

    assert len(brought) == FRAMES
    # Views of mapped memory would show other frames by then, or nothing.
    assert all(pixels.flags.owndata and pixels.base is None for pixels in brought)


def test_a_probe_of_ones_own_says_what_is_written(
    video: Path, two_objects: Path, tmp_path: Path, read: Any
) -> None:
    def cars(batch_meta: Any) -> Iterator[dict[str, Any]]:
        for frame, obj in objects_per_batch(batch_meta):
            if obj.obj_label == "car":
                yield {**object_event(frame, obj), "colour": "red"}
        yield {"note": "no object"}

    returned = AnnotateFramesBase.run_with_probe(video, two_objects, tmp_path / "out", probe=cars)

    made = read(tmp_path / "out", returned)
    assert returned.objects == FRAMES == len(made.coco["annotations"])
    assert [line["colour"] for line in made.lines[::2]] == ["red"] * FRAMES
    assert made.lines[1::2] == [{"note": "no object"}] * FRAMES


def test_a_probe_that_returns_decides_which_frames_are_written(video: Path, tmp_path: Path) -> None:
    def third(self: Any, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self.calls = getattr(self, "calls", 0) + 1
        keep = self.calls == 3
        return Gst.PadProbeReturn.OK if keep else Gst.PadProbeReturn.DROP

    returned = AnnotateFramesBase.run_with_probe(video, None, tmp_path, probe=third)

    assert returned.frames == 1
    assert (tmp_path / "frames/000000000002.jpg").exists()


def test_a_subclass_tells_more(video: Path, two_objects: Path, tmp_path: Path, read: Any) -> None:
    class Larger(AnnotateFramesBase):
        def annotator_probe(self, batch_meta: Any) -> Iterator[dict[str, Any]]:
            for frame, obj in objects_per_batch(batch_meta):
                yield {**object_event(frame, obj), "left": -10, "width": 30}

    returned = Larger.run(video, two_objects, tmp_path / "out")

    made = read(tmp_path / "out", returned)
    assert made.lines[0]["left"] == -10
    assert made.coco["annotations"][0]["bbox"][::2] == [0, 20]


def test_an_error_of_the_probe_names_its_line(video: Path, tmp_path: Path) -> None:
    def broken(batch_meta: Any) -> Iterator[dict[str, Any]]:
        yield {"number": 1 / 0}

    with pytest.raises(ProbeFailedError, match=r"broken on sink\.sink raised Zero.*test_annotate"):
        AnnotateFramesBase.run_with_probe(video, None, tmp_path, probe=broken)

    assert list(tmp_path.iterdir()) == []  # the next run is not to be refused


def test_the_run_goes_on_after_an_error_of_the_probe_if_asked_to(
    video: Path, tmp_path: Path
) -> None:
    def once(batch_meta: Any) -> None:
        if batch_meta.frame_meta_list[0].frame_num == 3:
            raise ValueError("odd frame")

    with pytest.raises(ProbeFailedError, match="odd frame"):
        AnnotateFramesBase.run_with_probe(
            video, None, tmp_path, probe=once, on_probe_error="continue"
        )

    assert len(list((tmp_path / "frames").iterdir())) == FRAMES


def test_images_of_a_folder_are_named(tmp_path: Path, read: Any) -> None:
    (tmp_path / "in").mkdir()
    for name in ("dog.png", "cat.png"):
        assert cv2.imwrite(str(tmp_path / "in" / name), np.zeros((24, 32, 3), np.uint8))

    returned = AnnotateFramesBbox.run(tmp_path / "in", None, tmp_path / "out", formats="coco")

    images = read(tmp_path / "out", returned).coco["images"]
    assert [(i["frame_num"], i["original"]) for i in images] == [(0, "cat.png"), (1, "dog.png")]


def test_a_second_run_is_refused_and_changes_nothing(
    video: Path, tmp_path: Path, read: Any
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    returned = AnnotateFramesBbox.run(video, None, tmp_path, formats=["coco", "yolo"])

    with pytest.raises(DatasetExistsError, match=r"has frames, coco\.json.*--over"):
        AnnotateFramesBbox.run(video, None, tmp_path, max_frames=2)

    assert isinstance(DatasetExistsError(), FileExistsError)
    assert len(read(tmp_path, returned).images) == FRAMES


def test_overwriting_removes_what_was_written_and_nothing_else(
    video: Path, tmp_path: Path, read: Any
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    AnnotateFramesBbox.run(video, None, tmp_path)

    returned = AnnotateFramesBbox.run(
        video, None, tmp_path, max_frames=2, formats=["coco"], overwrite=True
    )

    assert len(read(tmp_path, returned).images) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["coco.json", "frames", "notes.txt"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"formats": ["coco", "yoloo"]}, DatasetError, "'yoloo', did you mean 'yolo'.*jsonl, c"),
        ({"suffix": ".tiff"}, DatasetError, r"'\.tiff'; available: \.jpg"),
        ({"quality": 0}, DatasetError, "quality=0: expected 1 to 100"),
        ({"segmentation": "rel"}, DatasetError, "segmentation='rel'; available: rle, polygon"),
        ({"every": 0}, PipelineError, "every=0"),
        ({"max_frames": 0}, PipelineError, "max_frames=0"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_written(
    video: Path, tmp_path: Path, options: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        AnnotateFramesBbox.run(video, None, tmp_path, **options)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told_at_once(video: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(DatasetError, match=r"cannot write .*file/frames: Not a directory"):
        AnnotateFramesBbox.run(video, None, tmp_path / "file")


@contextmanager
def small_files_only() -> Iterator[None]:
    """As on a full disk: no file may grow beyond a few kilobytes.

    Not a fixture: what pytest says of a test may go to a larger file.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_image_that_cannot_be_written_ends_the_run(tmp_path: Path) -> None:
    error = r"the image .*/frames/\d+\.jpg: File too large"

    with pytest.raises(DatasetError, match=error), small_files_only():
        AnnotateFramesBbox.run("test://snow", None, tmp_path / "out")

    assert list((tmp_path / "out").glob("frames/*")) == []


def test_an_annotation_that_cannot_be_written_ends_the_run(
    two_objects: Path, tmp_path: Path
) -> None:
    source = "test://black?muxer_width=64&muxer_height=48"  # small images, many lines

    with pytest.raises(DatasetError, match=r"cannot write .*: File too large"), small_files_only():
        AnnotateFramesBbox.run(source, two_objects, tmp_path / "out", max_frames=400)


def test_a_folder_that_vanishes_ends_the_run(tmp_path: Path) -> None:
    class Vanishing(AnnotateFramesBase):
        def annotator_probe(self, batch_meta: Any) -> None:
            shutil.rmtree(tmp_path / "out", ignore_errors=True)

    with pytest.raises(DatasetError, match=r"cannot write .*out.*: No such file"):
        Vanishing.run("test", None, tmp_path / "out", width=64, height=48)


def test_a_value_that_json_does_not_have_ends_the_run(video: Path, tmp_path: Path) -> None:
    def odd(batch_meta: Any) -> Iterator[dict[str, Any]]:
        yield {"value": object()}

    with pytest.raises(DatasetError, match="an annotation cannot be written: Type is not JSON"):
        AnnotateFramesBase.run_with_probe(video, None, tmp_path, probe=odd)


def test_a_broken_model_leaves_nothing_behind(
    video: Path, two_objects: Path, tmp_path: Path
) -> None:
    (tmp_path / "detector.onnx").write_bytes(b"no model")

    with pytest.raises((ModelError, PlayError, RunError), match=r"detector\.onnx"):
        AnnotateFramesBbox.run(video, two_objects, tmp_path / "out")

    assert list((tmp_path / "out").iterdir()) == []


def test_ctrl_c_leaves_a_data_set_that_can_be_read(tmp_path: Path, read: Any) -> None:
    import signal

    class Interrupted(AnnotateFramesBase):
        def annotator_probe(self, batch_meta: Any) -> None:
            if batch_meta.frame_meta_list[0].frame_num == 10:
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        Interrupted.run("test", None, tmp_path, width=64, height=48)

    made = read(tmp_path, None)
    assert len(made.images) == len(made.coco["images"]) >= 10

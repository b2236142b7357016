"""Classifiers in pipelines: full frames, objects, tracked objects."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.gst import Gst
from pythia.meta.portable import PortableBatch, PortableObject
from pythia.meta.types import UNTRACKED_OBJECT_ID
from support.painted import Painted, tracked
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
# A network of one pixel whose output is its input: the brighter colour wins.
COLOURS = """
    onnx-file=colours.onnx
    labelfile-path=colours.txt
    network-type=1
    gie-unique-id=7
    net-scale-factor=0.00392
"""

Configs = Callable[..., str]


@pytest.fixture
def configs(onnx_model: Any, config_file: Any, tmp_path: Path) -> Configs:
    """A function that gives a detector and a secondary classifier of colours as launch text."""
    onnx_model("detector.onnx", ("batch", 3, 32, 64), constants={"output": ROWS})
    onnx_model("colours.onnx", ("batch", 3, 1, 1))
    (tmp_path / "colours.txt").write_text("red;green;blue\n")
    config_file(DETECTOR, name="detector.txt")

    def write(properties: str = "", base: str = COLOURS) -> str:
        config_file(f"{base}\nprocess-mode=2\noperate-on-gie-id=3\n{properties}", name="sgie.txt")
        return (
            f"nvinfer config-file-path={tmp_path}/detector.txt ! identity name=tracker"
            f" ! nvinfer name=sgie config-file-path={tmp_path}/sgie.txt"
        )

    return write


def _play(play: Play, elements: str, colours: Painted | None, frames: int) -> Played:
    played = play(
        f"videotestsrc num-buffers={frames} ! video/x-raw,format=RGBA,width=128,height=64,"
        "framerate=30/1 ! m.sink_0 nvstreammux name=m batch-size=1 width=128 height=64"
        f" ! {elements} ! fakesink name=out sync=false",
        colours,
    )
    assert played.error is None
    return played


def _labels(obj: PortableObject) -> list[str]:
    return [label.result_label for c in obj.classifier_meta_list for label in c.label_info_list]


def _first(played: Played, class_id: int = 0) -> list[list[str]]:
    """Labels of the object of a class, frame by frame."""
    return [
        label
        for frame in played.frames
        for obj in frame.obj_meta_list
        if obj.class_id == class_id and obj.unique_component_id == 3
        for label in [_labels(obj)]
    ]


def test_a_primary_classifier_labels_an_object_as_large_as_the_frame(
    play: Play, onnx_model: Any, config_file: Any, tmp_path: Path
) -> None:
    outputs = {"a": np.array([[0.1, 0.9]]), "b": np.array([[0.3, 0.2]]), "c": np.array([[0.8]])}
    onnx_model("colours.onnx", ("batch", 3, 8, 8), constants=outputs)
    (tmp_path / "colours.txt").write_text("day;night\nrain;sun\nfog;\n")
    config = config_file(COLOURS + "classifier-threshold=0.5\nclassifier-type=weather")

    played = _play(play, f"nvinfer config-file-path={config}", None, 1)

    (frame,) = played.frames
    assert frame.bInferDone == 1
    (obj,) = frame.obj_meta_list
    rect, text = obj.rect_params, obj.text_params
    assert (obj.class_id, obj.object_id, obj.obj_label) == (-1, UNTRACKED_OBJECT_ID, "")
    assert (rect.left, rect.top, rect.width, rect.height) == (0, 0, 128, 64)
    assert (rect.border_width, rect.border_color.red, rect.has_bg_color) == (6, 1, 0)
    (classifier,) = obj.classifier_meta_list
    assert (classifier.unique_component_id, classifier.classifier_type) == (7, "weather")
    assert [
        (i.label_id, i.result_class_id, i.result_label) for i in classifier.label_info_list
    ] == [
        (2, 0, "fog"),
        (0, 1, "night"),
    ]
    assert text.display_text == " night fog"


def test_without_labels_nothing_is_attached_and_that_is_told(
    play: Play, onnx_model: Any, config_file: Any, caplog: pytest.LogCaptureFixture
) -> None:
    onnx_model("colours.onnx", ("batch", 3, 1, 1))
    config = config_file("onnx-file=colours.onnx\nnetwork-type=1")

    played = _play(play, f"nvinfer config-file-path={config}", None, 1)

    assert played.frames[0].obj_meta_list == []
    assert "without labelfile-path" in caplog.text


def test_an_untracked_object_is_inferred_on_in_every_frame(play: Play, configs: Configs) -> None:
    played = _play(play, configs(), Painted(["red", "green", "blue"]), 3)

    assert _first(played) == [["red"], ["green"], ["blue"]]


def test_a_tracked_object_keeps_its_labels(play: Play, configs: Configs) -> None:
    played = _play(play, configs(), Painted(["red", "green"], tracked), 6)

    assert _first(played) == [["red"]] * 6
    texts = [obj.text_params.display_text for obj in played.frames[-1].obj_meta_list]
    assert texts == [" red", " red"]


def test_a_tracked_object_is_inferred_on_again_after_the_interval(
    play: Play, configs: Configs
) -> None:
    text = configs("secondary-reinfer-interval=2")

    played = _play(play, text, Painted(["red", "green"], tracked), 7)

    assert _first(played) == [["red"]] * 3 + [["green"]] * 4


def test_a_tracked_object_is_inferred_on_again_when_it_has_grown(
    play: Play, configs: Configs
) -> None:
    def growing(batch: PortableBatch) -> None:
        tracked(batch)
        for frame in batch.frame_meta_list:
            for obj in frame.obj_meta_list:
                obj.rect_params.width *= 1.3 if frame.frame_num >= 3 else 1.05

    played = _play(play, configs(), Painted(["red", "green"], growing), 6)

    assert _first(played) == [["red"]] * 3 + [["green"]] * 3


def test_labels_stay_with_a_tracked_object_that_became_too_small(
    play: Play, configs: Configs
) -> None:
    def shrinking(batch: PortableBatch) -> None:
        tracked(batch)
        for frame in batch.frame_meta_list:
            for obj in frame.obj_meta_list:
                obj.rect_params.width = 30.0 if frame.frame_num == 0 else 8.0

    played = _play(play, configs("input-object-min-width=20"), Painted(["red"], shrinking), 3)

    assert _first(played) == [["red"]] * 3


def test_an_object_that_got_no_label_gets_none_from_the_cache(play: Play, configs: Configs) -> None:
    text = configs("classifier-threshold=0.5")

    played = _play(play, text, Painted(["black", "red"], tracked), 3)

    assert _first(played) == [[], [], []]


def test_a_secondary_detector_looks_at_tracked_objects_as_often_as_configured(
    play: Play, configs: Configs
) -> None:
    every = configs("gie-unique-id=5", DETECTOR)
    each = _play(play, every, Painted(["red"], tracked), 4)
    seldom = configs("gie-unique-id=5\nsecondary-reinfer-interval=1", DETECTOR)
    some = _play(play, seldom, Painted(["red"], tracked), 4)

    def found(played: Played) -> list[int]:
        return [
            sum(obj.unique_component_id == 5 for obj in frame.obj_meta_list)
            for frame in played.frames
        ]

    assert found(each) == [4, 4, 4, 4]
    assert found(some) == [4, 0, 4, 0]


def test_asynchronous_results_go_to_later_frames(
    play: Play, configs: Configs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "told.py").write_text(
        "import threading\nevent = threading.Event()\n"
        "def parse(tensors, threshold):\n    event.set()\n    return [(0, 1, 0.5)]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import told  # type: ignore[import-not-found]

    def waits(batch: PortableBatch) -> None:
        tracked(batch)
        if batch.frame_meta_list[0].frame_num > 0:
            assert told.event.wait(10)

    text = configs("classifier-async-mode=1\nparse-classifier-func-name=told:parse")

    played = _play(play, text, Painted(["red"], waits), 60)

    labels = _first(played)
    assert labels[0] == []
    assert labels[-1] == ["green"]
    assert all(frame.frame_num == i for i, frame in enumerate(played.frames))


def test_asynchronous_mode_says_that_it_needs_a_tracker(
    play: Play, configs: Configs, caplog: pytest.LogCaptureFixture
) -> None:
    played = _play(play, configs("classifier-async-mode=1"), Painted(["red"]), 3)

    assert _first(played) == [[], [], []]
    assert caplog.text.count("needs a tracker before it") == 1


def test_asynchronous_mode_is_for_secondary_classifiers_only(
    play: Play, onnx_model: Any, config_file: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    onnx_model("colours.onnx", ("batch", 3, 1, 1))
    (tmp_path / "colours.txt").write_text("red;green;blue\n")
    config = config_file(COLOURS + "classifier-async-mode=1")

    played = _play(play, f"nvinfer config-file-path={config}", None, 1)

    assert "turned off" in caplog.text
    assert len(played.frames[0].obj_meta_list) == 1


def test_an_error_of_an_asynchronous_worker_is_an_error_on_the_bus(
    play: Play, configs: Configs, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text("def parse(tensors, threshold):\n    raise KeyError('x')\n")
    text = configs("classifier-async-mode=1\nparse-classifier-func-name=mine.py:parse")
    ended = threading.Event()

    def waits(batch: PortableBatch) -> None:
        tracked(batch)
        ended.wait(0.01)

    played = play(
        "videotestsrc ! video/x-raw,format=RGBA,width=128,height=64 ! m.sink_0"
        f" nvstreammux name=m batch-size=1 width=128 height=64 ! {text}"
        " ! fakesink name=out sync=false",
        Painted(["red"], waits),
    )

    assert played.error is not None
    assert "mine.py" in played.error


def test_objects_of_an_ended_source_are_forgotten(play: Play, configs: Configs) -> None:
    def again(pipeline: Gst.Pipeline) -> None:
        colours(pipeline)
        sgie = pipeline.get_by_name("sgie")
        pad = sgie.get_static_pad("sink") if sgie else None
        assert pad is not None
        count = 0

        def end(pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            nonlocal count
            count += 1
            if count == 3:
                structure = Gst.Structure.new_from_string("stream-eos,stream-id=(uint)0")
                assert structure is not None
                event = Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure)
                pad.send_event(event)
            return Gst.PadProbeReturn.OK

        pad.add_probe(Gst.PadProbeType.BUFFER, end)

    colours = Painted(["red", "green"], tracked)
    played = play(
        "videotestsrc num-buffers=5 ! video/x-raw,format=RGBA,width=128,height=64 ! m.sink_0"
        f" nvstreammux name=m batch-size=1 width=128 height=64 ! {configs()}"
        " ! fakesink name=out sync=false",
        again,
    )

    assert played.error is None
    assert _first(played) == [["red"], ["red"], ["green"], ["green"], ["green"]]

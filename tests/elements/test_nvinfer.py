import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia import elements
from pythia.gst import Gst
from pythia.meta.types import TENSOR_OUTPUT_META, UNTRACKED_OBJECT_ID
from support.play import Play, Played

# x1, y1, x2, y2, score, class in the pixels of a 64x32 input; the frames are twice that.
ROWS = np.array([[[8, 4, 24, 12, 0.9, 0], [32, 16, 40, 28, 0.6, 1]]], np.float32)

PRIMARY = """
    onnx-file=model.onnx
    labelfile-path=labels.txt
    num-detected-classes=2
    gie-unique-id=3
    parse-bbox-func-name=NvDsInferParseYolo
    cluster-mode=4
"""
STYLE = """
[class-attrs-all]
border-color=0;1;0;1
[class-attrs-1]
bg-color=0;0;1;0.5
"""

Detector = Callable[..., Path]
Prepare = Callable[[Gst.Pipeline], None]


@pytest.fixture
def detector(onnx_model: Any, config_file: Any, tmp_path: Path) -> Detector:
    """A function that writes a detector which finds the same two objects on every frame."""

    def write(properties: str = "", name: str = "config.txt") -> Path:
        onnx_model(shape=("batch", 3, 32, 64), constants={"output": ROWS})
        (tmp_path / "labels.txt").write_text("car\nperson\n")
        path: Path = config_file(PRIMARY + properties, STYLE, name)
        return path

    return write


def _play(
    play: Play, infer: str, frames: int = 3, source: str = "", prepare: Prepare | None = None
) -> Played:
    return play(
        f"videotestsrc num-buffers={frames} {source} ! video/x-raw,format=I420,width=128,height=64,"
        f"framerate=30/1 ! m.sink_0 nvstreammux name=m batch-size=1 width=128 height=64 ! {infer}"
        " ! fakesink name=out sync=false",
        prepare,
    )


def test_objects_carry_what_deepstream_writes(play: Play, detector: Detector) -> None:
    played = _play(play, f"nvinfer config-file-path={detector()}", frames=1)

    assert played.error is None
    (frame,) = played.frames
    assert frame.bInferDone == 1
    person, car = frame.obj_meta_list  # the last one attached is seen first
    assert (car.obj_label, car.class_id, person.obj_label, person.class_id) == (
        "car",
        0,
        "person",
        1,
    )
    assert car.confidence == pytest.approx(0.9)
    assert car.object_id == UNTRACKED_OBJECT_ID
    assert car.unique_component_id == 3
    box, original = car.rect_params, car.detector_bbox_info.org_bbox_coords
    assert (box.left, box.top, box.width, box.height) == (16, 8, 32, 16)
    assert (original.left, original.top, original.width, original.height) == (16, 8, 32, 16)
    assert box.border_width == 3
    assert (box.border_color.green, box.border_color.alpha, box.has_bg_color) == (1, 1, 0)
    assert person.rect_params.has_bg_color == 1
    assert (person.rect_params.bg_color.blue, person.rect_params.bg_color.alpha) == (1, 0.5)
    text = car.text_params
    assert (text.display_text, text.x_offset, text.y_offset, text.set_bg_clr) == ("car", 16, 0, 1)
    assert (text.font_params.font_name, text.font_params.font_size) == ("Serif", 11)


def test_frames_leave_in_the_order_in_which_they_came(play: Play, detector: Detector) -> None:
    played = _play(play, f"nvinfer config-file-path={detector()}", frames=200)

    assert [frame.frame_num for frame in played.frames] == list(range(200))
    assert all(frame.num_obj_meta == 2 for frame in played.frames)


def test_interval_skips_batches(play: Play, detector: Detector) -> None:
    played = _play(play, f"nvinfer config-file-path={detector()} interval=2", frames=7)

    assert [frame.num_obj_meta for frame in played.frames] == [2, 0, 0, 2, 0, 0, 2]
    assert [frame.bInferDone for frame in played.frames] == [1, 0, 0, 1, 0, 0, 1]


def test_the_first_buffers_may_pass_without_inference(play: Play, detector: Detector) -> None:
    config = detector("stabilize-buffer-count=2")

    played = _play(play, f"nvinfer config-file-path={config}", frames=4)

    assert [frame.num_obj_meta for frame in played.frames] == [0, 0, 2, 2]


def test_a_property_wins_over_the_file_in_any_order(play: Play, detector: Detector) -> None:
    config = detector("interval=1")

    after = _play(play, f"nvinfer config-file-path={config} unique-id=9 interval=0", frames=2)
    before = _play(play, f"nvinfer unique-id=9 interval=0 config-file-path={config}", frames=2)

    for played in (after, before):
        assert [frame.num_obj_meta for frame in played.frames] == [2, 2]
        assert played.frames[0].obj_meta_list[0].unique_component_id == 9


def test_a_default_of_the_element_does_not_win_over_the_file(
    play: Play, detector: Detector
) -> None:
    played = _play(play, f"nvinfer config-file-path={detector('interval=1')}", frames=2)

    assert [frame.num_obj_meta for frame in played.frames] == [2, 0]
    assert played.frames[0].obj_meta_list[0].unique_component_id == 3


def test_classes_can_be_filtered_out(play: Play, detector: Detector) -> None:
    played = _play(play, f"nvinfer config-file-path={detector()} filter-out-class-ids=0", frames=1)

    assert [obj.obj_label for obj in played.frames[0].obj_meta_list] == ["person"]


def test_raw_outputs_are_attached_when_asked_for(play: Play, detector: Detector) -> None:
    played = _play(play, f"nvinfer config-file-path={detector()} output-tensor-meta=1", frames=1)

    (user,) = played.frames[0].frame_user_meta_list
    assert user.base_meta.meta_type == TENSOR_OUTPUT_META
    assert user.user_meta_data.unique_id == 3
    assert np.allclose(user.user_meta_data.layers["output"], ROWS[0])


def test_raw_outputs_are_written_to_files_when_asked_for(
    play: Play, detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = detector()
    monkeypatch.chdir(tmp_path)

    _play(play, f"nvinfer config-file-path={config} raw-output-file-write=1", frames=2)

    files = sorted(tmp_path.glob("*.bin"))
    assert [file.name for file in files] == [
        f"gstnvdsinfer_uid-03_layer-output_batch-000000000{n}_batchsize-01.bin" for n in (0, 1)
    ]
    assert np.array_equal(np.fromfile(files[0], np.float32), ROWS.reshape(-1))


def _secondary(config_file: Any, properties: str) -> Path:
    path: Path = config_file(
        PRIMARY.replace("gie-unique-id=3", "gie-unique-id=5") + f"process-mode=2\n{properties}",
        name="secondary.txt",
    )
    return path


@pytest.mark.parametrize(
    ("properties", "parents"),
    [
        ("operate-on-gie-id=3", {"car", "person"}),
        ("operate-on-gie-id=3\noperate-on-class-ids=0", {"car"}),
        ("operate-on-gie-id=4", set()),
        ("operate-on-gie-id=3\ninput-object-min-width=20", {"car"}),
        ("operate-on-gie-id=3\ninput-object-max-height=20", {"car"}),
        ("operate-on-gie-id=3\ninput-object-min-height=20", {"person"}),
    ],
)
def test_a_secondary_network_looks_at_the_objects_that_pass_its_filters(
    play: Play, detector: Detector, config_file: Any, properties: str, parents: set[str]
) -> None:
    secondary = _secondary(config_file, properties)

    played = _play(
        play, f"nvinfer config-file-path={detector()} ! nvinfer config-file-path={secondary}", 1
    )

    assert played.error is None
    found = [o for o in played.frames[0].obj_meta_list if o.unique_component_id == 5]
    assert {o.parent.obj_label for o in found} == parents
    assert len(found) == 2 * len(parents)
    for obj in found:
        inside = obj.parent.rect_params
        assert obj.rect_params.left >= inside.left
        assert obj.rect_params.left + obj.rect_params.width <= inside.left + inside.width + 1


def test_a_secondary_classifier_labels_the_objects(
    play: Play, detector: Detector, onnx_model: Any, config_file: Any, tmp_path: Path
) -> None:
    onnx_model(
        "colours.onnx", ("batch", 3, 8, 8), constants={"p": np.array([[0.1, 0.7, 0.2]], np.float32)}
    )
    (tmp_path / "colours.txt").write_text("red;green;blue\n")
    secondary = config_file(
        """
        onnx-file=colours.onnx
        labelfile-path=colours.txt
        network-type=1
        process-mode=2
        gie-unique-id=7
        operate-on-gie-id=3
        classifier-threshold=0.5
        classifier-type=carcolor
        """,
        name="colours_config.txt",
    )

    played = _play(
        play, f"nvinfer config-file-path={detector()} ! nvinfer config-file-path={secondary}", 1
    )

    assert played.error is None
    for obj in played.frames[0].obj_meta_list:
        (classifier,) = obj.classifier_meta_list
        (label,) = classifier.label_info_list
        assert (classifier.unique_component_id, classifier.classifier_type) == (7, "carcolor")
        assert (label.result_label, label.result_class_id, label.label_id) == ("green", 1, 0)
        assert label.result_prob == pytest.approx(0.7)
        assert obj.text_params.display_text == f"{obj.obj_label} green"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (None, "config-file-path"),
        ("missing.txt", "missing.txt"),
        ("onnx-file=nothing.onnx\nnum-detected-classes=1", "nothing.onnx"),
        ("onnx-file=model.onnx\nnum-detected-classes=two", "num-detected-classes"),
        ("model-engine-file=other.engine\nnum-detected-classes=1", ".onnx"),
        ("tlt-encoded-model=model.etlt\nnum-detected-classes=1", ".onnx"),
        ("onnx-file=model.onnx\nnetwork-type=2", "num-detected-classes = 0"),
        ("onnx-file=model.onnx\nnetwork-type=3\nnum-detected-classes=1", "cluster-mode=4"),
        (
            "onnx-file=model.onnx\nnetwork-type=3\nnum-detected-classes=1\ncluster-mode=4",
            "parse-bbox-instance-mask-func-name is missing",
        ),
        ("onnx-file=model.onnx\nnum-detected-classes=1\noutput-instance-mask=1", "cluster-mode=4"),
        ("onnx-file=model.onnx\nnum-detected-classes=1\ndump-input-tensor=1", "dump-input-tensor"),
        (
            "onnx-file=model.onnx\nnetwork-type=1\nprocess-mode=2\nclassifier-async-mode=1\n"
            "input-tensor-from-meta=1",
            "classifier-async-mode=1 does not go with",
        ),
    ],
)
def test_what_is_wrong_with_the_configuration_is_one_error_on_the_bus(
    play: Play, detector: Detector, config_file: Any, config: str | None, says: str
) -> None:
    detector()
    infer = "nvinfer"
    if config == "missing.txt":
        infer += " config-file-path=missing.txt"
    elif config is not None:
        infer += f" config-file-path={config_file(config, name='wrong.txt')}"

    played = _play(play, infer, frames=1)

    assert played.error is not None
    assert says in played.error


def test_a_buffer_without_a_batch_is_an_error_that_names_nvstreammux(
    play: Play, detector: Detector
) -> None:
    played = play(
        "videotestsrc num-buffers=1 ! video/x-raw,format=I420,width=128,height=64 ! nvvideoconvert"
        f" ! video/x-raw(memory:NVMM) ! nvinfer config-file-path={detector()} ! fakesink name=out"
    )

    assert played.error is not None
    assert "nvstreammux" in played.error


def test_a_users_parser_that_raises_stops_the_pipeline_with_its_file_and_line(
    play: Play, detector: Detector, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text("def parse(outputs, settings):\n    raise KeyError('x')\n")

    played = _play(
        play,
        f"nvinfer config-file-path={detector('parse-bbox-func-name=mine.py:parse')}",
        frames=5,
    )

    assert played.error is not None
    assert "mine.py" in played.error
    assert "2" in played.error


def test_a_stop_in_full_flight_leaves_no_thread_behind(detector: Detector) -> None:
    elements.register()
    pipeline = Gst.parse_launch(
        "videotestsrc ! video/x-raw,format=I420,width=128,height=64 ! m.sink_0"
        " nvstreammux name=m batch-size=1 width=128 height=64"
        f" ! nvinfer name=pgie config-file-path={detector()} ! fakesink name=out sync=false"
    )
    assert isinstance(pipeline, Gst.Pipeline)
    out = pipeline.get_by_name("out")
    pad = out.get_static_pad("sink") if out else None
    assert pad is not None
    enough = threading.Semaphore(0)

    def count(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        enough.release()
        return Gst.PadProbeReturn.OK

    pad.add_probe(Gst.PadProbeType.BUFFER, count)
    before = {thread.name for thread in threading.enumerate() if not thread.name.startswith("D")}
    for _ in range(3):
        pipeline.set_state(Gst.State.PLAYING)
        for _ in range(20):
            assert enough.acquire(timeout=5)
        assert pipeline.set_state(Gst.State.NULL) == Gst.StateChangeReturn.SUCCESS

    left = {t.name for t in threading.enumerate() if not t.name.startswith("D")} - before
    assert not left


def test_a_new_configuration_file_takes_over_while_playing(detector: Detector) -> None:
    elements.register()
    first, second = detector(), detector("gie-unique-id=8", "second.txt")
    pipeline = Gst.parse_launch(
        "videotestsrc ! video/x-raw,format=I420,width=128,height=64 ! m.sink_0"
        " nvstreammux name=m batch-size=1 width=128 height=64"
        f" ! nvinfer name=pgie config-file-path={first} ! fakesink name=out sync=false"
    )
    assert isinstance(pipeline, Gst.Pipeline)
    pgie, out = pipeline.get_by_name("pgie"), pipeline.get_by_name("out")
    pad = out.get_static_pad("sink") if out else None
    assert pgie is not None
    assert pad is not None
    from pythia.meta import batch_of

    taken_over, updates = threading.Event(), []
    pgie.connect("model-updated", lambda _element, error, file: updates.append((error, file)))

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        batch = batch_of(buffer) if buffer else None
        for frame in batch.frame_meta_list if batch else ():
            if frame.obj_meta_list and frame.obj_meta_list[0].unique_component_id == 8:
                taken_over.set()
        return Gst.PadProbeReturn.OK

    pad.add_probe(Gst.PadProbeType.BUFFER, look)
    pipeline.set_state(Gst.State.PLAYING)
    pipeline.get_state(5 * Gst.SECOND)
    try:
        pgie.set_property("config-file-path", str(second))

        assert taken_over.wait(5)
        assert updates == [(0, str(second))]
    finally:
        pipeline.set_state(Gst.State.NULL)


def test_a_new_configuration_file_that_is_wrong_leaves_the_old_model_at_work(
    play: Play, detector: Detector, caplog: pytest.LogCaptureFixture
) -> None:
    updates = []

    def prepare(pipeline: Gst.Pipeline) -> None:
        pgie = pipeline.get_by_name("pgie")
        pad = pgie.get_static_pad("sink") if pgie else None
        assert pgie is not None
        assert pad is not None
        pgie.connect("model-updated", lambda _element, error, file: updates.append((error, file)))

        def exchange(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            pgie.set_property("config-file-path", "/no/such.txt")
            return Gst.PadProbeReturn.REMOVE

        pad.add_probe(Gst.PadProbeType.BUFFER, exchange)

    played = _play(play, f"nvinfer name=pgie config-file-path={detector()}", prepare=prepare)

    assert played.error is None
    assert updates == [(1, "/no/such.txt")]
    assert [len(frame.obj_meta_list) for frame in played.frames] == [2, 2, 2]
    assert "/no/such.txt" in caplog.text


def test_frames_of_a_single_row_are_refused(play: Play, detector: Detector) -> None:
    played = play(
        "videotestsrc num-buffers=1 ! video/x-raw,format=I420,width=16,height=1 ! m.sink_0"
        " nvstreammux name=m batch-size=1 width=16 height=1"
        f" ! nvinfer config-file-path={detector()} ! fakesink name=out"
    )

    assert played.error == "frames of 16x1 are too small; 2x2 is the least"


def test_the_stream_ends_when_what_follows_has_enough(play: Play, detector: Detector) -> None:
    # Slow, so that all frames and the end of the stream wait in nvinfer by then.
    enough = "identity sleep-time=20000 eos-after=2"

    played = _play(play, f"nvinfer config-file-path={detector()} ! {enough}")

    assert played.error is None
    assert played.messages[-1].type == Gst.MessageType.EOS

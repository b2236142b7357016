from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia import samples
from pythia.elements.structures import custom_event
from pythia.elements.sub_batches import SubBatches
from pythia.exceptions import ConfigError, PipelineError
from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.portable import PortableFrame, PortableObject
from pythia.meta.portable_osd import PortableColor, PortableRect, PortableText
from pythia.meta.types import (
    TRACKER_BATCH_REID_META,
    TRACKER_OBJ_REID_META,
    TRACKER_PAST_FRAME_META,
    TRACKER_SHADOW_LIST_META,
    TRACKER_TERMINATED_LIST_META,
    UNTRACKED_OBJECT_ID,
)
from pythia.vision.tracking.stream import StreamTracker
from support.living import Living, living
from support.play import Play, Played

Config = Callable[..., Path]
Fill = Callable[[PortableFrame], None]
Prepare = Callable[[Gst.Pipeline], None]

MUX = "nvstreammux name=m batch-size={} width=320 height=240 ! "
AT_ONCE = "TargetManagement:\n  probationAge: 0\n"
KALMAN = "StateEstimator:\n  stateEstimatorType: 2\n"
CAR = 2


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A function that writes a tracker's configuration file."""

    def write(text: str, name: str = "tracker.yml") -> Path:
        path = tmp_path / name
        path.write_text(f"%YAML:1.0\n{text}")
        return path

    return write


def source(pad: int = 0, frames: int = 8) -> str:
    return f" videotestsrc num-buffers={frames} pattern=black ! m.sink_{pad}"


def line(tracker: str, sources: int = 1, frames: int = 8) -> str:
    """Launch text of a tracker named t."""
    text = MUX.format(sources) + f"nvtracker name=t {tracker} ! fakesink name=out"
    return text + "".join(source(pad, frames) for pad in range(sources))


def at(fill: Fill, element: str = "t") -> Prepare:
    """Has ``fill`` called for each frame that reaches an element."""

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        assert buffer is not None
        batch = carrier.fetch(hash(buffer))
        assert batch is not None
        for frame in batch.frame_meta_list:
            fill(frame)
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        found = pipeline.get_by_name(element)
        assert found is not None
        pad = found.get_static_pad("sink")
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, look)

    return prepare


def detected(
    left: float = 100.0, top: float = 80.0, class_id: int = CAR, **fields: Any
) -> PortableObject:
    """An object as nvinfer makes it."""
    obj = PortableObject(1, class_id, confidence=0.9, obj_label="car", **fields)
    obj.rect_params = PortableRect(left, top, 60, 40, border_width=3)
    obj.rect_params.border_color = PortableColor(0, 1, 0, 1)
    box = obj.detector_bbox_info.org_bbox_coords
    box.left, box.top, box.width, box.height = left, top, 60, 40
    obj.text_params = PortableText("car", int(left), int(top))
    return obj


def put(*lefts: float, frames: Iterable[int] | None = None) -> Prepare:
    """Puts objects on all frames, or on some, and says that the others were inferred on."""

    def fill(frame: PortableFrame) -> None:
        frame.bInferDone = 1
        if frames is None or frame.frame_num in frames:
            for left in lefts:
                frame.add_obj(detected(left))

    return at(fill)


def ids(played: Played) -> list[list[int]]:
    return [sorted(obj.object_id for obj in frame.obj_meta_list) for frame in played.frames]


def user_data(played: Played, meta_type: int) -> dict[int, Any]:
    """Batch metadata of a type, by the number of the batch."""
    return {
        number: user.user_meta_data
        for number, batch in enumerate(played.batches)
        for user in batch.batch_user_meta_list
        if user.base_meta.meta_type == meta_type
    }


# Objects


def test_an_object_keeps_its_id_and_gets_what_the_tracker_knows(play: Play, config: Config) -> None:
    played = play(line(f"ll-config-file={config(AT_ONCE)}"), put(100))

    assert ids(played) == [[0]] * 8
    (obj,) = played.frames[-1].obj_meta_list
    assert (obj.confidence, obj.tracker_confidence) == (0.9, 1.0)
    box = obj.tracker_bbox_info.org_bbox_coords
    assert (box.left, box.top, box.width, box.height) == pytest.approx((100, 80, 60, 40))
    assert obj.text_params.display_text == "car 0"
    assert (obj.text_params.x_offset, obj.text_params.y_offset) == (100, 60)
    assert (obj.text_params.font_params.font_name, obj.text_params.font_params.font_size) == (
        "Serif",
        10,
    )


def test_a_box_is_clipped_to_the_frame_and_the_tracker_s_is_not(play: Play, config: Config) -> None:
    played = play(line(f"ll-config-file={config(AT_ONCE)}"), put(-20))

    (obj,) = played.frames[0].obj_meta_list
    rect, box = obj.rect_params, obj.tracker_bbox_info.org_bbox_coords
    assert (rect.left, rect.width) == pytest.approx((0, 40))
    assert (box.left, box.width) == pytest.approx((-20, 60))


def test_without_a_configuration_the_documented_defaults_hold(play: Play) -> None:
    played = play(line(""), put(100))

    assert ids(played) == [[]] * 5 + [[0]] * 3


def test_detections_that_the_tracker_does_not_report_are_removed_and_found_parts_are_not(
    play: Play,
) -> None:
    def fill(frame: PortableFrame) -> None:
        car = detected()
        frame.add_obj(car)
        frame.add_obj(detected(class_id=9), parent=car)

    played = play(line("", frames=1), at(fill))

    (part,) = played.frames[0].obj_meta_list
    assert (part.class_id, part.object_id) == (9, UNTRACKED_OBJECT_ID)


def test_classes_that_are_not_tracked_stay_as_they_are(play: Play, config: Config) -> None:
    def fill(frame: PortableFrame) -> None:
        frame.add_obj(detected())
        frame.add_obj(detected(200, class_id=5))

    text = line(f"operate-on-class-ids=1;2 ll-config-file={config(AT_ONCE)}", frames=1)
    played = play(text, at(fill))

    found = {obj.class_id: obj.object_id for obj in played.frames[0].obj_meta_list}
    assert found == {CAR: 0, 5: UNTRACKED_OBJECT_ID}


def test_the_id_is_shown_only_if_the_property_says_so(play: Play, config: Config) -> None:
    text = line(f"display-tracking-id=false ll-config-file={config(AT_ONCE)}", frames=1)

    (obj,) = play(text, put(100)).frames[0].obj_meta_list

    assert obj.text_params.display_text == "car"
    assert obj.text_params.font_params.font_size == 10


def test_an_object_without_a_detection_looks_like_the_first_of_its_class(
    play: Play, config: Config
) -> None:
    def fill(frame: PortableFrame) -> None:
        frame.bInferDone = int(frame.frame_num < 4)
        if frame.bInferDone:
            frame.add_obj(detected(100 + 3 * frame.frame_num))

    played = play(line(f"ll-config-file={config(AT_ONCE + KALMAN)}"), at(fill))

    (obj,) = played.frames[5].obj_meta_list
    assert (obj.object_id, obj.class_id, obj.obj_label, obj.unique_component_id) == (
        0,
        CAR,
        "car",
        1,
    )
    assert obj.confidence == pytest.approx(-0.1)
    assert obj.detector_bbox_info.org_bbox_coords.width == 0
    assert obj.rect_params.border_color.green == 1
    assert obj.rect_params.left == pytest.approx(115, abs=3)
    assert obj.text_params.display_text == "car 0"


@pytest.mark.parametrize("size", ["tracker-width=960 tracker-height=544", "tracker-width=0"])
def test_the_size_of_the_tracker_s_frame_does_not_show(
    play: Play, config: Config, size: str
) -> None:
    played = play(line(f"{size} ll-config-file={config(AT_ONCE + KALMAN)}"), put(100))

    rect = played.frames[-1].obj_meta_list[0].rect_params
    assert (rect.left, rect.top, rect.width, rect.height) == pytest.approx((100, 80, 60, 40))


def test_surfaces_of_another_type_are_left_alone(play: Play, config: Config) -> None:
    def fill(frame: PortableFrame) -> None:
        frame.surface_type = 1 + frame.frame_num % 2
        frame.add_obj(detected())

    text = line(f"tracking-surface-type=2 ll-config-file={config(AT_ONCE)}", frames=4)

    assert ids(play(text, at(fill))) == [[UNTRACKED_OBJECT_ID], [0]] * 2


# Sources


def test_ids_are_unique_over_the_sources(play: Play, config: Config) -> None:
    played = play(line(f"ll-config-file={config(AT_ONCE)}", sources=3), put(50, 200))

    by_source: dict[int, set[int]] = {}
    for frame in played.frames:
        by_source.setdefault(frame.source_id, set()).update(
            obj.object_id for obj in frame.obj_meta_list
        )
    assert sorted(map(len, by_source.values())) == [2, 2, 2]
    assert set.union(*by_source.values()) == set(range(6))


def test_unique_ids_have_64_bits(play: Play, config: Config) -> None:
    text = AT_ONCE + "TrajectoryManagement:\n  useUniqueID: 1\n"

    played = play(line(f"ll-config-file={config(text)}", frames=1), put(100))

    object_id = played.frames[0].obj_meta_list[0].object_id
    assert object_id >> 32 > 0
    assert object_id & 0xFFFFFFFF == 0


def test_several_frames_of_one_source_in_a_batch_are_taken_in_order(
    play: Play, config: Config
) -> None:
    rules = "TargetManagement:\n  probationAge: 2\n"

    def fill(frame: PortableFrame) -> None:
        frame.add_obj(detected(50 + 20 * frame.frame_num))

    mux = "nvstreammux name=m batch-size=4 width=320 height=240 batched-push-timeout=4000000 "
    tracker = f"nvtracker name=t ll-config-file={config(rules + KALMAN)}"
    played = play(f"{mux} ! {tracker} ! fakesink name=out" + source(frames=8), at(fill))

    assert played.error is None
    assert [frame.frame_num for frame in played.frames] == list(range(8))
    assert ids(played) == [[]] * 2 + [[0]] * 6
    past = [
        moment.frameNum
        for data in user_data(played, TRACKER_PAST_FRAME_META).values()
        for stream in data.list()
        for target in stream.list()
        for moment in target.list()
    ]
    assert past == [0, 1]


def _told(name: str, number: int = 3) -> Prepare:
    """Puts an object on all frames, and sends an event of source 0 before one of them."""

    def prepare(pipeline: Gst.Pipeline) -> None:
        tracker = pipeline.get_by_name("t")
        assert tracker is not None
        pad = tracker.get_static_pad("sink")
        assert pad is not None

        def fill(frame: PortableFrame) -> None:
            if frame.frame_num == number:
                pad.send_event(custom_event(name, stream_id=0))
            frame.add_obj(detected())

        at(fill)(pipeline)

    return prepare


@pytest.mark.parametrize(
    ("event", "mode", "after"),
    [
        ("stream-reset", 0, 0),
        ("stream-reset", 1, 1),
        ("stream-reset", 2, 0),
        ("stream-reset", 3, 1),
        ("stream-eos", 1, 0),
        ("stream-eos", 2, 0),
        ("pad-deleted", 0, 1),
    ],
)
def test_ids_begin_anew_when_the_reset_mode_says_so(
    play: Play, config: Config, event: str, mode: int, after: int
) -> None:
    text = line(f"tracking-id-reset-mode={mode} ll-config-file={config(AT_ONCE)}")

    played = play(text, _told(event))

    assert ids(played) == [[0]] * 3 + [[after]] * 5


def test_ids_count_from_0_after_an_end_of_stream_also_if_others_took_the_numbers(
    play: Play, config: Config
) -> None:
    text = line(f"tracking-id-reset-mode=2 ll-config-file={config(AT_ONCE)}", sources=2)

    played = play(text, put(50, 200))

    assert {tuple(found) for found in ids(played)} == {(0, 1)}


def test_sources_that_come_and_go_leave_nothing_behind(config: Config) -> None:
    caps = "video/x-raw,width=32,height=24,framerate=100/1"
    text = (
        "nvstreammux name=m batch-size=2 width=320 height=240 live-source=true "
        f"batched-push-timeout=40000 ! nvtracker name=t ll-config-file={config(AT_ONCE)} "
        f"! fakesink name=out sync=false videotestsrc is-live=true ! {caps} ! m.sink_0"
    )

    with living(text) as pipeline:
        put(100)(pipeline.pipeline)
        for _ in range(10):
            source = _add(pipeline, caps)
            pipeline.wait_for(lambda: any(f.source_id == 1 for f in pipeline.frames))
            _delete(pipeline, source)
            pipeline.frames.clear()
            pipeline.more(2)
        followed = [one for one in gc.get_objects() if isinstance(one, StreamTracker)]
        ids = {obj.object_id for frame in pipeline.frames for obj in frame.obj_meta_list}

    assert len(followed) == 1
    assert ids == {0}  # the source that stayed has kept its own


def _add(pipeline: Living, caps: str) -> Gst.Element:
    source = Gst.parse_bin_from_description(f"videotestsrc is-live=true ! {caps} ! identity", True)
    assert source is not None
    pipeline.pipeline.add(source)
    src, sink = source.get_static_pad("src"), pipeline["m"].request_pad_simple("sink_1")
    assert src is not None
    assert sink is not None
    assert src.link(sink) == Gst.PadLinkReturn.OK
    source.set_state(Gst.State.PLAYING)
    return source


def _delete(pipeline: Living, source: Gst.Element) -> None:
    source.set_state(Gst.State.NULL)
    sink = pipeline["m"].get_static_pad("sink_1")
    assert sink is not None
    pipeline["m"].release_request_pad(sink)
    pipeline.pipeline.remove(source)


def test_sub_batches_have_trackers_of_their_own(play: Play, config: Config) -> None:
    late = config("TargetManagement:\n  probationAge: 2\n", "late.yml")
    files = f"ll-config-file={config(AT_ONCE)};{late}"

    played = play(line(f"sub-batches=0;1 {files}", sources=2, frames=4), put(100))

    first = {
        frame.source_id: frame.frame_num for frame in reversed(played.frames) if frame.obj_meta_list
    }
    assert first == {0: 0, 1: 2}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", [0, 0, 0]),
        ("0,2;1", [0, 1, 0]),
        ("0,2;1;", [0, 1, 0]),
        ("2:2", [0, 1, 0]),
        ("1:2", [0, 1, 1]),
    ],
)
def test_sources_are_spread_over_sub_batches(text: str, places: list[int]) -> None:
    batches = SubBatches(text)

    assert [batches.place(source) for source in range(3)] == places
    assert batches.count == max(places) + 1


def test_a_source_that_goes_makes_room_in_its_sub_batch() -> None:
    batches = SubBatches("1:1")
    assert [batches.place(source) for source in (5, 6)] == [0, 1]

    batches.release(5)

    assert batches.place(7) == 0
    with pytest.raises(PipelineError, match="no place for source 8"):
        batches.place(8)


@pytest.mark.parametrize("text", ["a", "0,1:2", "0;-1", "1::2", ",", "0,1;1"])
def test_sub_batches_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=f"sub-batches='{text}'"):
        SubBatches(text)


# Other metadata


def test_what_was_not_reported_in_its_time_follows_as_past_frames(
    play: Play, config: Config
) -> None:
    played = play(
        line(f"ll-config-file={config('TargetManagement:  {probationAge: 3}')}"), put(100)
    )

    past = user_data(played, TRACKER_PAST_FRAME_META)
    assert list(past) == [3]
    assert past[3].numFilled == 1
    (stream,) = past[3].list()
    (target,) = stream.list()
    assert (stream.streamID, stream.numFilled) == (0, 1)
    assert (target.uniqueId, target.classId, target.objLabel, target.numObj) == (0, CAR, "car", 3)
    assert [frame.frameNum for frame in target.list()] == [0, 1, 2]
    assert [frame.age for frame in target.list()] == [0, 1, 2]
    boxes = [frame.tBbox for frame in target.list()]
    assert (boxes[0].left, boxes[0].width) == pytest.approx((100, 60))


def test_shadow_and_terminated_tracks_are_told_if_the_configuration_asks_for_them(
    play: Play, config: Config
) -> None:
    wanted = "  maxShadowTrackingAge: 2\n  outputShadowTracks: 1\n  outputTerminatedTracks: 1\n"

    played = play(line(f"ll-config-file={config(AT_ONCE + wanted)}"), put(100, frames=range(3)))

    shadow = user_data(played, TRACKER_SHADOW_LIST_META)
    ended = user_data(played, TRACKER_TERMINATED_LIST_META)
    assert list(shadow) == [3, 4]
    assert list(ended) == [5]
    (target,) = next(ended[5].list()).list()
    assert [frame.frameNum for frame in target.list()] == [0, 1, 2, 3, 4]
    assert [frame.trackerState for frame in target.list()] == [1, 1, 1, 2, 2]


def test_without_being_asked_the_tracker_tells_of_neither(play: Play, config: Config) -> None:
    rules = AT_ONCE + "  maxShadowTrackingAge: 2\n"

    played = play(line(f"ll-config-file={config(rules)}"), put(100, frames=range(3)))

    assert not any(batch.batch_user_meta_list for batch in played.batches)


def test_tracks_are_written_to_files_when_the_element_stops(
    play: Play, config: Config, tmp_path: Path
) -> None:
    rules = AT_ONCE + f"  terminatedTrackFilename: {tmp_path}/track_\n"

    play(line(f"ll-config-file={config(rules)}", sources=2), put(100))

    files = {file.name: len(file.read_text().splitlines()) for file in tmp_path.glob("*.txt")}
    assert files == {"track_0.txt": 8, "track_1.txt": 8}


def test_vectors_of_the_network_are_attached_if_the_configuration_asks_for_them(
    play: Play, config: Config
) -> None:
    text = samples.path("config_tracker_NvDeepSORT.yml").read_text()
    model = samples.path("resnet50_market1501_aicity156.onnx")
    text = text.replace("../../models/Tracker/" + model.name, str(model))
    text = text.replace("%YAML:1.0", "").replace("probationAge: 3", "probationAge: 0")
    file = config(text + "  outputReidTensor: 1\n")

    played = play(line(f"ll-config-file={file}", frames=1), put(50, 200))

    vectors = [
        user.user_meta_data
        for obj in played.frames[0].obj_meta_list
        for user in obj.obj_user_meta_list
        if user.base_meta.meta_type == TRACKER_OBJ_REID_META
    ]
    assert [vector.featureSize for vector in vectors] == [256, 256]
    assert np.linalg.norm(vectors[0].get_host_reid_vector()) == pytest.approx(1)
    (batch,) = user_data(played, TRACKER_BATCH_REID_META).values()
    assert (batch.numFilled, batch.featureSize, batch.ptr_host.shape) == (2, 256, (2, 256))


# Pictures


def test_the_visual_tracker_follows_through_frames_that_nvinfer_skips(
    play: Play, tmp_path: Path
) -> None:
    sample = samples.path("config_infer_primary.txt")
    found: dict[int, dict[int, set[int]]] = {}
    for interval in (0, 3):
        played = play(
            f"filesrc location={samples.path('sample_720p.mp4')} ! qtdemux ! h264parse "
            "! avdec_h264 ! identity eos-after=40 ! m.sink_0 "
            "nvstreammux name=m batch-size=1 width=1280 height=720 "
            f"! nvinfer config-file-path={sample} interval={interval} "
            f"! nvtracker ll-config-file={samples.path('config_tracker_NvDCF_perf.yml')} "
            "! fakesink name=out"
        )
        assert played.error is None
        found[interval] = {
            frame.frame_num: {obj.object_id for obj in frame.obj_meta_list}
            for frame in played.frames
        }

    assert len(found[3][30]) >= 0.8 * len(found[0][30])
    # Frames 29 to 31 were not inferred on, and frame 28 was.
    assert len(found[3][31] & found[3][28]) >= 0.8 * len(found[3][28])


# Errors


@pytest.mark.parametrize(
    ("tracker", "message"),
    [
        ("ll-config-file=/no/tracker.yml", "/no/tracker.yml cannot be read"),
        ("input-tensor-meta=true", "input-tensor-meta=true .* is not possible"),
        ("operate-on-class-ids=car", "operate-on-class-ids='car': expected class numbers"),
        ("sub-batches=x", "sub-batches='x' is neither"),
        ("tracker-width=-4", "tracker-width=-4 .*: expected at most 32768 pixels"),
        ("tracker-height=32769", "tracker-height=32769: expected at most 32768 pixels"),
        ("ll-config-file=a.yml;b.yml", "names 2 files, but there is 1 sub-batch"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(play: Play, tracker: str, message: str) -> None:
    played = play(line(tracker))

    assert played.error is not None
    assert played.messages[-1].type == Gst.MessageType.ERROR
    assert len([m for m in played.messages if m.type == Gst.MessageType.ERROR]) == 1
    assert re.search(message, played.error)


def test_a_wrong_value_in_the_configuration_is_an_error_on_the_bus(
    play: Play, config: Config
) -> None:
    file = config("TargetManagement:\n  probationAge: soon\n")

    assert "found 'soon', expected an integer" in str(play(line(f"ll-config-file={file}")).error)


def test_a_missing_model_is_an_error_on_the_bus(play: Play, config: Config) -> None:
    file = config("ReID:\n  reidType: 1\n  modelEngineFile: reid.engine\n")

    assert "ReID.onnxFile" in str(play(line(f"ll-config-file={file}")).error)


def test_a_buffer_without_a_batch_is_an_error_that_names_the_muxer(play: Play) -> None:
    played = play(
        "videotestsrc num-buffers=2 ! nvvideoconvert ! video/x-raw(memory:NVMM) ! nvtracker "
        "! fakesink name=out"
    )

    assert played.error is not None
    assert "put nvstreammux before nvtracker" in played.error


def test_a_source_without_a_sub_batch_is_an_error(play: Play) -> None:
    played = play(line("sub-batches=0;1", sources=3), put(100))

    assert "no place for source 2" in str(played.error)


@pytest.mark.parametrize("name", [n for n in samples.names() if n.startswith("config_tracker")])
def test_every_sample_configuration_tracks(play: Play, name: str) -> None:
    library = "/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so"

    played = play(line(f"ll-lib-file={library} ll-config-file={samples.path(name)}"), put(50, 200))

    assert ids(played)[-1] == [0, 1]

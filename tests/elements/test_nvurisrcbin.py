from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from pythia import elements
from pythia.gst import Gst
from pythia.gst.video import video_format
from support.living import living
from support.play import Play
from support.small_video import FPS, FRAMES, small_video

Video = Callable[[str], str]
SINK = "! fakesink name=out"
STEP_NS = Gst.SECOND // FPS


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    folder = tmp_path_factory.mktemp("videos")
    return lambda name: small_video(folder, name).as_uri()


def _rounded(pts: list[int]) -> list[int]:
    return [round((time - pts[0]) / STEP_NS) for time in pts]


@pytest.mark.parametrize("name", ["video.mp4", "video.mkv", "video.h264", "av.mp4"])
def test_every_frame_of_a_file_comes_in_nvmm_memory(play: Play, video: Video, name: str) -> None:
    played = play(f"nvurisrcbin uri={video(name)} {SINK}")

    assert played.error is None
    assert _rounded(played.pts) == list(range(FRAMES))
    assert played.caps is not None
    assert video_format(played.caps).nvmm


@pytest.mark.parametrize("name", ["picture.jpg", "picture.png"])
def test_a_picture_is_one_frame(play: Play, video: Video, name: str) -> None:
    played = play(f"nvurisrcbin uri={video(name)} {SINK}")

    assert (played.error, len(played.pts)) == (None, 1)


def test_sound_comes_only_if_it_is_wanted(play: Play, video: Video) -> None:
    both = f"nvurisrcbin name=u uri={video('av.mp4')} disable-audio=false"

    played = play(f"{both} u.vsrc_0 ! fakesink u.asrc_0 ! audioconvert ! fakesink name=out")

    assert played.error is None
    assert played.caps is not None
    assert played.caps.get_structure(0).get_name() == "audio/x-raw"


@pytest.mark.parametrize("name", ["video.mp4", "video.mkv", "video.h264", "picture.jpg"])
def test_a_file_in_a_loop_goes_on_without_a_gap(video: Video, name: str) -> None:
    text = f"nvurisrcbin uri={video(name)} file-loop=true {SINK}"

    with living(text) as pipeline:
        pipeline.wait_for(lambda: len(pipeline.pts) > 5 * (FRAMES if "video" in name else 1))
        steps = [after - before for before, after in pairwise(pipeline.pts)]

        assert all(abs(step - STEP_NS) < STEP_NS / 10 for step in steps), steps
        assert not pipeline.ended
        assert not pipeline.failed


def test_a_loop_in_a_pipeline_with_a_clock_loses_no_frame(video: Video) -> None:
    text = f"nvurisrcbin uri={video('video.mp4')} file-loop=true {SINK} sync=true qos=true"

    with living(text) as pipeline:
        pipeline.wait_for(lambda: len(pipeline.pts) > 2 * FRAMES)

        assert _rounded(pipeline.pts) == list(range(len(pipeline.pts)))


def test_a_loop_counts_frames_on_in_a_batch(video: Video) -> None:
    text = f"nvurisrcbin uri={video('video.mp4')} file-loop=true ! m.sink_0 "
    mux = "nvstreammux name=m batch-size=1 width=64 height=48 ! fakesink name=out"

    with living(text + mux) as pipeline:
        pipeline.wait_for(lambda: len(pipeline.frames) > 3 * FRAMES)
        frames = list(pipeline.frames)

    assert [frame.frame_num for frame in frames] == list(range(len(frames)))
    times = [frame.buf_pts for frame in frames]
    assert times == sorted(set(times))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("drop-frame-interval=0", range(FRAMES)),
        ("drop-frame-interval=1", range(FRAMES)),
        ("drop-frame-interval=4", range(0, FRAMES, 4)),
        ("dec-skip-frames=decode_key", range(0, FRAMES, 4)),
    ],
)
def test_frames_are_left_out_as_asked(
    play: Play, video: Video, options: str, expected: range
) -> None:
    played = play(f"nvurisrcbin uri={video('video.mp4')} {options} {SINK}")

    assert _rounded(played.pts) == list(expected)


def test_the_interval_may_be_changed_while_playing(video: Video) -> None:
    text = f"nvurisrcbin name=u uri={video('video.mp4')} file-loop=true {SINK}"

    with living(text) as pipeline:
        pipeline.more(FRAMES)
        pipeline["u"].set_property("drop-frame-interval", 3)

        def thinned() -> bool:
            last = _rounded(pipeline.pts[-10:])
            return last == [3 * n for n in range(10)]

        pipeline.wait_for(thinned)


def test_a_file_may_be_slowed_down_as_a_camera_would_be(play: Play, video: Video) -> None:
    played = play(f"nvurisrcbin uri={video('video.mp4')} simulate-fps-interval-ms=1 {SINK}")

    assert len(played.pts) == FRAMES


def test_the_source_has_a_number_of_its_own_in_metadata(play: Play, video: Video) -> None:
    played = play(
        f"nvurisrcbin uri={video('video.mp4')} source-id=7 ! queue ! m.sink_2 "
        "nvstreammux name=m batch-size=1 width=64 height=48 ! fakesink name=out"
    )

    assert {(frame.source_id, frame.pad_index) for frame in played.frames} == {(7, 2)}


def _garbage(size: int) -> bytes:
    return random.Random(1).randbytes(size)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "Resource not found"),
        (b"", "contains no data"),
        (_garbage(5000), "Could not determine type"),
        (b"\0\0\0\1\x67" + _garbage(50000), "Could not determine type"),
    ],
)
def test_a_file_that_cannot_be_played_is_one_error_that_names_it(
    tmp_path: Path, content: bytes | None, cause: str
) -> None:
    file = tmp_path / "broken.h264"
    if content is not None:
        file.write_bytes(content)

    with living(f"nvurisrcbin uri={file.as_uri()} {SINK}") as pipeline:
        pipeline.wait_for(lambda: pipeline.failed, timeout_s=10)
    errors = pipeline.told(Gst.MessageType.ERROR)

    assert len(errors) == 1
    assert errors[0].startswith(f"cannot play {file.as_uri()}: ")
    assert cause in errors[0]


def test_damage_in_a_file_ends_neither_in_a_crash_nor_in_waiting(
    tmp_path: Path, video: Video
) -> None:
    data = bytearray(Path(video("video.h264").removeprefix("file://")).read_bytes())
    data[len(data) // 2 :] = _garbage(len(data))
    (tmp_path / "damaged.h264").write_bytes(data)

    with living(f"nvurisrcbin uri={(tmp_path / 'damaged.h264').as_uri()} {SINK}") as pipeline:
        pipeline.wait_for(lambda: pipeline.ended or pipeline.failed, timeout_s=10)

        assert 0 < len(pipeline.pts) < FRAMES


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ("", "set uri, for example"),
        ("uri=nonsense://x", 'No URI handler implemented for "nonsense"'),
        ("uri=/no/scheme.mp4", 'Invalid URI "/no/scheme.mp4"'),
        ("uri=http://127.0.0.1:1/a.mp4", "the server cannot be reached"),
        ("uri=rtsp://127.0.0.1:1/a", "Could not open resource"),
        ("uri=ipc:///tmp/frames", "frames of other processes come through NVIDIA's memory only"),
        ("uri=file:///a.mp4 smart-record=1", "smart-record is for rtsp:// sources only"),
    ],
)
def test_a_source_that_cannot_be_opened_is_one_error_that_says_why(
    options: str, cause: str
) -> None:
    with living(f"nvurisrcbin {options} {SINK}") as pipeline:
        pipeline.wait_for(lambda: pipeline.failed, timeout_s=10)
    errors = pipeline.told(Gst.MessageType.ERROR)

    assert len(errors) == 1
    assert cause in errors[0]


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("rtsp://joe:hunter2@127.0.0.1:1/a", "cannot play rtsp://joe:***@127.0.0.1:1/a: "),
        ("rtsp://:hunter2@127.0.0.1:1/a", "cannot play rtsp://:***@127.0.0.1:1/a: "),
        ("rtsp://joe:p@hunter2@127.0.0.1:1/a", "cannot play rtsp://joe:***@127.0.0.1:1/a: "),
        ("http://joe@127.0.0.1:1/a:b@c", "cannot play http://joe@127.0.0.1:1/a:b@c: "),
    ],
)
def test_a_password_is_not_shown(uri: str, shown: str) -> None:
    with living(f"nvurisrcbin uri={uri} {SINK}") as pipeline:
        pipeline.wait_for(lambda: pipeline.failed, timeout_s=10)

    (error,) = pipeline.told(Gst.MessageType.ERROR)
    assert error.startswith(shown)
    assert "hunter2" not in error


def test_a_file_without_video_is_one_error(video: Video) -> None:
    with living(f"nvurisrcbin uri={video('sound.mp4')} {SINK}") as pipeline:
        pipeline.wait_for(lambda: pipeline.failed, timeout_s=10)

    assert pipeline.told(Gst.MessageType.ERROR) == [
        f"cannot play {video('sound.mp4')}: it has no video"
    ]


def test_the_element_can_be_played_again_and_again(video: Video) -> None:
    elements.register()
    pipeline = Gst.parse_launch(f"nvurisrcbin name=u uri={video('video.mp4')} fakesink name=out")
    assert isinstance(pipeline, Gst.Pipeline)
    source, out = pipeline.get_by_name("u"), pipeline.get_by_name("out")
    assert source is not None
    assert out is not None
    sink = out.get_static_pad("sink")
    assert sink is not None
    frames: list[int] = []

    def count(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        frames[-1] += 1
        return Gst.PadProbeReturn.OK

    source.connect("pad-added", lambda _source, pad: pad.link(sink))
    sink.add_probe(Gst.PadProbeType.BUFFER, count)
    for _ in range(20):
        frames.append(0)
        pipeline.set_state(Gst.State.PLAYING)
        ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
        message = pipeline.get_bus().timed_pop_filtered(10 * Gst.SECOND, ends)
        assert message is not None
        assert message.type == Gst.MessageType.EOS
        pipeline.set_state(Gst.State.NULL)

    assert frames == [FRAMES] * 20
    assert isinstance(source, Gst.Bin)
    assert source.children == []

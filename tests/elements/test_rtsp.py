"""nvurisrcbin with a real RTSP server, which is stopped and started again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pythia.elements.rtsp_reconnect import ReconnectPolicy
from pythia.gst import Gst
from pythia.gst.video import video_format
from support.living import Living, living
from support.play import Play
from support.rtsp_server import FPS, RtspServer

SINK = "! fakesink name=out sync=false"
TCP = "select-rtp-protocol=rtp-tcp"


@pytest.fixture(scope="module")
def lasting() -> Iterator[RtspServer]:
    server = RtspServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server() -> Iterator[RtspServer]:
    server = RtspServer()
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("protocol", ["rtp-tcp", "rtp-udp", "rtp-udp-udpmcast-tcp"])
@pytest.mark.parametrize("path", ["/video", "/jpeg"])
def test_frames_come_over_each_protocol(lasting: RtspServer, protocol: str, path: str) -> None:
    text = f"nvurisrcbin uri={lasting.uri(path)} select-rtp-protocol={protocol} latency=20"

    with living(f"{text} {SINK}") as pipeline:
        pipeline.more(5)
        pad = pipeline["out"].get_static_pad("sink")
        caps = pad.get_current_caps() if pad is not None else None

        assert caps is not None
        assert video_format(caps).nvmm
        assert (video_format(caps).width, video_format(caps).height) == (64, 48)


def test_sound_comes_if_it_is_wanted(lasting: RtspServer) -> None:
    text = f"nvurisrcbin name=u uri={lasting.uri('/av')} {TCP} disable-audio=false"
    sinks = "u.vsrc_0 ! fakesink async=false u.asrc_0 ! fakesink name=out async=false sync=false"

    with living(f"{text} {sinks}") as pipeline:
        pipeline.more(5)


def test_a_batch_has_the_senders_time_where_it_is_asked_for(lasting: RtspServer) -> None:
    text = (
        f"nvurisrcbin uri={lasting.uri()} {TCP} ! m.sink_0 nvstreammux name=m batch-size=1 "
        "width=64 height=48 live-source=true attach-sys-ts=false ! fakesink name=out sync=false"
    )

    with living(text) as pipeline:
        # The sender tells its wall clock with its first report.
        pipeline.wait_for(lambda: any(frame.ntp_timestamp for frame in pipeline.frames))
        sent_ns = pipeline.frames[-1].ntp_timestamp

    assert abs(time.time_ns() - sent_ns) < 30e9


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        ("/sound", "No supported stream was found"),
        ("/vp8", "VP8 not supported; available: H264, H265, JPEG, MP4V-ES"),
        ("/absent", "Not found"),
    ],
)
def test_a_stream_that_cannot_be_played_is_one_error(
    lasting: RtspServer, path: str, cause: str
) -> None:
    with living(f"nvurisrcbin uri={lasting.uri(path)} {TCP} {SINK}") as pipeline:
        pipeline.wait_for(lambda: pipeline.failed, timeout_s=10)
    errors = pipeline.told(Gst.MessageType.ERROR)

    assert len(errors) == 1
    assert cause in errors[0]


@pytest.mark.parametrize(("protocol", "reset"), [("rtp-tcp", False), ("rtp-udp", True)])
def test_frames_come_again_when_the_server_is_back(
    server: RtspServer, protocol: str, reset: bool
) -> None:
    source = f"nvurisrcbin uri={server.uri()} select-rtp-protocol={protocol} latency=20"
    mux = "nvstreammux name=m batch-size=1 width=64 height=48 live-source=true"
    option = f"frame-num-reset-on-stream-reset={reset}"

    with living(f"{source} rtsp-reconnect-interval=1 ! m.sink_0 {mux} {option} {SINK}") as pipeline:
        pipeline.more(5)
        server.stop()
        pipeline.wait_for(lambda: _attempts(pipeline) >= 1)
        server.start()
        before = len(pipeline.pts)
        pipeline.more(10)

        assert not pipeline.failed
        assert not pipeline.ended
        assert pipeline.pts == sorted(pipeline.pts)
        assert pipeline.pts[-1] - pipeline.pts[0] > Gst.SECOND
        numbers = [frame.frame_num for frame in pipeline.frames]
        begin = before if reset else 0
        assert numbers[begin:] == list(range(len(numbers) - begin))


def _attempts(pipeline: Living) -> int:
    warnings = pipeline.told(Gst.MessageType.WARNING)
    return len([text for text in warnings if "connecting anew, attempt" in text])


def test_a_server_that_falls_silent_is_connected_to_anew(server: RtspServer) -> None:
    source = f"nvurisrcbin uri={server.uri()} {TCP} rtsp-reconnect-interval=1"

    with living(f"{source} {SINK}") as pipeline:
        pipeline.more(5)
        server.pause()
        pipeline.wait_for(lambda: _attempts(pipeline) >= 1)
        server.resume()
        pipeline.more(5)


def test_a_source_is_given_up_after_its_last_attempt(server: RtspServer) -> None:
    text = (
        f"nvurisrcbin uri={server.uri()} {TCP} source-id=3 rtsp-reconnect-interval=1 "
        "rtsp-reconnect-attempts=2"
    )

    with living(f"{text} {SINK}") as pipeline:
        pipeline.more(5)
        server.stop()
        pipeline.wait_for(lambda: pipeline.ended)

    (told,) = pipeline.structures("attempt-exceeded")
    assert told.to_string() == (
        "attempt-exceeded, source-id=(uint)3, attempt_exceeded=(boolean)true;"
    )
    assert _attempts(pipeline) == 2
    assert f"gave up {server.uri()} after 2 attempts to connect" in pipeline.told(
        Gst.MessageType.WARNING
    )
    assert not pipeline.failed


def test_a_source_that_was_never_there_ends_in_an_error(server: RtspServer) -> None:
    server.stop()
    text = (
        f"nvurisrcbin uri={server.uri()} rtsp-reconnect-interval=9 "
        "init-rtsp-reconnect-interval=1 rtsp-reconnect-attempts=1"
    )

    with living(f"{text} {SINK}") as pipeline:
        pipeline.wait_for(lambda: pipeline.failed)

    assert pipeline.told(Gst.MessageType.ERROR) == [
        f"gave up {server.uri()} after 1 attempts to connect"
    ]


def test_without_reconnection_a_source_ends_with_its_server(server: RtspServer) -> None:
    with living(f"nvurisrcbin uri={server.uri()} {TCP} {SINK}") as pipeline:
        pipeline.more(5)
        server.stop()

        pipeline.wait_for(lambda: pipeline.ended or pipeline.failed, timeout_s=10)


def test_the_others_go_on_when_a_camera_is_given_up(
    server: RtspServer, lasting: RtspServer
) -> None:
    text = (
        f"nvmultiurisrcbin uri-list={server.uri()},{lasting.uri()} sensor-id-list=gone,stays "
        "port=0 max-batch-size=2 width=64 height=48 batched-push-timeout=40000 live-source=true "
        f"select-rtp-protocol=4 rtsp-reconnect-interval=1 rtsp-reconnect-attempts=1 {SINK}"
    )

    with living(text) as pipeline:
        pipeline.wait_for(lambda: {f.source_id for f in pipeline.frames} == {0, 1})
        server.stop()
        pipeline.wait_for(lambda: pipeline.structures("stream-remove"))
        pipeline.more(5)

        (removed,) = pipeline.structures("stream-remove")
        assert removed.get_string("sensor-id") == "gone"
        assert pipeline.frames[-1].sensorInfo_meta.sensor_id == "stays"
        assert not pipeline.failed


class TestReconnectPolicy:
    def test_time_without_data_makes_an_attempt_due(self) -> None:
        policy = ReconnectPolicy(interval_s=5, after_error_s=0, attempts=-1)

        policy.attempt(now=100)
        policy.data(now=103)

        assert policy.wait_s(now=104) == 4
        assert policy.wait_s(now=108) == 0

    def test_an_error_has_a_waiting_time_of_its_own(self) -> None:
        policy = ReconnectPolicy(interval_s=5, after_error_s=2, attempts=-1)

        policy.attempt(now=100)
        policy.failed(now=101)
        policy.resume(now=102)

        assert policy.wait_s(now=102) == 2

    def test_data_make_the_count_begin_anew(self) -> None:
        policy = ReconnectPolicy(interval_s=5, after_error_s=0, attempts=1)

        policy.attempt(now=0)
        given_up = policy.given_up
        policy.data(now=1)

        assert (given_up, policy.given_up) == (True, False)

    @pytest.mark.parametrize("attempts", [-1, 0])
    def test_without_a_limit_it_is_never_given_up(self, attempts: int) -> None:
        policy = ReconnectPolicy(interval_s=5, after_error_s=0, attempts=attempts)

        for now in range(1000):
            policy.attempt(now)

        assert not policy.given_up


class TestSmartRecord:
    def _text(self, server: RtspServer, folder: Path, *options: str) -> str:
        settings = f"smart-record=2 smart-rec-dir-path={folder} smart-rec-file-prefix=cam"
        return (
            f"nvurisrcbin name=u uri={server.uri()} {TCP} source-id=4 {settings} "
            f"{' '.join(options)} {SINK}"
        )

    def test_a_recording_goes_back_and_ends_by_itself(
        self, lasting: RtspServer, tmp_path: Path, play: Play
    ) -> None:
        done = threading.Event()
        told: list[Any] = []

        def note(_source: Gst.Element, info: Any, _user_data: Any) -> None:
            told.append(info)
            done.set()

        with living(self._text(lasting, tmp_path)) as pipeline:
            pipeline["u"].connect("sr-done", note)
            pipeline.more(FPS + 5)
            pipeline["u"].emit("start-sr", None, 1, 1, None)
            assert pipeline["u"].get_property("smart-rec-status")
            assert done.wait(30)
            assert not pipeline["u"].get_property("smart-rec-status")

        (file,) = tmp_path.iterdir()
        (info,) = told
        assert file.name.startswith("cam_4_00000_")
        assert file.suffix == ".mp4"
        assert (info.filename, info.dirpath) == (file.name, str(tmp_path))
        assert (info.sessionId, info.width, info.height) == (0, 64, 48)
        assert 1900 < info.duration < 2600
        frames = play(f"uridecodebin uri={file.as_uri()} {SINK}").pts
        assert 2 * FPS - 4 <= len(frames) <= 2.6 * FPS
        assert frames[0] < Gst.SECOND // 2

    def test_a_recording_can_be_stopped_and_another_one_started(
        self, lasting: RtspServer, tmp_path: Path, play: Play
    ) -> None:
        done = threading.Semaphore(0)

        with living(self._text(lasting, tmp_path, "smart-rec-container=1")) as pipeline:
            pipeline["u"].connect("sr-done", lambda *_: done.release())
            pipeline.more(5)
            for number in range(2):
                pipeline["u"].emit("start-sr", None, 0, 100, None)
                pipeline.more(5)
                pipeline["u"].emit("stop-sr", number)
                assert done.acquire(timeout=30)

        files = sorted(tmp_path.glob("*.mkv"))
        assert len(files) == 2
        for file in files:
            assert len(play(f"uridecodebin uri={file.as_uri()} {SINK}").pts) >= 5

    def test_a_recording_under_way_is_finished_when_the_pipeline_stops(
        self, lasting: RtspServer, tmp_path: Path, play: Play
    ) -> None:
        with living(self._text(lasting, tmp_path)) as pipeline:
            pipeline.more(5)
            pipeline["u"].emit("start-sr", None, 0, 100, None)
            pipeline.more(10)

        (file,) = tmp_path.iterdir()
        assert len(play(f"uridecodebin uri={file.as_uri()} {SINK}").pts) >= 10

    @pytest.mark.parametrize(
        ("signal", "arguments", "warning"),
        [
            ("start-sr", (None, 0, 9, None), "session 0 is being recorded"),
            ("stop-sr", (7,), "session 7 is not being recorded"),
        ],
    )
    def test_what_cannot_be_done_is_a_warning(
        self,
        lasting: RtspServer,
        tmp_path: Path,
        signal: str,
        arguments: tuple[object, ...],
        warning: str,
    ) -> None:
        with living(self._text(lasting, tmp_path)) as pipeline:
            pipeline.more(5)
            pipeline["u"].emit("start-sr", None, 0, 9, None)
            pipeline["u"].emit(signal, *arguments)

            assert any(warning in text for text in pipeline.told(Gst.MessageType.WARNING))

    @pytest.mark.parametrize(
        ("options", "cause"),
        [
            ("", "smart-rec-dir-path has to be a folder that exists; found: nothing"),
            ("smart-rec-dir-path=/no/such", "found: /no/such"),
            ("smart-rec-dir-path=/ smart-rec-mode=2", "records video only"),
            ("smart-rec-dir-path=/ disable-audio=false", "records video only"),
        ],
    )
    def test_settings_that_cannot_be_are_errors_at_the_start(
        self, options: str, cause: str
    ) -> None:
        text = f"nvurisrcbin uri=rtsp://127.0.0.1:1/ smart-record=2 {options} {SINK}"

        with living(text) as pipeline:
            pipeline.wait_for(lambda: pipeline.failed, timeout_s=10)

        assert cause in pipeline.told(Gst.MessageType.ERROR)[0]

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from http import HTTPStatus
from itertools import pairwise
from typing import Any

import pytest

from pythia.elements.chain import factory_of
from pythia.elements.requests import Region
from pythia.elements.rest_api import Sensor, answer
from pythia.elements.rest_settings import Refusal
from pythia.gst import Gst
from support.living import Living, living
from support.play import Play
from support.small_video import FRAMES, small_video

Video = Callable[[str], str]
SIZE = "max-batch-size=4 width=64 height=48 batched-push-timeout=20000"
SINK = "! fakesink name=out sync=false"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    folder = tmp_path_factory.mktemp("videos")
    return lambda name: small_video(folder, name).as_uri()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


def _ask(port: int, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, f"/api/v1/{path}", data)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read())


def _sensor(camera_id: str, url: str, change: str) -> dict[str, Any]:
    value = {"camera_id": camera_id, "camera_name": f"n-{camera_id}", "camera_url": url}
    return {"key": "sensor", "value": {**value, "change": change}}


def _add(port: int, camera_id: str, url: str) -> tuple[int, dict[str, Any]]:
    return _ask(port, "POST", "stream/add", _sensor(camera_id, url, "camera_add"))


def _remove(port: int, camera_id: str, url: str) -> tuple[int, dict[str, Any]]:
    return _ask(port, "POST", "stream/remove", _sensor(camera_id, url, "camera_remove"))


# The list of the start


def test_the_sources_of_the_list_are_batched_with_their_sensors(play: Play, video: Video) -> None:
    uris = [video("video.mp4"), video("video.mkv")]

    played = play(
        f"nvmultiurisrcbin uri-list={','.join(uris)} sensor-id-list=a,b sensor-name-list=x,y "
        f"port=0 {SIZE} {SINK}"
    )

    assert played.error is None
    assert sorted((f.source_id, f.frame_num) for f in played.frames) == [
        (source, number) for source in range(2) for number in range(FRAMES)
    ]
    sensors = {f.source_id: f.sensorInfo_meta for f in played.frames}
    for number, sensor in sensors.items():
        assert sensor.source_id == number
        assert (sensor.sensor_id, sensor.sensor_name) == ("ab"[number], "xy"[number])
        assert sensor.uri == uris[number]
    assert [m for m in played.element_messages if m.startswith("stream-add")] == [
        f"stream-add, source-id=(uint){n}, sensor-id=(string){'ab'[n]}, "
        f"sensor-name=(string){'xy'[n]}, uri=(string){uris[n]};"
        for n in range(2)
    ]


def test_properties_reach_the_sources_and_the_muxer(play: Play, video: Video) -> None:
    played = play(
        f"nvmultiurisrcbin uri-list={video('video.mp4')} port=0 {SIZE} drop-frame-interval=4 "
        f"enable-padding=true {SINK}"
    )

    assert len(played.frames) == FRAMES // 4


def test_a_file_in_a_loop_goes_on(video: Video) -> None:
    text = f"nvmultiurisrcbin uri-list={video('video.mp4')} file-loop=true port=0 {SIZE} {SINK}"

    with living(text) as pipeline:
        pipeline.wait_for(lambda: len(pipeline.frames) > 3 * FRAMES)

        assert not pipeline.ended


def test_a_source_that_ends_is_removed_and_told(video: Video) -> None:
    text = f"nvmultiurisrcbin name=m uri-list={video('video.mp4')} sensor-id-list=a {SIZE}"

    with living(f"{text} port=0 drop-pipeline-eos=true {SINK}") as pipeline:
        pipeline.wait_for(lambda: pipeline.structures("stream-remove"))

        assert [s.get_uint("stream-id")[1] for s in pipeline.structures("stream-eos")] == [0]
        assert not pipeline.ended


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ("uri-list=file:///a,file:///b max-batch-size=1", "uri-list has 2 sources"),
        ("uri-list=file:///a,file:///b sensor-id-list=x,x", "a sensor id is twice"),
        ("mode=audio", "mode=audio is not there"),
        ("sort-batch=true", "the portable runtime has no sort-batch"),
        ("enable-error-propagation=true", "has no enable-error-propagation"),
        ("port=http", "port=http has to be a number from 0 to 65535"),
        ("port=1 ip-address=192.0.2.1", "cannot listen on 192.0.2.1:1"),
        ("width=0", "nvstreammux: set width"),
        ("uri-list=file:///no/such.mp4", "no source is left: cannot play file:///no/such.mp4"),
    ],
)
def test_what_cannot_be_is_one_error_at_the_start(options: str, cause: str) -> None:
    given = options if "port" in options else f"port=0 {options}"

    with living(f"nvmultiurisrcbin width=64 height=48 {given} {SINK}") as pipeline:
        pipeline.wait_for(lambda: pipeline.failed, timeout_s=10)
    errors = pipeline.told(Gst.MessageType.ERROR)

    assert len(errors) == 1
    assert cause in errors[0]


def test_a_port_in_use_is_an_error_at_the_start(port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()

        with living(f"nvmultiurisrcbin port={port} {SIZE} {SINK}") as pipeline:
            pipeline.wait_for(lambda: pipeline.failed, timeout_s=10)

    assert f"cannot listen on localhost:{port}" in pipeline.told(Gst.MessageType.ERROR)[0]


def test_a_source_that_cannot_be_opened_does_not_stop_the_others(video: Video) -> None:
    text = (
        f"nvmultiurisrcbin uri-list=file:///no/such.mp4,rtsp://127.0.0.1:1/,{video('video.mp4')} "
        f"sensor-id-list=a,b,c port=0 {SIZE} {SINK}"
    )

    with living(text) as pipeline:
        pipeline.wait_for(lambda: pipeline.ended)

    assert len(pipeline.frames) == FRAMES
    assert not pipeline.failed
    warnings = pipeline.told(Gst.MessageType.WARNING)
    for start in ("source 0 (a) is removed: cannot play file", "source 1 (b) is removed: cannot"):
        assert any(text.startswith(start) for text in warnings)


def test_a_source_that_is_stopped_while_it_starts_leaves_no_pads_behind(video: Video) -> None:
    text = f"nvmultiurisrcbin uri-list={video('sound.mp4')} port=0 {SIZE} {SINK}"
    plugged: list[Gst.Element] = []

    def note(_pipeline: Gst.Bin, _bin: Gst.Bin, element: Gst.Element) -> None:
        plugged.append(element)

    def start_and_stop() -> None:
        pipeline = Living(text)
        pipeline.pipeline.connect("deep-element-added", note)
        pipeline.pipeline.set_state(Gst.State.PLAYING)
        pipeline.wait_for(lambda: pipeline.failed)
        pipeline.end()

    for _ in range(15):
        start_and_stop()

    decoding = [e for e in plugged if factory_of(e) in ("uridecodebin", "decodebin")]
    assert len(decoding) == 30
    assert not any(element.numsrcpads for element in decoding)


def test_sensor_ids_may_choose_the_numbers_of_their_sources(video: Video) -> None:
    text = (
        f"nvmultiurisrcbin uri-list={video('video.mp4')},{video('video.mkv')} port=0 "
        f"sensor-id-list=camera3,camera1 sensorID-padID-mapping=true {SIZE} {SINK}"
    )

    with living(text) as pipeline:
        pipeline.wait_for(lambda: pipeline.ended)

    assert {f.source_id for f in pipeline.frames} == {1, 3}


# Requests over HTTP


@pytest.fixture
def empty(port: int) -> Iterator[Living]:
    text = f"nvmultiurisrcbin name=m port={port} drop-pipeline-eos=true file-loop=true {SIZE}"
    with living(f"{text} {SINK}") as pipeline:
        yield pipeline


def test_sources_are_added_listed_and_removed(empty: Living, port: int, video: Video) -> None:
    added = [_add(port, name, video("video.mp4")) for name in "ab"]
    empty.wait_for(lambda: {f.source_id for f in empty.frames} == {0, 1})
    listed = _ask(port, "GET", "stream/get-stream-info")
    removed = _remove(port, "a", video("video.mp4"))
    empty.wait_for(lambda: {f.source_id for f in empty.frames[-5:]} == {1})

    ok = {"status": "HTTP/1.1 200 OK", "reason": "STREAM_ADD_SUCCESS"}
    assert added == [(200, ok)] * 2
    assert listed[1]["stream-info"] == {
        "stream-count": 2,
        "stream-info": [
            {"source_id": n, "camera_id": "ab"[n], "camera_name": f"n-{'ab'[n]}"} for n in range(2)
        ],
    }
    assert removed == (200, {"status": "HTTP/1.1 200 OK", "reason": "STREAM_REMOVE_SUCCESS"})
    assert _ask(port, "GET", "stream/get-stream-info")[1]["stream-info"]["stream-count"] == 1
    assert empty.frames[-1].sensorInfo_meta.sensor_id == "b"


def test_what_cannot_be_added_or_removed_says_why(empty: Living, port: int, video: Video) -> None:
    url = video("video.mp4")
    assert _add(port, "a", url)[0] == 200

    status, reply = _add(port, "a", url)
    assert status == 500
    assert reply["reason"] == "STREAM_ADD_FAIL, the sensor id 'a' is in use"

    status, reply = _remove(port, "b", url)
    assert status == 500
    assert reply["reason"] == f"STREAM_REMOVE_FAIL, there is no sensor 'b' with {url}"

    assert [_add(port, str(n), url)[0] for n in range(3)] == [200] * 3
    status, reply = _add(port, "one too many", url)
    assert status == 500
    assert (
        reply["reason"] == "STREAM_ADD_FAIL, there are 4 sources already, which is max-batch-size"
    )


def test_a_source_that_fails_later_is_removed(empty: Living, port: int) -> None:
    assert _add(port, "a", "file:///no/such.mp4")[0] == 200

    empty.wait_for(lambda: empty.structures("stream-remove"))

    assert _ask(port, "GET", "stream/get-stream-info")[1]["stream-info"]["stream-count"] == 0
    assert not empty.failed


def test_a_file_that_joins_later_begins_with_its_first_frame_in_time(
    port: int, video: Video
) -> None:
    text = f"nvmultiurisrcbin port={port} drop-pipeline-eos=true {SIZE} live-source=true"

    with living(f"{text} ! fakesink name=out sync=true") as pipeline:
        _add(port, "a", video("video.mp4"))
        pipeline.wait_for(lambda: pipeline.structures("stream-remove"))
        _add(port, "b", video("video.mp4"))
        pipeline.wait_for(lambda: len(pipeline.structures("stream-remove")) == 2)

    assert [f.frame_num for f in pipeline.frames] == 2 * list(range(FRAMES))
    assert pipeline.pts == sorted(set(pipeline.pts))


def test_the_state_is_told(empty: Living, port: int) -> None:
    replies = {
        path: _ask(port, "GET", path)[1]
        for path in ("health/get-dsready-state", "ready", "live", "startup")
    }

    assert replies["health/get-dsready-state"]["health-info"] == {"ds-ready": "YES"}
    assert replies["ready"]["ready-info"] == {"ds-ready": "YES"}
    assert replies["live"]["live-info"] == {"ds-liveness": "YES"}
    assert replies["startup"]["startup-info"] == {"ds-startup": "YES"}


def test_settings_change_while_playing(empty: Living, port: int, video: Video) -> None:
    _add(port, "a", video("video.mp4"))
    empty.more(3)

    skip = _ask(port, "POST", "dec/skip-frames", {"stream": {"stream_id": "0", "skip_frames": 2}})
    wait = {"stream": {"batched_push_timeout": 12345}}
    mux = _ask(port, "POST", "mux/batched-push-timeout", wait)
    flip = {"stream": {"stream_id": "0", "flip_method": 2}}
    conv = _ask(port, "POST", "conv/flip-method", flip)

    assert skip[1]["reason"] == "SKIP_FRAMES_UPDATE_SUCCESS"
    assert mux[1]["reason"] == "BATCHED_PUSH_TIMEOUT_UPDATE_SUCCESS"
    assert conv[1]["reason"] == "FLIP_METHOD_UPDATE_SUCCESS"
    inner: dict[str | None, Gst.Element] = {}
    bin = empty["m"]
    assert isinstance(bin, Gst.Bin)
    bin.iterate_recurse().foreach(lambda e: inner.__setitem__(factory_of(e), e))
    assert inner["nvstreammux"].get_property("batched-push-timeout") == 12345
    assert inner["nvvideoconvert"].get_property("flip-method") == 2
    # Key frames are four frames apart.
    empty.wait_for(lambda: [b - a for a, b in pairwise(_times(empty)[-5:])] == [4] * 4)


def test_requests_for_what_follows_travel_with_the_frames(
    empty: Living, port: int, video: Video
) -> None:
    _add(port, "a", video("video.mp4"))
    empty.more(1)
    found: list[str] = []

    def note(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event: Any = info.get_event()
        if event.type == Gst.EventType.CUSTOM_DOWNSTREAM:
            with empty.changed:
                found.append(event.get_structure().to_string())
                empty.changed.notify_all()
        return Gst.PadProbeReturn.OK

    pad: Any = empty["out"].get_static_pad("sink")
    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, note)
    interval = {"stream": {"stream_id": "0", "interval": 2}}
    regions = {"stream": {"stream_id": "0", "roi_count": 1, "roi": [REGION]}}
    replies = [
        _ask(port, "POST", "infer/set-interval", interval)[1]["reason"],
        _ask(port, "POST", "roi/update", regions)[1]["reason"],
    ]
    empty.wait_for(lambda: len(found) >= 2)

    assert replies == ["INFER_INTERVAL_UPDATE_SUCCESS", "ROI_UPDATE_SUCCESS"]
    assert found == [
        "nv-infer-interval-update, stream_id=(string)0, interval=(uint)2;",
        "nv-roi-update, stream_id=(string)0, roi-count=(uint)1, roi_id_0=(string)0, "
        "left_0=(uint)1, top_0=(uint)2, width_0=(uint)30, height_0=(uint)40;",
    ]


def _times(pipeline: Living) -> list[int]:
    return [round(f.buf_pts * 30 / Gst.SECOND) for f in list(pipeline.frames)]


@pytest.mark.parametrize(
    ("path", "fields", "status", "reason"),
    [
        (
            "dec/drop-frame-interval",
            {"stream_id": "9", "drop_frame_interval": 2},
            500,
            "DROP_FRAME_INTERVAL_UPDATE_FAIL, there is no stream 9",
        ),
        (
            "osd/process-mode",
            {"stream_id": "0", "process_mode": 0},
            500,
            "PROCESS_MODE_UPDATE_FAIL, there is no stream 0",
        ),
        (
            "analytics/reload-config",
            {"config_file_path": "/x"},
            500,
            "RELOAD_CONFIG_UPDATE_FAIL, there is no nvdsanalytics yet to change",
        ),
    ],
)
def test_what_is_not_there_cannot_be_changed(
    empty: Living, port: int, path: str, fields: dict[str, Any], status: int, reason: str
) -> None:
    assert _ask(port, "POST", path, {"stream": fields}) == (
        status,
        {"status": "HTTP/1.1 500 Internal Server Error", "reason": reason},
    )


def test_the_application_is_told_to_quit(empty: Living, port: int) -> None:
    reply = _ask(port, "POST", "app/quit", {"stream": {"app_quit": True}})

    (told,) = empty.structures("force-pipeline-eos")
    assert reply[1]["reason"] == "QUIT_SUCCESS"
    assert told.get_boolean("force_eos") == (True, True)


def test_odd_requests_do_no_harm(empty: Living, port: int, video: Video) -> None:
    with socket.create_connection(("127.0.0.1", port)) as silent:
        silent.sendall(b"POST /api/v1/stream/add HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        for text, status in (
            (b"\x00\xff nonsense\r\n\r\n", b"400"),
            (b"POST /api/v1/stream/add HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", b"413"),
            (b"POST /api/v1/stream/add HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
            (b"POST /live HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"411"),
            (b"DANCE /live HTTP/1.1\r\n\r\n", b"501"),
            (b"OPTIONS /api/v1/stream/add HTTP/1.1\r\n\r\n", b"204"),
        ):
            with socket.create_connection(("127.0.0.1", port)) as rude:
                rude.sendall(text)
                assert status in rude.recv(1000)

        # A client that never ends its request holds up nobody.
        assert _add(port, "a", video("video.mp4"))[0] == 200
    empty.more(2)


def test_every_refusal_is_json_with_status_and_reason(empty: Living, port: int) -> None:
    for method, path, status in (("PATCH", "stream/add", 405), ("TRACE", "live", 501)):
        found, reply = _ask(port, method, path)
        assert found == status
        assert reply["status"] == f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
        assert reply["reason"]


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "0.0.0.0", "::1", "::"])
def test_the_server_listens_on_any_address_of_the_machine(port: int, address: str) -> None:
    host = "::1" if ":" in address else "127.0.0.1"
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.bind((host, 0))
    except OSError:
        pytest.skip(f"this machine has no {host}")

    with living(f"nvmultiurisrcbin ip-address={address} port={port} {SIZE} {SINK}") as pipeline:
        with closing(http.client.HTTPConnection(host, port, timeout=30)) as connection:
            connection.request("GET", "/api/v1/live")
            assert connection.getresponse().status == 200
        assert not pipeline.failed


def test_the_server_ends_with_the_element_and_starts_with_it_again(port: int) -> None:
    text = f"nvmultiurisrcbin port={port} {SIZE} {SINK}"

    for _ in range(3):
        with living(text):
            assert _ask(port, "GET", "live")[0] == 200
        with pytest.raises(ConnectionRefusedError):
            _ask(port, "GET", "live")


# Requests without HTTP


class _Noted:
    """A controller that notes what it is asked to do."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def add_sensor(self, sensor: Sensor) -> None:
        self.asked.append(("add", sensor))

    def remove_sensor(self, sensor: Sensor) -> None:
        self.asked.append(("remove", sensor))

    def sensors(self) -> list[dict[str, Any]]:
        return []

    def state(self) -> str:
        return "READY"

    def set_property(self, target: str, source_id: int | None, name: str, value: Any) -> None:
        self.asked.append((target, source_id, name, value))

    def send(self, event: str, source_id: int, field: str, value: Any) -> None:
        self.asked.append((event, source_id, field, value))

    def set_regions(self, source_id: int, regions: Sequence[Region]) -> None:
        self.asked.append(("roi", source_id, *regions))

    def quit(self) -> None:
        raise Refusal("no")


def _answered(path: str, body: Any, method: str = "POST") -> tuple[int, str, list[Any]]:
    noted = _Noted()
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, reply = answer(noted, method, path, data)
    assert reply["status"] == f"HTTP/1.1 {int(status)} {HTTPStatus(status).phrase}"
    return int(status), reply["reason"], noted.asked


REGION = {"roi_id": "0", "left": 1, "top": 2, "width": 30, "height": 40}
_A = Sensor("a", "n-a", "file:///a")


@pytest.mark.parametrize(
    ("path", "body", "asked"),
    [
        ("stream/add", _sensor("a", "file:///a", "camera_add"), [("add", _A)]),
        ("stream/add", _sensor("a", "file:///a", "camera_streaming"), [("add", _A)]),
        ("stream/remove", _sensor("a", "file:///a", "camera_remove"), [("remove", _A)]),
        (
            "stream/add",
            {"event": _sensor("a", "file:///a", "camera_add")["value"], "headers": {}},
            [("add", _A)],
        ),
        (
            "dec/drop-frame-interval",
            {"stream": {"stream_id": "3", "drop_frame_interval": 30}},
            [("source", 3, "drop-frame-interval", 30)],
        ),
        (
            "dec/low-latency-mode",
            {"stream": {"stream_id": 3, "low_latency_mode": 1}},
            [("source", 3, "low-latency-mode", True)],
        ),
        (
            "conv/srccrop",
            {"stream": {"stream_id": "0", "src_crop": "0:0:8:8"}},
            [("converter", 0, "src-crop", "0:0:8:8")],
        ),
        ("mux/max-latency", {"stream": {"max_latency": 7}}, [("mux", None, "max-latency", 7)]),
        (
            "osd/process-mode",
            {"stream": {"stream_id": "0", "process_mode": 1}},
            [("nv-osd-process-mode-update", 0, "process_mode", 1)],
        ),
        (
            "infer/set-interval",
            {"stream": {"stream_id": "0", "interval": 32}},
            [("nv-infer-interval-update", 0, "interval", 32)],
        ),
        (
            "inferserver/set-interval",
            {"stream": {"stream_id": "0", "interval": 33}},
            [("nv-infer-interval-update", 0, "interval", 33)],
        ),
        (
            "nvtracker/config-path",
            {"stream": {"stream_id": "0", "config_path": "/x.yml"}},
            [("nv-tracker-config-update", 0, "config_path", "/x.yml")],
        ),
        (
            "enc/bitrate",
            {"stream": {"stream_id": "1", "bitrate": 2000000}},
            [("nv-enc-bitrate-update", 1, "bitrate", 2000000)],
        ),
        (
            "enc/force-idr",
            {"stream": {"stream_id": "1", "force_idr": 1}},
            [("nv-enc-force-idr", 1, "force", True)],
        ),
        (
            "enc/iframe-interval",
            {"stream": {"stream_id": "1", "iframeinterval": 9}},
            [("nv-enc-iframeinterval-update", 1, "interval", 9)],
        ),
        (
            "roi/update",
            {"stream": {"stream_id": "2", "roi_count": 1, "roi": [REGION]}},
            [("roi", 2, Region("0", 1, 2, 30, 40))],
        ),
    ],
)
def test_a_request_does_what_nvidias_server_does(path: str, body: Any, asked: list[Any]) -> None:
    status, reason, found = _answered(f"/api/v1/{path}", body)

    assert status == 200
    assert reason.endswith("_SUCCESS")
    assert found == asked


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        ("stream/add", b"{nonsense", 400, "STREAM_ADD_FAIL, the body is not JSON"),
        ("stream/add", b"\xff\xfe\xfd", 400, "STREAM_ADD_FAIL, the body is not JSON"),
        ("stream/add", b"[]", 400, "STREAM_ADD_FAIL, the body is not a JSON object"),
        ("stream/add", b"{}", 400, 'STREAM_ADD_FAIL, the body has no object "value"'),
        (
            "stream/add",
            _sensor("", "file:///a", "camera_add"),
            400,
            "STREAM_ADD_FAIL, camera_id is missing",
        ),
        (
            "stream/remove",
            _sensor("a", "", "camera_remove"),
            400,
            "STREAM_REMOVE_FAIL, camera_url is missing",
        ),
        ("stream/add", _sensor("a", "u", "camera_dance"), 400, "change is 'camera_dance'"),
        (
            "stream/add",
            {"value": {"camera_id": ["a"], "change": "camera_add"}},
            400,
            'STREAM_ADD_FAIL, camera_id is not text: ["a"]',
        ),
        (
            "dec/drop-frame-interval",
            {"stream": {"stream_id": "0", "drop_frame_interval": 31}},
            400,
            "DROP_FRAME_INTERVAL_UPDATE_FAIL, drop_frame_interval has to be a number from 0 to 30",
        ),
        (
            "dec/skip-frames",
            {"stream": {"stream_id": "0", "skip_frames": True}},
            400,
            "SKIP_FRAMES_UPDATE_FAIL, skip_frames has to be a number from 0 to 2; found: true",
        ),
        (
            "dec/skip-frames",
            {"stream": {"stream_id": "x", "skip_frames": 1}},
            400,
            "SKIP_FRAMES_UPDATE_FAIL, stream_id has to be the number of a stream; found: 'x'",
        ),
        ("dec/skip-frames", {"skip_frames": 1}, 400, "SKIP_FRAMES_UPDATE_FAIL, the body is not"),
        ("metrics", {}, 501, "/api/v1/metrics does nothing on the portable runtime"),
        ("roi/update", {}, 400, "ROI_UPDATE_FAIL, the body is not of the form"),
        ("roi/update", {"stream": {"stream_id": "0"}}, 400, "roi has to be a list of regions"),
        (
            "roi/update",
            {"stream": {"stream_id": "0", "roi_count": 2, "roi": [REGION]}},
            400,
            "ROI_UPDATE_FAIL, roi_count is 2, not 1",
        ),
        (
            "roi/update",
            {"stream": {"stream_id": "0", "roi_count": 1, "roi": [{**REGION, "left": -1}]}},
            400,
            "is no region with left, top, width, height in pixels",
        ),
        (
            "roi/update",
            {"stream": {"stream_id": "0", "roi_count": 1, "roi": [7]}},
            400,
            "ROI_UPDATE_FAIL, 7 is no region",
        ),
        (
            "infer/set-interval",
            {"stream": {"stream_id": "0", "interval": 33}},
            400,
            "INFER_INTERVAL_UPDATE_FAIL, interval has to be a number from 0 to 32; found: 33",
        ),
        (
            "nvtracker/config-path",
            {"stream": {"stream_id": "0", "config_path": ""}},
            400,
            "NVTRACKER_CONFIG_UPDATE_FAIL, config_path has to be given",
        ),
        ("stream/dance", {}, 404, "/api/v1/stream/dance is unknown; available: /api/v1/analytics"),
        ("app/quit", {}, 500, "no"),
    ],
)
def test_a_request_that_cannot_be_is_refused_with_a_reason(
    path: str, body: Any, status: int, reason: str
) -> None:
    found, told, asked = _answered(f"/api/v1/{path}", body)

    assert (found, asked) == (status, [])
    assert told.startswith(reason) or reason in told


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/stream/add"),
        ("DELETE", "/api/v1/stream/remove"),
        ("POST", "/api/v1/stream/get-stream-info"),
        ("PUT", "/live"),
    ],
)
def test_other_methods_are_refused(method: str, path: str) -> None:
    assert _answered(path, {}, method)[0] == 405


def test_the_version_and_the_health_have_no_version_in_their_paths() -> None:
    assert answer(_Noted(), "GET", "/version", b"")[1]["version"].endswith("REST API Version v1")
    assert answer(_Noted(), "GET", "/ready", b"")[1]["ready-info"] == {"ds-ready": "NO"}
    assert answer(_Noted(), "GET", "/stream/add", b"")[0] == 404

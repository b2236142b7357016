from __future__ import annotations

import itertools
import json
import re
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pika
import pytest

from pythia import objects_per_frame, samples
from pythia.gst import Gst
from pythia.messages import payload_fields, rfc3339
from pythia.meta import batch_of
from pythia.meta.portable import PortableBase, PortableBatch, PortableUser
from pythia.meta.portable_event import (
    PortableEventMsg,
    PortableEventRect,
    PortablePayload,
    PortablePerson,
    PortableVehicle,
)
from pythia.meta.types import EVENT_MSG_META, PAYLOAD_META, EventType, ObjectType
from support.brokers import BROKERS, AmqpServer, KafkaServer, RedisServer
from support.certificates import certificates
from support.play import Play, Played
from support.servers import PASSWORD, Server, Servers, free_port

FOLDER = "/opt/nvidia/deepstream/deepstream/lib"
SOURCE = "videotestsrc num-buffers={} ! video/x-raw,width=64,height=64 ! m.sink_0 "
MUX = SOURCE + "nvstreammux name=m batch-size=1 width=64 height=64 ! "
CONV = MUX + "nvmsgconv payload-type=1 msg2p-newapi=true frame-interval=1 ! "
PROTOCOLS = ("redis", "mqtt", "kafka", "amqp")

Look = Callable[[PortableBatch], None]
Clip = Callable[..., str]


class Broker(NamedTuple):
    """A server, the properties that reach it, and the keys of the adapter's file."""

    server: Server
    topic: str
    properties: str
    keys: str

    def launch(self, folder: Path, *keys: str) -> str:
        """The element, with a file of its own."""
        file = folder / "cfg.txt"
        file.write_text("\n".join(("[message-broker]", self.keys, *keys)))
        return f"nvmsgbroker name=out sync=false config={file} {self.properties}"

    def events(self, count: int) -> list[bytes]:
        """What has arrived."""
        return self.server.events(self.topic, count)


def broker_of(name: str, server: Server) -> Broker:
    topic = f"t{uuid.uuid4().hex[:12]}"
    server.expect(topic)
    library = f"proto-lib={FOLDER}/libnvds_{name}_proto.so"
    place = f"127.0.0.1;{server.port}"
    if name == "amqp":
        assert isinstance(server, AmqpServer)
        listen(server, topic)
        text = f'{library} conn-str="{place};{server.USER};{PASSWORD}" topic={topic}'
        return Broker(server, topic, text, "")
    keys = {
        "redis": f"payloadkey=data\npassword={PASSWORD}",
        "mqtt": f"username={server.USER}\npassword={PASSWORD}",
        "kafka": 'proto-cfg="message.timeout.ms=2000;linger.ms=1"',
    }
    return Broker(server, topic, f'{library} conn-str="{place};{topic}"', keys[name])


def listen(server: AmqpServer, name: str) -> None:
    """A queue for what is sent to DeepStream's default exchange."""
    connection = pika.BlockingConnection(server.parameters)
    channel = connection.channel()
    channel.queue_declare(name, durable=True)
    channel.queue_bind(name, "amq.topic", name)
    connection.close()


@pytest.fixture(scope="module", autouse=True)
def _slow_server_starts_early(request: pytest.FixtureRequest, server_of: Servers) -> None:
    wanted = any("[amqp]" in item.nodeid for item in request.session.items)
    if wanted and shutil.which(BROKERS["amqp"].BINARY):
        server_of.launched("amqp")


@pytest.fixture(params=PROTOCOLS)
def broker(request: pytest.FixtureRequest, server_of: Servers) -> Broker:
    return broker_of(request.param, server_of(request.param))


@pytest.fixture
def redis(server_of: Servers) -> Broker:
    return broker_of("redis", server_of("redis"))


def probe(name: str, pad_name: str, look: Look) -> Callable[[Gst.Pipeline], None]:
    """Has ``look`` see, and change, each batch at a pad."""

    def call(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        batch = batch_of(buffer) if buffer else None
        assert isinstance(batch, PortableBatch)
        look(batch)
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        element = pipeline.get_by_name(name)
        pad = element.get_static_pad(pad_name) if element else None
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, call)

    return prepare


def payloads(played: Played) -> list[bytes]:
    """What reached nvmsgbroker, in the order in which it sends."""
    return [
        user.user_meta_data.payload
        for frame in played.frames
        for user in frame.frame_user_meta_list
        if user.base_meta.meta_type == PAYLOAD_META
    ]


def first_of_each(events: list[bytes]) -> list[bytes]:
    return list(dict.fromkeys(events))


def test_every_payload_arrives_once_in_order_to_the_byte(
    play: Play, broker: Broker, tmp_path: Path
) -> None:
    played = play(CONV.format(30) + broker.launch(tmp_path))

    assert played.error is None, played.error
    sent = payloads(played)
    assert [json.loads(one)["id"] for one in sent] == [str(n) for n in range(30)]
    assert broker.events(30) == sent


def generate_event(kind: int, frame: int, number: int) -> PortableEventMsg:
    """What the metadata function of a public test program does, on the portable classes."""
    event = PortableEventMsg(objType=kind, frameId=frame, trackingId=number, ts=rfc3339())
    event.bbox = PortableEventRect(top=1, left=2, width=3, height=4)
    event.type = EventType.NVDS_EVENT_MOVING
    if kind == ObjectType.NVDS_OBJECT_TYPE_VEHICLE:
        event.extMsg = PortableVehicle("sedan", "Bugatti", "M", "blue", "CA", "XX1234")
    else:
        event.type = EventType.NVDS_EVENT_ENTRY
        event.extMsg = PortablePerson("male", "black", "none", "formal", 45)
    event.extMsgSize = 40
    return event


def attach_events(batch: PortableBatch) -> None:
    for frame in batch.frame_meta_list:
        for number, kind in enumerate((0, 1)):
            event = generate_event(kind, frame.frame_num, number)
            frame.add_user(PortableUser(PortableBase(EVENT_MSG_META), event))


def test_events_of_a_probe_go_out_beside_a_display_branch(
    play: Play, redis: Broker, tmp_path: Path
) -> None:
    config = tmp_path / "conv.yml"
    config.write_text("sensor0: {enable: 1, id: CAM}\nplace0: {enable: 1}\nanalytics0: {enable: 1}")
    shown: list[int] = []

    def show(batch: PortableBatch) -> None:
        (frame,) = batch.frame_meta_list
        kinds = [user.base_meta.meta_type for user in frame.frame_user_meta_list]
        shown.append(kinds.count(EVENT_MSG_META) - 10 * kinds.count(PAYLOAD_META))

    attach, look = probe("osd", "sink", attach_events), probe("display", "sink", show)
    played = play(
        MUX.format(10) + "nvvideoconvert ! nvdsosd name=osd ! tee name=t "
        f"t. ! queue ! nvmsgconv config={config} ! {redis.launch(tmp_path)} "
        "t. ! queue ! fakesink name=display sync=false",
        lambda pipeline: (attach(pipeline), look(pipeline))[0],
    )

    assert played.error is None, played.error
    assert shown == [2] * 10
    found = [json.loads(one) for one in redis.events(20)]
    assert [(one["object"]["id"], one["event"]["type"]) for one in found] == [
        ("0", "moving"),
        ("1", "entry"),
    ] * 10
    assert found[0]["object"]["vehicle"]["license"] == "XX1234"
    assert found[1]["object"]["person"]["age"] == 45
    assert {one["sensor"]["id"] for one in found} == {"CAM"}


def test_detections_go_out_without_any_probe(
    play: Play, redis: Broker, clip: Clip, tmp_path: Path
) -> None:
    seen: list[set[str]] = []

    def see(batch: PortableBatch) -> None:
        seen.extend(
            {obj.obj_label for obj in objects_per_frame(frame)} for frame in batch.frame_meta_list
        )

    played = play(
        f"{clip()} ! m.sink_0 nvstreammux name=m batch-size=1 width=1280 height=720 ! "
        f"nvinfer config-file-path={samples.path('config_infer_primary.txt')} ! tee name=t "
        "t. ! queue ! nvmsgconv payload-type=1 msg2p-newapi=1 frame-interval=4 ! "
        f"{redis.launch(tmp_path)} t. ! queue ! nvvideoconvert ! nvdsosd ! fakesink name=display",
        probe("display", "sink", see),
    )

    assert played.error is None, played.error
    found = [json.loads(one) for one in redis.events(2)]
    assert [one["id"] for one in found] == ["0", "4"]
    for message, labels in zip(found, (seen[0], seen[4]), strict=True):
        assert len(message["objects"]) > 10
        assert {line.split("|")[5] for line in message["objects"]} == labels


class Gates:
    """Holds the stream before some of its frames until somebody has done something."""

    def __init__(self, *frames: int) -> None:
        self.reached = {frame: threading.Event() for frame in frames}
        self.done = {frame: threading.Event() for frame in frames}

    def __call__(self, batch: PortableBatch) -> None:
        number = batch.frame_meta_list[0].frame_num
        if number in self.reached:
            self.reached[number].set()
            assert self.done[number].wait(30)

    def at(self, frame: int, action: Callable[[], object]) -> None:
        """Wait until the frame is there, act, and let it through."""
        assert self.reached[frame].wait(30)
        action()
        self.done[frame].set()


# A server dies with the thread that started it, so all of this happens on the main thread.
@pytest.mark.parametrize("name", ["redis", "kafka"])
def test_an_outage_in_mid_run_loses_nothing(
    play: Play, server_of: Servers, tmp_path: Path, name: str
) -> None:
    broker = broker_of(name, server_of(name))
    gates = Gates(10, 20)
    text = CONV.format(30) + broker.launch(tmp_path, "pythia-timeout-s=2")

    with ThreadPoolExecutor() as pool:
        running = pool.submit(play, text, probe("out", "sink", gates))
        gates.at(10, broker.server.stop)
        gates.at(20, broker.server.start)
        played = running.result(30)

    assert played.error is None, played.error
    assert first_of_each(broker.events(30)) == payloads(played)


def test_what_cannot_be_sent_at_the_end_is_an_error_that_counts_it(
    play: Play, server_of: Servers, tmp_path: Path
) -> None:
    broker = broker_of("redis", server_of("redis"))
    gates = Gates(0)
    text = CONV.format(5) + broker.launch(tmp_path, "flush-timeout=300")

    with ThreadPoolExecutor() as pool:
        running = pool.submit(play, text, probe("out", "sink", gates))
        gates.at(0, broker.server.stop)
        begin = time.monotonic()
        played = running.result(30)
    took_s = time.monotonic() - begin
    broker.server.start()

    assert played.error is not None
    assert re.search("5 of 5 events were not delivered.*refused", played.error), played.error
    assert PASSWORD not in played.error
    assert took_s < 5


@pytest.mark.parametrize("name", PROTOCOLS)
def test_no_broker_is_an_error_with_host_port_and_cause(play: Play, name: str) -> None:
    port = free_port()
    begin = time.monotonic()

    played = play(
        MUX.format(1) + f"nvmsgbroker proto-lib=libnvds_{name}_proto.so topic=t "
        f'conn-str="127.0.0.1;{port}"'
    )

    assert played.error is not None
    assert re.search(rf"127\.0\.0\.1:{port}: .*[Rr]efused", played.error), played.error
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("name", ["redis", "mqtt", "amqp"])
def test_a_wrong_password_is_told_and_never_shown(
    play: Play, server_of: Servers, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = server_of(name)
    monkeypatch.setenv(f"PASSWORD_{name.upper()}", "hunter2")
    if server.USER:
        monkeypatch.setenv(f"USER_{name.upper()}", server.USER)

    played = play(
        MUX.format(1) + f"nvmsgbroker proto-lib=libnvds_{name}_proto.so topic=t "
        f'conn-str="127.0.0.1;{server.port}"'
    )

    assert played.error is not None
    assert re.search("(?i)auth|password|login|ACCESS", played.error), played.error
    told = [message.parse_error() for message in played.messages if message.type == ERROR]
    assert "hunter2" not in str([(error.message, debug) for error, debug in told])


ERROR = Gst.MessageType.ERROR


def test_only_payloads_of_a_component_are_sent(play: Play, redis: Broker, tmp_path: Path) -> None:
    def attach(batch: PortableBatch) -> None:
        for component in (1, 2, 3):
            data = PortablePayload(f"{component}".encode(), 1, component)
            batch.frame_meta_list[0].add_user(PortableUser(PortableBase(PAYLOAD_META), data))

    played = play(
        MUX.format(2) + f"{redis.launch(tmp_path)} comp-id=2", probe("out", "sink", attach)
    )

    assert played.error is None
    assert redis.events(2) == [b"2", b"2"]


@pytest.mark.parametrize(("switch", "count"), [("false", 0), ("true", 2)])
def test_payloads_of_the_batch_are_sent_by_the_new_interface_only(
    play: Play, redis: Broker, tmp_path: Path, switch: str, count: int
) -> None:
    def attach(batch: PortableBatch) -> None:
        batch.add_user(PortableUser(PortableBase(PAYLOAD_META), PortablePayload(b"x", 1)))

    played = play(
        MUX.format(2) + f"{redis.launch(tmp_path)} new-api={switch}", probe("out", "sink", attach)
    )

    assert played.error is None
    assert redis.events(count) == [b"x"] * count


def test_a_topic_that_refuses_events_is_an_error(play: Play, redis: Broker, tmp_path: Path) -> None:
    assert isinstance(redis.server, RedisServer)
    with redis.server.client() as client:
        client.set(redis.topic, "no stream")

    played = play(CONV.format(100) + redis.launch(tmp_path))

    assert played.error is not None
    assert "WRONGTYPE" in played.error


def test_the_cause_is_told_before_the_stream_breaks(
    play: Play, redis: Broker, tmp_path: Path
) -> None:
    assert isinstance(redis.server, RedisServer)
    with redis.server.client() as client:
        client.set(redis.topic, "no stream")
    more = threading.Semaphore(0)
    went_on: list[bool] = []

    def hold(_bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == ERROR and not went_on:
            while more.acquire(blocking=False):
                pass
            # As long as the cause is not on the bus, frames have to pass.
            went_on.append(all(more.acquire(timeout=10) for _ in range(5)))

    def prepare(pipeline: Gst.Pipeline) -> None:
        probe("out", "sink", lambda _: more.release())(pipeline)
        pipeline.get_bus().enable_sync_message_emission()
        pipeline.get_bus().connect("sync-message", hold)

    played = play(CONV.format(-1) + redis.launch(tmp_path), prepare)

    assert played.error is not None
    assert "WRONGTYPE" in played.error
    assert went_on == [True]


def test_payloads_in_protocol_buffers_have_the_sensor_as_their_key(
    play: Play, server_of: Servers, tmp_path: Path
) -> None:
    broker = broker_of("kafka", server_of("kafka"))
    assert isinstance(broker.server, KafkaServer)

    text = CONV.format(3).replace("payload-type=1", "payload-type=2")
    played = play(text + broker.launch(tmp_path))

    assert played.error is None, played.error
    sensors = [payload_fields(payload)["sensorId"] for payload in payloads(played)]
    assert all(sensors)
    keys = [key for key, _ in broker.server.messages(broker.topic, 3)]
    assert keys == [sensor.encode() for sensor in sensors]


def test_mqtt_with_certificates(play: Play, server_of: Servers, tmp_path: Path) -> None:
    server = server_of("mqtt")
    broker = broker_of("mqtt", server)
    made = certificates()
    secured = broker._replace(
        properties=broker.properties.replace(str(server.port), str(server.tls_port))
    )
    keys = (
        f"enable-tls=1\ntls-cafile={made.certificate('authority')}\n"
        f"tls-certfile={made.certificate('client')}\ntls-keyfile={made.key('client')}"
    )

    played = play(CONV.format(2) + secured.launch(tmp_path, keys))

    assert played.error is None, played.error
    assert broker.events(2) == payloads(played)


def test_a_pipeline_can_be_played_again(play: Play, redis: Broker, tmp_path: Path) -> None:
    pipeline = Gst.parse_launch(CONV.format(3) + redis.launch(tmp_path))
    assert isinstance(pipeline, Gst.Pipeline)

    for _ in range(3):
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(10 * Gst.SECOND, ENDS)
        assert message is not None
        assert message.type == Gst.MessageType.EOS
        pipeline.set_state(Gst.State.READY)
    pipeline.set_state(Gst.State.NULL)

    assert len(redis.events(9)) == 9


ENDS = Gst.MessageType.EOS | Gst.MessageType.ERROR


@pytest.fixture
def stopping(play: Play) -> Callable[[str, int], float]:
    """A function that stops a pipeline when a frame reaches the end, and says how long it took."""

    def stop(text: str, frame: int) -> float:
        seen = threading.Event()
        numbers = iter(range(1000))
        pipeline = Gst.parse_launch(text)
        assert isinstance(pipeline, Gst.Pipeline)
        probe("out", "sink", lambda _: seen.set() if next(numbers) == frame else None)(pipeline)
        pipeline.set_state(Gst.State.PLAYING)
        assert seen.wait(10)
        begin = time.monotonic()
        pipeline.set_state(Gst.State.NULL)
        return time.monotonic() - begin

    return stop


def test_a_stop_without_end_of_stream_sends_what_came(
    stopping: Callable[[str, int], float], redis: Broker, tmp_path: Path
) -> None:
    text = CONV.format(-1).replace("videotestsrc", "videotestsrc is-live=true")

    stopping(text + redis.launch(tmp_path), 5)

    ids = [json.loads(one)["id"] for one in redis.events(5)]
    assert ids[:5] == ["0", "1", "2", "3", "4"]
    assert ids == [str(n) for n in range(len(ids))]


def test_a_full_queue_does_not_hold_the_stop(
    stopping: Callable[[str, int], float],
    server_of: Servers,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = broker_of("redis", server_of("redis"))
    keys = "pythia-queue=3\npythia-batch=1\npythia-timeout-s=60\nflush-timeout=200"
    broker.server.pause()
    try:
        text = CONV.format(-1) + broker.launch(tmp_path, keys, "pythia-connect=lazy")
        took_s = stopping(text, 4)  # one is on its way, three wait
    finally:
        broker.server.resume()

    assert took_s < 5
    # The fifth may be on its way to the queue when the stop comes.
    assert re.search(r"out: .* ([45]) of \1 events were not delivered in time", caplog.text)


def test_a_pause_with_a_full_queue_loses_nothing(
    play: Play, server_of: Servers, tmp_path: Path
) -> None:
    broker = broker_of("redis", server_of("redis"))
    full = threading.Event()
    text = CONV.format(12) + broker.launch(tmp_path, "pythia-queue=3", "pythia-batch=1")
    pipeline = Gst.parse_launch(text)
    assert isinstance(pipeline, Gst.Pipeline)
    numbers = itertools.count()
    probe("out", "sink", lambda _: full.set() if next(numbers) == 4 else None)(pipeline)

    pipeline.set_state(Gst.State.READY)
    broker.server.pause()
    try:
        pipeline.set_state(Gst.State.PLAYING)
        assert full.wait(10)
        paused = pipeline.set_state(Gst.State.PAUSED)
    finally:
        broker.server.resume()
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, ENDS)
    pipeline.set_state(Gst.State.NULL)

    assert paused != Gst.StateChangeReturn.FAILURE
    assert message is not None
    assert message.type == Gst.MessageType.EOS
    ids = [json.loads(one)["id"] for one in first_of_each(broker.events(12))]
    assert ids == [str(n) for n in range(12)]


def test_between_two_sends_is_the_sleep_time(play: Play, redis: Broker, tmp_path: Path) -> None:
    assert isinstance(redis.server, RedisServer)
    live = CONV.format(12).replace("videotestsrc", "videotestsrc is-live=true")

    played = play(live + redis.launch(tmp_path) + " sleep-time=250")

    assert played.error is None
    assert len(redis.events(12)) == 12
    with redis.server.client() as client:
        entries: Any = client.xrange(redis.topic)
    times_ms = [int(number.split(b"-")[0]) for number, _ in entries]
    gaps_ms = [after - before for before, after in itertools.pairwise(times_ms)]
    assert sum(gap > 20 for gap in gaps_ms) <= 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[other]\na=1", r"has no group \[message-broker\]; it has: other"),
        ("[message-broker]\npassword: hunter2", r"cfg.txt:2: this is not"),
        ("[message-broker]\npassword=hunter2\\q", r"cfg.txt:2: the value has the unknown escape"),
        ("[message-broker]\npythia-overflow=hunter", r"overflow='hunter'; available: block"),
        ("[message-broker]\npythia-queu=5", "unknown option queu.*did you mean 'queue'"),
    ],
)
def test_a_mistake_in_the_file_is_an_error_that_shows_no_secret(
    play: Play, tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "cfg.txt"
    file.write_text(content)

    played = play(
        MUX.format(1) + "nvmsgbroker proto-lib=libnvds_redis_proto.so "
        f'conn-str="127.0.0.1;1;t" config={file}'
    )

    assert played.error is not None
    assert re.search(message, played.error), played.error
    assert "hunter2" not in played.error


def test_defaults_are_deepstreams(play: Play) -> None:
    element: Any = Gst.ElementFactory.make("nvmsgbroker")

    assert [
        element.get_property(name) for name in ("proto-lib", "conn-str", "config", "topic")
    ] == [None] * 4
    assert (element.props.comp_id, element.props.new_api, element.props.sleep_time) == (0, False, 0)
    assert element.props.sync

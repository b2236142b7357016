"""Options of single schemes, seen at the receiving end."""

from __future__ import annotations

import asyncio
import base64
import logging
import threading
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import orjson
import paho.mqtt.client as mqtt
import pika
import pytest
import redis
from paho.mqtt.enums import CallbackAPIVersion

from pythia.event_stream import Worker, open_stream
from pythia.exceptions import RefusedError, StreamError, UndeliveredError
from support.brokers import BROKERS, AmqpServer, NatsServer, RedisServer
from support.servers import PASSWORD, Servers, free_port, wait_for
from support.web_hook import HttpServer


def post(uri: str, events: Sequence[bytes]) -> None:
    with closing(open_stream(uri)) as stream:
        stream.connect()
        stream.post(events)


@pytest.mark.parametrize("scheme", list(BROKERS))
def test_a_lazy_stream_without_a_server_tells_why_and_shows_no_password(
    scheme: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    place = f"127.0.0.1:{free_port()}"
    uri = f"{scheme}://me:hid%2Fden@{place}/?stream=x&connect=lazy&timeout_s=1"
    worker = Worker(open_stream(uri))

    worker.start()
    for event in range(3):
        worker.offer(event)
    named = wait_for(lambda: worker.stats().retried > 0, 5)
    threads = [thread.name for thread in threading.enumerate()]
    left = worker.drain(0.1)
    with pytest.raises(UndeliveredError, match=rf"3 of 3 events .*{place}.*[Rr]efused") as caught:
        worker.close()

    assert named
    assert left == 3
    shown = f"{caught.value} {worker.stats()} {worker.stream.uri!r} {threads} {caplog.text}"
    assert place in caplog.text
    assert "hid/den" not in shown
    assert "hid%2Fden" not in shown


@pytest.fixture
def client(server_of: Servers) -> redis.Redis:
    server = server_of("redis")
    assert isinstance(server, RedisServer)
    return server.client()


def test_redis_forgets_the_oldest_entries_beyond_maxlen(
    server_of: Servers, client: redis.Redis, name: str
) -> None:
    events = [b"%d" % number for number in range(2000)]

    post(server_of("redis").uri(name, "maxlen=500"), events)

    with client:
        kept: Any = client.xrange(name)
    assert 500 <= len(kept) <= 650  # MAXLEN ~ drops whole nodes of 100
    assert [fields[b"data"] for _, fields in kept] == events[-len(kept) :]


def test_redis_has_databases_users_and_a_name_for_the_field(
    server_of: Servers, client: Any, name: str
) -> None:
    server = server_of("redis")
    with client:
        client.execute_command("ACL SETUSER writer on >pw ~* +@all")
    uri = server.uri(name, "field=event").replace(f":{PASSWORD.replace('/', '%2F')}", "writer:pw")

    post(uri.replace("/?", "/3?"), [b"1"])

    with redis.Redis(port=server.port, password=PASSWORD, db=3) as there:
        entries: Any = there.xrange(name)
    assert [fields for _, fields in entries] == [{b"event": b"1"}]


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_mqtt_publishes_with_the_quality_asked_for(server_of: Servers, name: str, qos: int) -> None:
    server = server_of("mqtt")
    server.expect(name)

    post(server.uri(name, f"qos={qos}", "retain=yes"), [b"1", b"2"])

    assert server.events(name, 2) == [b"1", b"2"]
    (kept,) = retained(server.port, name)
    assert (kept.payload, kept.qos, kept.retain) == (b"2", qos, True)


def retained(port: int, topic: str) -> list[mqtt.MQTTMessage]:
    """What a client that comes now gets."""
    found: list[mqtt.MQTTMessage] = []
    late = mqtt.Client(CallbackAPIVersion.VERSION2)
    late.username_pw_set("pythia", PASSWORD)

    def subscribe(client: mqtt.Client, *_: object) -> None:
        client.subscribe(topic, qos=2)

    late.on_connect = subscribe
    late.on_message = lambda _, __, message: found.append(message)
    late.connect("127.0.0.1", port)
    late.loop_start()
    wait_for(lambda: bool(found))
    late.disconnect()
    late.loop_stop()
    return found


def test_mqtt_has_a_name_for_the_client(server_of: Servers, name: str) -> None:
    server = server_of("mqtt")

    post(server.uri(name, f"client_id=camera-{name}"), [b"1"])

    assert f"camera-{name}" in server.output()


@pytest.fixture
def channel(server_of: Servers) -> Any:
    server = server_of("amqp")
    assert isinstance(server, AmqpServer)
    connection = pika.BlockingConnection(server.parameters)
    yield connection.channel()
    connection.close()


def test_amqp_messages_are_persistent_in_a_durable_queue(
    server_of: Servers, channel: Any, name: str
) -> None:
    post(server_of("amqp").uri(name), [b"1"])

    channel.queue_declare(name, durable=True)  # raises if it were another kind
    _, properties, body = channel.basic_get(name, auto_ack=True)
    assert (body, properties.delivery_mode, properties.content_type) == (
        b"1",
        2,
        "application/json",
    )


def test_amqp_messages_go_to_an_exchange_and_wait_for_a_queue(
    server_of: Servers, channel: Any, name: str
) -> None:
    channel.exchange_declare(name, "topic")
    worker = Worker(open_stream(server_of("amqp").uri("cars.red", f"exchange={name}")))
    worker.start()

    worker.offer({"n": 1})
    assert wait_for(lambda: worker.stats().retried > 0)
    cause = worker.stats().last_error
    channel.queue_declare(name)
    channel.queue_bind(name, name, "cars.*")
    left = worker.drain(20)
    worker.close()

    assert left == 0
    assert "no queue takes the message" in str(cause)
    assert channel.basic_get(name, auto_ack=True)[2] == b'{"n":1}'


def test_amqp_without_its_exchange_or_vhost_is_an_error(server_of: Servers, name: str) -> None:
    uri = server_of("amqp").uri(name)

    with pytest.raises(StreamError, match=f"no exchange '{name}'"):
        post(f"{uri}&exchange={name}", [])
    with pytest.raises(StreamError, match="nowhere"):
        post(uri.replace("/?", "/nowhere?"), [])


def test_nats_uses_the_jetstream_stream_that_takes_the_subject(
    server_of: Servers, name: str
) -> None:
    server = server_of("nats")
    assert isinstance(server, NatsServer)

    async def make() -> None:
        client = await server.client()
        await client.jetstream().add_stream(name="ALL", subjects=[f"{name}.>"])
        await client.close()

    async def count() -> int:
        client = await server.client()
        info = await client.jetstream().stream_info("ALL")
        await client.jetstream().delete_stream("ALL")
        await client.close()
        return info.state.messages

    asyncio.run(make())
    stream = open_stream(server.uri(f"{name}.red"))
    stream.connect()
    stream.post([b"1", b"2"])
    stream._number = 0  # type: ignore[attr-defined]  # as if the confirmation had been lost
    stream.post([b"1", b"2"])
    stream.close()

    assert asyncio.run(count()) == 2


def test_nats_ends_at_a_message_that_is_too_large(server_of: Servers, name: str) -> None:
    server = server_of("nats")
    ended: list[BaseException] = []
    worker = Worker(open_stream(server.uri(name)), batch=1, on_failure=ended.append)
    worker.start()

    worker.offer({"n": 1})
    worker.offer({"picture": "x" * 2_000_000})
    assert wait_for(lambda: bool(ended))
    worker.drain(5)
    worker.close()

    assert isinstance(ended[0], RefusedError)
    assert "maximum payload exceeded" in str(ended[0])
    assert (worker.stats().sent, worker.stats().dropped) == (1, 1)
    assert server.events(name, 1) == [b'{"n":1}']


def test_a_web_hook_gets_whole_batches_and_a_token(server_of: Servers, name: str) -> None:
    server = server_of("http")
    assert isinstance(server, HttpServer)
    server.answers[name] = [200, 200, 200]
    uri = server.uri(name, "token=t0ken", "batch=50", "linger_ms=1000")
    worker = Worker(open_stream(uri))

    for event in range(120):
        worker.offer(event)
    worker.start()
    left = worker.drain(20)
    worker.close()

    mine = [one for one in server.requests if one[1].get("X-Stream") == name]
    assert left == 0
    assert [len(orjson.loads(body)) for _, _, body in mine] == [50, 50, 20]
    assert {headers["Authorization"] for _, headers, _ in mine} == {"Bearer t0ken"}


@pytest.mark.parametrize("option", ["", "token=t0ken"])
def test_a_web_hook_that_shows_the_request_gives_no_secret_away(
    server_of: Servers, name: str, option: str
) -> None:
    server = server_of("http")
    assert isinstance(server, HttpServer)
    server.answers[name] = [400]
    server.shows_requests = True
    stream = open_stream(server.uri(name, option))
    stream.connect()

    with (
        closing(stream),
        pytest.raises(RefusedError, match=r"400 .*Authorization") as caught,
    ):
        stream.post([b"1"])
    server.shows_requests = False

    login = base64.b64encode(f"{server.USER}:{PASSWORD}".encode()).decode()
    assert "***" in str(caught.value)
    assert login not in str(caught.value)
    assert "t0ken" not in str(caught.value)

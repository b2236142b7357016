"""Options that come from elsewhere: ready messages, settings of a client library."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import orjson
import pika
import pytest

from pythia.event_stream import Worker, open_stream
from pythia.exceptions import StreamError, UndeliveredError
from support.brokers import AmqpServer, KafkaServer
from support.servers import PASSWORD, Servers


def deliver(uri: str, *events: Any) -> None:
    worker = Worker(open_stream(uri))
    worker.start()
    for event in events:
        worker.offer(event)
    assert worker.drain(20) == 0
    worker.close()


@pytest.fixture
def name() -> str:
    return f"t{uuid.uuid4().hex[:12]}"


def test_ready_messages_travel_to_the_byte(server_of: Servers, name: str) -> None:
    server = server_of("redis")

    deliver(server.uri(name, "format=text"), b'{ "a" : 1 }\n', "größe", b"\x00\xff", b"")

    assert server.events(name, 4) == [b'{ "a" : 1 }\n', "größe".encode(), b"\x00\xff", b""]


def test_a_ready_message_is_text_or_bytes(server_of: Servers, name: str) -> None:
    server = server_of("redis")
    worker = Worker(open_stream(server.uri(name, "format=text")))
    worker.start()

    for event in ("a", {"n": 1}, "b"):
        worker.offer(event)
    worker.drain(20)

    with pytest.raises(UndeliveredError, match="dict is neither str nor bytes"):
        worker.close()
    assert server.events(name, 2) == [b"a", b"b"]


def test_lines_of_a_file_are_no_place_for_ready_messages(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="file writes lines of text"):
        open_stream(f"file://{tmp_path}/x.jsonl?format=text")


def test_a_kafka_key_may_lie_within_an_event(server_of: Servers, name: str) -> None:
    server = server_of("kafka")
    assert isinstance(server, KafkaServer)
    server.expect(name)
    events = [{"sensor": {"id": "a"}}, {"sensor.id": "b"}, {"sensor": 3}, {"sensor": {}}, [1]]

    deliver(server.uri(name, "key=sensor.id"), *events)

    assert [key for key, _ in server.messages(name, 5)] == [b"a", b"b", None, None, None]


@pytest.mark.parametrize("option", ["rdkafka.acks=1", "rdkafka.message.max.bytes=2000000"])
def test_properties_of_librdkafka_can_be_set(server_of: Servers, name: str, option: str) -> None:
    server = server_of("kafka")
    server.expect(name)

    deliver(server.uri(name, option), "x" * (1_500_000 if "bytes" in option else 10))

    (event,) = server.events(name, 1)
    assert set(orjson.loads(event)) == {"x"}


def test_an_unknown_property_of_librdkafka_is_an_error_that_names_it(server_of: Servers) -> None:
    uri = server_of("kafka").uri("x", "rdkafka.sasl.pasword=hunter2", "rdkafka.lingr.ms=5")
    stream = open_stream(uri)

    with pytest.raises(StreamError, match=r"sasl\.pasword|lingr\.ms") as caught:
        stream.connect()

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "options"),
    [
        ("mqtt", ["keepalive_s=5"]),
        ("amqp", ["heartbeat_s=0", "frame_bytes=8192"]),
        ("amqp", ["heartbeat_s=30"]),
    ],
)
def test_what_is_agreed_with_the_broker_does_not_change_what_arrives(
    server_of: Servers, name: str, scheme: str, options: list[str]
) -> None:
    server = server_of(scheme)
    server.expect(name)

    deliver(server.uri(name, *options), "x" * 50_000)

    assert server.events(name, 1) == [b'"' + b"x" * 50_000 + b'"']


def test_an_exchange_may_drop_what_nobody_listens_to(server_of: Servers, name: str) -> None:
    server = server_of("amqp")
    assert isinstance(server, AmqpServer)
    uri = server.uri(name, "exchange=amq.topic", "mandatory=no")

    deliver(uri, "dropped")
    _listen(server, name)
    deliver(uri, "kept")

    assert server.events(name, 1) == [b'"kept"']


def _listen(server: AmqpServer, name: str) -> None:
    login = pika.PlainCredentials(server.USER, PASSWORD)
    parameters = pika.ConnectionParameters("127.0.0.1", server.port, credentials=login)
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    channel.queue_declare(name, durable=True)
    channel.queue_bind(name, "amq.topic", name)
    connection.close()


def test_authorities_may_be_a_folder(tmp_path: Path) -> None:
    stream: Any = open_stream(f"mqtt://h/?stream=x&tls=yes&tls_ca={tmp_path}")

    assert stream.tls_context().cert_store_stats()["x509_ca"] == 0

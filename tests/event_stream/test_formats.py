from __future__ import annotations

import dataclasses
import enum
import time
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

import msgpack
import numpy as np
import orjson
import pytest

from pythia.event_stream import Worker, open_stream
from pythia.event_stream.encoding import EncodingError, encode_msgpack
from pythia.exceptions import StreamError
from support.brokers import KafkaServer
from support.servers import Servers
from support.web_hook import HttpServer


def deliver(uri: str, *events: Any) -> None:
    worker = Worker(open_stream(uri))
    worker.start()
    for event in events:
        worker.offer(event)
    assert worker.drain(20) == 0
    worker.close()


def test_a_cloud_event_has_what_the_specification_requires(server_of: Servers) -> None:
    server, name = server_of("redis"), uuid.uuid4().hex
    begin = datetime.now(timezone.utc)

    deliver(server.uri(name, "format=cloudevents", "source=/cam/1"), {"n": 1}, {"n": 2})

    first, second = map(orjson.loads, server.events(name, 2))
    moment = datetime.fromisoformat(first.pop("time").replace("Z", "+00:00"))
    assert first.pop("id") != second["id"]
    assert first == {
        "specversion": "1.0",
        "source": "/cam/1",
        "type": "pythia.event",
        "datacontenttype": "application/json",
        "data": {"n": 1},
    }
    assert timedelta(seconds=-0.001) < moment - begin < timedelta(seconds=10)


def test_the_time_of_a_cloud_event_is_when_it_was_yielded() -> None:
    made = open_stream("log://?format=cloudevents").format

    stamped = made.stamp({"n": 1})
    time.sleep(0.05)
    late = time.time()
    event = orjson.loads(made.encode(stamped))

    assert datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp() < late - 0.04


def test_messagepack_arrives_as_it_was_yielded(server_of: Servers) -> None:
    server, name = server_of("redis"), uuid.uuid4().hex

    deliver(server.uri(name, "format=msgpack"), {"box": (1, 2.5), "raw": b"\0\xff", 7: None})

    (event,) = server.events(name, 1)
    assert msgpack.unpackb(event, strict_map_key=False) == {
        "box": [1, 2.5],
        "raw": b"\0\xff",
        7: None,
    }


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Box:
    left: np.float32
    colour: Colour


MOMENT = datetime(2024, 1, 2, tzinfo=timezone.utc)
ID = uuid.UUID(int=1)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Box(np.float32(0.5), Colour.RED), {"left": 0.5, "colour": "red"}),
        (np.arange(4).reshape(2, 2), [[0, 1], [2, 3]]),
        (MOMENT, "2024-01-02T00:00:00+00:00"),
        (ID, str(ID)),
    ],
)
def test_values_have_a_messagepack_form(value: Any, plain: Any) -> None:
    assert msgpack.unpackb(encode_msgpack({"v": value})) == {"v": plain}


@pytest.mark.parametrize(
    ("event", "where"),
    [
        ({"all": [1, {2}]}, r"event\['all'\]\[1\] of type builtins.set .*MessagePack"),
        ({"n": 2**70}, r"event\['n'\] of type builtins.int"),
    ],
)
def test_a_value_without_messagepack_form_is_named(event: Any, where: str) -> None:
    with pytest.raises(EncodingError, match=where):
        encode_msgpack(event)


@pytest.mark.parametrize("form", ["json", "cloudevents", "msgpack"])
def test_a_key_of_kafka_is_a_field_of_the_event(server_of: Servers, form: str) -> None:
    server, name = server_of("kafka"), uuid.uuid4().hex
    assert isinstance(server, KafkaServer)
    server.expect(name, partitions=4)
    events = [{"source_id": n % 3, "n": n} for n in range(60)] + [{"n": 60}]

    deliver(server.uri(name, "key=source_id", f"format={form}"), *events)

    messages = server.messages(name, 61)
    made = open_stream(f"kafka://x?stream=x&format={form}").format
    arrived = [(key, made.decode(value)) for key, value in messages]
    assert len(arrived) == 61
    for source in range(3):
        mine = [event for key, event in arrived if key == b"%d" % source]
        assert mine == [event for event in events if event.get("source_id") == source]
    assert [event for key, event in arrived if key is None] == [{"n": 60}]


@pytest.mark.parametrize(
    ("options", "kind", "body"),
    [
        ([], "application/json", b'[{"n":1},{"n":2}]'),
        (["body=lines"], "application/x-ndjson", b'{"n":1}\n{"n":2}\n'),
        (["format=msgpack"], "application/msgpack", msgpack.packb([{"n": 1}, {"n": 2}])),
        (["format=cloudevents"], "application/cloudevents-batch+json", None),
    ],
)
def test_a_web_hook_gets_a_batch_and_its_media_type(
    server_of: Servers, options: list[str], kind: str, body: bytes | None
) -> None:
    server, name = server_of("http"), uuid.uuid4().hex
    assert isinstance(server, HttpServer)
    server.answers[name] = [204]

    deliver(server.uri(name, "query=a%3D1", *options), {"n": 1}, {"n": 2})

    path, headers, got = server.requests[-1]
    assert (path, headers["Content-Type"], headers["X-Stream"]) == ("/?a=1", kind, name)
    if body is None:
        assert [event["data"] for event in orjson.loads(got)] == [{"n": 1}, {"n": 2}]
    else:
        assert got == body


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("log://?format=xml", "available: json, cloudevents, msgpack"),
        ("log://?format=msgpack", "log writes lines of text"),
        ("memory://?format=json", "memory keeps objects"),
        ("log://?source=/x", "source= belongs to format=cloudevents"),
        ("http://x?body=lines&format=msgpack", "body=lines is text"),
    ],
)
def test_a_format_that_cannot_be_is_an_error(uri: str, message: str) -> None:
    with pytest.raises(StreamError, match=message):
        open_stream(uri)

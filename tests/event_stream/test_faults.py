"""What happens to events when the other end fails, counted at the receiving end."""

from __future__ import annotations

import sys
import uuid

import pytest

from pythia.event_stream import Worker, open_stream
from pythia.exceptions import MissingDependencyError, RefusedError, UndeliveredError
from support.brokers import RedisServer
from support.servers import PASSWORD, Servers, wait_for


@pytest.mark.parametrize("overflow", ["drop-oldest", "drop-newest"])
def test_what_an_outage_drops_is_counted_and_the_rest_arrives(
    server_of: Servers, overflow: str
) -> None:
    server, name = server_of("redis"), uuid.uuid4().hex
    options = (f"overflow={overflow}", "queue=50", "batch=10", "linger_ms=0")
    worker = Worker(open_stream(server.uri(name, *options)))
    worker.start()
    server.stop()

    for n in range(500):
        worker.offer(n)
    assert wait_for(lambda: worker.stats().retried > 0)
    server.start()
    left = worker.drain(20)
    worker.close()

    stats = worker.stats()
    arrived = list(dict.fromkeys(map(int, server.events(name, stats.sent))))
    assert left == 0
    assert (len(arrived), stats.queued) == (stats.sent, 500)
    assert stats.sent + stats.dropped == 500
    assert stats.dropped >= 400
    assert sorted(arrived) == arrived
    assert (499 in arrived) == (overflow == "drop-oldest")
    assert (0 in arrived) or overflow == "drop-oldest"


def test_a_server_killed_before_the_end_leaves_events_that_are_told(server_of: Servers) -> None:
    server, name = server_of("redis"), uuid.uuid4().hex
    worker = Worker(open_stream(server.uri(name)))
    worker.start()
    worker.offer(0)
    assert wait_for(lambda: worker.stats().sent == 1)

    server.end()
    for n in range(1, 8):
        worker.offer(n)
    left = worker.drain(0.5)

    assert left == 7
    with pytest.raises(UndeliveredError, match="7 of 8 events were not delivered") as caught:
        worker.close()
    assert PASSWORD not in str(caught.value)
    assert "***" in str(caught.value)


def test_a_lazy_stream_starts_without_its_server(server_of: Servers) -> None:
    server, name = server_of("redis"), uuid.uuid4().hex
    server.stop()
    worker = Worker(open_stream(server.uri(name, "connect=lazy")))

    worker.start()
    for n in range(10):
        worker.offer(n)
    tried = wait_for(lambda: worker.stats().retried > 0)
    server.start()
    left = worker.drain(20)
    worker.close()

    assert tried
    assert left == 0
    assert list(map(int, server.events(name, 10))) == list(range(10))


def test_a_key_of_another_kind_ends_the_stream_with_the_cause(server_of: Servers) -> None:
    server, name = server_of("redis"), uuid.uuid4().hex
    assert isinstance(server, RedisServer)
    with server.client() as client:
        client.set(name, "text")
    ended: list[BaseException] = []
    worker = Worker(open_stream(server.uri(name)), on_failure=ended.append)

    worker.start()
    worker.offer(1)
    assert wait_for(lambda: bool(ended))
    worker.offer(2)
    worker.drain(5)
    worker.close()

    assert isinstance(ended[0], RefusedError)
    assert "WRONGTYPE" in str(ended[0])
    assert (worker.stats().dropped, worker.stats().pending) == (2, 0)


@pytest.mark.parametrize(
    ("extra", "library"),
    [
        ("kafka", "confluent_kafka"),
        ("redis", "redis"),
        ("mqtt", "paho.mqtt.client"),
        ("amqp", "pika"),
        ("nats", "nats.aio.client"),
    ],
)
def test_a_client_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, extra: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"pythia.event_stream.{extra}", raising=False)

    with pytest.raises(MissingDependencyError, match=rf"pip install 'pythiags\[{extra}\]'"):
        open_stream(f"{extra}://x?stream=x")


def test_a_format_whose_library_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "msgpack", None)

    with pytest.raises(MissingDependencyError, match=r"pip install 'pythiags\[msgpack\]'"):
        open_stream("redis://x?stream=x&format=msgpack")

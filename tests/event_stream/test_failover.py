"""Several hosts in one URI: who takes the events when one of them is gone."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from typing import Protocol, TypeVar

import pytest

from pythia.event_stream import Worker, open_stream
from pythia.exceptions import StreamError
from support.brokers import KafkaServer, RedisServer
from support.relay import Relay
from support.servers import Server, Servers, free_port, wait_for

SCHEMES = ("redis", "mqtt", "nats", "http", "kafka", "amqp")


@pytest.fixture(params=SCHEMES)
def server(request: pytest.FixtureRequest, server_of: Servers, name: str) -> Server:
    found = server_of(request.param)
    found.expect(name)
    return found


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    made = Relay(server.port)
    yield made
    made.end()


def behind(port: int, server: Server, name: str, *options: str) -> str:
    """The URI of ``server`` with another host before it."""
    own = f"127.0.0.1:{server.port}"
    return server.uri(name, *options).replace(own, f"127.0.0.1:{port},{own}")


def test_a_first_host_that_is_dead_is_passed_over(server: Server, name: str) -> None:
    with closing(open_stream(behind(free_port(), server, name))) as stream:
        stream.connect()
        stream.post([b"1", b"2"])

    assert server.events(name, 2) == [b"1", b"2"]


def test_a_first_host_that_never_answers_is_passed_over(server: Server, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = behind(silent.getsockname()[1], server, name, "timeout_s=1")
        worker = Worker(open_stream(uri))
        worker.start()
        worker.offer(1)
        left = worker.drain(20)
        worker.close()

    assert left == 0
    assert server.events(name, 1) == [b"1"]


# A client of Kafka asks the cluster who its brokers are.
@pytest.mark.parametrize("server", [one for one in SCHEMES if one != "kafka"], indirect=True)
def test_the_next_host_takes_over_from_one_that_dies_in_mid_run(
    server: Server, relay: Relay, name: str
) -> None:
    worker = Worker(open_stream(behind(relay.port, server, name, "timeout_s=2")), batch=20)
    worker.start()

    for n in range(100):
        worker.offer(n)
    assert wait_for(lambda: worker.stats().sent == 100)
    relay.end()
    for n in range(100, 200):
        worker.offer(n)
    left = worker.drain(20)
    worker.close()

    assert relay.connections > 0
    assert left == 0
    assert list(dict.fromkeys(map(int, server.events(name, 200)))) == list(range(200))


Kind = TypeVar("Kind", bound=Server)


class Start(Protocol):
    """Starts a server for one test."""

    def __call__(self, kind: type[Kind]) -> Kind: ...


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    servers: list[Server] = []

    def start_one(kind: type[Kind]) -> Kind:
        server = kind(tmp_path_factory.mktemp("server"))
        servers.append(server)
        server.start()
        return server

    yield start_one
    for server in servers:
        server.end()


def test_a_redis_that_only_reads_is_passed_over(
    server_of: Servers, start: Start, name: str
) -> None:
    server, replica = server_of("redis"), start(RedisServer)
    with replica.client() as client:
        client.replicaof("127.0.0.1", str(server.port))
    worker = Worker(open_stream(behind(replica.port, server, name)))
    worker.start()

    worker.offer(1)
    left = worker.drain(20)
    worker.close()

    assert left == 0
    assert server.events(name, 1) == [b"1"]


class KafkaPair(KafkaServer):
    COUNT = 2


def test_another_broker_of_a_cluster_takes_over(start: Start, name: str) -> None:
    server = start(KafkaPair)
    server.expect(name)
    server.tell(f"leader {name} 1")
    worker = Worker(open_stream(server.uri(name, "timeout_s=2")), batch=20)
    worker.start()

    for n in range(100):
        worker.offer(n)
    assert wait_for(lambda: worker.stats().sent == 100)
    server.tell("down 1")
    server.tell(f"leader {name} 2")
    for n in range(100, 200):
        worker.offer(n)
    left = worker.drain(20)
    worker.close()

    assert left == 0
    assert list(dict.fromkeys(map(int, server.events(name, 200)))) == list(range(200))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_when_all_hosts_are_dead_each_is_named(scheme: str) -> None:
    ports = free_port(), free_port()
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    stream = open_stream(f"{scheme}://{hosts}/?stream=x&timeout_s=1")

    with pytest.raises(StreamError, match=r"[Rr]efused") as caught:
        stream.connect()

    for port in ports:
        assert f"127.0.0.1:{port}" in str(caught.value).partition("cannot connect to")[2]

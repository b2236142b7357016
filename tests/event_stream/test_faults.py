"""What happens to events when the other end fails, counted at the receiving end."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pythia.event_stream import Worker, open_stream
from pythia.exceptions import MissingDependencyError, RefusedError, StreamError, UndeliveredError
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


def test_a_client_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    monkeypatch.delitem(sys.modules, "pythia.event_stream.kafka", raising=False)

    with pytest.raises(MissingDependencyError, match=r"pip install 'pythiags\[kafka\]'"):
        open_stream("kafka://x?stream=x")


class TlsRedis(RedisServer):
    SCHEME = "rediss"

    def command(self) -> list[str]:
        files = self.folder
        make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
        target = (
            f"-addext subjectAltName=IP:127.0.0.1 -keyout {files}/key.pem -out {files}/cert.pem"
        )
        subprocess.run([*make.split(), *target.split()], check=True, capture_output=True)
        tls = f"--tls-port {self.port} --port 0 --tls-auth-clients no --requirepass {PASSWORD}"
        pair = f"--tls-cert-file {files}/cert.pem --tls-key-file {files}/key.pem"
        return [self.BINARY, *tls.split(), *pair.split()]

    def client(self):  # type: ignore[no-untyped-def]
        import redis

        ca = f"{self.folder}/cert.pem"
        return redis.Redis(
            host="127.0.0.1", port=self.port, password=PASSWORD, ssl=True, ssl_ca_certs=ca
        )


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsRedis]:
    server = TlsRedis(Path(tmp_path_factory.mktemp("tls")))
    server.start()
    yield server
    server.end()


@pytest.mark.parametrize("option", ["tls_ca", "tls_verify=no"])
def test_events_arrive_over_tls(tls: TlsRedis, option: str) -> None:
    name = uuid.uuid4().hex
    given = f"tls_ca={tls.folder}/cert.pem" if option == "tls_ca" else option

    with closing(open_stream(tls.uri(name, given))) as stream:
        stream.connect()
        stream.post([b"1", b"2"])

    assert tls.events(name, 2) == [b"1", b"2"]


def test_a_certificate_that_nobody_vouches_for_is_an_error(tls: TlsRedis) -> None:
    stream = open_stream(tls.uri("x"))

    with closing(stream), pytest.raises(StreamError, match=r"(?i)certificate verify failed"):
        stream.connect()

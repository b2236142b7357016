"""Topics, logins and settings of Kafka, on a broker that makes topics and asks for passwords."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from pythia.event_stream import Worker, open_stream
from pythia.exceptions import RefusedError, StreamError
from support.certificates import certificates
from support.kafka_gate import TansuServer
from support.servers import PASSWORD, wait_for


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TansuServer]:
    server = TansuServer(tmp_path_factory.mktemp("tansu"))
    server.start()
    yield server
    server.end()


@pytest.fixture(scope="module", params=["plaintext", "tls"])
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TansuServer]:
    server = TansuServer(tmp_path_factory.mktemp("sasl"), tls=request.param == "tls", sasl=True)
    server.start()
    yield server
    server.end()


def login(server: TansuServer, name: str, *options: str) -> str:
    if server.encrypts:
        return server.tls_uri(name, f"tls_ca={certificates().certificate('authority')}", *options)
    return server.uri(name, *options)


def partitions(server: TansuServer, name: str) -> int:
    with server._consumer() as consumer:
        return len(consumer.list_topics(timeout=5).topics[name].partitions)


@pytest.mark.parametrize("count", [1, 3])
def test_a_missing_topic_is_made_with_as_many_partitions_as_asked(
    broker: TansuServer, name: str, count: int
) -> None:
    events = [b"%d" % number for number in range(50)]

    with closing(open_stream(broker.uri(name, f"partitions={count}"))) as stream:
        stream.connect()
        stream.post(events)

    assert partitions(broker, name) == count
    assert broker.events(name, 50) == events  # in the first partition, so in order


def test_a_topic_that_is_there_stays_as_it_is(broker: TansuServer, name: str) -> None:
    for count in (2, 5):
        with closing(open_stream(broker.uri(name, f"partitions={count}"))) as stream:
            stream.connect()

    assert partitions(broker, name) == 2


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_events_arrive_with_a_login(guarded: TansuServer, name: str, mechanism: str) -> None:
    with closing(open_stream(login(guarded, name, f"sasl={mechanism}"))) as stream:
        stream.connect()
        stream.post([b"1", b"2"])

    assert guarded.gate.mechanisms[-1] == mechanism
    assert guarded.events(name, 2) == [b"1", b"2"]


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_a_wrong_password_is_told_and_never_shown(
    guarded: TansuServer, name: str, mechanism: str
) -> None:
    uri = login(guarded, name, f"sasl={mechanism}", "timeout_s=1")
    wrong = uri.replace(PASSWORD.replace("/", "%2F"), "wrong-one")

    with closing(open_stream(wrong)) as stream, pytest.raises(StreamError) as caught:
        stream.connect()

    assert "authentication" in str(caught.value).lower()
    assert f"127.0.0.1:{guarded.port}" in str(caught.value)
    assert "wrong-one" not in f"{caught.value} {caught.value.__cause__!r}"
    assert PASSWORD not in str(caught.value)


def test_a_broker_that_wants_a_login_refuses_without_one(guarded: TansuServer, name: str) -> None:
    uri = login(guarded, name, "timeout_s=1").replace("pythia:s3cret%2Fword@", "")

    with (
        closing(open_stream(uri)) as stream,
        pytest.raises(StreamError, match=rf"127\.0\.0\.1:{guarded.port}: .+"),
    ):
        stream.connect()


def test_an_event_that_is_too_large_ends_the_stream_with_the_cause(
    broker: TansuServer, name: str
) -> None:
    ended: list[BaseException] = []
    worker = Worker(open_stream(broker.uri(name)), batch=1, on_failure=ended.append)
    worker.start()

    worker.offer({"n": 1})
    worker.offer({"picture": "x" * 2_000_000})
    assert wait_for(lambda: bool(ended))
    worker.offer({"n": 3})
    worker.drain(5)
    worker.close()

    assert isinstance(ended[0], RefusedError)
    assert "too large" in str(ended[0])
    assert (worker.stats().sent, worker.stats().dropped) == (1, 2)
    assert broker.events(name, 1) == [b'{"n":1}']


@pytest.mark.parametrize("compression", ["gzip", "snappy", "lz4", "zstd"])
def test_compressed_events_arrive(broker: TansuServer, name: str, compression: str) -> None:
    events = [b"%0100d" % number for number in range(50)]

    with closing(open_stream(broker.uri(name, f"compression={compression}"))) as stream:
        stream.connect()
        stream.post(events)

    assert broker.events(name, 50) == events


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("kafka://h?stream=x&sasl=PLAIN", "sasl= needs user:password@"),
        ("kafka://u:p@h?stream=x&sasl=GSSAPI", "available: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"),
        ("kafka://h?stream=x&tls_ca=/x", "tls_ca= needs TLS; add tls=yes"),
        ("kafka://h?stream=x&compression=xz", "available: none, gzip, snappy, lz4, zstd"),
        ("kafka://h?stream=x&partitions=0", "the least possible is 1"),
        ("kafka://h", r"the name is missing; add \?stream=NAME"),
    ],
)
def test_a_wrong_option_is_an_error(uri: str, message: str) -> None:
    with pytest.raises(StreamError, match=message):
        open_stream(uri)

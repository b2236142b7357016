"""Events over TLS, to the real servers with certificates of an authority of our own."""

from __future__ import annotations

import base64
import re
import select
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pythia.event_stream import Stream, open_stream
from pythia.exceptions import StreamError
from support.brokers import TlsNatsServer
from support.certificates import certificates
from support.kafka_gate import TansuServer
from support.relay import Relay
from support.servers import PASSWORD, Server, Servers

NEEDS_CLIENT = ("mqtt", "nats")
SCHEMES = ("redis", "mqtt", "nats", "http", "kafka", "amqp")


@pytest.fixture(scope="module")
def encrypted_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Servers that cannot listen both ways at once."""
    folder = tmp_path_factory.mktemp
    servers: dict[str, Server] = {
        "nats": TlsNatsServer(folder("nats")),
        "kafka": TansuServer(folder("kafka"), tls=True),
    }
    yield servers
    for server in servers.values():
        server.end()


@pytest.fixture(params=SCHEMES)
def server(
    request: pytest.FixtureRequest, server_of: Servers, encrypted_only: dict[str, Server]
) -> Server:
    found = encrypted_only.get(request.param)
    if found is None:
        return server_of(request.param)
    found.start()
    return found


def trusting(authority: str = "authority") -> str:
    return f"tls_ca={certificates().certificate(authority)}"


def shown(client: str) -> list[str]:
    made = certificates()
    return [f"tls_cert={made.certificate(client)}", f"tls_key={made.key(client)}"]


def client_options(server: Server) -> list[str]:
    return shown("client") if server.SCHEME in NEEDS_CLIENT else []


def post(stream: Stream, *events: bytes) -> None:
    with closing(stream):
        stream.connect()
        stream.post(events)


@pytest.mark.parametrize("trust", ["authority", "nobody"])
def test_events_arrive_over_tls(server: Server, name: str, trust: str) -> None:
    server.expect(name)
    option = trusting() if trust == "authority" else "tls_verify=no"
    uri = server.tls_uri(name, option, *client_options(server))

    post(open_stream(uri), b"1", b"2")

    assert server.events(name, 2) == [b"1", b"2"]


@pytest.mark.parametrize(
    ("host", "authority", "cause"),
    [
        ("127.0.0.1", "stranger", r"(?i)certificate.verify.failed"),
        ("127.0.0.1", "", r"(?i)certificate.verify.failed"),  # those that the system trusts
        ("localhost", "authority", r"(?i)mismatch|certificate.verify.failed"),  # librdkafka
    ],
)
def test_a_server_that_is_not_who_it_should_be_is_an_error(
    server: Server, name: str, host: str, authority: str, cause: str
) -> None:
    trusted = [trusting(authority)] if authority else []
    uri = server.tls_uri(name, *trusted, *client_options(server), host=host)

    with closing(open_stream(uri)) as stream, pytest.raises(StreamError, match=cause) as caught:
        stream.connect()

    assert f"{host}:{server.tls_port}" in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_a_certificate_of_the_client_is_shown(server: Server, name: str) -> None:
    server.expect(name)
    foreign = open_stream(server.tls_uri(name, trusting(), *shown("foreign")))
    own = open_stream(server.tls_uri(name, trusting(), *shown("client")))

    with pytest.raises(StreamError):
        post(foreign, b"0")
    post(own, b"1")

    assert server.events(name, 1) == [b"1"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_password_goes_to_a_server_without_tls(
    scheme: str, server_of: Servers, name: str
) -> None:
    server = server_of(scheme)
    relay = Relay(server.port)
    uri = server.uri(name, "tls=yes", "tls_verify=no", "timeout_s=0.5")
    uri = uri.replace(f":{server.port}", f":{relay.port}")

    with pytest.raises(StreamError):
        post(open_stream(uri), b"1")
    relay.end()

    assert relay.connections
    assert PASSWORD.encode() not in relay.seen
    assert base64.b64encode(f"{server.USER}:{PASSWORD}".encode()) not in relay.seen


def test_an_encrypted_connection_is_used_again(server_of: Servers, name: str) -> None:
    server = server_of("http")
    relay = Relay(server.port, certificates().server_context())
    uri = server.uri(name, "tls=yes", trusting()).replace(f":{server.port}", f":{relay.port}")

    with closing(open_stream(uri)) as stream:
        stream.connect()
        for _ in range(3):
            assert select.select([stream._connection.sock], [], [], 0.2)  # type: ignore[attr-defined]
            stream.post([b"1"])
    relay.end()

    assert relay.connections == 1
    assert server.events(name, 3) == [b"1"] * 3


@pytest.mark.parametrize(
    ("scheme", "options", "message"),
    [
        *[(scheme, "tls_ca=/no/such", "tls_ca= cannot be read: '/no/such'") for scheme in SCHEMES],
        ("redis", "tls_key=/dev/null", "tls_key= needs tls_cert="),
    ],
)
def test_a_file_that_is_missing_is_told_at_once(scheme: str, options: str, message: str) -> None:
    with pytest.raises(StreamError, match=message):
        open_stream(f"{scheme}://localhost/?stream=x&connect=lazy&tls=yes&{options}")


def test_authorities_may_be_a_folder(server: Server, name: str, tmp_path: Path) -> None:
    made = certificates().certificate("authority")
    command = ["openssl", "x509", "-noout", "-hash", "-in", str(made)]
    digest = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    (tmp_path / f"{digest}.0").symlink_to(made)
    server.expect(name)

    post(open_stream(server.tls_uri(name, f"tls_ca={tmp_path}", *client_options(server))), b"1")

    assert server.events(name, 1) == [b"1"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_file_that_is_no_certificate_is_an_error(scheme: str, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        stream = open_stream(f"{scheme}://{place}/?stream=x&tls=yes&tls_ca={tmp_path}/ca.pem")
        with closing(stream), pytest.raises(StreamError) as caught:
            stream.connect()

    said = str(caught.value).replace(str(stream.uri), "")
    assert re.search(r"(?i)tls files|certificate|x509|ssl", said)

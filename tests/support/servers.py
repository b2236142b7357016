"""Real servers that event streams talk to, each in a process of its own on a free port.

The fixture ``server_of`` starts one when a test first asks for it and ends all at the end;
``name`` is a fresh name for a stream.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

PASSWORD = "s3cret/word"
START_S = 60.0


class Server(ABC):
    """One server; ``stop`` and ``start`` keep port and data, ``pause`` lets it answer nothing."""

    BINARY: ClassVar[str]
    PACKAGE: ClassVar[str]
    SCHEME: ClassVar[str]
    TLS_SCHEME: ClassVar[str]
    USER: ClassVar[str] = "pythia"
    HAS_PASSWORD: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.tls_port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """What is run."""

    @abstractmethod
    def events(self, name: str, count: int, timeout_s: float = 20) -> list[bytes]:
        """All events of the stream ``name``, in order; waits until ``count`` are there."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether it answers."""

    def expect(self, name: str) -> None:  # noqa: B027
        """Called before the first event of ``name``, for servers that keep nothing."""

    def uri(self, name: str, *options: str, password: str = PASSWORD) -> str:
        """The URI of the stream ``name``."""
        login = f"{self.USER}:{password.replace('/', '%2F')}@" if self.HAS_PASSWORD else ""
        query = "&".join((f"stream={name}", *options))
        return f"{self.SCHEME}://{login}127.0.0.1:{self.port}/?{query}"

    def tls_uri(self, name: str, *options: str, host: str = "127.0.0.1") -> str:
        """The same over TLS."""
        there = f"{host}:{self.tls_port}"
        uri = self.uri(name, *options).replace(f"127.0.0.1:{self.port}", there)
        return uri.replace(self.SCHEME, self.TLS_SCHEME, 1)

    def environment(self) -> dict[str, str]:
        """Variables of the process."""
        return dict(os.environ)

    def launch(self) -> None:
        """Start the process without waiting for it."""
        if shutil.which(self.BINARY) is None:
            pytest.skip(f"needs {self.BINARY}: apt-get install {self.PACKAGE}")
        # The server dies with the tests, whatever ends them.
        command = ["setpriv", "--pdeathsig", "KILL", *self.command()]
        with open(self.folder / "output.txt", "ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start, and wait until it answers."""
        if self.process is None:
            self.launch()
        deadline = time.monotonic() + START_S
        while not self.ready():
            assert self.process is not None
            assert self.process.poll() is None, f"{self.BINARY} ended: {self.output()[-2000:]}"
            assert time.monotonic() < deadline, f"no answer: {self.output()[-2000:]}"
            time.sleep(0.02)

    def output(self) -> str:
        """All that it said."""
        return (self.folder / "output.txt").read_text(errors="replace")

    def stop(self) -> None:
        """End it as an operator does."""
        self.end(signal.SIGTERM)

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the process with a signal; does nothing when it has ended."""
        process, self.process = self.process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
            os.killpg(process.pid, signal.SIGCONT)
        if process.stdin is not None:
            process.stdin.close()
        process.wait(20)

    def pause(self) -> None:
        """Let it accept connections, as the kernel does, and never answer."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGCONT)


def free_port() -> int:
    """A port that nobody listens on.

    Not one of those that the kernel gives to outgoing connections: while a server starts, one of
    them could take its port away.
    """
    while True:
        port = random.randrange(10_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(condition: Callable[[], bool], timeout_s: float = 20) -> bool:
    """Wait until ``condition`` holds; False when the time was over first."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Servers:
    """Starts each server when it is first asked for."""

    def __init__(self, make_folder: Callable[[str], Path]) -> None:
        self._make_folder = make_folder
        self._servers: dict[str, Server] = {}

    def __call__(self, name: str) -> Server:
        """The server ``name``, running."""
        server = self.launched(name)
        server.start()
        return server

    def launched(self, name: str) -> Server:
        """The server ``name``, on its way up: for one that takes long."""
        from support.brokers import BROKERS

        if name not in self._servers:
            self._servers[name] = BROKERS[name](self._make_folder(name))
            self._servers[name].launch()
        return self._servers[name]

    def end(self) -> None:
        """Kill all."""
        for server in self._servers.values():
            server.end()


@pytest.fixture(scope="session")
def server_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A function from the name of a server to the server, running."""
    servers = Servers(lambda name: tmp_path_factory.mktemp(name))
    yield servers
    servers.end()


@pytest.fixture
def name() -> str:
    """A name for a stream that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}"

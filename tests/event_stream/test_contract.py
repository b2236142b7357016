"""What every event stream promises, on real servers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from pythia.event_stream import Worker, open_stream
from pythia.event_stream.memory import STORAGE
from pythia.exceptions import RefusedError, StreamError
from support import own_stream
from support.brokers import BROKERS
from support.servers import PASSWORD, Server, Servers, free_port, wait_for
from support.web_hook import HttpServer

LOCAL = ("file", "log", "memory", "support.own_stream:OwnStream", "lines")
NETWORK = tuple(BROKERS)
AWKWARD = ["", "größe", "a\nb\r\n\t\0", "\u2028", "x" * 100_000, [], {"deep": [1.5, None, True]}]


class Place(NamedTuple):
    """Where events go, and how to see them there."""

    uri: str
    arrived: Callable[[int], list[bytes]]


@pytest.fixture(params=[*LOCAL, *NETWORK])
def place(
    request: pytest.FixtureRequest,
    server_of: Servers,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Place]:
    if request.param == "memory":
        yield Place(f"memory://?stream={name}", lambda _: list(map(orjson.dumps, STORAGE[name])))
        STORAGE.pop(name, None)
    elif request.param in LOCAL:
        path = tmp_path / "events.jsonl"
        if request.param == "lines":
            install(tmp_path)
            monkeypatch.syspath_prepend(str(tmp_path))
        yield Place(f"{request.param}://{path}", lambda _: path.read_bytes().split(b"\n")[:-1])
    else:
        server = server_of(request.param)
        server.expect(name)
        yield Place(server.uri(name), lambda count: server.events(name, count))


def install(folder: Path) -> None:
    """Lay out a distribution that brings the scheme ``lines``, as pip does."""
    info = folder / "pythia_lines-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pythia-lines\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[pythia.event_stream]\nlines = support.own_stream:OwnStream\n"
        "wrong = support.own_stream:Nothing\n"
    )


@pytest.fixture(params=NETWORK)
def server(request: pytest.FixtureRequest, server_of: Servers, name: str) -> Server:
    found = server_of(request.param)
    found.expect(name)
    return found


def pythia_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("pythia")]


def test_every_event_arrives_once_in_order_to_the_byte(place: Place) -> None:
    events = [{"n": n, "value": AWKWARD[n % len(AWKWARD)]} for n in range(300)]
    worker = Worker(open_stream(place.uri), batch=64)

    worker.start()
    for event in events:
        worker.offer(event)
    left = worker.drain(20)
    worker.close()

    assert left == 0
    assert place.arrived(len(events)) == [orjson.dumps(event) for event in events]
    assert pythia_threads() == []


def test_a_stream_may_be_connected_again_and_closed_twice(place: Place) -> None:
    stream = open_stream(place.uri)
    payloads = [1, 2] if stream.TAKES_OBJECTS else [b"1", b"2"]

    for payload in payloads:
        stream.connect()
        stream.connect()
        stream.post([payload])
        stream.close()
        stream.close()

    assert place.arrived(2) == [b"1", b"2"]


@pytest.mark.parametrize("scheme", NETWORK)
def test_no_server_is_an_error_at_start_that_says_host_port_and_cause(scheme: str) -> None:
    port = free_port()
    stream = open_stream(f"{scheme}://127.0.0.1:{port}/?stream=x")
    begin = time.monotonic()

    with pytest.raises(StreamError, match=rf"127\.0\.0\.1:{port}.*[Rr]efused"):
        stream.connect()

    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("tls", ["no", "yes"])
@pytest.mark.parametrize("scheme", NETWORK)
def test_a_server_that_never_answers_is_an_error_in_time(scheme: str, tls: str) -> None:
    if (scheme, tls) == ("http", "no"):
        pytest.skip("a web hook is asked nothing before the first event")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        options = f"stream=x&timeout_s=0.2&tls={tls}"
        stream = open_stream(f"{scheme}://127.0.0.1:{port}/?{options}")
        begin = time.monotonic()

        with pytest.raises(StreamError, match=rf"127\.0\.0\.1:{port}: .+"):
            stream.connect()

    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("scheme", [name for name, kind in BROKERS.items() if kind.HAS_PASSWORD])
def test_a_wrong_password_is_told_and_never_shown(
    scheme: str, server_of: Servers, name: str
) -> None:
    server = server_of(scheme)
    stream = open_stream(server.uri(name, password="wrong/one"))
    wanted = pytest.raises(StreamError, match=r"(?i)401|auth|password|login|ACCESS")

    with closing(stream), wanted as caught:
        stream.connect()
        stream.post([b"1"])

    shown = f"{caught.value} {caught.value.__cause__!r} {stream.uri!r}"
    assert "wrong" not in shown.replace("wrong number", "").replace("WRONGPASS", "")
    assert PASSWORD not in shown


def test_a_server_that_comes_back_gets_every_event_in_order(server: Server, name: str) -> None:
    worker = Worker(open_stream(server.uri(name, "timeout_s=2")), batch=20)
    worker.start()

    for n in range(100):
        worker.offer(n)
    assert wait_for(lambda: worker.stats().sent == 100)
    server.stop()
    for n in range(100, 200):
        worker.offer(n)
    assert wait_for(lambda: worker.stats().retried > 0)
    server.start()
    for n in range(200, 300):
        worker.offer(n)
    left = worker.drain(20)
    worker.close()

    assert left == 0
    assert worker.stats().sent == 300
    assert first_of_each(server.events(name, 300)) == list(range(300))


def test_a_paused_server_delays_events_and_loses_none(server: Server, name: str) -> None:
    worker = Worker(open_stream(server.uri(name, "timeout_s=0.5")), batch=20)
    worker.start()
    worker.offer(0)
    assert wait_for(lambda: worker.stats().sent == 1)

    server.pause()
    for n in range(1, 50):
        worker.offer(n)
    told = wait_for(lambda: worker.stats().retried > 0, 10)
    server.resume()
    left = worker.drain(20)
    worker.close()

    assert told
    assert left == 0
    assert first_of_each(server.events(name, 50)) == list(range(50))


def test_a_paused_server_does_not_hold_the_end(server: Server, name: str) -> None:
    before = threading.active_count()
    worker = Worker(open_stream(server.uri(name, "timeout_s=60")))
    worker.start()

    server.pause()
    try:
        for n in range(5):
            worker.offer(n)
        begin = time.monotonic()
        left = worker.drain(0.3)
        took_s = time.monotonic() - begin
    finally:
        server.resume()

    assert left == 5
    assert took_s < 2.5
    with pytest.raises(StreamError, match="5 of 5 events"):
        worker.close()
    assert pythia_threads() == []
    if server.SCHEME != "http":  # whose server has threads in this process
        assert wait_for(lambda: threading.active_count() <= before, 5)


def first_of_each(events: list[bytes]) -> list[int]:
    """Numbers in the order in which each was first seen: at least once means some come twice."""
    return list(dict.fromkeys(int(event) for event in events))


def test_a_refusal_of_a_web_hook_ends_the_stream(server_of: Servers, name: str) -> None:
    server = server_of("http")
    assert isinstance(server, HttpServer)
    server.answers[name] = [503, 404]
    stream = open_stream(server.uri(name))
    stream.connect()

    with pytest.raises(StreamError, match="the server answered 503") as passing:
        stream.post([b"1"])
    with closing(stream), pytest.raises(RefusedError, match="the server answered 404"):
        stream.post([b"1"])

    assert not isinstance(passing.value, RefusedError)


def test_schemes_of_other_distributions_are_listed_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(StreamError, match=r"did you mean 'lines'.*kafka, lines, log"):
        open_stream("linse://x")
    with pytest.raises(StreamError, match="no Stream class 'Nothing'; available: OwnStream"):
        open_stream("wrong://x")
    with pytest.raises(StreamError, match=r"unknown option ned \(did you mean 'end'\?\)"):
        open_stream("lines:///x?ned=1")


def test_a_program_uses_a_scheme_that_is_only_installed(tmp_path: Path) -> None:
    site, events = tmp_path / "site", tmp_path / "events.jsonl"
    install(site)
    (site / "support").mkdir()
    shutil.copy(own_stream.__file__, site / "support")
    program = (
        "from pythia import Application\n"
        "app = Application('videotestsrc num-buffers=3 ! fakesink name=end')\n"
        "app.probe('end', 'sink')(lambda pad, info: (yield 1))\n"
        "app()"
    )
    environment = {"PYTHONPATH": str(site), "PYTHIA_STREAM_URI": f"lines://{events}"}

    subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=60, env={**os.environ, **environment}
    )

    assert events.read_text() == "1\n1\n1\n"

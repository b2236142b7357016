from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pythia.event_stream import Stream, StreamUri, Worker, open_stream
from pythia.exceptions import RefusedError, StreamError, UndeliveredError
from support.servers import Servers, wait_for


class Sink(Stream):
    """Keeps payloads while it is up; refuses them while it is down."""

    def __init__(self, folder: Path, *options: str) -> None:
        query = "&".join((f"overflow=spool&spool_dir={folder}", *options))
        super().__init__(StreamUri.parse(f"sink://x?{query}"))
        self.up = threading.Event()
        self.events: list[int] = []

    def connect(self) -> None:
        pass

    def post(self, batch: Sequence[bytes]) -> None:
        if not self.up.is_set():
            raise StreamError("down")
        self.events += map(int, batch)

    def close(self) -> None:
        pass


def started(sink: Sink, **options: Any) -> Worker:
    worker = Worker(sink, linger_ms=0, **options)
    worker.start()
    return worker


def test_what_the_queue_cannot_hold_waits_on_the_disk(tmp_path: Path) -> None:
    sink = Sink(tmp_path)
    worker = started(sink, queue=10, batch=7)

    for event in range(1000):
        worker.offer(event)
    spooled = wait_for(lambda: worker.stats().spooled == 1000)
    sink.up.set()
    left = worker.drain(20)
    worker.close()

    assert spooled
    assert left == 0
    assert sink.events == list(range(1000))
    stats = worker.stats()
    assert (stats.queued, stats.sent, stats.pending, stats.spooled) == (1000, 1000, 0, 0)


def test_what_is_left_is_told_and_sent_first_at_the_next_start(tmp_path: Path) -> None:
    first, second = Sink(tmp_path), Sink(tmp_path)
    second.up.set()
    worker = started(first)
    for event in range(5):
        worker.offer(event)

    left = worker.drain(0.2)
    with pytest.raises(UndeliveredError, match=rf"5 of 5 .*down; 5 are kept in {tmp_path}"):
        worker.close()
    worker = started(second)
    worker.offer(5)
    worker.drain(10)
    worker.close()

    assert left == 5
    assert second.events == [0, 1, 2, 3, 4, 5]
    assert worker.stats().queued == 6


def test_a_full_spool_blocks_the_probe_and_loses_nothing(tmp_path: Path) -> None:
    sink = Sink(tmp_path, "spool_max_mb=0.01")
    worker = started(sink, queue=10, batch=5)
    offered: list[int] = []

    def offer_all() -> None:
        for event in range(5000):
            worker.offer(event)
            offered.append(event)

    thread = threading.Thread(target=offer_all)
    thread.start()
    blocked = not wait_for(lambda: len(offered) == 5000, 0.5)
    offered_while_full = len(offered)
    sink.up.set()
    thread.join(20)
    left = worker.drain(20)
    worker.close()

    assert blocked
    assert 500 < offered_while_full < 2000
    assert left == 0
    assert sink.events == list(range(5000))


def test_stopping_while_the_spool_is_full_counts_every_event(tmp_path: Path) -> None:
    sink = Sink(tmp_path, "spool_max_mb=0.001")
    worker = started(sink, queue=10, batch=5)
    thread = threading.Thread(target=lambda: [worker.offer(event) for event in range(500)])

    thread.start()
    assert wait_for(lambda: worker.stats().retried > 0)
    worker.release()
    thread.join(5)
    left = worker.drain(0.2)

    assert not thread.is_alive()
    assert left == 500
    with pytest.raises(UndeliveredError, match="500 of 500 events"):
        worker.close()


# An event of 10 kB: Python ignores SIGXFSZ, so a file beyond its limit is an ordinary error, the
# one that a full disk gives.
DISK_FULL = """
import resource, sys, threading
from pathlib import Path
from typing import Any
from test_spool import Sink, started
from support.servers import wait_for

sink = Sink(Path(sys.argv[1]))
worker = started(sink, queue=10, batch=1)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
thread = threading.Thread(target=lambda: [worker.offer(n) for n in range(100)])
thread.start()
thread.join(0.5)
blocked = thread.is_alive()
if sys.argv[2] == "mended":
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    thread.join(10)
    wait_for(lambda: worker.stats().spooled == 100)
sink.up.set()
thread.join(10)
left = worker.drain(10)
worker.close()
print(blocked, left, sink.events == list(range(100)), worker.stats().dropped)
"""


@pytest.mark.parametrize("then", ["mended", "still full"])
def test_a_full_disk_blocks_and_loses_nothing(tmp_path: Path, then: str) -> None:
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": f"{here}:{here.parent}"}

    done = subprocess.run(
        [sys.executable, "-c", DISK_FULL, str(tmp_path), then],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
    )

    assert done.stdout == "True 0 True 0\n", done.stderr
    assert "the spool takes no more: File too large" in done.stderr


def test_a_refusal_says_where_the_events_are_kept(tmp_path: Path) -> None:
    class Refusing(Sink):
        def post(self, batch: Sequence[bytes]) -> None:
            self.up.wait(10)
            raise RefusedError("too large")

    sink = Refusing(tmp_path)
    ended: list[BaseException] = []
    worker = started(sink, on_failure=ended.append)

    for event in range(5):
        worker.offer(event)
    assert wait_for(lambda: worker.stats().spooled == 5)
    sink.up.set()
    assert wait_for(lambda: bool(ended))
    worker.drain(5)
    worker.close()

    assert f"too large; 5 events are kept in {tmp_path}" in str(ended[0])
    assert (worker.stats().queued, worker.stats().spooled) == (5, 5)


def test_two_processes_do_not_share_a_spool(tmp_path: Path) -> None:
    worker = started(Sink(tmp_path))

    with pytest.raises(StreamError, match=r"the spool .* is in use"):
        started(Sink(tmp_path))

    worker.drain(5)
    worker.close()


def test_a_spool_that_cannot_be_made_is_an_error_at_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StreamError, match=r"cannot use the spool .*Not a directory"):
        started(Sink(tmp_path / "file"))


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("memory://?overflow=spool", "memory keeps objects, which cannot be spooled"),
        ("log://?spool_dir=/x", "spool_dir= belongs to overflow=spool"),
        ("log://?overflow=drop", "available: block, drop-oldest, drop-newest, spool"),
    ],
)
def test_a_policy_that_cannot_be_is_an_error(uri: str, message: str) -> None:
    with pytest.raises(StreamError, match=message):
        Worker(open_stream(uri))


PRODUCER = """
import sys, time
from pythia.event_stream import Worker, open_stream

worker = Worker(open_stream(sys.argv[1]))
worker.start()
found = worker.stats().queued
n = int(sys.argv[2])
while True:
    for _ in range(10):
        worker.offer(n)
        n += 1
    time.sleep(0.001)
    # Safe is what was sent or is on the disk; what an earlier process left came before it.
    stats = worker.stats()
    print(stats.sent + stats.spooled - found, flush=True)
"""


@pytest.mark.parametrize("broker", ["stopped", "running"])
def test_a_killed_process_loses_nothing_that_it_had_written(
    server_of: Servers, tmp_path: Path, broker: str
) -> None:
    server = server_of("redis")
    name = uuid.uuid4().hex
    uri = server.uri(name, "overflow=spool", f"spool_dir={tmp_path}", "connect=lazy")
    if broker == "stopped":
        server.stop()

    starts = (1_000_000, 2_000_000, 3_000_000)
    safe = [n + i for n in starts for i in range(run_and_kill(uri, first=n, least=300))]
    server.start()
    worker = Worker(open_stream(uri))
    worker.start()
    left = worker.drain(20)
    worker.close()

    assert left == 0
    arrived = list(dict.fromkeys(map(int, server.events(name, len(safe)))))
    assert sorted(arrived) == arrived
    assert set(safe) <= set(arrived)


def run_and_kill(uri: str, first: int, least: int) -> int:
    """Yield numbers in a process that is killed; how many were safe for certain."""
    process = subprocess.Popen(
        [sys.executable, "-c", PRODUCER, uri, str(first)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process, process.stdout as output:
        safe = 0
        for line in output:
            safe = int(line.split()[0])
            if safe >= least:
                break
        process.send_signal(signal.SIGKILL)
        return safe

"""Brokers, queues and disks that fail under an application, each event counted where it arrives."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from pythia import Application
from pythia.exceptions import UndeliveredError
from pythia.gst import Gst
from support.applications import (
    arrived,
    ends,
    fast,
    live,
    stream_of,
    yield_numbers,
    yielded,
)
from support.servers import PASSWORD, Servers, free_port, wait_for

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize(
    ("scheme", "outage"),
    [
        *[(scheme, "stopped") for scheme in ("redis", "kafka", "mqtt", "http")],
        *[(scheme, "paused") for scheme in ("redis", "kafka", "nats", "http")],
    ],
)
def test_an_outage_in_mid_run_loses_nothing(
    server_of: Servers, name: str, scheme: str, outage: str
) -> None:
    server = server_of(scheme)
    server.expect(name)
    app = Application(live())
    yield_numbers(app, server.uri(name, "timeout_s=0.5"))

    app(background=True)
    assert wait_for(lambda: stream_of(app).sent > 20)
    (server.stop if outage == "stopped" else server.pause)()
    assert wait_for(lambda: stream_of(app).retried > 0)
    missed = yielded(app)
    (server.start if outage == "stopped" else server.resume)()
    assert wait_for(lambda: stream_of(app).sent > missed)
    app.stop()
    ends(app)

    stats = stream_of(app)
    assert (stats.queued, stats.sent, stats.dropped, stats.pending) == (
        stats.sent,
        stats.sent,
        0,
        0,
    )
    assert stats.sent == yielded(app)
    assert stats.last_error is not None
    assert arrived(server, name, stats.sent) == list(range(stats.sent))


@pytest.mark.parametrize("scheme", ["redis", "http", "kafka"])
def test_a_broker_that_dies_before_the_end_leaves_events_that_are_told(
    server_of: Servers, name: str, scheme: str
) -> None:
    server = server_of(scheme)
    server.expect(name)
    app = Application(live(100), drain_timeout_s=0.3)
    yield_numbers(app, server.uri(name, "timeout_s=0.5"))

    app(background=True)
    assert wait_for(lambda: stream_of(app).sent > 5)
    (server.stop if scheme == "kafka" else server.end)()
    with pytest.raises(UndeliveredError) as caught:
        ends(app)
    server.start()

    stats = stream_of(app)
    assert f"{stats.pending} of 100 events were not delivered" in str(caught.value)
    assert stats.pending > 0
    assert stats.sent + stats.pending == stats.queued == yielded(app) == 100
    found = arrived(server, name, stats.sent)
    assert found[: stats.sent] == list(range(stats.sent))
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        ("block", lambda found: found == list(range(1000))),
        ("spool", lambda found: found == list(range(1000))),
        ("drop-oldest", lambda found: len(found) < 500 and found[-50:] == list(range(950, 1000))),
        ("drop-newest", lambda found: len(found) < 500 and found[:50] == list(range(50))),
    ],
)
def test_a_queue_that_overflows_does_as_its_policy_says(
    server_of: Servers,
    name: str,
    tmp_path: Path,
    policy: str,
    kept: Callable[[list[int]], bool],
) -> None:
    server = server_of("redis")
    options = [f"overflow={policy}", "queue=50", "batch=10", "linger_ms=0", "connect=lazy"]
    app = Application(fast(1000))
    yield_numbers(app, server.uri(name, *options, *[f"spool_dir={tmp_path}"] * (policy == "spool")))
    server.stop()

    app(background=True)
    assert wait_for(lambda: stream_of(app).retried > 0)
    all_at_once = wait_for(lambda: yielded(app) == 1000, 0.5 if policy == "block" else 20)
    yielded_meanwhile = yielded(app)
    server.start()
    ends(app)

    stats = stream_of(app)
    found = arrived(server, name, stats.sent)
    assert all_at_once == (policy != "block")
    assert (
        yielded_meanwhile <= 61 or policy != "block"
    )  # queue, one batch, one in the probe's hands
    assert stats.queued == stats.sent + stats.dropped == yielded(app) == 1000
    assert len(found) == stats.sent
    assert (stats.pending, stats.spooled) == (0, 0)
    assert found == sorted(found)
    assert kept(found)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 128 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)], capture_output=True
    )
    if made.returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # whoever still uses it


def fill(path: Path) -> None:
    """Leave no byte on the disk."""
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as file:
        while file.write(bytes(100)):
            pass


def test_a_spool_on_a_full_disk_slows_the_pipeline_and_loses_nothing(
    server_of: Servers, name: str, small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = server_of("redis")
    options = ["overflow=spool", f"spool_dir={small_disk}", "queue=20", "batch=10", "connect=lazy"]
    app = Application(fast(2000))
    numbers = itertools.count()

    def large(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[dict[str, Any]]:
        yield {"n": next(numbers), "text": "x" * 500}

    app.probe("end", "sink", backend_uri=server.uri(name, *options))(large)
    server.stop()

    app(background=True)
    assert wait_for(lambda: "the spool takes no more: No space left on device" in caplog.text)
    assert wait_for(lambda: stream_of(app).pending - stream_of(app).spooled >= 20)
    fill(small_disk / "of somebody else")
    blocked = not wait_for(lambda: yielded(app) == 2000, 0.3)
    spooled = stream_of(app).spooled
    server.start()
    ends(app)

    stats = stream_of(app)
    found = [orjson.loads(event)["n"] for event in server.events(name, 2000)]
    assert blocked
    assert 100 < spooled < 300
    assert (stats.queued, stats.sent, stats.dropped, stats.spooled) == (2000, 2000, 0, 0)
    assert list(dict.fromkeys(found)) == list(range(2000))
    assert len(found) < 2100  # what was confirmed is not sent again and again


def test_what_is_kept_on_the_disk_is_in_the_counts_after_the_end(tmp_path: Path) -> None:
    options = f"stream=x&connect=lazy&overflow=spool&spool_dir={tmp_path}"
    app = Application(fast(20), drain_timeout_s=0.1)
    yield_numbers(app, f"redis://127.0.0.1:{free_port()}/?{options}")

    with pytest.raises(UndeliveredError, match=rf"20 are kept in {tmp_path}"):
        app()

    stats = stream_of(app)
    assert (stats.queued, stats.sent, stats.spooled, stats.pending) == (20, 0, 20, 20)

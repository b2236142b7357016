"""Small pipelines whose probes yield numbers, and what came of them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

from pythia import Application
from pythia.event_stream import WorkerStats
from pythia.gst import Gst
from support.servers import Server

SMALL = "video/x-raw,width=16,height=16"


def fast(frames: int) -> str:
    """A pipeline that runs as fast as its probes let it."""
    return f"videotestsrc num-buffers={frames} ! {SMALL} ! fakesink name=end"


def live(frames: int = -1) -> str:
    """A pipeline of 300 frames a second."""
    source = f"videotestsrc is-live=true num-buffers={frames}"
    return f"{source} ! {SMALL},framerate=300/1 ! fakesink name=end"


def yield_numbers(app: Application, uri: str) -> None:
    """Let a probe yield 0, 1, 2, ..., one a frame."""
    numbers = itertools.count()

    def number(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[int]:
        yield next(numbers)

    app.probe("end", "sink", backend_uri=uri)(number)


def stream_of(app: Application) -> WorkerStats:
    (stats,) = app.stats()["streams"].values()
    assert isinstance(stats, WorkerStats)
    return stats


def yielded(app: Application) -> int:
    return sum(probe["yielded"] for probe in app.stats()["probes"])


def arrived(server: Server, name: str, count: int) -> list[int]:
    """Numbers in the order in which each came first: at least once means some come twice."""
    return list(dict.fromkeys(int(event) for event in server.events(name, count)))


def pythia_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("pythia")]


def ends(app: Application, timeout_s: float = 30) -> None:
    assert app.wait(timeout_s), "the application does not end"
    assert pythia_threads() == []

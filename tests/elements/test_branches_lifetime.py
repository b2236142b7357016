"""What is left of pipelines with the tiler, the demuxer and the visual elements: nothing."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections import Counter
from typing import Any

import pytest

from pythia import elements
from pythia.gst import Gst
from support.play import WAIT_S

SOURCES = " ".join(
    "videotestsrc num-buffers=4 ! video/x-raw,format=NV12,width=160,height=120 ! m.sink_" + number
    for number in "01"
)
MUX = "nvstreammux name=m batch-size=2 width=160 height=120 ! "
PIPELINES = [
    "nvdslogger ! nvof ! nvmultistreamtiler columns=2 width=320 height=120 ! nvdsosd ! fakesink ",
    "nvof ! nvofvisual ! nvmultistreamtiler columns=2 width=80 height=32 ! fakesink ",
    "nvsegvisual width=64 height=48 ! nvstreamdemux name=d d.src_0 ! queue ! fakesink "
    "d.src_1 ! queue ! nvdsosd ! fakesink ",
]


class Alive:
    """Counts elements and pads that are not freed yet."""

    def __init__(self) -> None:
        self.names: Counter[str] = Counter()
        self._references: list[Any] = []
        self._lock = threading.Lock()

    def add(self, pipeline: Any) -> None:
        found: list[Gst.Element] = [pipeline]
        pipeline.iterate_recurse().foreach(found.append)
        for thing in (*found, *(pad for element in found for pad in element.pads)):
            with self._lock:
                self.names[type(thing).__name__] += 1
            self._references.append(thing.weak_ref(self._freed, type(thing).__name__))

    def _freed(self, name: str) -> None:
        with self._lock:
            self.names -= Counter([name])

    def left(self) -> Counter[str]:
        deadline = time.monotonic() + WAIT_S
        while self.names and time.monotonic() < deadline:
            gc.collect()
            threading.Event().wait(0.01)
        return self.names


def play_once(text: str, alive: Alive, *, to_its_end: bool) -> None:
    pipeline: Any = Gst.parse_launch(text)
    alive.add(pipeline)
    pipeline.set_state(Gst.State.PLAYING)
    kinds = Gst.MessageType.EOS | Gst.MessageType.ERROR
    if to_its_end:
        message = pipeline.get_bus().timed_pop_filtered(WAIT_S * Gst.SECOND, kinds)
        assert message is not None
        assert message.type == Gst.MessageType.EOS
    pipeline.set_state(Gst.State.NULL)


@pytest.mark.parametrize("text", PIPELINES)
def test_nothing_is_left_of_a_pipeline_that_is_gone(text: str) -> None:
    elements.register()
    alive = Alive()

    for round in range(6):
        play_once(MUX + text + SOURCES, alive, to_its_end=round % 2 == 0)

    assert alive.left() == Counter()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_frames_that_pass() -> None:
    """Every buffer that the tiler keeps for a source is given back, and so is what it made."""
    elements.register()
    text = MUX + PIPELINES[0].replace("nvof ! ", "") + SOURCES.replace("=4", "=400")

    def resident_kb() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4

    play_once(text, Alive(), to_its_end=True)
    before = resident_kb()
    for _ in range(3):
        play_once(text, Alive(), to_its_end=True)

    # One frame of 160 x 120 is 29 kB: 1200 batches that leaked would be more than 30 MB.
    assert resident_kb() - before < 10_000

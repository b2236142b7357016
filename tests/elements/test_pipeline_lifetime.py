"""What is left of the main job's pipeline when it is gone: nothing."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pythia import Application, elements, objects_per_batch, samples
from pythia.exceptions import PlayError, ProbeFailedError, StreamError
from pythia.gst import Gst

Clip = Callable[..., str]

WARM_UP, ROUNDS = 3, 12
PIPELINE = (
    "{source} ! m.sink_0 nvstreammux name=m width=640 height=360 batch-size=1 "
    "! nvinfer name=pgie config-file-path={primary} ! nvinfer name=sgie "
    "config-file-path={secondary} ! nvvideoconvert ! nvdsosd ! nvvideoconvert "
    "! video/x-raw,format=RGBA ! fakesink"
)


class Watch:
    """Tells which elements and pads of pipelines have not been freed."""

    def __init__(self) -> None:
        self.seen = 0
        self.alive: Counter[str] = Counter()
        self._references: list[Any] = []
        self._changed = threading.Condition()

    def add(self, pipeline: Gst.Pipeline) -> None:
        """Watch the pipeline, its elements and their pads."""
        found: list[Gst.Element] = []
        pipeline.iterate_recurse().foreach(found.append)
        self.note(pipeline, "pipeline")
        for element in found:
            self.note(element, element.__gtype__.name)
            for pad in element.pads:
                self.note(pad, f"{element.__gtype__.name}.{pad.get_name()}")

    def note(self, thing: Any, name: str) -> None:
        """Watch one thing."""
        self.seen += 1
        with self._changed:
            self.alive[name] += 1
        self._references.append(thing.weak_ref(self._freed, name))

    def _freed(self, name: str) -> None:
        with self._changed:
            self.alive -= Counter([name])
            self._changed.notify_all()

    def left(self, timeout_s: float) -> Counter[str]:
        """What is alive after at most this time: a thread that ends may hold things until then."""
        deadline = time.monotonic() + timeout_s
        while self.alive and time.monotonic() < deadline:
            gc.collect()
            with self._changed:
                self._changed.wait_for(lambda: not self.alive, 0.1)
        return self.alive


def _an_application(text: str, watch: Watch) -> None:
    app = Application(text)
    watch.add(app.pipeline)

    @app.probe("sgie", "src", backend_uri="memory://?stream=lifetime&maxlen=1")
    def detections(batch_meta: Any) -> Any:
        for frame, obj in objects_per_batch(batch_meta):
            yield {"frame": frame.frame_num, "label": obj.obj_label}

    app()

    assert app.stats()["probes"][0]["yielded"] > 0


def _a_probe_that_fails(text: str, watch: Watch) -> None:
    app = Application(text)
    watch.add(app.pipeline)

    @app.probe("sgie", "src")
    def broken(batch_meta: Any) -> None:
        raise ValueError("bad luck")

    with pytest.raises(ProbeFailedError):
        app()


def _a_stream_that_is_unknown(text: str, watch: Watch) -> None:
    app = Application(text)
    watch.add(app.pipeline)

    @app.probe("sgie", "src", backend_uri="nosuch://stream")
    def unheard(batch_meta: Any) -> Any:
        yield 1

    with pytest.raises(StreamError):
        app()


def _a_configuration_that_is_missing(text: str, watch: Watch) -> None:
    app = Application(text.replace("config-file-path=", "config-file-path=/nowhere"))
    watch.add(app.pipeline)

    with pytest.raises(PlayError):
        app()


def _parsed(text: str, watch: Watch) -> Any:
    elements.register()
    pipeline: Any = Gst.parse_launch(text)
    watch.add(pipeline)
    return pipeline


def _a_program_of_ones_own(text: str, watch: Watch) -> None:
    pipeline = _parsed(text, watch)
    buffers: list[int] = []

    def count(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        assert buffer is not None
        buffers.append(buffer.pts)
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("sgie").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, count)
    pipeline.set_state(Gst.State.PLAYING)
    ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, ends)
    assert message is not None
    assert message.type == Gst.MessageType.EOS
    pipeline.set_state(Gst.State.NULL)
    assert buffers


def _a_stop_in_the_middle(text: str, watch: Watch) -> None:
    pipeline = _parsed(text, watch)
    first = threading.Event()

    def tell(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        first.set()
        return Gst.PadProbeReturn.OK

    pipeline.get_by_name("sgie").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, tell)
    pipeline.set_state(Gst.State.PLAYING)
    assert first.wait(20)
    pipeline.set_state(Gst.State.NULL)


def _a_pad_that_is_given_back(text: str, watch: Watch) -> None:
    mux = _parsed(text, watch).get_by_name("m")
    pad = mux.request_pad_simple("sink_%u")
    watch.note(pad, "released pad")
    mux.release_request_pad(pad)


def _nothing_at_all(text: str, watch: Watch) -> None:
    _parsed(text, watch)


def _objects() -> Counter[str]:
    """Objects of this project's classes, and arrays, that are alive, by class."""
    gc.collect()
    # A class may have a descriptor in the place of its module's name.
    names = (f"{type(thing).__module__}.{type(thing).__name__}" for thing in gc.get_objects())
    return Counter(name for name in names if name.startswith(("pythia.", "numpy.", "onnxruntime.")))


def _threads_and_files() -> tuple[Counter[str], int, int]:
    """Python's threads, the system's, and open files."""
    # Threads that C started leave a dummy in Python's list, which the next such thread takes over.
    names = Counter(t.name for t in threading.enumerate() if not t.name.startswith("Dummy-"))
    return names, len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads and files in /proc")
@pytest.mark.parametrize(
    "use",
    [
        _an_application,
        _a_probe_that_fails,
        _a_stream_that_is_unknown,
        _a_configuration_that_is_missing,
        _a_program_of_ones_own,
        _a_stop_in_the_middle,
        _a_pad_that_is_given_back,
        _nothing_at_all,
    ],
)
def test_nothing_is_left_of_pipelines_that_are_gone(
    clip: Clip, use: Callable[[str, Watch], None]
) -> None:
    text = PIPELINE.format(
        source=clip("I420", 640, 360),
        primary=samples.path("config_infer_primary.txt"),
        secondary=samples.path("config_infer_secondary_carcolor.txt"),
    )
    watch = Watch()

    for _ in range(WARM_UP):
        use(text, watch)
    objects, (threads, tasks, files) = _objects(), _threads_and_files()
    for _ in range(ROUNDS):
        use(text, watch)

    assert watch.left(timeout_s=5) == Counter()
    assert watch.seen > ROUNDS * 20
    assert _objects() - objects == Counter()
    threads_left, tasks_left, files_left = _threads_and_files()
    assert threads_left - threads == Counter()
    assert files_left <= files
    # GStreamer's pool keeps a few idle threads for a while.
    assert tasks_left < tasks + ROUNDS / 2

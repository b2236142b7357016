"""Many sources in one pipeline, and sources that come and go while it plays."""

from __future__ import annotations

import gc
import http.client
import json
import os
import socket
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pythia import Application
from pythia.elements.chain import factory_of
from pythia.gst import Gst
from pythia.gst.structures import structure_of
from support.living import Living, living
from support.play import Play
from support.small_video import FRAMES, small_video

SOURCES = 24
ROUNDS, WARM_UP = 200, 40
CAPS = "video/x-raw,format=I420,width=32,height=24,framerate=100/1"
SINK = "! fakesink name=out sync=false"
GROWTH_KB = 16000  # what many threads leave in malloc's arenas; a source has about 1000


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_video(tmp_path_factory.mktemp("videos"), "video.mp4")


class Resources:
    """What this process uses now."""

    def __init__(self) -> None:
        gc.collect()
        status = Path("/proc/self/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in status if ":" in line)
        self.threads = int(fields["Threads"])
        self.memory_kb = int(fields["VmRSS"].split()[0])
        self.files = len(os.listdir("/proc/self/fd"))

    def grown(self, before: Resources) -> dict[str, int]:
        """What became more; memory counts from a few megabytes on."""
        more = {
            "threads": self.threads - before.threads,
            "files": self.files - before.files,
            "memory_kb": self.memory_kb - before.memory_kb,
        }
        # Idle threads of GLib's pools come and go, with files; what every turn leaves is more.
        limits = {"threads": 14, "files": 8, "memory_kb": GROWTH_KB}
        return {name: value for name, value in more.items() if value > limits[name]}


def test_24_sources_in_one_pipeline_lose_no_frame(play: Play) -> None:
    sources = " ".join(f"videotestsrc num-buffers=10 ! {CAPS} ! m.sink_{n}" for n in range(SOURCES))

    played = play(f"nvstreammux name=m batch-size={SOURCES} width=32 height=24 {SINK} {sources}")

    assert played.error is None
    assert Counter(f.source_id for f in played.frames) == dict.fromkeys(range(SOURCES), 10)
    assert max(batch.num_frames_in_batch for batch in played.batches) == SOURCES
    ends = [text for text in played.element_messages if text.startswith("stream-eos")]
    assert sorted(ends) == sorted(f"stream-eos, stream-id=(uint){n};" for n in range(SOURCES))


def test_24_files_in_one_element_lose_no_frame(play: Play, video: Path) -> None:
    uris = ",".join([video.as_uri()] * SOURCES)

    played = play(
        f"nvmultiurisrcbin uri-list={uris} port=0 max-batch-size={SOURCES} width=64 height=48 "
        f"batched-push-timeout=40000 {SINK}"
    )

    assert played.error is None
    assert Counter(f.source_id for f in played.frames) == dict.fromkeys(range(SOURCES), FRAMES)


def _pipeline(mux: str = "batched-push-timeout=40000") -> str:
    return (
        f"nvstreammux name=m batch-size=2 width=32 height=24 {mux} live-source=true {SINK} "
        f"videotestsrc name=first is-live=true ! {CAPS} ! m.sink_0"
    )


def _add(pipeline: Living, number: int) -> Gst.Element:
    """As NVIDIA's sample for sources that come at run time does it."""
    source = Gst.parse_bin_from_description(f"videotestsrc is-live=true ! {CAPS} ! identity", True)
    assert source is not None
    pipeline.pipeline.add(source)
    sink = pipeline["m"].request_pad_simple(f"sink_{number}")
    src = source.get_static_pad("src")
    assert sink is not None
    assert src is not None
    assert src.link(sink) == Gst.PadLinkReturn.OK
    source.set_state(Gst.State.PLAYING)
    return source


def _delete(pipeline: Living, source: Gst.Element, number: int) -> None:
    source.set_state(Gst.State.NULL)
    sink = pipeline["m"].get_static_pad(f"sink_{number}")
    assert sink is not None
    sink.send_event(Gst.Event.new_flush_stop(False))
    pipeline["m"].release_request_pad(sink)
    pipeline.pipeline.remove(source)


def test_sources_come_and_go_200_times_and_nothing_is_left_of_them() -> None:
    with living(_pipeline()) as pipeline:
        pipeline.more(2)
        before = None
        for turn in range(ROUNDS):
            if turn == WARM_UP:
                before = Resources()
            source = _add(pipeline, 1)
            pipeline.wait_for(lambda: any(f.source_id == 1 for f in pipeline.frames))
            _delete(pipeline, source, 1)
            pipeline.frames.clear()
        assert before is not None
        grown = Resources().grown(before)
        pipeline.more(2)

        assert pipeline["m"].numsinkpads == 1
        assert not pipeline.failed
    assert grown == {}


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


def test_sources_come_and_go_by_request_and_nothing_is_left_of_them(port: int, video: Path) -> None:
    text = (
        f"nvmultiurisrcbin port={port} max-batch-size=3 width=64 height=48 file-loop=true "
        f"drop-pipeline-eos=true batched-push-timeout=20000 {SINK}"
    )

    def ask(change: str) -> int:
        sensor = {"camera_id": "a", "camera_url": video.as_uri(), "change": f"camera_{change}"}
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            body = json.dumps({"value": sensor})
            connection.request("POST", f"/api/v1/stream/{change}", body)
            return connection.getresponse().status

    with living(text) as pipeline:
        alive: Counter[str] = Counter()
        before = None
        for turn in range(30):
            if turn == 10:
                before = Resources()
            assert ask("add") == 200
            pipeline.more(2)
            _watch(pipeline, "nvurisrcbin", alive)
            assert ask("remove") == 200
        assert before is not None
        grown = Resources().grown(before)

        numbers = {s.get_uint("source-id")[1] for s in pipeline.structures("stream-add")}
        assert numbers == {0, 1, 2}  # in turn, as NVIDIA's element gives them
    assert grown == {}
    pipeline.messages.clear()
    gc.collect()
    assert alive["nvurisrcbin"] == 0


def _watch(pipeline: Living, factory: str, alive: Counter[str]) -> None:
    """Count the elements of a factory that are there now, until they are freed."""
    found: list[Any] = []
    pipeline.pipeline.iterate_recurse().foreach(found.append)
    for element in found:
        if factory_of(element) == factory:
            alive[factory] += 1
            element.weak_ref(lambda: alive.subtract([factory]))


def test_a_source_that_dies_does_not_stop_the_others() -> None:
    dies = f"videotestsrc ! {CAPS} ! identity error-after=5 ! m.sink_1"

    with living(f"{_pipeline()} {dies}") as pipeline:
        pipeline.wait_for(lambda: pipeline.failed)
        pipeline.more(10)

        assert pipeline.frames[-1].source_id == 0


def _events(pipeline: Living) -> list[str]:
    pad = pipeline["out"].get_static_pad("sink")
    assert pad is not None
    found: list[str] = []

    def note(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event is not None and event.type == Gst.EventType.CUSTOM_DOWNSTREAM:
            structure = structure_of(event)
            assert structure is not None
            with pipeline.changed:
                found.append(f"{structure.get_name()} {structure.get_uint('stream-id')[1]}")
                pipeline.changed.notify_all()
        return Gst.PadProbeReturn.OK

    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, note)
    return found


def test_what_follows_is_told_of_sources_that_come_end_and_go() -> None:
    with living(_pipeline()) as pipeline:
        found = _events(pipeline)
        pipeline.more(1)
        source = _add(pipeline, 4)
        pipeline.wait_for(lambda: "pad-added 4" in found)
        sink = pipeline["m"].get_static_pad("sink_4")
        assert sink is not None
        sink.send_event(_reset())
        pipeline.wait_for(lambda: "stream-reset 4" in found)
        _delete(pipeline, source, 4)
        pipeline.wait_for(lambda: "pad-deleted 4" in found)

    assert [event for event in found if event.endswith("4")] == [
        "pad-added 4",
        "stream-reset 4",
        "pad-deleted 4",
    ]


def _reset() -> Gst.Event:
    kind = Gst.EventType.CUSTOM_DOWNSTREAM
    event = Gst.Event.new_custom(kind, Gst.Structure.new_empty("stream-reset"))
    assert event is not None
    return event


def test_the_last_living_source_that_goes_ends_the_stream() -> None:
    ended = f"videotestsrc num-buffers=2 ! {CAPS} ! m.sink_3"

    with living(f"{_pipeline()} {ended}") as pipeline:
        pipeline.wait_for(lambda: pipeline.structures("stream-eos"))
        _delete(pipeline, pipeline["first"], 0)

        pipeline.wait_for(lambda: pipeline.ended)


def test_a_file_that_joins_late_does_not_hold_up_the_time_of_the_others(video: Path) -> None:
    with living(_pipeline()) as pipeline:
        pipeline.wait_for(lambda: pipeline.pts and pipeline.pts[-1] > Gst.SECOND // 2)
        late = Gst.ElementFactory.make("nvurisrcbin", None)
        sink = pipeline["m"].request_pad_simple("sink_1")
        assert late is not None
        assert sink is not None
        late.set_property("uri", video.as_uri())
        late.connect("pad-added", lambda _late, pad: pad.link(sink))
        pipeline.pipeline.add(late)
        late.set_state(Gst.State.PLAYING)
        pipeline.wait_for(lambda: pipeline.structures("stream-eos"))

        together = [pts for pts in pipeline.pts if pts > Gst.SECOND // 2]
        assert len(set(together)) > len(together) // 2
        assert pipeline.pts == sorted(pipeline.pts)


def test_a_pipeline_with_many_sources_is_played_again_20_times(video: Path) -> None:
    app = Application(
        f"nvmultiurisrcbin uri-list={video.as_uri()},{video.as_uri()} port=0 max-batch-size=3 "
        "width=64 height=48 batched-push-timeout=20000 ! fakesink name=out"
    )
    counts: list[int] = []

    @app.probe("out", "sink")
    def count(batch_meta: Any) -> None:
        counts[-1] += batch_meta.num_frames_in_batch

    before = None
    for turn in range(20):
        counts.append(0)
        app()
        if turn == 4:
            before = Resources()
    assert before is not None

    assert counts == [2 * FRAMES] * 20
    assert Resources().grown(before) == {}
    assert "rest" not in {thread.name for thread in threading.enumerate()}

"""Flows: what they build, what goes in and out, and what goes wrong."""

from __future__ import annotations

import queue
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.compat.pyservicemaker import (
    BatchMetadataOperator,
    Buffer,
    BufferProvider,
    BufferRetriever,
    ColorFormat,
    Flow,
    Pipeline,
    Probe,
    RecordConfig,
    RenderMode,
    as_tensor,
)
from pythia.compat.pyservicemaker.metadata import BatchMetadata
from pythia.compat.pyservicemaker.utils import (
    MediaChunk,
    MediaExtractor,
    MediaInfo,
    VideoStreamInfo,
)
from pythia.exceptions import ProbeFailedError
from support.living import living
from support.servers import free_port

DECODED = "! rtph264depay ! avdec_h264 ! fakesink name=out sync=false"


class Count(BatchMetadataOperator):
    """Counts frames by source."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: dict[int, int] = {}
        self.sizes: set[tuple[int, int]] = set()

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        for frame in batch_meta.frame_items:
            self.frames[frame.source_id] = self.frames.get(frame.source_id, 0) + 1
            self.sizes.add((frame.pipeline_width, frame.pipeline_height))


def test_a_flow_batches_sources_and_shows_them(clip: Path) -> None:
    count, tiled = Count(), Count()
    flow = Flow(Pipeline("tiles")).batch_capture([str(clip), clip.as_uri()], width=64, height=48)

    flow = flow.attach(Probe("count", count))
    flow.render(width=160, height=96, sync=False)
    sink = next(name for name in flow.pipeline._nodes if name.startswith("render-sink"))
    flow.pipeline.attach(sink, Probe("tiled", tiled))
    flow()

    assert count.frames == {0: 12, 1: 12}
    assert (count.sizes, tiled.sizes) == ({(64, 48)}, {(160, 96)})


def test_a_flow_is_seen_over_rtsp(clip: Path, tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(
        f"source-list:\n- {{uri: '{clip.as_uri()}', sensor-id: gate, sensor-name: Gate}}\n"
        "source-config: {source-bin: nvurisrcbin, properties: {file-loop: true}}\n"
    )
    port = free_port()
    flow = Flow(Pipeline("served")).batch_capture(str(file), width=64, height=48)
    flow = flow.render(RenderMode.STREAM, rtsp_mount_point="/street", rtsp_port=port)
    flow.pipeline.start()

    try:
        with living(
            f"rtspsrc location=rtsp://127.0.0.1:{port}/street protocols=tcp {DECODED}"
        ) as seen:
            seen.more(5)
            assert not seen.failed
    finally:
        flow.pipeline.stop()


def test_sources_are_named_in_a_file(clip: Path, tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(
        "source-list:\n"
        f"- {{uri: '{clip.as_uri()}', sensor-id: gate, sensor-name: Gate}}\n"
        "source-config: {source-bin: nvurisrcbin, properties: {file-loop: false}}\n"
    )
    count = Count()

    flow = Flow(Pipeline("file")).batch_capture(str(file), width=64, height=48)
    flow.attach(Probe("count", count)).render(RenderMode.DISCARD, sync=False)()

    assert count.frames == {0: 12}
    assert flow.pipeline["gate"].get("uri") == clip.as_uri()


def test_nvmultiurisrcbin_batches_by_itself_and_tells_of_its_sources(
    clip: Path, tmp_path: Path
) -> None:
    from pythia.compat.pyservicemaker import DynamicSourceMessage

    file = tmp_path / "sources.yaml"
    file.write_text(
        "source-list:\n"
        f"- {{uri: '{clip.as_uri()}', sensor-id: gate, sensor-name: Gate}}\n"
        "source-config: {source-bin: nvmultiurisrcbin, properties: {port: 0, width: 64,"
        " height: 48, drop-pipeline-eos: false}}\n"
    )
    told: list[Any] = []
    count = Count()

    flow = Flow(Pipeline("many")).batch_capture(str(file))
    flow.attach(Probe("count", count)).render(RenderMode.DISCARD, sync=False)(told.append)

    assert count.frames == {0: 12}
    (added,) = [m for m in told if isinstance(m, DynamicSourceMessage) and m.source_added]
    assert (added.sensor_id, added.sensor_name, added.uri) == ("gate", "Gate", clip.as_uri())


class Take(BufferRetriever):
    """Puts frames into a queue."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: queue.Queue[Any] = queue.Queue()

    def consume(self, buffer: Buffer) -> int:
        self.frames.put(buffer.extract(0).clone())
        return 1


class Give(BufferProvider):
    """Makes buffers of the frames in a queue."""

    def __init__(self, frames: queue.Queue[Any]) -> None:
        super().__init__()
        self.frames = frames
        self.format, self.width, self.height, self.framerate = "RGB", 64, 48, 30
        self.device = "gpu"

    def generate(self, size: int) -> Buffer:
        try:
            array = np.from_dlpack(self.frames.get_nowait())
        except queue.Empty:
            return Buffer()
        return as_tensor(array, "HWC").wrap(ColorFormat.RGB)


def test_frames_go_out_of_one_pipeline_and_into_another(clip: Path) -> None:
    take, again = Take(), Take()

    Flow(Pipeline("out")).batch_capture([str(clip)], width=64, height=48).retrieve(take)()
    first = np.from_dlpack(take.frames.queue[0]).copy()
    Flow(Pipeline("in")).inject([Give(take.frames)]).batch(width=64, height=48).retrieve(again)()

    assert again.frames.qsize() == 12
    back = np.from_dlpack(again.frames.queue[0])
    assert back.shape == (48, 64, 3)
    difference = np.abs(back.astype(int) - first.astype(int))
    assert difference.mean() < 12  # by way of 4:2:0


@pytest.mark.parametrize(
    ("name", "options", "caps"),
    [
        ("hardware.mp4", {"bitrate": 500_000}, "h264"),
        ("software.mp4", {"use_sw_codec": True}, "h264"),
        ("plain.mov", {"enable_osd": False}, "h264"),
    ],
)
def test_a_flow_encodes_a_file(
    clip: Path, tmp_path: Path, name: str, options: dict[str, Any], caps: str
) -> None:
    file = tmp_path / name

    flow = Flow(Pipeline("encode")).batch_capture([str(clip)], width=64, height=48)
    flow.encode(str(file), **options)()

    info = MediaInfo.discover(str(file))
    (stream,) = info.streams
    assert isinstance(stream, VideoStreamInfo)
    assert (stream.codec, stream.width, stream.height) == (caps, 64, 48)
    assert info.duration == pytest.approx(12 / 30 * 1e9, abs=5e7)


def test_a_flow_sends_rtp_to_a_port(clip: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind(("127.0.0.1", 0))
        port.settimeout(30)

        flow = Flow(Pipeline("udp")).batch_capture([str(clip)], width=64, height=48)
        flow.encode(f"udp://localhost:{port.getsockname()[1]}")()

        assert port.recv(2000)[0] == 0x80


def test_a_fork_feeds_several_ends(clip: Path, tmp_path: Path) -> None:
    take, file = Take(), tmp_path / "fork.mp4"

    flow = Flow(Pipeline("fork")).batch_capture([str(clip)], width=64, height=48).fork()
    flow.encode(str(file))
    flow.retrieve(take)
    flow()

    assert take.frames.qsize() == 12
    assert MediaInfo.discover(str(file))


def test_one_of_several_streams_is_selected(clip: Path) -> None:
    flow = Flow(Pipeline("select")).capture([str(clip), str(clip)])
    first = flow._streams[0].originator

    chosen = flow.select(originator=first)

    assert [stream.originator for stream in chosen._streams] == [first]


def _captured(clip: Path) -> Flow:
    return Flow(Pipeline("wrong")).batch_capture([str(clip)], width=64, height=48)


WRONG: list[tuple[Callable[[Path], Any], type[Exception], str]] = [
    (lambda c: Flow(Pipeline("p")).render(), TypeError, "begin with batch_capture"),
    (lambda c: Flow(Pipeline("p")).capture([str(c)] * 2).infer(str(c)), TypeError, "batch"),
    (lambda c: _captured(c).batch(), TypeError, "batched already"),
    (lambda c: Flow(Pipeline("p")).batch_capture(str(c)), TypeError, "a list of addresses"),
    (lambda c: Flow(Pipeline("p")).batch_capture(["/no.mp4"]), FileNotFoundError, "/no.mp4"),
    (lambda c: Flow(Pipeline("p")).batch_capture([str(c)], widht=3), TypeError, "widht"),
    (lambda c: Flow(Pipeline("p")).capture([]), TypeError, "list of addresses"),
    (
        lambda c: Flow(Pipeline("p")).capture([str(c)], media_types="audio"),
        NotImplementedError,
        "video only",
    ),
    (lambda c: _captured(c).infer("/nowhere.txt"), FileNotFoundError, "/nowhere.txt"),
    (lambda c: _captured(c).infer(5), TypeError, "configuration file"),  # type: ignore[arg-type]
    (lambda c: _captured(c).track(ll_config="x"), RuntimeError, "did you mean 'll-config-file'"),
    (lambda c: _captured(c).analyze("/nowhere.txt"), FileNotFoundError, "/nowhere.txt"),
    (lambda c: _captured(c).apply(), NotImplementedError, "BufferOperator"),
    (lambda c: _captured(c).encode("a.avi"), TypeError, ".mp4"),
    (lambda c: _captured(c).encode("udp://far.example:1"), TypeError, "localhost only"),
    (lambda c: _captured(c).encode("udp://localhost"), TypeError, "a port"),
    (lambda c: _captured(c).encode("a.mp4", codec_type="av1"), TypeError, "h264, h265"),
    (lambda c: _captured(c).encode("a.mp4", bitrat=1), TypeError, "'bitrat'"),
    (lambda c: _captured(c).render("x"), TypeError, "RenderMode"),  # type: ignore[arg-type]
    (lambda c: Flow(Pipeline("p")).inject([]), TypeError, "empty"),
    (lambda c: Flow(Pipeline("p")).inject([BufferProvider()]), TypeError, "no format, width"),
    (lambda c: RecordConfig(recording_type="tape"), ValueError, "local or cloud"),
    (lambda c: RecordConfig(recording_type="cloud"), ValueError, "proto_lib"),
]


@pytest.mark.parametrize(("act", "kind", "words"), WRONG)
def test_bad_use_is_told(
    clip: Path, act: Callable[[Path], Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        act(clip)


class Bad(BufferProvider):
    """Gives something that is no buffer."""

    format, width, height, framerate = "RGB", 64, 48, 30

    def generate(self, size: int) -> Buffer:
        return b"bytes"  # type: ignore[return-value]


def test_what_a_provider_does_wrong_comes_out_of_the_flow() -> None:
    flow = Flow(Pipeline("bad")).inject([Bad()]).batch(width=64, height=48)

    with pytest.raises(ProbeFailedError, match="a Buffer is needed"):
        flow.render(RenderMode.DISCARD)()


class Refuses(BufferRetriever):
    """Raises."""

    def consume(self, buffer: Buffer) -> int:
        raise OSError("disk full")


def test_what_a_retriever_raises_comes_out_of_the_flow(clip: Path) -> None:
    with pytest.raises(ProbeFailedError, match=r"OSError: disk full, at .*test_pyservicemaker"):
        _captured(clip).retrieve(Refuses())()


@pytest.mark.parametrize("batch_size", [0, 2])
def test_parts_of_files_come_as_queues_of_frames(clip: Path, batch_size: int) -> None:
    ms = 1_000_000
    chunks = [
        MediaChunk(str(clip)),
        MediaChunk(str(clip), start_pts=100 * ms, duration=200 * ms, interval=100 * ms),
    ]

    with MediaExtractor(chunks, batch_size, (64, 48), n_thread=2, q_size=20) as extractor:
        found = [list(iter(frames.get, None)) for frames in extractor()]

    assert [len(frames) for frames in found] == [12, 3]
    assert [frame.timestamp // ms for frame in found[1]] == [100, 200, 300]
    assert np.from_dlpack(found[0][0].tensor).shape == (48, 64, 3)

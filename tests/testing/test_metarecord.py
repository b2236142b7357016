"""Metadata of running pipelines recorded to files."""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from pythia import Application
from pythia.compat import pyds as look_alike
from pythia.exceptions import ProbeFailedError, RecordingError, StreamError
from pythia.gst import Gst
from pythia.meta import deepstream
from pythia.meta.portable import PortableBatch
from pythia.recording.reader import Caps, End, RecordedBatch, Recording, SourceEvent
from pythia.testing import MetaRecorder, batch, call, frame, metarecord, metareplay, obj

Line = Callable[..., str]

MUX = (
    "videotestsrc name=src num-buffers={} pattern=black "
    "! video/x-raw,format=NV12,framerate=50/1 ! m.sink_{} "
    "nvstreammux name=m batch-size=1 width=64 height=48 ! identity name=pgie ! fakesink name=out"
)
WAIT_S = 30
FLUSHING = Gst.PadFlags.FLUSHING


def line(frames: int = 5, source: int = 0) -> str:
    return MUX.format(frames, source)


def pad_of(application: Application, element: str, pad: str) -> Gst.Pad | None:
    found = application.pipeline.get_by_name(element)
    assert found is not None
    return found.get_static_pad(pad)


def record(path: Path, text: str = line(), place: str = "pgie") -> MetaRecorder:
    recorder = metarecord(path)
    application = Application(text)

    @application.probe("m")
    def fill(batch_meta: PortableBatch) -> None:
        for one in batch_meta.frame_meta_list:
            one.add_obj(obj("car", box=(one.frame_num, 2, 3, 4)))

    application.probe(place)(recorder)
    application()
    return recorder


@pytest.mark.parametrize("name", ["street.jsonl", "street.msgpack"])
def test_a_pipeline_is_recorded_from_caps_to_the_end(tmp_path: Path, name: str) -> None:
    record(tmp_path / name, line(source=3))

    caps, *batches, ended, end = Recording(tmp_path / name)
    assert caps == Caps(64, 48, "NV12", (50, 1))
    assert ended == SourceEvent("stream-eos", 3)
    assert end == End(5, eos=True)
    seen = [one for one in batches if isinstance(one, RecordedBatch)]
    assert [one.pts for one in seen] == [number * 20_000_000 for number in range(5)]
    assert [one.duration for one in seen] == [20_000_000] * 5
    frames = [one.batch.frame_meta_list[0] for one in seen]
    assert [one.frame_num for one in frames] == list(range(5))
    assert {one.pad_index for one in frames} == {3}
    assert [one.obj_meta_list[0].rect_params.left for one in frames] == list(range(5))


def test_the_first_line_tells_what_the_file_is(tmp_path: Path) -> None:
    record(tmp_path / "street.jsonl")

    header = orjson.loads((tmp_path / "street.jsonl").read_bytes().splitlines()[0])

    assert (header["pythia"], header["version"]) == ("metadata", 1)
    assert header["runtime"] == "portable"
    assert {"by", "recorded"} < set(header)


def test_a_second_run_begins_the_file_anew(tmp_path: Path) -> None:
    path = tmp_path / "street.jsonl"
    application = Application(line(4))
    application.probe("pgie")(metarecord(path))

    for _ in range(2):
        application()

        assert len(list(metareplay(path))) == 4


def test_an_application_that_is_stopped_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "street.jsonl"
    application = Application(line(10**6))
    came = threading.Event()

    application.probe("pgie")(metarecord(path))

    pad: Any = pad_of(application, "out", "sink")

    @application.probe("out", "sink")
    def look(batch_meta: PortableBatch) -> None:
        if batch_meta.frame_meta_list[0].frame_num == 20:
            came.set()
            # Go on when the sink is being stopped: now it answers as at the end of the stream.
            deadline = time.monotonic() + WAIT_S
            while not pad.flags & FLUSHING and time.monotonic() < deadline:
                time.sleep(0.001)

    with application:
        assert came.wait(WAIT_S)

    *_, last, end = Recording(path)
    assert isinstance(last, RecordedBatch)
    assert end == End(last.batch.frame_meta_list[0].frame_num + 1, eos=False)


def test_nothing_is_lost_when_the_disk_is_slower_than_the_pipeline(tmp_path: Path) -> None:
    path = tmp_path / "street.jsonl"
    os.mkfifo(path)
    lines: list[bytes] = []

    def read() -> None:
        with path.open("rb") as fifo:
            lines.extend(fifo)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    record(path, line(500))
    reader.join(WAIT_S)

    assert len(lines) == 1 + 1 + 500 + 1 + 1
    assert orjson.loads(lines[-1])["end"]["batches"] == 500


def test_the_metadata_of_deepstream_is_recorded_through_its_bindings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deepstream, "_pyds", lambda: look_alike)
    recorder = metarecord(tmp_path / "street.jsonl")

    def show(pad: Any, info: Any) -> None:
        recorder(pad, info, look_alike.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer())))

    car = obj("car", box=(1, 2, 3, 4), object_id=5)
    call(show, batch(frame(obj("plate", parent=car), car, frame_num=7)))
    recorder.close()

    (seen,) = metareplay(tmp_path / "street.jsonl")
    (one,) = seen.frame_meta_list
    plate, found = one.obj_meta_list
    assert (one.frame_num, found.obj_label, found.object_id) == (7, "car", 5)
    assert found.rect_params.height == 4.0
    assert plate.parent is found


def test_batches_of_a_test_become_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "street.jsonl"

    with metarecord(path) as recorder:
        for number in range(3):
            recorder.write(batch(frame(obj("car"), frame_num=number)), pts=number * 10)

    assert [one.frame_meta_list[0].frame_num for one in metareplay(path)] == [0, 1, 2]
    assert [one.pts for one in Recording(path) if isinstance(one, RecordedBatch)] == [0, 10, 20]


def test_what_cannot_be_recorded_is_told_at_the_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen = batch(frame())
    seen.frame_meta_list[0].add_user(_odd())

    with caplog.at_level(logging.WARNING, "pythia"), metarecord(tmp_path / "x.jsonl") as recorder:
        recorder.write(seen)

    assert "not recorded: user metadata, 1 of 9999 (object)" in caplog.text
    last = orjson.loads((tmp_path / "x.jsonl").read_bytes().splitlines()[-1])
    assert last["end"]["left_out"] == {"9999 (object)": 1}


def _odd() -> Any:
    from pythia.testing import user

    return user(object(), 9999)


@pytest.mark.parametrize(
    ("name", "says"),
    [("none/street.jsonl", "there is no folder .*none"), (".", "it is a folder")],
)
def test_a_file_that_cannot_be_written_is_told_at_once(
    tmp_path: Path, name: str, says: str
) -> None:
    with pytest.raises(StreamError, match=f"cannot be recorded to .*{says}"):
        metarecord(tmp_path / name)


def test_a_recorder_that_is_not_used_touches_no_file(tmp_path: Path) -> None:
    path = tmp_path / "street.jsonl"
    path.write_text("kept")

    metarecord(path).close()

    assert path.read_text() == "kept"


def test_a_pad_without_metadata_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProbeFailedError, match=r"no batch metadata to record on .*behind nvstr"):
        record(tmp_path / "street.jsonl", place="src")


def test_a_recording_under_way_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "street.jsonl"
    recorder = metarecord(path)
    recorder.write(batch(frame()))
    other = tmp_path / "other.jsonl"

    recorder.close()
    other.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))

    with pytest.raises(RecordingError, match="no end behind this"):
        list(metareplay(other))


def test_a_pipeline_is_freed_although_it_was_recorded(tmp_path: Path) -> None:
    recorder = metarecord(tmp_path / "street.jsonl")
    application = Application(line())
    application.probe("pgie")(recorder)
    application()
    pipeline = application.pipeline.weak_ref()

    del application
    gc.collect()

    assert pipeline() is None

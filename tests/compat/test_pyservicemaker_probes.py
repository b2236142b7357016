"""Probes that are attached by the name of their plugin."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from pythia.compat.pyservicemaker import (
    BatchMetadataOperator,
    CommonFactory,
    Pipeline,
    probe,
    signal,
    utils,
)
from pythia.compat.pyservicemaker.metadata import BatchMetadata
from pythia.compat.pyservicemaker.plugins import create
from pythia.compat.pyservicemaker.probe import Probe
from pythia.meta.portable import PortableBatch, PortableFrame, PortableObject
from pythia.meta.portable_osd import PortableRect

_ROOM = "pythia.compat.pyservicemaker"


def _batch(frames: int = 1) -> PortableBatch:
    batch = PortableBatch(frames)
    for number in range(frames):
        frame = PortableFrame(pad_index=number, frame_num=3, source_id=number)
        for class_id, label in ((0, "car"), (2, "person"), (0, "car")):
            obj = PortableObject(1, class_id, confidence=0.5, obj_label=label)
            obj.rect_params = PortableRect(1.0, 2.0, 3.0, 4.0)
            frame.add_obj(obj)
        batch.add_frame(frame)
    return batch


def _run(plugin: str, batch: PortableBatch, **properties: Any) -> None:
    made = create(plugin, "it")
    assert isinstance(made, Probe)
    made.set({name.replace("_", "-"): value for name, value in properties.items()})
    made.operator._probe = made
    made.operator.handle_metadata(BatchMetadata.of(batch))


def test_sample_video_probe_writes_counts_into_the_picture() -> None:
    batch = _batch()

    _run("sample_video_probe.sample_video_probe", batch, font_size=20)

    text = batch.frame_meta_list[0].display_meta_list[0].text_params[0]
    assert (text.display_text, text.font_params.font_size) == ("Person=1,Vehicle=2", 20)


def test_add_message_meta_probe_adds_a_message_an_object() -> None:
    batch = _batch()

    _run("add_message_meta_probe", batch)

    events = [user.user_meta_data for user in batch.frame_meta_list[0].frame_user_meta_list]
    assert sorted(event.objectId for event in events) == ["car", "car", "person"]
    assert {event.sensorStr for event in events} == {"N/A"}


def test_add_message_meta_probe_reads_sources_labels_and_interval(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("Vehicle\nBike\nHuman\n")
    (tmp_path / "sources.yaml").write_text(
        "source-list: [{uri: 'rtsp://a', sensor-id: gate}, {uri: 'rtsp://b', sensor-id: yard}]"
    )
    batch = _batch(2)

    _run(
        "add_message_meta_probe",
        batch,
        label_file=str(tmp_path / "labels.txt"),
        source_config=str(tmp_path / "sources.yaml"),
        frame_interval=2,
    )

    first, second = batch.frame_meta_list
    assert [user.user_meta_data.objectId for user in first.frame_user_meta_list] == [
        "vehicle",
        "human",
        "vehicle",
    ]
    assert first.frame_user_meta_list[0].user_meta_data.sensorStr == "gate"
    assert second.frame_user_meta_list == []  # not its turn


def test_add_message_meta_probe_leaves_out_sources_that_the_file_does_not_have(
    tmp_path: Path,
) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text("source-list: [{uri: 'rtsp://a', sensor-id: gate}]")
    batch = _batch(2)

    _run("add_message_meta_probe", batch, source_config=str(file))

    assert [len(frame.frame_user_meta_list) for frame in batch.frame_meta_list] == [3, 0]


def test_kitti_dump_probe_writes_a_file_a_frame(tmp_path: Path) -> None:
    _run("kitti_dump_probe", _batch(2), kitti_dir=str(tmp_path / "out"))

    files = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert files == ["000_000003.txt", "001_000003.txt"]
    line = (tmp_path / "out" / files[0]).read_text().splitlines()[0].split()
    assert (line[0], len(line)) == ("car", 16)
    assert [float(word) for word in line[4:8]] == [1, 2, 4, 6]
    assert float(line[15]) == 0.5


def test_measure_fps_probe_prints_a_rate_a_source(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 0.0, 0.5, 2.0])
    monkeypatch.setattr(f"{_ROOM}.measure_fps.time.monotonic", lambda: next(times))
    made = create("measure_fps_probe", "fps")
    assert isinstance(made, Probe)
    made.set({"interval": 2})
    made.operator._probe = made

    for _ in range(3):
        made.operator.handle_metadata(BatchMetadata.of(_batch(2)))

    assert capsys.readouterr().out == "**FPS:  1.50 (1.50)\t1.50 (1.50)\t\n"


def test_measure_latency_probe_prints_a_line_a_frame(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVDS_ENABLE_LATENCY_MEASUREMENT", "1")
    pipeline = (
        Pipeline("latency")
        .add("videotestsrc", "src", {"num-buffers": 2})
        .add("capsfilter", "form", {"caps": "video/x-raw,format=NV12,width=64,height=48"})
        .add("nvvideoconvert", "upload")
        .add("nvstreammux", "mux", {"batch-size": 1, "width": 64, "height": 48})
        .add("fakesink", "sink")
        .link("src", "form", "upload", "mux", "sink")
    )

    pipeline.attach("mux", "measure_latency_probe", "latency").start().wait()

    lines = re.findall(
        r"Source id = 0 Frame_num = \d Frame latency = [\d.e+-]+ \(ms\)", capsys.readouterr().out
    )
    assert len(lines) == 2


def test_operators_of_the_program_are_attached_by_name() -> None:
    seen: list[Any] = []

    @probe(name="note_size", params={"size": ("integer", 3), "how": ("string", "as is", "words")})
    class Note(BatchMetadataOperator):
        def handle_metadata(self, batch_meta: BatchMetadata) -> None:
            seen.append((self.get_property("size"), self.get_property("how"), batch_meta.n_frames))

    _run("note_size", _batch(2))
    _run("note_size", _batch(1), size=9)

    assert seen == [(3, "as is", 2), (9, "as is", 1)]


def test_perf_monitor_prints_rates_by_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([0.0, 0.0, 1.0])
    monkeypatch.setattr(f"{_ROOM}.perf_monitor.time.monotonic", lambda: next(times))
    monitor = utils.PerfMonitor(2, 1, "nvurisrcbin", show_name=True)
    monitor.add_stream(0, "file:///a.mp4", "cam", "Gate")

    monitor.count([0, 1])
    monitor.count([0])

    assert capsys.readouterr().out == "**PERF:  2.00 (2.00) Gate\t1.00 (1.00)\n"


def test_a_recorder_by_messages_is_an_emitter_that_says_what_it_does_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = CommonFactory.create("smart_recording_action", "recorder")
    pipeline = Pipeline("rec").add("nvurisrcbin", "src_0", {"uri": "rtsp://nowhere/x"})

    assert isinstance(made, signal.Emitter)
    made.set({"conn-str": "localhost;9092"})
    made.attach("start-sr", pipeline["src_0"])

    assert "start_recording(node, start, duration)" in caplog.text
    with pytest.raises(RuntimeError, match="start-sr, stop-sr"):
        made.attach("begin", pipeline["src_0"])


def test_sources_cannot_be_managed_by_hand() -> None:
    pipeline = Pipeline("managed").add("nvurisrcbin", "src", {"uri": "rtsp://nowhere/x"})

    with pytest.raises(NotImplementedError, match="nvmultiurisrcbin"):
        signal.SourceManager("sources").attach("add-source", pipeline["src"])

"""Building blocks: what they render plays, and what is wrong with them is told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pythia import Application, frames_per_batch, samples
from pythia.core.template import Template
from pythia.exceptions import ConfigError, PipelineError
from pythia.recipes import Analytics, InferenceEngine, Pipeline, Sink, Source, Tracker
from pythia.recipes import sinks as sinks_module
from pythia.recipes import tracker as tracker_module
from support.rtsp_server import RtspServer
from support.small_video import FRAMES, small_video


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of several kinds, whose name needs quoting."""
    plain = tmp_path_factory.mktemp("plain")
    folder = plain / 'it\'s {odd} & "quoted"'
    folder.mkdir()
    for name in ("video.mp4", "av.mp4", "picture.jpg", "sound.mp4"):
        small_video(plain, name).rename(folder / name)
    for name, names in {
        "numbered": [f"img_{n:04d}.jpg" for n in range(7, 12)],
        "named": ["b.png", "a.png", "c x.png"],
        "holes": ["1.jpg", "2.jpg", "4.jpg"],
        "mixed": ["1.jpg", "2.png"],
        "empty": [],
    }.items():
        (folder / name).mkdir()
        for index, file in enumerate(names):
            image = np.full((24 + 2 * index, 32, 3), 40 * index, np.uint8)
            assert cv2.imwrite(str(folder / name / file), image)
    return folder


def _played(text: str) -> list[Any]:
    """Number, time and size of each frame that comes out of a pipeline's muxer."""
    seen: list[Any] = []
    application = Application(Template(text).render({}))

    @application.probe("m", "src")
    def look(batch_meta: Any) -> None:
        for frame in frames_per_batch(batch_meta):
            seen.append((frame.pad_index, frame.frame_num, frame.buf_pts))

    application()
    return seen


@pytest.mark.parametrize(
    ("source", "frames", "size"),
    [
        ("video.mp4", FRAMES, (64, 48)),
        ("av.mp4", FRAMES, (64, 48)),
        ("picture.jpg", 1, (64, 48)),
        ("numbered", 5, (32, 24)),
        ("numbered/img_%04d.jpg", 5, (32, 24)),
        ("named", 3, (32, 26)),
        ("holes", 3, (32, 24)),
    ],
)
def test_a_source_gives_all_its_frames_in_order(
    files: Path, source: str, frames: int, size: tuple[int, int]
) -> None:
    pipeline = Pipeline(files / source)

    seen = _played(pipeline.gst())

    assert (pipeline.width, pipeline.height) == size
    # The sound of a file may be a little longer than its video.
    assert 0 <= (pipeline.frames or 1) - frames <= 1
    assert [(pad, number) for pad, number, _ in seen] == [(0, n) for n in range(frames)]
    times = [pts for _, _, pts in seen]
    assert times == sorted(set(times))


def test_a_file_may_be_given_as_a_uri_with_the_size_of_the_muxer(files: Path) -> None:
    uri = (files / "video.mp4").as_uri()

    pipeline = Pipeline(f"{uri}?muxer_width=320&muxer_height=240")

    assert (pipeline.width, pipeline.height) == (320, 240)
    assert len(_played(pipeline.gst())) == FRAMES


def test_several_sources_are_put_into_one_batch_and_side_by_side(files: Path) -> None:
    sources = [str(files / "video.mp4"), str(files / "numbered"), "test://ball?num_buffers=4"]
    target = files / "tiled.mkv"

    pipeline = Pipeline(sources, sink=target)

    seen = _played(pipeline.gst())
    assert pipeline.frames == FRAMES + 5 + 4
    assert {pad: sum(p == pad for p, _, _ in seen) for pad in range(3)} == {0: FRAMES, 1: 5, 2: 4}
    assert "enable-padding=true" in pipeline.gst()  # 4:3 beside 16:9
    good, picture = cv2.VideoCapture(str(target)).read()
    assert good
    assert np.asarray(picture).shape[1] == 1280


@pytest.mark.parametrize(
    "name", ["o.mp4", "o.m4v", "o.mov", "o.mkv", "o.ts", "o.flv", "o.avi", "o.webm"]
)
def test_a_video_file_by_its_suffix_has_all_frames(files: Path, name: str) -> None:
    _played(Pipeline(files / "video.mp4", sink=files / name).gst())

    video = cv2.VideoCapture(str(files / name))
    assert sum(1 for _ in iter(lambda: video.read()[0], False)) == FRAMES


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_numbered_images_are_written(files: Path, tmp_path: Path, suffix: str) -> None:
    _played(Pipeline(files / "video.mp4", sink=tmp_path / f"%03d{suffix}").gst())

    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{n:03d}{suffix}" for n in range(FRAMES)]


def test_without_a_display_live_plays_all_the_same(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)

    assert len(_played(Pipeline(files / "video.mp4", sink="live").gst())) == FRAMES


def test_on_deepstream_live_without_a_display_is_no_window(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sinks_module, "runtime", lambda: "deepstream")

    assert Sink.of("live").gst() == "fakesink\n  name=sink\n  sync=true"
    assert "no display" in caplog.text

    monkeypatch.setenv("DISPLAY", ":0")
    assert "nveglglessink" in Sink.of("live").gst()


def test_a_camera_that_breaks_is_connected_anew() -> None:
    server = RtspServer()
    server.start()
    try:
        source = Source.of(server.uri())
    finally:
        server.stop()

    assert (source.facts.width, source.facts.height, source.live) == (64, 48, True)
    pipeline = Pipeline([source], sink="fakesink")
    assert "nvurisrcbin\n" in pipeline.gst()
    assert "rtsp-reconnect-interval=10" in pipeline.gst()
    assert "live-source=true" in pipeline.gst()


def test_the_parts_stand_in_the_order_in_which_they_work(street: Path, detector: Path) -> None:
    colours = samples.path("config_infer_secondary_carcolor.txt")
    rules = samples.path("config_nvdsanalytics.txt")

    text = Pipeline(street, [detector, colours], "o.mp4", rules, "IOU").gst()

    factories = re.findall(r"^(?:! )?([a-z]\w+)$", text, re.MULTILINE)
    assert [name for name in factories if name.startswith("nv") and "conv" not in name] == [
        "nvstreammux",
        "nvinfer",
        "nvtracker",
        "nvinfer",
        "nvdsanalytics",
        "nvdsosd",
        "nvv4l2h264enc",
    ]
    names = re.findall(r"^  name=(\w+)$", text, re.MULTILINE)
    assert names == ["m", "model_0", "tracker", "model_1", "analytics", "osd", "sink"]


def test_a_model_is_found_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("car\n")
    (tmp_path / "pgie.conf").write_text(
        "[property]\nlabelfile-path=labels.txt\nnum-detected-classes=2\ngie-unique-id=7\n"
    )

    engine = InferenceEngine.from_folder(tmp_path)

    assert engine.config_file == tmp_path / "pgie.conf"
    assert (engine.labels, engine.unique_id) == (("car", "class_1"), 7)


def test_a_model_of_triton_is_told_by_its_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.txt"
    file.write_text("infer_config {\n  unique_id: 5\n}\n")

    engine = InferenceEngine.of(file)

    assert engine.gst("model_0").startswith("nvinferserver\n")
    assert engine.unique_id == 5


def test_a_tracker_has_deepstreams_own_file_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Tracker.of("IOU").config_file == samples.path("config_tracker_IOU.yml")
    (tmp_path / "config_tracker_IOU.yml").touch()
    (tmp_path / "config_tracker_New.yml").touch()
    monkeypatch.setattr(tracker_module, "_CONFIGS", tmp_path)

    assert Tracker.of("IOU").config_file == tmp_path / "config_tracker_IOU.yml"
    assert "New" in tracker_module.names()


def test_lines_and_directions_need_a_tracker(tmp_path: Path) -> None:
    regions = tmp_path / "regions.txt"
    regions.write_text("[property]\nenable=1\n[roi-filtering-stream-0]\nenable=1\n")

    assert not Analytics.from_file(regions).requires_tracker()
    assert Analytics.of(samples.path("config_nvdsanalytics.txt")).requires_tracker()


def _wrong(files: Path) -> Iterator[tuple[Any, type[Exception], str]]:
    model = samples.path("config_infer_primary.txt")
    rules = samples.path("config_nvdsanalytics.txt")
    video = files / "video.mp4"
    yield {"sources": files / "vido.mp4"}, PipelineError, r"no file '.*', did you mean 'video\.mp4'"
    yield {"sources": files / "no/v.mp4"}, PipelineError, "no folder '.*no' either"
    yield {"sources": []}, PipelineError, "no source"
    yield {"sources": ""}, PipelineError, "the source is empty"
    yield {"sources": files / "sound.mp4"}, PipelineError, "there is no video in file:.*sound"
    yield {"sources": __file__}, PipelineError, "cannot play .*text"
    yield {"sources": files / "empty"}, PipelineError, r"no \.jpg or \.png in"
    yield {"sources": files / "mixed"}, PipelineError, r"several kinds \(1 \.jpg, 1 \.png\)"
    yield {"sources": files / "holes/%d.jpg"}, PipelineError, "image 3 is missing, 4 is there"
    yield {"sources": files / "holes/%05d.jpg"}, PipelineError, r"no file .*there: 1\.jpg, 2\.jpg"
    yield {"sources": "/dev/video99"}, PipelineError, "no device '/dev/video99'; cameras here"
    yield {"sources": "csi://left"}, PipelineError, "expected csi://0"
    yield {"sources": f"{video}?muxer_width=wide"}, PipelineError, "a number above 0, found 'wide'"
    yield {"sources": f"{video}?num_buffers=3"}, PipelineError, "use max_frames="
    yield {"sink": "o.mpeg4"}, PipelineError, r"unknown suffix '\.mpeg4'.*\.webm"
    yield {"sink": "o"}, PipelineError, "no suffix"
    yield {"sink": "%d.gif"}, PipelineError, r"unknown suffix '\.gif'.*\.webp"
    yield {"sink": files / "no/o.mp4"}, PipelineError, "no folder '.*no' for o.mp4"
    yield {"models": "nope.txt"}, ConfigError, "no model configuration '.*nope.txt'"
    yield {"models": ""}, ConfigError, "the model is empty"
    yield {"models": "net.onnx"}, ConfigError, "by its nvinfer configuration"
    yield {"models": files / "empty"}, ConfigError, "no model configuration .* found: nothing"
    yield {"models": rules.with_name("config_tracker_IOU.yml")}, ConfigError, r"no group \[prope"
    yield {"models": model, "tracker": "NvDFC_perf"}, ConfigError, "did you mean 'NvDCF_perf'"
    yield {"models": model, "tracker": "no.yml"}, ConfigError, "no tracker configuration .*IOU"
    yield {"models": model, "analytics": "no.txt"}, ConfigError, "no configuration of nvdsanaly"
    yield {"models": model, "analytics": rules}, PipelineError, "tracker='NvDCF_perf'"
    yield {"tracker": "IOU"}, PipelineError, "tracker needs objects"


def test_what_is_wrong_is_told_when_the_pipeline_is_made(files: Path) -> None:
    for arguments, error, message in _wrong(files):
        with pytest.raises(error, match=message):
            Pipeline(**{"sources": files / "video.mp4", **arguments})

"""nvv4l2decoder, nvjpegdec and nvimagedec."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia import elements
from pythia.elements.chain import factory_of
from pythia.elements.registry import ELEMENTS
from pythia.gst import Gst
from support.pictures import Pictures
from support.play import Play
from support.small_video import FRAMES, small_video

NVMM = "video/x-raw(memory:NVMM)"
HARDWARE = ("gpu-id=1", "cudadec-memtype=2", "num-extra-surfaces=5", "mjpeg=1", "bufapi-version=1")
STREAMS = {
    "h264": "x264enc key-int-max=4 ! h264parse",
    "h265": "x265enc key-int-max=4 ! h265parse",
    "mpeg4": "avenc_mpeg4 ! mpeg4videoparse",
    "vp8": "vp8enc deadline=1",
    "vp9": "vp9enc deadline=1",
    "jpeg": "jpegenc ! jpegparse",
}

File = Callable[[str], Path]


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> File:
    """A function that gives a small video file by its name."""
    folder = tmp_path_factory.mktemp("videos")
    return lambda name: small_video(folder, name)


@pytest.fixture
def h264(file: File) -> str:
    """The start of a pipeline that reads an elementary stream."""
    return f"filesrc location={file('video.h264')} ! h264parse"


def shape(caps: Any) -> tuple[str, int, int, bool]:
    """Format, width, height, and whether the memory is NVMM."""
    structure, features = caps.get_structure(0), caps.get_features(0)
    return (
        structure.get_string("format"),
        structure.get_value("width"),
        structure.get_value("height"),
        features.contains("memory:NVMM"),
    )


@pytest.mark.parametrize("codec", STREAMS)
def test_every_codec_is_decoded_into_nvmm(play: Play, codec: str) -> None:
    source = "videotestsrc num-buffers=6 ! video/x-raw,format=I420,width=64,height=48"

    played = play(f"{source} ! {STREAMS[codec]} ! nvv4l2decoder ! fakesink name=out")

    assert played.error is None
    assert shape(played.caps) == ("I420", 64, 48, True)
    assert len(played.pts) == 6


def test_frames_are_those_of_the_stock_decoder(play: Play, h264: str) -> None:
    ours, theirs = Pictures(), Pictures()

    play(f"{h264} ! nvv4l2decoder ! fakesink name=out", ours)
    play(f"{h264} ! avdec_h264 ! fakesink name=out", theirs)

    assert len(ours.buffers) == FRAMES
    np.testing.assert_array_equal(ours.buffers, theirs.buffers)


def test_frames_are_passed_on_where_the_decoder_put_them(play: Play, h264: str) -> None:
    made: list[int] = []
    given: list[int] = []

    def note(places: list[int]) -> Callable[..., Gst.PadProbeReturn]:
        def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            buffer: Any = info.get_buffer()
            places.append(hash(buffer.peek_memory(0)))
            return Gst.PadProbeReturn.OK

        return look

    def watch(pipeline: Gst.Pipeline) -> None:
        decoder: Any = pipeline.get_by_name("dec")

        def added(_bin: Gst.Bin, child: Gst.Element) -> None:
            if str(child.get_name()).startswith("avdec"):
                pad: Any = child.get_static_pad("src")
                pad.add_probe(Gst.PadProbeType.BUFFER, note(made))

        decoder.connect("element-added", added)
        out: Any = pipeline.get_by_name("out")
        out.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, note(given))

    play(f"{h264} ! nvv4l2decoder name=dec ! fakesink name=out", watch)

    assert len(given) == FRAMES
    assert given == made


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (f"{NVMM},format=NV12", ("NV12", 64, 48, True)),
        ("video/x-raw", ("I420", 64, 48, False)),
        ("videoconvert ! video/x-raw,format=RGB", ("RGB", 64, 48, False)),
        (f"nvvideoconvert ! {NVMM},format=RGBA,width=32,height=24", ("RGBA", 32, 24, True)),
    ],
)
@pytest.mark.parametrize("source", ["parsed", "decodebin", "uridecodebin"])
def test_what_follows_decides_on_format_and_memory(
    play: Play, file: File, source: str, wanted: str, found: tuple[str, int, int, bool]
) -> None:
    video = file("video.mp4")
    heads = {
        "parsed": f"filesrc location={video} ! qtdemux ! h264parse ! nvv4l2decoder",
        "decodebin": f"filesrc location={video} ! decodebin",
        "uridecodebin": f"uridecodebin uri=file://{video}",
    }

    played = play(f"{heads[source]} ! {wanted} ! fakesink name=out")

    assert played.error is None
    assert shape(played.caps) == found
    assert len(played.pts) == FRAMES


def far_behind(decoder: str) -> Callable[[Gst.Pipeline], None]:
    """Have ``out`` tell, for each buffer that a decoder gets, that it is ten seconds late."""
    late = Gst.Event.new_qos(Gst.QOSType.UNDERFLOW, 10.0, 10 * Gst.SECOND, 0)

    def prepare(pipeline: Gst.Pipeline) -> None:
        out: Any = pipeline.get_by_name("out")
        sink = out.get_static_pad("sink")

        def tell(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            sink.push_event(late)
            return Gst.PadProbeReturn.OK

        def added(_pipeline: Gst.Bin, _parent: Gst.Bin, element: Any) -> None:
            if element.find_property("max-threads"):  # each would take a frame before it is told
                element.set_property("max-threads", 1)
            if factory_of(element) == decoder:
                element.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, tell)

        pipeline.connect("deep-element-added", added)
        pipeline.iterate_elements().foreach(lambda element: added(pipeline, pipeline, element))

    return prepare


@pytest.mark.parametrize(
    ("text", "decoder"),
    [
        ("filesrc location={mp4} ! qtdemux ! h264parse ! nvv4l2decoder", "nvv4l2decoder"),
        ("filesrc location={mp4} ! decodebin", "nvv4l2decoder"),
        ("uridecodebin uri=file://{mp4}", "nvv4l2decoder"),
        ("nvurisrcbin uri=file://{mp4}", "nvv4l2decoder"),
        (f"videotestsrc num-buffers={FRAMES} ! jpegenc ! nvjpegdec", "nvjpegdec"),
        (f"videotestsrc num-buffers={FRAMES} ! jpegenc ! nvimagedec", "nvimagedec"),
    ],
)
def test_a_late_sink_never_makes_a_decoder_leave_frames_out(
    play: Play, file: File, text: str, decoder: str
) -> None:
    source = text.format(mp4=file("video.mp4"))

    played = play(f"{source} ! fakesink name=out", far_behind(decoder))

    assert played.error is None
    assert len(played.pts) == FRAMES


class Decoded:
    """What a DeepStream program sees of ``uridecodebin``: children's names, pads, their caps."""

    def __init__(self, uri: str) -> None:
        elements.register()
        self.names: list[str] = []
        self.features: list[str] = []
        pipeline: Any = Gst.parse_launch(f"uridecodebin name=in uri={uri} fakesink name=out")
        self._sink = pipeline.get_by_name("out").get_static_pad("sink")
        source = pipeline.get_by_name("in")
        source.connect("pad-added", self._pad_added)
        source.connect("child-added", self._child_added)
        pipeline.set_state(Gst.State.PLAYING)
        ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
        self.end = pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, ends)
        pipeline.set_state(Gst.State.NULL)

    def _pad_added(self, _source: Gst.Element, pad: Any) -> None:
        caps = pad.get_current_caps() or pad.query_caps()
        self.features.append(caps.get_features(0).to_string())
        pad.link(self._sink)

    def _child_added(self, _proxy: Any, child: Any, name: str) -> None:
        self.names.append(name)
        if name.find("decodebin") != -1:
            child.connect("child-added", self._child_added)
        if name.find("nvv4l2decoder") != -1:
            for hardware in ("drop-frame-interval", "num-extra-surfaces", "cudadec-memtype"):
                child.set_property(hardware, 0)
            child.set_property("gpu_id", 0)


def test_decodebin_finds_the_decoder_under_its_name(file: File) -> None:
    seen = Decoded(f"file://{file('video.mp4')}")

    assert seen.end is not None
    assert seen.end.type == Gst.MessageType.EOS
    assert [name for name in seen.names if "dec" in name][-1].startswith("nvv4l2decoder")
    assert seen.features == ["memory:NVMM"]


def test_pictures_are_decoded_by_nvjpegdec(file: File) -> None:
    seen = Decoded(f"file://{file('picture.jpg')}")

    assert seen.end is not None
    assert seen.end.type == Gst.MessageType.EOS
    assert any(name.startswith("nvjpegdec") for name in seen.names)
    assert seen.features == ["memory:NVMM"]


def test_the_decoders_outrank_those_of_gstreamer() -> None:
    assert int(ELEMENTS["nvv4l2decoder"].rank) == 267
    assert int(ELEMENTS["nvjpegdec"].rank) > int(ELEMENTS["nvimagedec"].rank) > 267


def test_one_frame_in_n_is_given(play: Play, h264: str) -> None:
    everything = play(f"{h264} ! nvv4l2decoder ! fakesink name=out").pts

    some = play(f"{h264} ! nvv4l2decoder drop-frame-interval=5 ! fakesink name=out").pts

    assert some == everything[::5]


@pytest.mark.parametrize(("skip", "frames"), [("decode_key", 3), ("decode_non_ref", 9)])
def test_frames_are_skipped_by_their_kind(play: Play, file: File, skip: str, frames: int) -> None:
    # Key frames come every fourth frame, and of the others a B frame that nothing refers to.
    source = f"filesrc location={file('video.mkv')} ! matroskademux ! h264parse"

    played = play(f"{source} ! nvv4l2decoder skip-frames={skip} ! fakesink name=out")

    assert played.error is None
    assert 0 < len(played.pts) < FRAMES
    assert len(played.pts) == frames


def test_skipping_by_reference_is_refused_for_other_codecs(play: Play) -> None:
    played = play(
        "videotestsrc num-buffers=5 ! vp8enc deadline=1 ! nvv4l2decoder skip-frames=decode_non_ref "
        "! fakesink name=out"
    )

    assert played.error is not None
    assert "decode_non_ref works with video/x-h264" in played.error


@pytest.mark.parametrize("setting", [*HARDWARE, "low-latency-mode=1", "disable-dpb=1"])
def test_tuning_changes_no_frame(play: Play, h264: str, setting: str) -> None:
    played = play(f"{h264} ! nvv4l2decoder {setting} ! fakesink name=out")

    assert played.error is None
    assert len(played.pts) == FRAMES


def test_data_without_caps_are_refused_with_the_parser_to_use(play: Play, file: File) -> None:
    played = play(f"filesrc location={file('video.h264')} ! nvv4l2decoder ! fakesink name=out")

    assert played.error is not None
    assert "h264parse" in played.error


def test_a_missing_decoder_is_named_with_its_package(
    play: Play, h264: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gst.ElementFactory, "list_filter", lambda *_: [])

    played = play(f"{h264} ! nvv4l2decoder ! fakesink name=out")

    assert played.error is not None
    assert "video/x-h264" in played.error
    assert "apt-get install gstreamer1.0-libav" in played.error


def test_a_damaged_stream_does_not_stop_the_rest(play: Play, file: File, tmp_path: Path) -> None:
    data = bytearray(file("video.h264").read_bytes())
    for place in range(len(data) // 3, len(data) // 2, 7):
        data[place] ^= 0x5A
    damaged = tmp_path / "damaged.h264"
    damaged.write_bytes(data)

    played = play(f"filesrc location={damaged} ! h264parse ! nvv4l2decoder ! fakesink name=out")

    assert played.error is None
    assert 0 < len(played.pts) <= FRAMES


@pytest.mark.parametrize("content", [b"", b"no video at all" * 1000])
def test_what_is_no_video_is_one_clear_error(play: Play, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "video.h264"
    file.write_bytes(content)

    played = play(f"filesrc location={file} ! h264parse ! nvv4l2decoder ! fakesink name=out")

    assert played.error == "No valid frames found before end of stream"


class Runs:
    """Plays one pipeline again and again, and counts its frames."""

    def __init__(self, text: str) -> None:
        elements.register()
        pipeline: Any = Gst.parse_launch(text)
        self.pipeline = pipeline
        self.frames = 0
        pad = pipeline.get_by_name("out").get_static_pad("sink")
        pad.add_probe(Gst.PadProbeType.BUFFER, self._count)

    def _count(self, _pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self.frames += 1
        return Gst.PadProbeReturn.OK

    def wait(self, kinds: Gst.MessageType = Gst.MessageType.EOS) -> None:
        message = self.pipeline.get_bus().timed_pop_filtered(
            20 * Gst.SECOND, kinds | Gst.MessageType.ERROR
        )
        assert message is not None
        assert message.type in (kinds,), message.parse_error()


def test_a_pipeline_plays_20_times_from_nothing(h264: str) -> None:
    runs = Runs(f"{h264} ! nvv4l2decoder name=d ! fakesink name=out")

    for number in range(1, 21):
        runs.pipeline.set_state(Gst.State.PLAYING)
        runs.wait()
        runs.pipeline.set_state(Gst.State.NULL)
        assert runs.frames == number * FRAMES
        assert runs.pipeline.get_by_name("d").children == []


def test_a_stream_may_go_on_in_another_codec(play: Play) -> None:
    source = "videotestsrc num-buffers=7 ! video/x-raw,format=I420,width=64,height=48"

    played = play(
        f"concat name=c ! nvv4l2decoder ! fakesink name=out {source} ! x264enc ! h264parse ! c. "
        f"{source} ! jpegenc ! c. {source} ! vp8enc deadline=1 ! c."
    )

    assert played.error is None
    assert len(played.pts) == 21


def test_seeking_starts_anew_from_a_key_frame(file: File) -> None:
    runs = Runs(
        f"filesrc location={file('video.mp4')} ! qtdemux ! h264parse ! nvv4l2decoder "
        "! fakesink name=out"
    )
    runs.pipeline.set_state(Gst.State.PAUSED)
    runs.wait(Gst.MessageType.ASYNC_DONE)
    flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT

    assert runs.pipeline.seek_simple(Gst.Format.TIME, flags, 9 * Gst.SECOND // 30)
    runs.wait(Gst.MessageType.ASYNC_DONE)
    before = runs.frames
    runs.pipeline.set_state(Gst.State.PLAYING)
    runs.wait()
    runs.pipeline.set_state(Gst.State.NULL)

    assert FRAMES - 9 <= runs.frames - before + 1 <= FRAMES - 6


@pytest.mark.parametrize("factory", ["nvjpegdec", "nvimagedec"])
@pytest.mark.parametrize("format", ["I420", "Y42B", "Y444", "GRAY8"])
def test_jpeg_pictures_of_all_kinds_are_decoded(play: Play, factory: str, format: str) -> None:
    pictures = Pictures()
    source = f"videotestsrc num-buffers=2 ! video/x-raw,format={format},width=64,height=48"

    played = play(f"{source} ! jpegenc ! {factory} ! fakesink name=out", pictures)

    assert played.error is None
    found, *size = shape(played.caps)
    assert size == [64, 48, True]
    assert found in ("I420", "RGB")
    first = pictures.buffers[0][0]
    white, black = first[:20, 2:6], first[33:35, 10:14]
    assert white.mean() > 200
    assert black.mean() < 60


def test_a_broken_picture_is_an_error(play: Play, tmp_path: Path) -> None:
    file = tmp_path / "picture.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0" + bytes(2000) + b"\xff\xd9")

    played = play(f"filesrc location={file} ! image/jpeg ! nvjpegdec ! fakesink name=out")

    assert played.error is not None

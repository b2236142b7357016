"""nvv4l2h264enc, nvv4l2h265enc, nvjpegenc and nvimageenc."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.gst import Gst
from support.pictures import Pictures
from support.play import Play, Played
from support.small_video import small_video

NVMM = "video/x-raw(memory:NVMM)"
SIZE = "width=320,height=240,framerate=30/1"
ENCODERS = pytest.mark.parametrize("codec", ["h264", "h265"])
AUD = {"h264": b"\0\0\1\x09", "h265": b"\0\0\1\x46"}


class Units:
    """Notes the encoded frames that reach the element ``out``; pass it as ``prepare``.

    ``after`` maps a number of frames to what is then done with the encoder.
    """

    def __init__(self, after: dict[int, Callable[[Any], object]] | None = None) -> None:
        self._after = after or {}
        self.keys: list[int] = []
        self.data: list[bytes] = []

    def __call__(self, pipeline: Gst.Pipeline) -> None:
        self._encoder: Any = pipeline.get_by_name("enc")
        out: Any = pipeline.get_by_name("out")
        out.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self._look)

    def _look(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer: Any = info.get_buffer()
        if not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT):
            self.keys.append(len(self.data))
        self.data.append(buffer.extract_dup(0, buffer.get_size()))
        self._after.get(len(self.data), lambda _: None)(self._encoder)
        return Gst.PadProbeReturn.OK

    def kilobits(self, first: int, last: int) -> float:
        """Per second of 30 frames."""
        return sum(map(len, self.data[first:last])) * 8 / 1000 * 30 / (last - first)


def encoded(
    play: Play,
    codec: str,
    settings: str = "",
    units: Units | None = None,
    frames: int = 40,
    pattern: str = "ball",
) -> Played:
    played = play(
        f"videotestsrc num-buffers={frames} pattern={pattern} "
        f"! {NVMM.replace('(memory:NVMM)', '')},format=NV12,{SIZE} ! nvvideoconvert ! {NVMM} "
        f"! nvv4l2{codec}enc name=enc {settings} ! fakesink name=out",
        units,
    )
    assert played.error is None, played.error
    return played


def field(played: Played, name: str) -> str:
    assert played.caps is not None
    return str(played.caps.get_structure(0).get_string(name))


@ENCODERS
@pytest.mark.parametrize(
    "source",
    [
        f"{NVMM},format=NV12",
        f"{NVMM},format=I420",
        "video/x-raw,format=NV12",
        "video/x-raw,format=I420",
    ],
)
def test_frames_of_either_memory_become_a_stream_that_shows_them(
    play: Play, tmp_path: Path, codec: str, source: str
) -> None:
    before, after = Pictures("seen", "src"), Pictures()
    file = tmp_path / "video.mp4"
    picture = "videotestsrc num-buffers=10 pattern=smpte100 ! video/x-raw,format=I420"

    played = play(
        f"{picture},{SIZE} ! nvvideoconvert ! {source} ! identity name=seen "
        f"! nvv4l2{codec}enc bitrate=8000000 ! {codec}parse ! mp4mux ! filesink location={file}",
        before,
    )
    again = play(
        f"filesrc location={file} ! qtdemux ! {codec}parse ! avdec_{codec} ! fakesink name=out",
        after,
    )

    assert (played.error, again.error) == (None, None)
    assert len(after.buffers) == len(before.buffers) == 10
    difference = np.abs(np.array(after.buffers[-1]) - np.array(before.buffers[-1]))
    assert np.median(difference) < 6


@ENCODERS
def test_the_stream_has_nvidias_form(play: Play, codec: str) -> None:
    played = encoded(play, codec, frames=3)

    assert field(played, "stream-format") == "byte-stream"
    assert field(played, "alignment") == "au"
    assert field(played, "profile") == {"h264": "constrained-baseline", "h265": "main"}[codec]


@pytest.mark.parametrize(
    ("codec", "setting", "profile"),
    [
        ("h264", "profile=Main", "main"),
        ("h264", "profile=4", "high"),
        ("h264", "num-B-Frames=2", "main"),
        ("h265", "profile=Main10", "main-10"),
    ],
)
def test_the_profile_is_the_one_asked_for(
    play: Play, codec: str, setting: str, profile: str
) -> None:
    source = "P010_10LE" if profile == "main-10" else "I420"

    played = play(
        f"videotestsrc num-buffers=5 ! video/x-raw,format={source},{SIZE} "
        f"! nvv4l2{codec}enc {setting} ! fakesink name=out"
    )

    assert played.error is None
    assert field(played, "profile") == profile


@ENCODERS
def test_what_follows_may_ask_for_a_profile(play: Play, codec: str) -> None:
    wanted = {"h264": "high", "h265": "main"}[codec]

    played = encoded(play, codec, f"! video/x-{codec},profile={wanted}", frames=3)

    assert field(played, "profile") == wanted


@ENCODERS
@pytest.mark.parametrize("preset", [1, 3])
def test_key_frames_come_exactly_at_their_interval(play: Play, codec: str, preset: int) -> None:
    units = Units()
    # A picture that is quite another one would bring a key frame of its own.
    source = "blink" if preset == 3 else "snow"

    encoded(play, codec, f"iframeinterval=10 preset-level={preset}", units, 35, source)

    assert units.keys == [0, 10, 20, 30]


@ENCODERS
@pytest.mark.parametrize("ask", ["signal", "idr", "intra", "event"])
def test_a_key_frame_comes_when_it_is_asked_for(play: Play, codec: str, ask: str) -> None:
    from pythia.gst import GstVideo

    def event(encoder: Any) -> None:
        ask = GstVideo.video_event_new_upstream_force_key_unit(Gst.CLOCK_TIME_NONE, True, 1)
        encoder.get_static_pad("src").send_event(ask)

    how = {
        "signal": lambda encoder: encoder.emit("force-IDR"),
        "idr": lambda encoder: encoder.set_property("force-idr", True),
        "intra": lambda encoder: encoder.set_property("force-intra", True),
        "event": event,
    }
    units = Units({12: how[ask]})

    encoded(play, codec, "iframeinterval=1000", units)

    assert len(units.keys) == 2
    assert 12 <= units.keys[1] < 25


@ENCODERS
def test_the_bit_rate_is_kept_and_may_change_while_playing(play: Play, codec: str) -> None:
    units = Units({60: lambda encoder: encoder.set_property("bitrate", 2_000_000)})

    encoded(play, codec, "bitrate=300000", units, frames=120, pattern="snow")

    low, high = units.kilobits(10, 60), units.kilobits(70, 120)
    assert 100 < low < 900
    assert 1000 < high < 4000
    assert high > 2.5 * low


@ENCODERS
@pytest.mark.parametrize("wanted", [True, False])
def test_access_unit_delimiters_are_there_if_asked_for(
    play: Play, codec: str, wanted: bool
) -> None:
    units = Units()

    encoded(play, codec, f"insert-aud={wanted}", units, frames=3)

    # The first frame of x265enc begins with the parameter sets.
    assert all((AUD[codec] in data[:64]) == wanted for data in units.data[1:])


@ENCODERS
def test_parameter_sets_stand_before_every_key_frame_if_asked_for(play: Play, codec: str) -> None:
    units = Units()
    parameters = {"h264": b"\0\0\1\x67", "h265": b"\0\0\1\x42\x01"}[codec]

    encoded(play, codec, "insert-sps-pps=1 iframeinterval=5", units, frames=12)

    with_parameters = [n for n, data in enumerate(units.data) if parameters in data[:200]]
    assert with_parameters == [0, 5, 10]


@pytest.mark.parametrize(
    "setting",
    ["maxperf-enable=1", "preset-level=4", "preset-id=3", "vbv-size=100000", "copy-timestamp=1",
     "insert-sps-pps=1", "insert-vui=1", "tuning-info-id=1", "qp-range=10,40:10,40:10,40",
     "control-rate=0 peak-bitrate=5000000", "ratecontrol-enable=0 quant-p-frames=30",
     "SliceIntraRefreshInterval=15", "gpu-id=0", "output-io-mode=5", "num-Ref-Frames=4"],
)  # fmt: skip
@ENCODERS
def test_settings_of_public_pipelines_work(play: Play, codec: str, setting: str) -> None:
    units = Units()

    encoded(play, codec, setting, units, frames=6)

    assert len(units.data) == 6


def test_frames_of_h264_may_be_cut_into_slices(play: Play) -> None:
    whole, cut = Units(), Units()

    encoded(play, "h264", "", whole, frames=2)
    encoded(play, "h264", "slice-header-spacing=20", cut, frames=2)

    assert cut.data[1].count(b"\0\0\1") > 2 * whole.data[1].count(b"\0\0\1")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("bitrate=0", "bits per second"),
        ("profile=Baseline num-B-Frames=1", "num-B-Frames needs profile=Main"),
        ("qp-range=10", "10,40:10,40:10,40"),
        ("enable-lossless=1", "lossless"),
    ],
)
def test_impossible_settings_are_refused(play: Play, settings: str, words: str) -> None:
    played = play(f"videotestsrc num-buffers=2 ! nvv4l2h264enc {settings} ! fakesink name=out")

    assert played.error is not None
    assert words in played.error


FREE = pytest.mark.parametrize("codec", ["vp8", "vp9", "av1"])


@FREE
def test_a_free_codec_shows_the_frames_that_it_was_given(
    play: Play, tmp_path: Path, codec: str
) -> None:
    before, after = Pictures("seen", "src"), Pictures()
    file = tmp_path / "video.mkv"
    picture = "videotestsrc num-buffers=5 pattern=smpte100 ! video/x-raw,format=I420"

    played = play(
        f"{picture},{SIZE} ! nvvideoconvert ! {NVMM},format=NV12 ! identity name=seen "
        f"! nvv4l2{codec}enc bitrate=8000000 ! matroskamux ! filesink location={file}",
        before,
    )
    again = play(f"uridecodebin uri={file.as_uri()} ! fakesink name=out", after)

    assert (played.error, again.error) == (None, None)
    assert len(after.buffers) == len(before.buffers) == 5
    difference = np.abs(np.array(after.buffers[-1]) - np.array(before.buffers[-1]))
    assert np.median(difference) < 8


@FREE
def test_key_frames_of_a_free_codec_come_at_their_interval(play: Play, codec: str) -> None:
    units = Units()

    encoded(play, codec, "iframeinterval=10 bitrate=200000", units, 25)

    assert units.keys == [0, 10, 20]


@pytest.mark.parametrize("codec", ["vp8", "vp9"])
def test_a_key_frame_of_a_free_codec_comes_when_it_is_asked_for(play: Play, codec: str) -> None:
    units = Units({12: lambda encoder: encoder.emit("force-IDR")})

    encoded(play, codec, "iframeinterval=1000", units, 30)

    assert len(units.keys) == 2
    assert 12 <= units.keys[1] < 25


@FREE
def test_the_bit_rate_of_a_free_codec_is_kept(play: Play, codec: str) -> None:
    units = Units({40: lambda encoder: encoder.set_property("bitrate", 12_000_000)})

    encoded(play, codec, "bitrate=3000000", units, frames=80, pattern="snow")

    low, high = units.kilobits(10, 40), units.kilobits(50, 80)
    assert low < 10_000  # av1enc is the one that is far off
    assert high > 1.5 * low


@pytest.mark.parametrize(
    "setting",
    ["preset-level=4", "maxperf-enable=1", "qp-range=10,40:10,40:10,40", "gpu-id=0",
     "control-rate=0 peak-bitrate=5000000", "ratecontrol-enable=0 quant-p-frames=30",
     "vbv-size=100000"],
)  # fmt: skip
@FREE
def test_settings_of_free_codecs_work(play: Play, codec: str, setting: str) -> None:
    units = Units()

    encoded(play, codec, setting, units, frames=3)

    assert len(units.data) == 3


@pytest.mark.parametrize(
    "factory",
    ["nvv4l2h264enc", "nvv4l2h265enc", "nvjpegenc", "nvv4l2vp8enc", "nvv4l2vp9enc", "nvv4l2av1enc"],
)
def test_a_missing_encoder_is_named_with_its_package(
    play: Play, monkeypatch: pytest.MonkeyPatch, factory: str
) -> None:
    real = Gst.ElementFactory.make

    def make(name: str, *rest: Any) -> Any:
        missing = ("x264enc", "x265enc", "jpegenc", "vp8enc", "vp9enc", "av1enc")
        return None if name in missing else real(name, *rest)

    monkeypatch.setattr(Gst.ElementFactory, "make", make)
    played = play(f"videotestsrc num-buffers=2 ! {factory} ! fakesink name=out")

    assert played.error is not None
    assert "apt-get install gstreamer1.0-plugins-" in played.error


@pytest.mark.parametrize("factory", ["nvv4l2h264enc", "nvjpegenc", "nveglglessink name=out"])
def test_a_batch_of_several_frames_is_refused(play: Play, factory: str) -> None:
    sources = " ".join(f"videotestsrc num-buffers=5 ! m.sink_{n}" for n in range(2))
    sink = "" if "out" in factory else "! fakesink name=out"

    played = play(
        f"{sources} nvstreammux name=m batch-size=2 width=64 height=48 ! {factory} {sink}"
    )

    assert played.error is not None
    assert "put nvmultistreamtiler or nvstreamdemux before it" in played.error


def test_tiles_of_a_batch_are_one_frame(play: Play) -> None:
    sources = " ".join(f"videotestsrc num-buffers=5 ! m.sink_{n}" for n in range(2))
    tiles = "nvmultistreamtiler rows=1 columns=2 width=128 height=64"

    played = play(
        f"{sources} nvstreammux name=m batch-size=2 width=64 height=48 ! {tiles} ! nvvideoconvert "
        f"! {NVMM},format=NV12 ! nvv4l2h264enc ! fakesink name=out"
    )

    assert played.error is None
    assert len(played.pts) >= 5


def test_metadata_stays_with_the_encoded_frames(play: Play) -> None:
    played = play(
        "videotestsrc num-buffers=4 ! m.sink_0 nvstreammux name=m batch-size=1 width=64 height=48 "
        "! nvvideoconvert ! nvv4l2h264enc copy-meta=1 ! fakesink name=out"
    )

    assert played.error is None
    assert [frame.frame_num for frame in played.frames] == [0, 1, 2, 3]


@pytest.mark.parametrize("factory", ["nvjpegenc", "nvimageenc"])
def test_jpeg_pictures_show_their_frames(play: Play, tmp_path: Path, factory: str) -> None:
    file = small_video(tmp_path, "picture.png")
    before, after = Pictures("seen", "src"), Pictures()
    source = f"filesrc location={file} ! pngdec ! nvvideoconvert ! {NVMM} ! identity name=seen"

    def both(pipeline: Gst.Pipeline) -> None:
        before(pipeline)
        after(pipeline)

    format = {"nvjpegenc": "I420", "nvimageenc": "RGB"}[factory]
    played = play(
        f"{source} ! nvvideoconvert ! {NVMM},format={format} ! {factory} quality=95 ! nvjpegdec "
        "! fakesink name=out",
        both,
    )

    assert played.error is None
    difference = np.abs(after.buffers[0][0] - before.buffers[0][0])
    assert np.median(difference) < 4


@pytest.mark.parametrize("factory", ["nvjpegenc", "nvimageenc"])
def test_quality_decides_on_the_size_of_pictures(play: Play, factory: str) -> None:
    def size(quality: int) -> int:
        units = Units()
        played = play(
            f"videotestsrc num-buffers=1 ! video/x-raw,format=I420,{SIZE} "
            f"! {factory} name=enc quality={quality} ! fakesink name=out",
            units,
        )
        assert played.error is None
        return len(units.data[0])

    assert size(95) > 2 * size(20)

"""nvv4l2h264enc and nvv4l2h265enc: frames in either kind of memory become H.264 or H.265.

x264 and x265 do the work, with NVIDIA's properties put in their terms. Try it::

    gst-pylaunch videotestsrc num-buffers=60 ! nvvideoconvert ! "video/x-raw(memory:NVMM)" ! \
        nvv4l2h264enc bitrate=1000000 iframeinterval=15 ! h264parse ! mp4mux ! \
        filesink location=/tmp/test.mp4
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pythia.elements import encoder_settings
from pythia.elements.base import pad_template, parse_caps, video_caps
from pythia.elements.properties import GPU_ID, Enum, Property, gproperties
from pythia.elements.relabel import Relabel
from pythia.elements.requests import OF_ENCODERS
from pythia.elements.stand_in import StandIn, make, say_once
from pythia.exceptions import ConfigError
from pythia.gst import GObject, Gst, GstVideo

_ALWAYS = Gst.PadPresence.ALWAYS
_CONTROL_RATE = Enum(
    "GstPythiaRateControl",
    (
        (0, "GST_V4L2_VIDENC_VARIABLE_BITRATE", "variable_bitrate"),
        (1, "GST_V4L2_VIDENC_CONSTANT_BITRATE", "constant_bitrate"),
    ),
)
_PRESET = Enum(
    "GstPythiaHwPreset",
    (
        (0, "Disable HW-Preset", "DisablePreset"),
        (1, "UltraFastPreset for high perf", "UltraFastPreset"),
        (2, "FastPreset", "FastPreset"),
        (3, "MediumPreset", "MediumPreset"),
        (4, "SlowPreset", "SlowPreset"),
    ),
)
_TUNING = Enum(
    "GstPythiaTuningInfo",
    (
        (1, "Tuning Preset for High Quality", "HighQualityPreset"),
        (2, "Tuning Preset for Low Latency", "LowLatencyPreset"),
        (3, "Tuning Preset for Low Latency", "UltraLowLatencyPreset"),
        (4, "Tuning Preset for Lossless", "LosslessPreset"),
    ),
)
_CAPTURE_IO = Enum(
    "GstPythiaEncCaptureIO", ((0, "GST_V4L2_IO_AUTO", "auto"), (2, "GST_V4L2_IO_MMAP", "mmap"))
)
_OUTPUT_IO = Enum(
    "GstPythiaEncOutputIO",
    (
        (0, "GST_V4L2_IO_AUTO", "auto"),
        (2, "GST_V4L2_IO_MMAP", "mmap"),
        (5, "GST_V4L2_IO_DMABUF_IMPORT", "dmabuf-import"),
    ),
)
_H264_PROFILE = Enum(
    "GstPythiaH264Profile",
    (
        (0, "Baseline", "Baseline"),
        (2, "Main", "Main"),
        (4, "High", "High"),
        (7, "High 4:4:4 Predictive", "High444"),
    ),
)
_H265_PROFILE = Enum(
    "GstPythiaH265Profile",
    ((0, "Main", "Main"), (1, "Main 10", "Main10"), (3, "Format range extensions", "FREXT")),
)


def _number(name: str, default: int, blurb: str, *, hardware: bool = False) -> Property:
    return Property(name, "uint", default, blurb, hardware=hardware)


def _switch(name: str, blurb: str, default: bool = False, *, hardware: bool = False) -> Property:
    return Property(name, "bool", default, blurb, hardware=hardware)


_NO_QUANTIZER = encoder_settings.DEFAULT_QUANTIZER
COMMON = (
    _number("bitrate", 4_000_000, "Bits per second; may be changed while playing"),
    Property("control-rate", _CONTROL_RATE, 1, "What varies, the bit rate or the quality"),
    _number("peak-bitrate", 0, "Most bits in a second with a variable bit rate; 0: no limit"),
    _number("vbv-size", 4_000_000, "The decoder's buffer in bits, with a constant bit rate"),
    _number(
        "iframeinterval", 30, "Frames from one intra frame, which is an IDR frame, to the next"
    ),
    _number("idrinterval", 256, "Frames between IDR frames at most"),
    Property("preset-level", _PRESET, 1, "Speed or quality, as on Jetson"),
    Property("preset-id", "uint", 1, "Speed (1) or quality (7), as on GPUs", 1, 7),
    Property("tuning-info-id", _TUNING, 2, "Low latency, or quality with frames held back"),
    _switch("insert-sps-pps", "Parameter sets before every IDR frame; H.264 has them always"),
    _switch("insert-vui", "VUI in the SPS; here always", hardware=True),
    _switch("insert-aud", "Access unit delimiters"),
    Property("num-B-Frames", "uint", 0, "B frames between two reference frames", 0, 2),
    Property("num-Ref-Frames", "uint", 1, "Reference frames", 0, 8),
    Property("qp-range", "string", None, "Quantizers of P, I and B frames: 10,40:10,40:10,40"),
    _switch("ratecontrol-enable", "Otherwise the quantizer is constant", True),
    _number("quant-i-frames", _NO_QUANTIZER, "Quantizer of I frames without rate control"),
    _number("quant-p-frames", _NO_QUANTIZER, "Quantizer of P frames without rate control"),
    _number("quant-b-frames", _NO_QUANTIZER, "Follows from that of P frames", hardware=True),
    _number("SliceIntraRefreshInterval", 0, "Frames in which intra blocks replace an IDR frame"),
    Property("slice-header-spacing", "uint64", 0, "Macroblocks, or bits, in a slice"),
    _switch("bit-packetization", "slice-header-spacing counts bits"),
    _switch("force-idr", "Set it to true to make the next frame an IDR frame"),
    _switch("force-intra", "Set it to true to make the next frame an intra frame"),
    _switch("enable-lossless", "Lossless; not on the portable runtime"),
    _switch("extended-colorformat", "Say full range in the VUI; here it says what the caps say"),
    _switch("qos", "Leave out frames that come too late"),
    Property("min-force-key-unit-interval", "uint64", 0, "Nanoseconds between forced key frames"),
    _switch("EnableTwopassCBR", "Two passes", hardware=True),
    _switch("EnableMVBufferMeta", "Motion vectors as metadata", hardware=True),
    _switch("MeasureEncoderLatency", "Log the latency of frames", hardware=True),
    _switch("maxperf-enable", "Highest clocks", hardware=True),
    _switch("copy-timestamp", "Keep times; always done", hardware=True),
    _switch("copy-meta", "Keep metadata; always done", hardware=True),
    _switch("bufapi-version", "Use the new buffer API", hardware=True),
    Property("capture-io-mode", _CAPTURE_IO, 0, "I/O mode of the source pad", hardware=True),
    Property("output-io-mode", _OUTPUT_IO, 0, "I/O mode of the sink pad", hardware=True),
    GPU_ID,
)


class VideoEncoder(StandIn):
    """What all encoders share."""

    FACTORY: ClassVar[tuple[str, str]]
    MEDIA: ClassVar[str]
    PROFILES: ClassVar[Mapping[int, tuple[str, str]]]
    """Profile in caps and formats of frames for it; the first is the default."""
    LIVE = frozenset({"bitrate"})
    REQUESTS = OF_ENCODERS

    def build(self) -> None:
        """Frames to system memory, encoder, and what its output has to be."""
        assert isinstance(self, Gst.Bin)
        first, self.inner = Relabel(), make(*self.FACTORY)
        formats, profiles = self._wanted()
        raw = make("capsfilter", caps=f"video/x-raw, format={{ {formats} }}")
        fixed = f"{self.MEDIA}, stream-format=byte-stream, alignment=au"
        output = "; ".join(f"{fixed}, profile={profile}" for profile in profiles)
        last = make("capsfilter", caps=output)
        self.line_up(first, make("videoconvert"), raw, self.inner, *self._headers(), last)
        self.expose(sink=first, src=last)
        self.watch_input(self.refuse_batch)
        if self.settings["extended-colorformat"]:
            say_once(f"{self.get_name()}: the range in the stream's VUI is the one that caps say")

    def _headers(self) -> tuple[Gst.Element, ...]:
        """What puts parameter sets before every IDR frame; x264 does so by itself."""
        if self.MEDIA == _H264 or not self.settings["insert-sps-pps"]:
            return ()
        # x265's own repeat-headers makes x265enc forget the time of a frame now and then.
        return (make("h265parse", "plugins-bad", config_interval=-1),)

    def _wanted(self) -> tuple[str, list[str]]:
        """Formats of frames, and profiles: the one that was set, or those that 8 bit 4:2:0 has."""
        if "profile" in self.given:
            profile, formats = self.PROFILES[self.settings["profile"]]
            return formats, [profile]
        formats = self.PROFILES[0][1]
        profiles = [profile for profile, like in self.PROFILES.values() if like == formats]
        without_b_frames = self.MEDIA == _H264
        return formats, profiles[self.settings["num-B-Frames"] > 0 and without_b_frames :]

    def property_changed(self, name: str) -> None:
        """Key frames are asked for by setting a property."""
        if name in ("force-idr", "force-intra"):
            if self.settings[name]:
                self.force_key_frame()
        else:
            super().property_changed(name)

    def force_key_frame(self) -> None:
        """Make the next frame an IDR frame."""
        pad = self.inner.get_static_pad("src") if self.inner is not None else None
        if pad is not None:
            pad.send_event(
                GstVideo.video_event_new_upstream_force_key_unit(Gst.CLOCK_TIME_NONE, True, 0)
            )


def _templates(formats: str, media: str) -> tuple[Gst.PadTemplate, Gst.PadTemplate]:
    output = parse_caps(f"{media}, stream-format=byte-stream, alignment=au")
    return (
        pad_template("sink", Gst.PadDirection.SINK, _ALWAYS, video_caps(formats.split())),
        pad_template("src", Gst.PadDirection.SRC, _ALWAYS, output),
    )


SIGNALS = {"force-IDR": (GObject.SignalFlags.RUN_LAST | GObject.SignalFlags.ACTION, None, ())}
_H264, _H265 = "video/x-h264", "video/x-h265"


class NvV4l2H264Enc(VideoEncoder, Gst.Bin):
    """nvv4l2h264enc; see the module."""

    FACTORY = ("x264enc", "plugins-ugly")
    MEDIA = _H264
    PROFILES: ClassVar[Mapping[int, tuple[str, str]]] = {
        0: ("{ constrained-baseline, baseline }", "NV12, I420"),
        2: ("main", "NV12, I420"),
        4: ("high", "NV12, I420"),
        7: ("high-4:4:4", "Y444"),
    }
    __gtype_name__ = "nvv4l2h264enc"
    __gstmetadata__ = (
        "H.264 encoder",
        "Codec/Encoder/Video",
        "Encodes video with x264 under the properties of NVIDIA's encoder",
        "pythia",
    )
    __gsttemplates__ = _templates("NV12 I420 Y444", _H264)
    PROPERTIES = (
        Property("profile", _H264_PROFILE, 0, "Profile of the stream"),
        _switch("disable-cabac", "CAVLC instead of CABAC"),
        Property("poc-type", "uint", 0, "Picture order count type", 0, 2, True),
        *COMMON,
    )
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__ = SIGNALS

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

    def do_force_IDR(self) -> None:  # noqa: N802 - the signal's name
        """The action signal's own handler."""
        self.force_key_frame()

    def inner_properties(self) -> Mapping[str, Any]:
        """In the terms of x264enc."""
        profile = self.settings["profile"]
        if "profile" in self.given and profile == 0 and self.settings["num-B-Frames"]:
            raise ConfigError("profile=Baseline has no B frames; num-B-Frames needs profile=Main")
        return encoder_settings.x264(self.settings, self.given)


class NvV4l2H265Enc(VideoEncoder, Gst.Bin):
    """nvv4l2h265enc; see the module."""

    FACTORY = ("x265enc", "plugins-bad")
    MEDIA = _H265
    PROFILES: ClassVar[Mapping[int, tuple[str, str]]] = {
        0: ("main", "I420"),
        1: ("main-10", "I420_10LE"),
        3: ("main-444", "Y444"),
    }
    __gtype_name__ = "nvv4l2h265enc"
    __gstmetadata__ = (
        "H.265 encoder",
        "Codec/Encoder/Video",
        "Encodes video with x265 under the properties of NVIDIA's encoder",
        "pythia",
    )
    __gsttemplates__ = _templates("NV12 I420 P010_10LE Y444", _H265)
    PROPERTIES = (Property("profile", _H265_PROFILE, 0, "Profile of the stream"), *COMMON)
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__ = SIGNALS

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

    def do_force_IDR(self) -> None:  # noqa: N802 - the signal's name
        """The action signal's own handler."""
        self.force_key_frame()

    def inner_properties(self) -> Mapping[str, Any]:
        """In the terms of x265enc."""
        return encoder_settings.x265(self.settings, self.given)

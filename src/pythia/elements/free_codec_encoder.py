"""nvv4l2vp8enc, nvv4l2vp9enc and nvv4l2av1enc: frames become VP8, VP9 or AV1.

libvpx and libaom do the work, set for live use, with NVIDIA's properties put in their terms. Try
it::

    gst-pylaunch videotestsrc num-buffers=60 ! nvvideoconvert ! "video/x-raw(memory:NVMM)" ! \
        nvv4l2vp9enc bitrate=1000000 ! webmmux ! filesink location=/tmp/test.webm
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pythia.elements import free_codec_settings
from pythia.elements.base import pad_template, parse_caps, video_caps
from pythia.elements.chain import has_property
from pythia.elements.properties import Property, gproperties
from pythia.elements.relabel import Relabel
from pythia.elements.stand_in import make, say_once
from pythia.elements.video_encoder import COMMON, SIGNALS, VideoEncoder
from pythia.gst import Gst

_ALWAYS = Gst.PadPresence.ALWAYS
_HAVE = frozenset(
    {
        "bitrate",
        "control-rate",
        "peak-bitrate",
        "iframeinterval",
        "idrinterval",
        "preset-level",
        "qp-range",
        "ratecontrol-enable",
        "quant-i-frames",
        "quant-p-frames",
        "quant-b-frames",
        "force-idr",
        "force-intra",
        "qos",
        "min-force-key-unit-interval",
        "MeasureEncoderLatency",
        "maxperf-enable",
        "copy-timestamp",
        "copy-meta",
        "bufapi-version",
        "capture-io-mode",
        "output-io-mode",
        "gpu-id",
    }
)
_PROPERTIES = (
    *(row for row in COMMON if row.name in _HAVE),
    Property("vbv-size", "uint", 4_000_000, "The decoder's buffer in bits", hardware=True),
)


def _templates(media: str) -> tuple[Gst.PadTemplate, Gst.PadTemplate]:
    return (
        pad_template("sink", Gst.PadDirection.SINK, _ALWAYS, video_caps(("NV12", "I420"))),
        pad_template("src", Gst.PadDirection.SRC, _ALWAYS, parse_caps(media)),
    )


class FreeCodecEncoder(VideoEncoder):
    """What the three share."""

    LIVE = frozenset({"target-bitrate"})

    def build(self) -> None:
        """Frames to system memory, encoder."""
        first, self.inner = Relabel(), make(*self.FACTORY)
        raw = make("capsfilter", caps="video/x-raw, format=I420")
        last = make("capsfilter", caps=self.MEDIA)
        self.line_up(first, make("videoconvert"), raw, self.inner, *self._headers(), last)
        self.expose(sink=first, src=last)
        self.watch_input(self.refuse_batch)

    def _headers(self) -> tuple[Gst.Element, ...]:
        """What gives the stream the form that muxers want."""
        return ()


class NvV4l2Vp8Enc(FreeCodecEncoder, Gst.Bin):
    """nvv4l2vp8enc; see the module."""

    FACTORY = ("vp8enc", "plugins-good")
    MEDIA = "video/x-vp8"
    __gtype_name__ = "nvv4l2vp8enc"
    __gstmetadata__ = (
        "VP8 encoder",
        "Codec/Encoder/Video",
        "Encodes video with libvpx under the properties of NVIDIA's encoder",
        "pythia",
    )
    __gsttemplates__ = _templates(MEDIA)
    PROPERTIES = _PROPERTIES
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__ = SIGNALS

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

    def do_force_IDR(self) -> None:  # noqa: N802 - the signal's name
        """The action signal's own handler."""
        self.force_key_frame()

    def inner_properties(self) -> Mapping[str, Any]:
        """In the terms of vp8enc."""
        return free_codec_settings.vpx(self.settings)


class NvV4l2Vp9Enc(FreeCodecEncoder, Gst.Bin):
    """nvv4l2vp9enc; see the module."""

    FACTORY = ("vp9enc", "plugins-good")
    MEDIA = "video/x-vp9"
    __gtype_name__ = "nvv4l2vp9enc"
    __gstmetadata__ = (
        "VP9 encoder",
        "Codec/Encoder/Video",
        "Encodes video with libvpx under the properties of NVIDIA's encoder",
        "pythia",
    )
    __gsttemplates__ = _templates(MEDIA)
    PROPERTIES = _PROPERTIES
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__ = SIGNALS

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

    def do_force_IDR(self) -> None:  # noqa: N802 - the signal's name
        """The action signal's own handler."""
        self.force_key_frame()

    def inner_properties(self) -> Mapping[str, Any]:
        """In the terms of vp9enc."""
        return free_codec_settings.vpx(self.settings)


class NvV4l2Av1Enc(FreeCodecEncoder, Gst.Bin):
    """nvv4l2av1enc; see the module."""

    FACTORY = ("av1enc", "plugins-bad")
    MEDIA = "video/x-av1, stream-format=obu-stream, alignment=tu"
    __gtype_name__ = "nvv4l2av1enc"
    __gstmetadata__ = (
        "AV1 encoder",
        "Codec/Encoder/Video",
        "Encodes video with libaom under the properties of NVIDIA's encoder",
        "pythia",
    )
    __gsttemplates__ = _templates(MEDIA)
    PROPERTIES = (
        *_PROPERTIES,
        Property("enable-headers", "bool", False, "IVF headers; not here", hardware=True),
        Property("enable-tile", "bool", False, "Tiles", hardware=True),
        Property("enable-srdo", "bool", False, "Sub-pixel rate-distortion", hardware=True),
        Property("disable-cdf", "bool", False, "No CDF update", hardware=True),
    )
    __gproperties__ = gproperties(PROPERTIES)
    __gsignals__ = SIGNALS

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

    def do_force_IDR(self) -> None:  # noqa: N802 - the signal's name
        """The action signal's own handler."""
        self.force_key_frame()

    def _headers(self) -> tuple[Gst.Element, ...]:
        """av1enc does not say what its stream is like."""
        return (make("av1parse", "plugins-bad"),)

    def force_key_frame(self) -> None:
        """Ask for a key frame; seen to have no effect with GStreamer 1.22."""
        say_once("nvv4l2av1enc: av1enc may not make a key frame when it is asked for one")
        super().force_key_frame()

    def inner_properties(self) -> Mapping[str, Any]:
        """In the terms of av1enc, as far as this version of GStreamer has them."""
        assert self.inner is not None
        wanted = free_codec_settings.av1(self.settings)
        return {name: value for name, value in wanted.items() if has_property(self.inner, name)}

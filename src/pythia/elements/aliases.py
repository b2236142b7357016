"""Stand-ins that need no file of their own: one class each, which is a table row with pads.

Try them::

    gst-pylaunch nvvideotestsrc num-buffers=5 ! "video/x-raw(memory:NVMM), width=320" ! \
        nvjpegenc quality=90 ! nvjpegdec ! fakesink
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pythia.elements.base import pad_template, parse_caps, video_caps
from pythia.elements.nvvideoconvert import NvVideoConvert
from pythia.elements.properties import GPU_ID, Enum, Property, gproperties
from pythia.elements.relabel import Relabel
from pythia.elements.source_bin import SOURCE_PROPERTIES, SourceBin, preferring
from pythia.elements.stand_in import StandIn, make
from pythia.exceptions import ConfigError
from pythia.gst import Gst

_SINK, _SRC, _ALWAYS = Gst.PadDirection.SINK, Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS
_JPEG = parse_caps("image/jpeg")
_FULL = (
    "video/x-raw, format={ I420, NV12 }, colorimetry=1:4:0:0; video/x-raw, format={ RGB, GRAY8 }"
)
_GOOD = "plugins-good"
_IDCT = Enum(
    "GstPythiaIdctMethod",
    (
        (0, "Slow but accurate integer algorithm", "islow"),
        (1, "Faster, less accurate integer method", "ifast"),
        (2, "Floating-point: accurate, fast on fast HW", "float"),
    ),
)
_IDCT_METHOD = Property("idct-method", _IDCT, 1, "Algorithm of the inverse transform")


def _templates(sink: Gst.Caps, src: Gst.Caps) -> tuple[Gst.PadTemplate, Gst.PadTemplate]:
    return pad_template("sink", _SINK, _ALWAYS, sink), pad_template("src", _SRC, _ALWAYS, src)


class JpegDecoder(StandIn):
    """JPEG pictures become frames."""

    FORMATS: ClassVar[Sequence[str]]

    def build(self) -> None:
        """Decoder, converter for what is not 4:2:0, and the change of name to NVMM."""
        self.inner, last = make("jpegdec", _GOOD), Relabel(self.FORMATS)
        self.line_up(self.inner, make("videoconvert"), last)
        self.expose(sink=self.inner, src=last)

    def inner_properties(self) -> Mapping[str, Any]:
        """In the terms of jpegdec."""
        names = ("idct-method", "max-errors")
        return {name: self.settings[name] for name in names if name in self.settings}


class JpegEncoder(StandIn):
    """Frames become JPEG pictures."""

    LIVE = frozenset({"quality"})

    def build(self) -> None:
        """Frames to system memory and to the range of numbers that JPEG has, encoder."""
        first, self.inner = NvVideoConvert(), make("jpegenc", _GOOD)
        self.line_up(first, make("capsfilter", caps=_FULL), self.inner)
        self.expose(sink=first, src=self.inner)
        self.watch_input(self.refuse_batch)

    def inner_properties(self) -> Mapping[str, Any]:
        """In the terms of jpegenc."""
        names = ("idct-method", "quality")
        return {name: self.settings[name] for name in names if name in self.settings}


class NvJpegDec(JpegDecoder, Gst.Bin):
    """nvjpegdec."""

    FORMATS = ("I420", "NV12")
    __gtype_name__ = "GstNvJpegDec"
    __gstmetadata__ = ("JPEG decoder", "Codec/Decoder/Image", "Decodes JPEG pictures", "pythia")
    __gsttemplates__ = _templates(_JPEG, video_caps(FORMATS))
    PROPERTIES = (
        _IDCT_METHOD,
        Property("max-errors", "int", 0, "Errors in a row that are passed over; -1: all", -1),
        Property("DeepStream", "bool", False, "Output for DeepStream", hardware=True),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.ignore_lateness()


class NvImageDec(JpegDecoder, Gst.Bin):
    """nvimagedec."""

    FORMATS = ("RGB", "I420")
    __gtype_name__ = "GstNvImageDec"
    __gstmetadata__ = ("Image decoder", "Codec/Decoder/Image", "Decodes JPEG pictures", "pythia")
    __gsttemplates__ = _templates(_JPEG, video_caps(FORMATS))
    PROPERTIES = (
        Property("needs-pool", "bool", True, "Use a pool of surfaces", hardware=True),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.ignore_lateness()


class NvJpegEnc(JpegEncoder, Gst.Bin):
    """nvjpegenc."""

    __gtype_name__ = "GstNvJpegEnc"
    __gstmetadata__ = ("JPEG encoder", "Codec/Encoder/Image", "Encodes JPEG pictures", "pythia")
    __gsttemplates__ = _templates(video_caps(("I420", "NV12", "GRAY8")), _JPEG)
    PROPERTIES = (
        Property("quality", "int", 85, "Quality of the pictures", 0, 100),
        _IDCT_METHOD,
        Property("smoothing", "int", 0, "Smoothing; jpegenc has none", 0, 100, True),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()


class NvImageEnc(JpegEncoder, Gst.Bin):
    """nvimageenc."""

    __gtype_name__ = "GstNvImageEnc"
    __gstmetadata__ = ("Image encoder", "Codec/Encoder/Image", "Encodes JPEG pictures", "pythia")
    __gsttemplates__ = _templates(video_caps(("RGB", "I420")), _JPEG)
    PROPERTIES = (
        Property("quality", "uint", 90, "Quality of the pictures", 0, 100),
        Property("encoded-size", "uint", 1 << 20, "Bytes of NVIDIA's output buffer", hardware=True),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()


_FRAMES = video_caps(("NV12", "I420", "RGBA", "BGRA", "RGBx", "BGRx", "RGB", "BGR", "GRAY8"))


class NvEglTransform(StandIn, Gst.Bin):
    """nvegltransform: frames are passed on as they are; there is no EGL image to make."""

    __gtype_name__ = "GstNvEglTransform"
    __gstmetadata__ = ("EGL transform", "Filter/Converter/Video", "Passes frames on", "pythia")
    __gsttemplates__ = _templates(_FRAMES, _FRAMES)
    PROPERTIES = (Property("qos", "bool", False, "Leave out late frames", hardware=True),)
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

    def build(self) -> None:
        """Nothing but the name of the memory may change."""
        only = Relabel()
        self.line_up(only)
        self.expose(sink=only, src=only)


_PATTERN = Enum(
    "GstNvVideoTestSrcPattern",
    (
        (0, "SMPTE color bars", "smpte"),
        (1, "Mandelbrot set", "mandelbrot"),
        (2, "Gradient", "gradient"),
    ),
)
_ANIMATION = Enum(
    "GstNvVideoTestSrcAnimationMode",
    (
        (0, "Frame count", "frames"),
        (1, "Wall clock time", "wall-time"),
        (2, "Running time", "running-time"),
    ),
)
_MEMTYPE = Enum(
    "GstPythiaTestSrcMemType",
    (
        (1, "Host/Pinned CUDA memory", "host"),
        (2, "Device CUDA memory", "device"),
        (3, "Unified CUDA memory", "unified"),
    ),
)
_PATTERNS = {0: "smpte", 2: "gradient"}


class NvVideoTestSrc(SourceBin, Gst.Bin):
    """nvvideotestsrc: test pictures of 1280 x 720 at 60 frames a second, if not asked otherwise."""

    FORMATS = ("I420", "NV12", "RGBA")
    __gtype_name__ = "GstNvVideoTestSrc"
    __gstmetadata__ = ("Video test source", "Source/Video", "Makes test pictures", "pythia")
    __gsttemplates__ = (pad_template("src", _SRC, _ALWAYS, video_caps(FORMATS)),)
    PROPERTIES = (
        Property("pattern", _PATTERN, 0, "The picture; mandelbrot is not available here"),
        Property("animation-mode", _ANIMATION, 0, "What moving pictures follow"),
        Property("horizontal-speed", "int", 0, "Pixels to the left from frame to frame"),
        Property("is-live", "bool", False, "Make each frame at its time"),
        Property("location", "string", None, "File with raw frames; not available here"),
        Property("file-loop", "bool", False, "Play the file of location again and again"),
        Property("max-jitter", "uint", 0, "Milliseconds of random delay; not available here"),
        Property("fixed-jitter", "string", "", "Delays in milliseconds; not available here"),
        Property("memtype", _MEMTYPE, 2, "Kind of memory", hardware=True),
        GPU_ID,
        *SOURCE_PROPERTIES,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

    def build(self) -> None:
        """GStreamer's test source, with NVIDIA's size and rate where others are possible."""
        preferred = preferring("format=I420", "width=1280, height=720, framerate=60/1")
        last = Relabel(self.FORMATS)
        self.inner = make("videotestsrc")
        self.line_up(self.inner, preferred, last)
        self.expose(src=last)

    def inner_properties(self) -> Mapping[str, Any]:
        """In the terms of videotestsrc."""
        settings = self.settings
        refused = [n for n in ("location", "max-jitter", "fixed-jitter") if settings[n]]
        if refused:
            raise ConfigError(
                f"nvvideotestsrc: {', '.join(refused)} is not available on the portable runtime; "
                "for raw files: filesrc ! rawvideoparse ! nvvideoconvert"
            )
        if settings["pattern"] not in _PATTERNS:
            raise ConfigError(
                "nvvideotestsrc: pattern=mandelbrot is not available on the portable runtime; "
                f"available: {', '.join(_PATTERNS.values())}"
            )
        names = ("animation-mode", "horizontal-speed", "is-live")
        own = {name: settings[name] for name in names}
        return {**super().inner_properties(), **own, "pattern": _PATTERNS[settings["pattern"]]}

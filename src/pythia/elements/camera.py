"""nvarguscamerasrc and nvv4l2camerasrc: frames of a camera in ``memory:NVMM``.

They come from the V4L2 device, converted if the pipeline asks for another format or size. Without
the device a live test picture takes its place, which is said once. Try it::

    gst-pylaunch nvarguscamerasrc sensor-id=0 num-buffers=60 ! \
        "video/x-raw(memory:NVMM), width=640, height=360, framerate=30/1" ! fakesink
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from pythia.elements.base import pad_template, video_caps
from pythia.elements.properties import Enum, Property, gproperties
from pythia.elements.relabel import Relabel
from pythia.elements.source_bin import SOURCE_PROPERTIES, SourceBin, preferring
from pythia.elements.stand_in import make, say_once
from pythia.exceptions import ConfigError
from pythia.gst import Gst


class Camera(SourceBin):
    """What both sources share; subclasses say which device is meant."""

    FORMATS: ClassVar[Sequence[str]]

    def device(self) -> Path:
        """The V4L2 device."""
        raise NotImplementedError

    def build(self) -> None:
        """The camera or the test picture, converted to what follows wants."""
        if self.settings.get("timeout"):
            raise ConfigError("timeout is not available on the portable runtime; use num-buffers")
        device, last = self.device(), Relabel(self.FORMATS)
        if device.exists():
            self.inner = make("v4l2src", "plugins-good", device=device)
            steps = [make("videoconvert"), make("videoscale"), make("videorate")]
            self.line_up(self.inner, *steps, last)
        else:
            assert isinstance(self, Gst.Element)
            say_once(f"{self.get_name()}: there is no camera {device}; a test picture is shown")
            self.inner = make("videotestsrc", is_live=True, pattern="ball")
            preferred = preferring("format=NV12", "width=1920, height=1080, framerate=30/1")
            self.line_up(self.inner, preferred, last)
        self.expose(src=last)


def _mode(name: str, *nicks: str) -> Enum:
    return Enum(f"GstPythiaCamera{name}", tuple((n, nick, nick) for n, nick in enumerate(nicks)))


_NOISE = _mode("TNR", "NoiseReduction_Off", "NoiseReduction_Fast", "NoiseReduction_HighQuality")
_EDGES = _mode("EE", "EdgeEnhancement_Off", "EdgeEnhancement_Fast", "EdgeEnhancement_HighQuality")
_ANTIBANDING = _mode(
    "Antibanding",
    "AeAntibandingMode_Off",
    "AeAntibandingMode_Auto",
    "AeAntibandingMode_50HZ",
    "AeAntibandingMode_60HZ",
)
_WHITE_BALANCE = _mode(
    "WhiteBalance",
    "off",
    "auto",
    "incandescent",
    "fluorescent",
    "warm-fluorescent",
    "daylight",
    "cloudy-daylight",
    "twilight",
    "shade",
    "manual",
)


def _tuning(
    name: str,
    kind: str | Enum,
    default: Any,
    blurb: str,
    least: float | None = None,
    most: float | None = None,
) -> Property:
    return Property(name, kind, default, f"{blurb}; of NVIDIA's ISP", least, most, hardware=True)


def _template(formats: Sequence[str]) -> tuple[Gst.PadTemplate]:
    caps = video_caps(formats)
    return (pad_template("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, caps),)


class NvArgusCameraSrc(Camera, Gst.Bin):
    """nvarguscamerasrc; camera ``sensor-id`` is ``/dev/videoN``."""

    FORMATS = ("NV12", "I420")
    __gtype_name__ = "GstNvArgusCameraSrc"
    __gstmetadata__ = ("Camera source", "Video/Capture", "Frames of a V4L2 camera", "pythia")
    __gsttemplates__ = _template(FORMATS)
    PROPERTIES = (
        Property("sensor-id", "int", 0, "Number of the camera", 0, 255),
        Property("sensor-mode", "int", -1, "Mode of the sensor; -1 fits the caps", -1, 255, True),
        Property("total-sensor-modes", "int", 0, "Modes that the sensor has", 0, 255, True),
        Property("timeout", "uint", 0, "Seconds until the stream ends; here num-buffers does it"),
        Property("silent", "bool", True, "Print nothing; it never does", hardware=True),
        Property("bufapi-version", "bool", False, "Use the new buffer API", hardware=True),
        _tuning("wbmode", _WHITE_BALANCE, 1, "White balance"),
        _tuning("saturation", "float", 1.0, "Saturation", 0, 2),
        _tuning("exposuretimerange", "string", None, "Exposure times in nanoseconds"),
        _tuning("gainrange", "string", None, "Gains"),
        _tuning("ispdigitalgainrange", "string", None, "Digital gains"),
        _tuning("tnr-strength", "float", -1.0, "Strength of noise reduction", -1, 1),
        _tuning("tnr-mode", _NOISE, 1, "Noise reduction"),
        _tuning("ee-mode", _EDGES, 1, "Edge enhancement"),
        _tuning("ee-strength", "float", -1.0, "Strength of edge enhancement", -1, 1),
        _tuning("aeantibanding", _ANTIBANDING, 1, "Exposure against flicker"),
        _tuning("exposurecompensation", "float", 0.0, "Exposure compensation", -2, 2),
        _tuning("aelock", "bool", False, "Keep the exposure"),
        _tuning("aeregion", "string", None, "Part of the picture that sets the exposure"),
        _tuning("awblock", "bool", False, "Keep the white balance"),
        *SOURCE_PROPERTIES,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

    def device(self) -> Path:
        """``/dev/videoN``."""
        return Path(f"/dev/video{self.settings['sensor-id']}")


class NvV4l2CameraSrc(Camera, Gst.Bin):
    """nvv4l2camerasrc; see the module."""

    FORMATS = ("NV12", "I420", "UYVY")
    __gtype_name__ = "GstNvV4l2CameraSrc"
    __gstmetadata__ = ("V4L2 camera source", "Video/Capture", "Frames of a V4L2 camera", "pythia")
    __gsttemplates__ = _template(FORMATS)
    PROPERTIES = (
        Property("device", "string", "/dev/video0", "The V4L2 device"),
        Property("cap-buffers", "uint", 6, "Buffers of the camera", 2, 16, True),
        Property("bufapi-version", "bool", False, "Use the new buffer API", hardware=True),
        *SOURCE_PROPERTIES,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

    def device(self) -> Path:
        """What ``device`` names."""
        return Path(self.settings["device"] or "")

"""nveglglessink, nv3dsink, nvdrmvideosink and nvoverlaysink: frames on a display.

GStreamer's own sink for the display shows them. Without a display they are taken at their time and
dropped, which is said once. Try it::

    gst-pylaunch videotestsrc num-buffers=60 ! nvvideoconvert ! "video/x-raw(memory:NVMM)" ! \
        nveglglessink window-width=640 window-height=360
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pythia.elements.base import pad_template, video_caps
from pythia.elements.chain import has_property
from pythia.elements.properties import GPU_ID, INT_MAX, Property, gproperties
from pythia.elements.relabel import Relabel
from pythia.elements.sink_properties import SEEN, SINK_PROPERTIES, TOLD
from pythia.elements.stand_in import StandIn, apt, make, say_once
from pythia.exceptions import ConfigError
from pythia.gst import Gst
from pythia.gst.element_flags import declare

_X11, _WAYLAND = "x11", "wayland"
_SINKS = {_X11: ("xvimagesink", "ximagesink"), _WAYLAND: ("waylandsink",)}
_PACKAGES = {_X11: "x", _WAYLAND: "plugins-bad"}
_VARIABLES = {_X11: "DISPLAY", _WAYLAND: "WAYLAND_DISPLAY"}
_CARDS = Path("/dev/dri")


def _size(name: str, default: int, blurb: str) -> Property:
    return Property(name, "uint", default, blurb, 0, INT_MAX)


_WINDOW = (
    _size("window-x", 10, "Left edge of the window; the window manager may not care"),
    _size("window-y", 10, "Upper edge of the window; the window manager may not care"),
    _size("window-width", 0, "Width of the window; 0 is that of the frames"),
    _size("window-height", 0, "Height of the window; 0 is that of the frames"),
)
_BUFFER_API = Property("bufapi-version", "bool", False, "Use the new buffer API", hardware=True)


class DisplaySink(StandIn):
    """What these sinks share."""

    FACTORY: ClassVar[str]
    WITHOUT_DESKTOP: ClassVar[bool] = False
    LIVE = frozenset(TOLD)

    def prepare(self) -> None:
        """To be called first in ``__init__``."""
        super().prepare()
        assert isinstance(self, Gst.Element)
        declare(self, Gst.ElementFlags.SINK)

    def build(self) -> None:
        """Take the first sink that can show anything."""
        settings = self.settings
        if max(settings.get("rows", 1), settings.get("columns", 1)) > 1:
            raise ConfigError(
                f"{self.FACTORY}: several rows or columns are the work of nvmultistreamtiler; put "
                "it before, and leave rows and columns at 1"
            )
        self.watch_input(self.refuse_batch)
        self.inner = self._display()
        if self.inner is None:
            self.inner = make("fakesink")
            self.line_up(self.inner)
            self.expose(sink=self.inner)
            return
        first = Relabel()
        self.line_up(first, make("videoconvert"), *self._scaling(), self.inner)
        self.expose(sink=first)

    def _display(self) -> Gst.Element | None:
        """A sink that has opened its display."""
        present = [kind for kind in self._kinds() if os.environ.get(_VARIABLES[kind])]
        factories = [factory for kind in present for factory in _SINKS[kind]]
        if self.WITHOUT_DESKTOP and _CARDS.exists():
            factories.append("kmssink")
        for factory in factories:
            sink = Gst.ElementFactory.make(factory, None)
            if sink is None:
                continue
            if sink.set_state(Gst.State.READY) != Gst.StateChangeReturn.FAILURE:
                self._say_what_is_left_out()
                return sink
            sink.set_state(Gst.State.NULL)
        say_once(f"{self.FACTORY}: {_why_not(present)}; frames are taken at their time and dropped")
        return None

    def _kinds(self) -> tuple[str, str]:
        first = self.settings.get("winsys") == _WAYLAND
        return (_WAYLAND, _X11) if first else (_X11, _WAYLAND)

    def _say_what_is_left_out(self) -> None:
        if {"window-x", "window-y"} & self.given:
            say_once(f"{self.FACTORY}: window-x and window-y are left to the window manager")

    def _scaling(self) -> tuple[Gst.Element, ...]:
        """Frames of the window's size, where one is given; GStreamer's windows fit the frames."""
        width = self.settings.get("window-width", 0)
        height = self.settings.get("window-height", 0)
        if not width or not height:
            return ()
        borders = self.settings.get("force-aspect-ratio", True)
        caps = f"video/x-raw, width={width}, height={height}, pixel-aspect-ratio=1/1"
        return make("videoscale", add_borders=borders), make("capsfilter", caps=caps)

    # Properties

    def do_get_property(self, spec: Any) -> Any:
        """What the inner sink has seen is asked of it."""
        if spec.name in SEEN:
            return None if self.inner is None else self.inner.get_property(spec.name)
        return super().do_get_property(spec)

    def inner_properties(self) -> Mapping[str, Any]:
        """Those of every sink, and what only some have."""
        wanted = {name: self.settings[name] for name in TOLD}
        name = "force-aspect-ratio"
        if name in self.settings and self.inner is not None and has_property(self.inner, name):
            wanted[name] = self.settings[name]
        return wanted


def _why_not(present: list[str]) -> str:
    if not present:
        return f"no display here ({' and '.join(_VARIABLES.values())} are not set)"
    sinks = [factory for kind in present for factory in _SINKS[kind]]
    variables = " and ".join(
        f"{_VARIABLES[kind]}={os.environ[_VARIABLES[kind]]}" for kind in present
    )
    if not any(Gst.ElementFactory.find(factory) for factory in sinks):
        return f"{variables}, but no sink for it is installed; {apt(_PACKAGES[present[0]])}"
    return f"the display {variables} cannot be opened"


def _templates(formats: str, *, system: bool = True) -> tuple[Gst.PadTemplate]:
    caps = video_caps(formats.split(), system=system)
    return (pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, caps),)


def _metadata(name: str) -> tuple[str, str, str, str]:
    return (name, "Sink/Video", "Shows video with GStreamer's own sink for the display", "pythia")


class NvEglGlesSink(DisplaySink, Gst.Bin):
    """nveglglessink; see the module."""

    FACTORY = "nveglglessink"
    __gtype_name__ = "GstEglGlesSink"
    __gstmetadata__ = _metadata("EGL/GLES video sink")
    __gsttemplates__ = _templates("NV12 I420 RGBA BGRx RGBx BGRA RGB BGR")
    PROPERTIES = (
        *_WINDOW,
        Property("force-aspect-ratio", "bool", True, "Fill up with black rather than distort"),
        Property("winsys", "string", "x11", "Windowing system to try first: x11, wayland"),
        Property("create-window", "bool", True, "Make a window; here always", hardware=True),
        Property("rows", "uint", 1, "Rows of pictures", 1, INT_MAX),
        Property("columns", "uint", 1, "Columns of pictures", 1, INT_MAX),
        Property("profile", "uint", 0, "Report the jitter of frames", hardware=True),
        Property("show-latency", "bool", False, "Report the latency of frames", hardware=True),
        Property("nvbuf-api-version", "bool", False, "As bufapi-version", hardware=True),
        _BUFFER_API,
        GPU_ID,
        *SINK_PROPERTIES,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()


class Nv3dSink(DisplaySink, Gst.Bin):
    """nv3dsink; see the module."""

    FACTORY = "nv3dsink"
    __gtype_name__ = "GstNv3dSink"
    __gstmetadata__ = _metadata("3D video sink")
    __gsttemplates__ = _templates(
        "RGBA BGRA ARGB ABGR RGBx BGRx xRGB xBGR AYUV Y444 I420 YV12 NV12 NV21 Y42B Y41B RGB BGR "
        "RGB16"
    )
    PROPERTIES = (*_WINDOW, _BUFFER_API, *SINK_PROPERTIES)
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()


def _plane(name: str, kind: str, default: Any, blurb: str) -> Property:
    return Property(name, kind, default, blurb, hardware=True)


class NvDrmVideoSink(DisplaySink, Gst.Bin):
    """nvdrmvideosink; see the module."""

    FACTORY = "nvdrmvideosink"
    WITHOUT_DESKTOP = True
    __gtype_name__ = "GstNvDrmVideoSink"
    __gstmetadata__ = _metadata("DRM video sink")
    __gsttemplates__ = _templates("NV12 I420 RGBA BGRx RGBx BGRA")
    PROPERTIES = (
        _plane("conn-id", "int", 0, "DRM connector"),
        _plane("plane-id", "int", 0, "DRM plane"),
        _plane("crtc-id", "int", 0, "DRM CRTC"),
        _plane("offset-x", "int", 0, "Left edge on the screen"),
        _plane("offset-y", "int", 0, "Upper edge on the screen"),
        _plane("set-mode", "bool", False, "Set the mode of the display"),
        _plane("color-range", "int", -1, "Range of colours"),
        _plane("do-timestamp", "bool", False, "Stamp frames"),
        _BUFFER_API,
        *SINK_PROPERTIES,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()


class NvOverlaySink(DisplaySink, Gst.Bin):
    """nvoverlaysink; see the module."""

    FACTORY = "nvoverlaysink"
    WITHOUT_DESKTOP = True
    __gtype_name__ = "GstNvOverlaySink"
    __gstmetadata__ = _metadata("Overlay video sink")
    __gsttemplates__ = _templates("NV12 I420 RGBA BGRx")
    PROPERTIES = (
        _plane("overlay", "uint", 1, "Overlay that shows the frames"),
        _plane("overlay-depth", "uint", 0, "Depth of the overlay"),
        _plane("overlay-x", "uint", 0, "Left edge on the screen"),
        _plane("overlay-y", "uint", 0, "Upper edge on the screen"),
        _plane("overlay-w", "uint", 0, "Width on the screen"),
        _plane("overlay-h", "uint", 0, "Height on the screen"),
        _plane("display-id", "uint", 0, "Display"),
        _BUFFER_API,
        *SINK_PROPERTIES,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

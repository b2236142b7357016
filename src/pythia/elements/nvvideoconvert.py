"""nvvideoconvert and nvvidconv: format, size, crop, flip and kind of memory of frames.

Frames that need no change are passed on untouched, also between system memory and
``memory:NVMM``, which on the portable runtime is a name only. Metadata is kept as it is: boxes are
not moved when frames are scaled or turned. Try it::

    gst-pylaunch videotestsrc num-buffers=30 ! nvvideoconvert flip-method=2 src-crop=8:8:160:120 ! \
        "video/x-raw(memory:NVMM), format=RGBA, width=640, height=480" ! fakesink
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pythia.elements.base import Portable, video_templates
from pythia.elements.caps_choice import CONVERTED, choose, convertible
from pythia.elements.properties import (
    COMPUTE_HW,
    GPU_ID,
    INTERPOLATION,
    MEMORY_TYPE,
    Enum,
    Property,
    gproperties,
)
from pythia.gst import Gst, GstBase
from pythia.gst.memory import unref
from pythia.gst.pads import ERROR, NOT_NEGOTIATED, push, set_chain, weakly
from pythia.gst.video import VideoFormat, video_format

if TYPE_CHECKING:
    from pythia.elements.converter import Converter

_TURNED = (1, 3, 5, 7)

_DESCRIPTION = (
    "Video converter",
    "Filter/Converter/Video/Scaler",
    "Converts video between formats and kinds of memory, scales, crops and flips it",
    "pythia",
)

FLIP_METHOD = Enum(
    "GstNvVideoFlipMethod",
    (
        (0, "Identity (no rotation)", "none"),
        (1, "Rotate counter-clockwise 90 degrees", "counterclockwise"),
        (2, "Rotate 180 degrees", "rotate-180"),
        (3, "Rotate clockwise 90 degrees", "clockwise"),
        (4, "Flip horizontally", "horizontal-flip"),
        (5, "Flip across upper right/lower left diagonal", "upper-right-diagonal"),
        (6, "Flip vertically", "vertical-flip"),
        (7, "Flip across upper left/lower right diagonal", "upper-left-diagonal"),
    ),
)


class NvVideoConvert(Portable, GstBase.BaseTransform):
    """The element; see the module.

    The base class negotiates; buffers take a way of their own, by address, because the base class
    cannot hand a batch of frames to Python without a copy.
    """

    __gtype_name__ = "GstNvVideoConvert"
    __gstmetadata__ = _DESCRIPTION
    __gsttemplates__ = video_templates(CONVERTED)
    PROPERTIES = (
        Property("flip-method", FLIP_METHOD, 0, "How frames are turned or mirrored"),
        Property("interpolation-method", INTERPOLATION, 6, "How frames are scaled"),
        Property("src-crop", "string", "0:0:0:0", "Part that is used: left:top:width:height"),
        Property(
            "dest-crop",
            "string",
            "0:0:0:0",
            "Part of the output that is filled, the rest being black: left:top:width:height",
        ),
        Property("allow-odd-crop", "bool", True, "Otherwise crop values are rounded down to even"),
        Property("disable-passthrough", "bool", False, "Copy frames that need no change, too"),
        Property("output-buffers", "uint", 4, "Buffers in NVIDIA's pool", 1, hardware=True),
        Property("bl-output", "bool", False, "Block-linear output", hardware=True),
        Property("contiguous-buffers", "bool", False, "Contiguous batches", hardware=True),
        Property("silent", "bool", False, "Print nothing; it never does", hardware=True),
        Property(
            "copy-hw",
            Enum(
                "GstPythiaCopyHW", ((0, "Default", "Default"), (1, "GPU", "GPU"), (2, "VIC", "VIC"))
            ),
            1,
            "Hardware that copies; here always the processor",
            hardware=True,
        ),
        COMPUTE_HW,
        MEMORY_TYPE,
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self._formats: tuple[VideoFormat, VideoFormat] | None = None
        self._converter: Converter | None = None
        sink, src = self.get_static_pad("sink"), self.get_static_pad("src")
        assert sink is not None
        assert src is not None
        self._src = src
        set_chain(sink, weakly(self._chain))

    def property_changed(self, name: str) -> None:
        """A new size may follow from a new way of turning."""
        if name == "flip-method":
            self.reconfigure_src()

    # Negotiation

    def do_transform_caps(
        self, _direction: Any, caps: Gst.Caps, filter: Gst.Caps | None
    ) -> Gst.Caps:
        """GstBaseTransform's virtual method."""
        turned = self.settings["flip-method"] in _TURNED
        result = convertible(caps, unchanged=not turned)
        if filter is None:
            return result
        return filter.intersect_full(result, Gst.CapsIntersectMode.FIRST)

    def do_fixate_caps(self, direction: Any, caps: Gst.Caps, othercaps: Gst.Caps) -> Gst.Caps:
        """GstBaseTransform's virtual method."""
        if direction != Gst.PadDirection.SINK or othercaps.is_empty():
            return othercaps.fixate()
        source = video_format(caps)
        size = (source.width, source.height)
        if self.settings["flip-method"] in _TURNED:
            size = size[::-1]
        return choose(source, size, othercaps)

    def do_set_caps(self, incaps: Gst.Caps, outcaps: Gst.Caps) -> bool:
        """GstBaseTransform's virtual method."""
        try:
            self._formats = video_format(incaps), video_format(outcaps)
            self._converter = self._make_converter()
        except Exception as error:
            self.fail(error)
            return False
        # Upstream may then ask what follows for its memory and layout.
        self.set_passthrough(self._converter.unchanged)
        return True

    def _make_converter(self) -> Converter:
        from pythia.elements.converter import Converter

        assert self._formats is not None
        return Converter(*self._formats, self.settings)

    # The streaming thread

    def _chain(self, buffer: int) -> int:
        if self._src.needs_reconfigure() and not self.reconfigure():
            unref(buffer)
            return NOT_NEGOTIATED
        if self._converter is None:
            unref(buffer)
            return NOT_NEGOTIATED
        try:
            if self._converter.settings is not self.settings:
                self._converter = self._make_converter()
            result = self._converter.converted(buffer)
        except Exception as error:
            unref(buffer)
            self.fail(error)
            return ERROR
        if result != buffer:
            unref(buffer)
        return push(self._src, result)


class NvVidConv(NvVideoConvert):
    """The same under the name that it has on Jetson."""

    __gtype_name__ = "GstNvVidConv"
    __gstmetadata__ = _DESCRIPTION
    __gsttemplates__ = video_templates(CONVERTED)

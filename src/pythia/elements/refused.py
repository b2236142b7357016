"""nvdsmetamux, nvdsvideotemplate and dsexample: refused, with a reason and another way.

Pipelines that name them are understood, so that the error can say why they cannot run here, and
what to use instead.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pythia.elements.base import Portable, pad_template, video_caps, video_templates
from pythia.elements.properties import GPU_ID, Property, gproperties
from pythia.exceptions import PipelineError
from pythia.gst import Gst, GstBase
from pythia.gst.capi import gobject
from pythia.gst.pads import address

_FORMATS = ("NV12", "RGBA", "I420")


class Refused(Portable):
    """Mixin of an element that does not start; ``REASON`` says why, and what to do instead."""

    REASON: ClassVar[str]

    def do_change_state(self, transition: Any) -> Gst.StateChangeReturn:
        """GstElement's virtual method."""
        assert isinstance(self, Gst.Element)
        if transition == Gst.StateChange.NULL_TO_READY:
            self.fail(PipelineError(self.REASON))
            return Gst.StateChangeReturn.FAILURE
        return Gst.Element.do_change_state(self, transition)


class NvDsMetaMux(Refused, Gst.Element):
    """Merges in DeepStream what parallel branches found on the same frames."""

    REASON = (
        "nvdsmetamux is not part of the portable runtime: it merges the metadata of inference in "
        "parallel branches. Put the inference elements one behind the other instead "
        "(nvinfer unique-id=1 ! nvinfer unique-id=2): all metadata is then on the same batch"
    )
    __gtype_name__ = "GstNvDsMetaMux"
    __gstmetadata__ = (
        "Metadata multiplexer",
        "Codec/Muxer",
        "Refused: inference elements one behind the other do its work",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template(
            "sink_%u",
            Gst.PadDirection.SINK,
            Gst.PadPresence.REQUEST,
            video_caps(_FORMATS, system=False),
        ),
        pad_template(
            "src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, video_caps(_FORMATS, system=False)
        ),
    )
    PROPERTIES = (
        Property("config-file", "string", None, "Configuration of the element", hardware=True),
        Property("active-pad", "string", None, "Pad whose buffers go on", hardware=True),
        Property(
            "pts-tolerance",
            "int",
            60000,
            "Microseconds that equal frames may differ",
            hardware=True,
        ),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        template = self.get_pad_template("src")
        assert template is not None
        self.add_pad(Gst.Pad.new_from_template(template, "src"))

    def do_request_new_pad(
        self, template: Gst.PadTemplate, name: str | None, _caps: Gst.Caps | None
    ) -> Gst.Pad:
        """GstElement's virtual method."""
        count = len(self.pads)
        pad = Gst.Pad.new_from_template(template, name or f"sink_{count - 1}")
        self.add_pad(pad)
        # PyGObject hands the caller a reference, and GStreamer takes another one of its own.
        gobject.g_object_unref(address(pad))
        return pad

    def do_release_pad(self, pad: Gst.Pad) -> None:
        """GstElement's virtual method."""
        self.remove_pad(pad)


class NvDsVideoTemplate(Refused, GstBase.BaseTransform):
    """Runs in DeepStream a library of one's own on each batch."""

    REASON = (
        "nvdsvideotemplate runs a C++ library (customlib-name) that is built for NVIDIA's runtime, "
        "which cannot be loaded here. Do the same in a probe, which gets the frames as NumPy "
        "arrays from pythia.frames, or in a GStreamer element of your own"
    )
    __gtype_name__ = "GstNvDsVideoTemplate"
    __gstmetadata__ = (
        "Video template",
        "Filter/Effect/Video",
        "Refused: libraries for NVIDIA's runtime cannot be loaded here",
        "pythia",
    )
    __gsttemplates__ = video_templates(("NV12", "RGBA", "I420", "RGB", "BGR", "GRAY8"))
    PROPERTIES = (
        Property("customlib-name", "string", None, "Library that is run", hardware=True),
        Property("customlib-props", "string", None, "Its properties, key:value", hardware=True),
        Property("config-file", "string", None, "File with properties", hardware=True),
        Property("dummy-meta-insert", "bool", False, "Insert empty metadata", hardware=True),
        Property("fill-dummy-batch-meta", "bool", False, "Fill empty metadata", hardware=True),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()


class DsExample(Refused, GstBase.BaseTransform):
    """Shows in DeepStream how to write an element in C; what it finds is made up."""

    REASON = (
        "dsexample is NVIDIA's pattern for an element written in C, and finds nothing real. Use "
        "nvinfer for a network, nvdsosd blur-bbox=1 for blurred objects, or a probe for code of "
        "your own"
    )
    __gtype_name__ = "GstDsExample"
    __gstmetadata__ = (
        "Example",
        "Filter/Effect/Video",
        "Refused: a pattern for elements in C that finds nothing real",
        "pythia",
    )
    __gsttemplates__ = video_templates(_FORMATS)
    PROPERTIES = (
        Property("unique-id", "uint", 15, "Id of the element", hardware=True),
        Property("processing-width", "int", 640, "Width it works in", 1, hardware=True),
        Property("processing-height", "int", 480, "Height it works in", 1, hardware=True),
        Property("full-frame", "bool", True, "Work on frames, not on objects", hardware=True),
        Property("blur-objects", "bool", False, "Blur objects", hardware=True),
        Property("batch-size", "uint", 1, "Frames in a batch", 1, 1024, hardware=True),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

"""nvsegvisual: the class maps that a segmentation network made of the frames, as coloured pictures.

The map is scaled to the output's size. With ``original-background=true`` one class is left out, and
the frame is seen there, and through the other classes if ``alpha`` is less than 1. A frame without
a class map is shown as it is. Try it::

    gst-pylaunch videotestsrc num-buffers=30 ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=640 height=360 \
        ! nvsegvisual width=512 height=512 original-background=true alpha=0.6 ! fakesink
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pythia.elements.base import pad_template, video_caps
from pythia.elements.new_frames import NewFrames, filtered, remade
from pythia.elements.properties import GPU_ID, Property, gproperties
from pythia.gst import Gst, GstBase
from pythia.gst.video import VideoFormat
from pythia.meta.portable import PortableFrame
from pythia.meta.types import SEGMENTATION_META

if TYPE_CHECKING:
    from pythia.elements.frame_maker import FrameMaker
    from pythia.vision.image import Image

_FREE = {"colorimetry": None, "chroma-site": None}


class NvSegVisual(NewFrames, GstBase.BaseTransform):
    """The element; see the module."""

    __gtype_name__ = "GstNvSegVisual"
    __gstmetadata__ = (
        "Segmentation visualization",
        "Filter/Effect/Video",
        "Makes coloured pictures of class maps",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template(
            "sink",
            Gst.PadDirection.SINK,
            Gst.PadPresence.ALWAYS,
            video_caps(("NV12", "RGBA", "I420"), system=False),
        ),
        pad_template(
            "src",
            Gst.PadDirection.SRC,
            Gst.PadPresence.ALWAYS,
            video_caps(("RGBA",), system=False),
        ),
    )
    PROPERTIES = (
        Property("width", "uint", 1280, "Width of the output", 1),
        Property("height", "uint", 720, "Height of the output", 1),
        Property(
            "operate-on-seg-meta-id",
            "int",
            -1,
            "Show class maps of the component with this unique id only; -1 shows all",
            -1,
        ),
        Property("original-background", "bool", False, "Leave the class class-id out"),
        Property("class-id", "uint", 0, "Class that is left out with original-background"),
        Property(
            "alpha", "float", 1.0, "How opaque classes are with original-background", 0.0, 1.0
        ),
        Property(
            "batch-size", "uint", 1, "Frames in a batch; here as many as come", 1, hardware=True
        ),
        Property("unique-id", "uint", 0, "Id of the element, for its user; it attaches nothing"),
        Property("gpu-on", "bool", True, "Paint on the GPU", hardware=True),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self._maker: FrameMaker | None = None
        self.take_buffers()

    def property_changed(self, name: str) -> None:
        """The output's size may change while playing."""
        if name in ("width", "height"):
            self.reconfigure_src()

    def do_transform_caps(
        self, direction: Any, caps: Gst.Caps, filter: Gst.Caps | None
    ) -> Gst.Caps:
        """GstBaseTransform's virtual method."""
        fields: dict[str, Any] = {**_FREE, "width": None, "height": None, "format": None}
        if direction == Gst.PadDirection.SINK:
            fields["format"] = "RGBA"
            fields["width"], fields["height"] = self.settings["width"], self.settings["height"]
        return filtered(remade(caps, fields), filter)

    def configure(self, source: VideoFormat, target: VideoFormat) -> None:
        """Frames become pictures of ``target``."""
        from pythia.elements.frame_maker import FrameMaker
        from pythia.vision import convert, segmentation_colours

        self._convert, self._draw_classes = convert.convert, segmentation_colours.draw_classes
        self._maker = FrameMaker(source, target)

    def converted(self, buffer: int) -> int:
        """Pictures of the class maps of all frames."""
        assert self._maker is not None
        return self._maker.made(buffer, self._draw)

    def _draw(self, frame: PortableFrame, picture: Image, target: Image) -> None:
        settings = self.settings
        maps = list(_class_maps(frame, settings["operate-on-seg-meta-id"]))
        background = settings["class-id"] if settings["original-background"] else None
        if not maps or background is not None:
            self._convert(picture, target)
        for class_map in maps:
            self._draw_classes(class_map, target, background=background, alpha=settings["alpha"])


def _class_maps(frame: PortableFrame, unique_id: int) -> Iterator[Any]:
    """The class maps of one component, or of all for an id that no component has."""
    for user in frame.frame_user_meta_list:
        if user.base_meta.meta_type != SEGMENTATION_META:
            continue
        meta = user.user_meta_data
        if meta.class_map is not None and (unique_id <= 0 or meta.unique_id == unique_id):
            yield meta.class_map

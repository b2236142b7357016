"""nvofvisual: the optical flow that nvof found, as a picture.

A pixel stands for a block of 4 x 4 pixels, so the picture is a quarter as wide and as high as the
frame. Direction is hue and speed is brightness: right is red, down yellow-green, left cyan, up
violet, and 10 pixels a frame are as bright as can be; what does not move is black, and so is a
frame without a flow. Try it::

    gst-pylaunch videotestsrc num-buffers=30 pattern=ball ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=640 height=360 ! nvof ! nvofvisual \
        ! nvvideoconvert ! "video/x-raw, width=640, height=360" ! fakesink
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pythia.elements.base import pad_template, video_caps
from pythia.elements.new_frames import NewFrames, filtered, remade
from pythia.elements.properties import GPU_ID, gproperties
from pythia.gst import Gst, GstBase
from pythia.gst.video import VideoFormat, video_format
from pythia.meta.portable import PortableFrame
from pythia.meta.portable_optical_flow import PortableOpticalFlow

if TYPE_CHECKING:
    from pythia.elements.frame_maker import FrameMaker
    from pythia.vision.image import Image

_FREE = {"colorimetry": None, "chroma-site": None}


class NvOfVisual(NewFrames, GstBase.BaseTransform):
    """The element; see the module."""

    __gtype_name__ = "GstNvOfVisual"
    __gstmetadata__ = (
        "Optical flow visualization",
        "Filter/Effect/Video",
        "Makes pictures of the optical flow that nvof found",
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
    PROPERTIES = (GPU_ID,)
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self._maker: FrameMaker | None = None
        self.take_buffers()

    def do_transform_caps(
        self, direction: Any, caps: Gst.Caps, filter: Gst.Caps | None
    ) -> Gst.Caps:
        """GstBaseTransform's virtual method."""
        fields: dict[str, Any] = {**_FREE, "width": None, "height": None, "format": None}
        if direction == Gst.PadDirection.SINK:
            fields["format"] = "RGBA"
            if caps.is_fixed():
                from pythia.vision.optical_flow import grid

                frames = video_format(caps)
                fields["height"], fields["width"] = grid(frames.width, frames.height)
        return filtered(remade(caps, fields), filter)

    def configure(self, source: VideoFormat, target: VideoFormat) -> None:
        """Frames become pictures of ``target``."""
        from pythia.elements.frame_maker import FrameMaker
        from pythia.vision import convert, optical_flow

        self._draw_flow, self._fill = optical_flow.draw_flow, convert.fill
        self._maker = FrameMaker(source, target)

    def converted(self, buffer: int) -> int:
        """Pictures of the flows of all frames."""
        assert self._maker is not None
        return self._maker.made(buffer, self._draw)

    def _draw(self, frame: PortableFrame, _picture: Image, target: Image) -> None:
        for user in frame.frame_user_meta_list:
            if isinstance(user.user_meta_data, PortableOpticalFlow):
                self._draw_flow(user.user_meta_data.vectors(), target)
                return
        self._fill(target, 0, 0, 0)

"""nvdsosd: boxes, masks, labels and shapes drawn over the frames, straight into their planes.

Try it::

    gst-pylaunch videotestsrc num-buffers=30 ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=640 height=360 ! nvdsosd display-clock=true ! fakesink
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pythia.elements.base import InPlace, video_templates
from pythia.elements.properties import GPU_ID, Enum, Property, gproperties
from pythia.elements.requests import OSD_PROCESS_MODE, obey
from pythia.exceptions import ConfigError
from pythia.gst import Gst, GstBase
from pythia.gst.video import VideoFormat
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch, PortableFrame
from pythia.meta.portable_osd import PortableColor, PortableFont, PortableText

if TYPE_CHECKING:
    from pythia.vision.image import Image

_RED = 0xFF0000FF


class NvDsOsd(InPlace, GstBase.BaseTransform):
    """The element; see the module.

    For a whole batch: blurred boxes, rectangles, masks, texts, lines, arrows and circles, in
    this order; of each kind first the objects', then the display metadata's.
    """

    WRITES = True
    __gtype_name__ = "GstNvDsOsd"
    __gstmetadata__ = (
        "On-screen display",
        "Filter/Effect/Video",
        "Draws the boxes, masks, texts and shapes of the metadata over the frames",
        "pythia",
    )
    __gsttemplates__ = video_templates(("NV12", "RGBA", "I420", "BGRA", "RGBx", "BGRx"))
    PROPERTIES = (
        Property("display-text", "bool", True, "Draw texts"),
        Property("display-bbox", "bool", True, "Draw rectangles"),
        Property("display-mask", "bool", False, "Draw instance masks"),
        Property("display-clock", "bool", False, "Draw the local date and time"),
        Property("clock-font", "string", "Serif", "Font of the clock"),
        Property("clock-font-size", "uint", 12, "Size of the clock's font in points", 0, 60),
        Property("x-clock-offset", "uint", 0, "Left edge of the clock in pixels"),
        Property("y-clock-offset", "uint", 0, "Upper edge of the clock in pixels"),
        Property("clock-color", "uint", 0, "Colour of the clock as 0xRRGGBBAA; 0 is opaque red"),
        Property(
            "process-mode",
            Enum("GstNvDsOsdMode", ((0, "CPU_MODE", "MODE_CPU"), (1, "GPU_MODE", "MODE_GPU"))),
            1,
            "What draws; here always the processor, with the looks of the GPU mode",
            hardware=True,
        ),
        Property(
            "blur-bbox", "uint", 0, "Blur 0 nothing, 1 objects' boxes, 2 their masks or boxes", 0, 2
        ),
        Property(
            "blur-on-gie-class-ids",
            "string",
            "",
            "Blur only objects of these components and classes: 1,0;1,2 (default: all)",
        ),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.set_in_place(True)

    def do_sink_event(self, event: Gst.Event) -> bool:
        """GstBaseTransform's virtual method."""
        obey(self, event, OSD_PROCESS_MODE)
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def configure(self, format: VideoFormat) -> None:
        """Also loads what draws, so that the first frame does not wait for it."""
        from pythia.vision import osd, osd_text

        self._osd, self._draw_text = osd, osd_text.draw_text
        self._blurred = _gie_class_ids(self.settings["blur-on-gie-class-ids"])

    def process(self, buffer: Gst.Buffer, images: Sequence[Image]) -> None:
        """Draw what the buffer's metadata says; without a batch, only the clock."""
        settings = self.settings
        batch = carrier.fetch(hash(buffer))
        frames = list(_frames_with_images(batch, images)) if batch else []
        if settings["blur-bbox"]:
            self._blur(frames, settings)
        if settings["display-bbox"]:
            self._each(frames, "rect_params", self._osd.draw_rect)
        if settings["display-mask"]:
            self._draw_masks(frames)
        if settings["display-text"]:
            self._each(frames, "text_params", self._draw_text)
            self._draw_clock(images, settings)
        for kind, draw in (
            ("line_params", self._osd.draw_line),
            ("arrow_params", self._osd.draw_arrow),
            ("circle_params", self._osd.draw_circle),
        ):
            self._each(frames, kind, draw)

    @staticmethod
    def _each(frames: Sequence[_Drawn], kind: str, draw: Callable[[Image, Any], None]) -> None:
        """Draw everything of one kind, which is the name of an attribute."""
        for image, frame in frames:
            for obj in frame.obj_meta_list if kind in _OF_OBJECTS else ():
                draw(image, getattr(obj, kind))
        for image, frame in frames:
            for display in frame.display_meta_list:
                for shape in getattr(display, kind):
                    draw(image, shape)

    def _draw_masks(self, frames: Sequence[_Drawn]) -> None:
        for image, frame in frames:
            for obj in frame.obj_meta_list:
                self._osd.draw_mask(image, obj.rect_params, obj.mask_params)

    def _blur(self, frames: Sequence[_Drawn], settings: MappingProxyType[str, Any]) -> None:
        by_mask = settings["blur-bbox"] == _BLUR_MASK
        for image, frame in frames:
            for obj in frame.obj_meta_list:
                if not self._blurred or (obj.unique_component_id, obj.class_id) in self._blurred:
                    mask = obj.mask_params if by_mask else None
                    self._osd.blur_rect(image, obj.rect_params, mask)

    def _draw_clock(self, images: Sequence[Image], settings: MappingProxyType[str, Any]) -> None:
        if not settings["display-clock"]:
            return
        color = settings["clock-color"] or _RED
        parts = (color >> shift & 0xFF for shift in (24, 16, 8, 0))
        font = PortableFont(
            settings["clock-font"],
            settings["clock-font-size"],
            PortableColor(*(part / 255 for part in parts)),
        )
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        text = PortableText(now, settings["x-clock-offset"], settings["y-clock-offset"], font)
        for image in images:
            self._draw_text(image, text)


_Drawn = tuple["Image", PortableFrame]
_OF_OBJECTS = ("rect_params", "text_params")
_BLUR_MASK = 2


def _frames_with_images(batch: PortableBatch, images: Sequence[Image]) -> Iterator[_Drawn]:
    for frame in batch.frame_meta_list:
        if frame.batch_id < len(images):
            yield images[frame.batch_id], frame


def _gie_class_ids(text: str | None) -> frozenset[tuple[int, int]]:
    """Component and class of ``blur-on-gie-class-ids``, as in ``1,0;1,2``."""
    pairs = set()
    for item in filter(None, (text or "").split(";")):
        numbers = item.split(",")
        try:
            gie, class_id = (int(number) for number in numbers)
        except ValueError:
            raise ConfigError(
                f"nvdsosd: blur-on-gie-class-ids is {text!r}, and {item!r} in it is not a "
                "component's id and a class's id such as 1,0 (several: 1,0;1,2)"
            ) from None
        pairs.add((gie, class_id))
    return frozenset(pairs)

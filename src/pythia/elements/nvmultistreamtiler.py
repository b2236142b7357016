"""nvmultistreamtiler: the frames of a batch side by side in one frame, with all that is drawn.

The tile of source N is tile N of the grid, counted along the rows. A source that has no frame in
a batch keeps its last one; one that has ended leaves a black tile. What leaves is a batch of one
frame with the objects, shapes and user metadata of all sources, moved to their tiles; which source
one came from can only be asked before. Try it::

    gst-pylaunch videotestsrc num-buffers=30 ! m.sink_0 \
        videotestsrc num-buffers=30 pattern=ball ! m.sink_1 \
        nvstreammux name=m batch-size=2 width=640 height=360 \
        ! nvmultistreamtiler rows=1 columns=2 width=1280 height=360 ! fakesink
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from pythia.elements.base import Portable, pad_template, video_caps
from pythia.elements.new_frames import NewFrames, filtered, remade
from pythia.elements.properties import (
    COMPUTE_HW,
    GPU_ID,
    INTERPOLATION,
    LARGEST_SIDE,
    MEMORY_TYPE,
    Property,
    check_sides,
    gproperties,
)
from pythia.elements.source_events import ADDED, DELETED, ENDED, source_of
from pythia.gst import GObject, Gst, GstBase
from pythia.gst.custom_tiles import read_custom_tiles
from pythia.gst.video import VideoFormat

if TYPE_CHECKING:
    from pythia.elements.tile_canvas import TileCanvas
    from pythia.vision.tiling import CustomTile

_FORMATS = ("NV12", "RGBA", "I420")
_CUSTOM = "custom-tile-config"
_log = logging.getLogger("pythia.elements.nvmultistreamtiler")


class NvMultiStreamTiler(NewFrames, GstBase.BaseTransform):
    """The element; see the module."""

    __gtype_name__ = "GstNvMultiStreamTiler"
    __gstmetadata__ = (
        "Stream tiler",
        "Generic",
        "Composes the frames of a batch into one frame, side by side",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template(
            "sink",
            Gst.PadDirection.SINK,
            Gst.PadPresence.ALWAYS,
            video_caps(_FORMATS, system=False),
        ),
        pad_template(
            "src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, video_caps(_FORMATS, system=False)
        ),
    )
    PROPERTIES = (
        Property("rows", "uint", 1, "Rows of tiles; grows if a source has no tile", 1),
        Property("columns", "uint", 1, "Columns of tiles; grows if a source has no tile", 1),
        Property("width", "uint", 1920, "Width of the output, rounded up to a multiple of 4", 16),
        Property("height", "uint", 1080, "Height of the output, rounded up to a multiple of 4", 16),
        Property("show-source", "int", -1, "The one source that is shown, or -1 for all", -1),
        Property(
            "square-seq-grid",
            "bool",
            False,
            "As many rows as columns, just enough for the living sources, without gaps; "
            "rows and columns are not used",
        ),
        Property("interpolation-method", INTERPOLATION, 6, "How frames are scaled"),
        Property("buffer-pool-size", "uint", 5, "Buffers in NVIDIA's pool", 4, 10, True),
        COMPUTE_HW,
        MEMORY_TYPE,
        GPU_ID,
    )
    __gproperties__: ClassVar[dict[str, Any]] = {
        **gproperties(PROPERTIES),
        _CUSTOM: (
            GObject.TYPE_POINTER,
            _CUSTOM,
            "Pointer to a CustomTileConfig: tiles of sources as parts (0 to 1) of the output",
            GObject.ParamFlags.WRITABLE | Gst.PARAM_MUTABLE_PLAYING,
        ),
    }

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self._custom: tuple[CustomTile, ...] = ()
        self._canvas: TileCanvas | None = None
        self._missed: int | None = None
        self.take_buffers()

    def do_set_property(self, spec: Any, value: Any) -> None:
        """GObject's virtual method."""
        if spec.name != _CUSTOM:
            Portable.do_set_property(self, spec, value)
            return
        from pythia.vision.tiling import CustomTile

        # The structure may be gone as soon as this returns; PyGObject's hash of a pointer is it.
        tiles = read_custom_tiles(0 if value is None else hash(value))
        self._custom = tuple(CustomTile(*tile) for tile in tiles)

    def property_changed(self, name: str) -> None:
        """The output's size may change while playing."""
        if name in ("width", "height"):
            self.reconfigure_src()

    # Negotiation

    def do_transform_caps(
        self, direction: Any, caps: Gst.Caps, filter: Gst.Caps | None
    ) -> Gst.Caps:
        """GstBaseTransform's virtual method."""
        width, height = self._size() if direction == Gst.PadDirection.SINK else (None, None)
        return filtered(remade(caps, {"width": width, "height": height}), filter)

    def _size(self) -> tuple[int, int]:
        width, height = (min(self.settings[name], LARGEST_SIDE) for name in ("width", "height"))
        return -(-width // 4) * 4, -(-height // 4) * 4

    def configure(self, source: VideoFormat, target: VideoFormat) -> None:
        """Frames of ``source`` become pictures of ``target``."""
        from pythia.elements.tile_canvas import TileCanvas

        check_sides("nvmultistreamtiler", self.settings, "width", "height")
        if self._canvas is None or not self._canvas.source.same_pixels(source):
            self._canvas = TileCanvas(source)
        self._canvas.resize(target)

    # The streaming thread

    def converted(self, buffer: int) -> int:
        """The composed picture."""
        assert self._canvas is not None
        settings = self.settings
        result = self._canvas.composed(buffer, settings, self._custom)
        self._report_missing(settings["show-source"], self._canvas.sources)
        return result

    def _report_missing(self, chosen: int, sources: tuple[int, ...]) -> None:
        """Say once that the picture is black because nobody has seen the chosen source."""
        missed = chosen if chosen >= 0 and chosen not in sources else None
        if missed is not None and missed != self._missed:
            known = ", ".join(map(str, sources)) or "none"
            _log.warning("show-source=%d: no such source (there are: %s)", missed, known)
        self._missed = missed

    def do_sink_event(self, event: Gst.Event) -> bool:
        """GstBaseTransform's virtual method: sources come, and leave their tiles."""
        if self._canvas is not None:
            if (added := source_of(event, ADDED)) is not None:
                self._canvas.expect(added)
            elif (ended := source_of(event, ENDED, DELETED)) is not None:
                self._canvas.forget(ended)
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def do_stop(self) -> bool:
        """GstBaseTransform's virtual method: throw away what a run left."""
        self._canvas = None
        self._configured = False
        return True

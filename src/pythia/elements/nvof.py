"""nvof: how the picture of each source moves from frame to frame, as metadata of the frame.

The vectors are those of OpenCV's dense optical flow, not NVIDIA's hardware: like ones in kind and
unit, other ones in detail. The first frame of a source has none. Try it::

    gst-pylaunch videotestsrc num-buffers=30 pattern=ball ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=640 height=360 ! nvof ! fakesink
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pythia.elements.base import InPlace, video_templates
from pythia.elements.properties import GPU_ID, Enum, Property, gproperties
from pythia.elements.source_events import DELETED, ENDED, source_of
from pythia.exceptions import ConfigError, PipelineError
from pythia.gst import Gst, GstBase
from pythia.gst.video import VideoFormat
from pythia.meta import carrier
from pythia.meta.portable import PortableBase, PortableFrame, PortableUser
from pythia.meta.portable_optical_flow import FRACTION, PortableOpticalFlow
from pythia.meta.types import OPTICAL_FLOW_META

if TYPE_CHECKING:
    from pythia.vision.image import Image
    from pythia.vision.optical_flow import FlowEstimator

_PRESET_LEVEL = Enum(
    "GstNvOfPresetLevel",
    (
        (0, "Fast", "NV_OF_PERF_LEVEL_FAST"),
        (1, "Medium", "NV_OF_PERF_LEVEL_MEDIUM"),
        (2, "Slow, and the most exact", "NV_OF_PERF_LEVEL_SLOW"),
    ),
)
_GRID_SIZE = Enum("GstNvOfGridSize", ((0, "Blocks of 4 x 4 pixels", "NVOF_GRID_SIZE_4x4"),))


class NvOf(InPlace, GstBase.BaseTransform):
    """The element; see the module."""

    __gtype_name__ = "GstNvOf"
    __gstmetadata__ = (
        "Optical flow",
        "Filter/Analyzer/Video",
        "Finds how the picture of each source moves from frame to frame",
        "pythia",
    )
    __gsttemplates__ = video_templates(("NV12", "I420", "RGBA"))
    PROPERTIES = (
        Property("preset-level", _PRESET_LEVEL, 0, "How much time is spent on exactness"),
        Property("grid-size", _GRID_SIZE, 0, "Size of the blocks that have a vector each"),
        Property(
            "dump-of-meta", "bool", False, "Not possible here: write the vectors down in a probe"
        ),
        Property("pool-size", "uint", 7, "Buffers in NVIDIA's pool", 1, hardware=True),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.set_in_place(True)
        self._estimators: dict[int, FlowEstimator] = {}

    def configure(self, format: VideoFormat) -> None:
        """Begin anew with all sources."""
        from pythia.vision import optical_flow

        if self.settings["dump-of-meta"]:
            raise ConfigError(
                "nvof: dump-of-meta=true is not possible on the portable runtime; write the "
                "vectors down in a probe behind nvof, from frame metadata of type 10"
            )
        self._vision = optical_flow
        self._estimators = {}

    def process(self, buffer: Gst.Buffer, images: Sequence[Image]) -> None:
        """Attach the flow of each frame."""
        batch = carrier.fetch(hash(buffer))
        if batch is None:
            raise PipelineError(
                "nvof takes batches of frames, and this buffer is none: "
                "put nvstreammux somewhere before it"
            )
        for frame in batch.frame_meta_list:
            self._attach(frame, images[frame.batch_id])

    def _attach(self, frame: PortableFrame, image: Image) -> None:
        estimator = self._estimators.get(frame.pad_index)
        if estimator is None:
            level = self.settings["preset-level"]
            estimator = self._estimators[frame.pad_index] = self._vision.FlowEstimator(level)
        flow = estimator.next(image)
        if flow is None:
            return
        meta = PortableOpticalFlow(
            rows=flow.shape[0],
            cols=flow.shape[1],
            frame_num=frame.frame_num,
            data=self._vision.to_fixed(flow, FRACTION),
        )
        frame.add_user(PortableUser(PortableBase(OPTICAL_FLOW_META), meta))

    def do_sink_event(self, event: Gst.Event) -> bool:
        """GstBaseTransform's virtual method: a source that has ended begins anew."""
        source = source_of(event, ENDED, DELETED)
        if source is not None:
            self._estimators.pop(source, None)
        elif event.type == Gst.EventType.FLUSH_STOP:
            self._estimators = {}
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

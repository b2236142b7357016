"""One sink pad of nvstreammux: what is known of it, and how its buffers become frames."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pythia.elements.properties import UINT64_MAX
from pythia.gst import Gst
from pythia.gst.memory import head
from pythia.gst.video import VideoFormat, ntp_timestamp_ns
from pythia.meta.portable import PortableFrame
from pythia.meta.portable_sensor import NO_SENSOR, PortableSensorInfo

if TYPE_CHECKING:
    from pythia.elements.scaler import Scaler

NO_TIME = UINT64_MAX
"""GStreamer's value for a time that is not known."""


@dataclass(frozen=True)
class MuxFrame:
    """A frame of the output size, in the only memory of a buffer (by address) of ours.

    Times are in ns; ``running_time`` is the source's, or :data:`NO_TIME`.
    """

    buffer: int
    meta: PortableFrame
    running_time: int
    duration: int


@dataclass(eq=False)
class MuxSource:
    """The source behind ``sink_<number>``; everything happens on its streaming thread."""

    number: int
    format: VideoFormat | None = None
    scaler: Scaler | None = None
    segment: Gst.Segment = field(default_factory=Gst.Segment.new)
    frame_num: int = 0
    source_id: int | None = None  # the pad's number, unless the source has one of its own
    sensor: PortableSensorInfo = NO_SENSOR

    def reset(self) -> None:
        """Forget what belongs to one run."""
        self.frame_num = 0
        self.scaler = None

    def set_format(self, format: VideoFormat, output: VideoFormat, settings: Any) -> None:
        """Frames come in ``format`` from now on, and leave in ``output``."""
        from pythia.elements.scaler import Scaler

        self.format = format
        if self.scaler is None:
            self.scaler = Scaler(
                output,
                padding=settings["enable-padding"],
                interpolation=settings["interpolation-method"],
            )

    def frame(self, buffer: int, settings: Mapping[str, Any]) -> MuxFrame:
        """The next frame, scaled, with metadata as DeepStream fills it; ``buffer`` stays."""
        assert self.format is not None
        assert self.scaler is not None
        fields = head(buffer)
        meta = PortableFrame(
            pad_index=self.number,
            source_id=self.number if self.source_id is None else self.source_id,
            frame_num=self.frame_num,
            buf_pts=fields.pts,
            ntp_timestamp=(
                time.time_ns() if settings["attach-sys-ts"] else ntp_timestamp_ns(buffer)
            ),
            num_surfaces_per_frame=settings["num-surfaces-per-frame"],
            source_frame_width=self.format.width,
            source_frame_height=self.format.height,
            sensorInfo_meta=self.sensor,
        )
        self.frame_num += 1
        scaled = self.scaler.scaled(self.format, buffer)
        return MuxFrame(scaled, meta, self._running_time(fields.pts), fields.duration)

    def _running_time(self, pts: int) -> int:
        if pts == NO_TIME or self.segment.format != Gst.Format.TIME:
            return pts
        return self.segment.to_running_time(Gst.Format.TIME, pts)

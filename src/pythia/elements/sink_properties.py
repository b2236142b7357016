"""The properties of GStreamer's video sinks, for elements that are bins around one."""

from __future__ import annotations

from typing import Any

from pythia.elements.properties import INT_MAX, UINT64_MAX, Property
from pythia.gst import GObject, Gst

_INT64 = (-(2**63), 2**63 - 1)


class Int64(Property):
    """A row of a signed number with 64 bits."""

    def spec(self) -> tuple[Any, ...]:
        """The row of PyGObject's ``__gproperties__``."""
        flags = GObject.ParamFlags.READWRITE | Gst.PARAM_MUTABLE_PLAYING
        low = _INT64[0] if self.minimum is None else int(self.minimum)
        return GObject.TYPE_INT64, self.name, self.blurb, low, _INT64[1], self.default, flags


class Seen(Property):
    """A row of something that can be looked at only; ``kind`` is not used."""

    def spec(self) -> tuple[Any, ...]:
        """The row of PyGObject's ``__gproperties__``."""
        gtype = Gst.Sample if self.name == "last-sample" else Gst.Structure
        return gtype, self.name, self.blurb, GObject.ParamFlags.READABLE


SINK_PROPERTIES = (
    Property("sync", "bool", True, "Show each frame at its time"),
    Property("async", "bool", True, "Wait for the first frame before PAUSED"),
    Property("qos", "bool", True, "Tell those before it how late frames are"),
    Int64("max-lateness", "int64", 5_000_000, "Nanoseconds until a late frame is dropped", -1),
    Int64("ts-offset", "int64", 0, "Nanoseconds added to the time of frames"),
    Property("enable-last-sample", "bool", True, "Keep the last frame for last-sample"),
    Property("render-delay", "uint64", 0, "Nanoseconds that showing a frame takes"),
    Property("throttle-time", "uint64", 0, "Nanoseconds between frames at least"),
    Property("processing-deadline", "uint64", 15_000_000, "Nanoseconds a frame may take", 0),
    Property("max-bitrate", "uint64", 0, "Bits per second at most; 0 is no limit", 0, UINT64_MAX),
    Property("blocksize", "uint", 4096, "Bytes pulled at once", 0, INT_MAX),
    Seen("last-sample", "sample", None, "The last frame"),
    Seen("stats", "structure", None, "Frames shown and dropped"),
)
"""Those of GstBaseSink, with the defaults of GstVideoSink."""

TOLD = tuple(row.name for row in SINK_PROPERTIES if not isinstance(row, Seen))
SEEN = tuple(row.name for row in SINK_PROPERTIES if isinstance(row, Seen))

"""nvdslogger: prints the frames a second of each source; buffers pass untouched.

The lines go to standard output in DeepStream's form, with the mean of the last interval:
``**PERF : FPS_0 (30.00)  FPS_1 (29.97)``, and with ``show-latency`` how long the last frame of each
source has been on its way, if ``NVDS_ENABLE_LATENCY_MEASUREMENT`` is set. Try it::

    gst-pylaunch videotestsrc is-live=true num-buffers=90 ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=640 height=360 \
        ! nvdslogger fps-measurement-interval-sec=1 ! fakesink
"""

from __future__ import annotations

import logging
import time

from pythia.elements.base import Portable, pad_template
from pythia.elements.frame_counter import FrameCounter, LastLatencies, Reporter, report
from pythia.elements.properties import Property, gproperties
from pythia.elements.source_events import DELETED, ENDED, source_of
from pythia.gst import Gst, GstBase
from pythia.gst.pads import weakly
from pythia.meta import carrier
from pythia.meta.latency import now_ms, records_on
from pythia.meta.portable import PortableBatch
from pythia.meta.portable_latency import frame_latencies
from pythia.meta.runtime import is_latency_measured

_log = logging.getLogger("pythia.elements")

_ANY = Gst.Caps.new_any()


class NvDsLogger(Portable, GstBase.BaseTransform):
    """The element; see the module."""

    __gtype_name__ = "GstNvDsLogger"
    __gstmetadata__ = (
        "Logger",
        "Generic",
        "Prints how many frames a second come from each source",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, _ANY),
        pad_template("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, _ANY),
    )
    PROPERTIES = (
        Property(
            "fps-measurement-interval-sec",
            "uint",
            5,
            "Seconds between two lines, over which frames are counted; 0 prints none",
        ),
        Property("show-fps", "bool", True, "Print the frames a second"),
        Property("show-latency", "bool", False, "Print the latency of each source's last frame"),
        Property("silent", "bool", True, "Do not print a line for each buffer"),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.set_passthrough(True)
        self._counter, self._latencies = FrameCounter(), LastLatencies()
        self._reporter: Reporter | None = None

    def do_start(self) -> bool:
        """GstBaseTransform's virtual method."""
        self._counter, self._latencies = FrameCounter(), LastLatencies()
        if self.settings["show-latency"] and not is_latency_measured():
            _log.warning(
                "%s: show-latency needs NVDS_ENABLE_LATENCY_MEASUREMENT=1 in the environment "
                "before the pipeline is made",
                self.get_name(),
            )
        interval_s = self.settings["fps-measurement-interval-sec"]
        if interval_s:
            self._reporter = Reporter(weakly(self._report), interval_s)
        return True

    def _report(self) -> list[str]:
        settings = self.settings
        rates = self._counter.rates(time.monotonic()) if settings["show-fps"] else {}
        return [*([report(rates)] if rates else []), *self._latencies.lines()]

    def do_stop(self) -> bool:
        """GstBaseTransform's virtual method."""
        reporter, self._reporter = self._reporter, None
        if reporter is not None:
            reporter.stop()
        return True

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GstBaseTransform's virtual method."""
        batch = carrier.fetch(hash(buffer))
        now_s = time.monotonic()
        for frame in batch.frame_meta_list if batch is not None else ():
            self._counter.count(frame.pad_index, now_s)
        if batch is not None and self.settings["show-latency"]:
            self._note_latencies(batch)
        if not self.settings["silent"]:
            self._print_times(buffer.pts)
        return Gst.FlowReturn.OK

    def _note_latencies(self, batch: PortableBatch) -> None:
        for latency in frame_latencies(records_on(batch), now_ms()):
            self._latencies.note(latency)

    def _print_times(self, pts_ns: int) -> None:
        running_ns = self.segment.to_running_time(Gst.Format.TIME, pts_ns)
        clock = self.get_clock()
        line = f"{self.get_name()} BUF_PTS : {_text(pts_ns)}"
        if clock is not None and running_ns != Gst.CLOCK_TIME_NONE:
            now_ns = clock.get_time() - self.get_base_time()
            behind_ms = (now_ns - running_ns) / Gst.MSECOND
            line += f" element time {_text(now_ns)} elem-buf={behind_ms:.2f} ms"
        print(line, flush=True)

    def do_sink_event(self, event: Gst.Event) -> bool:
        """GstBaseTransform's virtual method: sources that end have no frames any more."""
        if (ended := source_of(event, ENDED)) is not None:
            self._counter.end(ended)
        if (deleted := source_of(event, DELETED)) is not None:
            self._counter.remove(deleted)
        return bool(GstBase.BaseTransform.do_sink_event(self, event))


def _text(time_ns: int) -> str:
    """As GStreamer prints times."""
    if time_ns == Gst.CLOCK_TIME_NONE:
        return "none"
    seconds, rest = divmod(time_ns, Gst.SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}.{rest:09d}"

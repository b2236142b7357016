"""What is in a video stream: size, rate and length, found by decoding its first frame."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pythia.core.bus import describe_error
from pythia.core.pipeline import build
from pythia.exceptions import PipelineError
from pythia.gst import Gst
from pythia.recipes.launch import chain, element

TIMEOUT_S = 20
"""How long a source may take until its first frame is there."""

_ENDS = Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.APPLICATION
_NO_MORE = Gst.Structure.new_empty("no-more-pads")


@dataclass(frozen=True)
class StreamFacts:
    """Pixels of a frame, frames a second (0 where it is not told), and length if it has one."""

    width: int
    height: int
    fps: float = 0.0
    seconds: float | None = None
    count: int | None = None

    @property
    def frames(self) -> int | None:
        """About how many frames there are, as far as it can be known before they are decoded."""
        if self.count is None and self.seconds is not None and self.fps:
            return max(1, round(self.seconds * self.fps))
        return self.count


def facts_of(uri: str) -> StreamFacts:
    """Open ``uri``, decode one frame of its video, and close it again; blocks meanwhile.

    Raises:
        PipelineError: It cannot be opened or decoded, has no video, or sends none in time.
    """
    sink = element("fakesink", name="sink", sync=False, num_buffers=1)
    source = element("uridecodebin", name="source", uri=uri)
    pipeline = build(chain(source, "video/x-raw(ANY)", sink))
    bus, pad = pipeline.get_bus(), _pad(pipeline, "sink")
    assert bus is not None
    decoder = pipeline.get_by_name("source")
    assert decoder is not None
    # GStreamer itself would wait for ever for a video that does not come.
    decoder.connect("no-more-pads", lambda _: bus.post(Gst.Message.new_application(None, _NO_MORE)))
    try:
        pipeline.set_state(Gst.State.PLAYING)
        _check(uri, pipeline, _last_message(bus, decoder))
        known, duration_ns = pipeline.query_duration(Gst.Format.TIME)
        caps = pad.get_current_caps()
    finally:
        pipeline.set_state(Gst.State.NULL)
    if caps is None:
        raise PipelineError(f"there is no video in {uri}")
    return _facts(caps.get_structure(0), duration_ns / 1e9 if known and duration_ns > 0 else None)


def _pad(pipeline: Gst.Pipeline, name: str) -> Gst.Pad:
    found = pipeline.get_by_name(name)
    pad = found.get_static_pad("sink") if found is not None else None
    assert pad is not None
    return pad


def _last_message(bus: Gst.Bus, decoder: Gst.Element) -> Gst.Message | None:
    end_s = time.monotonic() + TIMEOUT_S
    while (left_s := end_s - time.monotonic()) > 0:
        message = bus.timed_pop_filtered(int(left_s * Gst.SECOND), _ENDS)
        if message is None or message.type != Gst.MessageType.APPLICATION:
            return message
        if not any(pad.is_linked() for pad in decoder.srcpads):
            return message
    return None


def _check(uri: str, pipeline: Gst.Pipeline, message: Gst.Message | None) -> None:
    if message is None:
        raise PipelineError(f"no frame came from {uri} in {TIMEOUT_S} s")
    if message.type == Gst.MessageType.APPLICATION:
        raise PipelineError(f"there is no video in {uri}")
    if message.type == Gst.MessageType.ERROR:
        hint = "" if uri.startswith("file:") else "; is the address right, and does it answer?"
        raise PipelineError(f"cannot play {uri}: {describe_error(pipeline, message, None)}{hint}")


def _facts(caps: Gst.Structure, seconds: float | None) -> StreamFacts:
    _, width = caps.get_int("width")
    _, height = caps.get_int("height")
    known, numerator, denominator = caps.get_fraction("framerate")
    fps = numerator / denominator if known and denominator else 0.0
    return StreamFacts(width, height, fps, seconds)

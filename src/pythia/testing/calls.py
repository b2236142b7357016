"""Calls of a probe function with metadata of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pythia.core.probe import Probe
from pythia.gst import Gst
from pythia.gst.memory import head, new_buffer, unref
from pythia.gst.pads import OK, push, set_chain
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch


@dataclass
class Called:
    """What a probe did: the events it yielded and what it said about the buffer."""

    events: list[Any] = field(default_factory=list)
    returned: Gst.PadProbeReturn = Gst.PadProbeReturn.OK


Batches = PortableBatch | Iterable[PortableBatch]


def collect(function: Callable[..., Any], batches: Batches, *args: Any) -> list[Any]:
    """Call a probe function and give the events that it yields, as they would be sent.

    Args:
        function: A plain function or a generator, in any form that ``Application.probe`` takes.
        batches: A batch that :func:`pythia.testing.batch` has built, for one call; or several, as
            :func:`pythia.testing.metareplay` gives them, for a call each.
        *args: Further positional arguments of the function.

    Raises:
        ProbeError: The function has none of the accepted forms.
        Exception: Whatever the function raises, as it is.
    """
    return call(function, batches, *args).events


def call(function: Callable[..., Any], batches: Batches, *args: Any) -> Called:
    """Call a probe function; like :func:`collect`, and also tells what it returned last.

    A function that wants ``(pad, info)`` is called by a real pad through which buffers with the
    metadata pass. One that returns ``Gst.PadProbeReturn.REMOVE`` is not called again.
    """
    probe = Probe(function, "test", "src", args)
    called = Called()
    probe.offer = called.events.append

    def note(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        called.returned = probe(pad, info)
        return called.returned

    with _flowing_pad() as pad:
        pad.add_probe(probe.pad_probe_type, note)
        for batch in [batches] if isinstance(batches, PortableBatch) else batches:
            _push(pad, batch)
            if probe.error is not None:
                raise probe.error.__cause__ or probe.error
    return called


def _push(pad: Gst.Pad, batch: PortableBatch) -> None:
    buffer = new_buffer()
    for frame in batch.frame_meta_list[:1]:
        head(buffer).pts = frame.buf_pts
    carrier.attach(buffer, batch)
    push(pad, buffer)


@contextmanager
def _flowing_pad() -> Iterator[Gst.Pad]:
    """A source pad that pushes into nothing."""
    source = Gst.Pad.new("src", Gst.PadDirection.SRC)
    sink = Gst.Pad.new("sink", Gst.PadDirection.SINK)
    set_chain(sink, _swallow)
    for pad in (sink, source):
        pad.set_active(True)
    source.link(sink)
    segment = Gst.Segment.new()
    segment.init(Gst.Format.TIME)
    source.push_event(Gst.Event.new_stream_start("test"))
    source.push_event(Gst.Event.new_segment(segment))
    try:
        yield source
    finally:
        source.unlink(sink)
        for pad in (source, sink):
            pad.set_active(False)


def _swallow(buffer: int) -> int:
    unref(buffer)
    return OK

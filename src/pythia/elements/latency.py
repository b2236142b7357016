"""Records when frames reach and leave elements, if ``NVDS_ENABLE_LATENCY_MEASUREMENT`` is set.

Pad probes do it, from the outside: elements know nothing of it, and where the variable is not set
nothing is there that could cost time. nvstreammux gets a record for each frame, and so does the
decoder that it finds before itself; every other element gets one for each batch. The records travel
on the batch (:mod:`pythia.meta.portable_latency`).
"""

from __future__ import annotations

from collections import deque
from itertools import islice

from pythia.gst import Gst
from pythia.gst.memory import head
from pythia.gst.probe_info import buffer_address
from pythia.gst.upstream import feeders
from pythia.meta import carrier
from pythia.meta.latency import now_ms, records_on
from pythia.meta.portable import PortableBase, PortableBatch, PortableFrame, PortableUser
from pythia.meta.portable_latency import PortableCompLatency, records_of_source
from pythia.meta.types import LATENCY_MEASUREMENT_META

_OK = Gst.PadProbeReturn.OK
_BUFFER = Gst.PadProbeType.BUFFER
_DECODER = "Codec/Decoder/Video"
_REMEMBERED = 256  # frames that are inside a decoder or nvstreammux at most


def watch(element: Gst.Element) -> None:
    """Record what passes an element, from now on; to be called when it is new."""
    if isinstance(element, Gst.Bin):
        return
    many = element.get_pad_template("sink_%u") is not None
    watcher = _MuxerWatch() if many else _ElementWatch()
    for pad in element.pads:
        watcher.look_at(pad)
    element.connect("pad-added", lambda _element, pad: watcher.look_at(pad))


class _ElementWatch:
    """Watches an element that takes and gives batches."""

    def __init__(self) -> None:
        self._records: list[PortableCompLatency] = []  # of the batch that came last

    def look_at(self, pad: Gst.Pad) -> None:
        enters = pad.get_direction() == Gst.PadDirection.SINK
        pad.add_probe(_BUFFER, self._entered if enters else self._left)

    def _entered(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch, element = carrier.fetch(buffer_address(info)), pad.get_parent_element()
        # Those without a factory are parts of stand-ins.
        if batch is not None and element and element.get_factory() and element.numsrcpads:
            _add(batch, PortableCompLatency(str(element.get_name()), now_ms()))
            self._records = records_on(batch)
        return _OK

    def _left(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch, element = carrier.fetch(buffer_address(info)), pad.get_parent_element()
        if batch is not None and element is not None:
            self._note_leaving(batch, str(element.get_name()))
        return _OK

    def _note_leaving(self, batch: PortableBatch, name: str) -> None:
        if not records_on(batch) and batch.frame_meta_list:
            # The element has made a batch of its own, as nvstreamdemux does.
            for record in records_of_source(self._records, batch.frame_meta_list[0].pad_index):
                _add(batch, record)
        for record in reversed(records_on(batch)):
            if record.component_name == name:
                record.out_system_timestamp = now_ms()
                return


class _MuxerWatch:
    """Watches nvstreammux, whose frames arrive one by one and leave together."""

    def __init__(self) -> None:
        self._sources: dict[str, _SourceWatch] = {}

    def look_at(self, pad: Gst.Pad) -> None:
        if pad.get_direction() == Gst.PadDirection.SRC:
            pad.add_probe(_BUFFER, self._left)
        else:
            self._sources[str(pad.get_name())] = _SourceWatch(pad)

    def _left(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch, element = carrier.fetch(buffer_address(info)), pad.get_parent_element()
        if batch is not None and element is not None:
            for frame in batch.frame_meta_list:
                source = self._sources.get(f"sink_{frame.pad_index}")
                for record in source.records(frame, str(element.get_name())) if source else ():
                    _add(batch, record)
        return _OK


class _SourceWatch:
    """Watches a sink pad of nvstreammux, and the decoder before it."""

    def __init__(self, pad: Gst.Pad) -> None:
        self._arrivals: deque[tuple[int, float]] = deque(maxlen=_REMEMBERED)
        self._decoder: _DecoderWatch | None = None
        pad.add_probe(_BUFFER, self._arrived)
        # Who is before the pad is known when it is linked, or when the first data is announced.
        pad.connect("linked", lambda pad, _peer: self._look_for_decoder(pad))
        pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self._announced)

    def _arrived(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self._arrivals.append((head(buffer_address(info)).pts, now_ms()))
        return _OK

    def _announced(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event is not None and event.type == Gst.EventType.CAPS:
            self._look_for_decoder(pad)
        return _OK

    def _look_for_decoder(self, pad: Gst.Pad) -> None:
        for element in islice(feeders(pad), _REMEMBERED):
            if _DECODER in str(element.get_metadata("klass")):
                if self._decoder is None or self._decoder.name != element.get_name():
                    self._decoder = _DecoderWatch(element)
                return

    def records(self, frame: PortableFrame, muxer: str) -> list[PortableCompLatency]:
        """What is known of a frame that leaves nvstreammux."""
        records = []
        times = self._decoder.times(frame.buf_pts) if self._decoder else None
        if self._decoder and times:
            records.append(PortableCompLatency(self._decoder.name, *times))
        while self._arrivals:
            pts, arrived_ms = self._arrivals.popleft()
            if pts == frame.buf_pts:
                record = PortableCompLatency.of_muxer(muxer)
                record.in_system_timestamp, record.out_system_timestamp = arrived_ms, now_ms()
                records.append(record)
                break
        for record in records:
            record.source_id, record.pad_index = frame.source_id, frame.pad_index
            record.frame_num = frame.frame_num
        return records


class _DecoderWatch:
    """Watches a decoder, whose frames keep their time."""

    def __init__(self, decoder: Gst.Element) -> None:
        self.name = str(decoder.get_name())
        self._entered_ms: dict[int, float] = {}
        self._left_ms: dict[int, float] = {}
        for pad in decoder.pads:
            enters = pad.get_direction() == Gst.PadDirection.SINK
            pad.add_probe(_BUFFER, self._note, self._entered_ms if enters else self._left_ms)

    @staticmethod
    def _note(
        _pad: Gst.Pad, info: Gst.PadProbeInfo, times_ms: dict[int, float]
    ) -> Gst.PadProbeReturn:
        if len(times_ms) >= _REMEMBERED:
            del times_ms[next(iter(times_ms))]
        times_ms[head(buffer_address(info)).pts] = now_ms()
        return _OK

    def times(self, pts: int) -> tuple[float, float] | None:
        """When the frame with this time came and left, None if its coming was missed."""
        entered_ms, left_ms = self._entered_ms.pop(pts, None), self._left_ms.pop(pts, None)
        return None if entered_ms is None or left_ms is None else (entered_ms, left_ms)


def _add(batch: PortableBatch, record: PortableCompLatency) -> None:
    batch.add_user(PortableUser(PortableBase(LATENCY_MEASUREMENT_META), record))

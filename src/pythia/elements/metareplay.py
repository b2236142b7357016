"""metareplay: recorded metadata, on black frames of the recorded size.

What ``pythia.testing.metarecord`` wrote, batch by batch, with its times, the events of its sources
and its size: trackers, analytics, messages and probes behind it do what they did in the pipeline
that was recorded, without decoding or inference, and the same each time. It is pythia's own element
and not one of DeepStream's.

All frames share one black picture. Elements that would look at it (nvinfer, nvinferserver,
nvdspreprocess, nvof, and nvtracker with a configuration that compares pictures: NvDCF,
NvDeepSORT) are refused, unless ``allow-blank`` is set. Drawing works. There is no seeking. Try it::

    gst-pylaunch metareplay location=street.jsonl ! nvtracker \
        ! nvdsanalytics config-file=$(pythia samples config_nvdsanalytics.txt) ! nvdsosd ! fakesink
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pythia.elements.base import pad_template, parse_caps, video_caps
from pythia.elements.blank_frames import BlankFrames, refuse_lookers
from pythia.elements.mux_output import BATCHED
from pythia.elements.properties import Property, gproperties
from pythia.elements.source_events import ADDED, ENDED
from pythia.elements.structures import custom_event, structure
from pythia.elements.task import TaskElement
from pythia.exceptions import ConfigError, PipelineError, RecordingError
from pythia.gst import Gst
from pythia.gst.element_flags import declare
from pythia.gst.memory import head, new_buffer
from pythia.gst.pads import EOS, FLUSHING, OK, push
from pythia.gst.video import NVMM, VideoFormat, video_format
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch
from pythia.recording.reader import Caps, Record, RecordedBatch, Recording, SourceEvent

_HINT = (
    "the frames of metareplay are black: leave it out, use a tracker's configuration that looks "
    "at boxes only (IOU, NvSORT), or set allow-blank=true"
)


class MetaReplay(TaskElement, Gst.Element):
    """The element; see the module. All but properties belongs to its thread."""

    __gtype_name__ = "GstMetaReplay"
    __gstmetadata__ = (
        "Metadata replay",
        "Source/Video",
        "Recorded metadata, on black frames of the recorded size",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template(
            "src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, video_caps(BATCHED, system=False)
        ),
    )
    PROPERTIES = (
        Property("location", "string", None, "The recording: JSON lines or MessagePack"),
        Property(
            "allow-blank", "bool", False, "Let elements that look at pictures have black ones"
        ),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.src = self.new_pad("src")
        self.add_pad(self.src)
        declare(self, Gst.ElementFlags.SOURCE)
        self._records: Iterator[Record] = iter(())
        self._blank: BlankFrames | None = None
        self._forget()

    def _forget(self) -> None:
        self._ending = False
        self._caps: Caps | None = None
        self._announced: set[int] = set()
        if self._blank is not None:
            self._blank.close()
        self._blank = None
        self._begun = False

    # States

    def do_change_state(self, transition: Any) -> Gst.StateChangeReturn:
        """GstElement's virtual method; what can be known is said before models are loaded."""
        if transition == Gst.StateChange.NULL_TO_READY:
            try:
                self._check()
            except Exception as error:
                self.fail(error)
                return Gst.StateChangeReturn.FAILURE
        return TaskElement.do_change_state(self, transition)

    def _check(self) -> None:
        self._recording()
        if not self.settings["allow-blank"]:
            refuse_lookers(self.src, _HINT)

    def _recording(self) -> Recording:
        location = self.settings["location"]
        if not location:
            raise ConfigError("set location to a recording of metadata, as metarecord writes them")
        return Recording(location)

    def start(self) -> None:
        """Open the recording."""
        self._forget()
        self._records = iter(self._recording())

    def stop(self) -> None:
        """Close it."""
        self._records = iter(())
        self._forget()

    def do_send_event(self, event: Gst.Event) -> bool:
        """GstElement's virtual method: EOS from outside ends the stream after the next batch."""
        if event.type == Gst.EventType.EOS:
            self._ending = True
            return True
        return bool(Gst.Element.do_send_event(self, event))

    # The pushing thread

    def push_next(self) -> None:
        """Push what the next record says."""
        try:
            record = None if self._ending else next(self._records, None)
            flow = EOS if record is None else self._push(record)
        except (RecordingError, PipelineError) as error:
            self.fail(error)
            flow = EOS
        if flow == OK:
            return
        self.src.pause_task()
        if flow == EOS:
            self.src.push_event(Gst.Event.new_eos())
        elif flow != FLUSHING:
            self.fail_flow(self.src, flow)

    def _push(self, record: Record) -> int:
        if isinstance(record, Caps):
            self._caps = record
            if self._begun:
                self._negotiate(record)
        elif isinstance(record, SourceEvent):
            self._tell(record)
        elif isinstance(record, RecordedBatch):
            return self._push_batch(record)
        return OK

    def _tell(self, event: SourceEvent) -> None:
        """Say what nvstreammux said of a source, in the pipeline and on the bus."""
        if event.name == ADDED:
            self._announced.add(event.source)
        self.src.push_event(custom_event(event.name, stream_id=event.source))
        if event.name == ENDED:
            told = structure(ENDED, stream_id=event.source)
            self.post_message(Gst.Message.new_element(self, told))

    def _push_batch(self, record: RecordedBatch) -> int:
        batch = record.batch
        if not self._begun:
            self._begin(record)
        for frame in batch.frame_meta_list:
            if frame.pad_index not in self._announced:  # before the recording had begun
                self._tell(SourceEvent(ADDED, frame.pad_index))
        buffer = new_buffer()
        assert self._blank is not None
        self._blank.give(_slots(batch), buffer)
        fields = head(buffer)
        if record.pts is not None:
            fields.pts = record.pts
        if record.duration is not None:
            fields.duration = record.duration
        carrier.attach(buffer, batch)
        return push(self.src, buffer)

    def _begin(self, first: RecordedBatch) -> None:
        self.src.push_event(Gst.Event.new_stream_start(f"{self.get_name()}/batches"))
        self._negotiate(self._caps or _size_of(first.batch))
        segment = Gst.Segment.new()
        segment.init(Gst.Format.TIME)
        segment.start = segment.time = first.pts or 0
        self.src.push_event(Gst.Event.new_segment(segment))
        self._begun = True

    def _negotiate(self, caps: Caps) -> None:
        format = _choose(self.src, caps)
        self.src.push_event(Gst.Event.new_caps(format.caps))
        if self._blank is not None:
            self._blank.close()
        self._blank = BlankFrames(format)


def _slots(batch: PortableBatch) -> int:
    """How many frames the buffer has: as many as batch ids ask for."""
    ids = [frame.batch_id for frame in batch.frame_meta_list]
    return max([len(ids), *(number + 1 for number in ids)])


def _size_of(batch: PortableBatch) -> Caps:
    """The caps of frames whose pad had none: the size that metadata tells."""
    for frame in batch.frame_meta_list:
        if frame.source_frame_width and frame.source_frame_height:
            return Caps(frame.source_frame_width, frame.source_frame_height)
    raise PipelineError(
        "the recording says nothing of the size of frames: it has no caps before its first batch, "
        "and that has no source_frame_width and source_frame_height"
    )


def _choose(pad: Gst.Pad, caps: Caps) -> VideoFormat:
    """The recorded format, if what follows takes it, or else another one of that size.

    Raises:
        PipelineError: what follows takes none.
    """
    wanted = (caps.format, *BATCHED) if caps.format in BATCHED else BATCHED
    allowed = pad.peer_query_caps(None) or Gst.Caps.new_any()
    for name in wanted:
        made = parse_caps(
            f"video/x-raw({NVMM}), format={name}, width={caps.width}, height={caps.height}, "
            f"framerate={caps.framerate[0]}/{caps.framerate[1]}, pixel-aspect-ratio=1/1, "
            "interlace-mode=progressive"
        )
        if made.can_intersect(allowed):
            return video_format(made)
    raise PipelineError(
        f"metareplay gives {NVMM} frames of {caps.width}x{caps.height} in {', '.join(BATCHED)}; "
        f"what follows takes only: {allowed.to_string()}"
    )

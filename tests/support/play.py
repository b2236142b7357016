"""Plays real pipelines and writes down what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch

WAIT_S = 20


@dataclass
class Played:
    """What a pipeline did: batches and buffers seen, messages posted."""

    batches: list[PortableBatch] = field(default_factory=list)
    pts: list[int] = field(default_factory=list)
    caps: Gst.Caps | None = None
    messages: list[Gst.Message] = field(default_factory=list)
    memories: list[int] = field(default_factory=list)

    @property
    def error(self) -> str | None:
        """The text of the first error message, None at a good end."""
        for message in self.messages:
            if message.type == Gst.MessageType.ERROR:
                return str(message.parse_error()[0].message)
        return None

    @property
    def element_messages(self) -> list[str]:
        """Structures of the element messages, as text."""
        structures = [m.get_structure() for m in self.messages if m.type == Gst.MessageType.ELEMENT]
        return [s.to_string() for s in structures if s is not None]

    @property
    def frames(self) -> list[Any]:
        """All frames of all batches."""
        return [frame for batch in self.batches for frame in batch.frame_meta_list]


Play = Callable[..., Played]


class Player:
    """Plays launch text to its end; looks at the sink pad of the element named ``out``."""

    def __init__(self) -> None:
        self.pipelines: list[Gst.Element] = []

    def __call__(self, text: str, prepare: Callable[[Gst.Pipeline], None] | None = None) -> Played:
        pipeline = Gst.parse_launch(text)
        assert isinstance(pipeline, Gst.Pipeline)
        self.pipelines.append(pipeline)
        played = Played()
        out = pipeline.get_by_name("out")
        pad = out.get_static_pad("sink") if out is not None else None

        def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            buffer = info.get_buffer()
            assert buffer is not None
            batch = carrier.fetch(hash(buffer))
            if batch is not None:
                played.batches.append(batch.copy())
            played.pts.append(buffer.pts)
            played.memories.append(buffer.n_memory())
            played.caps = pad.get_current_caps()
            return Gst.PadProbeReturn.OK

        probe = pad.add_probe(Gst.PadProbeType.BUFFER, look) if pad is not None else 0
        if prepare is not None:
            prepare(pipeline)
        pipeline.set_state(Gst.State.PLAYING)
        _wait_for_end(pipeline, played)
        pipeline.set_state(Gst.State.NULL)
        if pad is not None:
            # It holds the messages, and they their sender: a circle that Python cannot see.
            pad.remove_probe(probe)
        return played


def _wait_for_end(pipeline: Gst.Pipeline, played: Played) -> None:
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.ELEMENT
    ends = (Gst.MessageType.EOS, Gst.MessageType.ERROR)
    bus = pipeline.get_bus()
    while not played.messages or played.messages[-1].type not in ends:
        message = bus.timed_pop_filtered(WAIT_S * Gst.SECOND, wanted)
        assert message is not None, f"the pipeline neither ended nor failed in {WAIT_S} s"
        played.messages.append(message)

"""What a pipeline tells its program."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pythia.gst import Gst

__all__ = [
    "DynamicSourceMessage",
    "EOSMessage",
    "PipelineMessage",
    "PipelineState",
    "RecordingInfo",
    "StateTransitionMessage",
    "message_of",
]


class PipelineState(Enum):
    """States of pipelines and nodes; EMPTY is GStreamer's NULL."""

    INVALID = 0
    EMPTY = 1
    READY = 2
    PAUSED = 3
    PLAYING = 4


class PipelineMessage:
    """Base of the messages."""


class EOSMessage(PipelineMessage):
    """All sinks have seen the end of the stream; the pipeline stops now."""

    def __repr__(self) -> str:
        return "EOSMessage()"


@dataclass(frozen=True)
class StateTransitionMessage(PipelineMessage):
    """A node, or the pipeline itself, has changed its state; ``origin`` is its name."""

    old_state: PipelineState
    new_state: PipelineState
    origin: str


@dataclass(frozen=True)
class DynamicSourceMessage(PipelineMessage):
    """nvmultiurisrcbin has added a source or removed it."""

    source_added: bool
    source_id: int
    sensor_id: str = ""
    sensor_name: str = ""
    uri: str = ""


@dataclass(frozen=True)
class RecordingInfo:
    """A finished recording; ``duration`` is in ms."""

    session_id: int
    file_name: str
    file_directory: str
    duration: int
    container_type: str
    width: int
    height: int
    contains_video: bool
    contains_audio: bool
    channels: int
    sampling_rate: int


_ADDED = {"stream-add": True, "stream-remove": False}


def message_of(message: Gst.Message) -> PipelineMessage | None:
    """What a message on the bus says to the program, or None."""
    if message.type == Gst.MessageType.EOS:
        return EOSMessage()
    if message.type == Gst.MessageType.STATE_CHANGED:
        old, new, _ = message.parse_state_changed()
        origin = message.src.get_name() if message.src is not None else ""
        return StateTransitionMessage(PipelineState(int(old)), PipelineState(int(new)), str(origin))
    structure = message.get_structure() if message.type == Gst.MessageType.ELEMENT else None
    if structure is None or structure.get_name() not in _ADDED:
        return None
    return DynamicSourceMessage(
        _ADDED[structure.get_name()],
        structure.get_uint("source-id")[1],
        structure.get_string("sensor-id") or "",
        structure.get_string("sensor-name") or "",
        structure.get_string("uri") or "",
    )

"""From the metadata of a frame to the bytes of its messages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pythia.exceptions import MessageError
from pythia.messages.config import MessageConfig
from pythia.messages.json_glib import json_text
from pythia.messages.schema_full import full_event_message, full_object_message
from pythia.messages.schema_minimal import minimal_event_message, minimal_frame_message
from pythia.messages.schema_protobuf import protobuf_event_message, protobuf_frame_message
from pythia.messages.timestamp import rfc3339
from pythia.meta.portable_event import PortableEventMsg
from pythia.meta.types import FrameMeta, PayloadType

Events = Sequence[PortableEventMsg]


class Converter(ABC):
    """Makes the payloads of one frame, whose metadata is only read.

    They are hung on the frame one after the other, and so sent in reverse: metadata is walked from
    the last added on.
    """

    @abstractmethod
    def of_events(self, frame: FrameMeta, events: Events) -> Iterable[bytes]:
        """The payloads of a frame's event messages, of which there is at least one.

        Raises:
            MessageError: An event message contradicts itself.
        """

    @abstractmethod
    def of_objects(self, frame: FrameMeta) -> Iterable[bytes]:
        """The payloads of the objects that a frame has (``msg2p-newapi``)."""

    def of_nothing(self, frame: FrameMeta) -> Iterable[bytes]:
        """The payloads of a frame without event messages (``dummy-payload``)."""
        return ()


class FullConverter(Converter):
    """The full schema: one payload an event message or object."""

    def __init__(self, config: MessageConfig) -> None:
        self._config = config

    def of_events(self, frame: FrameMeta, events: Events) -> Iterator[bytes]:
        """One payload for each event message."""
        return (json_text(full_event_message(event, self._config)) for event in events)

    def of_objects(self, frame: FrameMeta) -> Iterator[bytes]:
        """One payload for each object."""
        objects = frame.obj_meta_list
        return (json_text(full_object_message(frame, obj, self._config)) for obj in objects)


class FrameConverter(Converter):
    """A schema with one payload a frame."""

    def __init__(
        self,
        config: MessageConfig | None,
        of_events: Callable[[PortableEventMsg, Events, MessageConfig | None], bytes],
        of_frame: Callable[[FrameMeta, MessageConfig | None], bytes],
    ) -> None:
        self._config = config
        self._of_events = of_events
        self._of_frame = of_frame

    def of_events(self, frame: FrameMeta, events: Events) -> Iterable[bytes]:
        """One payload, with time, frame and sensor of the first event message."""
        return (self._of_events(events[0], events, self._config),)

    def of_objects(self, frame: FrameMeta) -> Iterable[bytes]:
        """One payload, also for a frame without objects."""
        return (self._of_frame(frame, self._config),)

    def of_nothing(self, frame: FrameMeta) -> Iterable[bytes]:
        """One payload without objects, with the frame's NTP time."""
        head = PortableEventMsg(
            frameId=frame.frame_num, sensorId=frame.source_id, ts=rfc3339(frame.ntp_timestamp)
        )
        return (self._of_events(head, (), self._config),)


class UserConverter(Converter):
    """Payloads made by a function of the user.

    It is called as ``function(frame_meta, events)``: once for a frame with its event messages, the
    last added first, and with ``msg2p-newapi`` with none. It runs on the streaming thread and
    returns None, or a payload: ``bytes``, ``str``, or a dictionary, which is written as JSON.
    Several payloads, in a list or by ``yield``, need ``multiple-payloads=true``, as in DeepStream,
    and are sent in their order.
    """

    def __init__(self, function: Callable[..., Any], *, several: bool) -> None:
        self._function = function
        self._several = several

    def of_events(self, frame: FrameMeta, events: Events) -> Iterable[bytes]:
        """What the function returns."""
        return self._payloads(self._function(frame, events))

    def of_objects(self, frame: FrameMeta) -> Iterable[bytes]:
        """What the function returns."""
        return self._payloads(self._function(frame, ()))

    def _payloads(self, returned: Any) -> Iterable[bytes]:
        if returned is None:
            return ()
        if isinstance(returned, (bytes, bytearray, str, Mapping)):
            return (_payload(returned),)
        if not isinstance(returned, Iterable):
            return (_payload(returned),)
        if not self._several:
            raise MessageError(
                "the converter returned several payloads; set multiple-payloads=true, or return "
                "one as bytes, str or a dictionary"
            )
        return [_payload(one) for one in returned][::-1]


def _payload(value: Any) -> bytes:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, Mapping):
        return json_text(value)
    raise MessageError(
        f"the converter returned a {type(value).__name__}; a payload is bytes, str or a dictionary"
    )


def built_in(kind: int, config: MessageConfig | None) -> Converter:
    """The converter of a schema of DeepStream.

    Raises:
        MessageError: The schema needs a configuration, or there is none of this kind.
    """
    if kind == PayloadType.NVDS_PAYLOAD_DEEPSTREAM:
        if config is None:
            raise MessageError(
                "payload-type=0, the full schema, needs config= with a file that has groups "
                "[sensorN], [placeN] and [analyticsN]; payload-type=1 needs none"
            )
        return FullConverter(config)
    if kind == PayloadType.NVDS_PAYLOAD_DEEPSTREAM_MINIMAL:
        return FrameConverter(config, _minimal_event, _minimal_frame)
    if kind == PayloadType.NVDS_PAYLOAD_DEEPSTREAM_PROTOBUF:
        return FrameConverter(config, protobuf_event_message, protobuf_frame_message)
    raise MessageError(
        f"payload-type={int(kind)} has no schema of its own; set msg2p-lib to a converter in "
        "Python, file.py:function"
    )


def _minimal_event(head: PortableEventMsg, events: Events, config: MessageConfig | None) -> bytes:
    return json_text(minimal_event_message(head, events, config))


def _minimal_frame(frame: FrameMeta, config: MessageConfig | None) -> bytes:
    return json_text(minimal_frame_message(frame, config))

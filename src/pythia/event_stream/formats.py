"""How one event becomes the bytes that travel: its envelope and its encoding."""

from __future__ import annotations

import itertools
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any, ClassVar
from urllib.parse import quote

import orjson

from pythia.event_stream.encoding import EncodingError, encode_json, encode_msgpack
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import MissingDependencyError, StreamError

FORMAT_OPTIONS = frozenset({"format", "source", "type"})
"""URI options of every scheme whose events are encoded."""

_CLOUDEVENTS_ONLY = ("source", "type")


class Format(ABC):
    """Encodes events for one stream."""

    CONTENT_TYPE: ClassVar[str]
    BATCH_TYPE: ClassVar[str]
    """Media type of :meth:`join`'s result."""

    def stamp(self, event: Any) -> Any:
        """Return what ``encode`` needs to know of ``event`` later; called when it is offered."""
        return event

    @abstractmethod
    def encode(self, stamped: Any) -> bytes:
        """Encode what ``stamp`` returned.

        Raises:
            EncodingError: The event has a value without a form.
        """

    @abstractmethod
    def decode(self, payload: bytes) -> Any:
        """Return the event in ``payload``, without its envelope."""

    def join(self, batch: Sequence[bytes]) -> bytes:
        """Return one array of the encoded events."""
        return b"[" + b",".join(batch) + b"]"


class JsonFormat(Format):
    """The yielded object as JSON."""

    CONTENT_TYPE = BATCH_TYPE = "application/json"

    def encode(self, stamped: Any) -> bytes:
        """Encode one event."""
        return encode_json(stamped)

    def decode(self, payload: bytes) -> Any:
        """Decode one event."""
        return orjson.loads(payload)


class CloudEventsFormat(Format):
    """CloudEvents 1.0 in its JSON format; ``time`` is when the event was yielded.

    ``id`` is the same each time that an event is posted, so a reader can drop repetitions.
    """

    CONTENT_TYPE = "application/cloudevents+json"
    BATCH_TYPE = "application/cloudevents-batch+json"

    def __init__(self, source: str, kind: str) -> None:
        fixed = {"specversion": "1.0", "source": source, "type": kind}
        self._head = orjson.dumps({**fixed, "datacontenttype": "application/json"})[:-1]
        self._run = uuid.uuid4().hex
        self._numbers = itertools.count(1)

    def stamp(self, event: Any) -> Any:
        """Add the time to ``event``."""
        return time.time(), event

    def encode(self, stamped: Any) -> bytes:
        """Encode one event."""
        time_s, event = stamped
        data = encode_json(event)
        moment = datetime.fromtimestamp(time_s, timezone.utc).isoformat(timespec="microseconds")
        own = f',"id":"{self._run}-{next(self._numbers)}","time":"{moment[:-6]}Z","data":'
        return b"".join((self._head, own.encode(), data, b"}"))

    def decode(self, payload: bytes) -> Any:
        """Decode the data of one event."""
        return orjson.loads(payload)["data"]


class MsgpackFormat(Format):
    """The yielded object as MessagePack."""

    CONTENT_TYPE = BATCH_TYPE = "application/msgpack"

    def __init__(self) -> None:
        try:
            import msgpack
        except ImportError as error:
            raise MissingDependencyError(
                "format=msgpack needs the library 'msgpack': pip install 'pythiags[msgpack]'"
            ) from error
        self._msgpack = msgpack

    def encode(self, stamped: Any) -> bytes:
        """Encode one event."""
        return encode_msgpack(stamped)

    def decode(self, payload: bytes) -> Any:
        """Decode one event."""
        return self._msgpack.unpackb(payload, strict_map_key=False)

    def join(self, batch: Sequence[bytes]) -> bytes:
        """Return one array of the encoded events."""
        return bytes(self._msgpack.Packer().pack_array_header(len(batch))) + b"".join(batch)


class TextFormat(Format):
    """Messages that somebody else has made: ``str`` as UTF-8, ``bytes`` as they are."""

    CONTENT_TYPE = BATCH_TYPE = "text/plain"

    def encode(self, stamped: Any) -> bytes:
        """Return the bytes of one message."""
        if isinstance(stamped, str):
            return stamped.encode()
        if isinstance(stamped, (bytes, bytearray)):
            return bytes(stamped)
        raise EncodingError(
            f"event of type {type(stamped).__name__} is neither str nor bytes (format=text)"
        )

    def decode(self, payload: bytes) -> Any:
        """Decode a message that is JSON."""
        return orjson.loads(payload)

    def join(self, batch: Sequence[bytes]) -> bytes:
        """Return the messages as lines."""
        return b"\n".join(batch)


def open_format(uri: StreamUri, *, lines: bool, objects: bool) -> Format:
    """Make the format that ``uri`` asks for.

    Args:
        uri: Its options ``format``, ``source`` and ``type`` are read.
        lines: Events must be text without line breaks.
        objects: The stream takes the yielded objects themselves.

    Raises:
        StreamError: The format is not known, or the stream cannot take it.
        MissingDependencyError: The library of the format is not installed.
    """
    name = uri.choice("format", ("json", "cloudevents", "msgpack", "text"))
    if objects and FORMAT_OPTIONS & set(uri.options):
        raise StreamError(f"{uri}: {uri.scheme} keeps objects as they are and takes no format")
    if lines and name in ("msgpack", "text"):
        raise StreamError(f"{uri}: {uri.scheme} writes lines of text; use json or cloudevents")
    for option in _CLOUDEVENTS_ONLY:
        if option in uri.options and name != "cloudevents":
            raise StreamError(f"{uri}: {option}= belongs to format=cloudevents")
    if name == "cloudevents":
        # A URI reference, so nothing that would have to be escaped in one.
        source = uri.options.get("source") or f"/pythia/{quote(uri.stream or uri.scheme)}"
        return CloudEventsFormat(source, uri.options.get("type") or "pythia.event")
    others: dict[str, type[Format]] = {"msgpack": MsgpackFormat, "text": TextFormat}
    return others.get(name, JsonFormat)()

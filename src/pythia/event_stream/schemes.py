"""From the scheme of a URI to the class that serves it."""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING, NamedTuple

from pythia.event_stream.base import Stream
from pythia.event_stream.formats import FORMAT_OPTIONS
from pythia.event_stream.uri import StreamUri
from pythia.event_stream.worker import WORKER_OPTIONS
from pythia.exceptions import MissingDependencyError, StreamError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINT_GROUP = "pythia.event_stream"


class Scheme(NamedTuple):
    """Where the class of a scheme is, and the extra that installs its client library."""

    module: str
    class_name: str
    extra: str | None = None


SCHEMES: dict[str, Scheme] = {
    "amqp": Scheme("pythia.event_stream.amqp", "AmqpStream", "amqp"),
    "amqps": Scheme("pythia.event_stream.amqp", "AmqpStream", "amqp"),
    "file": Scheme("pythia.event_stream.file", "FileStream"),
    "http": Scheme("pythia.event_stream.http", "HttpStream"),
    "https": Scheme("pythia.event_stream.http", "HttpStream"),
    "kafka": Scheme("pythia.event_stream.kafka", "KafkaStream", "kafka"),
    "log": Scheme("pythia.event_stream.log", "LogStream"),
    "memory": Scheme("pythia.event_stream.memory", "MemoryStream"),
    "mqtt": Scheme("pythia.event_stream.mqtt", "MqttStream", "mqtt"),
    "mqtts": Scheme("pythia.event_stream.mqtt", "MqttStream", "mqtt"),
    "nats": Scheme("pythia.event_stream.nats", "NatsStream", "nats"),
    "redis": Scheme("pythia.event_stream.redis", "RedisStream", "redis"),
    "rediss": Scheme("pythia.event_stream.redis", "RedisStream", "redis"),
}


def open_stream(uri: str | StreamUri) -> Stream:
    """Make the stream that ``uri`` names; nothing is connected yet.

    Other packages add schemes through the entry-point group ``pythia.event_stream``, and
    ``package.module:Class://...`` names a class without any registration.

    Raises:
        StreamError: The scheme or an option is not known.
        MissingDependencyError: The client library is not installed; names the extra.
    """
    parsed = StreamUri.parse(uri) if isinstance(uri, str) else uri
    stream_class = _find_class(parsed.scheme)
    known = stream_class.OPTIONS | WORKER_OPTIONS | FORMAT_OPTIONS
    further = stream_class.OPTION_PREFIXES
    unknown = sorted(n for n in parsed.options if n not in known and not n.startswith(further))
    if unknown:
        raise StreamError(
            f"{parsed.only(known)}: unknown option {', '.join(unknown)}"
            f"{_did_you_mean(unknown[0], known)}; {parsed.scheme} knows: {', '.join(sorted(known))}"
        )
    return stream_class(parsed)


def _find_class(scheme: str) -> type[Stream]:
    if scheme in SCHEMES:
        return _load(scheme, SCHEMES[scheme])
    if ":" in scheme:
        module, _, class_name = scheme.partition(":")
        return _load(scheme, Scheme(module, class_name))
    # Imported here, because it takes 10 ms and is needed for schemes of others only.
    from importlib.metadata import entry_points

    installed = {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}
    if scheme in installed:
        return _load(scheme, _row_of(installed[scheme]))
    known = sorted({*SCHEMES, *installed})
    raise StreamError(
        f"unknown event stream {scheme!r}{_did_you_mean(scheme, known)}; available: "
        f"{', '.join(known)}, or package.module:Class as the scheme"
    )


def _row_of(point: EntryPoint) -> Scheme:
    module, _, class_name = point.value.partition(":")
    return Scheme(module.strip(), class_name.strip())


def _load(scheme: str, row: Scheme) -> type[Stream]:
    try:
        module = importlib.import_module(row.module)
    except ImportError as error:
        if row.extra is None:
            raise StreamError(f"event stream {scheme!r}: {error}") from error
        raise MissingDependencyError(
            f"event stream {scheme!r} needs the library {error.name!r}: "
            f"pip install 'pythiags[{row.extra}]'"
        ) from error
    found = getattr(module, row.class_name, None)
    if not (isinstance(found, type) and issubclass(found, Stream)):
        streams = [
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, Stream) and value is not Stream
        ]
        raise StreamError(
            f"event stream {scheme!r}: {row.module} has no Stream class {row.class_name!r}; "
            f"available: {', '.join(streams) or 'none'}"
        )
    return found


def _did_you_mean(word: str, known: object) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)  # type: ignore[call-overload]
    return f" (did you mean {close[0]!r}?)" if close else ""

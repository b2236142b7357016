"""Where nvmsgbroker sends to: its properties, its adapter's file and environment as one address.

The names of libraries, keys and variables are those of DeepStream's protocol adapters.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from pythia.exceptions import ConfigError
from pythia.vision.config_values import hint

_log = logging.getLogger("pythia.messages")

Settings = Mapping[str, str]

LIBRARIES = {
    "libnvds_kafka_proto.so": "kafka",
    "libnvds_redis_proto.so": "redis",
    "libnvds_mqtt_proto.so": "mqtt",
    "libnvds_amqp_proto.so": "amqp",
}
"""Protocol libraries of DeepStream that have a counterpart here, by file name in any folder."""

_AZURE = ("libnvds_azure_proto.so", "libnvds_azure_edge_proto.so")
_OWN = "pythia-"
"""Start of keys that are passed on as options of the event stream; DeepStream ignores them."""

FLUSH_S = 10.0
"""How long DeepStream's adapters wait at the end for what is not sent yet."""


@dataclass(frozen=True)
class BrokerAddress:
    """The parts of an event stream's URI, and how long to wait at the end.

    Attributes:
        scheme: kafka, redis, mqtt or amqp.
        authority: ``host:port``.
        user: Who logs in, None for nobody.
        password: Is in no ``repr``.
        options: Of the event stream, ``stream`` included.
        flush_s: Longest time for what is not sent at the end.
    """

    scheme: str
    authority: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    options: dict[str, str] = field(default_factory=dict, repr=False)
    flush_s: float = FLUSH_S


def protocol_of(proto_lib: str | None) -> str:
    """The protocol behind the path of an adapter's library, which need not exist.

    Raises:
        ConfigError: There is none, or no counterpart of it here.
    """
    known = ", ".join(LIBRARIES)
    if not proto_lib:
        raise ConfigError(f"set proto-lib to the library of a protocol; available: {known}")
    name = PurePath(proto_lib).name
    if name in _AZURE:
        raise ConfigError(
            f"proto-lib={proto_lib}: Azure's IoT Hub needs Microsoft's own client, which the "
            "portable runtime does not have; the hub also takes MQTT with TLS: "
            "libnvds_mqtt_proto.so"
        )
    if name not in LIBRARIES:
        raise ConfigError(
            f"proto-lib={proto_lib}: a compiled adapter of one's own cannot be loaded here"
            f"{hint(name, LIBRARIES)}; available: {known}"
        )
    return LIBRARIES[name]


def broker_address(
    protocol: str,
    conn_str: str | None,
    topic: str | None,
    settings: Settings,
    environment: Settings,
) -> BrokerAddress:
    """The address that the properties and the group ``[message-broker]`` say together.

    Args:
        protocol: See :func:`protocol_of`.
        conn_str: ``host;port`` or ``host;port;topic``; for amqp ``host;port;user;password``.
        topic: Comes before all other topics.
        settings: Keys of the adapter's file.
        environment: Variables such as ``PASSWORD_REDIS``, which come before the file.

    Raises:
        ConfigError: Something is missing or impossible; never shows a password.
    """
    fields = [part.strip() for part in conn_str.split(";")] if conn_str else []
    _check_fields(protocol, fields)
    host, port = _host(protocol, fields, settings)
    user, password = _login(protocol, fields, settings, environment)
    options = _options(protocol, settings) | {"stream": _topic(protocol, fields, topic, settings)}
    return BrokerAddress(
        scheme=protocol,
        authority=_authority(host, port),
        user=user,
        password=password,
        options=options | {"format": "text"},
        flush_s=_flush_s(settings),
    )


_NEEDS_CONNECTION = ("kafka", "mqtt")
_FORMS = {"amqp": "host;port, host;port;user or host;port;user;password"}
_MOST_FIELDS = {"amqp": 4}


def _check_fields(protocol: str, fields: list[str]) -> None:
    form = _FORMS.get(protocol, "host;port or host;port;topic")
    if not fields:
        if protocol in _NEEDS_CONNECTION:
            raise ConfigError(f"{protocol} needs conn-str, which has the form {form}")
        return
    if not 2 <= len(fields) <= _MOST_FIELDS.get(protocol, 3) or not all(fields[:2]):
        raise ConfigError(
            f"conn-str has {len(fields)} field(s) between semicolons or an empty host or port; "
            f"for {protocol} it has the form {form}"
        )


def _host(protocol: str, fields: list[str], settings: Settings) -> tuple[str, str]:
    host, port = fields[:2] if fields else (settings.get("hostname", ""), settings.get("port", ""))
    if not host:
        raise ConfigError(
            f"{protocol} needs conn-str=host;port, or a config file with hostname and port in "
            "its group [message-broker]"
        )
    if port and not (port.isdecimal() and 0 < int(port) < 65536):
        raise ConfigError(f"the port of {host} is not a number from 1 to 65535")
    return host, port


def _authority(host: str, port: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port}" if port else shown


def _login(
    protocol: str, fields: list[str], settings: Settings, environment: Settings
) -> tuple[str | None, str | None]:
    user, password = settings.get("username"), settings.get("password")
    if protocol == "amqp":
        user = fields[2] if len(fields) > 2 else user
        password = fields[3] if len(fields) > 3 else password
    user = environment.get(f"USER_{protocol.upper()}", user)
    password = environment.get(f"PASSWORD_{protocol.upper()}", password)
    if user and not password and protocol == "amqp":
        raise ConfigError(
            f"amqp: user {user!r} has no password; it stands in the environment variable "
            "PASSWORD_AMQP, or as password in the config file (the third field of conn-str is the "
            "user; the topic is the property topic)"
        )
    # Redis knows passwords without a user, whom the URI writes as an empty one.
    return user or ("" if password else None), password or None


_AMQP_TOPIC = "deepstream_topic"


def _topic(protocol: str, fields: list[str], topic: str | None, settings: Settings) -> str:
    found = (topic or "").strip()
    if protocol == "amqp":
        return found or settings.get("topic") or _AMQP_TOPIC
    found = found or (fields[2] if len(fields) > 2 else "")
    if not found:
        raise ConfigError("no topic; set topic=NAME or conn-str=host;port;topic")
    return found


def _flush_s(settings: Settings) -> float:
    return _number(settings, "flush-timeout", FLUSH_S * 1000) / 1000


def _number(settings: Settings, key: str, default: float) -> float:
    text = settings.get(key)
    if text is None:
        return default
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not 0 <= found < 1e9:
        raise ConfigError(f"[message-broker] {key}={text!r} is not a number of at least 0")
    return found


def _options(protocol: str, settings: Settings) -> dict[str, str]:
    """Options of the event stream out of the keys of the file."""
    options = dict(_DEFAULTS[protocol])
    for key, value in settings.items():
        if key.startswith(_OWN):
            options[_own_option(key)] = value
        elif key in _READ_ELSEWHERE[protocol]:
            continue
        elif key in _WITHOUT_EFFECT[protocol]:
            _log.debug("[message-broker] %s has no effect here", key)
        elif key in _MAPPED[protocol]:
            options |= _MAPPED[protocol][key](key, value)
        else:
            known = (*_MAPPED[protocol], *_READ_ELSEWHERE[protocol])
            _log.warning(
                "[message-broker] %s is not known to %s%s", key, protocol, hint(key, known)
            )
    return _without_tls(options) if protocol == "mqtt" else options


def _own_option(key: str) -> str:
    name = key.removeprefix(_OWN).replace("-", "_")
    if name in ("stream", "format"):
        raise ConfigError(f"[message-broker] {key}: topic and payload are set elsewhere")
    return name


def _without_tls(options: dict[str, str]) -> dict[str, str]:
    if "tls" in options:
        return options
    return {name: value for name, value in options.items() if not name.startswith("tls_")}


Mapped = Callable[[str, str], dict[str, str]]


def _as(name: str) -> Mapped:
    return lambda _, value: {name: value} if value else {}


def _as_number(name: str) -> Mapped:
    def read(key: str, value: str) -> dict[str, str]:
        return {name: str(int(_number({key: value}, key, 0)))}

    return read


def _positive(name: str) -> Mapped:
    """A number, or nothing for 0, which stands for no limit."""
    number = _as_number(name)
    return lambda key, value: number(key, value) if value.strip("0 ") else {}


def _tls(_key: str, value: str) -> dict[str, str]:
    return {"tls": "yes"} if value.startswith("1") or value == "true" else {}


def _librdkafka(key: str, value: str) -> dict[str, str]:
    """``"name=value;name=value"``, in quotation marks."""
    pairs = [pair.strip() for pair in value.strip().strip('"').split(";") if pair.strip()]
    found = {}
    for number, pair in enumerate(pairs, 1):
        name, equals, setting = pair.partition("=")
        if not equals or not name.strip():
            raise ConfigError(
                f"[message-broker] {key}: its part {number} of {len(pairs)} is not name=value; "
                'the form is "name=value;name=value"'
            )
        found[f"rdkafka.{name.strip()}"] = setting.strip()
    return found


_DEFAULTS: dict[str, dict[str, str]] = {
    "kafka": {"key": "sensor.id"},
    "redis": {"field": "metadata"},
    "mqtt": {},
    # A topic exchange drops what nobody listens to, and DeepStream lets it.
    "amqp": {"exchange": "amq.topic", "mandatory": "no"},
}
_MAPPED: dict[str, dict[str, Mapped]] = {
    "kafka": {
        "partition-key": _as("key"),
        "proto-cfg": _librdkafka,
        "producer-proto-cfg": _librdkafka,
    },
    "redis": {"streamsize": _positive("maxlen"), "payloadkey": _as("field")},
    "mqtt": {
        "client-id": _as("client_id"),
        "keep-alive": _as_number("keepalive_s"),
        "enable-tls": _tls,
        "tls-cafile": _as("tls_ca"),
        "tls-capath": _as("tls_ca"),
        "tls-certfile": _as("tls_cert"),
        "tls-keyfile": _as("tls_key"),
    },
    "amqp": {
        "exchange": lambda _, value: {"exchange": value},
        "amqp-framesize": _as_number("frame_bytes"),
        "amqp-heartbeat": _as_number("heartbeat_s"),
    },
}
_READ_ELSEWHERE: dict[str, tuple[str, ...]] = {
    "kafka": ("flush-timeout",),
    "redis": ("hostname", "port", "username", "password", "flush-timeout"),
    "mqtt": ("username", "password", "flush-timeout"),
    "amqp": ("hostname", "port", "username", "password", "topic", "flush-timeout"),
}
_WITHOUT_EFFECT: dict[str, tuple[str, ...]] = {
    # An element has a connection of its own, and never receives.
    "kafka": ("share-connection", "consumer-group-id", "consumer-proto-cfg"),
    "redis": ("share-connection", "consumergroup", "consumername"),
    "mqtt": ("share-connection", "loop-timeout", "set-threaded"),
    "amqp": ("share-connection",),
}

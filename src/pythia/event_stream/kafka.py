"""Events as messages of a Kafka topic."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any, ClassVar

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from pythia.event_stream.network import NetworkStream
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import RefusedError, StreamError

_OWN_PROPERTY = "rdkafka."

_FIRST, _BY_KEY = 0, -1
"""Partitions."""

_STEP_S = 0.1
"""Longest call into librdkafka, so that errors and ``close`` are seen soon."""

_HOPELESS = {KafkaError._ALL_BROKERS_DOWN, KafkaError._AUTHENTICATION, KafkaError._SSL}
"""Errors after which waiting for the first answer is no use."""

_REFUSED = {
    KafkaError.MSG_SIZE_TOO_LARGE,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.INVALID_RECORD,
}


class KafkaStream(NetworkStream):
    """``kafka://[user:password@]host[:9092][,host...]/?stream=TOPIC`` through librdkafka.

    The producer is idempotent; a batch is sent when all of it is acknowledged by all replicas in
    sync. A topic that is missing is made (``partitions=1``, ``replication=``). Without a key all
    events go to the first partition, because Kafka keeps the order within a partition only;
    ``key=FIELD`` sends those with the same value of that field to the same one.
    A FIELD may go into nested ones, ``sensor.id``.
    ``compression=none|gzip|snappy|lz4|zstd``; ``sasl=`` is the
    mechanism (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512) once there is a user. ``rdkafka.NAME=VALUE``
    sets a property of librdkafka and comes before all else.
    """

    OPTIONS: ClassVar[frozenset[str]] = NetworkStream.OPTIONS | {
        "key",
        "partitions",
        "replication",
        "compression",
        "sasl",
    }
    OPTION_PREFIXES = (_OWN_PROPERTY,)
    DEFAULT_PORT = DEFAULT_TLS_PORT = 9092

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self._topic = self.name
        self._key = uri.options.get("key")
        self._partitions = uri.integer("partitions", 1, minimum=1)
        self._replication = uri.integer("replication", -1, minimum=1)
        self._settings = self._client_settings()
        self._closing = threading.Event()
        self._producer: Producer | None = None
        self._hopeless = False
        self._reason: KafkaError | None = None

    def _client_settings(self) -> dict[str, Any]:
        timeout_ms = int(self.timeout_s * 1000)
        compression = self.uri.choice("compression", ("none", "gzip", "snappy", "lz4", "zstd"))
        own = self._own_properties()
        settings: dict[str, Any] = {
            "bootstrap.servers": ",".join(_joined(host, port) for host, port in self.hosts),
            "client.id": "pythia",
            "enable.idempotence": True,
            "compression.type": compression,
            "message.timeout.ms": timeout_ms,
            "delivery.report.only.error": True,
            "socket.keepalive.enable": True,
            "reconnect.backoff.max.ms": 1000,
            "log_level": 0,  # errors come through error_cb
            **self._security(),
        }
        if own.keys() & _CONTRADICTING:
            del settings["enable.idempotence"]
        return settings | own

    def _own_properties(self) -> dict[str, str]:
        options = self.uri.options.items()
        start = _OWN_PROPERTY
        return {name.removeprefix(start): v for name, v in options if name.startswith(start)}

    def _security(self) -> dict[str, Any]:
        uri = self.uri
        mechanism = uri.choice("sasl", ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"))
        if "sasl" in uri.options and uri.user is None:
            raise StreamError(f"{uri}: sasl= needs user:password@ before the host")
        kind = ("sasl_" if uri.user is not None else "") + ("ssl" if self.tls else "plaintext")
        settings: dict[str, Any] = {"security.protocol": kind}
        if uri.user is not None:
            settings["sasl.mechanism"] = mechanism
            settings["sasl.username"] = uri.user
            settings["sasl.password"] = uri.password or ""
        names = {
            "tls_ca": "ssl.ca.location",
            "tls_cert": "ssl.certificate.location",
            "tls_key": "ssl.key.location",
        }
        settings |= {names[name]: uri.options[name] for name in names if name in uri.options}
        if self.tls and not uri.switch("tls_verify", default=True):
            settings["enable.ssl.certificate.verification"] = False
        return settings

    def connect(self) -> None:
        """Ask for the topic, and make it if it is missing."""
        self.close()
        self._closing.clear()
        self._hopeless, self._reason = False, None
        try:
            producer = Producer({**self._settings, "error_cb": self._note})
            self._wait_for_brokers(producer)
            self._make_topic(producer)
        except KafkaException as error:
            hosts = self._settings["bootstrap.servers"]
            why = self._why(error.args[0])
            raise StreamError(f"{self.uri}: cannot connect to {hosts}: {why}") from error
        self._producer = producer

    def open(self, host: str, port: int, timeout_s: float) -> None:
        """Is not used: librdkafka knows several hosts."""
        raise NotImplementedError

    def _wait_for_brokers(self, producer: Producer) -> None:
        deadline = time.monotonic() + self.timeout_s
        while True:
            try:
                producer.list_topics(timeout=_STEP_S)
                return
            except KafkaException:
                producer.poll(0)
                if self._hopeless or time.monotonic() > deadline or self._closing.is_set():
                    raise

    def _make_topic(self, producer: Producer) -> None:
        # Asking for one topic would let a broker make it as it likes.
        if self._topic in producer.list_topics(timeout=self.timeout_s).topics:
            return
        try:
            self._create_topic()
        except (KafkaException, FutureTimeoutError) as error:
            # Somebody was faster, or the broker makes topics only by itself.
            if producer.list_topics(self._topic, timeout=1).topics[self._topic].error is not None:
                why = self.cause(error)
                raise StreamError(f"{self.uri}: cannot make the topic: {why}") from error

    def _create_topic(self) -> None:
        wanted = _ADMIN_SETTINGS | self._own_properties().keys()
        settings = {k: v for k, v in self._settings.items() if k in wanted}
        topic = NewTopic(self._topic, self._partitions, self._replication)
        limit_s = self.timeout_s / 2
        admin = AdminClient(settings)  # freed before the answer comes, it would cancel the request
        made = admin.create_topics([topic], request_timeout=limit_s)
        made[self._topic].result(limit_s)

    def send(self, batch: Sequence[bytes]) -> None:
        """Produce the batch and wait for all acknowledgements."""
        producer = self._producer
        if producer is None:
            raise StreamError(f"{self.uri}: is closed")
        failures: list[KafkaError] = []
        deadline = time.monotonic() + self.timeout_s + 1

        def report(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                failures.append(error)

        for event in batch:
            self._produce(producer, event, report)
        while producer.flush(_STEP_S) and not self._closing.is_set():
            if time.monotonic() > deadline:
                break
        if failures or len(producer):
            self._give_up(producer, failures)

    def _produce(self, producer: Producer, event: bytes, report: Any) -> None:
        key = None if self._key is None else self._key_of(event)
        partition = _FIRST if self._key is None else _BY_KEY
        while True:
            try:
                producer.produce(self._topic, event, key, partition, report)
                return
            except BufferError:
                producer.flush(_STEP_S)  # the batch is larger than librdkafka's queue
                if self._closing.is_set():
                    raise
            except KafkaException as error:
                self._refuse(error.args[0])
                raise

    def _give_up(self, producer: Producer, failures: list[KafkaError]) -> None:
        # What is purged is posted again by a new producer; kept, it would arrive out of order.
        producer.purge()
        producer.flush(0)
        for failure in failures:
            self._refuse(failure)
        cause = self._why(failures[0]) if failures else "no answer in time"
        raise StreamError(f"{self.uri}: {cause}")

    def _refuse(self, error: KafkaError) -> None:
        if error.code() in _REFUSED:
            raise RefusedError(f"{self.uri}: {self.uri.hide(error.str())}")

    def _key_of(self, event: bytes) -> bytes | None:
        try:
            decoded = self.format.decode(event)
        except ValueError:  # a spool of an earlier run may hold another format
            return None
        key = _nested(decoded, self._key or "")
        return None if key is None else str(key).encode()

    def _note(self, error: KafkaError) -> None:
        self._hopeless = self._hopeless or error.code() in _HOPELESS
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # which says nothing of the cause
            self._reason = error

    def _why(self, error: KafkaError) -> str:
        return self.uri.hide((self._reason or error).str())

    def close(self) -> None:
        """Let the producer go, also under a ``send`` that waits."""
        self._closing.set()
        self._producer = None


_ADMIN_SETTINGS = {
    "bootstrap.servers",
    "client.id",
    "log_level",
    "security.protocol",
    "sasl.mechanism",
    "sasl.username",
    "sasl.password",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
    "enable.ssl.certificate.verification",
}


_CONTRADICTING = {
    "acks",
    "request.required.acks",
    "retries",
    "message.send.max.retries",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "queuing.strategy",
}
"""Properties that may forbid an idempotent producer; who sets one knows what for."""


def _nested(event: Any, path: str) -> Any:
    """The field of an event that ``path`` names; a dot leads into the one before it."""
    if not isinstance(event, dict):
        return None
    if path in event:
        return event[path]
    first, dot, rest = path.partition(".")
    return _nested(event.get(first), rest) if dot else None


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

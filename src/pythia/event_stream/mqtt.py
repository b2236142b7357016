"""Events as messages of an MQTT topic."""

from __future__ import annotations

import math
import ssl
import threading
import time
from collections.abc import Sequence
from typing import Any, ClassVar

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion

from pythia.event_stream.network import NetworkStream
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import StreamError

_STEP_S = 0.1
_MOST_IN_FLIGHT = 65_535


class MqttStream(NetworkStream):
    """``mqtt[s]://[user:password@]host[:port]/?stream=TOPIC&qos=0|1|2``, MQTT 3.1.1.

    With ``qos=1``, the default, and ``qos=2`` the broker confirms each message; with ``qos=0``
    nobody does, and an event counts as sent once the system has taken it. ``retain=yes`` lets the
    broker keep the last message; ``keepalive_s`` is how often the two assure each other.
    """

    OPTIONS: ClassVar[frozenset[str]] = NetworkStream.OPTIONS | {
        "qos",
        "retain",
        "client_id",
        "keepalive_s",
    }
    DEFAULT_PORT, DEFAULT_TLS_PORT = 1883, 8883
    TLS_SCHEMES = frozenset({"mqtts"})

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self._topic = self.name
        self._qos = int(uri.choice("qos", ("1", "0", "2")))
        self._retain = uri.switch("retain", default=False)
        default_s = max(2, math.ceil(2 * self.timeout_s))
        self._keepalive_s = uri.integer("keepalive_s", default_s)
        if set(self._topic) & {"#", "+"}:
            raise StreamError(f"{uri}: a topic to publish to has no wildcards")
        self._client: Client | None = None
        self._answered = threading.Event()
        self._lost: str | None = None

    def open(self, host: str, port: int, timeout_s: float) -> None:
        """Connect and log in."""
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.uri.options.get("client_id", ""),
            reconnect_on_failure=False,  # the worker does, and counts it
        )
        client.connect_timeout = timeout_s
        client.max_inflight_messages_set(_MOST_IN_FLIGHT)
        if self.uri.user is not None:
            client.username_pw_set(self.uri.user, self.uri.password)
        if self.tls:
            context = self.tls_context()
            context.sslsocket_class = _TidySocket
            client.tls_set_context(context)
            client.tls_insecure_set(context.verify_mode == ssl.CERT_NONE)
        self._answered.clear()
        self._lost = None
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        self._client = client
        client.connect(host, port, keepalive=self._keepalive_s)
        client.loop_start()
        if not self._answered.wait(timeout_s):
            raise TimeoutError("the broker does not answer")
        if self._lost is not None:
            raise ConnectionError(self._lost)

    def _on_connect(self, client: Client, data: Any, flags: Any, code: Any, props: Any) -> None:
        if code.is_failure:
            self._lost = f"the broker refuses the connection: {code}"
        self._answered.set()

    def _on_disconnect(self, client: Client, data: Any, flags: Any, code: Any, props: Any) -> None:
        if client is self._client and self._lost is None:
            self._lost = f"the connection was lost: {code}"
            self._answered.set()

    def send(self, batch: Sequence[bytes]) -> None:
        """Publish the batch and wait until the broker has confirmed each message."""
        client = self._client
        if client is None:
            raise StreamError(f"{self.uri}: is closed")
        deadline = time.monotonic() + self.timeout_s
        sent = [client.publish(self._topic, event, self._qos, self._retain) for event in batch]
        for message in sent:
            self._wait(message, deadline)

    def _wait(self, message: MQTTMessageInfo, deadline: float) -> None:
        while not message.is_published():
            if self._client is None:
                raise StreamError(f"{self.uri}: was closed")
            if self._lost is not None:
                raise ConnectionError(self._lost)
            if time.monotonic() > deadline:
                raise TimeoutError("the broker does not confirm")
            message.wait_for_publish(_STEP_S)

    def close(self) -> None:
        """Disconnect, and end the client's thread."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()


class _TidySocket(ssl.SSLSocket):
    """Closes itself when its handshake fails; paho leaves that to the garbage collector."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise

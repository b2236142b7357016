"""Events as messages of an AMQP 0-9-1 queue or exchange (RabbitMQ)."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pika
from pika.exceptions import AMQPError
from pika.spec import Basic

from pythia.event_stream.network import NetworkStream
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import StreamError

_PERSISTENT = 2
_FRAME_BYTES = 131_072
if logging.getLogger("pika").level == logging.NOTSET:
    # It logs as errors, with a traceback each, what it raises anyway.
    logging.getLogger("pika").setLevel(logging.CRITICAL)

_LAST_STEPS_S = 0.02
_GRACE_S = 0.3
"""How long a broker has for the last words of a connection."""


class AmqpStream(NetworkStream):
    """``amqp[s]://[user:password@]host[:port]/[vhost]?stream=QUEUE``, with publisher confirms.

    The queue is durable and is made if missing; messages are persistent. With ``exchange=NAME``,
    which must exist, messages go there with ``stream`` as the routing key, and no queue is made;
    a message that no queue takes is sent again until one does, or with ``mandatory=no`` dropped by
    the broker. ``heartbeat_s`` (0 for none) and ``frame_bytes`` are asked of the broker.
    """

    OPTIONS: ClassVar[frozenset[str]] = NetworkStream.OPTIONS | {
        "exchange",
        "mandatory",
        "heartbeat_s",
        "frame_bytes",
    }
    DEFAULT_PORT, DEFAULT_TLS_PORT = 5672, 5671
    TLS_SCHEMES = frozenset({"amqps"})

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self._routing_key = self.name
        self._exchange = uri.options.get("exchange", "")
        self._mandatory = uri.switch("mandatory", default=True)
        default_s = max(2, math.ceil(2 * self.timeout_s))
        self._heartbeat_s = uri.integer("heartbeat_s", default_s)
        self._frame_bytes = uri.integer("frame_bytes", _FRAME_BYTES, minimum=4096)
        self._properties = pika.BasicProperties(
            content_type=self.format.CONTENT_TYPE, delivery_mode=_PERSISTENT
        )
        self._link: _Link | None = None

    def open(self, host: str, port: int, timeout_s: float) -> None:
        """Connect, log in and declare the queue."""
        login = pika.PlainCredentials(self.uri.user or "guest", self.uri.password or "guest")
        parameters = pika.ConnectionParameters(
            host=host,
            port=port,
            virtual_host=self.uri.path[1:] or "/",
            credentials=login,
            heartbeat=self._heartbeat_s,
            frame_max=self._frame_bytes,
            socket_timeout=timeout_s,
            stack_timeout=timeout_s,
            connection_attempts=1,
        )
        if self.tls:
            parameters.ssl_options = pika.SSLOptions(self.tls_context(), host)
        self._link = _Link(parameters, self._declare)
        self._link.start(timeout_s)

    def _declare(self, channel: Any, done: Callable[..., None]) -> None:
        if self._exchange:
            channel.exchange_declare(self._exchange, passive=True, callback=done)
        else:
            channel.queue_declare(self._routing_key, durable=True, callback=done)

    def send(self, batch: Sequence[bytes]) -> None:
        """Publish the batch and wait until the broker has confirmed each message."""
        if self._link is None:
            raise StreamError(f"{self.uri}: is closed")

        def publish(channel: Any) -> None:
            for event in batch:
                channel.basic_publish(
                    self._exchange,
                    self._routing_key,
                    event,
                    self._properties,
                    mandatory=self._mandatory,
                )

        self._link.publish(publish, len(batch), self.timeout_s)

    def close(self) -> None:
        """Close the connection, and end its thread."""
        link, self._link = self._link, None
        if link is not None:
            link.close()


class _Link:
    """One connection with one channel, served by a thread, so that heartbeats go on."""

    def __init__(
        self,
        parameters: pika.ConnectionParameters,
        declare: Callable[[Any, Callable[..., None]], None],
    ) -> None:
        self._declare = declare
        self._changed = threading.Condition()
        self._ready = False
        self._error: BaseException | None = None
        self._published = 0
        self._unconfirmed: set[int] = set()  # delivery tags, which count from one
        self._channel: Any = None
        self._connection = pika.SelectConnection(
            parameters,
            on_open_callback=self._open_channel,
            on_open_error_callback=self._fail,
            on_close_callback=self._fail,
        )
        self._thread = threading.Thread(target=self._serve, name="pythia amqp", daemon=True)

    def start(self, timeout_s: float) -> None:
        """Wait until messages can be published."""
        self._thread.start()
        self._wait(lambda: self._ready, timeout_s, "the broker does not answer")

    def publish(self, work: Callable[[Any], None], count: int, timeout_s: float) -> None:
        """Let the thread publish ``count`` messages, and wait until they are confirmed."""
        first = self._published + 1
        self._published += count
        self._unconfirmed = set(range(first, first + count))
        self._connection.ioloop.add_callback_threadsafe(lambda: work(self._channel))
        self._wait(lambda: not self._unconfirmed, timeout_s, "the broker does not confirm")

    def _wait(self, condition: Callable[[], bool], timeout_s: float, otherwise: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._error or condition(), timeout_s)
            if self._error is not None:
                raise self._error
            if not condition():
                raise TimeoutError(otherwise)

    def close(self) -> None:
        """End connection and thread, with a broker that answers in good order."""
        self._fail(None, ConnectionError("was closed"))
        if not self._thread.is_alive():
            return
        self._connection.ioloop.add_callback_threadsafe(self._say_goodbye)
        self._thread.join(_GRACE_S)
        if self._thread.is_alive():
            self._connection.ioloop.add_callback_threadsafe(self._hang_up)
            self._thread.join(_GRACE_S)

    def _serve(self) -> None:
        try:
            self._connection.ioloop.start()
        except Exception as error:
            # pika asserts within itself when a connection that is only half made is dropped.
            self._fail(None, error)
        finally:
            self._connection.ioloop.close()

    def _say_goodbye(self) -> None:
        with contextlib.suppress(AMQPError):
            self._connection.close()

    def _hang_up(self) -> None:
        # pika has no public way to drop a connection whose other end is silent.
        self._connection._terminate_stream(None)  # type: ignore[attr-defined]
        self._stop_soon()

    def _stop_soon(self) -> None:
        # pika closes the socket in callbacks that are still to come.
        self._connection.ioloop.call_later(_LAST_STEPS_S, self._connection.ioloop.stop)

    def _open_channel(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._prepare)

    def _prepare(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._fail_channel)
        channel.add_on_return_callback(self._fail_return)
        channel.confirm_delivery(
            self._confirm, callback=lambda _: self._declare(channel, self._get_ready)
        )

    def _get_ready(self, _: object) -> None:
        with self._changed:
            self._ready = True
            self._changed.notify_all()

    def _confirm(self, frame: Any) -> None:
        if not isinstance(frame.method, Basic.Ack):
            self._note(ConnectionError("the broker could not take a message"))
            return
        with self._changed:
            tag = frame.method.delivery_tag
            if frame.method.multiple:
                self._unconfirmed = {one for one in self._unconfirmed if one > tag}
            else:
                self._unconfirmed.discard(tag)
            if not self._unconfirmed:
                self._changed.notify_all()

    def _fail_return(self, channel: object, method: Any, *_: object) -> None:
        self._note(ConnectionError(f"no queue takes the message: {method.reply_text}"))

    def _fail_channel(self, channel: object, reason: BaseException) -> None:
        self._note(reason)

    def _fail(self, connection: object, reason: BaseException | str) -> None:
        self._note(_innermost(reason) if isinstance(reason, BaseException) else OSError(reason))
        if connection is not None:
            self._stop_soon()

    def _note(self, error: BaseException) -> None:
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()


def _innermost(error: BaseException) -> BaseException:
    """The cause in the errors of a connection attempt, which pika packs into each other."""
    while True:
        several = getattr(error, "exceptions", None) or error.args[:1]
        inner = getattr(error, "exception", None) or (several[-1] if several else None)
        if not isinstance(inner, BaseException):
            return error
        error = inner

"""Events as messages of a NATS JetStream subject."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import re
import threading
import uuid
from collections.abc import Coroutine, Sequence
from typing import Any

from nats.aio.client import Client
from nats.errors import MaxPayloadError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from pythia.event_stream.network import NetworkStream
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import RefusedError, StreamError

_GRACE_S = 0.5
"""How long a server has for the last words of a connection."""


class NatsStream(NetworkStream):
    """``nats://[user:password@]host[:4222]/?stream=SUBJECT``, confirmed by JetStream.

    Where no JetStream stream takes the subject, one is made for it. Every message has an id, so
    what is sent again within the stream's duplicate window (two minutes) is stored once.
    """

    DEFAULT_PORT = DEFAULT_TLS_PORT = 4222

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self._subject = self.name
        if set(self._subject) & set("*> "):
            raise StreamError(f"{uri}: a subject to publish to has no wildcards and spaces")
        self._run = uuid.uuid4().hex
        self._number = 0
        self._loop: _Loop | None = None
        self._client: Client | None = None
        self._jetstream: JetStreamContext | None = None

    def open(self, host: str, port: int, timeout_s: float) -> None:
        """Connect, log in and find or make the JetStream stream."""
        self._loop = _Loop()
        self._loop.run(self._open(host, port, timeout_s), timeout_s)

    async def _open(self, host: str, port: int, timeout_s: float) -> None:
        refused: list[Exception] = []

        async def note(error: Exception) -> None:
            refused.append(error)

        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        client = self._client = _EncryptedClient() if self.tls else Client()
        try:
            await client.connect(
                f"nats://{place}",
                user=self.uri.user,
                password=self.uri.password,
                tls=self.tls_context() if self.tls else None,
                connect_timeout=max(1, round(timeout_s)),
                allow_reconnect=False,  # the worker does, and counts it
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                error_cb=note,
                name="pythia",
            )
        except Exception as error:
            raise (refused[0] if refused else error) from None
        self._jetstream = client.jetstream(timeout=self.timeout_s)
        await self._find_stream(self._jetstream)

    async def _find_stream(self, jetstream: JetStreamContext) -> None:
        try:
            await jetstream.find_stream_name_by_subject(self._subject)
        except NotFoundError:
            name = re.sub("[^A-Za-z0-9_-]", "_", self._subject)
            await jetstream.add_stream(name=name, subjects=[self._subject])

    def send(self, batch: Sequence[bytes]) -> None:
        """Publish the batch and wait until JetStream has confirmed each message."""
        if self._loop is None or self._jetstream is None:
            raise StreamError(f"{self.uri}: is closed")
        try:
            self._loop.run(self._send(self._jetstream, batch), self.timeout_s)
        except MaxPayloadError as error:
            raise RefusedError(f"{self.uri}: {self.cause(error)}") from error
        self._number += len(batch)

    async def _send(self, jetstream: JetStreamContext, batch: Sequence[bytes]) -> None:
        # The same number for the same event when its batch is sent again.
        first = self._number
        await asyncio.gather(
            *(
                jetstream.publish(
                    self._subject, event, headers={"Nats-Msg-Id": f"{self._run}-{first + index}"}
                )
                for index, event in enumerate(batch)
            )
        )

    def close(self) -> None:
        """Close the connection, and end its thread."""
        loop, self._loop = self._loop, None
        client, self._client = self._client, None
        self._jetstream = None
        if loop is not None:
            loop.close(client)


class _EncryptedClient(Client):
    """Says nothing, above all no password, over a connection that is not encrypted.

    nats-py encrypts where the server asks for it, and goes on in the clear where it does not.
    """

    def _connect_command(self) -> bytes:
        writer = getattr(self._transport, "_io_writer", None)
        if writer is None or writer.get_extra_info("ssl_object") is None:
            raise ConnectionError("the server does not offer TLS")
        return super()._connect_command()


def _hang_up(client: Client) -> None:
    # nats-py has no public way to drop a connection whose other end is silent.
    with contextlib.suppress(AttributeError):
        client._transport._io_writer.transport.abort()  # type: ignore[union-attr]


class _Loop:
    """An event loop in a thread, which other threads give work to."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._waiting: concurrent.futures.Future[None] | None = None
        self._thread = threading.Thread(target=self._serve, name="pythia nats", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, None], timeout_s: float) -> None:
        """Run ``work`` in the thread and wait for its end."""
        self._waiting = asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(work, timeout_s), self._loop
        )
        try:
            self._waiting.result()
        except (asyncio.TimeoutError, TimeoutError):
            raise TimeoutError("the server does not answer") from None
        except concurrent.futures.CancelledError:
            raise ConnectionError("was closed") from None

    def close(self, client: Client | None) -> None:
        """Close ``client``, stop the loop and end the thread."""
        if self._waiting is not None:
            self._waiting.cancel()
        asyncio.run_coroutine_threadsafe(self._close(client), self._loop)
        self._thread.join(2.0)

    async def _close(self, client: Client | None) -> None:
        if client is not None:
            try:
                await asyncio.wait_for(client.close(), _GRACE_S)
            except Exception:
                _hang_up(client)
        own = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._loop.stop()

    def _serve(self) -> None:
        self._loop.run_forever()
        self._loop.close()

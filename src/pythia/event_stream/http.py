"""Events in batches to a web hook."""

from __future__ import annotations

import base64
import contextlib
import http.client
import select
import socket
import ssl
from collections.abc import Sequence
from typing import ClassVar

from pythia.event_stream.network import NetworkStream
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import RefusedError, StreamError

_PASSING = {408, 425, 429}
"""Client errors that say "later", not "never"."""

_SHOWN = 200
"""Characters of the body of an error that are shown."""


class HttpStream(NetworkStream):
    """``http[s]://[user:password@]host[:port]/path?body=array|lines``: one POST a batch.

    The body is an array of the events, or one event a line (JSON only). Any 2xx confirms the
    batch; 5xx, 408, 425, 429 and a broken connection are tried again; other answers end the
    stream with an error. ``user:password@`` is sent as Basic, ``token=`` as Bearer authorization,
    ``stream=NAME`` as the header ``X-Stream``, ``query=`` (percent-encoded) behind the path.
    """

    OPTIONS: ClassVar[frozenset[str]] = NetworkStream.OPTIONS | {"body", "token", "query"}
    DEFAULT_PORT, DEFAULT_TLS_PORT = 80, 443
    TLS_SCHEMES = frozenset({"https"})

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self._lines = uri.choice("body", ("array", "lines")) == "lines"
        if self._lines and uri.options.get("format") == "msgpack":
            raise StreamError(f"{uri}: body=lines is text; format=msgpack needs body=array")
        query = uri.options.get("query")
        self._target = (uri.path or "/") + (f"?{query}" if query else "")
        self._headers = self._make_headers()
        self._connection: http.client.HTTPConnection | None = None

    def _make_headers(self) -> dict[str, str]:
        uri = self.uri
        kind = "application/x-ndjson" if self._lines else self.format.BATCH_TYPE
        headers = {"Content-Type": kind, "User-Agent": "pythia"}
        if uri.stream:
            headers["X-Stream"] = uri.stream
        if "token" in uri.options:
            headers["Authorization"] = f"Bearer {uri.options['token']}"
        elif uri.user is not None:
            login = f"{uri.user}:{uri.password or ''}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
        return headers

    def open(self, host: str, port: int, timeout_s: float) -> None:
        """Connect, with the TLS handshake; nothing is asked of the server yet."""
        made = http.client.HTTPConnection(host, port, timeout=timeout_s)
        if self.tls:
            context = self.tls_context()
            made = http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)
        self._connection = made
        made.connect()
        made.sock.settimeout(self.timeout_s)

    def send(self, batch: Sequence[bytes]) -> None:
        """POST the batch."""
        connection = self._fresh_connection()
        body = b"\n".join(batch) + b"\n" if self._lines else self.format.join(batch)
        connection.request("POST", self._target, body, self._headers)
        response = connection.getresponse()
        said = response.read()
        if response.status // 100 != 2:
            self._complain(response, said)

    def _fresh_connection(self) -> http.client.HTTPConnection:
        if self._connection is None:
            raise StreamError(f"{self.uri}: is closed")
        idle = self._connection.sock
        if idle is None or self._has_ended(idle):
            self.connect()
        return self._connection

    def _has_ended(self, idle: socket.socket) -> bool:
        """Tell whether the server has ended a connection on which nothing was asked."""
        if not select.select([idle], [], [], 0)[0]:
            return False
        # TLS itself sends tickets, which are read here and give no byte.
        idle.settimeout(0)
        try:
            idle.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        finally:
            idle.settimeout(self.timeout_s)
        return True

    def _complain(self, response: http.client.HTTPResponse, said: bytes) -> None:
        text = " ".join(said.decode("utf-8", "replace").split())
        # A server may show the request that it did not like.
        _, _, login = self._headers.get("Authorization", "").partition(" ")
        text = self.uri.hide(text.replace(login, "***") if login else text)[:_SHOWN]
        answer = f"{response.status} {response.reason}" + (f": {text}" if text else "")
        passing = response.status >= 500 or response.status in _PASSING
        raise (StreamError if passing else RefusedError)(
            f"{self.uri}: the server answered {answer}"
        )

    def close(self) -> None:
        """Close the connection, also under a ``send`` that waits."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        connection.close()

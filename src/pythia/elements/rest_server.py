"""The HTTP server in front of :mod:`pythia.elements.rest_api`."""

from __future__ import annotations

import json
import logging
import socket
import socketserver
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pythia.exceptions import ConfigError

_log = logging.getLogger("pythia.elements.rest_server")

_SILENT_CLIENT_S = 5
_LARGEST_BODY = 1 << 20
_LOOK_FOR_STOP_S = 0.05

Answer = Callable[[str, str, bytes], tuple[HTTPStatus, dict[str, Any]]]


class RestServer:
    """Listens from its construction to :meth:`stop`; each request is answered on its own thread.

    Raises:
        ConfigError: the address or the port is not to be had.
    """

    def __init__(self, ip: str, port: int, answer: Answer) -> None:
        try:
            self._server = _Server(*_resolved(ip, port), answer)
        except (OSError, OverflowError) as error:
            raise ConfigError(
                f"cannot listen on {ip}:{port} for REST requests: {error}; set port to a free "
                "one, or to 0 for none"
            ) from None
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_LOOK_FOR_STOP_S,), name="rest", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; requests that are being answered are not waited for."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_SILENT_CLIENT_S)


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """Family and address to listen on; of a name that has both, the one of IPv4."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = min(found, key=lambda row: row[0] != socket.AF_INET)
    return family, address


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self, family: socket.AddressFamily, address: tuple[Any, ...], answer: Answer
    ) -> None:
        self.address_family = family
        self.answer = answer
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # Without the look-up of the host's full name, which may take seconds.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.debug("a REST client at %s went away", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    timeout = _SILENT_CLIENT_S
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if "Transfer-Encoding" in self.headers:
            self.send_error(HTTPStatus.LENGTH_REQUIRED, "a body needs its Content-Length")
        elif not length.isdecimal():
            self.send_error(HTTPStatus.BAD_REQUEST, f"Content-Length is {length!r}")
        elif int(length) > _LARGEST_BODY:
            reason = f"the body has {length} bytes; at most {_LARGEST_BODY} are read"
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, reason)
        else:
            self._send(*self._ask(self.rfile.read(int(length))))

    def do_OPTIONS(self) -> None:
        """What a browser asks before it sends a request of another site."""
        self.send_response(HTTPStatus.NO_CONTENT)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Methods", "GET, POST")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that nothing else answers, in JSON as all are."""
        status = HTTPStatus(code)
        line = f"HTTP/1.1 {code} {status.phrase}"
        self._send(status, {"status": line, "reason": message or explain or status.phrase})

    def _ask(self, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        try:
            return self.server.answer(self.command, self.path.partition("?")[0], body)
        except Exception as error:
            _log.exception("%s %s failed", self.command, self.path)
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            line = f"HTTP/1.1 {int(status)} {status.phrase}"
            return status, {"status": line, "reason": f"{type(error).__name__}: {error}"}

    def _send(self, status: HTTPStatus, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        _log.debug(format, *args)

"""The HTTP server in front of :mod:`pythia.elements.rest_api`."""

from __future__ import annotations

import json
import logging
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
            self._server = _Server((ip, port), answer)
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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], answer: Answer) -> None:
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

    def _answer(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal():
            self._send(HTTPStatus.BAD_REQUEST, {"reason": f"Content-Length is {length!r}"})
        elif int(length) > _LARGEST_BODY:
            reason = f"the body has {length} bytes; at most {_LARGEST_BODY} are read"
            self._send(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"reason": reason})
        else:
            self._send(*self._ask(self.rfile.read(int(length))))

    def _ask(self, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        try:
            return self.server.answer(self.command, self.path.partition("?")[0], body)
        except Exception as error:
            _log.exception("%s %s failed", self.command, self.path)
            reason = f"{type(error).__name__}: {error}"
            return HTTPStatus.INTERNAL_SERVER_ERROR, {"reason": reason}

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

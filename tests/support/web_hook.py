"""The web hook among the servers of ``support.brokers``."""

from __future__ import annotations

import base64
import contextlib
import sys
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

from support.certificates import certificates
from support.relay import Relay
from support.servers import PASSWORD, Server, wait_for


class HttpServer(Server):
    """A web hook in a thread of the tests; ``answers`` holds the next answers of a stream."""

    BINARY, PACKAGE = sys.executable, "python3"
    SCHEME, TLS_SCHEME = "http", "https"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, list[int]] = defaultdict(list)
        self.shows_requests = False
        self.paused = threading.Event()
        self._stored: dict[str, list[bytes]] = defaultdict(list)
        self._server: ThreadingHTTPServer | None = None
        self._relay: Relay | None = None
        self._connections: list[Any] = []

    def command(self) -> list[str]:
        return []

    def launch(self) -> None:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                hook._connections.append(self.connection)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                wait_for(lambda: not hook.paused.is_set(), 60)
                status = hook.take(self.path, dict(self.headers), body)
                said = str(self.headers).encode() if hook.shows_requests else b"ok"
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Hook(ThreadingHTTPServer):
            allow_reuse_address = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # a client that was stopped

        self._server = Hook(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def tls_uri(self, name: str, *options: str, host: str = "127.0.0.1") -> str:
        if self._relay is None:
            self._relay = Relay(self.port, certificates().server_context())
            self.tls_port = self._relay.port
        return super().tls_uri(name, *options, host=host)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """Keep what a request brought."""
        self.requests.append((path, headers, body))
        name = headers.get("X-Stream", "")
        if self.answers[name]:
            return self.answers[name].pop(0)
        login = base64.b64encode(f"{self.USER}:{PASSWORD}".encode()).decode()
        if headers.get("Authorization") != f"Basic {login}":
            return 401
        lines = headers["Content-Type"] == "application/x-ndjson"
        events = body.splitlines() if lines else map(orjson.dumps, orjson.loads(body))
        self._stored[name].extend(events)
        return 200

    def ready(self) -> bool:
        return self._server is not None

    def start(self) -> None:
        if self._server is None:
            self.launch()

    def end(self, number: object = None) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        if self._relay is not None:
            self._relay.end()
            self._relay = None
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(2)
        self._connections.clear()

    def stop(self) -> None:
        self.end()

    def pause(self) -> None:
        self.paused.set()

    def resume(self) -> None:
        self.paused.clear()

    def events(self, name: str, count: int, timeout_s: float = 20) -> list[bytes]:
        wait_for(lambda: len(self._stored[name]) >= count, timeout_s)
        return list(self._stored[name])

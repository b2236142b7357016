"""A host that stands before a server: it can die, and it can speak TLS."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading

_CHUNK = 65536


class Relay:
    """Passes bytes on to ``127.0.0.1:target`` from a port of its own, until it is ended.

    Attributes:
        port: Where it listens.
        connections: How many it has taken.
        seen: What clients have said, in the clear where there is no TLS.
    """

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self.seen = bytearray()
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as sockets:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
            sockets.enter_context(client)
            server = sockets.enter_context(socket.create_connection(("127.0.0.1", self._target)))
            with self._lock:
                self._open += [client, server]
            self.begin(client, server)
            self._pass_on(client, server)

    def begin(self, client: socket.socket, server: socket.socket) -> None:
        """Called before their bytes are passed on, to talk to both."""

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        """Until one of them ends; in one thread, because a TLS socket is not for two."""
        other = {client: server, server: client}
        while True:
            ready = [one for one in other if isinstance(one, ssl.SSLSocket) and one.pending()]
            for one in ready or select.select(list(other), [], [])[0]:
                data = one.recv(_CHUNK)
                if not data:
                    return
                if one is client:
                    self.seen += data
                other[one].sendall(data)

    def end(self) -> None:
        """Die: close the port and every connection."""
        _shut(self._listener)
        self._listener.close()
        with self._lock:
            for one in self._open:
                _shut(one)
            self._open.clear()


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)

"""What streams over the network share: hosts, time-outs, TLS, and the words of their errors."""

from __future__ import annotations

import os
import ssl
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from pythia.event_stream.base import Stream
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import StreamError

DEFAULT_TIMEOUT_S = 4.0
"""Short of the five seconds after which a start without its server must have failed."""

_TLS_FILES = ("tls_ca", "tls_cert", "tls_key")
_TLS_DETAILS = (*_TLS_FILES, "tls_verify")


class NetworkStream(Stream):
    """Options of all: ``timeout_s=4``, ``tls=yes``, ``tls_ca|cert|key=FILE``, ``tls_verify=no``.

    ``timeout_s`` bounds each of: connecting to all hosts together, and one batch until it is
    confirmed. Hosts are tried in the order written; one that failed is tried last from then on.
    """

    OPTIONS: ClassVar[frozenset[str]] = frozenset({"stream", "timeout_s", "tls", *_TLS_DETAILS})
    DEFAULT_PORT: ClassVar[int]
    DEFAULT_TLS_PORT: ClassVar[int]
    TLS_SCHEMES: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self.timeout_s = uri.number("timeout_s", DEFAULT_TIMEOUT_S, minimum=0.1)
        self.tls = uri.switch("tls", default=uri.scheme in self.TLS_SCHEMES)
        port = self.DEFAULT_TLS_PORT if self.tls else self.DEFAULT_PORT
        self.hosts = [(name or "localhost", given or port) for name, given in uri.hosts]
        self.hosts = self.hosts or [("localhost", port)]
        details = [name for name in _TLS_DETAILS if name in uri.options]
        if details and not self.tls:
            raise StreamError(f"{uri}: {details[0]}= needs TLS; add tls=yes")
        self._check_files()

    def _check_files(self) -> None:
        # Now, and not at each attempt of a connection that is made lazily.
        options = self.uri.options
        for name in _TLS_FILES:
            if name in options and not os.access(options[name], os.R_OK):
                raise StreamError(f"{self.uri}: {name}= cannot be read: {options[name]!r}")
        if "tls_key" in options and "tls_cert" not in options:
            raise StreamError(f"{self.uri}: tls_key= needs tls_cert=")

    @property
    def name(self) -> str:
        """The option ``stream``.

        Raises:
            StreamError: It is missing.
        """
        if not self.uri.stream:
            raise StreamError(f"{self.uri}: the name is missing; add ?stream=NAME")
        return self.uri.stream

    def tls_context(self) -> ssl.SSLContext:
        """Return a context as the ``tls_`` options say.

        Raises:
            StreamError: A file cannot be read.
        """
        options = self.uri.options
        try:
            authorities = options.get("tls_ca")
            folder = authorities if authorities and os.path.isdir(authorities) else None
            context = ssl.create_default_context(
                cafile=None if folder else authorities, capath=folder
            )
            if "tls_cert" in options:
                context.load_cert_chain(options["tls_cert"], options.get("tls_key"))
        except OSError as error:
            raise StreamError(f"{self.uri}: the TLS files cannot be read: {error}") from error
        if not self.uri.switch("tls_verify", default=True):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def connect(self) -> None:
        """Connect to the first host that answers."""
        self.close()
        failures = []
        for host, port in list(self.hosts):
            try:
                self.open(host, port, self.timeout_s / len(self.hosts))
                return
            except StreamError:
                raise
            except Exception as error:
                self.close()
                self._put_last()
                failures.append(f"{host}:{port}: {self.cause(error)}")
        raise StreamError(f"{self.uri}: cannot connect to {'; '.join(failures)}")

    def post(self, batch: Sequence[bytes]) -> None:
        """Send the batch and wait until the other end has confirmed it."""
        try:
            self.send(batch)
        except StreamError:
            self._put_last()
            raise
        except Exception as error:
            self._put_last()
            # A BrokenPipeError too: a server that has gone may come back.
            raise StreamError(f"{self.uri}: {self.cause(error)}") from error

    def _put_last(self) -> None:
        """Prefer the other hosts: this one may take connections, but no events."""
        self.hosts.append(self.hosts.pop(0))

    @abstractmethod
    def open(self, host: str, port: int, timeout_s: float) -> None:
        """Connect to one host; any exception says why not."""

    @abstractmethod
    def send(self, batch: Sequence[bytes]) -> None:
        """Deliver the batch; any exception means that it is to be sent again."""

    def cause(self, error: BaseException) -> str:
        """Return what an error of a client library says, in one line and without secrets."""
        text = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, ConnectionError) and error.errno is not None:
            text = os.strerror(error.errno)  # asyncio puts other words there
        return self.uri.hide(text)

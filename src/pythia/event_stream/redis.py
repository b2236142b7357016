"""Events as entries of a Redis stream."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pythia.event_stream.network import NetworkStream
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import RefusedError, StreamError


class RedisStream(NetworkStream):
    """``redis://[user:password@]host[:6379]/[database]?stream=KEY``: one XADD an event.

    ``maxlen=N`` lets Redis drop the oldest entries (``MAXLEN ~ N``), ``field=data`` names the
    field of the entry.
    """

    OPTIONS: ClassVar[frozenset[str]] = NetworkStream.OPTIONS | {"maxlen", "field"}
    DEFAULT_PORT = DEFAULT_TLS_PORT = 6379
    TLS_SCHEMES = frozenset({"rediss"})

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self._key = self.name
        self._maxlen = uri.integer("maxlen", 0, minimum=1) or None
        self._field = uri.options.get("field") or "data"
        database = uri.path.strip("/") or "0"
        if not database.isdigit():
            raise StreamError(f"{uri}: {database!r} is not the number of a database")
        self._database = int(database)
        self._client: redis.Redis | None = None

    def open(self, host: str, port: int, timeout_s: float) -> None:
        """Connect, log in and PING."""
        self._client = redis.Redis(
            host=host,
            port=port,
            db=self._database,
            username=self.uri.user or None,
            password=self.uri.password,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),  # the worker retries, and counts it
            **self._tls_arguments(),
        )
        self._client.ping()

    def _tls_arguments(self) -> dict[str, Any]:
        if not self.tls:
            return {}
        options = self.uri.options
        verified = self.uri.switch("tls_verify", default=True)
        authorities = options.get("tls_ca", "")
        return {
            "ssl": True,
            "ssl_ca_path" if os.path.isdir(authorities) else "ssl_ca_certs": authorities or None,
            "ssl_certfile": options.get("tls_cert"),
            "ssl_keyfile": options.get("tls_key"),
            "ssl_cert_reqs": "required" if verified else "none",
            "ssl_check_hostname": verified,
        }

    def send(self, batch: Sequence[bytes]) -> None:
        """Add the batch in one round trip."""
        if self._client is None:
            raise StreamError(f"{self.uri}: is closed")
        pipeline = self._client.pipeline(transaction=False)
        for event in batch:
            pipeline.xadd(self._key, {self._field: event}, maxlen=self._maxlen)
        try:
            pipeline.execute()
        except redis.ResponseError as error:
            if "WRONGTYPE" in str(error):
                raise RefusedError(f"{self.uri}: {self.cause(error)}") from error
            raise

    def close(self) -> None:
        """Close the connection, also under a ``send`` that waits."""
        client, self._client = self._client, None
        if client is not None:
            client.connection_pool.disconnect()

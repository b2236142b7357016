"""Events kept in this process, for tests and for programs that read them themselves."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, ClassVar

from pythia.event_stream.base import Stream
from pythia.event_stream.uri import StreamUri

DEFAULT_MAXLEN = 100_000

STORAGE: dict[str, deque[Any]] = {}
"""Name of the stream -> the yielded objects themselves, newest last; made by ``connect``."""


class MemoryStream(Stream):
    """``memory://?stream=NAME[&maxlen=N]``: appends to ``STORAGE[NAME]``, oldest out when full.

    The deque outlives the application, so a second run goes on in the same one; delete it
    from ``STORAGE`` for a fresh start. Without ``stream`` the name is ``default``.
    """

    OPTIONS: ClassVar[frozenset[str]] = frozenset({"stream", "maxlen"})
    TAKES_OBJECTS: ClassVar[bool] = True

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self.name = uri.stream or uri.file_path.strip("/") or "default"
        self._maxlen = uri.integer("maxlen", DEFAULT_MAXLEN, minimum=1)

    def connect(self) -> None:
        """Make the deque, or take over the one that is there."""
        kept = STORAGE.get(self.name)
        if kept is None or kept.maxlen != self._maxlen:
            STORAGE[self.name] = deque(kept or (), maxlen=self._maxlen)
        self._events = STORAGE[self.name]

    def post(self, batch: Sequence[Any]) -> None:
        """Append the objects of ``batch`` as they are."""
        self._events.extend(batch)

    def close(self) -> None:
        """Keep the events."""

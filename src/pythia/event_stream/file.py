"""Events as JSON lines in a file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

from pythia.event_stream.base import Stream
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import StreamError


class FileStream(Stream):
    """``file:///path/to/events.jsonl[?mode=append|overwrite]``: one JSON line an event.

    ``file://events.jsonl`` is relative to the working directory. A batch that fails half-way
    (disk full) is cut off again before it is posted anew, so no half line stays.
    """

    OPTIONS: ClassVar[frozenset[str]] = frozenset({"mode"})

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self._path = uri.file_path
        self._truncate = uri.choice("mode", ("append", "overwrite")) == "overwrite"
        self._fd: int | None = None
        if not self._path:
            raise StreamError(f"{uri}: a path is missing; the form is file:///path/events.jsonl")

    def connect(self) -> None:
        """Open the file; ``mode=overwrite`` empties it the first time only."""
        self.close()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            self._fd = os.open(self._path, flags | (os.O_TRUNC if self._truncate else 0), 0o666)
        except OSError as error:
            raise StreamError(
                f"{self.uri}: cannot open {self._path!r} for writing: {error.strerror}"
            ) from error
        self._truncate = False

    def post(self, batch: Sequence[bytes]) -> None:
        """Append one line an event in one go."""
        if self._fd is None:
            raise StreamError(f"{self.uri}: is closed")
        start = os.fstat(self._fd).st_size
        try:
            write_all(self._fd, b"\n".join(batch) + b"\n")
        except OSError as error:
            # A FIFO or a device cannot be cut, and needs not: it has no place to go back to.
            if os.path.isfile(self._path):
                os.ftruncate(self._fd, start)
            raise StreamError(f"{self.uri}: cannot write: {error.strerror}") from error

    def close(self) -> None:
        """Close the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def write_all(fd: int, data: bytes) -> None:
    """Write all of ``data``; ``os.write`` may take less than it is given."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]

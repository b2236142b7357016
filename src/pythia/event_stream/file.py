"""Events as JSON lines in a file."""

from __future__ import annotations

import gzip
import os
import stat
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import ClassVar

from pythia.event_stream.base import Stream
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import StreamError

_MIB = 1024 * 1024


class FileStream(Stream):
    """``file:///path/to/events.jsonl[?mode=append|overwrite]``: one JSON line an event.

    ``file://events.jsonl`` is relative to the working directory. A batch that fails half-way
    (disk full) is cut off again before it is posted anew, so no half line stays.

    ``rotate_mb=N`` and ``rotate_s=N`` begin a new file before this one grows larger, or older
    counted from when it was opened; the old one gets its UTC time into its name, as in
    ``events-20240102T030405.678901Z.jsonl``, and ``keep=N`` removes all but the latest so many.
    With ``gzip=yes`` each batch is a gzip member of its own, so the file can be read at any time.
    """

    OPTIONS: ClassVar[frozenset[str]] = frozenset({"mode", "rotate_mb", "rotate_s", "keep", "gzip"})
    LINES: ClassVar[bool] = True

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self._path = uri.file_path
        self._truncate = uri.choice("mode", ("append", "overwrite")) == "overwrite"
        self._rotate_bytes = uri.number("rotate_mb", 0, minimum=0.001) * _MIB
        self._rotate_s = uri.number("rotate_s", 0, minimum=0.1)
        self._keep = uri.integer("keep", 0, minimum=1)
        self._gzip = uri.switch("gzip", default=False)
        self._fd: int | None = None
        self._opened_s = 0.0
        if not self._path:
            raise StreamError(f"{uri}: a path is missing; the form is file:///path/events.jsonl")
        if self._keep and not (self._rotate_bytes or self._rotate_s):
            raise StreamError(f"{uri}: keep= needs rotate_mb= or rotate_s=")

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
        self._opened_s = time.monotonic()
        self._truncate = False

    def post(self, batch: Sequence[bytes]) -> None:
        """Append one line an event in one go."""
        data = b"\n".join(batch) + b"\n"
        if self._gzip:
            data = gzip.compress(data, compresslevel=6)
        if self._fd is not None and self._is_due(os.fstat(self._fd), len(data)):
            self._rotate()
        if self._fd is None:
            raise StreamError(f"{self.uri}: is closed")
        start = os.fstat(self._fd).st_size
        try:
            write_all(self._fd, data)
        except OSError as error:
            # A FIFO or a device cannot be cut, and needs not: it has no place to go back to.
            if os.path.isfile(self._path):
                os.ftruncate(self._fd, start)
            raise StreamError(f"{self.uri}: cannot write: {error.strerror}") from error

    def _is_due(self, status: os.stat_result, more: int) -> bool:
        if not (status.st_size and stat.S_ISREG(status.st_mode)):
            return False
        too_large = 0 < self._rotate_bytes < status.st_size + more
        return too_large or 0 < self._rotate_s < time.monotonic() - self._opened_s

    def _rotate(self) -> None:
        path = Path(self._path)
        stem = path.name.removesuffix("".join(path.suffixes))
        moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
        try:
            path.rename(path.with_name(f"{stem}-{moment}{''.join(path.suffixes)}"))
            if self._keep:
                pattern = f"{stem}-[0-9]*T[0-9]*Z{''.join(path.suffixes)}"
                for old in sorted(path.parent.glob(pattern))[: -self._keep]:
                    old.unlink()
        except OSError as error:
            raise StreamError(f"{self.uri}: cannot rotate: {error.strerror}") from error
        self.connect()

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

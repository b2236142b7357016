"""The file that metadata is recorded to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pythia.event_stream import Stream, StreamUri
from pythia.event_stream.file import write_all
from pythia.exceptions import StreamError

MSGPACK = (".msgpack", ".mpk")
"""Endings of the names of files that are MessagePack; all others are JSON lines."""


class RecordFile(Stream):
    """Records of metadata, in a file that is emptied first.

    A batch of records that fails half-way (disk full) is cut off before it is written anew.

    Raises:
        MissingDependencyError: the library for MessagePack is not installed.
    """

    def __init__(self, path: Path) -> None:
        packed = path.suffix in MSGPACK
        options = {"format": "msgpack" if packed else "json"}
        super().__init__(StreamUri("file", path=str(path), options=options))
        self._path = path
        self._behind = b"" if packed else b"\n"
        self._flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._fd: int | None = None
        self._new = True

    def connect(self) -> None:
        """Open the file; it is emptied the first time only."""
        self.close()
        try:
            self._fd = os.open(self._path, self._flags | (os.O_TRUNC if self._new else 0), 0o666)
        except OSError as error:
            raise cannot_write(self._path, error) from error
        self._new = False

    def post(self, batch: Sequence[bytes]) -> None:
        """Append records."""
        if self._fd is None:
            raise StreamError(f"{self._path}: is closed")
        start = os.fstat(self._fd).st_size
        try:
            write_all(self._fd, b"".join(record + self._behind for record in batch))
        except OSError as error:
            if self._path.is_file():  # a FIFO has no place to go back to
                os.ftruncate(self._fd, start)
            raise cannot_write(self._path, error) from error

    def close(self) -> None:
        """Close the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def cannot_write(path: Path, error: OSError) -> StreamError:
    """The error for a file that cannot be written."""
    return StreamError(f"metadata cannot be recorded to {str(path)!r}: {error.strerror}")

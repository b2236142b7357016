"""Events as JSON lines on standard output, standard error or in a file."""

from __future__ import annotations

import contextlib
import io
import os
import select
import stat
import sys
import threading
from collections.abc import Sequence
from typing import ClassVar, TextIO

from pythia.event_stream.base import Stream
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import StreamError

_WRITING = threading.Lock()
"""Held for one batch: streams of several applications share one standard output."""

_kept: dict[str, TextIO] = {}


def keep_stdout(target: TextIO) -> None:
    """Write what is for standard output to ``target`` from now on, whatever ``sys.stdout`` is."""
    _kept["stdout"] = target


class LogStream(Stream):
    """``log://?stream=stdout|stderr``, or ``log:///path`` to append to a file.

    Follows ``sys.stdout`` where it was replaced (a notebook, a test), and goes to the file
    descriptor otherwise, so that a reader that does not read cannot hold the interpreter at
    exit. A reader that has gone (``| head``) ends the stream with BrokenPipeError.
    """

    OPTIONS: ClassVar[frozenset[str]] = frozenset({"stream"})
    LINES: ClassVar[bool] = True

    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)
        self._name = "" if uri.file_path else uri.choice("stream", ("stdout", "stderr"))
        self._opened: TextIO | None = None
        self._done = 0
        self._closing = threading.Event()

    def connect(self) -> None:
        """Find the standard stream, or open the file; a batch that is half out goes on."""
        self._closing.clear()
        if self._name or self._opened is not None:
            return
        try:
            self._opened = open(self.uri.file_path, "a", encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            raise StreamError(
                f"{self.uri}: cannot open {self.uri.file_path!r} for writing: {error.strerror}"
            ) from error

    def post(self, batch: Sequence[bytes]) -> None:
        """Write one line an event; lines of other streams never come in between."""
        target = self._opened or _kept.get(self._name) or getattr(sys, self._name or "stdout")
        if target is None or target.closed:
            raise BrokenPipeError(f"{self.uri}: is closed")
        data = b"\n".join(batch) + b"\n"
        with _WRITING:
            fd = _descriptor(target)
            if fd is None:
                target.write(data.decode("utf-8"))
            else:
                target.flush()
                self._write(fd, data)

    def _write(self, fd: int, data: bytes) -> None:
        # PIPE_BUF bytes never block after poll() said "writable", so close() is always seen.
        most = len(data) if stat.S_ISREG(os.fstat(fd).st_mode) else select.PIPE_BUF
        poll = select.poll()
        poll.register(fd, select.POLLOUT)
        # A disk that is full may have taken half of the batch, which is posted again then.
        while self._done < len(data):
            if poll.poll(100):
                self._done += os.write(fd, memoryview(data)[self._done :][:most])
            elif self._closing.is_set():
                raise StreamError(f"{self.uri}: closed while its reader did not read")
        self._done = 0

    def close(self) -> None:
        """Close the file; standard streams stay open."""
        self._closing.set()
        self._done = 0
        if self._opened is not None:
            with contextlib.suppress(OSError):
                self._opened.close()
            self._opened = None


def _descriptor(target: TextIO) -> int | None:
    try:
        return target.fileno()
    except (io.UnsupportedOperation, AttributeError):
        return None

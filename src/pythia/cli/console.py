"""Standard error, for people; standard output belongs to events."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TextIO

_CLEAR_LINE = "\r\x1b[K"


class Console(logging.Handler):
    """Writes lines, and one progress line that is always the last; from any thread.

    As a logging handler it shows what pythia logs, warnings and worse.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(logging.WARNING)
        self._stream = stream or sys.stderr
        # A signal handler may write while the thread it interrupts does.
        self._writing = threading.RLock()
        self._progress = ""

    def say(self, text: str) -> None:
        """Write lines above the progress line."""
        with self._writing:
            clear = _CLEAR_LINE if self._progress else ""
            self._write(f"{clear}{text}\n{self._progress}")

    def progress(self, line: str) -> None:
        """Replace the progress line; the empty text removes it."""
        with self._writing:
            if line or self._progress:
                self._write(_CLEAR_LINE + line)
            self._progress = line

    def emit(self, record: logging.LogRecord) -> None:
        """Write what was logged, with its traceback if it has one."""
        self.say(f"{record.levelname.lower()}: {self.format(record)}")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads it any more
            pass


def keep_stdout_for_events() -> None:
    """Send what libraries write to standard output to standard error instead.

    NVIDIA's elements and others print there, in between of events that a program reads. Python's
    ``sys.stdout`` goes on to be the real standard output.
    """
    try:
        sys.stdout.flush()
        real = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of them is closed
        return
    sys.stdout = open(real, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115

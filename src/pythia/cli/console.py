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


def open_standard_streams() -> None:
    """Give a program whose caller closed them something in their place, which swallows all.

    A file opened later would get their numbers, and with it what libraries print.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def keep_stdout_for_events() -> bool:
    """Send what is printed to standard output to standard error instead, events excepted.

    NVIDIA's elements print there, and probes do, in between of events that a program reads.

    Returns:
        Whether standard output is a terminal.
    """
    from pythia.core.delivery import keep_stdout

    if sys.stdout is None:  # closed by the caller
        return False
    sys.stdout.flush()
    real = os.dup(1)
    os.dup2(2, 1)
    events = open(real, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    keep_stdout(events)
    sys.stdout = sys.stderr
    return os.isatty(real)

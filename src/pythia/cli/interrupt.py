"""Ctrl-C, SIGTERM and SIGHUP."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from pythia.cli.exit_code import Exit
from pythia.cli.launch import DOT_DIR_VARIABLE, Launch

EOS_TIMEOUT_S = 10.0
"""How long the end of the stream may take to come through before the pipeline is stopped."""

_STOP_TIMEOUT_S = 2.0


@contextmanager
def dying_of_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C end the process at once, while there is nothing yet to be finished.

    Python's KeyboardInterrupt would come up in an element that is being made, which prints it
    and goes on half made.
    """
    previous = signal.getsignal(signal.SIGINT)
    if previous is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


class Interrupt:
    """Handles signals while an application runs; use it in ``with``, in the main thread.

    The first SIGINT or SIGTERM sends end-of-stream, so that files are finished. The second stops
    at once, events that are still queued included; where even that hangs the process exits.
    SIGHUP writes the pipeline's graph and lets it run, unless it is ignored already (nohup).

    Attributes:
        asked: whether the person asked for the end.
    """

    def __init__(self, application: Launch, say: Callable[[str], None]) -> None:
        self.asked = False
        self._application = application
        self._say = say
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupt:
        handlers = {signal.SIGINT: self._end, signal.SIGTERM: self._end}
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            handlers[signal.SIGHUP] = self._snapshot
        for number, handler in handlers.items():
            self._previous[number] = signal.signal(number, handler)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            self._end_at_once()
            return
        self.asked = True
        if not self._application.running:
            raise KeyboardInterrupt
        self._say(f"{signal.Signals(number).name}: ending the stream; once more stops at once")
        self._application.send_eos(EOS_TIMEOUT_S)

    def _end_at_once(self) -> None:
        self._application.drain_timeout_s = 0
        self._application.stop()
        last_resort = threading.Timer(_STOP_TIMEOUT_S, self._exit)
        last_resort.daemon = True
        last_resort.start()

    def _exit(self) -> None:
        self._say("error: the pipeline does not stop; files may be incomplete")
        os._exit(Exit.RUN_ERROR)

    def _snapshot(self, number: int, frame: FrameType | None) -> None:
        if not self._application.dump_dot("snapshot"):
            self._say(f"SIGHUP: set {DOT_DIR_VARIABLE} for a picture of the pipeline")

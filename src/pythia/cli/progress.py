"""The progress line: position, frames a second, objects."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from pythia.cli.launch import Launch
from pythia.gst import Gst

_PERIOD_S = 0.5


class Progress:
    """Measures a run from ``with`` on, and shows its progress while the block runs.

    Args:
        application: what runs.
        show: takes the line, in a thread of its own; None shows nothing.
    """

    def __init__(self, application: Launch, show: Callable[[str], None] | None) -> None:
        self._application = application
        self._show = show
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)
        self._start_s = time.monotonic()

    def __enter__(self) -> Progress:
        self._start_s = time.monotonic()
        if self._show:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        if self._show:
            self._thread.join()
            self._show("")

    def summary(self) -> str:
        """Return what was done since the start."""
        elapsed_s = time.monotonic() - self._start_s
        return f"ended after {clock(elapsed_s)}{describe(*self._application.counts(), elapsed_s)}"

    def _run(self) -> None:
        assert self._show is not None
        frames_before, then_s = 0, self._start_s
        while not self._end.wait(_PERIOD_S):
            frames, objects = self._application.counts()
            now_s = time.monotonic()
            position = _position(self._application.pipeline)
            rate = describe(frames, objects, now_s - then_s, frames - frames_before)
            self._show(position + rate)
            frames_before, then_s = frames, now_s


def describe(frames: int, objects: int | None, period_s: float, new: int | None = None) -> str:
    """Return frames, frames a second and objects, each only where there are any.

    Args:
        frames: so far.
        objects: so far; None where nothing counts them.
        period_s: what frames a second are told for.
        new: frames in that period; all of them by default.
    """
    text = ""
    if frames:
        rate = (frames if new is None else new) / max(period_s, 1e-6)
        text += f", {frames} frames, {rate:.1f} frames/s"
    return text if objects is None else f"{text}, {objects} objects"


def clock(seconds: float) -> str:
    """Return a time as ``0:01:02.3``."""
    minutes, second = divmod(round(seconds, 1), 60)
    hours, minute = divmod(int(minutes), 60)
    return f"{hours}:{minute:02}:{second:04.1f}"


def _position(pipeline: Gst.Pipeline) -> str:
    known, position_ns = pipeline.query_position(Gst.Format.TIME)
    if not known:
        return "starting"
    known, duration_ns = pipeline.query_duration(Gst.Format.TIME)
    whole = f" / {clock(duration_ns / 1e9)}" if known and duration_ns > 0 else ""
    return clock(position_ns / 1e9) + whole

"""Frames a second and latency of each source, and a thread that prints them as DeepStream does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from pythia.meta.portable_latency import PortableFrameLatency


@dataclass
class _Window:
    begin_s: float
    frames: int = 0
    ended: bool = False


class FrameCounter:
    """Counts frames; any thread may use it. Times are in seconds of one clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[int, _Window] = {}

    def count(self, source: int, now_s: float) -> None:
        """One more frame of a source; its first one only starts the clock."""
        with self._lock:
            window = self._windows.get(source)
            if window is None or window.ended:
                self._windows[source] = _Window(now_s)
            else:
                window.frames += 1

    def end(self, source: int) -> None:
        """A source has ended: it has no frames from now on."""
        with self._lock:
            if source in self._windows:
                self._windows[source].ended = True

    def remove(self, source: int) -> None:
        """A source is gone, and reported no longer."""
        with self._lock:
            self._windows.pop(source, None)

    def rates(self, now_s: float) -> dict[int, float]:
        """Frames a second since the last call, by source in ascending order."""
        with self._lock:
            return {
                source: self._rate(self._windows[source], now_s) for source in sorted(self._windows)
            }

    @staticmethod
    def _rate(window: _Window, now_s: float) -> float:
        elapsed_s = now_s - window.begin_s
        rate = 0.0 if window.ended or elapsed_s <= 0 else window.frames / elapsed_s
        window.begin_s, window.frames = now_s, 0
        return rate


class LastLatencies:
    """What was measured last of each source; any thread may use it."""

    def __init__(self) -> None:
        self._found: dict[int, PortableFrameLatency] = {}

    def note(self, latency: PortableFrameLatency) -> None:
        """One more frame has come."""
        self._found[latency.source_id] = latency

    def lines(self) -> list[str]:
        """DeepStream's line for each source of which a frame has come since the last call."""
        found, self._found = self._found, {}
        return [str(found[source]) for source in sorted(found)]


def report(rates: dict[int, float]) -> str:
    """The line that DeepStream prints."""
    return "**PERF : " + "".join(f"FPS_{source} ({rate:.2f})\t" for source, rate in rates.items())


class Reporter:
    """Prints lines at intervals, on a thread of its own."""

    def __init__(self, lines: Callable[[], list[str]], interval_s: float) -> None:
        self._lines, self._interval_s = lines, interval_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nvdslogger", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Print nothing more."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_s):
            lines = self._lines()
            if lines:
                print("\n".join(lines), flush=True)

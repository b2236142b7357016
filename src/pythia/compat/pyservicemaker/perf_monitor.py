"""Prints frames a second of each source, by name."""

from __future__ import annotations

import threading
import time
from collections import Counter

from pythia.compat.pyservicemaker.metadata import BatchMetadata
from pythia.compat.pyservicemaker.node import Node
from pythia.compat.pyservicemaker.probe import BatchMetadataOperator, Probe


class PerfMonitor:
    """Counts frames at a pad, and prints a line a ``interval`` seconds.

    Args:
        batch_size: How many sources there may be.
        interval: Seconds between two lines.
        source_type: Type of the sources; of nvmultiurisrcbin only those that were told count.
        show_name: Print names of sources.
    """

    def __init__(
        self, batch_size: int, interval: int, source_type: str = "", show_name: bool = True
    ) -> None:
        self._interval_s = max(1, int(interval))
        self._show_name = show_name
        self._lock = threading.Lock()
        self._names: dict[int, str] = {}
        self._frames: Counter[int] = Counter()
        self._total: Counter[int] = Counter()
        self._began_s: dict[int, float] = {}
        self._since_s = time.monotonic()
        self._paused = False

    def apply(self, node: Node, tips: str) -> None:
        """Count at a pad of a node."""
        node.attach(Probe(f"perf-monitor-{id(self):x}", _Counting(self)), tips)

    def pause(self) -> None:
        """Count no more."""
        self._paused = True

    def resume(self) -> None:
        """Count again."""
        self._paused = False
        self._since_s = time.monotonic()

    def add_stream(self, source_id: int, uri: str, sensor_id: str, sensor_name: str) -> None:
        """Know a source by name."""
        with self._lock:
            self._names[source_id] = sensor_name or sensor_id or uri

    def remove_stream(self, source_id: int) -> None:
        """Forget a source."""
        with self._lock:
            for known in (self._names, self._frames, self._total, self._began_s):
                known.pop(source_id, None)

    def count(self, sources: list[int]) -> None:
        """Count frames by source; prints when it is time."""
        now_s = time.monotonic()
        with self._lock:
            if self._paused:
                return
            for source in sources:
                self._began_s.setdefault(source, now_s)
            self._frames.update(sources)
            self._total.update(sources)
            if now_s - self._since_s >= self._interval_s:
                print(self._line(now_s), flush=True)
                self._frames.clear()
                self._since_s = now_s

    def _line(self, now_s: float) -> str:
        words = []
        for source, began_s in sorted(self._began_s.items()):
            rate = self._frames[source] / max(now_s - max(began_s, self._since_s), 1e-9)
            mean = self._total[source] / max(now_s - began_s, 1e-9)
            name = f" {self._names[source]}" if self._show_name and source in self._names else ""
            words.append(f"{rate:.2f} ({mean:.2f}){name}")
        return "**PERF:  " + "\t".join(words)


class _Counting(BatchMetadataOperator):
    def __init__(self, monitor: PerfMonitor) -> None:
        super().__init__()
        self._monitor = monitor

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        self._monitor.count([frame.source_id for frame in batch_meta.frame_items])

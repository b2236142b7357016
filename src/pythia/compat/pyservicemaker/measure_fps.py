"""measure_fps_probe: prints frames a second of each source, now and since the beginning."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, ClassVar

from pythia.compat.pyservicemaker.metadata import BatchMetadata
from pythia.compat.pyservicemaker.probe import BatchMetadataOperator

_DEFAULT_S = 5


class MeasureFps(BatchMetadataOperator):
    """The operator; it prints on the streaming thread, when a batch comes after the interval."""

    DEFAULTS: ClassVar[Mapping[str, Any]] = {"interval": _DEFAULT_S}

    def __init__(self) -> None:
        super().__init__()
        self._began_s: dict[int, float] = {}
        self._total: dict[int, int] = {}
        self._now: dict[int, int] = {}
        self._printed_s = time.monotonic()

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        """Count the frames of a batch."""
        now_s = time.monotonic()
        for frame in batch_meta.frame_items:
            source = frame.pad_index
            self._began_s.setdefault(source, now_s)
            self._total[source] = self._total.get(source, 0) + 1
            self._now[source] = self._now.get(source, 0) + 1
        interval_s = self.get_property("interval") or _DEFAULT_S
        if now_s - self._printed_s >= interval_s:
            self._print(now_s)

    def _print(self, now_s: float) -> None:
        words = []
        for source, began_s in sorted(self._began_s.items()):
            since_s = max(now_s - max(began_s, self._printed_s), 1e-9)
            lifetime_s = max(now_s - began_s, 1e-9)
            rate, mean = self._now.get(source, 0) / since_s, self._total[source] / lifetime_s
            words.append(f"{rate:.2f} ({mean:.2f})\t")
        print(f"**FPS:  {''.join(words)}", flush=True)
        self._now.clear()
        self._printed_s = now_s

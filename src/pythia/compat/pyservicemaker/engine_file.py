"""Loads a network anew when its file changes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from pythia.compat.pyservicemaker.node import Node

_EVERY_S = 1.0


class EngineFileMonitor:
    """Sets a node's ``model-engine-file`` again whenever the file has been written.

    Args:
        node: An nvinfer.
        file: The file to watch.
    """

    def __init__(self, node: Node, file: Any) -> None:
        self._node = node
        self._file = Path(file or "")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def started(self) -> bool:
        """Whether it watches."""
        return self._thread is not None

    def start(self) -> None:
        """Begin to watch, on a thread of its own, once a second."""
        if self._thread is None:
            self._stopping.clear()
            seen = self._written_ns()
            self._thread = threading.Thread(target=self._watch, args=(seen,), daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            thread.join()

    def _watch(self, seen_ns: int) -> None:
        while not self._stopping.wait(_EVERY_S):
            now_ns = self._written_ns()
            if now_ns and now_ns != seen_ns:
                self._node.set({"model-engine-file": str(self._file)})
            seen_ns = now_ns

    def _written_ns(self) -> int:
        """When the file was written last; 0 while there is none."""
        return self._file.stat().st_mtime_ns if self._file.is_file() else 0

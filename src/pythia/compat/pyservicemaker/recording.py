"""Smart recordings that a program asks for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pythia.compat.pyservicemaker.errors import NodeError
from pythia.compat.pyservicemaker.messages import RecordingInfo
from pythia.compat.pyservicemaker.node import Node
from pythia.compat.pyservicemaker.probe import failure_of
from pythia.compat.pyservicemaker.signal_handler import print_recording
from pythia.gst import GObject, Gst

Done = Callable[[RecordingInfo], object]
Failed = Callable[[BaseException], None]

_CONTAINERS = {0: "mp4", 1: "mkv"}


@dataclass(eq=False)
class _Source:
    """A source that records, one recording at a time; ``finished`` numbers the present one."""

    element: Gst.Element
    done: Done | None = None
    watched: bool = False
    finished: int = 0


class Sessions:
    """The recordings that a program has asked for, numbered over all sources."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sources: dict[str, _Source] = {}
        self._sessions: dict[int, _Source] = {}
        self._count = 0

    def start(
        self, node: Node, start_time_s: int, duration_s: int, done: Done | None, fail: Failed
    ) -> int:
        """Start a recording; see :meth:`Pipeline.start_recording`."""
        element = node.element
        if not GObject.signal_lookup("start-sr", element) or not node.get("smart-record"):
            raise NodeError(
                f"start_recording(): {node} does not record; an nvurisrcbin with smart-record=2 "
                "and an rtsp:// address does"
            )
        with self._lock:
            source = self._sources.setdefault(node.name, _Source(element))
            if not source.watched:
                source.watched = True
                element.connect("sr-done", self._done, source, fail)
            source.done = done
        element.emit("start-sr", None, start_time_s, duration_s, None)
        if not node.get("smart-rec-status"):
            raise NodeError(f"start_recording(): {node} has not begun; its warning says why")
        with self._lock:
            self._count += 1
            self._sessions[self._count] = source
            return self._count

    def stop(self, session: int) -> bool:
        """End a recording by its number."""
        with self._lock:
            source = self._sessions.pop(session, None)
        if source is None:
            return False
        source.element.emit("stop-sr", source.finished)
        return True

    def stop_source(self, node: Node) -> bool:
        """End the recording of a source."""
        with self._lock:
            numbers = [n for n, s in self._sessions.items() if s.element is node.element]
        return bool(numbers) and self.stop(numbers[-1])

    def _done(self, _: Gst.Element, info: Any, _data: Any, source: _Source, fail: Failed) -> None:
        with self._lock:
            source.finished += 1
            self._sessions = {n: s for n, s in self._sessions.items() if s is not source}
        try:
            if source.done is None:
                print_recording(info)
            else:
                source.done(_info(info))
        except Exception as error:
            fail(failure_of("the callback of start_recording()", error))


def _info(told: Any) -> RecordingInfo:
    return RecordingInfo(
        told.sessionId,
        told.filename,
        told.dirpath,
        told.duration,
        _CONTAINERS.get(told.containerType, str(told.containerType)),
        told.width,
        told.height,
        told.containsVideo,
        told.containsAudio,
        told.channels,
        told.samplingRate,
    )

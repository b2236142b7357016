"""Tracks the objects of many streams: one instance of DeepStream's low-level tracker."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pythia.vision.tracking.config import TrackerConfig
from pythia.vision.tracking.frame import Frame, Report, Track
from pythia.vision.tracking.stream import StreamTracker
from pythia.vision.tracking.track_file import TrackFile

if TYPE_CHECKING:
    from pythia.vision.tracking.reid import ReidNetwork

Stream = tuple[int, int]
"""Numbers of a source and of one of its surfaces."""

_LOW_BITS = 32


class IdCounter:
    """Gives out ids that all trackers of an element share, so that no two streams have the same."""

    def __init__(self) -> None:
        self._next = 0

    def __call__(self) -> int:
        """The next id."""
        given = self._next
        self._next += 1
        return given


class Tracker:
    """Follows the objects of any number of streams, each by itself.

    Args:
        config: what kind of tracker this is.
        new_id: ids of targets, where the configuration does not ask for unique ones.

    Raises:
        ConfigError, ModelError, MissingDependencyError: it cannot be set up.
    """

    def __init__(self, config: TrackerConfig, new_id: Callable[[], int]) -> None:
        self.config = config
        self._new_id = new_id
        self._streams: dict[Stream, StreamTracker] = {}
        self._reid: ReidNetwork | None = None
        if config.reid.reid_type:
            from pythia.vision.tracking.reid import ReidNetwork

            self._reid = ReidNetwork(config.reid, config.file)
        self._file: TrackFile | None = None
        if config.target_management.terminated_track_filename:
            self._file = TrackFile(config.target_management.terminated_track_filename)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The streams that there is something to remember of."""
        return tuple(self._streams)

    def process(self, stream: Stream, frame: Frame) -> Report:
        """Take in the next frame of a stream."""
        tracker = self._streams.get(stream)
        if tracker is None:
            new_id = self._unique_ids() if self._makes_unique else self._new_id
            tracker = self._streams[stream] = StreamTracker(self.config, new_id, self._reid)
        report = tracker.process(frame)
        self._write(stream, report.terminated)
        return report

    def remove(self, stream: Stream) -> None:
        """Let go of all that is known of a stream."""
        tracker = self._streams.pop(stream, None)
        if tracker is not None:
            self._write(stream, tracker.finish())

    def close(self) -> None:
        """End all streams."""
        for stream in list(self._streams):
            self.remove(stream)
        if self._file is not None:
            self._file.close()

    @property
    def _makes_unique(self) -> bool:
        return self.config.trajectory_management.use_unique_id

    @staticmethod
    def _unique_ids() -> Callable[[], int]:
        """A random number for the stream in the upper half, and a count in the lower one."""
        count, key = IdCounter(), secrets.randbits(_LOW_BITS) << _LOW_BITS
        return lambda: key | count()

    def _write(self, stream: Stream, tracks: Iterable[Track]) -> None:
        if self._file is not None:
            self._file.write(stream[0], tracks)

"""What a secondary network remembers of the objects that a tracker follows.

Rules and numbers are those of nvinfer (``should_infer_object`` and ``cleanup_history_map`` of its
open plugin) and, where they differ, of nvinferserver.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pythia.meta.portable import PortableFrame, PortableObject

if TYPE_CHECKING:
    from pythia.vision.nvinfer_config import NvInferConfig
    from pythia.vision.parsers.classifiers import Attribute

_GROWTH = 1.2
"""An object is looked at again when its area has grown by this factor."""
_CLEANUP_EVERY = 1800
_FORGET_AFTER = 150  # frames that the object was not seen on; trackers keep less than that


@dataclass(slots=True, eq=False)
class TrackedObject:
    """The last inference on an object, and what came out of it.

    ``frame_num`` and ``area`` are of that inference, ``seen_num`` is the last frame the object was
    on. ``attributes`` are written by the thread that gets results, all else by the streaming
    thread; ``pending`` counts inferences under way.
    """

    frame_num: int
    area: float
    seen_num: int
    attributes: Sequence[Attribute] = ()
    pending: int = 0


class TrackedObjects:
    """Objects by source and tracker's id; used by the streaming thread alone."""

    def __init__(self, config: NvInferConfig) -> None:
        self._interval = config.secondary_reinfer_interval
        self._again_unlabelled = config.triton
        self._grown_counts = config.classifies
        self._sources: dict[int, dict[int, TrackedObject]] = {}
        self._last_num: dict[int, int] = {}
        self._batches = 0

    def find(self, frame: PortableFrame, obj: PortableObject) -> TrackedObject | None:
        """What is known of an object, which is on this frame now."""
        known = self._sources.get(frame.pad_index, {}).get(obj.object_id)
        if known is not None:
            known.seen_num = frame.frame_num
        return known

    def is_due(self, known: TrackedObject, frame: PortableFrame, obj: PortableObject) -> bool:
        """Whether the object is to be looked at again."""
        if self._grown_counts:
            if known.area * _GROWTH < _area(obj):
                return True
            if self._again_unlabelled and not known.attributes and not known.pending:
                return True
        # A source whose numbers begin anew counts as a long time.
        return not 0 <= frame.frame_num - known.frame_num <= self._interval

    def begin(self, frame: PortableFrame, obj: PortableObject) -> TrackedObject:
        """Note that the object is inferred on now."""
        objects = self._sources.setdefault(frame.pad_index, {})
        known = objects.get(obj.object_id)
        number = frame.frame_num
        if known is None:
            known = objects[obj.object_id] = TrackedObject(number, _area(obj), number)
        known.frame_num, known.area = number, _area(obj)
        known.pending += 1
        return known

    def next_batch(self, frames: Sequence[PortableFrame]) -> None:
        """Count batches, and forget from time to time who has not been seen for long."""
        for frame in frames:
            self._last_num[frame.pad_index] = frame.frame_num
        self._batches += 1
        if self._batches % _CLEANUP_EVERY == 0:
            for source in self._sources:
                self._clean_up(source)

    def forget_source(self, source: int) -> None:
        """Drop all objects of a source, which has ended."""
        self._sources.pop(source, None)
        self._last_num.pop(source, None)

    def _clean_up(self, source: int) -> None:
        last = self._last_num.get(source, 0)
        self._sources[source] = {
            object_id: known
            for object_id, known in self._sources[source].items()
            if known.pending or 0 <= last - known.seen_num <= _FORGET_AFTER
        }


def _area(obj: PortableObject) -> float:
    return obj.rect_params.width * obj.rect_params.height

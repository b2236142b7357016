"""What the tracker says beside the objects: metadata on the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pythia.elements.tracker_meta import ClassStyles, Scale
from pythia.meta.portable import PortableBase, PortableBatch, PortableUser
from pythia.meta.portable_osd import PortableRect
from pythia.meta.portable_tracker import (
    PortableReidBatch,
    PortableTargetBatch,
    PortableTargetFrame,
    PortableTargetObject,
    PortableTargetStream,
)
from pythia.meta.types import (
    TRACKER_BATCH_REID_META,
    TRACKER_PAST_FRAME_META,
    TRACKER_SHADOW_LIST_META,
    TRACKER_TERMINATED_LIST_META,
)

if TYPE_CHECKING:
    from pythia.vision.tracking.config import TrackerConfig
    from pythia.vision.tracking.frame import Report, Track
    from pythia.vision.tracking.tracker import Stream

_SURFACE_BITS = 32
_LOW = 2**32 - 1

Reports = Sequence[tuple["Stream", "Report"]]
"""Streams, and what was said of each."""


class ObjectIds:
    """Makes an object's id from the tracker's.

    They are the same, unless a stream is to count from 0 after its EOS (``from_zero``).
    """

    def __init__(self, from_zero: bool) -> None:
        self._from_zero = from_zero
        self._first: dict[Stream, int] = {}

    def object_id(self, stream: Stream, target_id: int) -> int:
        """The id of an object of a stream; 64 bits, of which the upper 32 never change."""
        first = self._first.setdefault(stream, target_id)
        if not self._from_zero:
            return target_id
        return (target_id & ~_LOW) | ((target_id - first) & _LOW)

    def forget(self, source: int) -> None:
        """Have the streams of a source begin anew."""
        kept = {s: first for s, first in self._first.items() if s[0] != source}
        self._first = kept


class BatchWriter:
    """Attaches what one instance of the tracker says.

    Args:
        scale: sizes of the frames and of the tracker's.
        styles: how classes look.
        ids: makes ids of objects.
    """

    def __init__(self, scale: Scale, styles: ClassStyles, ids: ObjectIds) -> None:
        self._scale = scale
        self._styles = styles
        self._ids = ids

    def attach(self, batch: PortableBatch, reports: Reports, config: TrackerConfig) -> None:
        """Put past frames on the batch, and all else that the configuration asks for."""
        rules = config.target_management
        self._attach_tracks(batch, TRACKER_PAST_FRAME_META, [(s, r.past) for s, r in reports])
        if config.reid.output_reid_tensor:
            self._attach_vectors(batch, reports)
        if rules.output_terminated_tracks:
            ended = [(stream, report.terminated) for stream, report in reports]
            self._attach_tracks(batch, TRACKER_TERMINATED_LIST_META, ended)
        if rules.output_shadow_tracks:
            shadow = [(stream, report.shadow) for stream, report in reports]
            self._attach_tracks(batch, TRACKER_SHADOW_LIST_META, shadow)

    def _attach_tracks(
        self, batch: PortableBatch, meta_type: int, found: Sequence[tuple[Stream, list[Track]]]
    ) -> None:
        streams = tuple(self._stream(stream, tracks) for stream, tracks in found if tracks)
        if streams:
            _add(batch, meta_type, PortableTargetBatch(streams))

    def _stream(self, stream: Stream, tracks: Sequence[Track]) -> PortableTargetStream:
        objects = tuple(self._object(stream, track) for track in tracks)
        return PortableTargetStream(stream[0], stream[0] << _SURFACE_BITS | stream[1], objects)

    def _object(self, stream: Stream, track: Track) -> PortableTargetObject:
        return PortableTargetObject(
            self._ids.object_id(stream, track.id),
            track.class_id,
            self._styles.label(track.class_id),
            tuple(
                PortableTargetFrame(
                    moment.frame_num,
                    PortableRect(*self._scale.back(moment.box)),
                    moment.confidence,
                    moment.age,
                    moment.state,
                    moment.visibility,
                )
                for moment in track.moments
            ),
        )

    @staticmethod
    def _attach_vectors(batch: PortableBatch, reports: Reports) -> None:
        tracked = [one for _, report in reports for one in report.tracked]
        vectors = [one.vector for one in tracked if one.vector is not None]
        if vectors:
            _add(batch, TRACKER_BATCH_REID_META, PortableReidBatch(np.stack(vectors)))


def _add(batch: PortableBatch, meta_type: int, data: Any) -> None:
    batch.add_user(PortableUser(PortableBase(meta_type), data))

"""What hangs where in a batch, so that nothing is written on metadata of another batch."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterator
from typing import Any

from pythia.iterators import (
    classification_per_object,
    displays_per_frame,
    frames_per_batch,
    labels_per_classification,
    objects_per_frame,
    user_metas,
)


def is_in(those: Container[Any], meta: Any) -> bool:
    """Whether a metadata is among others; what has no hash is no metadata."""
    return isinstance(meta, Hashable) and meta in those


class Belongings:
    """The frames and objects of a batch, looked up once; the rest when it is asked for.

    The metadata are kept: on DeepStream one metadata is one Python object only as long as somebody
    has it.
    """

    def __init__(self, batch: Any) -> None:
        self._batch = batch
        self.frames: set[Any] = set(frames_per_batch(batch))
        self._frame_of: dict[Any, Any] | None = None

    @property
    def frame_of(self) -> dict[Any, Any]:
        """The frame of each object."""
        if self._frame_of is None:
            self._frame_of = {obj: fr for fr in self.frames for obj in objects_per_frame(fr)}
        return self._frame_of

    def add_object(self, obj: Any, frame: Any) -> None:
        """Note an object that was added."""
        if self._frame_of is not None:
            self._frame_of[obj] = frame

    def above(self, item: Any) -> tuple[Any, ...] | None:
        """What a metadata hangs on, the nearest last; None if it is not in the batch."""
        if is_in(self.frame_of, item):
            return (self.frame_of[item],)
        return next((above for found, above in self._all() if found is item), None)

    def _all(self) -> Iterator[tuple[Any, tuple[Any, ...]]]:
        """All metadata but frames and objects, with what they hang on."""
        for user in user_metas(self._batch):
            yield user, (self._batch,)
        for frame in self.frames:
            for item in (*displays_per_frame(frame), *user_metas(frame)):
                yield item, (frame,)
        for obj, frame in self.frame_of.items():
            for user in user_metas(obj):
                yield user, (frame, obj)
            for classifier in classification_per_object(obj):
                yield classifier, (frame, obj)
                for label in labels_per_classification(classifier):
                    yield label, (frame, obj, classifier)

"""A ``with`` block that holds a batch's lock, and takes off at its end what was removed in it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from pythia.exceptions import MetadataError
from pythia.iterators import user_metas
from pythia.meta import portable_writing
from pythia.writing.belongings import Belongings, is_in

if TYPE_CHECKING:
    from pythia.meta.types import (
        BatchMeta,
        ClassifierMeta,
        DisplayMeta,
        FrameMeta,
        LabelInfo,
        ObjectMeta,
        UserMeta,
    )

B = TypeVar("B", bound="Block")


def _provider(batch: Any) -> Any:
    if not hasattr(batch, "frame_meta_list"):
        raise MetadataError(
            f"pythia.writing() needs the metadata of a batch, not {said(batch)}; a probe gets it "
            "as its argument batch_meta"
        )
    if isinstance(batch.frame_meta_list, list):
        return portable_writing
    from pythia.meta import deepstream_writing

    return deepstream_writing


class Block:
    """The block, and what metadata it knows; the next classes write.

    ``_own`` are the classifications and display metadata that were added in the block.
    """

    def __init__(self, batch_meta: BatchMeta) -> None:
        self._batch = batch_meta
        self._provider = _provider(batch_meta)
        self._there: Belongings | None = None
        self._own: set[Any] = set()
        self._doomed: dict[Any, tuple[Any, ...]] = {}
        self._lock = ExitStack()

    def __enter__(self: B) -> B:
        if self._there is not None:
            raise MetadataError("this writer's block has begun already; call pythia.writing() anew")
        self._lock.enter_context(self._provider.lock(self._batch))
        self._there = Belongings(self._batch)
        return self

    def __exit__(self, *_: Any) -> None:
        with self._lock.pop_all():
            try:
                self._take_off()
            finally:
                self._there = None
                self._own.clear()
                self._doomed.clear()

    def remove(
        self, meta: ObjectMeta | ClassifierMeta | LabelInfo | DisplayMeta | UserMeta
    ) -> None:
        """Take metadata off, with all that hangs on it, when the block ends.

        Objects that were found on a removed object lose their ``parent`` and stay.
        """
        there = self._here
        above = there.above(meta)
        if above is None:
            raise MetadataError(not_there(meta))
        self._check_not_removed(meta, *above)
        self._doomed[meta] = above

    def remove_user(self, target: BatchMeta | FrameMeta | ObjectMeta, thing: Any) -> None:
        """Take the user metadata off that holds this very Python object, when the block ends."""
        self._check_target(target)
        for user in user_metas(target):
            held = self._provider.held_by(user)
            if held is not None and held[0] is thing and user not in self._doomed:
                self.remove(user)
                return
        raise MetadataError(f"remove_user(): no user metadata of the {said(target)} holds it")

    @property
    def _here(self) -> Belongings:
        if self._there is None:
            raise MetadataError(
                "metadata is written inside the block only: with pythia.writing(batch_meta) as "
                "write: ..."
            )
        return self._there

    def _check_not_removed(self, *metas: Any) -> None:
        for meta in metas:
            if meta in self._doomed:
                raise MetadataError(f"the {said(meta)} was removed in this block")

    def _check_frame(self, frame: Any) -> None:
        if not is_in(self._here.frames, frame):
            raise MetadataError(not_there(frame, "a frame"))

    def _frame_of(self, obj: Any) -> Any:
        frames = self._here.frame_of
        if not is_in(frames, obj):
            raise MetadataError(not_there(obj, "an object"))
        self._check_not_removed(obj)
        return frames[obj]

    def _check_target(self, target: Any) -> None:
        """User metadata hang on the batch, a frame or an object."""
        frames = self._here.frames
        if target is not self._batch and not is_in(frames, target):
            self._frame_of(target)

    def _check_there(self, meta: Any) -> None:
        """Anything that hangs on a frame or an object."""
        above = (meta,) if is_in(self._own, meta) else self._here.above(meta)
        if above is None:
            raise MetadataError(not_there(meta))
        self._check_not_removed(meta, *above)

    def _take_off(self) -> None:
        doomed = self._doomed
        if any(len(above) == 1 for above in doomed.values()):
            for obj in self._here.frame_of:
                if obj.parent in doomed and obj not in doomed:
                    obj.parent = None
        for item, above in doomed.items():  # parts before wholes: the other order is refused
            self._provider.remove(above[-1], item)


def said(meta: Any) -> str:
    """What a message calls a metadata."""
    return f"{type(meta).__name__} {meta!r}"[:80] if isinstance(meta, str) else type(meta).__name__


def not_there(meta: Any, wanted: str = "metadata") -> str:
    """What is said of metadata that is not in the batch."""
    return f"{wanted} of this batch is needed; the {said(meta)} given is not in it"

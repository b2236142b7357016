"""Carries a portable batch on its buffer.

DeepStream copies the batch metadata whenever a buffer is copied, so that two branches behind a
tee do not see each other's changes. Here a copied buffer first shares the batch, and the batch is
copied when somebody asks for it: an encoder that copies metadata to its output and never looks
at it costs nothing.
"""

from __future__ import annotations

import sys

from pythia.gst.python_meta import PythonMeta
from pythia.meta.portable import PortableBatch


class _Share:
    """A batch; as many references to this object as buffers that use the batch."""

    __slots__ = ("batch",)

    def __init__(self, batch: PortableBatch) -> None:
        self.batch = batch


class _Holder:
    """What hangs on one buffer."""

    __slots__ = ("share",)

    def __init__(self, share: _Share) -> None:
        self.share = share


_META = PythonMeta("PythiaBatchMeta", on_copy=lambda holder: _Holder(holder.share))

# The holder, the local variable, and the argument of getrefcount itself.
_REFERENCES_OF_SOLE_OWNER = 3


def attach(buffer: int, batch: PortableBatch) -> None:
    """Put a batch on a buffer (by address) that has one owner, in place of one it had.

    Raises:
        GstError: the buffer is shared and may not be changed.
    """
    _META.set(buffer, _Holder(_Share(batch)))


def fetch(buffer: int) -> PortableBatch | None:
    """The batch that a buffer (by address) carries, or None.

    It may be changed as long as the caller holds the buffer.
    """
    holder: _Holder | None = _META.get(buffer)
    if holder is None:
        return None
    share = holder.share
    if sys.getrefcount(share) > _REFERENCES_OF_SOLE_OWNER:
        share = holder.share = _Share(share.batch.copy())
    return share.batch

"""Metadata: one face, two providers.

``types`` is the face, ``portable`` pythia's own objects, ``carrier`` hangs them on buffers, and
``deepstream`` is the only door to ``pyds``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pythia.meta.runtime import Runtime, runtime

if TYPE_CHECKING:
    from pythia.gst import Gst
    from pythia.meta.types import BatchMeta

__all__ = ["Runtime", "batch_of", "runtime"]


def batch_of(buffer: Gst.Buffer) -> BatchMeta | None:
    """The batch metadata of a buffer, or None if it carries none.

    It is valid as long as the buffer is.
    """
    # Here, because what carries batches stays unused by pipelines that have none.
    from pythia.meta import carrier

    address = hash(buffer)
    batch = carrier.fetch(address)
    if batch is None and runtime() == "deepstream":
        from pythia.meta import deepstream

        return deepstream.batch_of(address)
    return cast("BatchMeta | None", batch)

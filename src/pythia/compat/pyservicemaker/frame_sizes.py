"""Sizes of frames as they are in the pipeline.

Caps have them, metadata of the portable runtime has not; so whoever shows the metadata of a buffer
with known caps notes them here.
"""

from __future__ import annotations

from functools import lru_cache
from weakref import WeakKeyDictionary

from pythia.gst import Gst
from pythia.meta.portable import PortableBatch, PortableFrame

_sizes: WeakKeyDictionary[PortableFrame, tuple[int, int]] = WeakKeyDictionary()


def note_sizes(batch: PortableBatch, caps: Gst.Caps) -> None:
    """Note width and height of the frames of a batch with these caps."""
    size = _size(caps.to_string())
    for frame in batch.frame_meta_list:
        _sizes[frame] = size


def size_of(frame: PortableFrame) -> tuple[int, int]:
    """Width and height in pixels; (0, 0) where no caps are known."""
    return _sizes.get(frame, (0, 0))


@lru_cache(maxsize=16)
def _size(text: str) -> tuple[int, int]:
    caps = Gst.Caps.from_string(text)
    assert caps is not None, "GStreamer's own text"
    structure = caps.get_structure(0)
    return structure.get_int("width")[1], structure.get_int("height")[1]

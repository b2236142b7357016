"""Black frames that cost nothing, and who must not be shown them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ConfigError, PipelineError
from pythia.gst import Gst
from pythia.gst.batch_memory import MOST_MEMORIES, BatchMemory
from pythia.gst.memory import new_buffer, share_memory, unref
from pythia.gst.video import VideoFormat

_BLACK_Y, _GREY = 16, 128
_LOOK = {
    "nvinfer": "infers from",
    "nvinferserver": "infers from",
    "nvdspreprocess": "makes tensors of",
    "nvof": "compares",
}


class BlankFrames:
    """Memory of black frames that all buffers share; whoever writes to it gets a copy.

    For one thread; :meth:`close` lets the memory go.
    """

    def __init__(self, format: VideoFormat) -> None:
        self._format = format
        self._memory = BatchMemory(format.size)
        self._holders: dict[int, int] = {}

    def give(self, count: int, buffer: int) -> None:
        """Give memory for so many frames to a buffer (by address) that has none."""
        if count <= MOST_MEMORIES:
            for _ in range(count):
                share_memory(self._holder(1), 0, buffer)
        else:
            share_memory(self._holder(count), 0, buffer)

    def _holder(self, count: int) -> int:
        if count not in self._holders:
            holder = new_buffer()
            with self._memory.take(count, holder) as frames:
                for frame in frames:
                    _blacken(frame, self._format)
            self._holders[count] = holder
        return self._holders[count]

    def close(self) -> None:
        """Let the memory go, as soon as no buffer uses it any more."""
        for holder in self._holders.values():
            unref(holder)
        self._holders.clear()


def _blacken(frame: NDArray[np.uint8], format: VideoFormat) -> None:
    if format.format == "RGBA":
        frame[:] = 0
        frame[3::4] = 255
        return
    colours = format.offsets[1]
    frame[:colours] = 0 if format.full_range else _BLACK_Y
    frame[colours:] = _GREY


def refuse_lookers(pad: Gst.Pad, hint: str) -> None:
    """Refuse elements behind a source pad whose result would be nonsense on black frames.

    Raises:
        PipelineError: there is one; names it, and ends with ``hint``.
    """
    for element in _followers(pad):
        factory = element.get_factory()
        name = (factory.get_name() if factory is not None else None) or ""
        does = _LOOK.get(name) or (_tracker_does(element) if name == "nvtracker" else "")
        if does:
            raise PipelineError(f"{element.get_name()} ({name}) {does} pictures; {hint}")


def _tracker_does(tracker: Gst.Element) -> str:
    from pythia.vision.tracking.config_reader import load_tracker_config

    files = tracker.get_property("ll-config-file") or ""
    for name in filter(None, files.split(";")):
        try:
            if load_tracker_config(name).needs_pictures:
                return f"(its ll-config-file {name!r}: NvDCF, NvDeepSORT) compares"
        except ConfigError:  # it says so itself
            pass
    return ""


def _followers(pad: Gst.Pad) -> Iterator[Gst.Element]:
    """The elements behind a source pad, those in bins included."""
    waiting: list[Any] = [pad]
    seen = set()
    while waiting:
        sink: Any = waiting.pop().get_peer()
        while isinstance(sink, Gst.GhostPad):
            sink = sink.get_target()
        if sink is None:
            continue
        element = sink.get_parent_element()
        if element is None:
            waiting.append(sink.get_internal())  # out of a bin
        elif element not in seen:
            seen.add(element)
            yield element
            waiting += element.srcpads

"""Frames of a buffer as pictures.

A buffer of the portable runtime is either one frame, laid out as caps or its ``GstVideoMeta`` say,
or a batch made by nvstreammux, each frame in GStreamer's default layout: up to 16 have a memory
each, more are one behind the other in one (:mod:`pythia.gst.batch_memory`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pythia.gst.batch_memory import frames_in
from pythia.gst.mapping import mapped
from pythia.gst.memory import memory_count
from pythia.gst.video import VideoFormat, plane_layout
from pythia.meta import carrier
from pythia.vision.image import Image, Layout, image_in


def layout_of(format: VideoFormat) -> Layout:
    """The default layout of frames with these caps."""
    return Layout(
        format.format, format.width, format.height, format.strides, format.offsets, format.size
    )


class FrameMapper:
    """Maps the frames of buffers that have the given caps; any thread may use it.

    Buffers are passed by address; pictures are valid inside the ``with`` block.
    """

    def __init__(self, format: VideoFormat) -> None:
        self.format = format
        self.layout = layout_of(format)

    @contextmanager
    def images(self, buffer: int, *, write: bool = False) -> Iterator[list[Image]]:
        """All frames of a buffer, in batch order."""
        if carrier.fetch(buffer) is None:
            with self.single(buffer, write=write) as image:
                yield [image]
        else:
            with self.batch(buffer, write=write) as images:
                yield images

    @contextmanager
    def single(self, buffer: int, *, write: bool = False) -> Iterator[Image]:
        """The one frame of a buffer without a batch."""
        layout = self.layout
        found = plane_layout(buffer)
        if found is not None:
            layout = Layout(layout.format, layout.width, layout.height, *found, layout.size)
        with mapped(buffer, None, write=write) as memory:
            yield image_in(memory, layout, self.format.matrix, self.format.full_range)

    @contextmanager
    def batch(self, buffer: int, *, write: bool = False) -> Iterator[list[Image]]:
        """All frames of a batched buffer."""
        with ExitStack() as stack:
            memories = [
                stack.enter_context(mapped(buffer, index, write=write))
                for index in range(memory_count(buffer))
            ]
            yield [
                image_in(memory, self.layout, self.format.matrix, self.format.full_range)
                for memory in frames_in(memories, self.layout.size)
            ]

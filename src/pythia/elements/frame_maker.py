"""A new frame for each one of a batch, under the same metadata."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pythia.elements.frames import FrameMapper, layout_of
from pythia.exceptions import PipelineError
from pythia.gst.batch_memory import BatchMemory
from pythia.gst.capi import quick
from pythia.gst.memory import new_buffer, unref
from pythia.gst.video import VideoFormat
from pythia.meta import carrier
from pythia.meta.portable import PortableFrame
from pythia.vision.image import Image, image_in

Draw = Callable[[PortableFrame, Image, Image], None]
"""Gets a frame's metadata, its picture, and the new picture, which is not initialised."""
_METADATA = 1 | 2 | 4  # GST_BUFFER_COPY_FLAGS, _TIMESTAMPS and _META


class FrameMaker:
    """Makes a buffer with a new frame for each one of a batch; for one thread."""

    def __init__(self, source: VideoFormat, target: VideoFormat) -> None:
        self._frames = FrameMapper(source)
        self._target, self._layout = target, layout_of(target)
        self._memory = BatchMemory(target.size)

    def made(self, buffer: int, draw: Draw) -> int:
        """A new buffer (by address) with the metadata of one, and frames that ``draw`` fills.

        Raises:
            PipelineError: the buffer has no batch.
        """
        batch = carrier.fetch(buffer)
        if batch is None:
            raise PipelineError(
                "this element takes batches of frames, and this buffer is none: "
                "put nvstreammux somewhere before it"
            )
        result = new_buffer()
        try:
            with self._frames.batch(buffer) as pictures:
                self._draw_all(result, pictures, batch.frame_meta_list, draw)
            quick.gst_buffer_copy_into(result, buffer, _METADATA, 0, -1)
        except BaseException:
            unref(result)
            raise
        return result

    def _draw_all(
        self, result: int, pictures: Sequence[Image], frames: Sequence[PortableFrame], draw: Draw
    ) -> None:
        target = self._target
        with self._memory.take(len(pictures), result) as blocks:
            for frame in frames:
                pixels = blocks[frame.batch_id]
                canvas = image_in(pixels, self._layout, target.matrix, target.full_range)
                draw(frame, pictures[frame.batch_id], canvas)

"""How nvstreammux brings a frame to the format and size of its batches."""

from __future__ import annotations

from pythia.elements.frames import FrameMapper, layout_of
from pythia.gst.memory import append_memory, memory_count, new_buffer, share_memory, unref
from pythia.gst.memory_pool import MemoryPool
from pythia.gst.video import VideoFormat, plane_layout
from pythia.vision.boxes import letterbox_rect
from pythia.vision.convert import convert
from pythia.vision.image import Image, image_in
from pythia.vision.side_by_side import one_thread_a_call


class Scaler:
    """Makes buffers with one frame in the output's format; for one source, on its thread."""

    def __init__(self, output: VideoFormat, *, padding: bool, interpolation: int) -> None:
        one_thread_a_call()
        self.output = output
        self._layout = layout_of(output)
        self._memory = MemoryPool(output.size)
        self._padding = padding
        self._interpolation = interpolation

    def scaled(self, format: VideoFormat, buffer: int) -> int:
        """A new buffer with the frame of ``buffer`` as its only memory, shared if that will do."""
        result = new_buffer()
        if self._fits(format, buffer):
            share_memory(buffer, 0, result)
            return result
        try:
            with self._memory.take() as (memory, pixels):
                target = image_in(pixels, self._layout, self.output.matrix, self.output.full_range)
                with FrameMapper(format).single(buffer) as picture:
                    self._convert(picture, target)
        except BaseException:
            unref(result)
            raise
        append_memory(result, memory)
        return result

    def _fits(self, format: VideoFormat, buffer: int) -> bool:
        output = self.output
        layout = plane_layout(buffer)
        in_place = layout is None or layout == (output.strides, output.offsets)
        return format.same_pixels(output) and in_place and memory_count(buffer) == 1

    def _convert(self, picture: Image, target: Image) -> None:
        rect = None
        if self._padding:
            rect = letterbox_rect((picture.width, picture.height), (target.width, target.height))
        convert(picture, target, target_rect=rect, interpolation=self._interpolation)

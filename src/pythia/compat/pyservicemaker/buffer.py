"""Buffers of a pipeline: metadata, times and pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pythia.compat.pyservicemaker.frame_sizes import note_sizes
from pythia.compat.pyservicemaker.metadata import BatchMetadata
from pythia.compat.pyservicemaker.tensor import Tensor
from pythia.gst import Gst
from pythia.gst.memory import memory_count
from pythia.gst.memory_view import memory_view
from pythia.gst.video import VideoFormat, plane_layout, video_format
from pythia.meta import carrier
from pythia.meta.latency import measure_buffer_latency
from pythia.meta.portable import PortableBatch

__all__ = ["Buffer"]

_CHANNELS = {"RGBA": 4, "RGB": 3, "BGRA": 4, "BGR": 3, "RGBx": 4, "BGRx": 4, "GRAY8": 1}
_PLANAR = ("NV12", "I420")


class Buffer:
    """One buffer of a pipeline, or a new one to feed in.

    Args:
        data: The bytes of a new buffer, or a ``Gst.Buffer``; nothing makes an empty buffer, which
            ends a stream where a :class:`BufferProvider` gives it.
        caps: What the pixels are; known for buffers of probes and retrievers.
    """

    def __init__(
        self, data: Gst.Buffer | bytes | Sequence[int] = b"", caps: Gst.Caps | None = None
    ) -> None:
        self._caps = caps
        if isinstance(data, Gst.Buffer):
            self._buffer: Gst.Buffer | None = data
        else:
            content = bytes(data)
            self._buffer = Gst.Buffer.new_wrapped(content) if content else None

    @property
    def gst_buffer(self) -> Gst.Buffer | None:
        """GStreamer's object; None for an empty buffer."""
        return self._buffer

    @property
    def batch_size(self) -> int:
        """How many frames it has."""
        batch = self._batch()
        if batch is None:
            return 0 if self._buffer is None else 1
        return batch.num_frames_in_batch

    @property
    def batch_meta(self) -> BatchMetadata:
        """Its metadata; without any, that of a batch without frames."""
        batch = self._batch() or PortableBatch()
        if self._caps is not None:
            note_sizes(batch, self._caps)
        return BatchMetadata.of(batch)

    @property
    def timestamp(self) -> int:
        """Its presentation time in ns; 2**64 - 1 if it has none."""
        return Gst.CLOCK_TIME_NONE if self._buffer is None else int(self._buffer.pts)

    def measure_latency(self) -> list[dict[str, Any]]:
        """How long each frame has been on its way: source_id, frame_num, latency in ms.

        Empty unless ``NVDS_ENABLE_LATENCY_MEASUREMENT`` is set.
        """
        if self._buffer is None:
            return []
        return [
            {"source_id": found.source_id, "frame_num": found.frame_num, "latency": found.latency}
            for found in measure_buffer_latency(hash(self._buffer))
        ]

    def get_chunk_id(self, batch_id: int) -> int:
        """Number of the chunk that nvdsdynamicsrcbin gave a frame; 0 for other sources."""
        return 0

    def extract(self, batch_id: int) -> Tensor:
        """A frame's pixels: uint8 ``(height, width, channels)``, a view of the buffer's memory.

        The tensor keeps the memory, but what others write there is seen: ``clone()`` it to keep
        it. NV12 and I420 give their planes one below the other, ``(height * 3 / 2, width)``.

        Raises:
            RuntimeError: there is no such frame, or its format has no such form.
        """
        if self._buffer is None or self._caps is None:
            raise RuntimeError("extract(): the buffer has no frames of a known format")
        if not 0 <= batch_id < self.batch_size:
            raise RuntimeError(f"extract({batch_id}): the buffer has {self.batch_size} frames")
        return Tensor(_pixels(self._buffer, video_format(self._caps), batch_id))

    def _batch(self) -> PortableBatch | None:
        return None if self._buffer is None else carrier.fetch(hash(self._buffer))

    def __bool__(self) -> bool:
        return self._buffer is not None

    def __repr__(self) -> str:
        return f"Buffer(batch_size={self.batch_size}, timestamp={self.timestamp})"


def _pixels(buffer: Gst.Buffer, format: VideoFormat, slot: int) -> Any:
    address = hash(buffer)
    strides, offsets, start = format.strides, format.offsets, 0
    if memory_count(address) == 1:  # one frame, or more than 16 one behind the other
        strides, offsets = plane_layout(address) or (strides, offsets)
        slot, start = 0, slot * format.size
    memory = memory_view(address, slot)
    channels = _CHANNELS.get(format.format)
    if channels is not None:
        shape, steps = (format.height, format.width, channels), (strides[0], channels, 1)
        return np.ndarray(shape, np.uint8, memory, start + offsets[0], steps)
    rows = format.height * 3 // 2
    whole = format.width == strides[0] and format.size == rows * format.width
    if format.format in _PLANAR and whole and offsets == format.offsets:
        return np.ndarray((rows, format.width), np.uint8, memory, start)
    raise RuntimeError(
        f"extract(): frames of format {format.format}, {format.width} x {format.height}, do not "
        "lie as one array; put nvvideoconvert and a capsfilter with "
        "video/x-raw(memory:NVMM),format=RGB before"
    )

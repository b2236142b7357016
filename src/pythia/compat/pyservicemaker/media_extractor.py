"""Frames of parts of media files, in queues."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from pythia.compat.pyservicemaker.buffer import Buffer
from pythia.compat.pyservicemaker.errors import UnavailableError
from pythia.compat.pyservicemaker.feeding import BufferRetriever
from pythia.compat.pyservicemaker.flow import Flow
from pythia.compat.pyservicemaker.pipeline import Pipeline
from pythia.compat.pyservicemaker.tensor import Tensor

__all__ = ["MediaChunk", "MediaExtractor", "VideoFrame"]

_log = logging.getLogger("pythia.compat")
_WAIT_S = 0.2


@dataclass(frozen=True)
class MediaChunk:
    """A part of a file or address, times in ns.

    ``duration`` -1 goes to the end; ``interval`` is the time between two frames, 0 takes all.
    """

    source: str
    start_pts: int = 0
    duration: int = -1
    interval: int = 0


@dataclass(frozen=True)
class VideoFrame:
    """A frame: uint8 RGB ``(height, width, 3)``, and its time in ns."""

    tensor: Tensor
    timestamp: int = -1


Frames = queue.Queue[VideoFrame | None]


class MediaExtractor:
    """Decodes chunks; calling it gives a queue a chunk, whose end is None.

    Args:
        chunks: What to decode.
        batch_size: Chunks that are decoded together and scaled; 0 decodes each by itself.
        scaling: Width and height of batched frames.
        n_thread: Pipelines that play at once.
        q_size: Frames that a queue holds.
        enable_seek: Accepted; frames before a chunk are decoded and left out.
        blocking: Wait where a queue is full; otherwise the frame is left out. Chunks of a batch
            wait for each other: read their queues side by side, or make them long enough.

    Raises:
        UnavailableError: there are no chunks; adding them later needs nvdsdynamicsrcbin.
        MissingFileError: a file does not exist.
    """

    DEFAULT_RESOLUTION = (1920, 1080)

    def __init__(
        self,
        chunks: Sequence[MediaChunk] | None = None,
        batch_size: int = 0,
        scaling: tuple[int, int] = DEFAULT_RESOLUTION,
        n_thread: int = 1,
        q_size: int = 1,
        enable_seek: bool = False,
        blocking: bool = False,
    ) -> None:
        if not chunks:
            self.append(MediaChunk(""))
        made = [_Chunk(chunk, queue.Queue(q_size), blocking) for chunk in chunks or ()]
        step = batch_size or 1
        groups = [made[first : first + step] for first in range(0, len(made), step)]
        self._queues: list[Frames] = [chunk.frames for chunk in made]
        self._plays = [_Play(group, scaling if batch_size else None) for group in groups]
        self._pool = ThreadPoolExecutor(n_thread)
        self._futures: list[Future[None]] = []

    def __call__(self) -> list[Frames]:
        """Begin to decode; returns the queues in the order of the chunks."""
        self._futures = [self._pool.submit(play.run) for play in self._plays]
        return self._queues

    def append(self, chunk: MediaChunk) -> Frames:
        """Add a chunk while others are decoded.

        Raises:
            UnavailableError: always.
        """
        raise UnavailableError(
            "MediaExtractor.append() needs nvdsdynamicsrcbin, which the portable runtime does not "
            "have; give all chunks when it is made, or make another MediaExtractor"
        )

    def __enter__(self) -> MediaExtractor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; what went wrong is raised unless the block raised itself."""
        for play in self._plays:
            play.stop()
        self._pool.shutdown(cancel_futures=True)
        if error is None:
            for future in self._futures:
                if not future.cancelled():
                    future.result()


class _Chunk:
    """What is still to be done for a chunk."""

    def __init__(self, chunk: MediaChunk, frames: Frames, blocking: bool) -> None:
        self.chunk = chunk
        self.frames = frames
        self.done = False
        self.stopping = threading.Event()
        self._blocking = blocking
        self._begin_ns = chunk.start_pts
        self._next_ns = chunk.start_pts

    def take(self, buffer: Buffer, slot: int, pts_ns: int) -> None:
        """Keep a frame, if it is one that is wanted."""
        chunk = self.chunk
        if self.done or pts_ns < self._next_ns:
            return
        if chunk.duration > 0 and pts_ns > self._begin_ns + chunk.duration:
            self.end()
            return
        self._next_ns = max(self._next_ns + chunk.interval, pts_ns if not chunk.interval else 0)
        self._put(VideoFrame(buffer.extract(slot).clone(), pts_ns))

    def end(self) -> None:
        """Put the end into the queue, once."""
        if not self.done:
            self.done = True
            self._put(None)

    def _put(self, frame: VideoFrame | None) -> None:
        while not self.stopping.is_set():
            try:
                self.frames.put(frame, timeout=_WAIT_S)
            except queue.Full:
                if frame is not None and not self._blocking:
                    _log.warning("%s: the queue is full; a frame is left out", self.chunk.source)
                    return
            else:
                return


class _Play(BufferRetriever):
    """One pipeline, for one chunk or several."""

    def __init__(self, chunks: list[_Chunk], size: tuple[int, int] | None) -> None:
        super().__init__()
        self._chunks = chunks
        sources = [chunk.chunk.source for chunk in chunks]
        flow = Flow(Pipeline("media_extractor"))
        if size is None:
            flow = flow.capture(sources)
        else:
            flow = flow.batch_capture(sources, width=size[0], height=size[1])
        self._flow = flow.retrieve(self)

    def consume(self, buffer: Buffer) -> int:
        frames = list(buffer.batch_meta.frame_items)
        for frame in frames:
            self._chunks[frame.pad_index].take(buffer, frame.batch_id, frame.buffer_pts)
        if not frames:
            self._chunks[0].take(buffer, 0, buffer.timestamp)
        if all(chunk.done for chunk in self._chunks):
            self._flow.pipeline.stop()
        return 1

    def run(self) -> None:
        try:
            self._flow()
        finally:
            for chunk in self._chunks:
                chunk.end()

    def stop(self) -> None:
        for chunk in self._chunks:
            chunk.stopping.set()
        self._flow.pipeline.stop()

"""Buffers of the program's own into a pipeline, and out of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pythia.compat.pyservicemaker.buffer import Buffer
from pythia.compat.pyservicemaker.custom_object import Object
from pythia.compat.pyservicemaker.probe import failure_of
from pythia.gst import Gst
from pythia.gst.pads import weakly

__all__ = ["BufferProvider", "BufferRetriever", "Feeder", "Receiver"]

_WAIT_S = 0.5

Failed = Callable[[BaseException], None]


class BufferProvider:
    """Makes buffers for an appsrc.

    For :meth:`Flow.inject` it has ``format``, ``width``, ``height`` and ``framerate``.
    """

    format: str
    width: int
    height: int
    framerate: int

    def generate(self, size: int) -> Buffer:
        """To be overridden: the next buffer; an empty one, ``Buffer()``, ends the stream.

        Called on a thread of the feeder's own; it may wait.

        Args:
            size: Bytes that the appsrc asks for, a hint.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method generate(size)")


class BufferRetriever:
    """Takes the buffers of an appsink."""

    def consume(self, buffer: Buffer) -> int:
        """To be overridden: take a buffer; returns how many were taken, less than 0 is an error.

        Called on the streaming thread. The buffer's memory is used again afterwards:
        ``buffer.extract(0).clone()`` keeps a frame.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method consume(buffer)")


class Feeder(Object):
    """Feeds an appsrc from a provider, on a thread of its own."""

    def __init__(self, name: str, provider: BufferProvider) -> None:
        if not isinstance(provider, BufferProvider):
            raise TypeError(f"Feeder({name!r}): a BufferProvider is needed, not {provider!r}")
        super().__init__(name)
        self.provider = provider
        self.failed: Failed | None = None
        self._wanted = threading.Event()
        self._size = 0
        self._thread: threading.Thread | None = None

    def connect(self, appsrc: Gst.Element) -> None:
        """Feed an appsrc whenever it needs data."""
        appsrc.connect("need-data", weakly(self._need_data))
        appsrc.connect("enough-data", weakly(self._enough_data))

    def reset(self) -> None:
        """Begin anew with the next run."""
        self._thread = None

    def _need_data(self, appsrc: Gst.Element, size: int) -> None:
        self._size = size
        self._wanted.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._feed, args=(appsrc,), daemon=True)
            self._thread.start()

    def _enough_data(self, _: Gst.Element) -> None:
        self._wanted.clear()

    def _feed(self, appsrc: Gst.Element) -> None:
        mine = threading.current_thread()
        try:
            while self._thread is mine and self._push_next(appsrc):
                pass
        except BaseException as error:
            if self.failed is not None:
                self.failed(failure_of(str(self), error))

    def _push_next(self, appsrc: Gst.Element) -> bool:
        if not self._wanted.wait(_WAIT_S):
            return appsrc.get_state(0)[1] >= Gst.State.PAUSED
        buffer = self.provider.generate(self._size)
        if not isinstance(buffer, Buffer):
            raise TypeError(f"generate() returned {buffer!r}: a Buffer is needed")
        if buffer.gst_buffer is None:
            appsrc.emit("end-of-stream")
            return False
        flow: Any = appsrc.emit("push-buffer", buffer.gst_buffer)
        return bool(flow == Gst.FlowReturn.OK)


class Receiver(Object):
    """Gives the buffers of an appsink to a retriever."""

    def __init__(self, name: str, retriever: BufferRetriever) -> None:
        if not isinstance(retriever, BufferRetriever):
            raise TypeError(f"Receiver({name!r}): a BufferRetriever is needed, not {retriever!r}")
        super().__init__(name)
        self.retriever = retriever
        self.failed: Failed | None = None
        self._over = False

    def connect(self, appsink: Gst.Element) -> None:
        """Take what comes to an appsink."""
        appsink.set_property("emit-signals", True)
        appsink.connect("new-sample", weakly(self._new_sample))

    def reset(self) -> None:
        """Begin anew with the next run."""
        self._over = False

    def _new_sample(self, appsink: Gst.Element) -> Gst.FlowReturn:
        sample: Any = appsink.emit("pull-sample")
        if sample is None or self._over:
            return Gst.FlowReturn.EOS
        try:
            taken = self.retriever.consume(Buffer(sample.get_buffer(), sample.get_caps()))
            if not isinstance(taken, int) or taken < 0:
                raise RuntimeError(f"consume() returned {taken!r}: a number from 0 on is right")
        except BaseException as error:
            self._over = True
            if self.failed is not None:
                self.failed(failure_of(str(self), error))
        return Gst.FlowReturn.OK

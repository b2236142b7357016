"""The plumbing of elements that infer: threads, order, and what happens to a buffer.

Several batches are worked on side by side, each on a single-threaded session call, and leave in
the order in which they came. A live pipeline has one batch in the works at a time, for the sake
of latency. With ``classifier-async-mode`` buffers do not wait: inputs are copied out of them, and
results go to later buffers.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pythia.elements.handover import Handover
from pythia.elements.properties import Property
from pythia.elements.requests import INFER_INTERVAL, obey
from pythia.elements.task import TaskElement
from pythia.exceptions import ConfigError, PipelineError
from pythia.gst import Gst
from pythia.gst.memory import unref
from pythia.gst.pads import ERROR, FLUSHING, NOT_NEGOTIATED, OK, proxy_caps, push, set_chain, weakly
from pythia.gst.structures import structure_of
from pythia.gst.video import video_format
from pythia.meta import carrier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pythia.elements.frames import FrameMapper
    from pythia.elements.inference import Inference, Plan, Result
    from pythia.vision.nvinfer_config import NvInferConfig


CALLBACK = Property("raw-output-generated-callback", "pointer", None, "C function; refused here")
CALLBACK_DATA = Property("raw-output-generated-userdata", "pointer", None, "Of the C function")


def class_ids(name: str, value: str | None) -> tuple[int, ...]:
    """Numbers of a property such as ``infer-on-class-ids``, separated by ``:`` or ``;``.

    Raises:
        ConfigError: something else is in it.
    """
    parts = [part for part in (value or "").replace(":", ";").split(";") if part.strip()]
    try:
        return tuple(int(part) for part in parts if int(part) >= 0)
    except ValueError:
        raise ConfigError(f"{name}={value!r}: expected class numbers such as '0:2'") from None


@dataclass(frozen=True)
class _Work:
    """A buffer on its way; ``results`` is None where nothing is waited for."""

    buffer: int
    inference: Inference
    plan: Plan
    results: Future[Sequence[Result]] | None

    def let_go(self, _future: object = None) -> None:
        """Give up the buffer."""
        unref(self.buffer)

    def attach(self) -> None:
        """Wait for the results and write them down, on the thread that holds the buffer."""
        if self.results is not None:
            self.inference.attach(self.plan, self.results.result())
        elif self.plan.repeats:
            self.inference.attach(self.plan._replace(tasks=()), ())


class InferElement(TaskElement):
    """Mixin of nvinfer and nvinferserver; subclasses implement :meth:`config`."""

    def set_up(self) -> None:
        """To be called in ``__init__``, after :meth:`prepare`."""
        assert isinstance(self, Gst.Element)
        self._sink = self.new_pad("sink")
        self.src = self.new_pad("src")
        set_chain(self._sink, weakly(self._chain))
        self._sink.set_event_function_full(weakly(self._event))
        for pad in (self._sink, self.src):
            proxy_caps(pad)
            self.add_pad(pad)
        self._inference: Inference | None = None
        self._reset()

    def _reset(self) -> None:
        self._frames: FrameMapper | None = None
        self._batches = self._buffers = 0
        self._flow = OK
        self._queue: Handover[_Work | Gst.Event] = Handover(1)
        self._workers: ThreadPoolExecutor | None = None
        self._room = threading.Semaphore(1)

    def config(self) -> NvInferConfig:
        """What to run and how.

        Raises:
            ConfigError: the configuration is wrong or missing.
        """
        raise NotImplementedError

    @property
    def is_running(self) -> bool:
        """Whether a model is loaded and buffers may come."""
        return self._workers is not None

    def load(self) -> None:
        """Load the model that :meth:`config` says; it takes over between two buffers.

        Raises:
            PythiaError: it cannot be loaded; the one that was there goes on.
        """
        from pythia.elements.inference import Inference

        self._inference = Inference(self.config())

    # States

    def start(self) -> None:
        """Load the model and start the workers."""
        assert isinstance(self, Gst.Element)
        if self.settings[CALLBACK.name]:
            raise ConfigError(
                f"{CALLBACK.name} is a function in C, which the portable runtime does not call; "
                "take it out and read the metadata of output-tensor-meta=1"
            )
        self._reset()
        self.load()
        cores = len(os.sched_getaffinity(0))
        self._workers = ThreadPoolExecutor(cores, thread_name_prefix=str(self.get_name()))
        # One more than is worked on, so that no worker waits while a batch is handed on.
        self._queue = Handover(cores + 1)
        self._room = threading.Semaphore(cores + 1)

    def release(self) -> None:
        """Let both threads go."""
        self._discard(self._queue.stop())

    def stop(self) -> None:
        """End the workers and drop the model."""
        if self._workers is not None:
            self._workers.shutdown(wait=True, cancel_futures=True)
        self._reset()
        self._inference = None

    @staticmethod
    def _discard(left: list[_Work | Gst.Event]) -> None:
        for work in left:
            if not isinstance(work, _Work):
                continue
            if work.results is None:
                work.let_go()
            else:
                # A worker may be looking at the frames right now.
                work.results.cancel()
                work.results.add_done_callback(work.let_go)

    # The streaming thread

    def _event(self, _pad: Gst.Pad, _parent: Gst.Object | None, event: Gst.Event) -> bool:
        assert isinstance(self, Gst.Element)
        kind = event.type
        if kind == Gst.EventType.FLUSH_START:
            self._discard(self._queue.stop())
            return bool(self.src.push_event(event))
        if kind == Gst.EventType.FLUSH_STOP:
            self.src.stop_task()
            self._queue = Handover(self._queue.limit)
            self._flow = OK
            pushed = bool(self.src.push_event(event))
            self.src.start_task(self.push_next)
            return pushed
        if kind == Gst.EventType.CAPS:
            from pythia.elements.frames import FrameMapper

            self._frames = FrameMapper(video_format(event.parse_caps()))
            self._look_for_live_sources()
        elif kind == Gst.EventType.EOS:
            self._batches = 0
        elif kind == Gst.EventType.CUSTOM_DOWNSTREAM:
            self._look_for_ended_source(event)
            obey(self, event, INFER_INTERVAL)
        if Gst.EventType.get_flags(kind) & Gst.EventTypeFlags.SERIALIZED:
            return self._queue.put(event, counts=False)
        return bool(self.src.push_event(event))

    def _look_for_live_sources(self) -> None:
        query = Gst.Query.new_latency()
        if self._sink.peer_query(query) and query.parse_latency()[0]:
            self._queue.limit = 1

    def _look_for_ended_source(self, event: Gst.Event) -> None:
        structure = structure_of(event)
        if structure is None or structure.get_name() != "stream-eos" or self._inference is None:
            return
        found, number = structure.get_uint("stream-id")
        if found:
            self._inference.forget_source(number)

    def _chain(self, buffer: int) -> int:
        if self._flow != OK:
            unref(buffer)
            return self._flow
        try:
            work = self._begin(buffer)
        except Exception as error:
            unref(buffer)
            self.fail(error)
            return ERROR
        if not self._queue.put(work):
            self._discard([work])
            return FLUSHING
        return OK

    def _begin(self, buffer: int) -> _Work:
        inference, frames, workers = self._inference, self._frames, self._workers
        assert inference is not None
        assert workers is not None
        if frames is None:
            raise PipelineError("a buffer came before caps")
        plan = self._plan(inference, frames, buffer)
        if inference.config.classifier_async_mode:
            return self._begin_async(inference, frames, buffer, plan)
        if not plan.tasks:
            return _Work(buffer, inference, plan, None)
        results = workers.submit(inference.run, frames, buffer, plan)
        return _Work(buffer, inference, plan, results)

    def _plan(self, inference: Inference, frames: FrameMapper, buffer: int) -> Plan:
        from pythia.elements.inference import Plan

        batch = carrier.fetch(buffer)
        if batch is None:
            assert isinstance(self, Gst.Element)
            factory = self.get_factory()
            name = factory.get_name() if factory is not None else self.get_name()
            raise PipelineError(
                f"a buffer came without batch metadata; put nvstreammux before {name}"
            )
        self._buffers += 1
        if self._buffers <= inference.config.stabilize_buffer_count:
            return Plan()
        size = (frames.format.width, frames.format.height)
        return inference.plan(batch, size, skip=self._skips(inference))

    def _skips(self, inference: Inference) -> bool:
        self._batches += 1
        given = "interval" in self.given  # perhaps while it runs
        interval = self.settings["interval"] if given else inference.config.interval
        return (self._batches - 1) % (interval + 1) > 0

    def _begin_async(
        self, inference: Inference, frames: FrameMapper, buffer: int, plan: Plan
    ) -> _Work:
        assert self._workers is not None
        if plan.tasks:
            prepared = inference.prepare(frames, buffer, plan)
            room = self._room
            room.acquire()  # every holder is a worker, so this ends
            learned = self._workers.submit(inference.learn, plan, prepared)
            learned.add_done_callback(lambda _learned: room.release())
            learned.add_done_callback(weakly(self._report))
        return _Work(buffer, inference, plan, None)

    def _report(self, learned: Future[None]) -> None:
        if learned.cancelled():
            return
        error = learned.exception()
        if isinstance(error, Exception):
            self.fail(error)  # before a source can tell of the flow that it gets
            self._flow = ERROR

    # The pushing thread

    def push_next(self) -> None:
        """Hand on the buffer or event that came first, when it is ready."""
        work = self._queue.get()
        if work is None:
            self.src.pause_task()
            return
        if not isinstance(work, _Work):
            self.src.push_event(work)
            return
        flow = self._finish(work)
        self._queue.done()
        if flow != OK:
            if flow == NOT_NEGOTIATED:
                self.fail_flow(self.src, flow)
            self._flow = flow
            left = self._queue.clear()
            self._discard(left)
            # Those that came already; with EOS in them nothing else would end the stream.
            for event in (one for one in left if not isinstance(one, _Work)):
                self.src.push_event(event)

    def _finish(self, work: _Work) -> int:
        try:
            work.attach()
        except Exception as error:
            unref(work.buffer)
            self.fail(error)
            return ERROR
        return push(self.src, work.buffer)

"""A pipeline that runs, with the user's functions on its pads."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

from pythia import elements
from pythia.core.callers_loop import CallersLoop
from pythia.core.delivery import Delivery
from pythia.core.end_of_stream import EosSender
from pythia.core.handlers import Handlers
from pythia.core.pipeline import build
from pythia.core.probe import BUFFERS, Probe
from pythia.core.probe_set import ProbeSet
from pythia.core.relink import Relinker
from pythia.core.run import Run
from pythia.event_stream import Worker
from pythia.exceptions import PipelineError, PlayError, RunError
from pythia.gst import GLib, Gst

Function = TypeVar("Function", bound=Callable[..., Any])
Self = TypeVar("Self", bound="Application")

STOP_TIMEOUT_S = 10.0
"""How long a pipeline may take to stop before the wait for it is given up."""


class Application:
    """Runs a pipeline until it ends, fails or is stopped; may be run again.

    Subclasses may define ``on_message_<type>(self, bus, message)`` for any type of bus message
    (``eos``, ``error``, ``warning``, ``element``, ``state_changed``, ...) and ``on_message`` for
    all of them; they are called in the run's own thread, or in the loop given to the call that
    starts it. An exception in one stops the application and is raised by the call that started or
    waits for it.

    Args:
        pipeline: gst-launch text, or a pipeline in state NULL.
        on_probe_error: What a probe or handler that raises does to the application: ``stop`` ends
            it, ``continue`` logs the first error of each and raises it when the application has
            ended. The buffer goes on in any case. Hooks, and handlers of ``eos`` and ``error``,
            always stop.
        play_timeout_s: Longest time until the first buffer reaches every sink, None for no
            limit. Live pipelines have no limit.
        drain_timeout_s: Longest time that queued events get after the pipeline has stopped.

    Raises:
        PipelineError: The text is no pipeline.
        HandlerError: An ``on_message_<type>`` method names an unknown type, or is ``async``.
    """

    def __init__(
        self,
        pipeline: str | Gst.Pipeline,
        *,
        on_probe_error: Literal["stop", "continue"] = "stop",
        play_timeout_s: float | None = 10.0,
        drain_timeout_s: float = 30.0,
    ) -> None:
        if on_probe_error not in ("stop", "continue"):
            raise ValueError(f"on_probe_error={on_probe_error!r}; available: stop, continue")
        self._handlers = Handlers(self, goes_on=on_probe_error == "continue")
        elements.register(pipeline if isinstance(pipeline, str) else None)
        self.pipeline: Gst.Pipeline = build(pipeline) if isinstance(pipeline, str) else pipeline
        self.on_probe_error = on_probe_error
        self.play_timeout_s = play_timeout_s
        self.drain_timeout_s = drain_timeout_s
        self._relinker = Relinker(self.pipeline)
        self._probes = ProbeSet(self.pipeline)
        self._delivery = Delivery(self._stream_ended)
        self._run: Run | None = None
        self._eos = EosSender(self.pipeline)

    @classmethod
    def from_pipeline_string(
        cls: type[Self], text: str, params: Mapping[str, Any] | None = None, **options: Any
    ) -> Self:
        """Make an application of pipeline text with ``{placeholders}``.

        Args:
            text: Pipeline text.
            params: Values for the placeholders; dashes in names are allowed.
            **options: For the constructor.

        Raises:
            TemplateError: Placeholders and parameters do not fit.
            PipelineError: The result is no pipeline.
        """
        from pythia.core.template import Template

        return cls(Template(text).render(params or {}), **options)

    @classmethod
    def from_pipeline_file(
        cls: type[Self],
        path: str | os.PathLike[str],
        params: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Self:
        """Make an application of the pipeline text in a file; see ``from_pipeline_string``.

        Raises:
            PipelineError: The file cannot be read, or holds no pipeline.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            cause = getattr(error, "strerror", None) or error
            raise PipelineError(
                f"cannot read the pipeline file {os.fspath(path)!r}: {cause}"
            ) from error
        return cls.from_pipeline_string(text, params, **options)

    def probe(
        self,
        element: str,
        pad_direction: str = "src",
        *args: Any,
        pad_probe_type: Gst.PadProbeType = BUFFERS,
        backend_uri: str | None = None,
    ) -> Callable[[Function], Function]:
        """Decorate a function to be called for each buffer on a pad.

        The function has one of the forms ``(batch_meta)``, ``(pad, info)`` or ``(pad, info,
        batch_meta)``. It returns None or a ``Gst.PadProbeReturn``; if it is a generator, what
        it yields goes to the event stream. It is called by the streaming thread. Events are
        encoded later, when metadata is gone with its buffer: yield plain values, and a new
        dictionary each time.

        Args:
            element: Name of the element.
            pad_direction: ``src``, ``sink``, or the name of a pad, which may appear later.
            *args: Further positional arguments for the function.
            pad_probe_type: What to call it for.
            backend_uri: Event stream of a generator; ``PYTHIA_STREAM_URI`` or
                ``log://?stream=stdout`` by default.

        Raises:
            ProbeError: The function has none of the accepted forms.
        """

        def register(function: Function) -> Function:
            probe = Probe(function, element, pad_direction, args, pad_probe_type, backend_uri)
            probe.on_failure = self.stop_with
            self._probes.add(probe)
            return function

        return register

    def inject_probes(self) -> None:
        """Attach the probes to their pads; every run does so, call it to check them before.

        Raises:
            ProbeTargetError: An element or pad does not exist; lists what does.
        """
        self._probes.attach()

    def backend(self, element: str, pad_direction: str = "src", idx: int = 0) -> Worker | None:
        """Return the worker behind the ``idx``-th generator probe on a pad, None before a run.

        Raises:
            ProbeTargetError: There is no such probe.
        """
        return self._delivery.worker_of(self._probes.generator(element, pad_direction, idx))

    def stats(self) -> dict[str, Any]:
        """Return what happened so far in this run, or in the last one; from any thread.

        ``probes`` is a list with calls, frames, events yielded, errors and time per call
        (``p50_us``, ``p99_us``, None before the first); ``streams`` has ``WorkerStats`` by URI.
        """
        return {
            "probes": [probe.stats() for probe in self._probes],
            "streams": self._delivery.stats(),
        }

    @property
    def running(self) -> bool:
        """True from the start until everything is stopped, drained and closed."""
        return self._run is not None and not self._run.finished.is_set()

    def __call__(
        self,
        loop: GLib.MainLoop | None = None,
        *,
        background: bool | None = None,
        foreground: bool | None = None,
    ) -> None:
        """Run the pipeline.

        Blocks until end of stream, error or ``stop()``; with ``background`` it returns when the
        pipeline has been told to play, and :meth:`wait` does the rest. Ctrl-C stops the
        application in order before KeyboardInterrupt goes on.

        Args:
            loop: Handle messages in this loop: in the thread that runs it. If nobody does, this
                call (or :meth:`wait`) runs it in the caller's thread until the application has
                ended; quitting it meanwhile stops the application. A loop that is running
                already goes on running.
            background: Return at once.
            foreground: The opposite, as in earlier versions.

        Raises:
            PlayError: The pipeline could not start; PlayError also when it is running already, or
                foreground and background contradict each other.
            RunError: An element posted an error.
            ProbeTargetError: The element or pad of a probe does not exist.
            ProbeFailedError: A probe raised; its error is the ``__cause__``.
            StreamError: An event stream could not be opened.
            UndeliveredError: Events were left when ``drain_timeout_s`` was over.
        """
        stays = _in_foreground(foreground, background)
        run = self._prepare(CallersLoop(loop) if loop is not None else None)
        try:
            self._launch(run)
            run.wait_until_started()
            if run.accepted:
                self.after_pipeline_start()
                if not stays:
                    return
                self.before_loop_join()
            self._join(run, None)
        except BaseException as error:
            run.stop()
            self._join(run, None)
            run.tell_besides(error)
            raise
        self.wait()

    async def run_async(self) -> None:
        """Run the pipeline inside asyncio, without blocking the event loop.

        Like a call of the application: the same hooks, which are called in the event loop's
        thread, and the same errors. Cancelling the task stops the application in order, then
        CancelledError goes on. Several may run at once, for instance in ``asyncio.gather``.
        Handlers and probes are called in other threads, as always.
        """
        from pythia.core.awaiting import in_thread  # asyncio takes its time to import

        run = self._prepare(None)
        try:
            await in_thread(lambda: self._launch(run))
            await in_thread(run.started.wait)
            if run.accepted:
                self.after_pipeline_start()
                self.before_loop_join()
            await in_thread(lambda: self._join(run, None))
        except BaseException as error:
            run.stop()
            await in_thread(lambda: self._join(run, None))
            run.tell_besides(error)
            raise
        if run.error is not None:
            raise run.error

    def _prepare(self, loop: CallersLoop | None) -> Run:
        if self.running:
            raise PlayError("the application is running already; wait() for it or stop() it")
        self._delivery = Delivery(self._stream_ended)
        self._probes.reset(stop_on_error=self.on_probe_error == "stop")
        self._handlers.reset()
        self.before_pipeline_start()
        self.inject_probes()
        self._run = Run(
            self.pipeline, self._handlers, self._quit, self._finish, self.play_timeout_s, loop
        )
        return self._run

    def _launch(self, run: Run) -> None:
        """Open the streams, which may take its time, and start the run."""
        try:
            self._delivery.open(list(self._probes))
        except BaseException:
            self._probes.detach()  # they hold the application, and it the pipeline
            run.abandon()
            raise
        self._relinker.begin()
        self._eos.reset()
        run.start()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the application has ended; False when ``timeout_s`` was over first.

        Raises:
            PythiaError: What ended it, as described for a call of the application.
        """
        run = self._run
        if run is None:
            return True
        if not self._join(run, timeout_s):
            return False
        if run.error is not None:
            raise run.error
        return True

    def _join(self, run: Run, timeout_s: float | None) -> bool:
        if run.must_not_wait():
            raise RunError("wait() inside a bus handler would wait for itself; use stop()")
        end = math.inf if timeout_s is None else time.monotonic() + timeout_s
        if run.wait_for(run.finished, end, STOP_TIMEOUT_S):
            run.join()
            return True
        if time.monotonic() < end:
            raise RunError(f"the pipeline did not stop in {STOP_TIMEOUT_S:g} s")
        return False

    def stop(self) -> None:
        """Ask the application to end, and return at once.

        May be called from any thread, also from a probe or a handler. The pipeline stops
        first, then queued events are delivered.
        """
        if self._run is not None:
            self._run.stop()

    def stop_with(self, error: BaseException) -> None:
        """Like :meth:`stop`, and let the call that waits raise ``error``."""
        if self._run is not None:
            self._run.stop(error)

    def send_eos(self, timeout_s: float = 10.0) -> None:
        """Send end-of-stream through the pipeline, so that files are finished; returns at once.

        The application ends when it has come through, or after ``timeout_s`` in any case; at once
        while the pipeline is still being made ready, when nothing has flowed.
        """
        if self._run is not None:
            self._eos.send(self._run, timeout_s)

    def __enter__(self: Self) -> Self:
        """Run in the background."""
        self(background=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop and wait; the application's error is raised unless the block raised itself."""
        self.stop()
        if error is None:
            self.wait()
        elif self._run is not None:
            self._join(self._run, None)
            self._run.tell_besides(error)

    def before_pipeline_start(self) -> None:
        """Hook: in the caller's thread, before probes and streams are made ready."""

    def after_pipeline_start(self) -> None:
        """Hook: in the caller's thread, when the pipeline has been told to play."""

    def before_loop_join(self) -> None:
        """Hook: in the caller's thread, before a foreground call begins to wait."""

    def before_loop_quit(self) -> None:
        """Hook: in the run's thread, when it ends, just before the pipeline is stopped."""

    def on_message(self, bus: Gst.Bus, message: Gst.Message) -> None:
        """Handle any message on the bus, before the method for its type; does nothing."""

    def on_message_eos(self, bus: Gst.Bus, message: Gst.Message) -> None:
        """Stop the application: every sink has seen the end of the stream."""
        self.stop()

    def on_message_error(self, bus: Gst.Bus, message: Gst.Message) -> tuple[GLib.Error, str | None]:
        """Stop the application with RunError, or PlayError if it was not yet playing.

        Returns:
            The error and the debug text of the element.
        """
        if self._run is not None:
            self._run.failed(message)
        error, debug = message.parse_error()
        return error, debug

    def _stream_ended(self, error: BaseException) -> None:
        # The reader of standard output has gone, as "| head" does: an end, not an error.
        if isinstance(error, BrokenPipeError):
            self.stop()
        else:
            self.stop_with(error)

    def _quit(self) -> None:
        self._delivery.release()
        self._relinker.end()
        self.before_loop_quit()
        self._eos.let_go()

    def _finish(self) -> None:
        self._probes.warn_of_missing()
        self._probes.detach()
        undelivered = self._delivery.finish(self.drain_timeout_s)
        failure = undelivered or self._first_failure()
        if failure is not None:
            raise failure

    def _first_failure(self) -> BaseException | None:
        """What a probe or handler raised while ``on_probe_error`` was ``continue``."""
        errors = [probe.error for probe in self._probes] + [self._handlers.error]
        return next((error for error in errors if error is not None), None)


def _in_foreground(foreground: bool | None, background: bool | None) -> bool:
    if foreground is not None and foreground is background:
        raise PlayError(
            f"foreground={foreground} and background={background} contradict each other; "
            "give one of them"
        )
    return foreground if foreground is not None else not background

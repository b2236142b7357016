"""One run of a pipeline, from PLAYING to NULL."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from typing import Any

from pythia.core.bus import describe_error
from pythia.core.callers_loop import CallersLoop
from pythia.core.pipeline import elements_of
from pythia.core.stall import MovementWatch
from pythia.exceptions import PlayError, RunError
from pythia.gst import GLib, Gst

logger = logging.getLogger("pythia.core.run")

LOOK_S = 0.5
"""How often a thread that waits looks whether its time is over."""

SETTLE_S = 2.0
"""How long the caller's loop may take to handle the error of a pipeline that refused."""


class Run:
    """Plays a pipeline in a thread with a main context of its own, until somebody stops it.

    A main context for each run lets several run at once, and leaves the caller's thread free
    to wait in a way that signals can interrupt. With ``loop`` the thread remains, which changes
    states and drains streams without blocking that loop, but messages are handled in the loop.

    Args:
        pipeline: In state NULL; is in state NULL again when ``finished`` is set.
        on_message: Called for each message on the bus, in the run's thread or in ``loop``.
        before_quit: Called in the run's thread when the run ends, the pipeline still playing.
        finish: Called in the run's thread when the pipeline has stopped.
        play_timeout_s: Longest time until PLAYING is reached; None waits for ever.
        loop: The caller's loop, None to need none.
    """

    def __init__(
        self,
        pipeline: Gst.Pipeline,
        on_message: Callable[[Gst.Bus, Gst.Message], None],
        before_quit: Callable[[], None],
        finish: Callable[[], None],
        play_timeout_s: float | None,
        loop: CallersLoop | None = None,
    ) -> None:
        self.started = threading.Event()
        self.finished = threading.Event()
        self.stopping = threading.Event()
        self.error: BaseException | None = None
        self.accepted = False
        self._pipeline = pipeline
        self._on_message = on_message
        self._before_quit = before_quit
        self._finish = finish
        self._play_timeout_s = play_timeout_s
        self._stopped_at: float | None = None
        self._halted = False
        self._prerolled = False
        self._warning: Gst.Message | None = None
        self._cause: str | None = None
        self._timers: list[GLib.Source] = []
        self._loop = loop
        self._context = loop.context if loop is not None else GLib.MainContext.new()
        self._watch_lock = threading.Lock()
        self._watched = False
        self._handling: int | None = None
        self._thread = threading.Thread(target=self._main, name="pythia run", daemon=True)

    def start(self) -> None:
        """Start the thread; ``started`` is set when the pipeline has taken PLAYING or refused."""
        self._thread.start()

    def wait_until_started(self) -> None:
        """Wait for ``started``; only then the caller's loop handles messages.

        So a caller who runs the loop afterwards misses none, not even an early end of stream.
        """
        self.wait_for(self.started)
        if self._loop is not None:
            self._loop.call(self._watch)

    def abandon(self) -> None:
        """End a run that was never started."""
        self._announce(self.started, self.finished)

    def must_not_wait(self) -> bool:
        """Tell whether the caller is the run itself: its thread, or one of its handlers."""
        handles = self._handling == threading.get_ident()
        return handles or threading.current_thread() is self._thread

    def wait_for(
        self, event: threading.Event, end_s: float = math.inf, limit_s: float = math.inf
    ) -> bool:
        """Wait for ``started`` or ``finished``; runs the caller's loop meanwhile.

        If somebody else quits that loop, the run is stopped.

        Args:
            event: Which of them.
            end_s: Wait until then, on the monotonic clock.
            limit_s: How long the pipeline may take to stop.
        """

        def is_over() -> bool:
            return event.is_set() or time.monotonic() >= end_s or self._stopping_for_s() > limit_s

        while True:
            turned = self._loop is not None and self._loop.turn(is_over)
            if not turned:
                event.wait(max(0.0, min(LOOK_S, end_s - time.monotonic())))
            if is_over():
                return event.is_set()
            if turned:
                self.stop()

    def join(self) -> None:
        """Wait for the thread itself, which has nothing left to do once ``finished`` is set."""
        if self._thread.is_alive():
            self._thread.join(1.0)

    def stop(self, error: BaseException | None = None) -> None:
        """End the run; returns at once, from any thread.

        Args:
            error: Why; the first one is kept in ``error``, later ones are logged.
        """
        if self.error is None:
            self.error = error
        elif error is not None and error is not self.error:
            logger.error("after %s: %s", type(self.error).__name__, error)
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
        self.stopping.set()
        self._context.wakeup()

    def tell_besides(self, error: BaseException) -> None:
        """Log what ended the run, where ``error`` goes to the caller in its place."""
        if self.error is not None and self.error is not error:
            logger.error("%s", self.error)

    def _stopping_for_s(self) -> float:
        """Return for how long the pipeline has been stopping; 0 before and after."""
        if self._stopped_at is None or self._halted:
            return 0.0
        return time.monotonic() - self._stopped_at

    def call_later(self, delay_s: float, function: Callable[[], None]) -> None:
        """Call ``function`` in the run's thread after ``delay_s``, if the run still goes on."""
        source = GLib.timeout_source_new(int(delay_s * 1000))

        def call(*_: object) -> bool:
            self._guard(function)
            return GLib.SOURCE_REMOVE

        source.set_callback(call)
        self._timers.append(source)
        source.attach(self._context)

    def failed(self, message: Gst.Message) -> None:
        """End the run with the error in ``message``; the first one is the cause of the others."""
        if self.error is None:
            kind = RunError if self._prerolled else PlayError
            self.stop(kind(self._cause or describe_error(self._pipeline, message, self._warning)))

    def _main(self) -> None:
        bus = self._pipeline.get_bus()
        if self._loop is None:
            self._context.push_thread_default()
            self._watch()
        bus.enable_sync_message_emission()
        handlers = [
            bus.connect("message", self._see),
            bus.connect("sync-message::warning", self._note_warning),
            bus.connect("sync-message::error", self._note_cause),
        ]
        self._guard(self._play)
        self._guard(self._before_quit)
        # Blocked offers of probes must be let through first: NULL waits for streaming threads.
        self._pipeline.set_state(Gst.State.NULL)
        self._halted = True
        bus.disable_sync_message_emission()
        for handler in handlers:
            bus.disconnect(handler)
        self._unwatch()
        if self._loop is None:
            self._context.pop_thread_default()
        # A timer that still waits would keep run and context alive, which keep the timer.
        for timer in self._timers:
            timer.destroy()
        self._guard(self._finish)
        self._announce(self.started, self.finished)

    def _announce(self, *events: threading.Event) -> None:
        for event in events:
            event.set()
        if self._loop is not None:
            self._loop.wake()

    def _watch(self) -> None:
        with self._watch_lock:  # a loop that was busy may come to this when all is over
            if not self._halted and not self._watched:
                self._pipeline.get_bus().add_signal_watch()
                self._watched = True

    def _unwatch(self) -> None:
        with self._watch_lock:
            if self._watched:
                self._pipeline.get_bus().remove_signal_watch()
                self._watched = False

    def _guard(self, step: Callable[[], Any]) -> None:
        try:
            step()
        except BaseException as error:
            self.stop(error)

    def _play(self) -> None:
        if self.stopping.is_set():
            return
        result = self._pipeline.set_state(Gst.State.PLAYING)
        if result == Gst.StateChangeReturn.FAILURE:
            self._refused()
            return
        if result == Gst.StateChangeReturn.ASYNC:
            self._expect_playing()
        else:
            self._prerolled = True
        self.accepted = True
        self._announce(self.started)
        if self._loop is not None:
            self.stopping.wait()
        while not self.stopping.is_set():
            self._context.iteration(True)

    def _refused(self) -> None:
        if self._loop is not None:
            self._loop.call(self._watch)
            self._loop.settled(SETTLE_S)
        else:
            while self._context.iteration(False):
                pass
        if self.error is None:
            self.stop(PlayError("the pipeline refused to start, and no element said why"))

    def _expect_playing(self) -> None:
        """Fail after the time-out, unless data moved in its second half."""
        if self._play_timeout_s is not None:
            half_s = self._play_timeout_s / 2
            self.call_later(half_s, lambda: self._watch_movement(half_s))

    def _watch_movement(self, half_s: float) -> None:
        if not self._prerolled:
            watch = MovementWatch(self._pipeline)
            self.call_later(half_s, lambda: self._check_playing(watch, half_s))

    def _check_playing(self, watch: MovementWatch, half_s: float) -> None:
        moved = watch.end()
        result, state, pending = self._pipeline.get_state(0)
        if self._prerolled or result != Gst.StateChangeReturn.ASYNC:
            return
        if moved:
            self._watch_movement(half_s)
        else:
            self.stop(PlayError(self._describe_stuck(state, pending)))

    def _describe_stuck(self, state: Gst.State, pending: Gst.State) -> str:
        stuck = [
            str(element.get_name())
            for element in elements_of(self._pipeline)
            if element.get_state(0)[0] == Gst.StateChangeReturn.ASYNC
            and not isinstance(element, Gst.Bin)
        ]
        return (
            f"the pipeline is still {state.value_nick} after {self._play_timeout_s:g} s and does "
            f"not reach {pending.value_nick}: no data came to {', '.join(stuck) or 'its sinks'}; "
            "a branch without data needs async=false on its sink, branches of a tee need a queue "
            "each, a source that may be late needs a longer play_timeout_s"
        )

    def _see(self, bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == Gst.MessageType.ASYNC_DONE and message.src == self._pipeline:
            self._prerolled = True
        elif message.type == Gst.MessageType.LATENCY:
            self._pipeline.recalculate_latency()
        if self.stopping.is_set():
            return  # what follows the end, such as the second error of a failed start
        self._handling = threading.get_ident()
        known = self.error
        try:
            self._on_message(bus, message)
        except BaseException as error:
            # on_message_error may have called the default, which stops, and then raise its own.
            if self.error is not known:
                error.__context__, self.error = self.error, error
            self.stop(error)
        self._handling = None

    def _note_warning(self, bus: Gst.Bus, message: Gst.Message) -> None:
        self._warning = message

    def _note_cause(self, bus: Gst.Bus, message: Gst.Message) -> None:
        # In the thread that posts it, because soon after the pads forget what they refused.
        if self._cause is None:
            self._guard(lambda: self._describe(message))

    def _describe(self, message: Gst.Message) -> None:
        self._cause = describe_error(self._pipeline, message, self._warning)

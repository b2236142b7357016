"""The caller's own GLib loop, in which the messages of a run can be handled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pythia.exceptions import PlayError
from pythia.gst import GLib

TICK_MS = 50
"""How often a loop that is turned for somebody looks whether that is over."""


def _nothing() -> None:
    """Look at nothing: the loop is not turned for anybody."""


class CallersLoop:
    """A loop that belongs to the user; it is run here only while nobody else does.

    Raises:
        PlayError: It is no ``GLib.MainLoop``.
    """

    def __init__(self, loop: GLib.MainLoop) -> None:
        if not isinstance(loop, GLib.MainLoop):
            raise PlayError(
                f"loop={loop!r} is no GLib.MainLoop; inside asyncio use 'await app.run_async()'"
            )
        self._loop = loop
        self.context: GLib.MainContext = loop.get_context()
        self._look: Callable[[], None] = _nothing

    def call(self, function: Callable[[], None]) -> None:
        """Call ``function`` with the loop's context as the thread's default one.

        At once if this thread may use the context, else soon, in the thread that does.
        """
        if self.context.acquire():
            try:
                self._call_with_default(function)
            finally:
                self.context.release()
        else:
            self._later(lambda: self._call_with_default(function), GLib.PRIORITY_DEFAULT)

    def _call_with_default(self, function: Callable[[], None]) -> None:
        self.context.push_thread_default()
        try:
            function()
        finally:
            self.context.pop_thread_default()

    def settled(self, timeout_s: float) -> None:
        """Wait until all that is due in the loop now has been called by the thread that runs it."""
        reached = threading.Event()
        self._later(reached.set, GLib.PRIORITY_LOW)
        reached.wait(timeout_s)

    def wake(self) -> None:
        """Let the thread that turns the loop look at once whether that is over."""
        self._later(lambda: self._look(), GLib.PRIORITY_HIGH)

    def _later(self, function: Callable[[], None], priority: int) -> None:
        source = GLib.idle_source_new()
        source.set_priority(priority)

        def call(*_: object) -> bool:
            function()
            return GLib.SOURCE_REMOVE

        source.set_callback(call)
        source.attach(self.context)

    def turn(self, is_over: Callable[[], bool]) -> bool:
        """Run the loop until ``is_over``; False at once if another thread runs it.

        Returns early when somebody else quits the loop. A loop that runs already, because this
        was called from inside of it, goes on afterwards.
        """
        if not self.context.acquire():
            return False
        try:
            if self._loop.is_running():
                self._iterate(is_over)
            elif not is_over():
                self._run(is_over)
        finally:
            self.context.release()
        return True

    def _iterate(self, is_over: Callable[[], bool]) -> None:
        with self._ticking(lambda: None):
            while not is_over() and self._loop.is_running():
                self.context.iteration(True)

    def _run(self, is_over: Callable[[], bool]) -> None:
        def look() -> None:
            if is_over():
                self._loop.quit()

        self._look = look
        try:
            with self._ticking(look):
                self._loop.run()
        finally:
            self._look = _nothing

    @contextmanager
    def _ticking(self, look: Callable[[], None]) -> Iterator[None]:
        source = GLib.timeout_source_new(TICK_MS)

        def tick(*_: object) -> bool:
            look()
            return GLib.SOURCE_CONTINUE

        source.set_callback(tick)
        source.attach(self.context)
        try:
            yield
        finally:
            source.destroy()

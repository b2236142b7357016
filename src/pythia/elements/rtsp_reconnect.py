"""When a broken connection is made anew, and the thread that sees to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class ReconnectPolicy:
    """Counts attempts and says when the next is due; it knows no clock, times are in seconds."""

    def __init__(self, interval_s: float, after_error_s: float, attempts: int) -> None:
        """``after_error_s`` of 0 is ``interval_s``; ``attempts`` below 1 are without limit."""
        self._interval_s = interval_s
        self._after_error_s = after_error_s or interval_s
        self._limit = attempts if attempts > 0 else None
        self.attempts = 0
        self._wait_s = interval_s
        self._since = 0.0

    @property
    def given_up(self) -> bool:
        """Whether the attempt that is due would be one too many."""
        return self._limit is not None and self.attempts >= self._limit

    def failed(self, now: float) -> None:
        """The connection reported an error."""
        self._since, self._wait_s = now, self._after_error_s

    def data(self, now: float) -> None:
        """Data came: all is well."""
        self.attempts = 0
        self._since, self._wait_s = now, self._interval_s

    def resume(self, now: float) -> None:
        """Waiting begins anew, because nothing could come before."""
        self._since = now

    def wait_s(self, now: float) -> float:
        """Seconds until something has to be done; 0 if it is due."""
        return max(0.0, self._since + self._wait_s - now)

    def attempt(self, now: float) -> None:
        """Count an attempt, which begins now."""
        self.attempts += 1
        self._since, self._wait_s = now, self._interval_s


class Reconnector:
    """A thread that calls ``reconnect(attempt)`` when it is due, and ``give_up()`` once.

    It rests while the pipeline is paused, because then no data comes from a living source either.
    """

    def __init__(
        self, policy: ReconnectPolicy, reconnect: Callable[[int], None], give_up: Callable[[], None]
    ) -> None:
        self._policy = policy
        self._reconnect = reconnect
        self._give_up = give_up
        self._changed = threading.Condition()
        self._playing = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="rtsp-reconnect", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float = 10) -> None:
        """End the thread; waits for an attempt that is being made."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def play(self, playing: bool) -> None:
        """The pipeline plays, or pauses."""
        with self._changed:
            if playing and not self._playing:
                self._policy.resume(time.monotonic())
            self._playing = playing
            self._changed.notify_all()

    def data(self) -> None:
        """Data came; called for each packet, on the streaming thread."""
        self._policy.data(time.monotonic())

    def failed(self) -> None:
        """The connection reported an error."""
        with self._changed:
            self._policy.failed(time.monotonic())
            self._changed.notify_all()

    def _run(self) -> None:
        while self._wait_until_due():
            if self._policy.given_up:
                self._give_up()
                return
            self._policy.attempt(time.monotonic())
            self._reconnect(self._policy.attempts)

    def _wait_until_due(self) -> bool:
        with self._changed:
            while not self._stopped:
                left_s = self._policy.wait_s(time.monotonic()) if self._playing else None
                if left_s == 0:
                    return True
                self._changed.wait(left_s)
            return False

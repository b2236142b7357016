"""One play of a pipeline: its thread, its messages, its end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from pythia.compat.pyservicemaker.messages import message_of
from pythia.compat.pyservicemaker.probe import failure_of
from pythia.core.end_of_stream import EosSender
from pythia.core.run import Run
from pythia.exceptions import RunError
from pythia.gst import Gst

_log = logging.getLogger("pythia.compat")
_EOS_S = 10.0

OnMessage = Callable[[Any], object]


class Playing:
    """Plays a pipeline in the background until its end, an error, or :meth:`stop`.

    Args:
        pipeline: In state NULL.
        on_message: The program's callback, called on the thread that watches the bus.
        missing: Says which pads of probes have never appeared.
    """

    def __init__(
        self,
        pipeline: Gst.Pipeline,
        on_message: OnMessage | None,
        missing: Callable[[], list[str]],
    ) -> None:
        self._on_message = on_message
        self._missing = missing
        self._eos = EosSender(pipeline)
        self._run = Run(pipeline, self._see, self._eos.let_go, self._finish, None)

    def start(self) -> None:
        """Start; errors come out of :meth:`wait`."""
        self._run.start()

    def wait(self) -> None:
        """Wait for the end; Ctrl-C interrupts, and stops the pipeline.

        Raises:
            PythiaError: what ended it, if that was an error.
        """
        if self._run.must_not_wait():
            raise RunError("wait() inside a message callback would wait for itself; use stop()")
        try:
            self._run.wait_for(self._run.finished)
        except BaseException:
            self._run.stop()
            self._run.wait_for(self._run.finished, limit_s=_EOS_S)
            raise
        self._run.join()
        if self._run.error is not None:
            raise self._run.error

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self._run.finished.is_set()

    def fail(self, error: BaseException) -> None:
        """End it with an error; from any thread."""
        self._run.stop(error)

    def stop(self) -> None:
        """Send the end of the stream through it, so that files are finished; returns at once."""
        self._eos.send(self._run, _EOS_S)

    def _see(self, bus: Gst.Bus, message: Gst.Message) -> None:
        if message.type == Gst.MessageType.ERROR:
            self._run.failed(message)
            return
        self._tell(message)
        if message.type == Gst.MessageType.EOS:
            self._run.stop()

    def _tell(self, message: Gst.Message) -> None:
        said = message_of(message) if self._on_message is not None else None
        if said is None or self._on_message is None:
            return
        try:
            self._on_message(said)
        except Exception as error:
            raise failure_of("the message callback", error) from error

    def _finish(self) -> None:
        for text in self._missing():
            _log.warning("a probe was never called: no pad %s appeared", text)

"""End-of-stream for a pipeline that somebody asked to end in order."""

from __future__ import annotations

import logging
from threading import Thread

from pythia.core.pipeline import sources_of
from pythia.core.run import Run
from pythia.gst import Gst

logger = logging.getLogger("pythia.core.end_of_stream")


class EosSender:
    """Sends end-of-stream to every source of a pipeline, and frees those that cannot take it."""

    def __init__(self, pipeline: Gst.Pipeline) -> None:
        self._pipeline = pipeline
        self._threads: list[Thread] = []

    def reset(self) -> None:
        """Forget the last run."""
        self._threads.clear()

    def send(self, run: Run, timeout_s: float) -> None:
        """End ``run`` by end-of-stream, or after ``timeout_s`` in any case; returns at once."""
        if run.stopping.is_set():
            return
        if not run.accepted:  # elements that are still made ready would lose the event
            run.stop()
            return
        run.call_later(timeout_s, lambda: _overdue(run, timeout_s))
        # The pipeline's own send_event holds its state lock while it waits for a source, and a
        # source may wait for the pipeline to reach PLAYING or to be stopped: a deadlock.
        for source in sources_of(self._pipeline):
            thread = Thread(target=source.send_event, args=(Gst.Event.new_eos(),), daemon=True)
            thread.start()
            self._threads.append(thread)

    def let_go(self) -> None:
        """Free sources that wait for what follows them: they hold the lock that stopping takes."""
        if not any(thread.is_alive() for thread in self._threads):
            return
        for source in sources_of(self._pipeline):
            for pad in source.srcpads:
                pad.push_event(Gst.Event.new_flush_start())


def _overdue(run: Run, timeout_s: float) -> None:
    logger.warning("end of stream did not come through in %g s; stopping", timeout_s)
    run.stop()

"""The workers of one run: one for each event stream that its probes name."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence

from pythia.core.probe import Probe
from pythia.event_stream import Worker, WorkerStats, open_stream
from pythia.event_stream.log import keep_stdout as keep_stdout  # for the command line
from pythia.exceptions import StreamError

logger = logging.getLogger("pythia.core.delivery")

STREAM_VARIABLE = "PYTHIA_STREAM_URI"
DEFAULT_STREAM = "log://?stream=stdout"


class Delivery:
    """Opens the streams that generator probes name and joins probes and workers.

    Probes with the same URI share a worker, so the order of their events is kept.
    """

    def __init__(self, on_failure: Callable[[BaseException], None]) -> None:
        self._on_failure = on_failure
        self._workers: dict[str, Worker] = {}

    def open(self, probes: Sequence[Probe]) -> None:
        """Connect the streams in the calling thread and start their workers.

        Raises:
            StreamError: A stream is unknown or cannot be connected; none is left open.
        """
        try:
            for probe in probes:
                if probe.is_generator:
                    probe.offer = self._worker(uri_of(probe)).offer
        except BaseException:
            self.release()
            self.finish(0)
            raise

    def _worker(self, uri: str) -> Worker:
        if uri not in self._workers:
            worker = Worker(open_stream(uri), on_failure=self._on_failure)
            worker.start()
            self._workers[uri] = worker
        return self._workers[uri]

    def worker_of(self, probe: Probe) -> Worker | None:
        """Return the worker that delivers what ``probe`` yields."""
        return self._workers.get(uri_of(probe))

    def release(self) -> None:
        """Let no probe block any more: the pipeline is about to stop."""
        for worker in self._workers.values():
            worker.release()

    def finish(self, timeout_s: float) -> StreamError | None:
        """Drain and close every stream, in ``timeout_s`` altogether; return the first failure."""
        deadline = time.monotonic() + timeout_s
        failures = []
        for worker in self._workers.values():
            worker.finish()  # all at the same time, or one that is stuck would cost the others
        for worker in self._workers.values():
            worker.drain(max(0.0, deadline - time.monotonic()))
        for worker in self._workers.values():
            try:
                worker.close()
            except StreamError as error:
                failures.append(error)
        for failure in failures[1:]:
            logger.error("%s", failure)
        return failures[0] if failures else None

    def stats(self) -> dict[str, WorkerStats]:
        """Return the counts of each stream, by its URI without password."""
        return {str(worker.stream.uri): worker.stats() for worker in self._workers.values()}


def uri_of(probe: Probe) -> str:
    """Return where the events of ``probe`` go."""
    return probe.backend_uri or os.environ.get(STREAM_VARIABLE) or DEFAULT_STREAM

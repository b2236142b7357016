"""Where a worker takes encoded events from: by way of a journal on the disk."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path

from pythia.event_stream.event_queue import TICK_S, EventQueue
from pythia.event_stream.journal import Journal
from pythia.event_stream.outbox import Encoder, Outbox
from pythia.event_stream.uri import StreamUri
from pythia.exceptions import StreamError

logger = logging.getLogger("pythia.event_stream")

SPOOL_OPTIONS = frozenset({"spool_dir", "spool_max_mb", "spool_sync"})
DEFAULT_MAX_MB = 256
_MIB = 1024 * 1024


class SpoolOutbox(Outbox):
    """Writes every event to a journal first, in a thread of its own, and gives out what is there.

    So an event outlives the process as soon as it is written, ``linger_ms`` after it was yielded
    at most, whatever the other end does meanwhile. What an earlier process left is given out
    first. When the disk or the bound is full, events wait in the queue, and the probe with them;
    and once nothing older is on the disk they go past it.
    """

    def __init__(
        self, queue: EventQueue, encode: Encoder, batch: int, linger_s: float, uri: StreamUri
    ) -> None:
        super().__init__(queue, encode, batch, linger_s)
        self._uri = uri
        self._folder = spool_folder(uri)
        self._max_bytes = int(uri.number("spool_max_mb", DEFAULT_MAX_MB, minimum=0.001) * _MIB)
        self._sync = uri.switch("spool_sync", default=False)
        self.kept_in = str(self._folder)
        self._changed = threading.Condition(queue.lock)
        self._past_disk: list[bytes] = []
        self._is_full = self._ended = self._abandoned = False
        self._left = 0
        self._journal: Journal | None = None
        self._thread = threading.Thread(target=self._work, name=f"pythia spool {uri}", daemon=True)

    @property
    def spooled(self) -> int:  # type: ignore[override]
        """Events on the disk."""
        return self._journal.count if self._journal is not None else self._left

    def start(self) -> None:
        """Open the journal and start the thread.

        Raises:
            StreamError: The folder cannot be used, or another process does.
        """
        try:
            self._journal = Journal(self._folder, self._max_bytes, sync=self._sync)
        except BlockingIOError:
            raise StreamError(
                f"{self._uri}: the spool {self._folder} is in use, by another process or another "
                "stream of this one; give each its own spool_dir="
            ) from None
        except OSError as error:
            raise StreamError(
                f"{self._uri}: cannot use the spool {self._folder}: {error.strerror}"
            ) from error
        if self._journal.count:
            logger.info("%s: %d events of an earlier run", self._uri, self._journal.count)
        self._thread.start()

    def _work(self) -> None:
        while events := self._queue.take(self._batch, self._linger_s):
            if payloads := self._encode(events):
                self._keep(payloads)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _keep(self, payloads: list[bytes]) -> None:
        with self._changed:
            while not self._write(payloads):
                if not self.spooled and not self._past_disk:
                    self._past_disk = payloads
                    self._changed.notify_all()
                    return
                if self._abandoned:
                    return
                self._changed.wait(TICK_S)

    def _write(self, payloads: list[bytes]) -> bool:
        if self._journal is None:
            return False
        try:
            self._journal.append(payloads)
        except OSError as error:
            if not self._is_full:
                logger.warning("%s: the spool takes no more: %s", self._uri, error.strerror)
            self._is_full = True
            return False
        self._is_full = False
        self._queue.taken -= len(payloads)
        self._changed.notify_all()
        return True

    def take(self) -> Sequence[bytes]:
        """Wait for a batch; an empty one says that no more will come."""
        with self._changed:
            while not self._abandoned:
                # First what went past the disk: nothing older was there then.
                if self._past_disk:
                    return self._past_disk
                if self._journal is not None and self._journal.count:
                    return self._journal.read(self._batch)
                if self._ended:
                    break
                self._changed.wait(TICK_S)
        return ()

    def confirm(self, batch: Sequence[bytes]) -> None:
        """Remove the batch, which was delivered, from the disk."""
        with self._changed:
            self.sent += len(batch)
            if batch is self._past_disk:
                self._queue.taken -= len(batch)
                self._past_disk = []
            elif self._journal is not None:
                self._journal.confirm(len(batch))
            self._changed.notify_all()

    def pending(self) -> int:
        """Return how many events are not delivered; the queue's lock is held."""
        return super().pending() + self.spooled

    def stop(self) -> None:
        """Let :meth:`take` return soon, and bring the rest of the queue to the disk."""
        self.end()
        self._join()

    def end(self) -> None:
        """Give out no more; what is on the disk stays there for the next process."""
        self._queue.release()
        with self._changed:
            self._abandoned = True
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread and close the journal."""
        self.end()
        self._queue.finish()
        self._join()
        with self._changed:
            journal, self._journal = self._journal, None
            self._left = journal.count if journal is not None else self._left
        if journal is not None:
            journal.close()

    def _join(self) -> None:
        if self._thread.is_alive():
            self._thread.join(2.0)


def spool_folder(uri: StreamUri) -> Path:
    """Return the folder for the events of one destination, below ``spool_dir``.

    Options that do not say where events go are no part of its name, so that what an earlier run
    left is found although another ``batch`` was asked for; nor is the password.
    """
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    base = Path(uri.options.get("spool_dir") or Path(state) / "pythia" / "spool")
    target = f"{uri.scheme}-{uri.authority}{uri.path}-{uri.stream or ''}"
    routing = [uri.options.get(name, "") for name in ("exchange", "query")]
    digest = hashlib.sha256(f"{target}-{uri.user}-{routing}".encode()).hexdigest()[:8]
    return base / f"{re.sub('[^A-Za-z0-9._-]+', '_', target)}-{digest}"

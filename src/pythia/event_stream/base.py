"""What an event stream is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from pythia.event_stream.formats import Format, open_format
from pythia.event_stream.uri import StreamUri


class Stream(ABC):
    """One place that events go to; used by one worker thread, which owns queue and retries.

    A subclass is one thin class around a well-kept client. ``connect`` is called by the thread
    that starts the application, and again by the worker thread after ``post`` has failed, so
    it must cope with being called twice. ``close`` may come from another thread while ``post``
    blocks, and must make that ``post`` end.
    """

    OPTIONS: ClassVar[frozenset[str]] = frozenset()
    """Names of URI options that the stream understands, besides those of the worker."""

    OPTION_PREFIXES: ClassVar[tuple[str, ...]] = ()
    """Starts of further names, where the options are those of a client library."""

    TAKES_OBJECTS: ClassVar[bool] = False
    """True when ``post`` gets the yielded objects themselves instead of encoded bytes."""

    LINES: ClassVar[bool] = False
    """True when events must be text without line breaks."""

    def __init__(self, uri: StreamUri) -> None:
        self.uri = uri
        self.format: Format = open_format(uri, lines=self.LINES, objects=self.TAKES_OBJECTS)

    @abstractmethod
    def connect(self) -> None:
        """Make ready to post.

        Raises:
            StreamError: The other end cannot be reached; says host, port and cause.
        """

    @abstractmethod
    def post(self, batch: Sequence[Any]) -> None:
        """Deliver the whole batch, in order; returns when the other end has it.

        Raises:
            BrokenPipeError: The reader has gone for good; the worker gives up quietly.
            RefusedError: Posting the same again is no use; the worker ends with this error.
            Exception: Anything else is taken as passing, and the batch is posted again.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the other end; does nothing when not connected."""

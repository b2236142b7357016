"""Recorded metadata, given to probes and to pipelines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pythia.meta.portable import PortableBatch
from pythia.recording.reader import RecordedBatch, Recording
from pythia.testing.calls import collect
from pythia.testing.pipelines import run_pipeline


class MetaReplay:
    """The batches of a recording, new ones each time that it is iterated.

    They are read as the iteration goes, so a long recording takes no more memory than one batch.

    Attributes:
        path: the file.
        header: its first record: ``version``, and ``by`` which pythia, on which ``runtime`` and
            when (``recorded``) it was written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._recording = Recording(path)
        self.path: Path = self._recording.path
        self.header: Mapping[str, Any] = self._recording.header

    def __iter__(self) -> Iterator[PortableBatch]:
        """The batches in order; they are the caller's.

        Raises:
            RecordingError: the file is broken or cut off; names the line. What comes before it has
                been given out.
        """
        return (record.batch for record in self._recording if isinstance(record, RecordedBatch))

    def collect(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        """Call a probe function with each batch and give all that it yields.

        Args:
            function: A plain function or a generator, in any form that ``Application.probe`` takes.
            *args: Further positional arguments of the function.

        Raises:
            RecordingError: the file is broken or cut off.
            Exception: whatever the function raises, as it is.
        """
        return collect(function, self, *args)

    def through(
        self, text: str, params: Mapping[str, Any] | None = None, *, timeout_s: float = 60.0
    ) -> list[PortableBatch]:
        """Send the recording through elements and give the batches that come out.

        Args:
            text: Pipeline text without source and sink, such as ``nvtracker ! nvdsanalytics
                config-file={rules}``. Frames are black, so elements that look at pictures are
                refused: see ``docs/elements/metareplay.md``.
            params: Values for its placeholders.
            timeout_s: Longest time that it may take.

        Raises:
            PlayError: an element refuses to start, or the recording cannot be read.
            RunError: an element fails, the recording is broken, or the time is over.
        """
        seen: list[PortableBatch] = []

        def keep(batch_meta: PortableBatch) -> None:
            seen.append(batch_meta.copy())

        run_pipeline(
            f"metareplay location={{recording-to-replay}} ! {text} ! fakesink name=replayed",
            {"replayed.sink": keep},
            {**(params or {}), "recording-to-replay": self.path},
            timeout_s=timeout_s,
        )
        return seen


def metareplay(path: str | os.PathLike[str]) -> MetaReplay:
    """Open a recording that :func:`metarecord` has written, on this machine or another one.

    ::

        events = collect(gen_detections, metareplay("street.jsonl"))
        tracked = metareplay("street.jsonl").through("nvtracker")

    Raises:
        RecordingError: The file cannot be read, is no recording, or of a newer version.
        MissingDependencyError: It is MessagePack, and its library is not installed.
    """
    return MetaReplay(path)

"""Recording of the metadata of a running pipeline."""

from __future__ import annotations

import logging
import os
import threading
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

from pythia.event_stream import Worker
from pythia.exceptions import ProbeError, StreamError
from pythia.gst import Gst
from pythia.meta import runtime
from pythia.recording.encode import Encoder
from pythia.recording.schema import MARK, VERSION
from pythia.testing.pad_watch import PadWatch, caps_record, event_record, is_being_stopped
from pythia.testing.record_file import RecordFile, cannot_write
from pythia.version import __version__

logger: logging.Logger = logging.getLogger("pythia.testing.metarecord")

_QUEUE = 64  # records that wait for the disk; each may be a batch with hundreds of objects
_DRAIN_S = 30.0


class MetaRecorder:
    """A probe that records the metadata of each buffer; see :func:`metarecord`.

    The thread of the pad only copies; another one encodes and writes. A pad that is recorded waits
    while the disk is slower than it, so nothing is lost. The file is complete when the end of the
    stream has passed the pad, when the pipeline has been stopped, or after :meth:`close`; the next
    buffer begins it anew.
    """

    def __init__(self, path: str | os.PathLike[str], *, tensors: bool = False) -> None:
        self.path: Path = Path(path).absolute()
        self._tensors = tensors
        self._lock = threading.RLock()
        self._open: _OpenRecording | None = None
        self._watch = PadWatch(self._saw_event, self._saw_caps, self._stopped)
        _require_writable(self.path)
        RecordFile(self.path)  # says now if a library is missing

    def __call__(self, pad: Gst.Pad, info: Gst.PadProbeInfo, batch_meta: Any) -> None:
        """Record one buffer; what ``Application.probe`` and the like call."""
        if batch_meta is None:
            raise ProbeError(
                f"there is no batch metadata to record on {_name_of(pad)}; "
                "record behind nvstreammux"
            )
        buffer = info.get_buffer()
        with self._lock:
            recording = self._begun(batch_meta, pad)
            if buffer is None:  # one of a list
                recording.add_batch(batch_meta, None, None)
            else:
                recording.add_batch(batch_meta, buffer.pts, buffer.duration)

    def write(self, batch_meta: Any, pts: int | None = None) -> None:
        """Record a batch that a test has built; ``pts`` is its time in ns.

        Raises:
            StreamError: the file cannot be written.
        """
        with self._lock:
            self._begun(batch_meta).add_batch(batch_meta, pts, None)

    def close(self) -> None:
        """Write what waits and the end of the recording; nothing if none was begun.

        Raises:
            StreamError: not all could be written.
        """
        self._close(eos=False)

    def __enter__(self) -> MetaRecorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _begun(self, batch_meta: Any, pad: Gst.Pad | None = None) -> _OpenRecording:
        if self._open is None:
            self._open = _OpenRecording(self.path, _encoder(batch_meta, self._tensors))
            if pad is not None:
                self._watch.begin(pad)
                self._saw_caps(pad, pad.get_current_caps())
        return self._open

    def _close(self, *, eos: bool) -> None:
        with self._lock:
            recording, self._open = self._open, None
        if recording is not None:
            recording.finish(eos)

    # What else happens on the pad

    def _saw_event(self, pad: Gst.Pad, event: Gst.Event) -> None:
        record = event_record(event)
        with self._lock:
            if record is not None and self._open is not None:
                self._open.add(record)
        kind: Any = event.type
        if kind == Gst.EventType.EOS and not is_being_stopped(pad):
            self._end(pad, eos=True)

    def _stopped(self, pad: Gst.Pad) -> None:
        self._watch.end()
        self._end(pad, eos=False)

    def _saw_caps(self, pad: Gst.Pad, caps: Gst.Caps | None) -> None:
        record = None if caps is None else caps_record(caps)
        with self._lock:
            if record is not None and self._open is not None:
                self._open.add(record)

    def _end(self, pad: Gst.Pad, *, eos: bool) -> None:
        try:
            self._close(eos=eos)
        except StreamError as error:
            logger.error("%s", error)
            element = pad.get_parent_element()
            if element is not None:
                quark, code = Gst.ResourceError.quark(), int(Gst.ResourceError.WRITE)
                element.message_full(
                    Gst.MessageType.ERROR, quark, code, str(error), None, "", "", 0
                )


def metarecord(path: str | os.PathLike[str], *, tensors: bool = False) -> MetaRecorder:
    """A probe that records the metadata of every buffer to a file, to be replayed anywhere.

    ::

        app.probe("pgie", "src")(metarecord("street.jsonl"))

    Frames, objects, classifications, analytics, display shapes, segmentations, event messages,
    what the tracker says, user metadata that is plain data, the ends of sources, caps and times are
    recorded, on DeepStream as well as on the portable runtime. What cannot be recorded is counted,
    and told at the end.

    Args:
        path: The file, which is overwritten: MessagePack if its name ends in ``.msgpack`` or
            ``.mpk``, else JSON lines.
        tensors: Record raw outputs of networks and optical flow too, which are large.

    Raises:
        StreamError: The file cannot be written.
        MissingDependencyError: MessagePack was asked for, and its library is not installed.
    """
    return MetaRecorder(path, tensors=tensors)


def _encoder(batch_meta: Any, tensors: bool) -> Encoder:
    if isinstance(batch_meta.frame_meta_list, list):
        return Encoder(tensors=tensors)
    from pythia.recording.deepstream import DeepStreamEncoder

    return DeepStreamEncoder(tensors=tensors)


def _header() -> dict[str, Any]:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {
        "pythia": MARK,
        "version": VERSION,
        "by": __version__,
        "runtime": runtime(),
        "recorded": now,
    }


def _require_writable(path: Path) -> None:
    """Say at once what the first buffer would meet; the file itself is not touched yet."""
    if path.is_dir():
        raise cannot_write(path, IsADirectoryError(21, "it is a folder"))
    if not path.parent.is_dir():
        raise cannot_write(path, FileNotFoundError(2, f"there is no folder {path.parent}"))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise cannot_write(path, PermissionError(13, "permission denied"))


def _name_of(pad: Gst.Pad) -> str:
    element = pad.get_parent_element()
    return f"{element.get_name() if element is not None else ''}.{pad.get_name()}"


class _OpenRecording:
    """A file that is being written."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self._path = path
        self._encoder = encoder
        self._batches = 0
        self._failure: BaseException | None = None
        self._worker = Worker(RecordFile(path), queue=_QUEUE, on_failure=self._failed)
        self._worker.start()
        self.add(_header())

    def _failed(self, error: BaseException) -> None:
        self._failure = error

    def add(self, record: dict[str, Any]) -> None:
        """Write a record, in the background."""
        if self._failure is not None:
            raise StreamError(
                f"metadata cannot be recorded to {str(self._path)!r}: {self._failure}"
            )
        self._worker.offer(record)

    def add_batch(self, batch_meta: Any, pts: int | None, duration: int | None) -> None:
        """Write a batch; it may change as soon as this returns."""
        self.add(self._encoder.record(batch_meta, pts, duration))
        self._batches += 1

    def finish(self, eos: bool) -> None:
        """Write the end and close the file.

        Raises:
            StreamError: not all could be written.
        """
        left_out = dict(self._encoder.left_out)
        end = {"batches": self._batches, "eos": eos, "left_out": left_out}
        self._worker.offer({"end": end})
        self._worker.drain(_DRAIN_S)
        self._worker.close()
        if left_out:
            listed = ", ".join(f"{count} of {name}" for name, count in left_out.items())
            logger.warning("%s: not recorded: user metadata, %s", self._path, listed)

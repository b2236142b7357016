"""A queue of byte strings on the disk, which outlives the process."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pythia.event_stream.file import write_all

logger = logging.getLogger("pythia.event_stream")

_RECORD = struct.Struct("<II")
"""Before each payload: its length and its CRC-32."""

_POSITION = struct.Struct("<QQI")
"""Number of a segment, offset in it, and the CRC-32 of both."""

_SEGMENT_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC


class JournalFullError(OSError):
    """The journal has reached its bound."""


class Journal:
    """Records in segment files ``NUMBER.journal``, oldest first, and the file ``confirmed``.

    What is written has reached the kernel when ``append`` returns, so the death of the process
    loses nothing; only with ``sync`` has it reached the disk too, and survives a power cut. A
    record that was half written is told by its CRC and dropped. Segments are removed once all
    their records are confirmed. For one process at a time; not thread-safe.

    Args:
        folder: Made if missing, readable by the user only.
        max_bytes: Most bytes that the segments take together.
        sync: Whether each ``append`` waits for the disk.

    Attributes:
        count: Records that are not confirmed.

    Raises:
        BlockingIOError: Another process uses the folder.
        OSError: The folder cannot be used.
    """

    def __init__(self, folder: Path, max_bytes: int, *, sync: bool = False) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._sync = sync
        self._segment_bytes = max(1, min(_SEGMENT_BYTES, max_bytes // 4))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(folder / "lock", _FLAGS, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise
        self._confirmed = os.open(folder / "confirmed", _FLAGS, 0o600)
        self._sizes = {int(path.stem): path.stat().st_size for path in folder.glob("*.journal")}
        self._position = self._next = self._read_position()
        self._last = max([*self._sizes, self._position[0]])
        self._writer: int | None = None
        self.count = sum(1 for _ in self._records())

    def append(self, payloads: Sequence[bytes]) -> None:
        """Add records, all or none of them.

        Raises:
            JournalFullError: There is no room within the bound.
            OSError: The disk does not take them.
        """
        data = b"".join(
            part for one in payloads for part in (_RECORD.pack(len(one), zlib.crc32(one)), one)
        )
        try:
            self._append(data)
        except OSError:
            if self.count or not self._sizes:
                raise
            self._clear()  # all in the files is confirmed, they only take up room
            self._append(data)
        self.count += len(payloads)

    def _append(self, data: bytes) -> None:
        if sum(self._sizes.values()) + len(data) > self._max_bytes:
            raise JournalFullError(errno.ENOSPC, f"the bound of {self._max_bytes} bytes is reached")
        if self._writer is None or self._sizes[self._last] >= self._segment_bytes:
            self._writer = self._begin_segment()
        size = self._sizes[self._last]
        try:
            write_all(self._writer, data)
            if self._sync:
                os.fdatasync(self._writer)
        except OSError:
            os.ftruncate(self._writer, size)
            raise
        self._sizes[self._last] = size + len(data)

    def read(self, most: int) -> list[bytes]:
        """Return the oldest records; they stay until they are confirmed."""
        payloads = []
        for payload, position in self._records():
            payloads.append(payload)
            self._next = position
            if len(payloads) == most:
                break
        if self.count and not payloads:
            logger.error("%s: %d events cannot be read any more", self.folder, self.count)
            self.count = 0
        return payloads

    def confirm(self, count: int) -> None:
        """Remove the ``count`` records that the last :meth:`read` returned.

        Where the disk does not take note of it, a later process gives them out once more.
        """
        self._position = self._next
        self.count -= count
        for number in [one for one in self._sizes if one < self._position[0]]:
            self._remove(number)
        try:
            os.pwrite(self._confirmed, _packed(*self._position), 0)
        except OSError as error:
            logger.debug("%s: not noted what is confirmed: %s", self.folder, error.strerror)

    def _clear(self) -> None:
        if self._writer is not None:
            os.close(self._writer)
            self._writer = None
        for number in list(self._sizes):
            self._remove(number)

    def close(self) -> None:
        """Close the files; an empty journal leaves only its lock behind."""
        if not self.count:
            self._clear()
            (self.folder / "confirmed").unlink(missing_ok=True)
        if self._writer is not None:
            os.close(self._writer)
        os.close(self._confirmed)
        os.close(self._lock)

    def _records(self) -> Iterator[tuple[bytes, tuple[int, int]]]:
        """Each record that is not confirmed, and the position behind it."""
        first, start = self._position
        for number in sorted(one for one in self._sizes if one >= first):
            offset = start if number == first else 0
            with open(self._path(number), "rb", buffering=_CHUNK_BYTES) as segment:
                segment.seek(offset)
                while (payload := _read_record(segment.read)) is not None:
                    offset += _RECORD.size + len(payload)
                    yield payload, (number, offset)
            if offset < self._sizes[number]:
                torn = self._sizes[number] - offset
                logger.warning("%s: dropped a torn record of %d bytes", segment.name, torn)
                self._sizes[number] = offset

    def _begin_segment(self) -> int:
        # Never into a segment of an earlier run: its end may be torn.
        number = self._last + 1
        writer = os.open(self._path(number), _FLAGS | os.O_APPEND | os.O_EXCL, 0o600)
        if self._writer is not None:
            os.close(self._writer)
        self._last = number
        self._sizes[number] = 0
        return writer

    def _read_position(self) -> tuple[int, int]:
        """Where the confirmed records end; what cannot be read means that all are sent again."""
        packed = os.pread(self._confirmed, _POSITION.size, 0)
        with contextlib.suppress(struct.error):
            number, offset, _ = _POSITION.unpack(packed)
            if packed == _packed(number, offset):
                return number, offset
        return 0, 0

    def _remove(self, number: int) -> None:
        self._path(number).unlink(missing_ok=True)
        del self._sizes[number]

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:016d}.journal"


def _packed(number: int, offset: int) -> bytes:
    return _POSITION.pack(number, offset, zlib.crc32(struct.pack("<QQ", number, offset)))


def _read_record(read: Callable[[int], bytes]) -> bytes | None:
    """The payload of the next record, None at the end or where the record is torn."""
    head = read(_RECORD.size)
    if len(head) < _RECORD.size:
        return None
    size, crc = _RECORD.unpack(head)
    payload = read(size)
    return payload if len(payload) == size and zlib.crc32(payload) == crc else None

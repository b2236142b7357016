"""Reading of recordings, one record after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from pythia.exceptions import MissingDependencyError, RecordingError
from pythia.meta.portable import PortableBatch
from pythia.recording.decode import BadDataError, decode_batch
from pythia.recording.schema import EVENTS, MARK, VERSION

_FIRST = '{"pythia": "metadata", "version": 1}'
_CHUNK = 1 << 16
_MSGPACK_MAPS = (*range(0x80, 0x90), 0xDE, 0xDF)


@dataclass(frozen=True)
class Caps:
    """Frames from here on: size in pixels; ``framerate`` is a fraction."""

    width: int
    height: int
    format: str = "NV12"
    framerate: tuple[int, int] = (30, 1)


@dataclass(frozen=True)
class RecordedBatch:
    """One buffer; times in ns, None where they were not known."""

    batch: PortableBatch
    pts: int | None = None
    duration: int | None = None


@dataclass(frozen=True)
class SourceEvent:
    """What nvstreammux said of a source: one of ``schema.EVENTS``."""

    name: str
    source: int


@dataclass(frozen=True)
class End:
    """The end: how many batches there were, and whether the stream had ended."""

    batches: int
    eos: bool = False


Record = Caps | RecordedBatch | SourceEvent | End


class Recording:
    """A file of recorded metadata; each iteration reads it anew, record by record.

    Args:
        path: JSON lines or MessagePack, which its first byte tells.

    Attributes:
        header: the first record.

    Raises:
        RecordingError: the file cannot be read or is no recording; iterating raises it, too, with
            the line (or the number of the MessagePack record) where something is wrong.
        MissingDependencyError: it is MessagePack, and the library is not installed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as file:
                _, self.header = next(self._records(file), ("", {}))
        except OSError as error:
            raise RecordingError(
                f"cannot read the recording {os.fspath(path)!r}: {error.strerror}"
            ) from error
        self._check_header()

    def __iter__(self) -> Iterator[Record]:
        """Each record after the first, the end included.

        Raises:
            RecordingError: as above.
        """
        batches, ended = 0, False
        where = f"{self.path}:1"
        with self.path.open("rb") as file:
            for where, data in self._records(file):
                if "pythia" in data:
                    continue
                record = _checked(where, data)
                batches += isinstance(record, RecordedBatch)
                if ended:
                    raise RecordingError(f"{where}: a record behind the end of the recording")
                if isinstance(record, End):
                    ended = True
                    self._check_count(where, batches, record.batches)
                yield record
        if not ended:
            raise RecordingError(
                f"{where}: the recording has no end behind this: it was cut off, or the program "
                f'that wrote it was killed; add {{"end": {{"batches": {batches}}}}} to use the '
                f"{batches} batches that are there"
            )

    def _check_header(self) -> None:
        header = self.header
        where = f"{self.path}:1"
        if not header:
            raise RecordingError(f"{where}: the file is empty, and no recording of metadata")
        if header.get("pythia") != MARK:
            raise RecordingError(f"{where}: {self._foreign(f'it begins with {_shown(header)}')}")
        version = header.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise RecordingError(f"{where}: version {version!r} is no version of the format")
        if version > VERSION:
            raise RecordingError(
                f"{where}: this is version {version} of the format, written by pythia "
                f"{header.get('by', '(unknown)')}, and versions up to {VERSION} are known here: "
                "update pythia"
            )

    @staticmethod
    def _foreign(found: str) -> str:
        return (
            f"this is no recording of metadata: {found}, and a recording begins with {_FIRST}; "
            "metarecord makes them"
        )

    @staticmethod
    def _check_count(where: str, found: int, told: int) -> None:
        if found != told:
            raise RecordingError(f"{where}: {told} batches were recorded, and {found} are here")

    # Framing

    def _records(self, file: BinaryIO) -> Iterator[tuple[str, dict[str, Any]]]:
        """Where a record stands, and its data."""
        first = file.read(1)
        file.seek(0)
        if first and first[0] in _MSGPACK_MAPS:
            yield from self._packed(file)
        else:
            yield from self._lines(file)

    def _lines(self, file: BinaryIO) -> Iterator[tuple[str, dict[str, Any]]]:
        for number, line in enumerate(file, 1):
            where = f"{self.path}:{number}"
            if not line.strip():
                continue
            try:
                data = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise RecordingError(f"{where}: {self._broken(number, line, error)}") from None
            yield where, self._map(where, data)

    def _broken(self, number: int, line: bytes, error: orjson.JSONDecodeError) -> str:
        if number == 1:
            return self._foreign(f"its first line is no JSON ({error})")
        if not line.endswith(b"\n"):
            return (
                f"the file ends in the middle of this line: it was cut off; remove line {number} "
                f"and add the end to use the {number - 1} lines before it"
            )
        return f"not JSON: {error}"

    def _packed(self, file: BinaryIO) -> Iterator[tuple[str, dict[str, Any]]]:
        try:
            import msgpack
        except ImportError as error:
            raise MissingDependencyError(
                f"{self.path} is MessagePack, which needs the library 'msgpack': "
                "pip install 'pythiags[msgpack]'"
            ) from error
        unpacker = msgpack.Unpacker(strict_map_key=False)
        number = begin = fed = 0
        while chunk := file.read(_CHUNK):
            unpacker.feed(chunk)
            fed += len(chunk)
            while True:
                number, begin = number + 1, unpacker.tell()
                where = f"{self.path}:{number}"
                try:
                    data = unpacker.unpack()
                except msgpack.OutOfData:
                    number -= 1
                    break
                except (ValueError, msgpack.UnpackException) as error:
                    what = self._foreign(f"no MessagePack ({error})") if number == 1 else error
                    raise RecordingError(f"{where}: (record, byte {begin}) {what}") from None
                yield where, self._map(where, data)
        if begin < fed:
            raise RecordingError(
                f"{self.path}:{number + 1}: the file ends in the middle of this record (byte "
                f"{begin}): it was cut off; it is whole up to there"
            )

    def _map(self, where: str, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            what = f"found {_shown(data)}"
            first = where.endswith(":1")
            text = self._foreign(what) if first else f"a record is an object, {what}"
            raise RecordingError(f"{where}: {text}")
        return data


def _checked(where: str, data: dict[str, Any]) -> Record:
    try:
        return _record(data)
    except (BadDataError, TypeError, ValueError, KeyError) as error:
        text = str(error) if isinstance(error, BadDataError) else f"{type(error).__name__}: {error}"
        raise RecordingError(f"{where}: {text}") from None


def _record(data: dict[str, Any]) -> Record:
    if "batch" in data:
        batch = decode_batch(data["batch"])
        return RecordedBatch(batch, _time(data, "pts"), _time(data, "duration"))
    if "caps" in data:
        return _caps(data["caps"])
    if "event" in data:
        return _event(data)
    if "end" in data and isinstance(data["end"], dict):
        return End(int(data["end"].get("batches", 0)), bool(data["end"].get("eos", False)))
    raise BadDataError(f"expected batch, caps, event or end, found {_shown(data)}")


def _time(data: dict[str, Any], name: str) -> int | None:
    value = data.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise BadDataError(f"{name}: expected nanoseconds, found {value!r}")
    return value


def _caps(data: Any) -> Caps:
    given = data if isinstance(data, dict) else {}
    rate = given.get("framerate", [30, 1])
    numbers = [given.get("width"), given.get("height"), *(rate if isinstance(rate, list) else [])]
    whole = [number for number in numbers if isinstance(number, int)]
    if len(numbers) != 4 or len(whole) != 4 or min(whole) < 0:
        raise BadDataError(f"caps: expected width, height, format and framerate, found {data!r}")
    width, height, *fraction = whole
    return Caps(width, height, str(given.get("format")), (fraction[0], fraction[1]))


def _event(data: dict[str, Any]) -> SourceEvent:
    name, source = data["event"], data.get("source")
    if name not in EVENTS or not isinstance(source, int):
        raise BadDataError(
            f"event {name!r} of source {source!r}; available: {', '.join(EVENTS)} of a number"
        )
    return SourceEvent(name, source)


def _shown(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= 60 else f"{text[:57]}..."

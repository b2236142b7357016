"""Typed values out of the text of a configuration file.

A reader turns the text of one value, and the directory of the file, into a Python value, or
raises ``ValueError`` with what it expected.
"""

from __future__ import annotations

import difflib
import logging
import math
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from pythia.exceptions import ConfigError
from pythia.vision.config_file import split_list

_log = logging.getLogger("pythia.vision.config")

Reader = Callable[[str, Path], Any]


def text(value: str, _directory: Path) -> str:
    """The value as it is."""
    return value


def boolean(value: str, _directory: Path) -> bool:
    """``1`` or ``true``, ``0`` or ``false``, as GKeyFile reads them."""
    if value not in ("0", "1", "true", "false"):
        raise ValueError("0, 1, true or false")
    return value in ("1", "true")


def path(value: str, directory: Path) -> Path | None:
    """An absolute path; relative ones start at the directory of the configuration file."""
    return Path(directory, value).resolve() if value else None


def integer(low: int | None = None, high: int | None = None) -> Reader:
    """A whole number between ``low`` and ``high``, both included."""
    expected = "an integer" + _between(low, high)

    def read(value: str, _directory: Path) -> int:
        return int(_in_range(int, value, low, high, expected))

    return read


def number(low: float | None = None, high: float | None = None) -> Reader:
    """A finite number between ``low`` and ``high``, both included."""
    expected = "a number" + _between(low, high)

    def read(value: str, _directory: Path) -> float:
        return float(_in_range(float, value, low, high, expected))

    return read


def choice(*allowed: int) -> Reader:
    """One of a few whole numbers."""

    def read(value: str, _directory: Path) -> int:
        if value not in map(str, allowed):
            raise ValueError("one of " + ", ".join(map(str, allowed)))
        return int(value)

    return read


def list_of(item: Reader, *lengths: int) -> Reader:
    """A tuple out of a ``;`` list; ``lengths`` are the numbers of items allowed, if not any."""

    def read(value: str, directory: Path) -> tuple[Any, ...]:
        items = split_list(value)
        if lengths and len(items) not in lengths:
            raise ValueError(f"{' or '.join(map(str, lengths))} values separated by ;")
        try:
            return tuple(item(entry, directory) for entry in items)
        except ValueError as error:
            raise ValueError(f"a list with ; between the items, each {error}") from error

    return read


def read_keys(
    values: Mapping[str, str], readers: Mapping[str, Reader], group: str, file: Path
) -> dict[str, Any]:
    """Every value of ``values`` that has a reader, read; the others are warned about.

    Raises:
        ConfigError: a value is not what its reader expects.
    """
    read = {}
    for key, value in values.items():
        if key not in readers:
            _log.warning(
                "%s: unknown key %r in group [%s] is ignored%s",
                file,
                key,
                group,
                hint(key, readers),
            )
            continue
        try:
            read[key] = readers[key](value, file.parent)
        except ValueError as error:
            raise ConfigError(
                f"{file}: group [{group}], key {key}: found {value!r}, expected {error}"
            ) from error
    return read


def hint(name: str, known: Collection[str]) -> str:
    """``"; did you mean ...?"`` where something known is close to ``name``, else nothing."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def _between(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    return f" of at most {high}" if high is not None else ""


def _in_range(
    kind: type[int] | type[float], value: str, low: float | None, high: float | None, expected: str
) -> float:
    try:
        found = kind(value)
    except ValueError:
        raise ValueError(expected) from None
    too_low = low is not None and found < low
    too_high = high is not None and found > high
    if not math.isfinite(found) or too_low or too_high:
        raise ValueError(expected)
    return found

"""Stand-ins for files that configurations name and the machine has not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Finder = Callable[[Path], Path | None]

_finder: Finder | None = None


def set_finder(finder: Finder | None) -> None:
    """Ask ``finder`` about every missing file from now on; None asks nobody, as in the beginning.

    It gets an absolute path and returns that of a file to use instead, or None.
    """
    global _finder
    _finder = finder


def present(file: Path) -> Path:
    """Return the file, or where it is missing and somebody knows a stand-in, that."""
    if _finder is None or file.exists():
        return file
    return _finder(file.absolute()) or file

"""Label files of nvinfer."""

from __future__ import annotations

from pathlib import Path

from pythia.exceptions import ConfigError
from pythia.vision.missing_file import present

Labels = tuple[tuple[str, ...], ...]


def read_labels(path: Path) -> Labels:
    """One tuple a line of the file, its items separated by ``;``; empty lines do not count.

    A detector has one class a line. A classifier has one attribute a line, with its classes
    separated by ``;``.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        text = present(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"labelfile-path {path} cannot be read: {error}") from error
    lines = (line.strip() for line in text.splitlines())
    return tuple(tuple(map(str.strip, line.rstrip(";").split(";"))) for line in lines if line)


def label_of(labels: Labels, row: int, column: int = 0) -> str:
    """One label, or nothing where the file has none; the indices count from 0."""
    if 0 <= row < len(labels) and 0 <= column < len(labels[row]):
        return labels[row][column]
    return ""

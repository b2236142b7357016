"""The files of ``terminatedTrackFilename``: tracks that ended, one file a source."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from pythia.exceptions import ConfigError
from pythia.vision.tracking.frame import Track


class TrackFile:
    """Writes tracks as MOTChallenge does, with DeepStream's further columns.

    A line is frame, id, left, top, width, height, confidence, -1, -1, class, -1, visibility, -1,
    -1; where it has -1 there are places on the ground, which only 3D tracking knows. Boxes are in
    pixels of the tracker's frame.

    Args:
        prefix: path of the files up to the number of the source, from the working directory on.

    Raises:
        ConfigError: files cannot be made there.
    """

    def __init__(self, prefix: str) -> None:
        folder = Path(prefix).absolute().parent
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ConfigError(
                f"terminatedTrackFilename: files {prefix}0.txt and so on cannot be written; is "
                f"{folder} a folder that you may write to?"
            )
        self._prefix = prefix
        self._files: dict[int, TextIO] = {}

    def write(self, source: int, tracks: Iterable[Track]) -> None:
        """Add whole tracks to the file of a source."""
        for track in tracks:
            lines = [
                f"{moment.frame_num}, {track.id}, "
                + ", ".join(f"{value:.3f}" for value in (*moment.box, moment.confidence))
                + f", -1, -1, {track.class_id}, -1, {moment.visibility:.3f}, -1, -1\n"
                for moment in track.moments
            ]
            self._file(source).writelines(lines)

    def _file(self, source: int) -> TextIO:
        if source not in self._files:
            path = Path(f"{self._prefix}{source}.txt")
            self._files[source] = path.open("w", encoding="ascii")
        return self._files[source]

    def close(self) -> None:
        """Close all files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

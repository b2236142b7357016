"""The files of ``terminatedTrackFilename``: tracks that ended, one file a stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from pythia.exceptions import ConfigError
from pythia.vision.tracking.frame import Track


class TrackFile:
    """Writes tracks as MOTChallenge does, with DeepStream's further columns.

    A line is frame, id, left, top, width, height, confidence, -1, -1, class, -1, visibility, -1,
    -1; where it has -1 there are places on the ground, which only 3D tracking knows. Boxes are in
    pixels of the tracker's frame.

    Args:
        prefix: path of the files up to the number of the stream, from the working directory on.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._files: dict[int, TextIO] = {}

    def write(self, stream: int, tracks: Iterable[Track]) -> None:
        """Add whole tracks to the file of a stream.

        Raises:
            ConfigError: the file cannot be written.
        """
        for track in tracks:
            lines = [
                f"{moment.frame_num}, {track.id}, "
                + ", ".join(f"{value:.3f}" for value in (*moment.box, moment.confidence))
                + f", -1, -1, {track.class_id}, -1, {moment.visibility:.3f}, -1, -1\n"
                for moment in track.moments
            ]
            self._file(stream).writelines(lines)

    def _file(self, stream: int) -> TextIO:
        if stream not in self._files:
            path = f"{self._prefix}{stream}.txt"
            try:
                self._files[stream] = open(path, "w", encoding="ascii")  # noqa: SIM115
            except OSError as error:
                raise ConfigError(
                    f"terminatedTrackFilename: {path} cannot be written: {error.strerror}"
                ) from error
        return self._files[stream]

    def close(self) -> None:
        """Close all files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

"""Sequences of the MOTChallenge, one for each source: https://motchallenge.net/instructions/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pythia.recipes.annotations import Annotation, Categories, Picture


@dataclass
class _Sequence:
    folder: Path
    det: TextIO
    first: Picture
    gt: TextIO | None = None
    last: int = 0


class MotFolder:
    """Writes ``source_0/det/det.txt``, ``gt/gt.txt`` where objects are tracked, ``seqinfo.ini``.

    As the format asks, frames and pixels count from 1: frame 1 is ``frame_num`` 0, and its image
    ``img1/000001.jpg``. ``det.txt`` has what was detected, ``gt.txt`` what was tracked.

    Args:
        folder: The folder, which exists.
        fps: Frames a second of the sources; 0 where that is not known.
    """

    def __init__(self, folder: Path, fps: float = 0.0) -> None:
        self._folder = folder
        self._fps = fps
        self._sequences: dict[int, _Sequence] = {}

    @staticmethod
    def image(picture: Picture) -> str:
        """Return where the image of a frame belongs, below the folder."""
        return f"{_name(picture.source)}/img1/{picture.frame_num + 1:06d}{picture.suffix}"

    def add(self, picture: Picture, annotations: Sequence[Annotation]) -> None:
        """Write down one frame."""
        sequence = self._sequence(picture)
        sequence.last = max(sequence.last, picture.frame_num + 1)
        for each in annotations:
            if each.detected:
                sequence.det.write(f"{_start(picture, -1, each)},{each.confidence:.6f},-1,-1,-1\n")
            if each.track_id is not None:
                gt = self._gt(sequence)
                gt.write(f"{_start(picture, each.track_id, each)},1,{each.category + 1},1\n")

    def close(self, categories: Categories) -> None:
        """Complete the files."""
        for sequence in self._sequences.values():
            sequence.det.close()
            if sequence.gt is not None:
                sequence.gt.close()
            self._write_info(sequence)

    def _sequence(self, picture: Picture) -> _Sequence:
        found = self._sequences.get(picture.source)
        if found is None:
            folder = self._folder / _name(picture.source)
            (folder / "det").mkdir(parents=True, exist_ok=True)
            det = (folder / "det" / "det.txt").open("w", encoding="ascii")
            found = self._sequences[picture.source] = _Sequence(folder, det, picture)
        return found

    def _gt(self, sequence: _Sequence) -> TextIO:
        if sequence.gt is None:
            (sequence.folder / "gt").mkdir(exist_ok=True)
            sequence.gt = (sequence.folder / "gt" / "gt.txt").open("w", encoding="ascii")
        return sequence.gt

    def _write_info(self, sequence: _Sequence) -> None:
        first = sequence.first
        lines = [
            "[Sequence]",
            f"name={sequence.folder.name}",
            "imDir=img1",
            f"frameRate={round(self._fps) or 30}",
            f"seqLength={sequence.last}",
            f"imWidth={first.width}",
            f"imHeight={first.height}",
            f"imExt={first.suffix}",
            "",
        ]
        (sequence.folder / "seqinfo.ini").write_text("\n".join(lines), encoding="ascii")


def _name(source: int) -> str:
    return f"source_{source}"


def _start(picture: Picture, track_id: int, annotation: Annotation) -> str:
    box = annotation.box
    left, top = box.left + 1, box.top + 1
    numbers = ",".join(f"{value:.3f}" for value in (left, top, box.width, box.height))
    return f"{picture.frame_num + 1},{track_id},{numbers}"

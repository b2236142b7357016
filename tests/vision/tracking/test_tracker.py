from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pythia.exceptions import ConfigError
from pythia.vision.tracking.config import TargetManagement, TrackerConfig, TrajectoryManagement
from pythia.vision.tracking.frame import Frame
from pythia.vision.tracking.tracker import IdCounter, Tracker

_CONFIG = TrackerConfig(target_management=TargetManagement(probation_age=0))
_BOXES = np.array([[10.0, 10, 40, 40], [100.0, 100, 40, 40]])


def _frame(number: int = 0) -> Frame:
    return Frame(number, (320, 240), _BOXES, np.array([0, 5]), np.ones(2))


def _ids(tracker: Tracker, source: int) -> list[int]:
    return [one.id for one in tracker.process((source, 0), _frame()).tracked]


def test_no_two_targets_of_any_streams_have_the_same_id() -> None:
    tracker = Tracker(_CONFIG, IdCounter())

    assert [_ids(tracker, source) for source in (4, 7)] == [[0, 1], [2, 3]]
    assert [_ids(tracker, source) for source in (7, 4)] == [[2, 3], [0, 1]]


def test_unique_ids_have_a_random_number_of_the_stream_in_the_upper_half() -> None:
    rules = TrajectoryManagement(use_unique_id=True)
    tracker = Tracker(replace(_CONFIG, trajectory_management=rules), IdCounter())

    first, second = _ids(tracker, 0), _ids(tracker, 1)

    assert [one & 0xFFFFFFFF for one in first + second] == [0, 1, 0, 1]
    assert first[0] >> 32 == first[1] >> 32 != second[0] >> 32
    assert max(first + second) < 2**64


def test_a_stream_that_is_removed_begins_anew() -> None:
    tracker = Tracker(_CONFIG, IdCounter())
    _ids(tracker, 3)

    tracker.remove((3, 0))

    assert tracker.streams == ()
    assert _ids(tracker, 3) == [2, 3]


def test_tracks_are_written_to_a_file_of_their_stream(tmp_path: Path) -> None:
    rules = replace(_CONFIG.target_management, terminated_track_filename=str(tmp_path / "track_"))
    tracker = Tracker(replace(_CONFIG, target_management=rules), IdCounter())

    for number in (0, 1):
        tracker.process((6, 0), _frame(number))
    tracker.close()

    lines = (tmp_path / "track_6.txt").read_text().splitlines()
    assert lines[0] == "0, 0, 10.000, 10.000, 40.000, 40.000, 1.000, -1, -1, 0, -1, 1.000, -1, -1"
    assert [tuple(line.split(", ")[:2]) for line in lines] == [
        ("0", "0"),
        ("1", "0"),
        ("0", "1"),
        ("1", "1"),
    ]


def test_files_that_cannot_be_written_are_an_error_at_once(tmp_path: Path) -> None:
    rules = replace(_CONFIG.target_management, terminated_track_filename=str(tmp_path / "no" / "t"))

    with pytest.raises(ConfigError, match=r"terminatedTrackFilename: .*t0\.txt and so on cannot"):
        Tracker(replace(_CONFIG, target_management=rules), IdCounter())

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pythia.event_stream import open_stream
from pythia.exceptions import StreamError


def test_a_file_that_would_grow_too_large_makes_place_for_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    stream = open_stream(f"file://{path}?rotate_mb=0.001")

    stream.connect()
    for number in range(20):
        stream.post([b"%0200d" % number])
    stream.close()

    files = [*sorted(tmp_path.glob("events-*Z.jsonl")), path]
    lines = [int(line) for file in files for line in file.read_text().splitlines()]
    assert lines == list(range(20))
    assert [file.stat().st_size for file in files] == [1005, 1005, 1005, 1005]


def test_a_file_that_is_too_old_makes_place_for_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    stream = open_stream(f"file://{path}?rotate_s=60")
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    stream.connect()
    for now[0] in (100.0, 159.0, 161.0, 200.0):
        stream.post([b"%d" % now[0]])
    stream.close()

    assert path.read_text() == "161\n200\n"
    assert [old.read_text() for old in tmp_path.glob("events-*")] == ["100\n159\n"]


def test_only_the_latest_files_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl.gz"
    (tmp_path / "events-mine.jsonl.gz").touch()
    stream = open_stream(f"file://{path}?rotate_mb=0.001&keep=2&gzip=yes&batch=1")

    stream.connect()
    for number in range(300):
        stream.post([b"%d" % number])
    stream.close()

    files = [*sorted(tmp_path.glob("events-2*Z.jsonl.gz")), path]
    lines = [int(line) for file in files for line in gzip.decompress(file.read_bytes()).split()]
    assert len(files) == 3
    assert lines == list(range(300))[-len(lines) :]
    assert (tmp_path / "events-mine.jsonl.gz").exists()


def test_a_compressed_file_can_be_read_before_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl.gz"
    stream = open_stream(f"file://{path}?gzip=yes")

    stream.connect()
    stream.post([b"1", b"2"])
    stream.post([b"3"])
    read = gzip.decompress(path.read_bytes())
    stream.close()

    assert read == b"1\n2\n3\n"


def test_keeping_without_rotating_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match="keep= needs rotate_mb= or rotate_s="):
        open_stream(f"file://{tmp_path}/x?keep=2")

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import pytest

from pythia.event_stream import Stream, open_stream
from pythia.event_stream.memory import STORAGE
from pythia.exceptions import StreamError

Case = tuple[str, Callable[[], list[bytes]]]


@pytest.fixture(params=["file", "log file", "log stdout", "log stderr", "memory"])
def case(request: pytest.FixtureRequest, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Case:
    """A URI, and a function that returns what has arrived there."""
    path, name = tmp_path / "events.jsonl", uuid.uuid4().hex
    cases: dict[str, Case] = {
        "file": (f"file://{path}", lambda: path.read_bytes().splitlines()),
        "log file": (f"log://{path}", lambda: path.read_bytes().splitlines()),
        "log stdout": ("log://", lambda: capfd.readouterr().out.encode().splitlines()),
        "log stderr": (
            "log://?stream=stderr",
            lambda: capfd.readouterr().err.encode().splitlines(),
        ),
        "memory": (f"memory://?stream={name}", lambda: list(STORAGE.pop(name))),
    }
    return cases[request.param]


def test_batches_arrive_whole_and_in_order(case: Case) -> None:
    uri, arrived = case
    stream = open_stream(uri)

    stream.connect()
    stream.post([b'{"n":1}', b'{"n":2}'])
    stream.post([b'{"n":3}'])
    stream.close()

    assert arrived() == [b'{"n":1}', b'{"n":2}', b'{"n":3}']


def test_a_stream_may_be_connected_again_and_closed_twice(case: Case) -> None:
    uri, arrived = case
    stream = open_stream(uri)

    for line in (b"1", b"2"):
        stream.connect()
        stream.post([line])
        stream.close()
        stream.close()

    assert arrived() == [b"1", b"2"]


def test_overwriting_empties_the_file_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("old\n")
    stream = open_stream(f"file://{path}?mode=overwrite")

    for line in (b"1", b"2"):
        stream.connect()
        stream.post([line])
    stream.close()

    assert path.read_text() == "1\n2\n"


@pytest.mark.parametrize("scheme", ["file", "log"])
def test_a_file_that_cannot_be_opened_is_named_with_the_cause(scheme: str, tmp_path: Path) -> None:
    stream = open_stream(f"{scheme}://{tmp_path}/no/folder/x")

    with pytest.raises(StreamError, match=r"/no/folder/x' for writing: No such file"):
        stream.connect()


HALF_WRITTEN = """
import resource, sys
from pythia.event_stream import open_stream
from pythia.exceptions import StreamError

stream = open_stream(sys.argv[1])
stream.connect()
stream.post([b"first"])
# Python ignores SIGXFSZ, so a file that grows beyond its limit is an ordinary EFBIG.
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
try:
    stream.post([b"second" * 10])
except (StreamError, OSError) as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
stream.connect()
stream.post([b"second" * 10])
stream.post([b"third"])
stream.close()
"""


@pytest.mark.parametrize("scheme", ["file", "log"])
def test_a_batch_that_a_full_disk_took_half_of_stands_there_once(
    tmp_path: Path, scheme: str
) -> None:
    path = tmp_path / "events.jsonl"

    done = subprocess.run(
        [sys.executable, "-c", HALF_WRITTEN, f"{scheme}://{path}"],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "File too large" in done.stdout
    assert path.read_text() == "first\n" + "second" * 10 + "\nthird\n"


def test_a_replaced_standard_output_is_followed() -> None:
    replaced = io.StringIO()
    stream = open_stream("log://?stream=stdout")

    with contextlib.redirect_stdout(replaced):
        stream.connect()
        stream.post([b'"\xc3\xa4"'])

    assert replaced.getvalue() == '"ä"\n'


Pipe = tuple[io.BufferedReader, TextIO]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    read_fd, write_fd = os.pipe()
    with open(read_fd, "rb") as reader, open(write_fd, "w") as writer:
        yield reader, writer


def test_a_reader_that_has_gone_is_told_apart(pipe: Pipe) -> None:
    reader, writer = pipe
    stream = open_stream("log://")
    stream.connect()
    reader.close()

    with pytest.raises(BrokenPipeError), contextlib.redirect_stdout(writer):
        stream.post([b"1"])


def test_streams_of_one_output_never_mix_their_lines(pipe: Pipe) -> None:
    reader, writer = pipe
    streams = [open_stream("log://") for _ in range(4)]
    lines = [letter * 5_000 for letter in (b"a", b"b", b"c", b"d")]

    def post(stream: Stream, line: bytes) -> None:
        stream.connect()
        for _ in range(20):
            stream.post([line] * 3)

    threads = [
        threading.Thread(target=post, args=pair) for pair in zip(streams, lines, strict=True)
    ]
    with contextlib.redirect_stdout(writer):
        for thread in threads:
            thread.start()
        read = [reader.readline() for _ in range(240)]
        for thread in threads:
            thread.join(10)

    assert sorted(set(read)) == [line + b"\n" for line in lines]
    assert [read.count(line + b"\n") for line in lines] == [60] * 4


def test_closing_ends_a_post_whose_reader_does_not_read(pipe: Pipe) -> None:
    reader, writer = pipe
    stream = open_stream("log://")
    stream.connect()
    errors: list[str] = []

    def post() -> None:
        try:
            stream.post([b"x" * 1_000_000])
        except StreamError as error:
            errors.append(str(error))

    with contextlib.redirect_stdout(writer):
        thread = threading.Thread(target=post)
        thread.start()
        reader.read(100_000)
        stream.close()
        thread.join(5)

    assert not thread.is_alive()
    assert errors == ["log://: closed while its reader did not read"]


def test_the_memory_is_bounded_and_keeps_the_objects_themselves() -> None:
    name = uuid.uuid4().hex
    stream = open_stream(f"memory://?stream={name}&maxlen=2")
    events = [object(), object(), object()]

    stream.connect()
    stream.post(events)

    kept = STORAGE.pop(name)
    assert kept.maxlen == 2
    assert [a is b for a, b in zip(kept, events[1:], strict=True)] == [True, True]

"""Programs that are killed, interrupted, or left without a broker, in processes of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.applications import (
    arrived,
)
from support.servers import PASSWORD, Servers

pytestmark = pytest.mark.timeout(60)


PROGRAM = """
import sys, time
from pythia import Application

uri, n, frames, drain_timeout_s = sys.argv[1], *map(int, sys.argv[2:])
source = f"videotestsrc is-live=true num-buffers={frames}"
app = Application(
    f"{source} ! video/x-raw,width=16,height=16,framerate=300/1 ! fakesink name=end",
    drain_timeout_s=drain_timeout_s,
)

@app.probe("end", "sink", backend_uri=uri)
def number(pad, info):
    global n
    yield n
    n += 1

def say(word):
    (stream,) = app.stats()["streams"].values()
    yielded = app.stats()["probes"][0]["yielded"]
    print(word, yielded, stream.sent + stream.spooled, stream.queued, flush=True)
"""

WATCHED = """
app(background=True)
while not app.wait(0.02):
    say("running")
say("ended")
"""

FOREGROUND = """
import threading

over = threading.Event()

def watch():
    while not over.wait(0.02):
        if app.running and app.stats()["streams"]:
            say("running")

watcher = threading.Thread(target=watch)
watcher.start()
try:
    app()
finally:
    over.set()
    watcher.join()
    say("ended")
"""


class Program:
    """A small program with an application, in a process of its own."""

    def __init__(self, text: str, uri: str, first: int, frames: int, drain_s: int = 20) -> None:
        numbers = map(str, (first, frames, drain_s))
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM + text, uri, *numbers],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def read_until(self, enough: Callable[[int, int], bool]) -> tuple[int, int]:
        """Read until ``enough`` of what it yielded, and of what is safe."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            _, yielded, safe, _ = line.split()
            if enough(int(yielded), int(safe)):
                return int(yielded), int(safe)
        raise AssertionError(self.end())

    def end(self) -> tuple[list[str], str, int]:
        """The last words, the errors, and the exit code."""
        output, errors = self.process.communicate(timeout=40)
        return output.splitlines()[-1].split() if output else [], errors, self.process.returncode


def test_a_killed_program_started_again_sends_what_it_had_spooled(
    server_of: Servers, name: str, tmp_path: Path
) -> None:
    server = server_of("redis")
    uri = server.uri(name, "overflow=spool", f"spool_dir={tmp_path}", "connect=lazy")

    server.stop()
    first = Program(WATCHED, uri, 0, -1)
    _, safe_first = first.read_until(lambda _, safe: safe >= 100)
    first.process.kill()
    first.end()
    server.start()
    second = Program(WATCHED, uri, 10_000, -1)
    second.read_until(lambda _, safe: safe >= safe_first + 100)
    second.process.kill()
    second.end()
    third = Program(WATCHED, uri, 20_000, 50)
    words, errors, code = third.end()

    assert (code, errors) == (0, "")
    assert words[:2] == ["ended", "50"]
    found = arrived(server, name, 0)
    assert found == sorted(found)
    assert set(range(safe_first)) <= set(found)
    assert len([n for n in found if 10_000 <= n < 20_000]) >= 100
    assert found[-50:] == list(range(20_000, 20_050))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["lock"]


def test_ctrl_c_delivers_what_was_yielded(server_of: Servers, name: str) -> None:
    server = server_of("redis")
    program = Program(FOREGROUND, server.uri(name), 0, -1)

    program.read_until(lambda yielded, _: yielded > 20)
    program.process.send_signal(signal.SIGINT)
    words, errors, code = program.end()

    total = int(words[1])
    assert code == -signal.SIGINT
    assert words == ["ended", str(total), str(total), str(total)]
    assert arrived(server, name, total) == list(range(total))
    assert errors.rstrip().endswith("KeyboardInterrupt")


def test_ctrl_c_without_a_broker_tells_what_was_left(server_of: Servers, name: str) -> None:
    server = server_of("redis")
    server.stop()
    program = Program(FOREGROUND, server.uri(name, "connect=lazy"), 0, -1, drain_s=0)

    program.read_until(lambda yielded, _: yielded > 20)
    program.process.send_signal(signal.SIGINT)
    words, errors, code = program.end()

    assert code == -signal.SIGINT
    assert f"{words[1]} of {words[1]} events were not delivered" in errors
    assert PASSWORD not in errors


def test_a_second_ctrl_c_does_not_wait_for_the_broker(server_of: Servers, name: str) -> None:
    server = server_of("redis")
    server.stop()
    program = Program(FOREGROUND, server.uri(name, "connect=lazy"), 0, -1, drain_s=600)

    program.read_until(lambda yielded, _: yielded > 20)
    program.process.send_signal(signal.SIGINT)
    yielded = -1
    while yielded != (yielded := program.read_until(lambda *_: True)[0]):
        pass  # until it drains
    program.process.send_signal(signal.SIGINT)
    _, _, code = program.end()

    assert code == -signal.SIGINT


def test_undelivered_events_make_the_exit_code_non_zero(server_of: Servers, name: str) -> None:
    server = server_of("redis")
    program = Program(FOREGROUND, server.uri(name), 0, 100, drain_s=0)

    program.read_until(lambda _, safe: safe > 5)
    server.end()
    words, errors, code = program.end()

    assert code == 1
    assert "of 100 events were not delivered" in errors.splitlines()[-1]
    assert "UndeliveredError" in errors.splitlines()[-1]
    assert words[1] == "100"

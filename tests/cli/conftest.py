from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Start = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

PROBES = """
import os
import time

from pythia.gst import Gst

def everything(pad, info):
    yield {"pts": info.get_buffer().pts, "name": "é"}

def noisy(pad, info):
    os.write(1, b"not from an event\\n")
    print("printed")
    yield {"n": 1}

calls = 0

def seventh(pad, info):
    global calls
    calls += 1
    if calls == 7:
        inner()

def inner():
    raise ValueError("bad luck")

def forms(a, b, c, d):
    pass

def stuck(pad, info):
    yield 1
    time.sleep(60)

def without_end(pad, info):
    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, lambda *_: Gst.PadProbeReturn.DROP)
    yield 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The working directory of the commands, with ``probe.py`` and ``broken.py`` in it."""
    (tmp_path / "probe.py").write_text(PROBES)
    (tmp_path / "broken.py").write_text("import nowhere_to_be_found\n")
    return tmp_path


@pytest.fixture
def start(folder: Path) -> Start:
    """Start ``gst-pylaunch`` with these words; the caller waits for it."""

    def start(*words: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pythia.cli.gst_pylaunch", *words],
            cwd=folder,
            env={**os.environ, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def run(start: Start) -> Run:
    """Run ``gst-pylaunch`` with these words to its end."""

    def run(*words: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        with start(*words, **variables) as process:
            out, error = process.communicate(stdin, timeout=30)
        return subprocess.CompletedProcess(words, process.returncode, out, error)

    return run

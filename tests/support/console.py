"""Runs the installed commands, as a user does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
README_PROBE = f"{ROOT / 'examples' / 'probe.py'}:gen_detections"
README_KEYS = ["frame_num", "label", "left", "top", "width", "height", "confidence"]

Event = dict[str, Any]


def environment(**variables: str) -> dict[str, str]:
    """This process's environment with the commands on the path and events on standard output."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHIA_STREAM_URI"}
    path = os.pathsep.join((str(BIN), os.environ["PATH"]))
    return {**inherited, "PATH": path, "PYTHONWARNINGS": "", **variables}


def run(
    command: Sequence[str | Path], folder: Path, timeout_s: float = 60, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder to its end."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def detect(folder: Path, *words: str | Path, timeout_s: float = 60) -> list[Event]:
    """Run ``gst-pylaunch`` in a folder; returns its events. It has to end well."""
    done = run([BIN / "gst-pylaunch", *words], folder, timeout_s)
    assert done.returncode == 0, done.stderr
    return events_in(done.stdout)


def events_in(lines: str) -> list[Event]:
    """JSON lines as dictionaries."""
    return [json.loads(line) for line in lines.splitlines()]

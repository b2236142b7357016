"""What an editor shows to somebody who writes a program with pythia."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

FRONT = (
    "pythia.core.application",
    "pythia.detections",
    "pythia.event_stream.base",
    "pythia.event_stream.uri",
    "pythia.exceptions",
    "pythia.frames",
    "pythia.iterators",
    "pythia.meta.types",
    "pythia.recipes",
    "pythia.table",
    "pythia.testing",
    "pythia.writing",
)
"""Modules whose names users write."""


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    # Pyright asks the first python on the path where packages are.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=ROOT,
        env={**os.environ, "PATH": path, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def _completeness() -> list[dict[str, Any]]:
    told = _run("pyright", "--outputjson", "--ignoreexternal", "--verifytypes", "pythia")
    symbols: list[dict[str, Any]] = json.loads(told.stdout)["typeCompleteness"]["symbols"]
    return symbols


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_checkers_know_each_type_of_a_program_and_see_each_mistake(
    checker: str, tmp_path: Path
) -> None:
    mypy = ("mypy", "--cache-dir", tmp_path, HERE / "calls.py")
    pyright = ("pyright", "-p", HERE, "--pythonpath", sys.executable)

    told = _run(*(mypy if checker == "mypy" else pyright))

    assert told.returncode == 0, told.stdout + told.stderr


def test_the_interface_that_users_meet_is_typed_to_the_last_name() -> None:
    symbols = _completeness()

    front = [symbol for symbol in symbols if symbol["name"].startswith(FRONT)]

    assert len(front) > 100
    unknown = [symbol["name"] for symbol in front if not symbol["isTypeKnown"]]
    assert unknown == []

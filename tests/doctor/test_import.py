"""``import pythia`` itself needs nothing, so that the doctor can say what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import pythia


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code where PyGObject cannot be imported."""
    (folder / "gi.py").write_text("raise ImportError('no gi here')")
    text = f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)


def test_without_pygobject_pythia_is_imported_and_its_names_say_what_is_missing(
    tmp_path: Path,
) -> None:
    alone = run("import pythia; print(pythia.__version__)", tmp_path)
    named = run("from pythia import Application", tmp_path)

    assert alone.stdout == f"{pythia.__version__}\n"
    assert "MissingDependencyError: pythia needs PyGObject" in named.stderr
    assert "apt-get install python3-gi" in named.stderr


def test_names_are_those_of_the_package_not_of_its_modules() -> None:
    code = (
        "import pythia.frames, pythia.table, pythia.detections\n"
        "from pythia import detections, frames, table\n"
        "assert all(map(callable, (detections, frames, table, pythia.frames)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_every_public_name_is_there() -> None:
    for name in pythia.__all__:
        assert getattr(pythia, name) is not None
    assert set(pythia.__all__) <= set(dir(pythia))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = pythia.nonsense  # type: ignore[attr-defined]

"""What people install."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that was made from it."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", folder)
    return folder


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("pythiags-*.whl")

    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0].split("-")[0] for name in names} == {"pythia", "pythiags"}
    assert {"pythia/py.typed", "pythia/elements/plugins/python/nvinfer.py"} <= set(names)
    assert wheel.stat().st_size < 8_000_000


def test_the_source_distribution_holds_what_its_tests_need(built: Path) -> None:
    (source,) = built.glob("pythiags-*.tar.gz")

    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {
        "README.md",
        "LICENSE",
        "scripts/test",
        "tests/conftest.py",
        "tools/sample_world/README.md",
    } <= names


def test_the_wheel_runs_in_a_clean_environment(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("pythiags-*.whl")
    _run(
        "/usr/bin/python3",
        "-m",
        "venv",
        "--system-site-packages",
        "--without-pip",
        "venv",
        cwd=tmp_path,
    )
    python = tmp_path / "venv" / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", python, "install", "-q", wheel)

    version = _run(python.with_name("gst-pylaunch"), "--version", cwd=tmp_path)
    _run(python.with_name("gst-pylaunch"), "videotestsrc num-buffers=1 ! fakesink", cwd=tmp_path)
    where = _run(python, "-c", "import pythia; print(pythia.__file__)", cwd=tmp_path)

    assert "pythia" in version
    assert where.startswith(str(tmp_path))

"""The scripts of the images that need no image."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def sh(root: Path, script: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [root / "docker" / f"{script}.sh", *words],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "run"),
    [
        (["echo", "a b", "c"], "a b c\n"),
        (["--pipeline-file", "p q"], "gst-pylaunch --pipeline-file p q\n"),
    ],
)
def test_options_alone_are_for_gst_pylaunch(
    root: Path, tmp_path: Path, words: list[str], run: str
) -> None:
    stand_in = tmp_path / "gst-pylaunch"
    stand_in.write_text('#!/bin/sh\necho gst-pylaunch "$@"\n')
    stand_in.chmod(0o755)

    done = sh(root, "entrypoint", *words, PATH=f"{tmp_path}:{os.environ['PATH']}")

    assert done.stdout == run


@pytest.mark.parametrize(
    ("age_s", "limit_s", "healthy"), [(5, "60", True), (90, "60", False), (90, "300", True)]
)
def test_health_is_the_age_of_a_file(
    root: Path, tmp_path: Path, age_s: int, limit_s: str, healthy: bool
) -> None:
    file = tmp_path / "a file"
    file.touch()
    then = file.stat().st_mtime - age_s
    os.utime(file, (then, then))

    done = sh(root, "healthcheck", PYTHIA_HEALTH_FILE=str(file), PYTHIA_HEALTH_MAX_AGE_S=limit_s)

    assert (done.returncode == 0) == healthy
    assert ("s ago" in done.stdout) != healthy


def test_health_without_its_file(root: Path, tmp_path: Path) -> None:
    missing = sh(root, "healthcheck", PYTHIA_HEALTH_FILE=str(tmp_path / "none"))
    not_asked = sh(root, "healthcheck", PYTHIA_HEALTH_FILE="")

    assert missing.returncode == 1
    assert "is not there" in missing.stdout
    assert not_asked.returncode == 0


@pytest.fixture
def python(tmp_path: Path) -> str:
    """A Python that says what it is to install, and knows one release of pyds."""
    stand_in = tmp_path / "python"
    stand_in.write_text(
        "#!/bin/sh\n"
        'case "$3" in 7.1) echo https://there/pyds.whl; exit;; 9.1) echo none >&2; exit 1;; esac\n'
        'echo "$@"\n'
    )
    stand_in.chmod(0o755)
    return str(stand_in)


def _installed(out: str) -> list[str]:
    return [line.split()[-1] for line in out.splitlines()]


def test_pyds_is_the_release_for_the_deepstream_of_the_image(root: Path, python: str) -> None:
    done = sh(root, "install-pyds", "7.1", "", PYTHON=python)

    assert _installed(done.stdout) == ["https://there/pyds.whl", "numpy<2"]


def test_pyds_may_be_ones_own_wheel(root: Path, python: str) -> None:
    done = sh(root, "install-pyds", "9.1", "/wheels/pyds.whl", PYTHON=python)

    assert _installed(done.stdout) == ["/wheels/pyds.whl", "numpy<2"]


def test_a_deepstream_without_a_release_of_pyds_ends_the_build(root: Path, python: str) -> None:
    done = sh(root, "install-pyds", "9.1", "", PYTHON=python)

    assert done.returncode != 0
    assert done.stderr == "none\n"


def test_shellcheck_finds_nothing(root: Path) -> None:
    beside = Path(sys.executable).with_name("shellcheck")
    shellcheck = str(beside) if beside.exists() else shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("needs shellcheck: pip install 'pythiags[containers]'")
    scripts = [str(script) for script in (root / "docker").glob("*.sh")]

    done = subprocess.run([shellcheck, *scripts], capture_output=True, text=True, check=False)

    assert len(scripts) > 4
    assert done.stdout == ""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = Path(__file__).parents[2] / ".pre-commit-config.yaml"

BODY = "\n\nWhy it was needed.\n\n- and more\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", folder], check=True)
    shutil.copy(CONFIG, folder)
    subprocess.run(["git", "add", CONFIG.name], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(
    ("message", "accepted"),
    [
        ("feat: a muxer", True),
        ("fix(event_stream)!: a loss" + BODY, True),
        ("Revert 'feat: a muxer'" + BODY, True),
        ("a muxer", False),
        ("feature: a muxer", False),
        ("feat:a muxer" + BODY, False),
        ("A muxer\n\nfeat: a muxer", False),
    ],
)
def test_the_hook_takes_conventional_commits_only(
    repository: Path, message: str, accepted: bool
) -> None:
    file = repository / "MESSAGE"
    file.write_text(message)

    hook = ["run", "--hook-stage", "commit-msg", "--commit-msg-filename", file.name]
    checked = subprocess.run(
        [sys.executable, "-m", "pre_commit", *hook],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (checked.returncode == 0) is accepted, checked.stdout + checked.stderr

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pythia.cli.doctor import doctor
from support.servers import PASSWORD, Servers

COMMAND = [sys.executable, "-m", "pythia", "doctor"]
Report = dict[str, Any]


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHIA_RUNTIME": "", **variables}
    return subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, env=environment, check=False, timeout=60
    )


def report(*words: str, **variables: str) -> tuple[int, Report, Report]:
    """The exit code, the document, and its checks by name."""
    done = run("--json", "--timeout", "30", *words, **variables)
    assert done.stderr == ""
    document: Report = json.loads(done.stdout)
    return done.returncode, document, {check["name"]: check for check in document["checks"]}


def module(folder: Path, name: str, text: str) -> str:
    """A module that comes before the real one, by the search path that is returned."""
    (folder / f"{name}.py").write_text(text)
    return str(folder)


def test_all_is_well_where_the_tests_run() -> None:
    code, document, checks = report()

    missing = [check["name"] for check in document["checks"] if check["state"] == "missing"]
    assert (code, document["fine"], document["runtime"]) == (0, True, document["for"])
    assert checks["GStreamer"]["state"] == checks["runtime"]["state"] == "ok"
    assert all(check["remedy"] for check in document["checks"] if check["state"] != "ok"), missing


def test_text_has_a_line_for_everything_and_a_summary() -> None:
    done = run("--timeout", "30")

    lines = done.stdout.splitlines()
    assert lines[0].startswith("pythia ")
    assert any(line.startswith("  ok        PyGObject ") for line in lines)
    assert lines[-1].startswith("All that is needed (")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("raise ImportError('not for this Python')", "not for this Python"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed (SIGSEGV)"),
    ],
)
def test_it_runs_where_pygobject_is_missing_or_broken(
    text: str, words: str, tmp_path: Path
) -> None:
    code, _, checks = report(PYTHONPATH=module(tmp_path, "gi", text))

    assert code == 1
    assert words in checks["PyGObject"]["found"]
    assert "python3-gi" in checks["PyGObject"]["remedy"]
    assert checks["numpy"]["state"] == "ok"


def test_what_hangs_is_left_when_the_time_is_over(tmp_path: Path) -> None:
    folder = module(tmp_path, "gi", "import time; time.sleep(600)")

    done = run("--timeout", "1", PYTHONPATH=folder)

    assert done.returncode == 1
    assert "gave no answer within" in done.stdout


def test_a_broken_library_is_told_and_not_loaded(tmp_path: Path) -> None:
    folder = module(tmp_path, "onnxruntime", "import os; os.abort()")

    code, document, checks = report(PYTHONPATH=folder)

    assert "SIGABRT" in checks["ONNX Runtime"]["found"]
    assert (code, document["fine"]) == ((1, False) if document["for"] == "portable" else (0, True))


def test_a_gstreamer_without_plugins_names_the_packages(tmp_path: Path) -> None:
    registry = str(tmp_path / "registry.bin")

    code, _, checks = report(
        "--for", "portable", GST_PLUGIN_SYSTEM_PATH=str(tmp_path), GST_REGISTRY=registry
    )

    assert code == 1
    for package in ("base", "good", "bad"):
        check = checks[f"gstreamer1.0-plugins-{package}"]
        assert check["remedy"].endswith(f"apt-get install gstreamer1.0-plugins-{package}")


def test_what_is_needed_follows_the_purpose() -> None:
    _, document, checks = report("--for", "all")

    assert checks["DeepStream"]["needed"]
    assert document["for"] == "all"


def test_streams_are_connected_to_and_passwords_are_not_shown(
    server_of: Servers, tmp_path: Path
) -> None:
    redis = server_of("redis").uri("doctor")
    wrong = server_of("redis").uri("doctor", password="notthis")
    new = tmp_path / "events.jsonl"
    full = tmp_path / "full.jsonl"
    full.write_text("{}\n")

    done = run(
        "--timeout",
        "30",
        redis,
        wrong,
        "redis://u:hidden1@localhost:1/?stream=x",
        "kafka://localhost:9/?stream=x&pasword=hidden2",
        "nonsense",
        f"file://{new}",
        f"file://{full}?mode=overwrite",
    )

    assert done.returncode == 1
    assert not any(word in done.stdout for word in (PASSWORD, "notthis", "hidden1", "hidden2"))
    lines = [line.split() for line in done.stdout.splitlines() if "://" in line]
    states = [words[0] for words in lines if words[0] in ("ok", "MISSING")]
    assert states == ["ok", *["MISSING"] * 4, "ok", "ok"]
    assert "docker compose up --wait redis" in done.stdout
    assert full.read_text() == "{}\n"
    assert not new.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--for", "jetson"], "'jetson'"),
        (["--timeout", "0"], "'0' is no number from 1 to 3600"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_usage_is_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        doctor(words)

    out, error = capsys.readouterr()
    assert end.value.code == 2
    assert message in error
    assert error.count("\n") == 1
    assert out == ""

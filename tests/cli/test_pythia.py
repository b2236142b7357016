from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pythia import samples
from pythia.cli.pythia import main
from pythia.core import environment
from pythia.exceptions import MissingDependencyError
from pythia.gst import Gst


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one sample."""
    data = tmp_path / "data"
    (data / "streams").mkdir(parents=True)
    (data / "streams/a.mp4").write_text("a")
    monkeypatch.setattr(samples, "_DATA", data)
    return data


@pytest.fixture
def usual_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of our own, and variables as a person may have set them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("GST_PLUGIN_PATH", "/their own/plugins")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return tmp_path


def test_samples_lists_the_names(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["samples"]) == 0

    assert capsys.readouterr() == ("a.mp4\n", "")


def test_samples_name_prints_its_path(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["samples", "a.mp4"]) == 0

    assert capsys.readouterr() == (f"{data}/streams/a.mp4\n", "")


def test_samples_install_prints_what_lies_where(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["samples", "install", str(tmp_path)]) == 0

    installed = tmp_path / "samples/streams/a.mp4"
    assert capsys.readouterr() == (f"{installed}\n", "")
    assert installed.read_text() == "a"

    installed.write_text("other")
    assert main(["samples", "install", str(tmp_path)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert main(["samples", "install", "--overwrite", str(tmp_path)]) == 0
    assert installed.read_text() == "a"


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["samples", "b.mp4"], 1, "pythia: no sample 'b.mp4', did you mean 'a.mp4'?"),
        (["samples", "a.mp4", "there"], 2, "there"),
        (["samples", "install", "there", "x"], 2, "unrecognized arguments: x"),
        (["smples"], 2, "'smples'"),
        (["env", "--shell", "csh"], 2, "'csh'"),
    ],
)
@pytest.mark.usefixtures("data")
def test_errors_are_one_line_on_standard_error(
    capsys: pytest.CaptureFixture[str], argv: list[str], code: int, message: str
) -> None:
    try:
        found = main(argv)
    except SystemExit as end:
        found = int(end.code or 0)

    out, error = capsys.readouterr()
    assert found == code
    assert message in error
    assert error.count("\n") == 1
    assert out == ""


def test_python_m_pythia_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pythia", "--version"], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("pythia ")
    assert "\nGStreamer 1." in done.stdout


@pytest.mark.usefixtures("usual_environment")
def test_env_keeps_what_the_variables_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--shell", "fish"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("set -gx GST_PLUGIN_PATH '/")
    assert lines[0].endswith(":/their own/plugins'")


def test_env_without_the_plugin_loader_names_the_package(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gst.Registry, "find_plugin", lambda *_: None)

    assert main(["env"]) == 0

    out, error = capsys.readouterr()
    assert "gstreamer1.0-python3-plugin-loader" in error
    assert out.startswith("export GST_PLUGIN_PATH=")


def test_a_new_library_means_a_new_registry(
    usual_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = usual_environment / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(environment, "_module_folders", lambda: [folder])
    before = environment.variables()

    unchanged = environment.variables()
    os.utime(folder, ns=(0, 0))
    after = environment.variables()

    assert unchanged == before
    assert after["GST_REGISTRY"] != before["GST_REGISTRY"]


def test_plain_gstreamer_programs_find_the_elements_after_eval(usual_environment: Path) -> None:
    try:
        environment.check_plugin_loader()
    except MissingDependencyError as error:
        pytest.skip(str(error))
    if not shutil.which("gst-inspect-1.0"):
        pytest.skip("needs gst-inspect-1.0")
    script = f'eval "$({sys.executable} -m pythia env)"; gst-inspect-1.0 nvdsosd'

    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, cwd=usual_environment, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "Long-name" in done.stdout

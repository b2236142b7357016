from __future__ import annotations

import time
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from pythia.doctor import libraries
from pythia.doctor.check import Check, Purpose

ALL = {**libraries.LIBRARIES, **libraries.CLIENTS}
THERE = {name: {"version": ""} for name in ALL}


def look(purpose: Purpose = "portable", **found: Any) -> dict[str, Check]:
    told = {**THERE, **found}
    checks = [*libraries.checks(told, purpose), *libraries.client_checks(told, purpose)]
    return {check.name: check for check in checks}


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that crash, hang or raise when they are imported."""
    (tmp_path / "crashes.py").write_text("import os; os.abort()")
    (tmp_path / "hangs.py").write_text("import time; time.sleep(60)")
    (tmp_path / "raises.py").write_text("raise OSError('bad library')")
    (tmp_path / "prints.py").write_text("print('[1, 2]'); __version__ = '7'")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("broken")
def test_a_library_that_crashes_does_not_hide_the_others() -> None:
    names = ["crashes", "raises", "no_such.module", "prints"]

    found = libraries.look(names, time.monotonic() + 60)

    assert found["crashes"]["error"] == "crashed (SIGABRT)"
    assert found["raises"]["error"] == "OSError: bad library"
    assert [found[name].get("absent") for name in names] == [False, False, True, None]
    assert found["prints"]["version"] == "7"


@pytest.mark.usefixtures("broken")
def test_a_library_that_hangs_is_left_when_the_time_is_over() -> None:
    found = libraries.look(["hangs", "prints"], time.monotonic() + 0.5)

    assert "no answer" in found["hangs"]["error"]
    assert "no time left" in found["prints"]["error"]


def test_the_versions_wanted_are_those_of_the_package() -> None:
    wanted = {name.lower() for name, _ in ALL.values()}

    assert wanted <= set(libraries._requirements())
    assert len(metadata.requires("pythiags") or []) > len(ALL)


@pytest.mark.parametrize(
    ("version", "state"),
    [("4.7.1", "missing"), ("4.8", "ok"), ("4.14.0", "ok"), ("5.0.0", "missing"), ("odd", "ok")],
)
def test_a_version_out_of_range_is_missing(version: str, state: str) -> None:
    found = look(cv2={"version": version})["opencv-python-headless"]

    assert found.state == state
    assert ("'opencv-python-headless<5,>=4.8'" in found.remedy) == (state == "missing")


@pytest.mark.parametrize(
    ("module", "extra", "fatal_for"),
    [
        ("cv2", "[portable]", {"portable", "all"}),
        ("redis", "[redis]", {"all"}),
        ("jinja2", "[jinja]", {"all"}),
        ("numpy", "numpy", {"portable", "deepstream", "all"}),
    ],
)
def test_a_missing_library_names_its_extra(module: str, extra: str, fatal_for: set[str]) -> None:
    absent = {"absent": True, "error": "No module"}
    for purpose in ("portable", "deepstream", "all"):
        (found,) = (c for c in look(purpose, **{module: absent}).values() if c.state == "missing")

        assert extra in found.remedy
        assert found.is_fatal == (purpose in fatal_for)


def test_a_broken_library_is_installed_anew() -> None:
    found = look(onnxruntime={"absent": False, "error": "crashed (SIGILL)"})["ONNX Runtime"]

    assert "SIGILL" in found.found
    assert "--force-reinstall --no-cache-dir 'onnxruntime" in found.remedy


def test_providers_are_told() -> None:
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]

    found = look(onnxruntime={"version": "1.30", "providers": providers})["ONNX Runtime"]

    assert found.found == "1.30, providers: CUDA, CPU"

from __future__ import annotations

import os
import resource
import shutil
from pathlib import Path

import pytest

from pythia.doctor import machine

MIB = 1 << 20


@pytest.mark.parametrize(
    ("size", "in_container", "remedy"),
    [(64 * MIB, True, "--ipc=host"), (64 * MIB, False, "mount"), (512 * MIB, True, "")],
)
def test_little_shared_memory_is_what_bad_shm_seg_comes_from(
    size: int, in_container: bool, remedy: str
) -> None:
    check = machine._shared_memory(size, in_container=in_container)

    assert check.state == ("warning" if remedy else "ok")
    assert ("BadShmSeg" in check.found) == bool(remedy)
    assert remedy in check.remedy


@pytest.mark.parametrize(
    ("display", "window", "state", "words"),
    [
        ("", None, "missing", "are not set"),
        (":7", "xvimagesink", "ok", "xvimagesink opens DISPLAY=:7"),
        (":7", "", "warning", "no sink can open it"),
        (":7", None, "warning", "not tried"),
    ],
)
def test_a_display_is_there_when_a_window_opens(
    display: str, window: str | None, state: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", display)

    check = machine._display(window)

    assert (check.state, check.is_fatal) == (state, False)
    assert words in check.found


@pytest.mark.parametrize(
    ("soft", "state"), [(256, "warning"), (1024, "ok"), (resource.RLIM_INFINITY, "ok")]
)
def test_few_open_files_are_a_warning(soft: int, state: str) -> None:
    assert machine._open_files((soft, soft)).state == state


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(tmp_path: Path) -> None:
    spool = machine._spool(tmp_path / "not/there")
    caches = list(machine._caches(tmp_path / "not/there"))

    assert [check.state for check in (spool, *caches)] == ["ok", "ok", "ok"]
    assert not (tmp_path / "not").exists()


def test_folders_that_cannot_be_written_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    spool = machine._spool(tmp_path)
    caches = list(machine._caches(tmp_path))

    assert [check.state for check in (spool, *caches)] == ["warning"] * 3
    assert "XDG_STATE_HOME" in spool.remedy
    assert "XDG_CACHE_HOME" in caches[0].remedy


def test_a_user_without_a_home_is_told_where_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != "/")
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)

    found = {check.name: check for check in machine.checks(None)}

    assert found["spool"].remedy.startswith("export XDG_STATE_HOME=")
    assert found["cache of gstreamer-1.0"].remedy.startswith("export XDG_CACHE_HOME=")


def test_a_full_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil._ntuple_diskusage(10, 9, 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    assert machine._spool(tmp_path).state == "warning"


def test_without_fontconfig_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    check = machine._fonts()

    assert check.state == "missing"
    assert "fontconfig" in check.remedy


def test_the_samples_are_there() -> None:
    assert machine._samples().state == "ok"

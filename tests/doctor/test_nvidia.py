from __future__ import annotations

import platform
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pythia.bindings import BINDINGS
from pythia.doctor import nvidia
from pythia.doctor.check import Check

NVIDIAS = {name: ["nvdsgst", "7.1.0"] for name in nvidia.FACTORIES}
NVIDIAS["nvinfer"] = ["nvdsgst_infer", "7.1.0"]
NO_PYDS = {"absent": True, "error": "No module named 'pyds'"}
T4 = nvidia.Gpu(("Tesla T4",), "535.1")


def look(
    gpu: nvidia.Gpu = T4,
    plugins: dict[str, Any] = NVIDIAS,
    pyds: dict[str, Any] = NO_PYDS,
    version: str = "7.1",
    numpy: str = "1.26.4",
    *,
    needed: bool = True,
) -> dict[str, Check]:
    libraries = {"pyds": pyds, "numpy": {"version": numpy}}
    found = nvidia.checks(gpu, plugins, libraries, version, needed=needed)
    return {check.name: check for check in found}


@pytest.fixture(autouse=True)
def _usual_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GST_REGISTRY", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a program ``nvidia-smi``, alone on the search path."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "nvidia-smi"


def write(program: Path, text: str) -> None:
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def soon() -> float:
    return time.monotonic() + 10


def test_gpus_are_those_that_nvidia_smi_lists(smi: Path, tmp_path: Path) -> None:
    write(smi, "echo 'NVIDIA A10, 550.54'; echo 'NVIDIA L4, 550.54'")

    assert nvidia.gpu(soon(), tmp_path) == nvidia.Gpu(("NVIDIA A10", "NVIDIA L4"), "550.54")


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo 'Driver/library version mismatch'; exit 18", "version mismatch"),
        ("exit 0", "nothing"),
        ("exec /bin/sleep 60", "no answer"),
    ],
)
def test_a_broken_driver_is_told_in_its_own_words(
    smi: Path, tmp_path: Path, script: str, problem: str
) -> None:
    write(smi, script)

    found = nvidia.gpu(time.monotonic() + 1, tmp_path)

    assert not found.names
    assert problem in found.problem
    assert look(found)["GPU"].is_fatal


@pytest.mark.usefixtures("smi")
def test_a_driver_without_nvidia_smi_lacks_a_capability_of_the_container(tmp_path: Path) -> None:
    version = tmp_path / "proc/driver/nvidia/version"
    version.parent.mkdir(parents=True)
    version.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue\n")

    check = look(nvidia.gpu(soon(), tmp_path))["GPU"]

    assert check.is_fatal
    assert "NVIDIA_DRIVER_CAPABILITIES=" in check.remedy


@pytest.mark.usefixtures("smi")
def test_a_jetson_is_known_by_its_device_tree(tmp_path: Path) -> None:
    model = tmp_path / "proc/device-tree/model"
    release = tmp_path / "etc/nv_tegra_release"
    for file, text in (
        (model, "NVIDIA Jetson Orin Nano Developer Kit\0"),
        (release, "# R36 (release), REVISION: 4.0, GCID: 1, BOARD: generic\n"),
    ):
        file.parent.mkdir(parents=True)
        file.write_text(text)

    found = nvidia.gpu(soon(), tmp_path)

    assert found == nvidia.Gpu(("NVIDIA Jetson Orin Nano Developer Kit",), "Jetson Linux 36.4.0")
    assert look(found)["hardware encoder"].state == "warning"


@pytest.mark.parametrize(
    ("name", "state"), [("NVIDIA A100-SXM4-80GB", "warning"), ("NVIDIA A10", "ok")]
)
def test_gpus_without_an_encoder_are_known(name: str, state: str) -> None:
    found = look(nvidia.Gpu((name,), "550"))["hardware encoder"]

    assert found.state == state
    assert ("x264enc" in found.remedy) == (state == "warning")


def test_deepstream_is_whole_where_all_its_elements_are() -> None:
    found = look(pyds={"version": "1.2.0", "is_nvidias": True})

    assert not [c.name for c in found.values() if c.is_fatal and c.name != "CUDA"]


def test_pythias_elements_do_not_pass_for_nvidias() -> None:
    ours = {name: ["python", "1.22"] for name in nvidia.FACTORIES}

    assert nvidia.registered_version(ours) == ""
    assert look(plugins=ours)["DeepStream's elements"].is_fatal


def test_elements_that_are_missing_from_an_installed_deepstream_point_at_the_registry() -> None:
    found = look(plugins={**NVIDIAS, "nvtracker": []})["DeepStream's elements"]

    assert found.is_fatal
    assert "nvtracker" in found.found
    assert "rm -rf ~/.cache/gstreamer-1.0" in found.remedy


def test_an_old_deepstream_is_no_use() -> None:
    assert look(version="6.3")["DeepStream"].is_fatal
    assert look(version="6.4")["DeepStream"].state == "ok"


@pytest.mark.parametrize(("version", "wheel"), [(v, b.pyds) for v, b in BINDINGS.items()])
def test_pyds_comes_as_the_wheel_for_this_deepstream(
    version: str, wheel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = BINDINGS[version]
    python = tuple(int(part) for part in row.python.split("."))
    monkeypatch.setattr(sys, "version_info", _Version(*python))
    plugins = {**NVIDIAS, "nvinfer": ["nvdsgst_infer", f"{version}.0"]}

    remedy = look(plugins=plugins)["pyds"].remedy

    machine = platform.machine()
    assert f"/releases/download/v{wheel}/pyds-{wheel}-{row.tags}-linux_{machine}.whl" in remedy


class _Version(tuple[int, ...]):
    def __new__(cls, *numbers: int) -> _Version:
        return super().__new__(cls, numbers)

    major = property(lambda self: self[0])
    minor = property(lambda self: self[1])


def test_a_wheel_for_another_python_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", _Version(3, 13))

    remedy = look()["pyds"].remedy

    assert "built for Python 3.10, this is 3.13" in remedy
    assert ".whl http" not in remedy
    assert "-m build" in remedy


@pytest.mark.parametrize(
    ("pyds", "state", "words"),
    [
        ({"version": "1.2.0", "is_nvidias": True}, "ok", "1.2.0"),
        ({"version": "1.1.8", "is_nvidias": True}, "warning", "not made for DeepStream 7.1.0"),
        ({"version": "0.3", "is_nvidias": False}, "missing", "another library of that name"),
        ({"absent": False, "error": "crashed (SIGSEGV)"}, "missing", "crashed (SIGSEGV)"),
    ],
)
def test_pyds_is_told_from_what_only_looks_like_it(
    pyds: dict[str, Any], state: str, words: str
) -> None:
    found = look(pyds=pyds)["pyds"]

    assert found.state == state
    assert words in found.found


def test_pyds_beside_a_numpy_that_it_is_not_built_for_is_a_warning() -> None:
    found = look(pyds={"version": "1.2.0", "is_nvidias": True}, numpy="2.4.6")["pyds"]

    assert found.state == "warning"
    assert found.remedy.endswith("pip install 'numpy<2'")


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"version.json": '{"cuda": {"version": "12.6.2"}}'}, "12.6.2"),
        ({"lib64/libcudart.so.13.0.96": "", "lib64/libcudart.so.13": ""}, "13.0.96"),
        ({"version.json": "[]"}, ""),
        ({}, ""),
    ],
)
def test_cuda_is_found_by_its_file_or_its_library(
    files: dict[str, str], version: str, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert nvidia.cuda_version(tmp_path) == version


def test_deepstream_is_found_by_the_name_of_its_folder_or_its_file(tmp_path: Path) -> None:
    (tmp_path / "deepstream-7.1").mkdir()
    (tmp_path / "deepstream").symlink_to("deepstream-7.1")
    other = tmp_path / "other"
    other.mkdir()
    (other / "version").write_text("Version: 8.0\nGITHASH: 1234\n")

    assert nvidia.installed_version(tmp_path / "deepstream") == "7.1"
    assert nvidia.installed_version(other) == "8.0"
    assert nvidia.installed_version(tmp_path / "deepstream-9.9") == ""

from __future__ import annotations

import filecmp
import os
from pathlib import Path

import pytest

from pythia import samples
from pythia.exceptions import SampleError


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the same layout as the bundled one, with small files."""
    data = tmp_path / "data"
    files = [
        "streams/sample_720p.mp4",
        "models/Primary_Detector/net.onnx",
        "models/Primary_Detector/labels.txt",
        "models/Secondary_CarColor/labels.txt",
        "configs/deepstream-app/config_infer_primary.txt",
        "models/__pycache__/junk.pyc",
        "models/.hidden",
        "README.md",
    ]
    for file in files:
        (data / file).parent.mkdir(parents=True, exist_ok=True)
        (data / file).write_text(file)
    monkeypatch.setattr(samples, "_DATA", data)
    return data


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("sample_720p.mp4", "streams/sample_720p.mp4"),
        ("config_infer_primary.txt", "configs/deepstream-app/config_infer_primary.txt"),
        ("models/Primary_Detector/labels.txt", "models/Primary_Detector/labels.txt"),
        ("./models/Primary_Detector/net.onnx", "models/Primary_Detector/net.onnx"),
    ],
)
def test_a_sample_is_found_by_file_name_or_path(data: Path, name: str, file: str) -> None:
    assert samples.path(name) == data / file


@pytest.mark.usefixtures("data")
def test_names_are_what_path_takes() -> None:
    assert samples.names() == [
        "config_infer_primary.txt",
        "models/Primary_Detector/labels.txt",
        "models/Secondary_CarColor/labels.txt",
        "net.onnx",
        "sample_720p.mp4",
    ]
    assert all(samples.path(name).is_file() for name in samples.names())


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sample_72p.mp4", "no sample.*did you mean 'sample_720p.mp4'.*available: config_infer"),
        ("../secret", "no sample '../secret'"),
        ("", "no sample ''"),
        ("labels.txt", "several.*models/Primary_Detector/labels.txt, models/Secondary"),
    ],
)
def test_a_wrong_name_lists_what_there_is(name: str, message: str) -> None:
    with pytest.raises(SampleError, match=message):
        samples.path(name)


def test_install_lays_the_samples_out_below_the_prefix(data: Path, tmp_path: Path) -> None:
    installed = samples.install(tmp_path / "opt")

    root = tmp_path / "opt" / "samples"
    assert root / "streams/sample_720p.mp4" in installed
    assert sorted(installed) == sorted(file for file in root.rglob("*") if file.is_file())
    for file in installed:
        assert filecmp.cmp(file, data / file.relative_to(root), shallow=False)


@pytest.mark.usefixtures("data")
def test_install_twice_changes_nothing(tmp_path: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in samples.install(tmp_path)}

    after = {file: file.stat().st_mtime_ns for file in samples.install(tmp_path)}

    assert after == before


@pytest.mark.usefixtures("data")
def test_install_never_replaces_a_different_file_unasked(tmp_path: Path) -> None:
    other = tmp_path / "samples/streams/sample_720p.mp4"
    other.parent.mkdir(parents=True)
    other.write_text("NVIDIA's own")

    with pytest.raises(SampleError, match=r"sample_720p.mp4.*nothing was copied.*overwrite"):
        samples.install(tmp_path)

    assert [file for file in tmp_path.joinpath("samples").rglob("*") if file.is_file()] == [other]
    assert other.read_text() == "NVIDIA's own"

    samples.install(tmp_path, overwrite=True)

    assert other.read_text() == "streams/sample_720p.mp4"


@pytest.mark.usefixtures("data")
def test_install_says_what_cannot_be_written(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    with pytest.raises(SampleError, match=r"cannot write .*file.*another prefix|prefix"):
        samples.install(in_the_way)


@pytest.mark.usefixtures("data")
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_install_without_permission_names_sudo(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(SampleError, match=r"Permission denied.*sudo"):
        samples.install(tmp_path / "opt")


def test_the_bundled_samples_are_there() -> None:
    expected = {"sample_720p.mp4", "sample_720p.jpg", "config_infer_primary.txt"}

    assert expected <= set(samples.names())

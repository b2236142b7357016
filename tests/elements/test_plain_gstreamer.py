"""The elements in plain GStreamer programs, through gst-python's plugin loader."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pythia import samples
from pythia.elements.registry import ELEMENTS, element_class, plugin_path, plugin_row
from pythia.gst import Gst
from support.console import BIN, run
from support.decoded import decoded

_PIPELINE = (
    f"filesrc location={samples.path('sample_720p.mp4')} ! qtdemux ! h264parse ! avdec_h264 "
    "! identity eos-after=10 ! m.sink_0 nvstreammux name=m batch-size=1 width=640 height=360 "
    f"! nvinfer config-file-path={samples.path('config_infer_primary.txt')} ! nvvideoconvert "
    "! nvdsosd ! nvvideoconvert ! x264enc speed-preset=ultrafast ! mp4mux "
    "! filesink location=out.mp4"
)


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What ``pythia env`` prints, with a registry cache that nobody else has filled."""
    if Gst.Registry.get().find_plugin("python") is None:
        pytest.skip("needs the package gstreamer1.0-python3-plugin-loader")
    folder = tmp_path_factory.mktemp("plain")
    done = run([BIN / "pythia", "env"], folder, XDG_CACHE_HOME=str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    exports = [line.removeprefix("export ") for line in done.stdout.splitlines()]
    return dict(export.split("=", 1) for export in exports)


def _plain(
    variables: dict[str, str], folder: Path, *command: str
) -> subprocess.CompletedProcess[str]:
    return run(command, folder, 60, **variables)


def test_every_element_has_its_plugin_file() -> None:
    files = sorted(file.stem for file in plugin_path().glob("python/*.py"))

    assert files == sorted(ELEMENTS)
    for factory, row in ELEMENTS.items():
        text = plugin_path().joinpath("python", f"{factory}.py").read_text()
        assert f'__gstelementfactory__ = plugin_row("{factory}")' in text
        assert plugin_row(factory) == (factory, int(row.rank), element_class(factory))


@pytest.mark.parametrize("factory", ELEMENTS)
def test_gst_inspect_shows_each_element_with_its_properties(
    variables: dict[str, str], tmp_path: Path, factory: str
) -> None:
    done = _plain(variables, tmp_path, "gst-inspect-1.0", factory)

    assert (done.returncode, done.stderr) == (0, "")
    rank = int(ELEMENTS[factory].rank)
    assert f"({rank})" in done.stdout.split("Long-name")[0]
    properties = element_class(factory).PROPERTIES  # type: ignore[attr-defined]
    assert properties
    shown = set(re.findall(r"^  ([A-Za-z0-9-]+) *: ", done.stdout, re.MULTILINE))
    assert {row.name for row in properties} <= shown


def test_gst_launch_runs_the_main_job(variables: dict[str, str], tmp_path: Path) -> None:
    done = _plain(variables, tmp_path, "gst-launch-1.0", "-q", *_PIPELINE.split())

    assert (done.returncode, done.stderr) == (0, "")
    frames = decoded(tmp_path / "out.mp4")
    assert 8 <= len(frames) <= 20
    assert frames[0].shape == (360, 640, 3)
    red, green, blue = (frames[0][..., channel].astype(int) for channel in range(3))
    assert ((red > green + 100) & (red > blue + 100)).sum() > 500

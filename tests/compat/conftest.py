"""Runs programs as a person would, and makes what they read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pythia import samples
from pythia.gst import Gst

Run = Callable[..., "subprocess.CompletedProcess[str]"]

_CONFIG = """
[property]
net-scale-factor=0.00392156862745098
onnx-file=../../../../samples/models/Primary_Detector/resnet18_trafficcamnet_pruned.onnx
labelfile-path=../../../../samples/models/Primary_Detector/labels.txt
num-detected-classes=4
gie-unique-id=1
[class-attrs-all]
pre-cluster-threshold=0.4
"""


@pytest.fixture
def pythia_run(tmp_path: Path) -> Run:
    """``pythia run`` in a process of its own, in ``tmp_path``."""

    def run(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pythia", "run", *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return run


@pytest.fixture
def detector_config(tmp_path: Path) -> Path:
    """A configuration that names NVIDIA's models as a checkout does, wherever it lies."""
    file = tmp_path / "sources" / "apps" / "mine" / "pgie.txt"
    file.parent.mkdir(parents=True)
    file.write_text(_CONFIG)
    return file


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MP4 file with 12 frames of 64 x 48."""
    file = tmp_path_factory.mktemp("clip") / "clip.mp4"
    _write(
        "videotestsrc num-buffers=12 ! video/x-raw,format=I420,width=64,height=48,framerate=30/1 "
        f"! x264enc tune=zerolatency ! h264parse ! mp4mux ! filesink location={file}"
    )
    return file


@pytest.fixture(scope="session")
def street(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MP4 file with the first 10 frames of the bundled video."""
    file = tmp_path_factory.mktemp("street") / "street.mp4"
    _write(
        f"filesrc location={samples.path('sample_720p.mp4')} ! qtdemux ! h264parse "
        f"config-interval=-1 ! identity eos-after=11 ! mp4mux ! filesink location={file}"
    )
    return file


def _write(launch: str) -> None:
    pipeline = Gst.parse_launch(launch)
    pipeline.set_state(Gst.State.PLAYING)
    bus = pipeline.get_bus()
    assert bus is not None
    message = bus.timed_pop_filtered(30 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    assert message is not None
    assert message.type == Gst.MessageType.EOS

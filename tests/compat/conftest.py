"""Runs programs as a person would, and makes what they read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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

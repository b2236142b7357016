"""``pythia.compat.install()``: look-alikes where the real modules are missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def _python(text: str, folder: Path | None = None) -> str:
    """What a program prints; ``folder`` is searched for modules first."""
    environment = {**os.environ, "PYTHONPATH": str(folder or "")}
    ended = subprocess.run(
        [sys.executable, "-c", text], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_after_install_pyds_and_the_elements_are_there() -> None:
    text = """
from pythia.compat import install
install(); install()
import pyds, sys
from gi.repository import Gst
print(pyds.__version__, Gst.ElementFactory.find("nvinfer") is not None)
print(sum(type(finder).__name__ == "_Finder" for finder in sys.meta_path))
"""

    assert _python(text) == "1.2.0 True\n1\n"


def test_a_module_of_a_look_alike_is_one_module_under_both_names() -> None:
    text = """
import pythia.compat
pythia.compat.install()
import pyds.messages, cuda.cudart
from cuda import cudart
import pythia.compat.pyds.messages as ours
print(pyds.messages is ours, cuda.cudart is cudart, ours.__spec__.name)
"""

    assert _python(text) == "True True pythia.compat.pyds.messages\n"


@pytest.mark.parametrize("name", ["pyds", "pyservicemaker", "cuda"])
def test_a_real_module_wins_even_if_its_folder_becomes_known_later(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / f"{name}.py").write_text("real = True")
    text = f"""
import sys
from pythia.compat import install
install()
sys.path.append({str(tmp_path)!r})
import {name}
print({name}.real)
"""

    assert _python(text) == "True\n"


def test_without_install_nothing_is_replaced() -> None:
    text = """
import importlib.util, pythia, pythia.compat
from pythia.vision import missing_file
print(importlib.util.find_spec("pyds"), missing_file._finder)
"""

    assert _python(text) == "None None\n"

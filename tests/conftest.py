"""Fixtures for every room."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["support.onnx_file", "support.servers"]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real videos and models beside the repository; the test skips without it."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the real videos and models of ../shared/data")
    return folder

from __future__ import annotations

from pathlib import Path

import pytest

from support.dockerfile import Dockerfile, read

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def dockerfile() -> Dockerfile:
    """docker/Dockerfile, read."""
    return read(ROOT / "docker" / "Dockerfile")

"""A data set of the sample, made once for the tests that read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from pythia import samples
from pythia.recipes import Annotated, AnnotateFramesBbox

FRAMES = 24


@dataclass(frozen=True)
class Made:
    """A data set, and what its run returned."""

    folder: Path
    returned: Annotated

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The events."""
        text = (self.folder / "detections.jsonl").read_bytes()
        return [orjson.loads(line) for line in text.splitlines()]

    @property
    def coco(self) -> dict[str, Any]:
        """COCO's file."""
        found: dict[str, Any] = orjson.loads((self.folder / "coco.json").read_bytes())
        return found

    @property
    def images(self) -> list[str]:
        """Names of the frames' files, in order."""
        return sorted(file.name for file in (self.folder / "frames").iterdir())


@pytest.fixture(scope="session")
def street() -> Path:
    """The sample video."""
    return samples.path("sample_720p.mp4")


@pytest.fixture(scope="session")
def detector() -> Path:
    """The configuration of the sample's detector."""
    return samples.path("config_infer_primary.txt")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, street: Path, detector: Path) -> Made:
    """The first frames of the sample, tracked and with analytics, in all formats."""
    folder = tmp_path_factory.mktemp("recipes") / "data set"
    returned = AnnotateFramesBbox.run(
        street,
        detector,
        folder,
        analytics=samples.path("config_nvdsanalytics.txt"),
        tracker="NvDCF_perf",
        max_frames=FRAMES,
    )
    return Made(folder, returned)


@pytest.fixture
def read() -> type[Made]:
    """Reads a data set that a test has made."""
    return Made

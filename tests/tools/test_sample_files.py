from __future__ import annotations

from pathlib import Path

from tools.sample_world.sample_files import SHIPPED, write_files

MADE_ELSEWHERE = {
    "models/Primary_Detector": "trained",
    "models/Secondary_CarColor": "trained",
    "models/Secondary_VehicleMake": "trained",
    "models/Secondary_VehicleTypes": "trained",
    "streams": "shot",
}
"""Folders whose networks are trained, or whose film is shot."""


def test_every_shipped_file_is_written_copied_trained_or_shot(tmp_path: Path) -> None:
    written = set(write_files(tmp_path))

    shipped = {str(path.relative_to(SHIPPED)) for path in SHIPPED.rglob("*") if path.is_file()}
    rest = shipped - written
    assert written <= shipped
    assert all(str(Path(name).parent) in MADE_ELSEWHERE for name in rest), rest
    assert not any(Path(name).suffix in (".txt", ".yml") for name in rest)


def test_what_is_written_is_what_is_shipped(tmp_path: Path) -> None:
    names = write_files(tmp_path)

    assert [n for n in names if (tmp_path / n).read_bytes() != (SHIPPED / n).read_bytes()] == []

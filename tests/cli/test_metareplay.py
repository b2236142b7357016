"""Recording and replaying from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from pythia.cli import pythia
from pythia.testing import batch, frame, metarecord, metareplay, obj
from support.console import ROOT

Run = Callable[..., "CompletedProcess[str]"]

PIPELINE = (
    "videotestsrc num-buffers=3 pattern=black ! m.sink_0 "
    "nvstreammux name=m batch-size=1 width=64 height=48 ! identity name=pgie ! fakesink"
)
PROBE = f"{ROOT / 'examples' / 'probe.py'}:gen_detections"


@pytest.fixture
def street(tmp_path: Path) -> Path:
    path = tmp_path / "street.jsonl"
    with metarecord(path) as recorder:
        for number in range(2):
            seen = batch(frame(obj("car"), obj("person"), source_id=3, frame_num=number))
            recorder.write(seen, pts=number)
    return path


@pytest.mark.parametrize("place", ["pgie.src", "pgie", "m.src"])
def test_gst_pylaunch_records_metadata(run: Run, tmp_path: Path, place: str) -> None:
    path = tmp_path / "a@b.jsonl"

    done = run(PIPELINE, "--metarecord", f"{path}@{place}")

    assert done.returncode == 0
    assert [one.frame_meta_list[0].frame_num for one in metareplay(path)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("spec", "code", "says"),
    [
        ("street.jsonl", 3, "the form is FILE@ELEMENT.PAD"),
        ("street.jsonl@pgie.", 3, "the form is FILE@ELEMENT.PAD"),
        ("@pgie.src", 3, "the form is FILE@ELEMENT.PAD"),
        ("street.jsonl@pgi.src", 4, "did you mean 'pgie'?"),
        ("none/street.jsonl@pgie.src", 1, "there is no folder"),
    ],
)
def test_a_recording_that_cannot_be_made_is_told(run: Run, spec: str, code: int, says: str) -> None:
    done = run(PIPELINE, "--metarecord", spec)

    assert done.returncode == code
    assert says in done.stderr


def test_check_leaves_the_file_alone(run: Run, street: Path) -> None:
    before = street.read_bytes()

    done = run(PIPELINE, "--check", "--metarecord", f"{street}@pgie.src")

    assert done.returncode == 0
    assert street.read_bytes() == before


def test_pythia_tells_what_is_in_a_recording(
    street: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pythia.main(["metareplay", str(street)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("version 1, written by pythia ")
    assert lines[2:] == [
        "batches: 2",
        "frames of source 3: 2",
        "objects car: 2",
        "objects person: 2",
    ]


@pytest.mark.parametrize("spec", [PROBE, f"{PROBE}@pgie.src"])
def test_pythia_gives_a_recording_to_a_probe(
    street: Path, capsys: pytest.CaptureFixture[str], spec: str
) -> None:
    assert pythia.main(["metareplay", str(street), "--probe", spec]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith('{"frame_num":0,"label":"car","left":0.0,')


def test_a_file_that_is_no_recording_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.csv"
    file.write_text("frame,label\n")

    assert pythia.main(["metareplay", str(file)]) == 1

    assert "x.csv:1: this is no recording of metadata" in capsys.readouterr().err

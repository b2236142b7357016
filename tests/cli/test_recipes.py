"""``pythia demo`` and ``pythia annotate``."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from pythia import samples
from pythia.cli.pythia import main
from pythia.recipes import AnnotateFramesBbox
from support.small_video import FRAMES, small_video


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return small_video(tmp_path, "video.mp4")


def test_annotate_writes_what_is_asked_for(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = [f"--to={out}", "--format=coco,yolo", "--every=2", "--max-frames=6", "--suffix=.png"]

    code = main(["annotate", str(video), *words])

    assert (code, capsys.readouterr().out) == (0, f"3 frames, 0 objects: {out}\n")
    assert sorted(p.name for p in out.iterdir()) == ["coco.json", "frames", "yolo"]
    coco = json.loads((out / "coco.json").read_text())
    assert [image["frame_num"] for image in coco["images"]] == [0, 2, 4]


def test_demo_plays_into_a_file(video: Path, tmp_path: Path) -> None:
    assert main(["demo", str(video), f"--to={tmp_path}/%02d.jpg"]) == 0

    assert len(list(tmp_path.glob("??.jpg"))) == FRAMES


@pytest.mark.parametrize("command", ["demo", "annotate"])
def test_the_pipeline_is_printed_and_nothing_runs(
    command: str, video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = samples.path("config_infer_primary.txt")
    words = [str(video), f"--model={model}", "--tracker=IOU", f"--to={tmp_path / 'out.mp4'}"]

    assert main([command, *words, "--print"]) == 0

    out = capsys.readouterr().out
    assert out.startswith(f"uridecodebin\n  uri=file://{video}\n! nvvideoconvert\n")
    assert f"! nvinfer\n  name=model_0\n  config-file-path={model}\n! nvtracker\n" in out
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["demo", "nope.mp4"], "pythia: no file"),
        (["annotate", "test", "--to=out", "--format=voc"], "pythia: no format 'voc'"),
        (["annotate", "test", "--to=out", "--masks"], "pythia: masks come from a model"),
    ],
)
def test_an_error_is_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_sigterm_ends_the_stream_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def end_at_10(self: object, batch_meta: Any) -> None:
        if batch_meta.frame_meta_list[0].frame_num == 10:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(AnnotateFramesBbox, "annotator_probe", end_at_10)

    with pytest.raises(SystemExit) as ended:
        main(["annotate", "test://ball?muxer_width=64&muxer_height=48", f"--to={tmp_path}"])

    assert ended.value.code == 130
    assert "files are complete" in capsys.readouterr().err
    coco = json.loads((tmp_path / "coco.json").read_text())
    assert len(coco["images"]) == len(list((tmp_path / "frames").iterdir())) >= 10

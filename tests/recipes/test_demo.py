"""Demo.play: one line that plays."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pythia.exceptions import PipelineError
from pythia.recipes import Demo
from support.small_video import FRAMES, small_video

WAIT_S = 30


def _frames_of(file: Path) -> list[np.ndarray]:
    video = cv2.VideoCapture(str(file))
    found = []
    while (read := video.read())[0]:
        found.append(np.asarray(read[1]))
    return found


def test_a_file_is_played_to_its_end(tmp_path: Path) -> None:
    demo = Demo.play(small_video(tmp_path, "video.mp4"), sink="fakesink")

    assert not demo.running
    assert demo.limit.frames == FRAMES


def test_a_model_draws_boxes_into_exactly_so_many_frames(
    street: Path, detector: Path, tmp_path: Path
) -> None:
    plain, boxed = tmp_path / "plain.mp4", tmp_path / "boxed.mp4"
    Demo.play(street, sink=plain, max_frames=3)

    Demo.play(street, model=detector, sink=boxed, max_frames=3)

    pairs = list(zip(_frames_of(plain), _frames_of(boxed), strict=True))
    assert len(pairs) == 3
    # nvdsosd draws red boxes, and there is more of that than before.
    red = [[((f[..., 2] > 180) & (f[..., 1] < 70)).sum() for f in pair] for pair in pairs]
    assert all(after > before + 1000 for before, after in red)


def test_in_the_background_it_can_be_stopped() -> None:
    demo = Demo.play("test", sink="fakesink", background=True)

    assert demo.running
    demo.stop()
    assert demo.wait(WAIT_S)


def test_ctrl_c_leaves_a_video_that_can_be_played(tmp_path: Path) -> None:
    class Interrupted(Demo):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.probe("m", "src")(self.interrupt)

        def interrupt(self, batch_meta: Any) -> None:
            if batch_meta.frame_meta_list[0].frame_num == 10:
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        Interrupted.play("test://ball?muxer_width=64&muxer_height=48", sink=tmp_path / "o.mp4")

    assert len(_frames_of(tmp_path / "o.mp4")) >= 10


def test_what_is_wrong_is_told_before_anything_plays() -> None:
    with pytest.raises(PipelineError, match="no file"):
        Demo.play("nope.mp4", background=True)


def test_progress_is_shown_on_standard_error_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = small_video(tmp_path, "video.mp4")
    Demo.play(video, sink="fakesink")
    assert capsys.readouterr() == ("", "")  # no terminal

    Demo.play(video, sink="fakesink", progress=True)

    out, err = capsys.readouterr()
    assert out == ""
    assert f"{FRAMES}/{FRAMES}" in err
    assert "frames/s" in err


def test_without_tqdm_it_plays_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)

    demo = Demo.play(small_video(tmp_path, "video.mp4"), sink="fakesink", progress=True)

    assert demo.limit.frames == FRAMES
    assert "pythiags[recipes]" in caplog.text

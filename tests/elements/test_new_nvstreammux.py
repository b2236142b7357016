"""nvstreammux with USE_NEW_NVSTREAMMUX=yes, as NVIDIA's new muxer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from support.play import Play
from support.small_video import FRAMES, small_video

CAPS = "video/x-raw,format=I420,width=64,height=48,framerate=30/1"


def _sources(*frames: int, caps: str = CAPS) -> str:
    return " ".join(
        f"videotestsrc num-buffers={count} ! {caps} ! m.sink_{number}"
        for number, count in enumerate(frames)
    )


def _mux(options: str, *frames: int, caps: str = CAPS) -> str:
    return f"nvstreammux name=m {options} ! fakesink name=out {_sources(*frames, caps=caps)}"


@pytest.fixture(autouse=True)
def new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_NEW_NVSTREAMMUX", "yes")


def _config(folder: Path, *lines: str, source: str = "") -> str:
    file = folder / "mux.txt"
    file.write_text("\n".join(("[property]", *lines, source)))
    return f"config-file-path={file}"


def test_frames_keep_their_size_and_a_batch_has_one_of_each_source(play: Play) -> None:
    # The batches are complete only if nothing is pushed before all have come.
    played = play(_mux("batch-size=9 batched-push-timeout=-1", 4, 4, 4))

    assert played.error is None
    assert [batch.num_frames_in_batch for batch in played.batches] == [3] * 4
    assert played.caps is not None
    assert played.caps.get_structure(0).get_int("width") == (True, 64)


def test_what_sources_are_left_make_the_batch(play: Play) -> None:
    played = play(_mux("batch-size=2 batched-push-timeout=-1", 1, 5))

    assert [batch.num_frames_in_batch for batch in played.batches] == [2, 1, 1, 1, 1]


def test_a_file_may_ask_for_batches_of_a_fixed_size(play: Play, tmp_path: Path) -> None:
    file = _config(tmp_path, "batch-size=4", "adaptive-batching=0", "max-same-source-frames=2")
    source = "[source-config-0]\nmax-num-frames-per-batch=2"
    (tmp_path / "mux.txt").write_text((tmp_path / "mux.txt").read_text() + source)

    played = play(_mux(f"{file} batched-push-timeout=-1", 4, 4))

    assert [batch.num_frames_in_batch for batch in played.batches] == [4, 4]
    assert Counter(f.source_id for f in played.batches[0].frame_meta_list) == {0: 2, 1: 2}
    assert played.batches[0].max_frames_in_batch == 4


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ("", "set batch-size, for example batch-size=4"),
        ("batch-size=1 width=64", "has no width: it does not scale"),
        ("batch-size=1 enable-padding=true", "has no enable-padding"),
        ("batch-size=1 config-file-path=/no/such.txt", "/no/such.txt"),
    ],
)
def test_what_the_new_muxer_does_not_have_is_refused(play: Play, options: str, cause: str) -> None:
    error = play(_mux(options, 1)).error

    assert error is not None
    assert cause in error


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("max-fps-control=1", "the portable runtime has no max-fps-control"),
        ("enable-source-rate-control=1", "the portable runtime has no enable-source-rate-control"),
        ("algorithm-type=2", "key algorithm-type: found '2', expected one of 1"),
        ("overall-min-fps-n=none", "key overall-min-fps-n: found 'none'"),
    ],
)
def test_what_a_file_cannot_have_is_refused(
    play: Play, tmp_path: Path, line: str, cause: str
) -> None:
    error = play(_mux(f"batch-size=1 {_config(tmp_path, line)}", 1)).error

    assert error is not None
    assert cause in error


def test_sources_of_two_sizes_are_an_error_that_says_what_to_do(play: Play) -> None:
    other = "videotestsrc num-buffers=9 ! video/x-raw,width=32,height=24 ! m.sink_1"

    error = play(f"{_mux('batch-size=2', 9)} {other}").error

    assert error is not None
    assert "the portable runtime's new muxer (USE_NEW_NVSTREAMMUX=yes) needs one size" in error


def test_the_file_is_for_the_new_muxer_only(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("USE_NEW_NVSTREAMMUX")

    error = play(_mux("batch-size=1 width=8 height=8 config-file-path=/x", 1)).error

    assert error is not None
    assert "config-file-path is for the new muxer: set USE_NEW_NVSTREAMMUX=yes" in error


def test_nvmultiurisrcbin_leaves_out_what_the_new_muxer_does_not_have(
    play: Play, tmp_path: Path
) -> None:
    uri = small_video(tmp_path, "video.mp4").as_uri()

    played = play(
        f"nvmultiurisrcbin uri-list={uri} port=0 max-batch-size=2 width=999 height=999 "
        "live-source=true ! fakesink name=out sync=false"
    )

    assert played.error is None
    assert len(played.frames) == FRAMES
    assert played.caps is not None
    assert played.caps.get_structure(0).get_int("width") == (True, 64)

"""nvarguscamerasrc, nvv4l2camerasrc and nvvideotestsrc."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia import elements
from pythia.elements import stand_in
from pythia.gst import Gst
from support.pictures import Pictures
from support.play import Play

NVMM = "video/x-raw(memory:NVMM)"
CAMERAS = {
    "nvarguscamerasrc": ("sensor-id=77", "/dev/video77"),
    "nvv4l2camerasrc": ("device=/dev/no-such-camera", "/dev/no-such-camera"),
}


def fields(caps: Any) -> tuple[str, int, int, str]:
    """Format, width, height and frame rate."""
    structure = caps.get_structure(0)
    rate = str(structure.get_value("framerate"))
    return (*(structure.get_value(name) for name in ("format", "width", "height")), rate)


@pytest.mark.parametrize("camera", CAMERAS)
def test_without_a_camera_a_live_test_picture_comes_and_it_is_told_once(
    play: Play, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, camera: str
) -> None:
    monkeypatch.setattr(stand_in, "_said", set())
    setting, device = CAMERAS[camera]
    caps = f"{NVMM},width=64,height=48,framerate=100/1"

    with caplog.at_level(logging.WARNING, "pythia"):
        played = play(f"{camera} {setting} num-buffers=4 ! {caps} ! fakesink name=out")

    assert played.error is None
    assert fields(played.caps) == ("NV12", 64, 48, "100/1")
    assert len(played.pts) == 4
    (told,) = [record.getMessage() for record in caplog.records]
    assert device in told
    assert "test picture" in told


@pytest.mark.parametrize("camera", CAMERAS)
def test_a_test_picture_is_live(camera: str) -> None:
    elements.register()
    setting, _ = CAMERAS[camera]
    pipeline: Any = Gst.parse_launch(f"{camera} {setting} ! fakesink")

    result = pipeline.set_state(Gst.State.PAUSED)
    pipeline.set_state(Gst.State.NULL)

    assert result == Gst.StateChangeReturn.NO_PREROLL


@pytest.mark.parametrize(
    "settings",
    [
        "sensor-mode=3 wbmode=0 saturation=1.5 tnr-mode=2 tnr-strength=0.5 ee-mode=1",
        'exposuretimerange="34000 358733000" gainrange="1 16" ispdigitalgainrange="1 8"',
        "aelock=true awblock=true aeantibanding=3 exposurecompensation=1 bufapi-version=1",
        "do-timestamp=true silent=true blocksize=-1",
    ],
)
def test_settings_of_nvidias_camera_are_accepted(play: Play, settings: str) -> None:
    caps = f"{NVMM},format=NV12,width=64,height=48,framerate=100/1"

    played = play(
        f"nvarguscamerasrc sensor-id=77 num-buffers=2 {settings} ! {caps} ! fakesink name=out"
    )

    assert played.error is None


def test_a_camera_feeds_a_batch(play: Play) -> None:
    played = play(
        f"nvarguscamerasrc sensor-id=77 num-buffers=5 ! {NVMM},width=128,height=96,framerate=100/1 "
        "! m.sink_0 nvstreammux name=m live-source=1 batch-size=1 width=64 height=48 "
        "batched-push-timeout=40000 ! fakesink name=out sync=false"
    )

    assert played.error is None
    assert [frame.frame_num for frame in played.frames] == [0, 1, 2, 3, 4]


def test_a_file_that_is_no_camera_is_an_error(play: Play, tmp_path: Path) -> None:
    file = tmp_path / "video0"
    file.write_bytes(b"")

    played = play(f"nvv4l2camerasrc device={file} ! fakesink name=out")

    assert played.error is not None
    assert str(file) in played.error


def test_the_test_source_has_nvidias_defaults(play: Play) -> None:
    played = play("nvvideotestsrc num-buffers=2 ! fakesink name=out")

    assert played.error is None
    assert fields(played.caps) == ("I420", 1280, 720, "60/1")


@pytest.mark.parametrize("format", ["I420", "NV12", "RGBA"])
@pytest.mark.parametrize("memory", ["", "(memory:NVMM)"])
def test_the_test_source_gives_what_is_asked_for(play: Play, format: str, memory: str) -> None:
    caps = f"video/x-raw{memory},format={format},width=64,height=48,framerate=30/1"

    played = play(f"nvvideotestsrc num-buffers=2 ! {caps} ! fakesink name=out")

    assert played.error is None
    assert fields(played.caps) == (format, 64, 48, "30/1")


def test_the_test_picture_moves_as_fast_as_asked(play: Play) -> None:
    pictures = Pictures()

    play(
        f"nvvideotestsrc num-buffers=3 horizontal-speed=4 ! {NVMM},format=RGBA,width=64,height=48 "
        "! fakesink name=out",
        pictures,
    )

    first, second = pictures.buffers[0][0][:30], pictures.buffers[1][0][:30]
    np.testing.assert_array_equal(second[:, :-4], first[:, 4:])


def test_the_gradient_differs_from_the_bars(play: Play) -> None:
    bars, gradient = Pictures(), Pictures()
    text = (
        f"nvvideotestsrc num-buffers=1 pattern={{}} ! {NVMM},width=64,height=48 ! fakesink name=out"
    )

    play(text.format("smpte"), bars)
    play(text.format("gradient"), gradient)

    colours = [len(np.unique(p.buffers[0][0].reshape(-1, 3), axis=0)) for p in (bars, gradient)]
    assert colours[0] != colours[1]


@pytest.mark.parametrize(
    "setting", ["pattern=mandelbrot", "location=/tmp/x.yuv", "max-jitter=5", "fixed-jitter=1;2"]
)
def test_what_the_test_source_cannot_do_is_refused(play: Play, setting: str) -> None:
    played = play(f"nvvideotestsrc {setting} ! fakesink name=out")

    assert played.error is not None
    assert setting.split("=")[0] in played.error
    assert "not available on the portable runtime" in played.error

"""nveglglessink, nv3dsink, nvdrmvideosink, nvoverlaysink and nvegltransform."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia import elements
from pythia.elements import stand_in
from pythia.gst import Gst
from support.console import BIN, run
from support.play import Play

NVMM = "video/x-raw(memory:NVMM)"
SINKS = ("nveglglessink", "nv3dsink", "nvdrmvideosink", "nvoverlaysink")
SOURCE = "videotestsrc num-buffers={} ! video/x-raw,format=NV12,width=64,height=48,framerate=100/1"


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a display, whose process has said nothing yet."""
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pythia.elements.display_sink._CARDS", Path("/no/such/folder"))
    monkeypatch.setattr(stand_in, "_said", set())


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("memory", ["", f"! nvvideoconvert ! {NVMM} ! nvegltransform"])
def test_without_a_display_frames_are_taken(play: Play, sink: str, memory: str) -> None:
    played = play(f"{SOURCE.format(10)} {memory} ! {sink} name=out sync=false")

    assert played.error is None
    assert len(played.pts) == 10


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize(("sync", "fps"), [(True, 100), (False, 1)])
def test_without_a_display_time_is_kept(play: Play, sync: bool, fps: int) -> None:
    source = SOURCE.format(30).replace("100/1", f"{fps}/1")
    began = time.monotonic()

    play(f"{source} ! nveglglessink name=out sync={sync}")

    frames_last_s = 29 / fps
    assert (time.monotonic() - began >= frames_last_s) == sync


@pytest.mark.usefixtures("no_display")
def test_a_missing_display_is_told_once(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    sinks = " ".join(f"{SOURCE.format(3)} ! nveglglessink" for _ in range(3))

    with caplog.at_level(logging.WARNING, "pythia"):
        play(f"{sinks} {SOURCE.format(3)} ! nveglglessink name=out")

    (told,) = [record.getMessage() for record in caplog.records]
    assert told.startswith(
        "nveglglessink: no display here (DISPLAY and WAYLAND_DISPLAY are not set)"
    )


@pytest.mark.parametrize("command", ["gst-pylaunch", "gst-launch-1.0"])
def test_a_user_of_the_command_line_sees_it_once(tmp_path: Path, command: str) -> None:
    variables = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "XDG_CACHE_HOME": str(tmp_path)}
    program: str | Path = BIN / command
    if command == "gst-launch-1.0":
        if Gst.Registry.get().find_plugin("python") is None:
            pytest.skip("needs the package gstreamer1.0-python3-plugin-loader")
        exports = run([BIN / "pythia", "env"], tmp_path, 60, **variables).stdout.split("export ")[
            1:
        ]
        variables |= dict(line.strip().split("=", 1) for line in exports)
        program = command
    text = f"{SOURCE.format(3)} ! tee name=t ! queue ! nveglglessink t. ! queue ! nveglglessink"

    done = run([program, "-q", *text.split()], tmp_path, 60, **variables)

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("no display here") == 1
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize("sink", SINKS)
def test_the_properties_of_every_sink_are_there(sink: str) -> None:
    elements.register()
    element: Any = Gst.ElementFactory.make(sink, None)
    defaults = {
        "sync": True,
        "qos": True,
        "async": True,
        "max-lateness": 5_000_000,
        "ts-offset": 0,
        "enable-last-sample": True,
        "last-sample": None,
    }

    assert {name: element.get_property(name) for name in defaults} == defaults
    element.set_property("max-lateness", -1)
    element.set_property("ts-offset", -5)
    assert (element.props.max_lateness, element.props.ts_offset) == (-1, -5)


@pytest.mark.usefixtures("no_display")
def test_settings_reach_the_sink_before_and_while_it_plays() -> None:
    elements.register()
    pipeline: Any = Gst.parse_launch(f"{SOURCE.format(50)} ! nveglglessink name=out sync=0 qos=0")
    out = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PAUSED)
    pipeline.get_state(10 * Gst.SECOND)

    (inner,) = out.children
    before = inner.props.sync, inner.props.qos
    out.props.sync = True
    after = inner.props.sync, inner.props.qos
    sample = out.props.last_sample
    pipeline.set_state(Gst.State.NULL)

    assert before == (False, False)
    assert after == (True, False)
    assert sample.get_caps().get_structure(0).get_value("width") == 64


@pytest.mark.usefixtures("no_display")
def test_a_sink_in_a_bin_of_the_users_own_ends_the_stream(play: Play) -> None:
    played = play(f"{SOURCE.format(5)} ! ( queue ! nveglglessink name=out sync=false )")

    assert played.error is None
    assert len(played.pts) == 5


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nveglglessink rows=2", "nvmultistreamtiler"),
        ("nveglglessink columns=3", "rows and columns"),
    ],
)
def test_what_it_cannot_do_is_refused(play: Play, text: str, words: str) -> None:
    played = play(f"{SOURCE.format(2)} ! {text} name=out")

    assert played.error is not None
    assert words in played.error


def test_a_display_that_does_not_answer_is_told(
    play: Play, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(stand_in, "_said", set())
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "no-such-display")

    played = play(f"{SOURCE.format(3)} ! nveglglessink name=out")

    assert played.error is None
    (record,) = caplog.records
    assert "WAYLAND_DISPLAY=no-such-display" in record.getMessage()


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An X server that keeps its picture in a file: its display and the file."""
    server, folder = shutil.which("Xvfb"), tmp_path_factory.mktemp("screen")
    if server is None or Gst.ElementFactory.find("ximagesink") is None:
        pytest.skip("needs the packages xvfb and gstreamer1.0-x")
    reads, writes = os.pipe()
    words = ["-displayfd", str(writes), "-screen", "0", "320x240x24", "-fbdir", str(folder)]
    with subprocess.Popen([server, "-noreset", *words], pass_fds=[writes]) as process:
        os.close(writes)
        with os.fdopen(reads) as numbers:
            number = numbers.readline().strip()
        yield f":{number}", folder / "Xvfb_screen0"
        process.terminate()


def test_frames_are_shown_on_the_display(
    screen: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    display, file = screen
    monkeypatch.setenv("DISPLAY", display)
    elements.register()
    pipeline: Any = Gst.parse_launch(
        f"videotestsrc pattern=red ! nvvideoconvert ! {NVMM},format=NV12,width=64,height=48 "
        "! nveglglessink window-width=200 window-height=150"
    )
    pipeline.set_state(Gst.State.PLAYING)
    pipeline.get_state(10 * Gst.SECOND)

    red = 0
    for _ in range(100):
        pixels = np.frombuffer(file.read_bytes()[-320 * 240 * 4 :], np.uint8).reshape(-1, 4)
        red = int(((pixels[:, 2] > 200) & (pixels[:, :2] < 50).all(axis=1)).sum())
        if red >= 200 * 150 * 0.95:
            break
        time.sleep(0.05)
    pipeline.set_state(Gst.State.NULL)

    assert red == pytest.approx(200 * 150, rel=0.05)

from __future__ import annotations

import re
from typing import Any

import pytest

from pythia.elements.structures import custom_event
from pythia.gst import Gst
from pythia.meta import carrier
from support.play import Play

SOURCE = "videotestsrc num-buffers={} is-live={} ! video/x-raw,framerate=30/1 ! m.sink_{} "
LOGGER = "nvstreammux name=m batch-size={} width=160 height=120 ! nvdslogger name=log {} "
SINK = "! fakesink name=out "


def test_the_rate_of_each_source_is_printed_at_intervals(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    played = play(
        LOGGER.format(2, "fps-measurement-interval-sec=1")
        + SINK
        + SOURCE.format(45, "true", 0)
        + SOURCE.format(45, "true", 3)
    )

    assert played.error is None
    line = capsys.readouterr().out.splitlines()[0]
    assert re.fullmatch(r"\*\*PERF : FPS_0 \(\d+\.\d\d\)\tFPS_3 \(\d+\.\d\d\)\t", line)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ("stream-eos", r"\*\*PERF : FPS_0 \([1-9]\d*\.\d\d\)\tFPS_3 \(0\.00\)\t"),
        ("pad-deleted", r"\*\*PERF : FPS_0 \([1-9]\d*\.\d\d\)\t"),
    ],
)
def test_a_source_that_ended_has_no_frames_and_one_that_is_gone_is_left_out(
    play: Play, capsys: pytest.CaptureFixture[str], event: str, line: str
) -> None:
    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        if batch.frame_meta_list[0].frame_num < 10:
            return Gst.PadProbeReturn.OK
        # Source 3 has had its last frame by now.
        pad.send_event(custom_event(event, stream_id=3))
        return Gst.PadProbeReturn.REMOVE

    def prepare(pipeline: Gst.Pipeline) -> None:
        log: Any = pipeline.get_by_name("log")
        log.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, look)

    sources = SOURCE.format(45, "true", 0) + SOURCE.format(5, "true", 3)
    play(LOGGER.format(2, "fps-measurement-interval-sec=1") + SINK + sources, prepare)

    assert re.fullmatch(line, capsys.readouterr().out.splitlines()[0])


@pytest.mark.parametrize("options", ["show-fps=false fps-measurement-interval-sec=1", ""])
def test_nothing_is_printed_that_was_not_asked_for(
    play: Play, capsys: pytest.CaptureFixture[str], options: str
) -> None:
    play(LOGGER.format(1, options) + SINK + SOURCE.format(5, "false", 0))

    assert capsys.readouterr().out == ""


def test_the_latency_of_each_source_is_printed_if_it_is_measured(
    play: Play, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVDS_ENABLE_LATENCY_MEASUREMENT", "1")
    options = "fps-measurement-interval-sec=1 show-fps=false show-latency=true"

    play(LOGGER.format(1, options) + SINK + SOURCE.format(40, "true", 0))

    line = capsys.readouterr().out.splitlines()[0]
    assert re.fullmatch(r"Source id = 0 Frame_num = \d+ Frame latency = \d+\.\d{6} \(ms\) ", line)


def test_a_latency_that_is_not_measured_is_a_warning(
    play: Play, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NVDS_ENABLE_LATENCY_MEASUREMENT", raising=False)

    play(LOGGER.format(1, "show-latency=true") + SINK + SOURCE.format(2, "false", 0))

    assert "show-latency needs NVDS_ENABLE_LATENCY_MEASUREMENT=1" in caplog.text


def test_each_buffer_has_a_line_if_it_is_not_silent(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    play(LOGGER.format(1, "silent=false") + SINK + SOURCE.format(2, "true", 0))

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert re.fullmatch(
            r"log BUF_PTS : 0:00:00\.\d{9} element time 0:00:0\d\.\d{9} elem-buf=-?\d+\.\d\d ms",
            line,
        )


@pytest.mark.parametrize(
    "text",
    [
        LOGGER.format(1, "") + SINK + SOURCE.format(3, "false", 0),
        "videotestsrc num-buffers=3 ! nvdslogger ! fakesink name=out",
        "audiotestsrc num-buffers=3 ! nvdslogger ! fakesink name=out",
    ],
)
def test_buffers_of_any_kind_pass_untouched(play: Play, text: str) -> None:
    played = play(text)

    assert played.error is None
    assert len(played.pts) == 3
    assert [frame.frame_num for frame in played.frames] in ([], [0, 1, 2])

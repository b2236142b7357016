from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from pythia import Application
from pythia.core.probe import Probe
from pythia.event_stream.memory import STORAGE
from pythia.exceptions import ProbeFailedError
from pythia.gst import Gst

PIPELINE = "videotestsrc num-buffers=10 ! identity name=middle ! fakesink name=end"
OK = Gst.PadProbeReturn.OK


def run_with(function: Any, pipeline: str = PIPELINE, pad: str = "src", *args: Any) -> list[int]:
    """Return the time stamps of the buffers that arrive behind a probe on ``middle``."""
    app = Application(pipeline)
    arrived: list[int] = []
    app.probe("middle", pad, *args)(function)
    app.probe("end", "sink")(lambda pad, info: arrived.append(info.get_buffer().pts))
    app()
    return arrived


def test_none_lets_every_buffer_through() -> None:
    assert len(run_with(lambda pad, info: None)) == 10


def test_drop_drops_and_ok_passes() -> None:
    answers = iter([OK, Gst.PadProbeReturn.DROP] * 5)

    arrived = run_with(lambda pad, info: next(answers))

    assert len(arrived) == 5


def test_remove_takes_the_probe_off_until_the_next_run(capfd: pytest.CaptureFixture[str]) -> None:
    app = Application(PIPELINE)
    calls = []

    @app.probe("middle")
    def once(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        calls.append(1)
        return Gst.PadProbeReturn.REMOVE

    app()
    app()

    assert len(calls) == 2
    assert "WARNING" not in capfd.readouterr().err


def test_what_a_generator_returns_is_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHIA_STREAM_URI", "memory://?stream=answers")

    def drops(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Generator[int, None, Gst.PadProbeReturn]:
        yield 1
        yield 2
        return Gst.PadProbeReturn.DROP

    arrived = run_with(drops)

    assert arrived == []
    assert list(STORAGE.pop("answers")) == [1, 2] * 10


@pytest.mark.parametrize("answer", [True, 1, "drop"])
def test_any_other_answer_is_an_error_of_the_function(answer: object) -> None:
    message = rf"returns None or a Gst.PadProbeReturn, not \w+, at {__file__}"
    with pytest.raises(ProbeFailedError, match=message):
        run_with(lambda pad, info: answer)


def test_further_arguments_reach_the_function() -> None:
    seen: list[tuple[Any, ...]] = []

    def function(pad: Gst.Pad, info: Gst.PadProbeInfo, first: str, second: int) -> None:
        seen.append((first, second))

    run_with(function, PIPELINE, "sink", "a", 2)

    assert seen == [("a", 2)] * 10


def test_without_metadata_batch_meta_is_none_and_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    batches: list[object] = []

    run_with(lambda batch_meta: batches.append(batch_meta))

    assert batches == [None] * 10
    assert [r.getMessage().count("behind nvstreammux") for r in caplog.records] == [1]


def test_the_error_of_a_probe_says_that_batch_meta_was_none() -> None:
    with pytest.raises(ProbeFailedError, match=r"AttributeError.*batch_meta was None.*call 1"):
        run_with(lambda batch_meta: batch_meta.frame_meta_list)


def test_events_can_be_probed() -> None:
    app = Application(PIPELINE)
    types = []

    @app.probe("end", "sink", pad_probe_type=Gst.PadProbeType.EVENT_DOWNSTREAM)
    def events(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        event = info.get_event()
        types.append(event and event.type)

    app()

    assert types[-1] == Gst.EventType.EOS


def test_each_buffer_of_a_list_is_seen() -> None:
    source, sink = (
        Gst.Pad.new("src", Gst.PadDirection.SRC),
        Gst.Pad.new("in", Gst.PadDirection.SINK),
    )
    sink.set_chain_list_function_full(lambda *_: Gst.FlowReturn.OK)
    source.link(sink)
    for pad in (sink, source):
        pad.set_active(True)
    source.push_event(Gst.Event.new_stream_start("s"))
    segment = Gst.Segment.new()
    segment.init(Gst.Format.BYTES)
    source.push_event(Gst.Event.new_segment(segment))
    seen: list[object] = []
    probe = Probe(lambda batch_meta: seen.append(batch_meta), "element")
    source.add_probe(probe.pad_probe_type, probe)
    buffers = Gst.BufferList.new()
    for _ in range(3):
        buffers.insert(-1, Gst.Buffer.new())

    source.push_list(buffers)

    assert seen == [None] * 3
    assert probe.stats()["frames"] == 3
    assert probe.stats()["calls"] == 1


def test_counts_and_times_are_kept() -> None:
    app = Application(PIPELINE)

    @app.probe("middle", "sink", backend_uri="memory://?stream=counted")
    def two(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[int]:
        yield 1
        yield 2

    app()

    stats = app.stats()
    probe = stats["probes"][0]
    assert (probe["calls"], probe["yielded"], probe["errors"]) == (10, 20, 0)
    assert 0 < probe["p50_us"] <= probe["p99_us"]
    assert probe["function"].endswith("two")
    assert stats["streams"]["memory://?stream=counted"].sent == 20
    assert len(STORAGE.pop("counted")) == 20

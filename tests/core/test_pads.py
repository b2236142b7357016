from __future__ import annotations

import pytest

from pythia import Application
from pythia.core.pad_names import matches
from pythia.exceptions import ProbeTargetError
from pythia.gst import Gst


def calls_on(pipeline: str, element: str, pad: str) -> int:
    app = Application(pipeline)
    calls: list[str] = []
    app.probe(element, pad)(lambda pad, info: calls.append(pad.get_name()))
    app()
    return len(calls)


FIVE = "videotestsrc num-buffers=5 name=from"


@pytest.mark.parametrize(
    ("pipeline", "element", "pad"),
    [
        (f"{FIVE} ! fakesink name=to", "from", "src"),
        (f"{FIVE} ! fakesink name=to", "to", "sink"),
        (f"{FIVE} ! concat name=c ! fakesink", "c", "sink_0"),
        (f"{FIVE} ! funnel name=f ! fakesink", "f", "sink"),
        (f"{FIVE} ! tee name=t ! fakesink", "t", "src_0"),
        (f"{FIVE} ! decodebin name=d ! fakesink", "d", "src_0"),
        (f"{FIVE} ! decodebin name=d ! fakesink", "d", "src"),
        (f"bin.( {FIVE} ! identity name=inner ) ! fakesink", "inner", "src"),
    ],
)
def test_pads_are_probed_that_exist_or_appear_later(pipeline: str, element: str, pad: str) -> None:
    assert calls_on(pipeline, element, pad) == 5


def test_a_pad_that_appears_anew_in_each_run_is_probed_in_each() -> None:
    app = Application(f"{FIVE} ! decodebin name=d ! fakesink")
    calls: list[int] = []
    app.probe("d", "src")(lambda pad, info: calls.append(1))

    app()
    app()

    assert len(calls) == 10


def test_a_request_pad_made_while_playing_is_probed() -> None:
    app = Application(f"{FIVE} is-live=true ! fakesink funnel name=f ! fakesink async=false")
    calls: list[int] = []
    app.probe("f", "sink_3")(lambda pad, info: calls.append(1))
    app.inject_probes()
    funnel = app.pipeline.get_by_name("f")
    assert funnel is not None
    template = funnel.get_pad_template("sink_%u")
    assert template is not None

    pad = funnel.request_pad(template, "sink_3", None)

    assert pad is not None
    pad.set_active(True)
    pad.send_event(Gst.Event.new_stream_start("s"))
    segment = Gst.Segment.new()
    segment.init(Gst.Format.BYTES)
    pad.send_event(Gst.Event.new_segment(segment))
    pad.chain(Gst.Buffer.new())
    assert calls == [1]


@pytest.mark.parametrize(
    ("pipeline", "target", "message"),
    [
        (
            FIVE + " ! fakesink name=to",
            "too.sink",
            r"no element named 'too'.*did you mean 'to'.*from",
        ),
        (FIVE + " ! fakesink name=to", "to.src", r"'to' has no single pad 'src'.*available: sink"),
        (FIVE + " ! fakesink name=to", "to.snk", r"did you mean 'sink'"),
        (
            FIVE + " ! tee name=t ! fakesink",
            "t.source_9",
            r"available: sink, src_0; can appear: src_%u",
        ),
        (
            FIVE + " ! tee name=t t. ! queue ! fakesink t. ! queue ! fakesink",
            "t.src",
            "src_0, src_1",
        ),
    ],
)
def test_a_wrong_target_lists_what_there_is(pipeline: str, target: str, message: str) -> None:
    app = Application(pipeline)
    element, _, pad = target.partition(".")
    app.probe(element, pad)(lambda pad, info: None)

    with pytest.raises(ProbeTargetError, match=message):
        app.inject_probes()


def test_a_pad_that_never_appears_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    calls = calls_on(f"{FIVE} ! funnel name=f ! fakesink", "f", "sink_7")

    assert calls == 0
    assert "its pad did not appear: f.sink_7 (pads: " in caplog.text


@pytest.mark.parametrize(
    ("template", "name", "fits"),
    [
        ("sink_%u", "sink_0", True),
        ("sink_%u", "sink_12", True),
        ("sink_%u", "sink_x", False),
        ("sink_%u", "sink", False),
        ("src_%s", "src_abc", True),
        ("send_rtp_src_%u_%u", "send_rtp_src_0_1", True),
        ("src", "src", True),
        ("sink_%u", "sink_%u", True),
    ],
)
def test_names_fit_the_template_that_makes_them(template: str, name: str, fits: bool) -> None:
    assert matches(template, name) == fits

from __future__ import annotations

import pytest

from pythia import Application
from pythia.exceptions import PlayError
from pythia.gst import Gst
from support.play import Play

SOURCE = "videotestsrc num-buffers=1 ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12"
PIPELINES = [
    (
        f"nvdsmetamux name=meta config-file=metamux.txt ! fakesink {SOURCE} ! meta.sink_0 "
        f"{SOURCE} ! meta.sink_1 {SOURCE} ! meta.",
        "inference elements one behind the other",
    ),
    (
        f"{SOURCE} ! nvdsvideotemplate customlib-name=lib.so customlib-props=a:b ! fakesink",
        "in a probe, which gets the frames as NumPy arrays",
    ),
    (
        f"{SOURCE} ! dsexample full-frame=0 blur-objects=1 processing-width=640 ! fakesink",
        "nvdsosd blur-bbox=1",
    ),
]


@pytest.mark.parametrize(("text", "advice"), PIPELINES)
def test_what_is_refused_says_why_and_what_to_do(play: Play, text: str, advice: str) -> None:
    played = play(text)

    assert played.error is not None
    assert advice in played.error
    assert Gst.parse_launch(text).set_state(Gst.State.READY) == Gst.StateChangeReturn.FAILURE


@pytest.mark.parametrize(("text", "advice"), PIPELINES)
def test_an_application_ends_with_the_reason(text: str, advice: str) -> None:
    with pytest.raises(PlayError, match=advice):
        Application(text)()


def test_pads_of_what_is_refused_can_be_given_back(play: Play) -> None:
    play(SOURCE + " ! fakesink")
    mux = Gst.ElementFactory.make("nvdsmetamux")
    assert mux is not None

    pads = [mux.request_pad_simple(name) for name in ("sink_3", "sink_%u")]

    for pad in pads:
        assert pad is not None
        mux.release_request_pad(pad)
    assert [pad.get_name() for pad in mux.pads] == ["src"]

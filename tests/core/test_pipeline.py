from __future__ import annotations

import pytest

from pythia.core.pipeline import build, elements_of
from pythia.exceptions import PipelineError
from pythia.gst import Gst


@pytest.mark.parametrize(
    "text",
    ["videotestsrc ! fakesink", "fakesink", "bin.( fakesrc ! fakesink )", "( fakesrc ! fakesink )"],
)
def test_text_becomes_a_pipeline_in_any_case(text: str) -> None:
    assert isinstance(build(text), Gst.Pipeline)


def test_elements_inside_of_bins_are_found() -> None:
    names = {e.get_name() for e in elements_of(build("bin.( fakesrc name=a ! fakesink name=b )"))}

    assert names >= {"a", "b"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the pipeline is empty"),
        (
            "videotestsr ! fakesink",
            r"no element 'videotestsr' at column 1, did you mean 'videotest",
        ),
        ("videotestsrc ! \n fakesnk", r"no element 'fakesnk' at line 2, column 2.*did you mean"),
        ("fakesrc ! nvnothing ! fakesink", r"'nvnothing' at column 11(.|\n)*portable runtime"),
        ("fakesrc ! zzyzx ! fakesink", r"'zzyzx'(.|\n)*its plugin is missing"),
        ("videotestsrc patern=3 ! fakesink", r"'patern' at column 14, did you mean 'pattern'"),
        (
            "fakesrc ! fakesink nmu=3",
            r"fakesink has no property 'nmu'(.|\n)*available: .*num-buffers",
        ),
        ("videotestsrc pattern=foo ! fakesink", r"pattern=foo at column 14.*smpte, snow"),
        ("fakesrc num-buffers=x ! fakesink", r"num-buffers=x .* from -1 to 2147483647"),
        (
            "audiotestsrc ! videoconvert ! fakesink",
            r"cannot link audiotestsrc\d+ to videoconvert\d+: audiotestsrc gives audio/x-raw; "
            r"videoconvert takes video/x-raw$",
        ),
        (
            "audiotestsrc ! video/x-raw ! fakesink",
            r"audiotestsrc\d+.*fakesink\d+.*video/x-raw.*audiotestsrc gives audio/x-raw",
        ),
        (
            "fakesrc ! fakesink ! fakesink",
            r"cannot link fakesink\d+ to fakesink\d+: fakesink has no",
        ),
        ("fakesrc ! fakesrc", r"fakesrc has no input"),
        ("fakesrc ! f.foo fakesink name=f", r"f \(fakesink\) has no pad 'foo'.*available: sink"),
        ("fakesrc ! a. fakesink name=b", r"no element is named 'a'.*available: b"),
        (
            "fakesrc ! f.sink_0 fakesrc ! f.sink_0 funnel name=f ! fakesink",
            r"f\.sink_0 is linked already where column 30 asks for it",
        ),
        ("fakesrc num-buffers=-5 ! fakesink", r"num-buffers=-5 at column 9.* from -1 to"),
        ("fakesrc !", r"ends with '!'"),
        ("! fakesink", r"starts with '!'"),
        ("fakesrc ! ! fakesink", r"two '!' .* at column 9"),
        ('fakesrc ! "fakesink', r"the quote \" at column 11"),
    ],
)
def test_a_wrong_pipeline_is_explained(text: str, message: str) -> None:
    with pytest.raises(PipelineError, match=message) as caught:
        build(text)

    assert len(str(caught.value).splitlines()) <= 2


def test_a_property_value_that_looks_like_an_element_is_not_taken_for_one() -> None:
    with pytest.raises(PipelineError, match=r"no element 'nowhere' at column 38"):
        build("filesrc location='/a nothing! b'   ! nowhere ! fakesink")

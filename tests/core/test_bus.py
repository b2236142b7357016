from __future__ import annotations

from pathlib import Path

import pytest

from pythia import Application
from pythia.exceptions import PlayError, PythiaError, RunError
from pythia.gst import Gst, GstBase


class SilentRefuser(GstBase.BaseTransform):
    """Refuses its third buffer without posting why."""

    __gstmetadata__ = ("silent refuser", "Test", "test", "pythia")
    __gsttemplates__ = tuple(
        Gst.PadTemplate.new(name, direction, Gst.PadPresence.ALWAYS, Gst.Caps.new_any())
        for name, direction in (("sink", Gst.PadDirection.SINK), ("src", Gst.PadDirection.SRC))
    )
    count = 0

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        self.count += 1
        return Gst.FlowReturn.ERROR if self.count == 3 else Gst.FlowReturn.OK


@pytest.fixture(scope="module", autouse=True)
def silent_refuser() -> None:
    Gst.Element.register(None, "silentrefuser", Gst.Rank.NONE, SilentRefuser)


@pytest.mark.parametrize(
    ("pipeline", "kind", "message"),
    [
        (
            "videotestsrc ! identity name=it error-after=3 ! fakesink",
            RunError,
            r"^it \(identity\): Failed after iterations as requested$",
        ),
        (
            "videotestsrc ! silentrefuser name=refuser ! identity ! fakesink",
            RunError,
            r"^refuser \(silentrefuser\) refused a buffer .* \(seen by videotestsrc\d+",
        ),
        (
            "filesrc location={text} ! qtdemux name=demux ! fakesink",
            PlayError,
            r"^demux \(qtdemux\): This file is invalid and cannot be played: atom has",
        ),
        (
            "uridecodebin name=in uri=file:///no/such/file ! fakesink",
            PlayError,
            r'^in/source \(filesrc\): Resource not found: No such file "/no/such/file"$',
        ),
        (
            "videotestsrc ! decodebin name=d ! video/x-raw,format=NV21,width=3000000 ! fakesink",
            PlayError,
            r"d\.src_0 gives video/x-raw.* to nothing; caps on the way to \w+\.sink do not allow",
        ),
        (
            "fakesrc sizetype=fixed sizemax=192 ! rawvideoparse name=p format=rgb width=8 height=8 "
            "! capsfilter name=f caps=video/x-raw,format=NV12 ! fakesink",
            PlayError,
            r"^formats do not meet: .* gives video/x-raw, format=RGB; .* takes .*NV12; "
            r"put videoconvert in between \(seen by",
        ),
        (
            "videotestsrc ! decodebin name=d ! audioconvert name=a ! fakesink",
            PlayError,
            r"^d\.src_0 gives video/x-raw.* is linked to nothing; a\.sink takes audio/x-raw",
        ),
    ],
)
def test_the_root_cause_is_named(
    pipeline: str, kind: type[PythiaError], message: str, tmp_path: Path
) -> None:
    text = tmp_path / "video.mp4"
    text.write_text("# not a video at all\n" * 100)

    with pytest.raises(kind, match=message) as caught:
        Application(pipeline.replace("{text}", str(text)))()

    assert type(caught.value) is kind
    assert "Internal data stream error" not in str(caught.value)

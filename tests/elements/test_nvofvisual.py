from __future__ import annotations

import numpy as np
import pytest

from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.portable import PortableBase, PortableFrame, PortableUser
from pythia.meta.portable_optical_flow import PortableOpticalFlow
from pythia.meta.types import OPTICAL_FLOW_META
from support.pictures import Pictures
from support.play import Play

SOURCE = "videotestsrc num-buffers=1 ! video/x-raw,format={} ! m.sink_{} "
VISUAL = (
    "nvstreammux name=m batch-size=2 width=160 height=120 ! nvofvisual name=visual "
    "! fakesink name=out "
)


class WithFlow:
    """Gives the frame of source 1 a flow to the right; pass it as ``prepare``."""

    def __init__(self) -> None:
        self.pictures = Pictures()

    def __call__(self, pipeline: Gst.Pipeline) -> None:
        visual = pipeline.get_by_name("visual")
        assert visual is not None
        pad = visual.get_static_pad("sink")
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, self._attach)
        self.pictures(pipeline)

    def _attach(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        for frame in batch.frame_meta_list:
            if frame.pad_index == 1:
                self._mark(frame)
        return Gst.PadProbeReturn.OK

    @staticmethod
    def _mark(frame: PortableFrame) -> None:
        data = np.zeros((30, 40, 2), np.int16)
        data[:, 20:, 0] = 10 * 32
        meta = PortableOpticalFlow(rows=30, cols=40, data=data)
        frame.add_user(PortableUser(PortableBase(OPTICAL_FLOW_META), meta))
        frame.add_user(PortableUser(user_meta_data="something else"))


@pytest.mark.parametrize("format", ["NV12", "I420", "RGBA"])
def test_a_pixel_is_the_movement_of_a_block(play: Play, format: str) -> None:
    with_flow = WithFlow()

    played = play(VISUAL + SOURCE.format(format, 0) + SOURCE.format(format, 1), with_flow)

    assert played.error is None
    assert played.caps is not None
    assert "RGBA, width=(int)40, height=(int)30" in played.caps.to_string().replace("(string)", "")
    without, moving = with_flow.pictures.buffers[0]
    assert without.shape == moving.shape == (30, 40, 3)
    assert without.max() == 0
    assert moving[:, :20].max() == 0
    assert np.abs(moving[:, 20:] - (255, 0, 0)).max() <= 2


def test_the_metadata_stays(play: Play) -> None:
    played = play(VISUAL + SOURCE.format("NV12", 0) + SOURCE.format("NV12", 1), WithFlow())

    assert [frame.pad_index for frame in played.frames] == [0, 1]
    assert [len(frame.frame_user_meta_list) for frame in played.frames] == [0, 2]


def test_nvof_and_nvofvisual_and_the_tiler_work_together(play: Play) -> None:
    pictures = Pictures()
    source = (
        "videotestsrc num-buffers=3 pattern=smpte horizontal-speed=8 "
        "! video/x-raw,format=NV12,width=320,height=240 ! m.sink_{} "
    )

    played = play(
        "nvstreammux name=m batch-size=2 width=320 height=240 ! nvof ! queue ! nvofvisual "
        "! nvmultistreamtiler columns=2 width=160 height=60 ! fakesink name=out "
        + source.format(0)
        + source.format(1),
        pictures,
    )

    assert played.error is None
    first, last = pictures.buffers[0][0], pictures.buffers[-1][0]
    assert first.shape == (60, 160, 3)
    assert first.max() == 0
    for half in (last[:, :80], last[:, 80:]):
        red, green, blue = (half[..., channel] for channel in range(3))
        moving = half.max(axis=2) > 60
        assert moving.mean() > 0.05
        assert np.median(green[moving] + blue[moving] - 2 * red[moving]) > 60  # cyan: to the left


def test_a_buffer_without_a_batch_is_an_error_that_says_what_to_do(play: Play) -> None:
    played = play(
        "videotestsrc num-buffers=1 ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 "
        "! nvofvisual ! fakesink name=out"
    )

    assert played.error is not None
    assert "put nvstreammux somewhere before it" in played.error

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pythia.meta.portable import PortableFrame
from pythia.meta.portable_optical_flow import PortableOpticalFlow
from pythia.meta.types import OPTICAL_FLOW_META
from support.play import Play

MOVING = (
    "videotestsrc num-buffers={} pattern=smpte horizontal-speed={} "
    "! video/x-raw,format={},width=320,height=240,framerate=30/1 ! m.sink_{} "
)
OF = "nvstreammux name=m batch-size={} width=320 height=240 ! nvof name=of {} ! fakesink name=out "


def flows(frame: PortableFrame) -> list[Any]:
    return [
        user.user_meta_data
        for user in frame.frame_user_meta_list
        if user.base_meta.meta_type == OPTICAL_FLOW_META
    ]


def speed(flow: PortableOpticalFlow) -> float:
    """How fast the edges of the colour bars move to the right, in pixels a frame."""
    bars = flow.vectors()[4:36, 8:-8, 0]
    moving = bars[np.abs(bars) > 0.5]
    return float(np.median(moving)) if moving.size else 0.0


@pytest.mark.parametrize("format", ["NV12", "I420", "RGBA"])
def test_frames_have_vectors_of_blocks_of_four_by_four_pixels(play: Play, format: str) -> None:
    played = play(OF.format(1, "") + MOVING.format(4, 6, format, 0))

    assert played.error is None
    counts = [len(flows(frame)) for frame in played.frames]
    assert counts == [0, 1, 1, 1]
    for number, frame in enumerate(played.frames[1:], 1):
        (flow,) = flows(frame)
        assert (flow.rows, flow.cols, flow.mv_size, flow.frame_num) == (60, 80, 4, number)
        assert (flow.data.shape, flow.data.dtype) == ((60, 80, 2), np.int16)
        # The bars move to the left by their speed.
        assert -7.5 < speed(flow) < -3
        np.testing.assert_allclose(flow.vectors(), flow.data / 32)


def test_each_source_is_compared_with_its_own_frames(play: Play) -> None:
    played = play(
        OF.format(2, "") + MOVING.format(3, 0, "NV12", 0) + MOVING.format(3, 6, "NV12", 1)
    )

    assert played.error is None
    for frame in played.frames:
        if frame.frame_num == 0:
            assert flows(frame) == []
        elif frame.pad_index == 0:
            assert speed(flows(frame)[0]) == 0
        else:
            assert speed(flows(frame)[0]) < -3


@pytest.mark.parametrize("level", ["NV_OF_PERF_LEVEL_SLOW", "2", "1"])
def test_the_level_can_be_named_or_numbered(play: Play, level: str) -> None:
    played = play(OF.format(1, f"preset-level={level}") + MOVING.format(2, 4, "NV12", 0))

    assert played.error is None
    assert speed(flows(played.frames[1])[0]) < -1


def test_it_begins_anew_when_it_is_played_again(play: Play) -> None:
    text = OF.format(1, "") + MOVING.format(2, 4, "NV12", 0)

    again = [[len(flows(frame)) for frame in play(text).frames] for _ in range(2)]

    assert again == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (OF.format(1, "dump-of-meta=true") + MOVING.format(2, 4, "NV12", 0), "not possible"),
        (
            "videotestsrc num-buffers=1 ! video/x-raw,format=NV12 ! nvof ! fakesink name=out",
            "put nvstreammux somewhere before it",
        ),
        (
            OF.format(1, "").replace("height=240", "height=16") + MOVING.format(2, 4, "NV12", 0),
            "at least 32 pixels on a side",
        ),
    ],
)
def test_what_is_not_possible_is_an_error_that_says_why(
    play: Play, text: str, message: str
) -> None:
    played = play(text)

    assert played.error is not None
    assert message in played.error

"""Batches of more frames than a GStreamer buffer can hold memories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pythia.gst import Gst
from pythia.meta import carrier
from support.pictures import Pictures
from support.play import Play

GRAYS = {number: 40 + 8 * number for number in range(24)}


def source(number: int) -> str:
    gray = GRAYS[number]
    color = 0xFF000000 + gray * 0x010101
    return (
        f"videotestsrc num-buffers=2 pattern=solid-color foreground-color={color} "
        f"! video/x-raw,format=RGBA,width=64,height=48,framerate=30/1 ! m.sink_{number} "
    )


def text(count: int, middle: str) -> str:
    sources = " ".join(source(number) for number in range(count))
    mux = f"nvstreammux name=m batch-size={count} width=64 height=48 ! "
    return mux + middle + " ! fakesink name=out " + sources


@pytest.mark.parametrize("count", [16, 17, 24])
@pytest.mark.parametrize(
    "middle",
    [
        "identity",
        "nvdsosd display-clock=false",
        "nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! nvvideoconvert "
        "! video/x-raw(memory:NVMM),format=RGBA",
        "nvsegvisual width=64 height=48",
    ],
)
def test_every_frame_of_a_large_batch_stays_its_own(play: Play, count: int, middle: str) -> None:
    pictures = Pictures()

    played = play(text(count, middle), pictures)

    assert played.error is None
    for frames in pictures.buffers:
        assert len(frames) == count
        for number, picture in enumerate(frames):
            assert np.abs(picture - GRAYS[number]).max() <= 2


@pytest.mark.parametrize("count", [16, 24])
def test_a_large_batch_can_be_tiled(play: Play, count: int) -> None:
    pictures = Pictures()

    played = play(text(count, "nvmultistreamtiler rows=4 columns=6 width=384 height=192"), pictures)

    assert played.error is None
    picture = pictures.buffers[1][0]
    for number in range(24):
        row, column = divmod(number, 6)
        wanted = GRAYS[number] if number < count else 0
        assert abs(int(picture[row * 48 + 24, column * 64 + 32, 0]) - wanted) <= 2


@pytest.mark.parametrize("count", [16, 24])
def test_a_large_batch_can_be_parted(play: Play, count: int) -> None:
    pictures = Pictures("last")

    def prepare(pipeline: Gst.Pipeline) -> None:
        pictures(pipeline)

    last = count - 1
    played = play(
        text(count, "nvstreamdemux name=d").replace("! fakesink name=out", "")
        + f" d.src_0 ! queue ! fakesink name=out d.src_{last} ! queue ! nvdsosd "
        "! fakesink name=last",
        prepare,
    )

    assert played.error is None
    assert len(played.batches) == len(pictures.buffers) == 2
    assert np.abs(pictures.buffers[1][0] - GRAYS[last]).max() <= 2


def test_a_large_batch_is_drawn_on_without_a_copy_by_others(play: Play) -> None:
    """Each branch of a tee draws on its own pixels."""
    pictures = Pictures("plain")

    def mark(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        assert carrier.fetch(hash(info.get_buffer())) is not None
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        pictures(pipeline)
        osd: Any = pipeline.get_by_name("osd")
        osd.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, mark)

    played = play(
        text(20, "tee name=t ! queue ! nvdsosd name=osd display-clock=true")
        + " t. ! queue ! fakesink name=plain",
        prepare,
    )

    assert played.error is None
    for number, picture in enumerate(pictures.buffers[1]):
        assert np.abs(picture - GRAYS[number]).max() <= 2

"""Fixtures for tests of elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from pythia import elements, samples
from pythia.gst import Gst, GstVideo
from support.play import Play, Player

CLIP_FRAMES = 8

Clip = Callable[..., str]


@pytest.fixture
def play() -> Iterator[Play]:
    """A function that plays launch text with the portable elements."""
    elements.register()
    player = Player()
    yield player
    for pipeline in player.pipelines:
        pipeline.set_state(Gst.State.NULL)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """A function that gives the launch text of a source: the sample's first 8 frames.

    They come from a raw file, always the same ones: what a decoder still hands on when it is
    told to stop early differs from run to run.
    """
    folder = tmp_path_factory.mktemp("clips")

    @cache
    def clip(format: str = "I420", width: int = 1280, height: int = 720) -> str:
        file = folder / f"{format}-{width}x{height}.raw"
        Player()(
            f"filesrc location={samples.path('sample_720p.mp4')} ! qtdemux ! h264parse "
            f"! avdec_h264 ! identity eos-after={2 * CLIP_FRAMES} ! videoscale ! videoconvert "
            f"! video/x-raw,format={format},width={width},height={height} "
            f"! filesink name=out location={file}"
        )
        info = GstVideo.VideoInfo()
        info.set_format(GstVideo.VideoFormat.from_string(format), width, height)
        return (
            f"filesrc location={file} blocksize={info.size} num-buffers={CLIP_FRAMES} "
            f"! rawvideoparse format={format.lower()} width={width} height={height} "
            "framerate=30/1"
        )

    return clip

from __future__ import annotations

import gc
from collections.abc import Callable

import numpy as np
import pytest

from pythia.gst import Gst
from pythia.gst.video import VideoFormat, video_format
from support.pictures import Pictures
from support.play import Play, Played

SOURCE = "videotestsrc num-buffers=1 pattern=smpte100 ! video/x-raw,{} ! "
I420 = SOURCE.format("format=I420,width=320,height=240")
NVMM = "video/x-raw(memory:NVMM)"


def output(played: Played) -> VideoFormat:
    assert played.error is None, played.error
    assert played.caps is not None
    return video_format(played.caps)


def show(play: Play, text: str) -> tuple[VideoFormat, list[list[np.ndarray]]]:
    pictures = Pictures()
    return output(play(f"{text} ! fakesink name=out", pictures)), pictures.buffers


@pytest.mark.parametrize("element", ["nvvideoconvert", "nvvidconv"])
@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("format=I420,width=320,height=240", "format=RGBA,width=320,height=240"),
        ("format=I420,width=320,height=240", "format=NV12,width=160,height=120"),
        ("format=NV12,width=322,height=242", "format=BGRx,width=161,height=121"),
        ("format=RGBA,width=320,height=240", "format=I420,width=640,height=480"),
        ("format=BGR,width=321,height=241", "format=NV12,width=160,height=120"),
        ("format=I420,width=1280,height=720", "format=I420,width=640,height=360"),
        ("format=NV12,width=320,height=240,colorimetry=bt709", "format=RGB,width=320,height=240"),
        ("format=UYVY,width=320,height=240", "format=NV12,width=320,height=240"),
        ("format=YUY2,width=321,height=241", "format=RGBA,width=160,height=120"),
        ("format=I420,width=321,height=241", "format=UYVY,width=321,height=241"),
        ("format=RGBA,width=320,height=240", "format=YUY2,width=160,height=120"),
    ],
)
def test_pictures_are_those_of_gstreamers_own_converter(
    play: Play, element: str, source: str, target: str
) -> None:
    head = SOURCE.format(source)

    format, ours = show(play, f"{head} {element} ! video/x-raw,{target}")
    reference, theirs = show(play, f"{head} videoconvert ! videoscale ! video/x-raw,{target}")

    same = [(f.format, f.width, f.height) for f in (format, reference)]
    assert same[0] == same[1]
    difference = np.abs(ours[0][0] - theirs[0][0])
    assert np.percentile(difference, 90) <= 5  # its fast paths round coarsely
    assert difference.mean() < 5  # edges are filtered differently


@pytest.mark.parametrize("method", range(8))
def test_flips_are_those_of_videoflip(play: Play, method: int) -> None:
    names = ["identity", "90l", "180", "90r", "horiz", "ur-ll", "vert", "ul-lr"]
    head = SOURCE.replace("smpte100", "smpte").format("format=RGBA,width=64,height=48")

    _, ours = show(play, f"{head} nvvideoconvert flip-method={method}")
    _, theirs = show(play, f"{head} videoflip video-direction={names[method]}")

    np.testing.assert_array_equal(ours[0][0], theirs[0][0])


def test_a_flip_method_can_be_given_by_name(play: Play) -> None:
    format, _ = show(play, I420 + "nvvideoconvert flip-method=clockwise")

    assert (format.width, format.height) == (240, 320)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", ("I420", 320, 240, False)),
        (f"! {NVMM}", ("I420", 320, 240, True)),
        ("! video/x-raw,format=UYVY", ("UYVY", 320, 240, False)),
        (f"! {NVMM},format={{RGBA,NV12}}", ("NV12", 320, 240, True)),
        ("! video/x-raw,format={GRAY8,BGR,RGBA}", ("RGBA", 320, 240, False)),
        ("! video/x-raw,width=160", ("I420", 160, 120, False)),
        ("! video/x-raw,height=480", ("I420", 640, 480, False)),
        ("! video/x-raw,width=[8,100],height=[8,100]", ("I420", 100, 100, False)),
    ],
)
def test_output_is_as_near_to_the_input_as_what_follows_allows(
    play: Play, wanted: str, expected: tuple[str, int, int, bool]
) -> None:
    format, _ = show(play, f"{I420} nvvideoconvert {wanted}")

    assert (format.format, format.width, format.height, format.nvmm) == expected
    assert format.fps == (30, 1)


def test_scaling_from_hd_to_sd_keeps_the_colour_space(play: Play) -> None:
    head = SOURCE.format("format=I420,width=1280,height=720")

    format, _ = show(play, f"{head} nvvideoconvert ! video/x-raw,width=320,height=240")

    assert format.matrix == "bt709"


@pytest.mark.parametrize("options", ["", "disable-passthrough=true"])
def test_frames_that_need_no_change_are_not_copied(play: Play, options: str) -> None:
    seen: list[int] = []

    def prepare(pipeline: Gst.Pipeline) -> None:
        for name in ("in", "out"):
            element = pipeline.get_by_name(name)
            pad = element.get_static_pad("sink") if element is not None else None
            assert pad is not None
            pad.add_probe(Gst.PadProbeType.BUFFER, look)

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        seen.append(hash(info.get_buffer()))
        return Gst.PadProbeReturn.OK

    text = f"{I420} nvvideoconvert name=in {options} ! {NVMM} ! fakesink name=out"
    assert play(text, prepare).error is None

    assert (seen[0] == seen[1]) == (not options)


def test_a_part_of_the_source_goes_to_a_part_of_the_target(play: Play) -> None:
    whole = SOURCE.format("format=RGBA,width=64,height=48")

    _, plain = show(play, whole + "nvvideoconvert")
    _, cut = show(play, whole + "nvvideoconvert src-crop=11:3:20:16 dest-crop=5:7:20:16")

    expected = np.zeros((48, 64, 3))
    expected[7:23, 5:25] = plain[0][0][3:19, 11:31]
    np.testing.assert_array_equal(cut[0][0], expected)


def test_odd_crops_are_rounded_down_where_they_are_not_allowed(play: Play) -> None:
    whole = SOURCE.format("format=RGBA,width=64,height=48")

    _, cut = show(play, whole + "nvvideoconvert allow-odd-crop=false src-crop=11:3:21:17")
    _, even = show(play, whole + "nvvideoconvert src-crop=10:2:20:16")

    np.testing.assert_array_equal(cut[0][0], even[0][0])


@pytest.mark.parametrize("crop", ["1:2:3", "a:b:c:d", "0:0:400:10", "-1:0:4:4", "4:4:0:4"])
@pytest.mark.parametrize("name", ["src-crop", "dest-crop"])
def test_a_wrong_crop_is_an_error_that_shows_it(play: Play, name: str, crop: str) -> None:
    played = play(f"{I420} nvvideoconvert {name}={crop} ! fakesink name=out")

    assert played.error is not None
    assert f"{name} is '{crop}'" in played.error
    assert "left:top:width:height" in played.error


def test_every_frame_of_a_batch_is_converted_and_keeps_its_metadata(play: Play) -> None:
    pictures = Pictures()

    played = play(
        f"nvstreammux name=m batch-size=2 width=64 height=48 ! nvvideoconvert flip-method=4"
        f" ! {NVMM},format=NV12,width=32,height=24 ! fakesink name=out"
        " videotestsrc num-buffers=2 pattern=red ! video/x-raw,format=RGBA ! m.sink_0"
        " videotestsrc num-buffers=2 pattern=blue ! video/x-raw,format=RGBA ! m.sink_1",
        pictures,
    )

    assert output(played).format == "NV12"
    assert played.memories == [2, 2]
    assert [frame.source_id for frame in played.frames] == [0, 1, 0, 1]
    assert [frame.source_frame_width for frame in played.frames] == [320] * 4
    for red, blue in pictures.buffers:
        assert np.abs(red - [255, 0, 0]).max() <= 3
        assert np.abs(blue - [0, 0, 255]).max() <= 3


def test_a_batch_of_several_frames_does_not_go_to_system_memory(play: Play) -> None:
    played = play(
        "nvstreammux name=m batch-size=2 width=64 height=48 ! nvvideoconvert"
        " ! video/x-raw,format=I420 ! fakesink name=out"
        " videotestsrc num-buffers=1 ! m.sink_0 videotestsrc num-buffers=1 ! m.sink_1"
    )

    assert played.error is not None
    assert "a batch of 2 frames" in played.error


def test_frames_with_strides_of_their_own_are_read_right(play: Play) -> None:
    head = SOURCE.format("format=I420,width=70,height=50")

    _, direct = show(play, f"{head} nvvideoconvert ! video/x-raw,format=RGB")
    _, cropped = show(
        play, f"{head} videocrop right=6 bottom=4 ! nvvideoconvert ! video/x-raw,format=RGB"
    )

    np.testing.assert_array_equal(cropped[0][0], direct[0][0][:46, :64])


def test_a_setting_changed_while_playing_holds_from_the_next_frame(play: Play) -> None:
    pictures = Pictures()

    def prepare(pipeline: Gst.Pipeline) -> None:
        pictures(pipeline)
        element = pipeline.get_by_name("c")
        assert element is not None
        pad = element.get_static_pad("src")
        assert pad is not None

        def change(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            element.set_property("flip-method", 1)
            return Gst.PadProbeReturn.REMOVE

        pad.add_probe(Gst.PadProbeType.BUFFER, change)

    text = I420.replace("num-buffers=1", "num-buffers=3") + "nvvideoconvert name=c ! "
    assert play(text + "fakesink name=out", prepare).error is None

    assert [frames[0].shape for frames in pictures.buffers] == [(240, 320, 3)] + [(320, 240, 3)] * 2


def test_elements_are_freed_with_their_pipeline(play: Play) -> None:
    def run() -> Callable[[], object]:
        pipeline = Gst.parse_launch(f"{I420} nvvideoconvert name=c ! fakesink")
        assert isinstance(pipeline, Gst.Pipeline)
        pipeline.set_state(Gst.State.PAUSED)
        pipeline.get_state(Gst.SECOND)
        pipeline.set_state(Gst.State.NULL)
        element = pipeline.get_by_name("c")
        assert element is not None
        return element.weak_ref()

    gone = run()
    gc.collect()

    assert gone() is None

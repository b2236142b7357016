import time
from queue import Queue
from typing import Any

import numpy as np
import pytest

from pythia import elements
from pythia.gst import Gst
from pythia.gst.mapping import mapped
from pythia.gst.video import video_format
from pythia.meta import batch_of
from support.pictures import Pictures
from support.play import Play

MUX = "nvstreammux name=m batch-size={0} width=64 height=48 ! fakesink name=out"


def _source(frames: int, pad: int, caps: str = "format=I420,width=32,height=24") -> str:
    return f" videotestsrc num-buffers={frames} ! video/x-raw,{caps},framerate=30/1 ! m.sink_{pad}"


def test_a_batch_carries_metadata_as_deepstream_fills_it(play: Play) -> None:
    before = time.time_ns()

    played = play(MUX.format(2) + _source(3, 0) + _source(3, 5, "format=I420,width=40,height=30"))

    assert [b.num_frames_in_batch for b in played.batches] == [2, 2, 2]
    assert played.batches[0].max_frames_in_batch == 2
    assert played.memories == [2, 2, 2]
    for number, batch in enumerate(played.batches):
        first, second = batch.frame_meta_list
        assert (first.source_id, second.source_id) == (0, 5)
        assert (first.pad_index, second.pad_index) == (0, 5)
        assert (first.batch_id, second.batch_id) == (0, 1)
        assert (first.frame_num, second.frame_num) == (number, number)
        assert (first.source_frame_width, first.source_frame_height) == (32, 24)
        assert (second.source_frame_width, second.source_frame_height) == (40, 30)
        assert first.buf_pts == number * Gst.SECOND // 30
        assert before <= first.ntp_timestamp <= time.time_ns()
        assert (first.num_surfaces_per_frame, first.surface_index, first.bInferDone) == (1, 0, 0)


def test_batches_leave_in_nvmm_memory_of_one_size(play: Play) -> None:
    played = play(MUX.format(1) + _source(1, 0))

    assert played.caps is not None
    format = video_format(played.caps)
    assert format.nvmm
    assert (format.format, format.width, format.height, format.fps) == ("I420", 64, 48, (30, 1))


@pytest.mark.parametrize(
    ("given", "expected"),
    [("NV12", "NV12"), ("I420", "I420"), ("RGBA", "RGBA"), ("BGRx", "RGBA"), ("BGR", "RGBA")],
)
@pytest.mark.parametrize("size", ["width=64,height=48", "width=33,height=25"])
def test_every_input_format_keeps_its_colours(
    play: Play, given: str, expected: str, size: str
) -> None:
    pictures = []

    def keep(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        assert buffer is not None
        with mapped(hash(buffer)) as pixels:
            pictures.append(pixels.copy())
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        out = pipeline.get_by_name("out")
        pad = out.get_static_pad("sink") if out else None
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, keep)

    played = play(
        MUX.format(1)
        + " videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xffe02020"
        f" ! video/x-raw,format={given},{size} ! m.sink_0",
        prepare,
    )

    assert played.caps is not None
    format = video_format(played.caps)
    assert format.format == expected
    if expected == "RGBA":
        middle = pictures[0].reshape(48, 64, 4)[24, 32]
        assert abs(middle.astype(int) - [224, 32, 32, 255]).max() <= 3
    else:
        luma = pictures[0][: 64 * 48].reshape(48, 64)[24, 32]
        assert abs(int(luma) - 93) <= 3  # BT.601: 16 + 0.257 * 224 + 0.504 * 32 + 0.098 * 32


def test_padding_keeps_the_aspect_ratio_with_black(play: Play) -> None:
    pictures = []

    def prepare(pipeline: Gst.Pipeline) -> None:
        out = pipeline.get_by_name("out")
        pad = out.get_static_pad("sink") if out else None
        assert pad is not None

        def keep(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            buffer = info.get_buffer()
            assert buffer is not None
            with mapped(hash(buffer)) as pixels:
                pictures.append(pixels.reshape(48, 64, 4).copy())
            return Gst.PadProbeReturn.OK

        pad.add_probe(Gst.PadProbeType.BUFFER, keep)

    play(
        "nvstreammux name=m batch-size=1 width=64 height=48 enable-padding=true ! fakesink name=out"
        " videotestsrc num-buffers=1 pattern=white ! video/x-raw,format=RGBA,width=64,height=24"
        " ! m.sink_0",
        prepare,
    )

    assert pictures[0][:24, :, :3].min() > 250
    assert pictures[0][24:, :, :3].max() == 0


def test_a_source_at_its_end_is_told_on_the_bus_and_the_others_go_on(play: Play) -> None:
    played = play(MUX.format(2) + _source(2, 0) + _source(5, 1))

    assert sorted((f.source_id, f.frame_num) for f in played.frames) == [
        *((0, n) for n in range(2)),
        *((1, n) for n in range(5)),
    ]
    assert [m for m in played.element_messages if m.startswith("stream-eos")] == [
        "stream-eos, stream-id=(uint)0;",
        "stream-eos, stream-id=(uint)1;",
    ]


def test_time_of_the_batches_never_goes_back(play: Play) -> None:
    played = play(MUX.format(1) + _source(20, 0) + _source(20, 1))

    assert len(played.pts) == 40
    assert played.pts == sorted(played.pts)


def test_a_partial_batch_leaves_after_the_timeout(play: Play) -> None:
    played = play(
        "nvstreammux name=m batch-size=4 batched-push-timeout=10000 width=64 height=48"
        " ! fakesink name=out videotestsrc num-buffers=5 is-live=true"
        " ! video/x-raw,format=I420,width=32,height=24,framerate=20/1 ! m.sink_0"
    )

    assert [b.num_frames_in_batch for b in played.batches] == [1] * 5


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        ("width=64 height=48", "batch-size"),
        ("batch-size=1 height=48", "width"),
        ("", "batch-size and width and height"),
    ],
)
def test_what_must_be_set_is_named(play: Play, settings: str, missing: str) -> None:
    played = play(f"nvstreammux name=m {settings} ! fakesink" + _source(1, 0))

    assert played.error is not None
    assert f"set {missing}" in played.error


def test_a_size_that_no_frame_has_is_refused(play: Play) -> None:
    played = play("nvstreammux name=m batch-size=1 width=64 height=-4 ! fakesink" + _source(1, 0))

    assert played.error is not None
    assert "height=-4 (as unsigned number 4294967292): expected at most 32768" in played.error


def test_a_format_that_nothing_downstream_takes_is_an_error_that_says_so(play: Play) -> None:
    def prepare(pipeline: Gst.Pipeline) -> None:
        only = pipeline.get_by_name("only")
        assert only is not None
        only.set_property("caps", Gst.Caps.from_string("video/x-raw(memory:NVMM),format=GRAY8"))

    played = play(
        "nvstreammux name=m batch-size=1 width=64 height=48 ! capsfilter name=only ! fakesink"
        + _source(1, 0),
        prepare,
    )

    assert played.error is not None
    assert "GRAY8" in played.error


def test_the_pipeline_can_be_played_again_and_counts_anew() -> None:
    elements.register()
    pipeline = Gst.parse_launch(MUX.format(1) + _source(3, 0))
    assert isinstance(pipeline, Gst.Pipeline)
    out = pipeline.get_by_name("out")
    pad = out.get_static_pad("sink") if out else None
    assert pad is not None
    numbers: list[int] = []

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        assert buffer is not None
        batch = batch_of(buffer)
        assert batch is not None
        numbers.extend(frame.frame_num for frame in batch.frame_meta_list)
        return Gst.PadProbeReturn.OK

    pad.add_probe(Gst.PadProbeType.BUFFER, look)
    for _ in range(3):
        pipeline.set_state(Gst.State.PLAYING)
        wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
        message = pipeline.get_bus().timed_pop_filtered(10 * Gst.SECOND, wanted)
        assert message is not None
        assert message.type == Gst.MessageType.EOS
        pipeline.set_state(Gst.State.NULL)

    assert numbers == [0, 1, 2] * 3


def test_sources_come_and_go_while_playing() -> None:
    elements.register()
    pipeline = Gst.parse_launch(
        "nvstreammux name=m batch-size=1 width=64 height=48 ! fakesink name=out sync=false"
        " videotestsrc is-live=true ! video/x-raw,format=I420,width=32,height=24,framerate=100/1"
        " ! m.sink_0"
    )
    assert isinstance(pipeline, Gst.Pipeline)
    mux = pipeline.get_by_name("m")
    assert mux is not None
    seen: Queue[int] = Queue()
    _on_each_frame(pipeline, seen)
    pipeline.set_state(Gst.State.PLAYING)
    # What joins a pipeline on its way to PLAYING may be left behind in PAUSED.
    assert pipeline.get_state(5 * Gst.SECOND)[1] == Gst.State.PLAYING
    try:
        for _ in range(5):
            source = Gst.parse_bin_from_description(
                "videotestsrc is-live=true"
                " ! video/x-raw,format=I420,width=40,height=30,framerate=100/1 ! identity",
                True,
            )
            pipeline.add(source)
            pad = mux.request_pad_simple("sink_1")
            assert pad is not None
            src = source.get_static_pad("src")
            assert src is not None
            assert src.link(pad) == Gst.PadLinkReturn.OK
            source.sync_state_with_parent()
            _wait_for(seen, 1)

            source.set_state(Gst.State.NULL)
            mux.release_request_pad(pad)
            pipeline.remove(source)
            _wait_for(seen, 0)
            _wait_for(seen, 0)
        assert mux.numsinkpads == 1
    finally:
        pipeline.set_state(Gst.State.NULL)


def _on_each_frame(pipeline: Gst.Pipeline, seen: Queue[int]) -> None:
    out = pipeline.get_by_name("out")
    pad = out.get_static_pad("sink") if out else None
    assert pad is not None

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        batch = batch_of(buffer) if buffer else None
        for frame in batch.frame_meta_list if batch else ():
            seen.put(frame.source_id)
        return Gst.PadProbeReturn.OK

    pad.add_probe(Gst.PadProbeType.BUFFER, look)


def _wait_for(seen: Queue[int], source: int) -> None:
    while seen.get(timeout=5) != source:
        pass


def test_a_seek_flushes_what_is_under_way_and_time_goes_on_from_there() -> None:
    elements.register()
    pipeline = Gst.parse_launch(
        "videotestsrc num-buffers=2000 ! video/x-raw,format=I420,width=32,height=24,framerate=10/1"
        " ! m.sink_0 nvstreammux name=m batch-size=1 width=64 height=48"
        " ! queue ! fakesink name=out sync=false"
    )
    assert isinstance(pipeline, Gst.Pipeline)
    out = pipeline.get_by_name("out")
    pad = out.get_static_pad("sink") if out else None
    assert pad is not None
    times: Queue[tuple[int, int]] = Queue()

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        batch = batch_of(buffer) if buffer else None
        assert buffer is not None
        assert batch is not None
        times.put((buffer.pts, batch.frame_meta_list[0].buf_pts))
        return Gst.PadProbeReturn.OK

    pad.add_probe(Gst.PadProbeType.BUFFER, look)
    pipeline.set_state(Gst.State.PAUSED)
    try:
        assert pipeline.get_state(5 * Gst.SECOND)[1] == Gst.State.PAUSED
        assert times.get(timeout=5) == (0, 0)

        flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE
        assert pipeline.seek_simple(Gst.Format.TIME, flags, 100 * Gst.SECOND)
        assert pipeline.get_state(5 * Gst.SECOND)[1] == Gst.State.PAUSED

        assert times.get(timeout=5) == (100 * Gst.SECOND, 100 * Gst.SECOND)
        assert pipeline.query_position(Gst.Format.TIME) == (True, 100 * Gst.SECOND)
    finally:
        pipeline.set_state(Gst.State.NULL)


def test_sources_that_start_together_agree_on_the_format_of_batches(play: Play) -> None:
    formats = ("NV12", "RGBA", "I420", "BGR") * 2
    sources = (
        "videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xff30c060 "
        f"! video/x-raw,format={format},width=64,height=48 ! m.sink_{n}"
        for n, format in enumerate(formats)
    )
    text = MUX.format(len(formats)) + " " + " ".join(sources)

    for _ in range(20):
        pictures = Pictures()
        play(text, pictures)

        (batch,) = pictures.buffers
        assert len(batch) == len(formats)
        for picture in batch:
            assert np.abs(picture - [0x30, 0xC0, 0x60]).max() <= 6


def test_the_stream_ends_when_what_follows_has_enough(play: Play) -> None:
    # Slow, so that the source has ended by then and nobody but the muxer can end the stream.
    played = play(
        "videotestsrc num-buffers=3 ! video/x-raw,format=I420,width=64,height=48 ! m.sink_0 "
        "nvstreammux name=m batch-size=1 width=64 height=48 "
        "! identity sleep-time=20000 eos-after=2 ! fakesink name=out"
    )

    assert played.error is None
    assert played.messages[-1].type == Gst.MessageType.EOS


def test_sources_do_not_hear_that_a_sink_is_late(play: Play) -> None:
    heard = []

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        assert event is not None
        heard.append(event.type)
        return Gst.PadProbeReturn.OK

    def tell(pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        pad.push_event(Gst.Event.new_qos(Gst.QOSType.UNDERFLOW, 2.0, Gst.SECOND, 0))
        pad.push_event(Gst.Event.new_navigation(Gst.Structure.new_empty("key")))
        return Gst.PadProbeReturn.OK

    def watch(pipeline: Gst.Pipeline) -> None:
        mux: Any = pipeline.get_by_name("m")
        out: Any = pipeline.get_by_name("out")
        mux.get_static_pad("sink_0").add_probe(Gst.PadProbeType.EVENT_UPSTREAM, look)
        out.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, tell)

    play(MUX.format(1) + _source(3, 0), watch)

    assert Gst.EventType.NAVIGATION in heard
    assert Gst.EventType.QOS not in heard

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from pythia import Application, elements, samples
from pythia.gst import Gst
from pythia.gst.upstream import feeders
from pythia.meta.latency import measure_buffer_latency, print_buffer_latency, records_on
from pythia.meta.portable_latency import (
    PortableCompLatency,
    PortableFrameLatency,
    frame_latencies,
    records_of_source,
)
from support.play import Play, Played

MUX = "nvstreammux name=m batch-size={} width=64 height=48 ! "
SOURCE = " videotestsrc num-buffers={} ! m.sink_{} "
FILM = f" filesrc location={samples.path('sample_720p.mp4')} ! qtdemux ! h264parse ! "
NUMBER = r"\d+\.\d{6}"


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Latencies are measured."""
    monkeypatch.setenv("NVDS_ENABLE_LATENCY_MEASUREMENT", "1")


@pytest.fixture
def components(measured: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Latencies are measured, and those of components are printed."""
    monkeypatch.setenv("NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT", "1")


def names(played: Played) -> list[list[str]]:
    assert played.error is None, played.error
    return [[record.component_name for record in records_on(batch)] for batch in played.batches]


@pytest.mark.usefixtures("measured")
def test_each_batch_says_when_it_reached_and_left_every_element(play: Play) -> None:
    played = play(
        MUX.format(2)
        + "queue ! nvvideoconvert ! nvdsosd name=osd ! fakesink name=out"
        + SOURCE.format(5, 0)
        + SOURCE.format(5, 1)
    )

    expected = ["nvstreammux-m", "nvstreammux-m", "nvvideoconvert0", "osd"]
    assert [[re.sub(r"t\d+$", "t0", name) for name in each] for each in names(played)] == (
        [expected] * 5
    )
    for number, batch in enumerate(played.batches):
        records = records_on(batch)
        assert [(r.source_id, r.pad_index, r.frame_num) for r in records[:2]] == [
            (frame.source_id, frame.pad_index, number) for frame in batch.frame_meta_list
        ]
        for record in records:
            assert 0 < record.in_system_timestamp <= record.out_system_timestamp
        for before, after in pairwise(records[1:]):
            assert before.out_system_timestamp <= after.in_system_timestamp


def test_nothing_is_recorded_where_nobody_asked(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT", "1")  # it goes with the other

    played = play(MUX.format(1) + "nvdsosd ! fakesink name=out" + SOURCE.format(3, 0))

    assert [batch.batch_user_meta_list for batch in played.batches] == [[]] * 3


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize("decoder", ["avdec_h264 name=dec", "nvv4l2decoder name=dec"])
def test_a_frames_way_begins_at_its_decoder(play: Play, decoder: str) -> None:
    played = play(
        MUX.format(1) + "fakesink name=out" + FILM + f"{decoder} ! identity eos-after=20 ! m.sink_0"
    )

    found = [records_on(batch) for batch in played.batches]
    decoded = [each for each in found if len(each) == 2]
    assert len(decoded) >= 10  # the first ones may have entered before anybody looked
    for of_decoder, of_muxer in decoded:
        assert (of_decoder.component_name, of_decoder.frame_num) == ("dec", of_muxer.frame_num)
        assert (
            of_decoder.in_system_timestamp
            < of_decoder.out_system_timestamp
            <= of_muxer.in_system_timestamp
        )


@pytest.mark.usefixtures("measured")
def test_a_decoder_inside_of_bins_is_found(play: Play) -> None:
    found: list[str] = []

    def look(pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        found.extend(str(element.get_metadata("klass")) for element in feeders(pad))
        return Gst.PadProbeReturn.REMOVE

    def prepare(pipeline: Gst.Pipeline) -> None:
        muxer = pipeline.get_by_name("m")
        pad = muxer.get_static_pad("sink_0") if muxer is not None else None
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, look)

    uri = samples.path("sample_720p.mp4").as_uri()
    played = play(
        MUX.format(1) + "fakesink name=out"
        f" uridecodebin uri={uri} ! identity eos-after=40 ! m.sink_0",
        prepare,
    )

    assert found[-1] == "Source/File"
    assert "Codec/Decoder/Video" in found
    assert sum(len(each) == 2 for each in names(played)) > 20


@pytest.mark.usefixtures("measured")
def test_behind_a_demuxer_a_batch_has_the_records_of_its_own_source(play: Play) -> None:
    played = play(
        MUX.format(2) + "nvdsosd name=osd ! nvstreamdemux name=d d.src_1 ! queue "
        "! nvdsosd name=second ! fakesink name=out d.src_0 ! queue ! fakesink"
        + SOURCE.format(3, 0)
        + SOURCE.format(3, 1)
    )

    assert names(played) == [["nvstreammux-m", "osd", "d", "second"]] * 3
    for batch in played.batches:
        records = records_on(batch)
        assert records[0].pad_index == 1
        assert all(record.out_system_timestamp > 0 for record in records)


@pytest.mark.usefixtures("measured")
def test_a_tiler_keeps_the_records_of_all_sources(play: Play) -> None:
    played = play(
        MUX.format(2)
        + "nvmultistreamtiler name=tiler ! fakesink name=out"
        + SOURCE.format(1, 0)
        + SOURCE.format(1, 1)
    )

    assert names(played) == [["nvstreammux-m", "nvstreammux-m", "tiler"]]


@pytest.mark.usefixtures("measured")
def test_an_element_that_works_on_several_batches_at_once_keeps_them_apart(
    play: Play, clip: Callable[..., str]
) -> None:
    config = samples.path("config_infer_primary.txt")
    played = play(
        f"{clip()} ! m.sink_0 nvstreammux name=m batch-size=1 width=320 height=180 "
        f"! nvinfer name=pgie config-file-path={config} ! fakesink name=out"
    )

    inferred = [records_on(batch)[-1] for batch in played.batches]
    assert {record.component_name for record in inferred} == {"pgie"}
    assert all(r.out_system_timestamp - r.in_system_timestamp > 1 for r in inferred)


@pytest.mark.usefixtures("measured")
def test_watched_elements_are_freed() -> None:
    elements.register()
    text = MUX.format(1) + "nvdsosd name=osd ! fakesink" + SOURCE.format(1, 0)
    pipeline = Gst.parse_launch(text)
    assert isinstance(pipeline, Gst.Pipeline)
    found = [pipeline.get_by_name(name) for name in ("m", "osd")]
    references = [element.weak_ref() for element in found if element is not None]
    pipeline.set_state(Gst.State.PLAYING)
    pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.EOS)
    pipeline.set_state(Gst.State.NULL)

    del pipeline, found
    deadline = time.monotonic() + 5
    while any(reference() for reference in references) and time.monotonic() < deadline:
        gc.collect()  # a thread that ends may hold things until then

    assert [reference() for reference in references] == [None, None]


@pytest.mark.usefixtures("components")
def test_an_application_prints_what_deepstream_app_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Application(MUX.format(1) + "nvdsosd name=osd ! fakesink" + SOURCE.format(2, 0))()

    gap = " " * 15
    times = f"in_system_timestamp = {NUMBER} out_system_timestamp = {NUMBER}{gap}"
    batches = [
        rf"\n\*{{12}}BATCH-NUM = {number}\*{{14}}\n"
        rf"Comp name = nvstreammux-m source_id = 0 pad_index = 0 frame_num = {number}{gap}"
        rf"{times}component_latency = {NUMBER}\n"
        rf"Comp name = osd {times}component latency= {NUMBER}\n"
        rf"Source id = 0 Frame_num = {number} Frame latency = {NUMBER} \(ms\) \n"
        for number in (0, 1)
    ]
    assert re.fullmatch("".join(batches), capsys.readouterr().out)


@pytest.mark.usefixtures("measured")
def test_without_the_second_variable_components_are_not_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Application(MUX.format(1) + "fakesink" + SOURCE.format(2, 0))()

    out = capsys.readouterr().out
    assert out.count("Frame latency") == out.count("BATCH-NUM") == 2
    assert "Comp name" not in out


@pytest.mark.usefixtures("measured")
def test_each_sink_reports_its_own_batches(capsys: pytest.CaptureFixture[str]) -> None:
    Application(
        MUX.format(1)
        + "tee name=t ! queue ! fakesink t. ! queue ! nvdsosd ! fakesink"
        + SOURCE.format(3, 0)
    )()

    numbers = re.findall(r"BATCH-NUM = (\d)", capsys.readouterr().out)
    assert sorted(numbers) == ["0", "0", "1", "1", "2", "2"]


@pytest.mark.usefixtures("measured")
def test_a_recording_is_measured_where_its_batches_end(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    Application(
        MUX.format(1) + "nvdsosd ! nvvideoconvert ! x264enc ! h264parse ! mp4mux "
        f"! filesink location={tmp_path / 'film.mp4'}" + SOURCE.format(30, 0)
    )()

    # Until it is known where, the first ones go by.
    assert 20 < capsys.readouterr().out.count("Frame latency") <= 30


@pytest.mark.usefixtures("measured")
def test_a_pipeline_without_batches_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Application("videotestsrc num-buffers=5 ! videoconvert ! fakesink")()

    assert capsys.readouterr().out == ""


def test_a_buffer_without_measurements_has_no_latencies() -> None:
    buffer = Gst.Buffer.new()

    assert measure_buffer_latency(hash(buffer)) == []
    assert print_buffer_latency(hash(buffer), 0) is None


@pytest.mark.usefixtures("components")
def test_measuring_a_buffer_prints_its_components(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    latencies: list[PortableFrameLatency] = []

    def prepare(pipeline: Gst.Pipeline) -> None:
        out = pipeline.get_by_name("out")
        pad = out.get_static_pad("sink") if out is not None else None
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, look)

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        latencies.extend(measure_buffer_latency(hash(info.get_buffer())))
        return Gst.PadProbeReturn.OK

    played = play(MUX.format(1) + "fakesink name=out" + SOURCE.format(2, 0), prepare)

    assert capsys.readouterr().out == "".join(
        f"{record}\n" for batch in played.batches for record in records_on(batch)
    )
    assert [each.frame_num for each in latencies] == [0, 1]
    assert all(0 < each.latency < 60_000 for each in latencies)


def muxed(pad_index: int, in_ms: float) -> PortableCompLatency:
    return PortableCompLatency("nvstreammux-m", in_ms, in_ms + 1, pad_index, 7, pad_index)


RECORDS = [
    PortableCompLatency("nvv4l2decoder0", 100, 110),
    muxed(0, 120),
    muxed(1, 130),
    PortableCompLatency("pgie", 140, 150),
]


def test_a_frame_without_a_known_decoder_begins_at_the_muxer() -> None:
    found = frame_latencies(RECORDS, 200)

    assert [(f.source_id, f.frame_num, f.comp_in_timestamp, f.latency) for f in found] == [
        (0, 7, 100, 100),
        (1, 7, 130, 70),
    ]


@pytest.mark.parametrize(("pad_index", "kept"), [(0, [0, 1, 3]), (1, [2, 3]), (2, [3])])
def test_the_records_of_a_source_are_copies(pad_index: int, kept: list[int]) -> None:
    found = records_of_source(RECORDS, pad_index)

    assert [str(record) for record in found] == [str(RECORDS[place]) for place in kept]
    assert not {id(record) for record in found} & {id(record) for record in RECORDS}

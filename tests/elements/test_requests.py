"""Events that ask elements for a change, and go on to those that follow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.elements.requests import Region, regions_in, request_event, roi_event
from pythia.gst import Gst
from pythia.meta import carrier
from support.play import Play, Played

MUX = (
    "videotestsrc num-buffers={} ! video/x-raw,format=RGBA,width=128,height=64 ! m.sink_0 "
    "nvstreammux name=m batch-size=1 width=128 height=64 ! "
)
Prepare = Callable[[Gst.Pipeline], None]


def sending(element: str, frame: int, *events: Gst.Event, seen: list[str]) -> Prepare:
    """Sends events into an element right before a frame, and notes events that reach the end."""

    def send(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        if batch.frame_meta_list[0].frame_num < frame:
            return Gst.PadProbeReturn.OK
        for event in events:
            pad.send_event(event)
        return Gst.PadProbeReturn.REMOVE

    def note(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event: Any = info.get_event()
        if event.type == Gst.EventType.CUSTOM_DOWNSTREAM:
            seen.append(event.get_structure().get_name())
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        first: Any = pipeline.get_by_name(element)
        out: Any = pipeline.get_by_name("out")
        first.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, send)
        out.get_static_pad("sink").add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, note)

    return prepare


def play_with(play: Play, text: str, element: str, frame: int, *events: Gst.Event) -> Played:
    seen: list[str] = []
    played = play(f"{text} ! fakesink name=out", sending(element, frame, *events, seen=seen))
    assert played.error is None, played.error
    names = [structure.get_name() for e in events if (structure := e.get_structure())]
    assert [name for name in seen if name.startswith("nv-")] == names
    return played


def test_the_interval_of_nvinfer_changes_while_it_runs(
    play: Play, onnx_model: Any, config_file: Any
) -> None:
    onnx_model(
        "model.onnx", ("batch", 3, 8, 16), constants={"output": np.zeros((1, 1, 6), np.float32)}
    )
    config = config_file(
        "onnx-file=model.onnx\ngie-unique-id=1\nnum-detected-classes=2\n"
        "parse-bbox-func-name=NvDsInferParseYolo\ncluster-mode=4"
    )
    text = MUX.format(12) + f"nvinfer name=i config-file-path={config}"

    event = request_event("nv-infer-interval-update", {"stream_id": "0", "interval": 3})
    played = play_with(play, text, "i", 4, event)

    inferred = [frame.frame_num for frame in played.frames if frame.bInferDone]
    assert inferred == [0, 1, 2, 3, 4, 8]


PREPROCESS = """[property]
target-unique-ids=1
network-input-order=0
network-input-shape=4;3;8;16
processing-width=16
processing-height=8
network-color-format=0
tensor-data-type=0
tensor-name=input
custom-lib-path=libcustom2d_preprocess.so
custom-tensor-preparation-function=CustomTensorPreparation
[group-0]
src-ids=0
process-on-roi=1
roi-params-src-0=0;0;64;32
"""


def _regions(played: Played) -> list[list[tuple[float, ...]]]:
    return [
        [(r.roi.left, r.roi.top, r.roi.width, r.roi.height) for r in user.user_meta_data.roi_vector]
        for batch in played.batches
        for user in batch.batch_user_meta_list
    ]


def test_nvdspreprocess_gets_other_regions(play: Play, tmp_path: Path) -> None:
    file = tmp_path / "preprocess.txt"
    file.write_text(PREPROCESS)
    text = MUX.format(3) + f"nvdspreprocess name=p config-file={file}"

    event = roi_event("0", [Region("a", 8, 4, 32, 16), Region("b", 64, 32, 64, 32)])
    played = play_with(play, text, "p", 1, event)

    assert _regions(played) == [
        [(0, 0, 64, 32)],
        [(8, 4, 32, 16), (64, 32, 64, 32)],
        [(8, 4, 32, 16), (64, 32, 64, 32)],
    ]


@pytest.mark.parametrize(
    ("event", "warning"),
    [
        (roi_event("3", [Region("a", 8, 4, 32, 16)]), "no group looks at regions of the source 3"),
        (roi_event("0", [Region("a", 500, 4, 32, 16)]), "500;4;32;16 is not in frames of 128x64"),
        (request_event("nv-roi-update", {"stream_id": "0"}), "roi-count is missing"),
        (request_event("nv-roi-update", {"stream_id": "x", "roi-count": 0}), "invalid literal"),
    ],
)
def test_regions_that_cannot_be_are_a_warning(
    play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture, event: Gst.Event, warning: str
) -> None:
    file = tmp_path / "preprocess.txt"
    file.write_text(PREPROCESS)
    text = MUX.format(2) + f"nvdspreprocess name=p config-file={file}"

    played = play_with(play, text, "p", 1, event)

    assert warning in caplog.text
    assert _regions(played) == [[(0, 0, 64, 32)]] * 2


@pytest.mark.parametrize(("name", "taken"), [("other.yml", True), ("absent.yml", False)])
def test_nvtracker_goes_on_with_another_file_if_it_can_be_read(
    play: Play, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, taken: bool
) -> None:
    (tmp_path / "other.yml").write_text("%YAML:1.0\nTargetManagement:\n  maxShadowTrackingAge: 7\n")
    text = MUX.format(3) + "nvtracker name=t"
    ages: list[int] = []

    def look(pipeline: Gst.Pipeline) -> None:
        tracker: Any = pipeline.get_by_name("t")

        def note(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            ages.append(tracker._trackers[0].config.target_management.max_shadow_tracking_age)
            return Gst.PadProbeReturn.OK

        tracker.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, note)
        file = str(tmp_path / name)
        event = request_event("nv-tracker-config-update", {"stream_id": "0", "config_path": file})
        sending("t", 1, event, seen=[])(pipeline)

    assert play(f"{text} ! fakesink name=out", look).error is None

    assert ages[0] != 7
    assert (ages[1:] == [7, 7]) == taken
    assert ("goes on with the configuration it has" in caplog.text) != taken


def test_nvdsosd_gets_another_process_mode(play: Play) -> None:
    modes: list[int] = []

    def look(pipeline: Gst.Pipeline) -> None:
        osd: Any = pipeline.get_by_name("o")

        def note(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            modes.append(int(osd.get_property("process-mode")))
            return Gst.PadProbeReturn.OK

        osd.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, note)
        fields = {"stream_id": "0", "process_mode": 0}
        sending("o", 1, request_event("nv-osd-process-mode-update", fields), seen=[])(pipeline)

    assert play(MUX.format(2) + "nvdsosd name=o ! fakesink name=out", look).error is None
    assert modes == [1, 0]


def test_an_encoder_makes_a_key_frame_and_another_bit_rate(play: Play) -> None:
    keys: list[int] = []
    rates: list[int] = []

    def look(pipeline: Gst.Pipeline) -> None:
        encoder: Any = pipeline.get_by_name("e")

        def note(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            buffer: Any = info.get_buffer()
            if not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT):
                keys.append(len(rates))
            rates.append(encoder.get_property("bitrate"))
            return Gst.PadProbeReturn.OK

        encoder.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, note)
        events = (
            request_event("nv-enc-bitrate-update", {"stream_id": "0", "bitrate": 123000}),
            request_event("nv-enc-force-idr", {"stream_id": "0", "force": True}),
        )
        sending("e", 6, *events, seen=[])(pipeline)

    text = MUX.format(20) + "nvvideoconvert ! nvv4l2h264enc name=e iframeinterval=1000"
    assert play(f"{text} ! fakesink name=out", look).error is None

    assert len(keys) == 2
    assert 6 <= keys[1] < 20
    assert rates[-1] == 123000


def test_a_request_to_an_encoder_goes_to_the_one_of_its_stream_only(play: Play) -> None:
    rates: dict[str, int] = {}
    source = "videotestsrc num-buffers=10 ! video/x-raw,width=64,height=48 ! m.sink_{} "
    encoder = "d.src_{0} ! queue ! nvvideoconvert ! nvv4l2h264enc name=e{0} ! fakesink name={1} "
    text = (
        f"{source.format(0)} {source.format(1)} nvstreammux name=m batch-size=2 width=64 height=48 "
        f"! nvstreamdemux name=d {encoder.format(0, 'zero')} {encoder.format(1, 'out')}"
    )

    def prepare(pipeline: Gst.Pipeline) -> None:
        def note(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            for name in ("e0", "e1"):
                found: Any = pipeline.get_by_name(name)
                rates[name] = found.get_property("bitrate")
            return Gst.PadProbeReturn.OK

        for element in map(pipeline.get_by_name, ("zero", "out")):
            pad = element.get_static_pad("sink") if element is not None else None
            assert pad is not None
            pad.add_probe(Gst.PadProbeType.BUFFER, note)
        fields = {"stream_id": "1", "bitrate": 123000}
        sending("d", 3, request_event("nv-enc-bitrate-update", fields), seen=[])(pipeline)

    assert play(text, prepare).error is None
    assert rates == {"e0": 4_000_000, "e1": 123_000}


def test_a_decoder_leaves_frames_out(play: Play, tmp_path: Path) -> None:
    made = "videotestsrc num-buffers=20 ! video/x-raw,width=64,height=48 ! x264enc bframes=0"
    fields = {"stream_id": "0", "interval": 5}

    def send(pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        pad.send_event(request_event("nv-dec-drop-frame-interval-update", fields))
        return Gst.PadProbeReturn.REMOVE

    def prepare(pipeline: Gst.Pipeline) -> None:
        decoder: Any = pipeline.get_by_name("d")
        decoder.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, send)

    played = play(f"{made} ! h264parse ! nvv4l2decoder name=d ! fakesink name=out", prepare)

    assert played.error is None
    assert len(played.pts) == 4


def test_regions_come_out_of_an_event_as_they_went_in() -> None:
    regions = [Region("left", 1, 2, 3, 4), Region("", 5, 6, 7, 8)]

    structure = roi_event("12", regions).get_structure()

    assert structure is not None
    assert structure.get_uint("left_1") == (True, 5)
    assert structure.get_string("stream_id") == "12"
    assert regions_in(structure) == (12, regions)

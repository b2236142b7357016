from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from pythia import Application, samples
from pythia.event_stream.encoding import encode_json
from pythia.gst import Gst
from pythia.gst.mapping import mapped
from pythia.gst.structures import structure_of
from pythia.meta.portable import PortableBatch
from pythia.recording.encode import Encoder
from pythia.recording.schema import EVENTS
from pythia.testing import batch, frame, metarecord, metareplay, obj
from support.living import living
from support.play import Play, Played
from support.street_tracks import street_tracks

Config = Callable[[str, str], Path]
Write = Callable[..., Path]

FRAMES = 38
LABELS = ("car", "bicycle", "person", "roadsign")
LIVE = (
    " nvstreammux name=m batch-size=2 width=1280 height=720 batched-push-timeout=1000000 "
    "! identity name=pgie"
)
SOURCE = (
    " videotestsrc num-buffers={} pattern=black "
    "! video/x-raw,format=NV12,width=1280,height=720,framerate=30/1 ! m.sink_{}"
)
RULES = """
[property]
enable=1
config-width=1280
config-height=720
obj-cnt-win-in-ms=500
[roi-filtering-stream-0]
enable=1
roi-left=0;0;640;0;640;720;0;720
[overcrowding-stream-1]
enable=1
roi-all=0;0;1280;0;1280;720;0;720
object-threshold=2
[line-crossing-stream-0]
enable=1
line-crossing-down=640;450;640;550;20;500;1260;500
[direction-detection-stream-1]
enable=1
direction-right=100;300;400;300
"""
TRACKERS = {
    "IOU": "%YAML:1.0\nTargetManagement:\n  probationAge: 1\n",
    "NvSORT": "%YAML:1.0\nTargetManagement:\n  probationAge: 2\nStateEstimator:\n"
    "  stateEstimatorType: 2\nDataAssociator:\n  associationMatcherType: 1\n",
}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Records batches that are built, and gives the file."""

    def write(*batches: PortableBatch, name: str = "street.jsonl") -> Path:
        with metarecord(tmp_path / name) as recorder:
            for number, one in enumerate(batches):
                recorder.write(one, pts=1_000_000_000 + number * 20_000_000)
        return tmp_path / name

    return write


def street(frames: int = 3, sources: Sequence[int] = (0,)) -> list[PortableBatch]:
    return [
        batch(
            *(
                frame(obj("car", box=(10 + 2 * n, 20, 30, 40)), source_id=source, frame_num=n)
                for source in sources
            )
        )
        for n in range(frames)
    ]


def data_of(batches: Sequence[PortableBatch]) -> list[Any]:
    """All that can be said of batches."""
    return [
        orjson.loads(encode_json(Encoder(tensors=True).record(one, None, None))) for one in batches
    ]


@pytest.mark.parametrize("tracker", TRACKERS)
def test_tracker_and_analytics_say_what_they_said_in_the_pipeline_that_was_recorded(
    tmp_path: Path, tracker: str
) -> None:
    (tmp_path / "tracker.yml").write_text(TRACKERS[tracker])
    (tmp_path / "rules.txt").write_text(RULES)
    analysis = "nvtracker ll-config-file={tracker} ! nvdsanalytics config-file={rules}"
    params = {"tracker": tmp_path / "tracker.yml", "rules": tmp_path / "rules.txt"}
    live: list[PortableBatch] = []
    text = f"{LIVE} ! {analysis} ! fakesink name=out"
    text += "".join(SOURCE.format(FRAMES - 9 * pad, pad) for pad in (0, 1))
    application = Application.from_pipeline_string(text, params)
    tracks = [street_tracks(seed, FRAMES)[1] for seed in (3, 4)]

    @application.probe("m")
    def detect(batch_meta: PortableBatch) -> None:
        for one in batch_meta.frame_meta_list:
            one.bInferDone = 1
            for _, kind, *box in tracks[one.pad_index][one.frame_num]:
                left, top, width, height = box
                found = obj(LABELS[int(kind)], box=(left, top, width, height), class_id=int(kind))
                one.add_obj(found)

    @application.probe("out", "sink")
    def keep(batch_meta: PortableBatch) -> None:
        live.append(batch_meta.copy())

    application.probe("pgie")(metarecord(tmp_path / "street.jsonl"))
    application()
    replayed = metareplay(tmp_path / "street.jsonl").through(analysis, params)

    assert data_of(replayed) == data_of(live)
    objects = [o for b in live for f in b.frame_meta_list for o in f.obj_meta_list]
    assert len({one.object_id for one in objects}) > 5
    users = [u for b in live for f in b.frame_meta_list for u in f.frame_user_meta_list]
    assert max(sum(u.user_meta_data.objLCCumCnt.values()) for u in users) > 0


def test_times_and_size_are_those_of_the_recording(play: Play, write: Write) -> None:
    played = play(f"metareplay location={write(*street())} ! fakesink name=out")

    assert played.error is None
    assert played.pts == [1_000_000_000, 1_020_000_000, 1_040_000_000]
    assert played.caps is not None
    structure = played.caps.get_structure(0)
    assert (structure.get_value("width"), structure.get_value("height")) == (1280, 720)
    assert [one.frame_num for one in played.frames] == [0, 1, 2]


def test_frames_are_black_and_drawing_on_one_leaves_the_others_black(
    play: Play, write: Write
) -> None:
    batches = street(2, (0, 1))
    for one in (found for seen in batches for found in seen.frame_meta_list):
        one.obj_meta_list[0].rect_params.border_color.set(1, 0, 0, 1)
    path = write(*batches)
    brightest: list[list[int]] = []

    def prepare(pipeline: Gst.Pipeline) -> None:
        def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            buffer = info.get_buffer()
            assert buffer is not None
            seen = []
            for number in range(buffer.n_memory()):
                with mapped(hash(buffer), number) as pixels:
                    seen.append(int(pixels[::4].max()))
            brightest.append(seen)
            return Gst.PadProbeReturn.OK

        for name in ("osd", "out"):
            element = pipeline.get_by_name(name)
            assert element is not None
            pad = element.get_static_pad("sink")
            assert pad is not None
            pad.add_probe(Gst.PadProbeType.BUFFER, look)

    rgba = "video/x-raw(memory:NVMM),format=RGBA"
    text = f"metareplay location={path} ! {rgba} ! nvdsosd name=osd ! fakesink name=out"
    played = play(text, prepare)

    assert played.error is None
    assert brightest[0::2] == [[0, 0], [0, 0]]
    assert all(red > 0 for seen in brightest[1::2] for red in seen)


@pytest.mark.parametrize(("frames", "memories"), [(16, 16), (17, 1)])
def test_large_batches_have_their_frames_where_elements_look_for_them(
    play: Play, write: Write, frames: int, memories: int
) -> None:
    path = write(*street(2, range(frames)))

    rgba = "video/x-raw(memory:NVMM),format=RGBA"
    played = play(f"metareplay location={path} ! {rgba} ! nvdsosd ! fakesink name=out")

    assert played.error is None
    assert played.memories == [memories] * 2
    assert len(played.frames) == 2 * frames


def test_sources_are_announced_and_end_where_they_did(tmp_path: Path) -> None:
    path = tmp_path / "street.jsonl"
    path.write_text(
        '{"pythia":"metadata","version":1}\n'
        '{"caps":{"width":64,"height":48,"format":"RGBA","framerate":[25,1]}}\n'
        '{"batch":{"frame_meta_list":[{"pad_index":2}]}}\n'
        '{"event":"pad-added","source":5}\n'
        '{"batch":{"frame_meta_list":[{"pad_index":5}]}}\n'
        '{"event":"stream-eos","source":2}\n'
        '{"event":"pad-deleted","source":2}\n'
        '{"end":{"batches":2,"eos":true}}\n'
    )
    seen: list[str] = []

    with living(f"metareplay location={path} ! identity name=i ! fakesink name=out") as pipeline:
        pipeline.wait_for(lambda: pipeline.ended or pipeline.failed)
        (ended,) = pipeline.structures("stream-eos")
        seen += _events_of(path)

    assert ended.get_uint("stream-id") == (True, 2)
    assert seen == ["pad-added 2", "B", "pad-added 5", "B", "stream-eos 2", "pad-deleted 2", "eos"]


def _events_of(path: Path) -> list[str]:
    """Buffers, events about sources and EOS, in their order."""
    seen: list[str] = []
    application = Application(f"metareplay location={path} ! identity name=i ! fakesink")
    both = Gst.PadProbeType.BUFFER | Gst.PadProbeType.EVENT_DOWNSTREAM

    @application.probe("i", "sink", pad_probe_type=both)
    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        if info.type & Gst.PadProbeType.BUFFER:
            seen.append("B")
            return
        event: Any = info.get_event()
        structure = structure_of(event)
        if structure is not None and structure.get_name() in EVENTS:
            seen.append(f"{structure.get_name()} {structure.get_uint('stream-id')[1]}")
        elif event.type == Gst.EventType.EOS:
            seen.append("eos")

    application()
    return seen


@pytest.mark.parametrize(
    ("behind", "says"),
    [
        ("nvinfer name=pgie", "pgie (nvinfer) infers from pictures"),
        ("queue ! identity ! nvinferserver name=n", "n (nvinferserver) infers from"),
        ("nvof name=n", "n (nvof) compares pictures"),
        ("nvdspreprocess name=n", "n (nvdspreprocess) makes tensors of pictures"),
        ("bin.( queue ! nvof name=n )", "n (nvof)"),
        ("nvtracker name=t ll-config-file={dcf}", "t (nvtracker) (its ll-config-file"),
    ],
)
def test_elements_that_look_at_pictures_are_refused(write: Write, behind: str, says: str) -> None:
    path = write(*street())
    dcf = samples.path("config_tracker_NvDCF_perf.yml")

    with living(
        f"metareplay name=r location={path} ! {behind.format(dcf=dcf)} ! fakesink name=out"
    ) as pipeline:
        pipeline.wait_for(lambda: pipeline.failed)
        (text,) = [one for one in pipeline.told(Gst.MessageType.ERROR) if "metareplay" in one]

    assert says in text
    assert "allow-blank=true" in text


def test_black_pictures_may_be_allowed(play: Play, write: Write) -> None:
    dcf = samples.path("config_tracker_NvDCF_perf.yml")

    played = play(
        f"metareplay location={write(*street())} allow-blank=true "
        f"! nvtracker ll-config-file={dcf} ! fakesink name=out"
    )

    assert played.error is None
    assert len(played.frames) == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot read the recording"),
        ("", "street.jsonl:1: the file is empty"),
        ('{"pythia":"metadata","version":7}\n', "street.jsonl:1: this is version 7"),
        ('{"pythia":"metadata","version":1}\n', "street.jsonl:1: the recording has no end"),
        ('{"pythia":"metadata","version":1}\n{"batch":5}\n', "street.jsonl:2: batch: expected"),
        (
            '{"pythia":"metadata","version":1}\n{"batch":{"frame_meta_list":[{}]}}\n',
            "says nothing of the size of frames",
        ),
    ],
)
def test_a_bad_recording_is_told_on_the_bus(
    play: Play, tmp_path: Path, content: str | None, says: str
) -> None:
    path = tmp_path / "street.jsonl"
    if content is not None:
        path.write_text(content)

    played = play(f"metareplay location={path} ! fakesink name=out")

    assert played.error is not None
    assert says in played.error


def test_what_follows_must_take_the_frames(play: Play, write: Write) -> None:
    wrong = "video/x-raw(memory:NVMM),width=640"

    played = play(f"metareplay location={write(*street())} ! {wrong} ! fakesink name=out")

    assert played.error is not None
    assert "1280x720" in played.error
    assert "640" in played.error


def test_a_pipeline_can_be_played_again(write: Write) -> None:
    application = Application(f"metareplay location={write(*street())} ! fakesink name=out")
    numbers: list[int] = []

    @application.probe("out", "sink")
    def look(batch_meta: PortableBatch) -> None:
        numbers.append(batch_meta.frame_meta_list[0].frame_num)

    application()
    application()

    assert numbers == [0, 1, 2, 0, 1, 2]


def test_the_end_of_the_stream_can_be_asked_for(write: Write) -> None:
    path = write(*street(500))

    with living(f"metareplay name=r location={path} ! fakesink name=out sync=true") as pipeline:
        pipeline.more(3)
        pipeline["r"].send_event(Gst.Event.new_eos())
        pipeline.wait_for(lambda: pipeline.ended)

    assert len(pipeline.pts) < 400
    assert not pipeline.failed


def test_sources_can_be_taken_apart_and_tiled(play: Play, write: Write) -> None:
    path = write(*street(4, (0, 1)))

    played: Played = play(
        f"metareplay location={path} ! tee name=t "
        "t. ! queue ! nvstreamdemux name=d d.src_1 ! queue ! fakesink name=out "
        "d.src_0 ! queue ! fakesink "
        "t. ! queue ! nvmultistreamtiler width=320 height=240 rows=1 columns=2 ! fakesink"
    )

    assert played.error is None
    assert [(one.pad_index, one.frame_num) for one in played.frames] == [(1, n) for n in range(4)]

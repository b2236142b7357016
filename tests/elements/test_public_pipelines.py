"""The pipelines that are found most in public programs, as they are written for DeepStream.

Only their paths are placeholders. Each runs on the first frames of the sample street; metadata is
held against its exact ground truth, pictures against the places where boxes must be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia import Application, Gst, labels_per_obj, samples
from pythia.iterators import analytics_per_frame, objects_per_batch
from pythia.meta import batch_of
from pythia.meta.portable import PortableBatch, PortableFrame, PortableObject
from support.decoded import decoded
from support.pictures import Pictures, Rgb
from support.reference import iou
from support.servers import Servers

FRAMES = 13  # up to a frame that no other waits for
WARM_UP = 6
"""Frames after which a tracker has accepted what it sees."""

ANY_TRACKER = "/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so"
RED_ENOUGH = 60
TALL = 40

PGIE = "nvinfer config-file-path={pgie} batch-size=1 unique-id=1 name=pgie"
TRACKER = f"nvtracker ll-lib-file={ANY_TRACKER} ll-config-file={{tracker}} name=tracker"
SGIE = (
    "nvinfer config-file-path={sgie} batch-size=16 unique-id=2 infer-on-gie-id=1 "
    "infer-on-class-ids=0 name=sgie"
)
MUX = "nvstreammux name=m batch-size=1 width=1280 height=720"
MUX_4 = "nvstreammux name=m batch-size=4 width=1280 height=720 batched-push-timeout=4000000"
FILE = "filesrc location={h264} ! h264parse ! nvv4l2decoder ! m.sink_0"
URI = "uridecodebin uri=file://{mp4} ! nvvideoconvert ! m.sink_0"
FOUR = " ".join(
    f"uridecodebin uri=file://{{mp4}} ! nvvideoconvert ! m.sink_{n}" for n in (1, 2, 3, 0)
)
TILER = "nvmultistreamtiler rows={} columns={} width=1280 height=720"
SHOW = "nvvideoconvert ! nvdsosd name=osd ! nveglglessink sync=false"


@dataclass
class Seen:
    """What passed one pad: copies of the metadata, and pictures where they were asked for."""

    batches: list[PortableBatch] = field(default_factory=list)
    pictures: list[list[Rgb]] = field(default_factory=list)

    @property
    def frames(self) -> list[PortableFrame]:
        return [frame for batch in self.batches for frame in batch.frame_meta_list]

    def of_source(self, number: int) -> list[PortableFrame]:
        return [frame for frame in self.frames if frame.source_id == number]

    @property
    def objects(self) -> list[PortableObject]:
        return [obj for frame in self.frames for obj in frame.obj_meta_list]


Run = Callable[..., Seen]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sample's first frames as a film, as an elementary stream, and as a picture."""
    folder = tmp_path_factory.mktemp("film")
    sample = samples.path("sample_720p.mp4")
    cut = f"filesrc location={sample} ! qtdemux ! h264parse ! identity eos-after={FRAMES + 1}"
    Application(f"{cut} ! mp4mux ! filesink location={folder}/film.mp4")()
    Application(
        f"{cut} ! video/x-h264,stream-format=byte-stream,alignment=au "
        f"! filesink location={folder}/film.h264"
    )()
    return {
        "mp4": folder / "film.mp4",
        "h264": folder / "film.h264",
        "jpg": samples.path("sample_720p.jpg"),
    }


@pytest.fixture
def run(film: Mapping[str, Path], tmp_path: Path) -> Run:
    """A function that runs pipeline text and gives what passed a pad."""
    params = {
        **film,
        "pgie": samples.path("config_infer_primary.txt"),
        "sgie": samples.path("config_infer_secondary_carcolor.txt"),
        "tracker": samples.path("config_tracker_NvDCF_perf.yml"),
        "analytics": samples.path("config_nvdsanalytics.txt"),
        "output": tmp_path / "output.mp4",
    }

    def run(text: str, look: str = "pgie.src", *, pictures: bool = False, **more: Any) -> Seen:
        used = {k: v for k, v in {**params, **more}.items() if f"{{{k}" in text}
        app = Application.from_pipeline_string(text, used)
        element, _, pad = look.partition(".")
        seen = Seen()

        def note(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
            buffer = info.get_buffer()
            batch = None if buffer is None else batch_of(buffer)
            if batch is not None:
                assert isinstance(batch, PortableBatch)
                seen.batches.append(batch.copy())

        app.probe(element, pad)(note)
        if pictures:
            taken = Pictures(element, pad)
            taken(app.pipeline)
            seen.pictures = taken.buffers
        app()
        return seen

    return run


@pytest.fixture(scope="module")
def truth() -> Any:
    return json.loads(samples.path("sample_720p.gt.json").read_text())


def assert_found(frames: list[PortableFrame], truth: Any) -> None:
    """Every frame of the film is there once, and what is well visible on it was found."""
    assert [frame.frame_num for frame in frames] == list(range(FRAMES))
    assert all(frame.bInferDone for frame in frames)
    for frame in frames:
        for _, class_id, left, top, width, height, visible in truth["frames"][frame.frame_num]:
            if height >= TALL and visible > 0.9:
                box = (left, top, left + width, top + height)
                near = [o for o in frame.obj_meta_list if iou(corners(o), box) > 0.5]
                assert [o.obj_label for o in near] == [truth["classes"][class_id]], (frame, box)


def corners(obj: PortableObject) -> tuple[float, float, float, float]:
    box = obj.rect_params
    return box.left, box.top, box.left + box.width, box.top + box.height


def assert_tracked(frames: list[PortableFrame], truth: Any) -> None:
    """Once the tracker has accepted it, a thing that is well visible keeps one number."""
    numbers: dict[int, set[int]] = {}
    for frame in frames[WARM_UP:]:
        assert len({o.object_id for o in frame.obj_meta_list}) == len(frame.obj_meta_list)
        for track, _, left, top, width, height, visible in truth["frames"][frame.frame_num]:
            box = (left, top, left + width, top + height)
            for obj in frame.obj_meta_list:
                if height >= TALL and visible > 0.9 and iou(corners(obj), box) > 0.5:
                    numbers.setdefault(track, set()).add(obj.object_id)
    assert len(numbers) >= 5
    assert [track for track, ids in numbers.items() if len(ids) != 1] == []


def assert_framed(picture: Rgb, objects: list[PortableObject]) -> None:
    """Nearly every tall box has its red left edge; the label of another may cover one."""
    edges = []
    for obj in objects:
        box = obj.rect_params
        if box.height >= TALL and 4 < box.left < picture.shape[1] - 4:
            middle = int(box.top + box.height / 2)
            edge = picture[middle - 8 : middle + 8, int(box.left) - 3 : int(box.left) + 4]
            redness = edge[..., 0] - edge[..., 1:].max(axis=-1)
            edges.append(np.median(redness.max(axis=1)) > RED_ENOUGH)
    assert len(edges) > 2
    assert np.mean(edges) > 0.8


def test_a_file_is_decoded_inferred_drawn_and_shown(run: Run, truth: Any) -> None:
    seen = run(f"{FILE} {MUX} ! {PGIE} ! {SHOW}", "osd.src", pictures=True)

    assert_found(seen.frames, truth)
    for frame, (picture,) in zip(seen.frames, seen.pictures, strict=True):
        assert_framed(picture, frame.obj_meta_list)


def test_a_uri_is_inferred_without_a_display(run: Run, truth: Any) -> None:
    seen = run(f"{URI} {MUX} ! {PGIE} ! fakesink")

    assert_found(seen.frames, truth)


def test_a_tracker_gives_numbers_that_stay(run: Run, truth: Any) -> None:
    seen = run(f"{FILE} {MUX} ! {PGIE} ! {TRACKER} ! {SHOW}", "tracker.src")

    assert_tracked(seen.frames, truth)


def test_a_second_network_says_the_colour_of_tracked_cars(run: Run, truth: Any) -> None:
    seen = run(f"{FILE} {MUX} ! {PGIE} ! {TRACKER} ! {SGIE} ! {SHOW}", "sgie.src")

    assert_tracked(seen.frames, truth)
    colours = {one["id"]: one.get("colour") for one in truth["tracks"]}
    checked = 0
    for frame in seen.frames[WARM_UP:]:
        for track, _, left, top, width, height, visible in truth["frames"][frame.frame_num]:
            box = (left, top, left + width, top + height)
            for obj in frame.obj_meta_list:
                clear = height >= TALL and visible > 0.95 and iou(corners(obj), box) > 0.6
                if clear and obj.class_id == 0:
                    assert [one.result_label for one in labels_per_obj(obj)] == [colours[track]]
                    checked += 1
    assert checked > 10


def test_four_sources_are_tiled_into_one_picture(run: Run, truth: Any) -> None:
    text = f"{FOUR} {MUX_4} ! {PGIE} ! {TILER.format(2, 2)} ! {SHOW}"

    seen = run(text.replace("batch-size=1 unique", "batch-size=4 unique"), "osd.src", pictures=True)

    for frame, (picture,) in zip(seen.frames, seen.pictures, strict=True):
        assert picture.shape == (720, 1280, 3)
        assert_framed(picture, frame.obj_meta_list)
    found = [_tile_of(obj) for obj in seen.objects]
    counts = np.bincount(found, minlength=4)
    assert counts.min() > FRAMES
    assert counts.max() < 1.2 * counts.min()


def _tile_of(obj: PortableObject) -> int:
    """The tile of four that an object lies in, wholly."""
    left, top, right, bottom = corners(obj)
    column, row = int(left // 640), int(top // 360)
    assert right <= 640 * (column + 1) + 1
    assert bottom <= 360 * (row + 1) + 1
    return 2 * row + column


def test_a_demuxer_gives_each_source_its_own_branch(run: Run, truth: Any) -> None:
    sources = " ".join(
        f"uridecodebin uri=file://{{mp4}} ! nvvideoconvert ! m.sink_{n}" for n in (0, 1)
    )
    branches = " ".join(
        f"d.src_{n} ! queue ! nvvideoconvert ! nvdsosd name=osd{n} ! nveglglessink sync=false"
        for n in (0, 1)
    )
    mux = MUX.replace("batch-size=1", "batch-size=2")
    text = f"{sources} {mux} ! {PGIE} ! nvstreamdemux name=d {branches}"

    for number in (0, 1):
        seen = run(text, f"osd{number}.src", pictures=True)

        assert {frame.source_id for frame in seen.frames} == {number}
        assert all(batch.num_frames_in_batch == 1 for batch in seen.batches)
        assert_found(seen.frames, truth)
        assert_framed(seen.pictures[0][0], seen.frames[0].obj_meta_list)


def test_analytics_count_in_front_of_the_tiler(run: Run, truth: Any) -> None:
    text = (
        f"{FILE} {MUX} ! {PGIE} ! {TRACKER} ! nvdsanalytics config-file={{analytics}} name=nvan "
        f"! {TILER.format(1, 1)} ! {SHOW}"
    )

    seen = run(text, "nvan.src")

    for frame in seen.frames[WARM_UP:]:
        (found,) = analytics_per_frame(frame)
        assert set(found.objInROIcnt) == {"front", "queue"}
        inside = sum(_is_inside(corners(obj)) for obj in frame.obj_meta_list if obj.class_id == 0)
        assert found.objInROIcnt["front"] == inside
        assert set(found.objLCCumCnt) == {"road-out", "road-in", "crossing-right", "crossing-left"}


def _is_inside(box: tuple[float, float, float, float]) -> bool:
    """Whether the middle of a box's lower edge lies in the sample's region of interest."""
    import cv2

    region = np.array([(430, 400), (900, 400), (1180, 719), (60, 719)], np.float32)
    return cv2.pointPolygonTest(region, ((box[0] + box[2]) / 2, box[3]), False) >= 0


@pytest.mark.parametrize(
    "encoder",
    [
        "queue ! x264enc",
        "video/x-raw(memory:NVMM),format=I420 ! nvv4l2h264enc bitrate=8000000",
    ],
)
def test_the_drawn_pictures_are_recorded(
    run: Run, truth: Any, tmp_path: Path, encoder: str
) -> None:
    text = (
        f"{URI} {MUX} ! {PGIE} ! nvvideoconvert ! nvdsosd ! nvvideoconvert ! {encoder} "
        "! h264parse ! qtmux ! filesink location={output}"
    )

    seen = run(text)

    frames = decoded(tmp_path / "output.mp4")
    assert len(frames) == len(seen.frames) == FRAMES
    assert_framed(frames[-1].astype(np.int64), seen.frames[-1].obj_meta_list)


def test_messages_leave_beside_the_display(
    run: Run, truth: Any, server_of: Servers, name: str, tmp_path: Path
) -> None:
    kafka = server_of("kafka")
    kafka.expect(name)
    text = (
        f"{FILE} {MUX} ! {PGIE} ! {TRACKER} ! nvvideoconvert ! nvdsosd name=osd ! tee name=t "
        "t. ! queue ! nvmsgconv msg2p-newapi=true payload-type=1 frame-interval=1 "
        "! nvmsgbroker proto-lib=/opt/nvidia/deepstream/deepstream/lib/libnvds_kafka_proto.so "
        f"conn-str=127.0.0.1;{kafka.port};{name} sync=false "
        "t. ! queue ! nveglglessink sync=false"
    )

    seen = run(text, "osd.src")

    sent = [json.loads(event) for event in kafka.events(name, FRAMES)]
    assert [int(one["id"]) for one in sent] == [frame.frame_num for frame in seen.frames]
    for one, frame in zip(sent, seen.frames, strict=True):
        ids = sorted(str(obj.object_id) for obj in frame.obj_meta_list)
        assert sorted(text.split("|")[0] for text in one["objects"]) == ids


@pytest.mark.parametrize(
    "source",
    [
        "uridecodebin uri=file://{jpg} ! queue ! nvvideoconvert ! m.sink_0",
        "nvurisrcbin uri=file://{jpg} ! m.sink_0",
        "multifilesrc location={jpg} num-buffers=1 caps=image/jpeg,framerate=1/1 ! jpegparse "
        "! nvv4l2decoder ! m.sink_0",
        "filesrc location={jpg} ! jpegparse ! nvjpegdec ! m.sink_0",
    ],
)
def test_a_picture_is_inferred(run: Run, source: str) -> None:
    seen = run(f"{source} {MUX} ! {PGIE} ! fakesink")

    (frame,) = seen.frames
    assert (frame.source_frame_width, frame.source_frame_height) == (1280, 720)
    assert frame.num_obj_meta > 5


@pytest.mark.parametrize(
    "text",
    [
        "videotestsrc num-buffers=10 ! fakesink name=end",
        "videotestsrc num-buffers=10 ! identity ! fakesink name=end",
        "videotestsrc num-buffers=10 ! nveglglessink name=end",
        "videotestsrc num-buffers=10 ! nvvideoconvert ! video/x-raw(memory:NVMM) "
        "! nveglglessink name=end",
        "videotestsrc num-buffers=10 ! nvvideoconvert ! video/x-raw(memory:NVMM) ! nvegltransform "
        "! nveglglessink name=end",
    ],
)
def test_the_smallest_pipelines_show_every_buffer(text: str) -> None:
    app = Application(text)
    buffers: list[int] = []
    app.probe("end", "sink")(lambda pad, info: buffers.append(1))

    app()

    assert len(buffers) == 10


@pytest.mark.parametrize("transform", ["", "nvegltransform ! "])
def test_the_whole_chain_is_tiled_and_shown(run: Run, truth: Any, transform: str) -> None:
    chain = f"{PGIE} ! {TRACKER} ! {SGIE} ! {TILER.format(1, 1)}"
    source = "uridecodebin uri=file://{mp4} ! identity eos-after=10 ! nvvideoconvert ! m.sink_0"

    seen = run(
        f"{source} {MUX} ! {chain} ! nvvideoconvert ! nvdsosd name=osd ! {transform}nveglglessink",
        "osd.src",
    )

    assert len(seen.frames) >= 9
    assert any(True for obj in seen.objects for _ in labels_per_obj(obj))


@pytest.mark.parametrize("transform", ["", "nvegltransform ! "])
def test_the_muxer_may_stand_before_its_sources(run: Run, truth: Any, transform: str) -> None:
    chain = f"{PGIE} ! identity eos-after=10 ! {TRACKER} ! {SGIE} ! {TILER.format(2, 2)}"

    seen = run(
        f"{MUX_4} ! {chain} ! nvvideoconvert ! nvdsosd name=osd ! {transform}nveglglessink {FOUR}",
        "osd.sink",
    )

    assert {_tile_of(obj) for obj in seen.objects} == {0, 1, 2, 3}
    assert any(True for obj in seen.objects for _ in labels_per_obj(obj))


def test_masks_may_be_asked_for_in_a_recording(run: Run, truth: Any, tmp_path: Path) -> None:
    text = (
        "uridecodebin uri=file://{mp4} ! identity eos-after=30 ! m.sink_0 "
        f"{MUX} ! {PGIE} ! nvvideoconvert ! nvdsosd display-mask=1 process-mode=0 ! nvvideoconvert "
        "! queue ! x264enc ! mp4mux ! filesink location={output}"
    )

    seen = run(text)

    assert_found(seen.frames, truth)
    assert len(decoded(tmp_path / "output.mp4")) == FRAMES


def test_four_sources_are_tiled_without_inference(run: Run) -> None:
    others = " ".join(
        f"uridecodebin uri=file://{{mp4}} ! nvvideoconvert ! queue ! m.sink_{n}" for n in (1, 2, 3)
    )
    one = "uridecodebin uri=file://{mp4} ! identity eos-after=1 ! nvvideoconvert ! m.sink_0"

    seen = run(
        f"{MUX_4} ! {TILER.format(2, 2)} ! fakesink name=end {others} {one}",
        "end.sink",
        pictures=True,
    )

    (picture,) = seen.pictures[0]
    tiles = [picture[y : y + 360, x : x + 640] for y in (0, 360) for x in (0, 640)]
    assert all(tile.std() > 10 for tile in tiles)


def test_objects_are_walked_the_pythonic_way(run: Run) -> None:
    seen = run(f"{URI} {MUX} ! {PGIE} ! fakesink")

    labels = {obj.obj_label for batch in seen.batches for _, obj in objects_per_batch(batch)}
    assert labels <= {"car", "bicycle", "person", "roadsign"}

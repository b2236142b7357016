"""What a probe writes with ``pythia.writing`` reaches the elements behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pythia
from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.types import UNTRACKED_OBJECT_ID
from support.pictures import Pictures
from support.play import Play

GRAY = "videotestsrc num-buffers={} pattern=solid-color foreground-color=0xff808080 ! "
MUX = "nvstreammux name=m batch-size=1 width=160 height=120 ! "


def batch_at(address: int) -> Any:
    """The batch of a buffer."""
    batch = carrier.fetch(address)
    assert batch is not None
    return batch


def each(*probes: Pictures) -> Callable[[Gst.Pipeline], None]:
    """Put several probes on a pipeline."""

    def prepare(pipeline: Gst.Pipeline) -> None:
        for probe in probes:
            probe(pipeline)

    return prepare


def test_written_objects_and_shapes_are_drawn(play: Play) -> None:
    def write_on(address: int) -> None:
        batch = batch_at(address)
        with pythia.writing(batch) as write:
            for frame in pythia.frames_per_batch(batch):
                write.object(frame, box=(20, 60, 40, 30), color=(0, 1, 0), width=4)
                write.rectangle(frame, (100, 20, 30, 30), width=0, fill=(0, 0, 1))

    before, after = Pictures("osd", "sink", write_on), Pictures()

    played = play(
        f"{GRAY.format(1)} video/x-raw,format=RGBA ! m.sink_0 {MUX} nvdsosd name=osd ! "
        "fakesink name=out",
        each(before, after),
    )

    assert played.error is None, played.error
    picture = after.buffers[0][0]
    assert picture[75, 20].tolist() == [0, 255, 0]
    assert picture[35, 115].tolist() == [0, 0, 255]
    assert picture[100, 100].tolist() == before.buffers[0][0][100, 100].tolist()


def test_a_written_object_is_tracked(play: Play, tmp_path: Path) -> None:
    config = tmp_path / "tracker.yml"
    config.write_text(
        "BaseConfig:\n  minDetectorConfidence: 0\nTargetManagement:\n  probationAge: 0\n"
    )
    met: list[int] = []

    def write_on(address: int) -> None:
        batch = batch_at(address)
        with pythia.writing(batch) as write:
            for frame in pythia.frames_per_batch(batch):
                write.object(frame, "car", box=(20 + 2 * len(met), 30, 40, 40), confidence=0.9)
                met.append(frame.frame_num)

    played = play(
        f"{GRAY.format(6)} m.sink_0 {MUX} nvtracker name=t "
        "ll-lib-file=libnvds_nvmultiobjecttracker.so tracker-width=160 tracker-height=96 "
        f"ll-config-file={config} ! fakesink name=out",
        Pictures("t", "sink", write_on),
    )

    assert played.error is None, played.error
    ids = {obj.object_id for frame in played.frames for obj in frame.obj_meta_list}
    assert len(ids) == 1
    assert ids != {UNTRACKED_OBJECT_ID}


def test_branches_share_data_of_ones_own_but_not_metadata(play: Play) -> None:
    thing = object()
    seen: dict[str, tuple[int, bool]] = {}

    def write_on(address: int) -> None:
        batch = batch_at(address)
        with pythia.writing(batch) as write:
            write.user(batch.frame_meta_list[0], thing)

    def write_in_one(address: int) -> None:
        batch = batch_at(address)
        with pythia.writing(batch) as write:
            write.object(batch.frame_meta_list[0], box=(0, 0, 1, 1))

    def look(name: str) -> Pictures:
        def read(address: int) -> None:
            frame = batch_at(address).frame_meta_list[0]
            seen[name] = (frame.num_obj_meta, next(iter(pythia.user_data(frame))) is thing)

        return Pictures(name, "sink", read)

    # nvvideoconvert makes a new buffer: its branch has a batch of its own from there on.
    played = play(
        f"{GRAY.format(1)} video/x-raw,format=NV12 ! m.sink_0 {MUX} tee name=t "
        "t. ! queue ! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! identity name=i ! "
        "fakesink name=left  t. ! queue ! fakesink name=out",
        each(
            Pictures("t", "sink", write_on),
            Pictures("i", "sink", write_in_one),
            look("left"),
            look("out"),
        ),
    )

    assert played.error is None, played.error
    assert seen == {"left": (1, True), "out": (0, True)}

"""The main job in this process: the sample through all elements together."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia import elements, objects_per_batch, objects_per_frame, samples
from pythia.gst import Gst
from pythia.meta import batch_of
from pythia.meta.portable import PortableBatch, PortableFrame
from support.pictures import Pictures, Rgb
from support.play import Play
from support.reference import Found, iou

Clip = Callable[..., str]

CONFIG = samples.path("config_infer_primary.txt")
FRAMES = 8
MUX = "nvstreammux name=m width={} height={} batch-size={} "
PRIMARY = f"! nvinfer name=pgie config-file-path={CONFIG} "
GREEN = (0, 255, 0)


@pytest.fixture
def green_boxes(tmp_path: Path) -> Path:
    """The sample's configuration with green boxes."""
    folder = samples.path("config_infer_primary.txt").parents[2]
    text = CONFIG.read_text().replace("../..", str(folder))
    config = tmp_path / "green.txt"
    config.write_text(text.replace("[class-attrs-all]", "[class-attrs-all]\nborder-color=0;1;0;1"))
    return config


def _overlaid(
    play: Play, clip: Clip, config: Path, osd: str
) -> tuple[list[Rgb], list[PortableFrame]]:
    pictures = Pictures()
    played = play(
        f"{clip()} ! m.sink_0 {MUX.format(1280, 720, 1)} ! nvinfer config-file-path={config} "
        f"! nvvideoconvert ! {osd} ! nvvideoconvert ! video/x-raw,format=RGBA ! fakesink name=out",
        pictures,
    )
    assert played.error is None, played.error
    return [buffer[0] for buffer in pictures.buffers], played.frames


def test_boxes_are_drawn_in_their_colour_and_the_rest_is_left_alone(
    play: Play, clip: Clip, green_boxes: Path
) -> None:
    drawn, frames = _overlaid(play, clip, green_boxes, "nvdsosd display-text=false")
    plain, _ = _overlaid(play, clip, green_boxes, "identity")

    assert len(drawn) == len(plain) == FRAMES
    for picture, original, frame in zip(drawn, plain, frames, strict=True):
        assert frame.num_obj_meta > 10
        green = (np.abs(picture - GREEN) <= 8).all(axis=2)
        far = np.ones(green.shape, np.bool_)
        for obj in objects_per_frame(frame):
            box = obj.rect_params
            left, top = int(box.left), int(box.top)
            right, bottom = int(box.left + box.width), int(box.top + box.height)
            assert green[top:bottom, max(left - 2, 0) : left + 4].any(axis=1).all()
            assert green[max(top - 2, 0) : top + 4, left:right].any(axis=0).all()
            far[max(top - 4, 0) : bottom + 6, max(left - 4, 0) : right + 6] = False
        assert far.mean() > 0.5
        np.testing.assert_array_equal(picture[far], original[far])


def test_labels_stand_at_their_boxes(play: Play, clip: Clip) -> None:
    drawn, frames = _overlaid(play, clip, CONFIG, "nvdsosd display-bbox=false")
    plain, _ = _overlaid(play, clip, CONFIG, "identity")

    where = (drawn[0] != plain[0]).any(axis=2)
    near = np.zeros(where.shape, np.bool_)
    for obj in objects_per_frame(frames[0]):
        text = obj.text_params
        assert text.display_text == obj.obj_label
        assert where[text.y_offset : text.y_offset + 16, text.x_offset : text.x_offset + 20].any()
        row, column = max(text.y_offset - 2, 0), max(text.x_offset - 2, 0)
        near[row : row + 32, column : column + 124] = True
    assert not where[~near].any()


class _Branches:
    """Looks at two branches behind a tee; the first changes what it sees before the other looks."""

    def __init__(self) -> None:
        self.first: list[list[Found]] = []
        self.changed: list[list[Found]] = []
        self.second: list[list[Found]] = []
        self._done = threading.Semaphore(0)

    def __call__(self, pipeline: Gst.Pipeline) -> None:
        for name, look in (("osd", self._change), ("plain", self._look)):
            element = pipeline.get_by_name(name)
            pad = element.get_static_pad("src") if element else None
            assert pad is not None
            pad.add_probe(Gst.PadProbeType.BUFFER, look)

    def _change(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = _batch(info)
        self.first.append(_found(batch.frame_meta_list[0]))
        (frame,) = batch.frame_meta_list
        frame.obj_meta_list.pop()
        for _, obj in objects_per_batch(batch):
            obj.obj_label = "changed"
            obj.rect_params.left = -1
        self.changed.append(_found(frame))
        self._done.release()
        return Gst.PadProbeReturn.OK

    def _look(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        assert self._done.acquire(timeout=10)
        self.second.append(_found(_batch(info).frame_meta_list[0]))
        return Gst.PadProbeReturn.OK


def _batch(info: Gst.PadProbeInfo) -> PortableBatch:
    buffer = info.get_buffer()
    batch = batch_of(buffer) if buffer else None
    assert isinstance(batch, PortableBatch)
    return batch


def test_branches_behind_a_tee_have_metadata_of_their_own(play: Play, clip: Clip) -> None:
    branches = _Branches()

    played = play(
        f"{clip()} ! m.sink_0 {MUX.format(1280, 720, 1)} {PRIMARY} ! tee name=t "
        "t. ! queue ! nvdsosd name=osd ! fakesink name=out "
        "t. ! queue ! identity name=plain ! fakesink",
        branches,
    )

    assert played.error is None
    assert len(branches.first) == FRAMES
    assert branches.second == branches.first
    assert all(len(found) > 10 for found in branches.first)
    assert [_found(frame) for frame in played.frames] == branches.changed
    assert {found.label for frame in branches.changed for found in frame} == {"changed"}


def _found(frame: PortableFrame, scale: float = 1) -> list[Found]:
    """A frame's objects, their boxes times ``scale``."""
    found = []
    for obj in objects_per_frame(frame):
        box = obj.rect_params
        edges = (box.left, box.top, box.left + box.width, box.top + box.height)
        left, top, right, bottom = (edge * scale for edge in edges)
        found.append(Found(obj.obj_label, obj.confidence, (left, top, right, bottom)))
    return found


def _by_source(frames: Sequence[PortableFrame]) -> dict[int, list[PortableFrame]]:
    sources = defaultdict(list)
    for frame in frames:
        sources[frame.source_id].append(frame)
    return sources


def _share_found(wanted: list[list[Found]], found: list[list[Found]], least: float) -> float:
    """How many of the sure detections are in the other list, at almost the same place."""
    matches = [
        any(two.label == one.label and iou(one.box, two.box) >= least for two in theirs)
        for ours, theirs in zip(wanted, found, strict=True)
        for one in ours
        if one.confidence >= 0.6
    ]
    assert len(matches) > 5 * len(wanted)
    return float(np.mean(matches))


def _agreement(ones: list[list[Found]], others: list[list[Found]], least: float) -> float:
    return min(_share_found(ones, others, least), _share_found(others, ones, least))


SOURCES = (("I420", 1280, 720), ("NV12", 1280, 720), ("I420", 960, 540), ("RGBA", 640, 360))


def test_sources_in_a_batch_are_detected_as_each_alone(play: Play, clip: Clip) -> None:
    size, infer = MUX.format(1280, 720, "{}"), PRIMARY + "batch-size={} ! fakesink name=out "
    text = size + infer
    alone = [play(f"{clip(*source)} ! m.sink_0 {text.format(1, 1)}").frames for source in SOURCES]

    inputs = " ".join(f"{clip(*source)} ! m.sink_{n}" for n, source in enumerate(SOURCES))
    together = play(f"{inputs} {text.format(4, 4)}")

    assert together.error is None
    assert sum(batch.num_frames_in_batch for batch in together.batches) == 4 * FRAMES
    sources = _by_source(together.frames)
    assert sorted(sources) == [0, 1, 2, 3]
    for number, (format, width, height) in enumerate(SOURCES):
        frames = sources[number]
        assert [frame.frame_num for frame in frames] == list(range(FRAMES))
        assert (frames[0].source_frame_width, frames[0].source_frame_height) == (width, height)
        found, known = map(_founds, (frames, alone[number]))
        # Batches have the format of the first source that comes, so colours are rounded anew.
        assert _agreement(found, known, 0.85) >= 0.9, format


def test_a_full_batch_gives_what_single_frames_give(play: Play, clip: Clip) -> None:
    text = MUX.format(1280, 720, "{}") + PRIMARY + "batch-size={} ! fakesink name=out "
    (one, *_), inputs = SOURCES, " ".join(f"{clip()} ! m.sink_{n}" for n in range(4))

    alone = play(f"{clip(*one)} ! m.sink_0 {text.format(1, 1)}")
    together = play(f"{inputs} {text.format(4, 4)}")

    for frames in _by_source(together.frames).values():
        for mine, theirs in zip(frames, alone.frames, strict=True):
            ours, known = _found(mine), _found(theirs)
            assert [found.label for found in ours] == [found.label for found in known]
            for one_found, two_found in zip(ours, known, strict=True):
                assert one_found.box == pytest.approx(two_found.box, abs=0.5)
                assert one_found.confidence == pytest.approx(two_found.confidence, abs=0.01)


def _founds(frames: Sequence[PortableFrame]) -> list[list[Found]]:
    return [_found(frame) for frame in frames]


@pytest.mark.parametrize("format", ["RGBA", "NV12"])
def test_every_format_of_batches_gives_nearly_the_same_detections(
    play: Play, clip: Clip, format: str
) -> None:
    def detected(format: str) -> list[list[Found]]:
        played = play(
            f"{clip()} ! nvvideoconvert ! video/x-raw(memory:NVMM),format={format} ! m.sink_0 "
            f"{MUX.format(1280, 720, 1)} {PRIMARY} ! fakesink name=out"
        )
        assert played.caps is not None
        assert played.caps.get_structure(0).get_string("format") == format
        return _founds(played.frames)

    assert _agreement(detected(format), detected("I420"), 0.9) >= 0.97


def test_the_size_of_batches_hardly_matters(play: Play, clip: Clip) -> None:
    def detected(width: int, height: int) -> list[list[Found]]:
        text = f"{clip()} ! m.sink_0 {MUX.format(width, height, 1)} {PRIMARY} ! fakesink name=out"
        return [_found(frame, 1280 / width) for frame in play(text).frames]

    assert _agreement(detected(1280, 720), detected(960, 540), 0.7) >= 0.9


def _events(batch: Any) -> Iterator[dict[str, Any]]:
    for frame, obj in objects_per_batch(batch):
        box = obj.rect_params
        yield {
            "frame_num": frame.frame_num,
            "pts": frame.buf_pts,
            "label": obj.obj_label,
            "box": [box.left, box.top, box.width, box.height],
            "confidence": obj.confidence,
        }


def test_a_pipeline_can_be_played_again_and_again(clip: Clip) -> None:
    elements.register()
    lines: list[str] = []

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        lines.extend(json.dumps(event) for event in _events(_batch(info)))
        return Gst.PadProbeReturn.OK

    pipeline: Any = Gst.parse_launch(
        f"{clip()} ! m.sink_0 {MUX.format(1280, 720, 1)} {PRIMARY} ! nvvideoconvert ! nvdsosd "
        "! nvvideoconvert ! fakesink"
    )
    pipeline.get_by_name("pgie").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, look)
    runs = []
    for _ in range(5):
        lines.clear()
        pipeline.set_state(Gst.State.PLAYING)
        ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
        message = pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, ends)
        assert message is not None
        assert message.type == Gst.MessageType.EOS
        pipeline.set_state(Gst.State.NULL)
        runs.append(list(lines))

    assert len(runs[0]) > 10 * FRAMES
    assert all(run == runs[0] for run in runs)

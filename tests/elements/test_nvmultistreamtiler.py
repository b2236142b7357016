from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pytest

from pythia.elements.nvmultistreamtiler import NvMultiStreamTiler
from pythia.elements.structures import custom_event
from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.portable import (
    PortableBatch,
    PortableFrame,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_osd import (
    PortableArrow,
    PortableCircle,
    PortableColor,
    PortableDisplay,
    PortableLine,
    PortableRect,
    PortableText,
)
from support.pictures import Pictures, Rgb
from support.play import Play, Played

COLORS = {0: (255, 0, 0), 1: (0, 255, 0), 2: (0, 0, 255), 3: (255, 255, 255), 4: (255, 255, 0)}
BLACK = (0, 0, 0)


def source(number: int, format: str = "RGBA", frames: int = 1) -> str:
    red, green, blue = COLORS[number]
    color = 0xFF000000 + (red << 16) + (green << 8) + blue
    return (
        f"videotestsrc num-buffers={frames} pattern=solid-color foreground-color={color} "
        f"! video/x-raw,format={format},width=160,height=120,framerate=30/1,colorimetry=bt601 "
        f"! m.sink_{number} "
    )


def pipeline(
    options: str, sources: Iterable[int], *, format: str = "RGBA", frames: Sequence[int] = ()
) -> str:
    numbers = list(sources)
    counts = frames or [1] * len(numbers)
    return (
        f"nvstreammux name=m batch-size={len(numbers)} width=160 height=120 "
        f"! nvmultistreamtiler name=tiler {options} ! fakesink name=out "
        + " ".join(source(n, format, count) for n, count in zip(numbers, counts, strict=True))
    )


class Marked:
    """Changes each batch before the tiler, as an inference element would."""

    def __init__(self, mark: Callable[[PortableFrame], None]) -> None:
        self._mark = mark
        self.pictures = Pictures()

    def __call__(self, pipeline: Gst.Pipeline) -> None:
        tiler = pipeline.get_by_name("tiler")
        assert tiler is not None
        pad = tiler.get_static_pad("sink")
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, self._change)
        self.pictures(pipeline)

    def _change(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        for frame in batch.frame_meta_list:
            self._mark(frame)
        return Gst.PadProbeReturn.OK


def middles(picture: Rgb, rows: int, columns: int) -> list[tuple[int, ...]]:
    """The colours in the middle of each tile, along the rows."""
    height, width = picture.shape[0] // rows, picture.shape[1] // columns
    return [
        tuple(int(v) for v in picture[row * height + height // 2, column * width + width // 2])
        for row in range(rows)
        for column in range(columns)
    ]


def same(found: Sequence[tuple[int, ...]], wanted: Sequence[tuple[int, ...]]) -> bool:
    return bool(np.abs(np.array(found) - np.array(wanted)).max() <= 4)


@pytest.mark.parametrize("format", ["RGBA", "NV12", "I420"])
def test_sources_stand_side_by_side_in_their_order_and_an_empty_tile_is_black(
    play: Play, format: str
) -> None:
    pictures = Pictures()

    played = play(
        pipeline("rows=2 columns=3 width=480 height=240", [4, 0, 2, 1], format=format), pictures
    )

    assert played.error is None
    assert [picture.shape for picture in pictures.buffers[0]] == [(240, 480, 3)]
    wanted = [COLORS[0], COLORS[1], COLORS[2], BLACK, COLORS[4], BLACK]
    assert same(middles(pictures.buffers[0][0], 2, 3), wanted)


def test_the_caps_are_those_of_the_batch_with_the_size_of_the_output(play: Play) -> None:
    played = play(pipeline("width=637 height=357", [0], format="NV12"))

    assert played.caps is not None
    text = played.caps.to_string()
    for part in ("memory:NVMM", "NV12", "width=(int)640", "height=(int)360", "30/1"):
        assert part in text


def test_what_leaves_is_a_batch_of_one_frame_in_one_memory(play: Play) -> None:
    def mark(frame: PortableFrame) -> None:
        frame.add_user(PortableUser(user_meta_data=frame.pad_index))

    played = play(pipeline("columns=2 width=320 height=120", [0, 1], frames=[3, 3]), Marked(mark))

    assert played.memories == [1, 1, 1]
    assert played.pts == [0, 33333333, 66666666]
    assert [batch.max_frames_in_batch for batch in played.batches] == [1, 1, 1]
    for number, frame in enumerate(played.frames):
        assert (frame.frame_num, frame.batch_id, frame.pad_index, frame.source_id) == (
            number,
            0,
            0,
            0,
        )
        assert (frame.source_frame_width, frame.source_frame_height) == (320, 120)
        assert [user.user_meta_data for user in frame.frame_user_meta_list] == [0, 1]


def test_user_metadata_of_the_batch_goes_along(play: Play) -> None:
    def mark(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        batch.add_user(PortableUser(user_meta_data="of the batch"))
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        tiler: Any = pipeline.get_by_name("tiler")
        tiler.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, mark)

    played = play(pipeline("", [0], frames=[2]), prepare)

    users = [[user.user_meta_data for user in b.batch_user_meta_list] for b in played.batches]
    assert users == [["of the batch"]] * 2


def test_everything_that_is_drawn_moves_to_its_tile(play: Play) -> None:
    def mark(frame: PortableFrame) -> None:
        if frame.pad_index != 3:
            return
        parent = PortableObject(rect_params=PortableRect(0, 0, 160, 120))
        frame.add_obj(parent)
        obj = PortableObject(rect_params=PortableRect(40, 30, 80, 60, border_width=3))
        obj.text_params = PortableText("x", 40, 10)
        obj.detector_bbox_info.org_bbox_coords.left = 40
        frame.add_obj(obj, parent)
        display = PortableDisplay([PortableRect(16, 12, 32, 24)], [PortableText("y", 80, 60)])
        display.line_params.append(PortableLine(0, 0, 159, 119, 5))
        display.arrow_params.append(PortableArrow(16, 12, 32, 24, 5))
        display.circle_params.append(PortableCircle(80, 60, 20))
        frame.add_display(display)

    # Each tile is 320 x 60: twice as wide as its frame, and half as high.
    played = play(pipeline("rows=2 columns=2 width=640 height=120", range(4)), Marked(mark))

    (frame,) = played.frames
    obj, parent = frame.obj_meta_list
    assert box(obj.rect_params) == (400, 75, 160, 30)
    assert obj.rect_params.border_width == 3
    assert (obj.text_params.x_offset, obj.text_params.y_offset) == (400, 65)
    assert obj.detector_bbox_info.org_bbox_coords.left == 40
    assert obj.parent is parent
    (display,) = frame.display_meta_list
    assert box(display.rect_params[0]) == (352, 66, 64, 12)
    assert (display.text_params[0].x_offset, display.text_params[0].y_offset) == (480, 90)
    (line,) = display.line_params
    assert (line.x1, line.y1, line.x2, line.y2, line.line_width) == (320, 60, 638, 119, 5)
    (arrow,) = display.arrow_params
    assert (arrow.x1, arrow.y1, arrow.x2, arrow.y2) == (352, 66, 384, 72)
    (circle,) = display.circle_params
    assert (circle.xc, circle.yc, circle.radius) == (480, 90, 10)


def box(rect: Any) -> tuple[float, ...]:
    return rect.left, rect.top, rect.width, rect.height


def with_box(frame: PortableFrame) -> None:
    red = PortableColor(1, 0, 1, 1)
    frame.add_obj(PortableObject(rect_params=PortableRect(40, 30, 80, 60, 4, red)))


@pytest.mark.parametrize("format", ["RGBA", "NV12"])
def test_nvdsosd_behind_it_draws_the_boxes_of_all_sources(play: Play, format: str) -> None:
    marked = Marked(with_box)
    text = pipeline("rows=2 columns=2 width=320 height=240", range(3), format=format)

    played = play(text.replace("! fakesink", "! nvdsosd ! fakesink"), marked)

    assert played.error is None
    picture = marked.pictures.buffers[0][0]
    for left, top in ((0, 0), (160, 0), (0, 120)):
        assert np.abs(picture[top + 60, left + 40] - (255, 0, 255)).max() <= 6
        assert np.abs(picture[top + 30, left + 80] - (255, 0, 255)).max() <= 6
    assert same(middles(picture, 2, 2), [COLORS[0], COLORS[1], COLORS[2], BLACK])


def test_a_grid_without_room_for_a_source_grows(play: Play) -> None:
    pictures = Pictures()

    play(pipeline("rows=1 columns=2 width=480 height=240", [0, 1, 4]), pictures)

    wanted = [COLORS[0], COLORS[1], BLACK, BLACK, COLORS[4], BLACK]
    assert same(middles(pictures.buffers[0][0], 2, 3), wanted)


def test_a_square_grid_has_no_gaps(play: Play) -> None:
    pictures = Pictures()

    play(pipeline("square-seq-grid=1 rows=9 width=320 height=240", [4, 0, 2]), pictures)

    wanted = [COLORS[0], COLORS[2], COLORS[4], BLACK]
    assert same(middles(pictures.buffers[0][0], 2, 2), wanted)


class AtBatch:
    """Calls a function before batch ``number`` reaches the tiler."""

    def __init__(
        self, number: int, call: Callable[[Any], None], then: Callable[[Gst.Pipeline], None]
    ) -> None:
        self._number, self._call, self._then = number, call, then
        self._seen = 0

    def __call__(self, pipeline: Gst.Pipeline) -> None:
        tiler = pipeline.get_by_name("tiler")
        assert tiler is not None
        pad = tiler.get_static_pad("sink")
        assert pad is not None

        def look(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            if self._seen == self._number:
                self._call(tiler)
            self._seen += 1
            return Gst.PadProbeReturn.OK

        pad.add_probe(Gst.PadProbeType.BUFFER, look)
        self._then(pipeline)


def test_one_source_can_be_shown_alone_and_all_again_while_playing(play: Play) -> None:
    shown = iter([1, -1])

    def zoom(tiler: Any) -> None:
        tiler.set_property("show-source", next(shown))

    marked = Marked(with_box)
    back = AtBatch(2, zoom, marked)
    there = AtBatch(1, zoom, back)

    played = play(pipeline("columns=2 width=320 height=120", [0, 1], frames=[3, 3]), there)

    assert played.error is None
    tiles = [middles(picture, 1, 2) for (picture,) in marked.pictures.buffers]
    assert same(tiles[0], [COLORS[0], COLORS[1]])
    assert same(tiles[1], [COLORS[1], COLORS[1]])
    assert same(tiles[2], [COLORS[0], COLORS[1]])
    boxes = [[box(obj.rect_params) for obj in frame.obj_meta_list] for frame in played.frames]
    assert boxes[0] == boxes[2] == [(40, 30, 80, 60), (200, 30, 80, 60)]
    assert boxes[1] == [(80, 30, 160, 60)]


def test_the_size_of_the_output_can_be_changed_while_playing(play: Play) -> None:
    marked = Marked(with_box)
    wider = AtBatch(1, lambda tiler: tiler.set_property("width", 640), marked)

    played = play(pipeline("columns=2 width=320 height=120", [0, 1], frames=[2, 2]), wider)

    assert played.error is None
    first, second = (picture for (picture,) in marked.pictures.buffers)
    assert (first.shape[1], second.shape[1]) == (320, 640)
    assert same(middles(second, 1, 2), [COLORS[0], COLORS[1]])
    assert [box(obj.rect_params) for obj in played.frames[1].obj_meta_list] == [
        (80, 30, 160, 60),
        (400, 30, 160, 60),
    ]
    assert [frame.frame_num for frame in played.frames] == [0, 1]


def test_a_source_that_nobody_has_seen_is_black_and_reported(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    pictures = Pictures()

    played = play(pipeline("show-source=7 width=320 height=120", [0, 1], frames=[2, 2]), pictures)

    assert same(middles(pictures.buffers[1][0], 1, 1), [BLACK])
    assert played.frames[1].num_obj_meta == 0
    assert [r.getMessage() for r in caplog.records if "show-source" in r.getMessage()] == [
        "show-source=7: no such source (there are: 0, 1)"
    ]


@pytest.mark.parametrize(
    ("options", "grid", "wanted"),
    [
        ("columns=2", (2, 3), [COLORS[0], COLORS[1], BLACK, BLACK, BLACK, BLACK]),
        ("square-seq-grid=1", (2, 2), [COLORS[0], COLORS[1], BLACK, BLACK]),
    ],
)
def test_a_source_has_its_tile_before_its_first_frame(
    play: Play, options: str, grid: tuple[int, int], wanted: list[tuple[int, ...]]
) -> None:
    def announce(tiler: Any) -> None:
        tiler.get_static_pad("sink").send_event(custom_event("pad-added", stream_id=4))

    marked = Marked(with_box)

    play(
        pipeline(f"{options} width=480 height=240", [0, 1], frames=[2, 2]),
        AtBatch(1, announce, marked),
    )

    assert same(middles(marked.pictures.buffers[1][0], *grid), wanted)


def test_a_grid_does_not_shrink_and_a_square_one_does(play: Play) -> None:
    tiles = []
    for options in ("columns=2", "square-seq-grid=1"):
        pictures = Pictures()
        text = pipeline(f"{options} width=480 height=240", [0, 4], frames=[6, 1])
        played = play(text, pictures)
        assert played.error is None
        tiles.append([picture for (picture,) in pictures.buffers])

    assert same(middles(tiles[0][0], 2, 3), [COLORS[0], *[BLACK] * 3, COLORS[4], BLACK])
    assert same(middles(tiles[0][-1], 2, 3), [COLORS[0], *[BLACK] * 5])
    assert same(middles(tiles[1][0], 2, 2), [COLORS[0], COLORS[4], BLACK, BLACK])
    assert same(middles(tiles[1][-1], 1, 1), [COLORS[0]])


def test_a_source_that_is_late_keeps_its_last_frame_and_one_that_ended_leaves_a_black_tile(
    play: Play,
) -> None:
    def drop(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        if batch.frame_meta_list[0].frame_num > 0:
            batch.frame_meta_list = batch.frame_meta_list[:1]
        return Gst.PadProbeReturn.OK

    def end(tiler: Any) -> None:
        tiler.get_static_pad("sink").send_event(custom_event("pad-deleted", stream_id=1))

    marked = Marked(with_box)
    at_two = AtBatch(2, end, marked)

    def prepare(pipeline: Gst.Pipeline) -> None:
        tiler: Any = pipeline.get_by_name("tiler")
        tiler.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, drop)
        at_two(pipeline)

    text = pipeline("columns=2 width=320 height=120", [0, 1], frames=[3, 3])
    played = play(text.replace("! fakesink", "! nvdsosd ! fakesink"), prepare)

    tiles = [middles(picture, 1, 2) for (picture,) in marked.pictures.buffers]
    assert same(tiles[1], [COLORS[0], COLORS[1]])
    assert same(tiles[2], [COLORS[0], BLACK])
    assert [frame.num_obj_meta for frame in played.frames] == [2, 2, 1]
    assert box(played.frames[1].obj_meta_list[1].rect_params) == (200, 30, 80, 60)


def test_a_source_that_ends_first_leaves_a_black_tile(play: Play) -> None:
    pictures = Pictures()

    played = play(pipeline("columns=2 width=320 height=120", [0, 1], frames=[1, 4]), pictures)

    assert played.error is None
    assert same(middles(pictures.buffers[0][0], 1, 2), [COLORS[0], COLORS[1]])
    assert same(middles(pictures.buffers[-1][0], 1, 2), [BLACK, COLORS[1]])


class CustomTile(ctypes.Structure):
    _fields_ = (
        ("source_id", ctypes.c_uint32),
        ("x", ctypes.c_float),
        ("y", ctypes.c_float),
        ("width", ctypes.c_float),
        ("height", ctypes.c_float),
    )


class CustomTileConfig(ctypes.Structure):
    _fields_ = (("tiles", ctypes.POINTER(CustomTile)), ("length", ctypes.c_uint32))


def set_tiles(tiler: Any, *tiles: tuple[float, ...]) -> None:
    """As a program does it: the structure is gone when this returns."""
    array = (CustomTile * len(tiles))(*(CustomTile(int(tile[0]), *tile[1:]) for tile in tiles))
    config = CustomTileConfig(array, len(tiles))
    new = ctypes.pythonapi.PyCapsule_New
    new.restype = ctypes.py_object
    new.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    tiler.set_property("custom-tile-config", new(ctypes.addressof(config), None, None))


def test_tiles_can_be_placed_by_hand_and_moved_while_playing(play: Play) -> None:
    marked = Marked(with_box)
    at_one = AtBatch(1, lambda tiler: set_tiles(tiler, (1, 0, 0, 1, 1)), marked)

    def prepare(pipeline: Gst.Pipeline) -> None:
        set_tiles(pipeline.get_by_name("tiler"), (0, 0.5, 0, 0.5, 0.5), (1, 0, 0.5, 1, 0.5))
        at_one(pipeline)

    played = play(pipeline("columns=2 width=320 height=240", [0, 1], frames=[2, 2]), prepare)

    assert played.error is None
    first, second = (middles(picture, 2, 2) for (picture,) in marked.pictures.buffers)
    assert same(first, [BLACK, COLORS[0], COLORS[1], COLORS[1]])
    assert same(second, [COLORS[1]] * 4)
    assert [box(obj.rect_params) for obj in played.frames[0].obj_meta_list] == [
        (200, 30, 80, 60),
        (80, 150, 160, 60),
    ]


def test_the_metadata_of_the_other_branch_of_a_tee_stays(play: Play) -> None:
    batches: list[PortableBatch] = []

    def prepare(pipeline: Gst.Pipeline) -> None:
        plain: Any = pipeline.get_by_name("plain")

        def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            batch = carrier.fetch(hash(info.get_buffer()))
            assert batch is not None
            batches.append(batch.copy())
            return Gst.PadProbeReturn.OK

        plain.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, look)
        split: Any = pipeline.get_by_name("split")
        split.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, mark)

    def mark(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        for frame in batch.frame_meta_list:
            with_box(frame)
        return Gst.PadProbeReturn.OK

    text = pipeline("columns=2 width=320 height=120", [0, 1]).replace(
        "! nvmultistreamtiler", "! tee name=split ! queue ! nvmultistreamtiler"
    )
    played = play(text + " split. ! queue ! fakesink name=plain", prepare)

    assert played.error is None
    assert [box(o.rect_params) for f in batches[0].frame_meta_list for o in f.obj_meta_list] == [
        (40, 30, 80, 60),
        (40, 30, 80, 60),
    ]
    assert len(played.frames[0].obj_meta_list) == 2


def test_a_late_source_is_shown_without_what_the_other_branch_of_a_tee_did_to_it(
    play: Play,
) -> None:
    def drop(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        if batch.frame_meta_list[0].frame_num > 0:
            batch.frame_meta_list = batch.frame_meta_list[:1]
        return Gst.PadProbeReturn.OK

    def draw_on(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        for frame in batch.frame_meta_list:
            with_box(frame)
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        for name, probe in (("split", drop), ("plain", draw_on)):
            element: Any = pipeline.get_by_name(name)
            element.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, probe)

    text = pipeline("columns=2 width=320 height=120", [0, 1], frames=[2, 2]).replace(
        "! nvmultistreamtiler", "! tee name=split ! nvmultistreamtiler"
    )
    played = play(
        text.replace("name=out", "name=out async=false")
        + " split. ! fakesink name=plain async=false",
        prepare,
    )

    assert played.error is None
    assert [frame.num_obj_meta for frame in played.frames] == [0, 0]


def bad_tiles(pipeline: Gst.Pipeline) -> None:
    set_tiles(pipeline.get_by_name("tiler"), (0, 0.5, 0, 66, 0.5))


@pytest.mark.parametrize(
    ("text", "prepare", "message"),
    [
        (
            "videotestsrc num-buffers=1 ! nvvideoconvert ! video/x-raw(memory:NVMM) "
            "! nvmultistreamtiler name=tiler ! fakesink name=out",
            None,
            "put nvstreammux somewhere before it",
        ),
        (pipeline("columns=2000", [0]), None, "too few for 1 rows of 2000 tiles"),
        (pipeline("width=-4", [0]), None, "width=-4 (as unsigned number 4294967292): expected at"),
        (pipeline("", [0]), bad_tiles, "tile of source 0 is 66 x 0.5"),
    ],
)
def test_what_cannot_be_tiled_is_an_error_that_says_why(
    play: Play, text: str, prepare: Callable[[Gst.Pipeline], None] | None, message: str
) -> None:
    played: Played = play(text, prepare)

    assert played.error is not None
    assert message in played.error


def test_the_properties_have_nvidias_defaults() -> None:
    defaults = {row.name: row.default for row in NvMultiStreamTiler.PROPERTIES}

    assert defaults == {
        "rows": 1,
        "columns": 1,
        "width": 1920,
        "height": 1080,
        "show-source": -1,
        "square-seq-grid": False,
        "interpolation-method": 6,
        "buffer-pool-size": 5,
        "compute-hw": 0,
        "nvbuf-memory-type": 0,
        "gpu-id": 0,
    }

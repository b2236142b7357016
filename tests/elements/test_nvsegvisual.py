from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.portable import PortableBase, PortableFrame, PortableSegmentation, PortableUser
from pythia.meta.types import SEGMENTATION_META
from pythia.vision.segmentation_colours import colour
from support.pictures import Pictures, Rgb
from support.play import Play, Played

SOURCE = (
    "videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xffffffff "
    "! video/x-raw,format={},width=160,height=120 ! m.sink_{} "
)
VISUAL = (
    "nvstreammux name=m batch-size={} width=160 height=120 ! nvsegvisual name=visual {} "
    "! fakesink name=out "
)
WHITE = (255, 255, 255)


def segmentation(unique_id: int, *rows: list[int]) -> PortableUser:
    class_map = np.array(rows, np.int32)
    height, width = class_map.shape
    meta = PortableSegmentation(4, width, height, class_map, unique_id=unique_id)
    return PortableUser(PortableBase(SEGMENTATION_META), meta)


def show(
    play: Play,
    options: str,
    mark: Callable[[PortableFrame], None],
    sources: int = 1,
    format: str = "RGBA",
) -> tuple[list[Rgb], Played]:
    """The pictures of one batch, and what was played."""
    pictures = Pictures()

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        for frame in batch.frame_meta_list:
            mark(frame)
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        visual: Any = pipeline.get_by_name("visual")
        visual.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, look)
        pictures(pipeline)

    text = VISUAL.format(sources, options)
    played = play(text + " ".join(SOURCE.format(format, n) for n in range(sources)), prepare)
    assert played.error is None, played.error
    return pictures.buffers[0], played


def quarters(picture: Rgb) -> list[tuple[int, ...]]:
    """The colours in the middle of the four quarters."""
    height, width = picture.shape[0] // 4, picture.shape[1] // 4
    places = ((height, width), (height, 3 * width), (3 * height, width), (3 * height, 3 * width))
    return [tuple(int(value) for value in picture[place]) for place in places]


def four_classes(frame: PortableFrame) -> None:
    frame.add_user(PortableUser(user_meta_data="something else"))
    frame.add_user(segmentation(1, [0, 1], [2, -1]))


@pytest.mark.parametrize("format", ["RGBA", "NV12", "I420"])
def test_classes_are_shown_in_their_colours_in_the_size_of_the_output(
    play: Play, format: str
) -> None:
    (picture,), played = show(play, "width=64 height=48", four_classes, format=format)

    assert picture.shape == (48, 64, 3)
    assert quarters(picture) == [colour(class_id) for class_id in (0, 1, 2, -1)]
    assert played.caps is not None
    text = played.caps.to_string()
    assert "memory:NVMM" in text
    assert "format=(string)RGBA, width=(int)64, height=(int)48" in text


def test_the_output_has_nvidias_size_if_none_is_set(play: Play) -> None:
    (picture,), _ = show(play, "", four_classes)

    assert picture.shape == (720, 1280, 3)


def test_the_original_shines_through_all_but_its_own_class(play: Play) -> None:
    options = "width=160 height=120 original-background=true class-id=2 alpha=0.5"

    (picture,), _ = show(play, options, four_classes)

    mixed = [tuple((part + 255) // 2 for part in colour(class_id)) for class_id in (0, 1, -1)]
    found = quarters(picture)
    assert found[2] == WHITE
    for index, wanted in zip((0, 1, 3), mixed, strict=True):
        assert np.abs(np.array(found[index]) - wanted).max() <= 1


@pytest.mark.parametrize("format", ["RGBA", "NV12"])
def test_a_frame_without_a_class_map_is_shown_as_it_is(play: Play, format: str) -> None:
    (picture,), _ = show(play, "width=64 height=48", lambda frame: None, format=format)

    assert np.abs(np.array(quarters(picture)) - 255).max() <= 2


def test_each_frame_without_a_class_map_is_its_own_picture(play: Play) -> None:
    pictures = Pictures()
    black = SOURCE.format("RGBA", 1).replace("0xffffffff", "0xff000000")

    play(VISUAL.format(2, "width=64 height=48") + SOURCE.format("RGBA", 0) + black, pictures)

    assert [quarters(picture)[0] for picture in pictures.buffers[0]] == [WHITE, (0, 0, 0)]


@pytest.mark.parametrize(
    ("wanted_id", "expected"),
    [(-1, colour(1)), (0, colour(1)), (4, colour(1)), (9, colour(2)), (7, WHITE)],
)
def test_the_component_can_be_chosen(
    play: Play, wanted_id: int, expected: tuple[int, int, int]
) -> None:
    def mark(frame: PortableFrame) -> None:
        frame.add_user(segmentation(4, [1, 1], [1, 1]))
        frame.add_user(segmentation(9, [2, 2], [2, 2]))

    options = f"width=64 height=48 operate-on-seg-meta-id={wanted_id}"
    (picture,), _ = show(play, options, mark)

    assert quarters(picture) == [expected] * 4


def test_each_frame_of_a_batch_shows_its_own_map_and_keeps_its_metadata(play: Play) -> None:
    def mark(frame: PortableFrame) -> None:
        frame.add_user(segmentation(1, [frame.pad_index + 5]))

    pictures, played = show(play, "width=64 height=48", mark, sources=3)

    assert [quarters(picture)[0] for picture in pictures] == [colour(5), colour(6), colour(7)]
    assert [frame.pad_index for frame in played.frames] == [0, 1, 2]
    assert [len(frame.frame_user_meta_list) for frame in played.frames] == [1, 1, 1]


def test_a_buffer_without_a_batch_is_an_error_that_says_what_to_do(play: Play) -> None:
    played = play(
        "videotestsrc num-buffers=1 ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 "
        "! nvsegvisual ! fakesink name=out"
    )

    assert played.error is not None
    assert "put nvstreammux somewhere before it" in played.error

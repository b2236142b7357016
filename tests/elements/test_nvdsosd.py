from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.portable import PortableFrame, PortableObject
from pythia.meta.portable_osd import (
    PortableArrow,
    PortableCircle,
    PortableColor,
    PortableDisplay,
    PortableFont,
    PortableLine,
    PortableMask,
    PortableRect,
    PortableText,
)
from support.pictures import Pictures, Rgb
from support.play import Play

MUX = "nvstreammux name=m batch-size={} width=160 height=120 ! "
GRAY = " videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xff808080 ! "
RED, GREEN = (1.0, 0.0, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0)
FORMATS = ["RGBA", "NV12", "I420"]


def both(first: Pictures, second: Pictures) -> Callable[[Gst.Pipeline], None]:
    def prepare(pipeline: Gst.Pipeline) -> None:
        first(pipeline)
        second(pipeline)

    return prepare


def draw(
    play: Play, fill: Callable[[PortableFrame], None], options: str = "", format: str = "RGBA"
) -> tuple[Rgb, Rgb]:
    """One frame before and after nvdsosd, with metadata that ``fill`` puts on it."""

    def changes(buffer: int) -> None:
        batch = carrier.fetch(buffer)
        assert batch is not None
        fill(batch.frame_meta_list[0])

    before, after = Pictures("osd", "sink", changes), Pictures()

    played = play(
        MUX.format(1) + f"nvdsosd name=osd {options} ! fakesink name=out"
        f"{GRAY} video/x-raw,format={format} ! m.sink_0",
        both(before, after),
    )

    assert played.error is None, played.error
    return before.buffers[0][0], after.buffers[0][0]


def an_object(left: float = 40, top: float = 50) -> PortableObject:
    rect = PortableRect(left, top, 60, 40, 4, PortableColor(*RED))
    font = PortableFont("Serif", 10, PortableColor(1, 1, 1, 1))
    text = PortableText("car", int(left), int(top) - 24, font, 1, PortableColor(0, 0, 0, 1))
    mask = PortableMask(np.ones((4, 4), np.float32), 4, 4, 0.5)
    return PortableObject(1, 2, rect_params=rect, text_params=text, mask_params=mask)


def with_object(frame: PortableFrame) -> None:
    frame.add_obj(an_object())


def changed(before: Rgb, after: Rgb) -> np.ndarray:
    return np.asarray((np.abs(before - after) > 6).any(axis=2))


@pytest.mark.parametrize("format", FORMATS)
def test_objects_get_their_box_and_their_label(play: Play, format: str) -> None:
    before, after = draw(play, with_object, format=format)

    assert np.abs(after[70, 40] - [255, 0, 0]).max() <= 4
    assert np.abs(after[30, 41]).max() <= 4
    where = changed(before, after)
    assert not where[56:84, 46:94].any()
    assert not where[100:].any()


@pytest.mark.parametrize(
    ("options", "box", "label", "mask"),
    [
        ("", True, True, False),
        ("display-bbox=false", False, True, False),
        ("display-text=false", True, False, False),
        ("display-mask=true", True, True, True),
        ("display_mask=1 process_mode=0 display-bbox=0", False, True, True),
    ],
)
def test_what_is_drawn_can_be_switched(
    play: Play, options: str, box: bool, label: bool, mask: bool
) -> None:
    where = changed(*draw(play, with_object, options))

    assert where[70, 39] == box
    assert where[30, 41] == label
    assert where[70, 70] == mask


def everything() -> PortableDisplay:
    display = PortableDisplay()
    display.rect_params.append(PortableRect(5, 5, 20, 20, 2, PortableColor(*GREEN)))
    font = PortableFont("Sans", 12, PortableColor(*GREEN))
    display.text_params.append(PortableText("text", 60, 5, font))
    display.line_params.append(PortableLine(5, 100, 50, 100, 3, PortableColor(*GREEN)))
    display.arrow_params.append(PortableArrow(60, 100, 100, 100, 3, 1, PortableColor(*GREEN)))
    display.circle_params.append(PortableCircle(130, 100, 10, PortableColor(*GREEN)))
    return display


@pytest.mark.parametrize("format", FORMATS)
def test_display_metadata_is_drawn(play: Play, format: str) -> None:
    before, after = draw(play, lambda frame: frame.add_display(everything()), format=format)

    where = changed(before, after)
    for part in (where[3:27, 3:27], where[5:30, 60:110], where[100, 10:45], where[100, 65:95]):
        assert part.any()
    assert where[100, 120]
    assert np.abs(after[100, 20] - [0, 255, 0]).max() <= 4


def test_objects_are_covered_by_display_metadata_and_boxes_by_texts(play: Play) -> None:
    def fill(frame: PortableFrame) -> None:
        obj = an_object()
        obj.rect_params.has_bg_color = 1
        obj.rect_params.bg_color.set(*RED)
        frame.add_obj(obj)
        display = PortableDisplay()
        display.rect_params.append(
            PortableRect(40, 50, 60, 40, 0, has_bg_color=1, bg_color=PortableColor(*GREEN))
        )
        frame.add_display(display)

    _, after = draw(play, fill)

    assert (after[70, 70] == (0, 255, 0)).all()
    assert (after[30, 41] == 0).all()


def test_each_frame_of_a_batch_gets_its_own_objects(play: Play) -> None:
    def changes(buffer: int) -> None:
        batch = carrier.fetch(buffer)
        assert batch is not None
        batch.frame_meta_list[1].add_obj(an_object())

    before, after = Pictures("osd", "sink", changes), Pictures()

    played = play(
        MUX.format(2) + "nvdsosd name=osd ! fakesink name=out"
        f"{GRAY} video/x-raw,format=NV12 ! m.sink_0 {GRAY} video/x-raw,format=NV12 ! m.sink_1",
        both(before, after),
    )

    assert played.error is None
    (first_before, second_before), (first, second) = before.buffers[0], after.buffers[0]
    np.testing.assert_array_equal(first, first_before)
    assert changed(second_before, second).any()


def test_drawing_leaves_the_other_branch_of_a_tee_alone(play: Play) -> None:
    osd, plain = Pictures("out"), Pictures("plain")

    play(
        MUX.format(1) + "tee name=t ! queue ! nvdsosd display-clock=true ! fakesink name=out"
        f" t. ! queue ! fakesink name=plain {GRAY} video/x-raw,format=I420 ! m.sink_0",
        both(osd, plain),
    )

    assert changed(plain.buffers[0][0], osd.buffers[0][0]).any()
    assert plain.buffers[0][0].std() < 2


@pytest.mark.parametrize(("color", "expected"), [(0, (255, 0, 0)), (0x00FF00FF, (0, 255, 0))])
def test_the_clock_is_drawn_without_any_metadata(
    play: Play, color: int, expected: tuple[int, int, int]
) -> None:
    pictures = Pictures()

    played = play(
        f"{GRAY} video/x-raw,format=RGBA,width=320,height=120 ! nvdsosd display-clock=true "
        f"x-clock-offset=20 y-clock-offset=40 clock-font-size=18 clock-color={color} "
        "! fakesink name=out",
        pictures,
    )

    assert played.error is None
    picture = pictures.buffers[0][0]
    rows, columns = np.nonzero(np.abs(picture - 128).max(axis=2) > 20)
    assert rows.min() >= 40
    assert columns.min() >= 20
    assert (picture == expected).all(axis=2).any()


@pytest.mark.parametrize(
    ("ids", "blurred"), [("", True), ("1,2", True), ("7,7;1,2", True), ("1,3", False)]
)
def test_objects_are_blurred_by_component_and_class(play: Play, ids: str, blurred: bool) -> None:
    pictures = Pictures()

    def changes(buffer: int) -> None:
        batch = carrier.fetch(buffer)
        assert batch is not None
        batch.frame_meta_list[0].add_obj(an_object())

    before = Pictures("osd", "sink", changes)

    played = play(
        MUX.format(1) + "nvdsosd name=osd blur-bbox=1 display-bbox=false display-text=false "
        f'blur-on-gie-class-ids="{ids}" ! fakesink name=out'
        " videotestsrc num-buffers=1 pattern=snow ! video/x-raw,format=RGBA,width=160,height=120"
        " ! m.sink_0",
        both(before, pictures),
    )

    assert played.error is None
    inside, was = pictures.buffers[0][0][50:90, 40:100], before.buffers[0][0][50:90, 40:100]
    assert (inside.std() < was.std() / 3) == blurred
    np.testing.assert_array_equal(pictures.buffers[0][0][:50], before.buffers[0][0][:50])


def test_wrong_blur_ids_are_an_error_that_shows_them(play: Play) -> None:
    played = play(f"{GRAY} nvdsosd blur-on-gie-class-ids=1,a ! fakesink name=out")

    assert played.error is not None
    assert "blur-on-gie-class-ids is '1,a'" in played.error

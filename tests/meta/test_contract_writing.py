"""What ``pythia.writing`` writes, on each provider of the contract; see :mod:`support.contract`."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pythia
from pythia.exceptions import MetadataError
from pythia.meta import deepstream_objects
from pythia.writing import MetaWriter
from support.contract import LABELS


class Speed:
    """A program's own data."""

    def __init__(self, km_h: float) -> None:
        self.km_h = km_h


def labels_of(frame: Any) -> list[str]:
    return [obj.obj_label for obj in pythia.objects_per_frame(frame)]


def read_text(provider: str, text: Any) -> Any:
    """pyds reads texts as addresses."""
    if provider == "portable":
        return text
    from pythia.meta import deepstream

    return deepstream._pyds().get_string(text)


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> str:
    name: str = request.node.callspec.params["batch"]
    return name


def test_a_written_object_is_found_first_with_its_fields(
    batch: Any, frame: Any, provider: str
) -> None:
    with pythia.writing(batch) as write:
        write.object(
            frame,
            "bus",
            box=(10, 20.5, 30, np.float32(40)),
            confidence=0.75,
            class_id=3,
            object_id=2**64 - 2,
            component=9,
            color=(0, 1, 0, 0.5),
            width=2,
        )

    bus = next(iter(pythia.objects_per_frame(frame)))
    assert (bus.obj_label, bus.class_id, bus.object_id) == ("bus", 3, 2**64 - 2)
    assert (bus.unique_component_id, bus.confidence, bus.parent) == (9, 0.75, None)
    rect, org = bus.rect_params, bus.detector_bbox_info.org_bbox_coords
    assert (rect.left, rect.top, rect.width, rect.height) == (10, 20.5, 30, 40)
    assert (org.left, org.top, org.width, org.height) == (10, 20.5, 30, 40)
    border = rect.border_color
    assert (border.red, border.green, border.alpha, rect.border_width) == (0, 1, 0.5, 2)
    text = bus.text_params
    assert read_text(provider, text.display_text) == "bus"
    assert (text.x_offset, text.y_offset, text.set_bg_clr) == (10, 10, 1)
    assert read_text(provider, text.font_params.font_name) == "Serif"
    assert frame.num_obj_meta == len(LABELS) + 1


def test_a_parent_is_kept(batch: Any, frame: Any, objects: dict[str, Any]) -> None:
    with pythia.writing(batch) as write:
        made = write.object(frame, "wheel", box=(0, 0, 1, 1), parent=objects["car"])
        inner = write.object(frame, "bolt", box=(0, 0, 1, 1), parent=made)

    assert made.parent is objects["car"]
    assert inner.parent is made


@pytest.mark.parametrize("text", ["x" * 300, "ü" * 100])
def test_a_long_label_is_cut_between_characters(batch: Any, frame: Any, text: str) -> None:
    with pythia.writing(batch) as write:
        made = write.object(frame, text, box=(0, 0, 1, 1))
        label = write.label(made, text)

    assert made.obj_label == label.result_label == text.encode()[:127].decode(errors="ignore")


def test_labels_come_in_the_order_in_which_they_are_given(
    batch: Any, objects: dict[str, Any]
) -> None:
    person = objects["person"]

    with pythia.writing(batch) as write:
        found = write.classification(person, {"tall": 0.5, "old": 0.25}, component=7)
        write.label(found, "first", confidence=1, class_id=4)
        write.label(person, "alone", component=8)

    alone, several = pythia.classification_per_object(person)
    assert (alone.unique_component_id, several.unique_component_id) == (8, 7)
    assert (alone.num_labels, several.num_labels) == (1, 3)
    labels = list(pythia.labels_per_classification(several))
    assert [x.result_label for x in labels] == ["first", "tall", "old"]
    assert [x.result_prob for x in labels] == [1.0, 0.5, 0.25]
    assert [x.result_class_id for x in labels] == [4, 0, 1]


def test_shapes_have_their_fields(batch: Any, frame: Any, provider: str) -> None:
    red, blue = (1, 0, 0), (0, 0, 1)

    with pythia.writing(batch) as write:
        write.rectangle(frame, (1, 2, 3, 4), color=blue, width=5, fill=red)
        write.text(frame, "hello", 6, 7, font="Sans", size=20, color=red, background=blue)
        write.line(frame, (1, 2), (3, 4), width=6, color=red)
        write.arrow(frame, (5, 6), (7, 8), head="both", width=2)
        write.circle(frame, (9, 10), 11, fill=blue)

    (display,) = pythia.displays_per_frame(frame)
    numbers = ("num_rects", "num_labels", "num_lines", "num_arrows", "num_circles")
    assert [getattr(display, name) for name in numbers] == [1] * 5
    rect, text = display.rect_params[0], display.text_params[0]
    line, arrow = display.line_params[0], display.arrow_params[0]
    circle = display.circle_params[0]
    assert (rect.left, rect.height, rect.border_width, rect.has_bg_color) == (1, 4, 5, 1)
    assert (rect.border_color.blue, rect.bg_color.red, rect.bg_color.alpha) == (1, 1, 1)
    assert read_text(provider, text.display_text) == "hello"
    assert read_text(provider, text.font_params.font_name) == "Sans"
    assert (text.x_offset, text.y_offset, text.font_params.font_size) == (6, 7, 20)
    assert (text.set_bg_clr, text.text_bg_clr.blue, text.font_params.font_color.red) == (1, 1, 1)
    assert (line.x1, line.y1, line.x2, line.y2, line.line_width) == (1, 2, 3, 4, 6)
    assert (arrow.x1, arrow.y2, arrow.arrow_width, int(arrow.arrow_head)) == (5, 8, 2, 2)
    assert (circle.xc, circle.yc, circle.radius, circle.has_bg_color) == (9, 10, 11, 1)
    assert (circle.circle_color.red, circle.bg_color.blue) == (1, 1)


def test_more_than_16_shapes_take_another_display_metadata(batch: Any, frame: Any) -> None:
    with pythia.writing(batch) as write:
        for left in range(40):
            write.rectangle(frame, (left, 0, 1, 1))
        write.line(frame, (0, 0), (1, 1))

    displays = list(pythia.displays_per_frame(frame))
    assert [display.num_rects for display in displays] == [8, 16, 16]
    drawn = {x.rect_params[i].left for x in displays for i in range(x.num_rects)}
    assert drawn == set(range(40))
    assert sum(display.num_lines for display in displays) == 1


def test_display_metadata_of_ones_own_has_room_for_16(batch: Any, frame: Any) -> None:
    with pythia.writing(batch) as write:
        display = write.display(frame)
        for left in range(16):
            write.circle(display, (left, 0), 1)
        with pytest.raises(MetadataError, match="room for 16 circle shapes"):
            write.circle(display, (16, 0), 1)
        write.text(display, "still room", 0, 0)

    assert [(x.num_circles, x.num_labels) for x in pythia.displays_per_frame(frame)] == [(16, 1)]


def test_any_python_object_is_read_back_as_it_is(
    batch: Any, frame: Any, objects: dict[str, Any]
) -> None:
    speed, others = Speed(50), {"lane": [1, 2]}

    with pythia.writing(batch) as write:
        write.user(objects["car"], speed)
        for thing in (others, None, 7):
            write.user(frame, thing)
        write.user(batch, "first")
        write.user(batch, "second")

    assert next(iter(pythia.user_data(objects["car"], Speed))) is speed
    assert list(pythia.user_data(frame)) == [7, None, others]  # not the analytics that hang there
    assert list(pythia.user_data(frame, dict)) == [others]
    assert list(pythia.user_data(batch)) == ["first", "second"]
    assert list(pythia.user_data(objects["person"])) == []


def test_user_metadata_lives_no_longer_than_its_object(batch: Any, frame: Any) -> None:
    speed = Speed(50)
    gone = weakref.ref(speed)
    before = len(deepstream_objects.things)

    with pythia.writing(batch) as write:
        write.user(write.object(frame, "bus", box=(0, 0, 1, 1)), speed)
    del speed
    gc.collect()
    assert gone() is not None
    with pythia.writing(batch) as write:
        write.remove(next(iter(pythia.objects_per_frame(frame))))
    del write
    gc.collect()

    assert gone() is None
    assert len(deepstream_objects.things) == before


def test_what_is_removed_is_gone_after_the_block(
    batch: Any, frame: Any, objects: dict[str, Any]
) -> None:
    met = []

    with pythia.writing(batch) as write:
        for obj in pythia.objects_per_frame(frame):
            met.append(obj.obj_label)
            if obj.obj_label != "plate":
                write.remove(obj)

    assert met == list(reversed(LABELS))
    assert (labels_of(frame), frame.num_obj_meta) == (["plate"], 1)
    assert objects["plate"].parent is None


def test_objects_can_be_added_while_walking(batch: Any, frame: Any) -> None:
    with pythia.writing(batch) as write:
        for obj in pythia.objects_per_frame(frame):
            write.object(frame, "part", box=(0, 0, 1, 1), parent=obj)

    assert labels_of(frame).count("part") == len(LABELS)


def test_an_object_may_go_in_a_block_inside_of_a_walk(batch: Any, frame: Any) -> None:
    for _, obj in pythia.objects_per_batch(batch):
        with pythia.writing(batch) as write:
            write.remove(obj)
    for walked in pythia.frames_per_batch(batch):
        assert labels_of(walked) == []


def test_parts_are_removed_from_their_wholes(
    batch: Any, frame: Any, objects: dict[str, Any]
) -> None:
    car, thing = objects["car"], Speed(3)
    with pythia.writing(batch) as write:
        write.text(frame, "hello", 0, 0)
        write.user(frame, thing)
        kept = write.user(frame, thing)
        write.user(batch, thing)

    with pythia.writing(batch) as write:
        (classifier,) = pythia.classification_per_object(car)
        sedan, _ = pythia.labels_per_classification(classifier)
        write.remove(sedan)
        write.remove(next(iter(pythia.displays_per_frame(frame))))
        write.remove(kept)
        write.remove_user(batch, thing)

    assert [label.result_label for label in pythia.labels_per_obj(car)] == ["red"]
    assert list(pythia.displays_per_frame(frame)) == []
    assert list(pythia.user_data(frame)) == [thing]
    assert list(pythia.user_data(batch)) == []
    with pythia.writing(batch) as write:
        write.remove(classifier)
    assert list(pythia.classification_per_object(car)) == []


def test_what_hangs_on_a_removed_object_goes_with_it(batch: Any, objects: dict[str, Any]) -> None:
    car = objects["car"]

    with pythia.writing(batch) as write:
        (classifier,) = pythia.classification_per_object(car)
        write.remove(next(iter(pythia.labels_per_classification(classifier))))
        write.remove(classifier)
        write.remove(car)

    assert "car" not in labels_of(next(iter(pythia.frames_per_batch(batch))))


WRONG: dict[str, tuple[Callable[[MetaWriter, Any, dict[str, Any]], Any], str]] = {
    "negative width": (
        lambda write, frame, _: write.object(frame, "x", box=(5, 5, -1, 5)),
        r"box: width -1 .*not two corners",
    ),
    "box of three": (
        lambda write, frame, _: write.object(frame, "x", box=(1, 2, 3)),  # type: ignore[arg-type]
        "left, top, width and height in pixels are needed",
    ),
    "not a number": (
        lambda write, frame, _: write.rectangle(frame, (1, 2, 3, float("nan"))),
        "a finite number is needed, not nan",
    ),
    "text as number": (
        lambda write, frame, _: write.object(frame, "x", box=("1", 2, 3, 4)),  # type: ignore[arg-type]
        "a finite number is needed, not '1'",
    ),
    "label no text": (
        lambda write, frame, _: write.object(frame, 5, box=(1, 2, 3, 4)),  # type: ignore[arg-type]
        "label: a str is needed, not 5",
    ),
    "NUL": (lambda write, frame, _: write.text(frame, "a\0b", 1, 1), "has a NUL"),
    "class 1.5": (
        lambda write, frame, _: write.object(frame, "x", box=(1, 2, 3, 4), class_id=1.5),  # type: ignore[arg-type]
        "class_id: a whole number is needed",
    ),
    "negative object_id": (
        lambda write, frame, _: write.object(frame, "x", box=(1, 2, 3, 4), object_id=-1),
        "object_id: -1 is not from 0 to 18446744073709551615",
    ),
    "colour by name": (
        lambda write, frame, _: write.line(frame, (0, 0), (1, 1), color="red"),  # type: ignore[arg-type]
        "color: red, green, blue and perhaps alpha",
    ),
    "colour to 255": (
        lambda write, frame, _: write.circle(frame, (0, 0), 1, color=(255, 0, 0)),
        "color: 255 is not from 0 to 1",
    ),
    "point outside": (
        lambda write, frame, _: write.line(frame, (-1, 0), (1, 1)),
        r"start: \(-1, 0\) is outside of the frame",
    ),
    "head": (
        lambda write, frame, _: write.arrow(frame, (0, 0), (1, 1), head="left"),
        "head: 'left' is none of start, end, both",
    ),
    "probability": (
        lambda write, _, objects: write.label(objects["car"], "red", confidence=2),
        "confidence: 2 is not from 0 to 1",
    ),
    "object for frame": (
        lambda write, _, objects: write.object(objects["car"], "x", box=(1, 2, 3, 4)),
        "a frame of this batch is needed",
    ),
    "frame for object": (
        lambda write, frame, _: write.label(frame, "red"),
        "an object of this batch is needed",
    ),
    "shape on object": (
        lambda write, _, objects: write.text(objects["car"], "red", 1, 1),
        "a frame or display metadata of this batch is needed",
    ),
    "unknown parent": (
        lambda write, frame, _: write.object(frame, box=(1, 2, 3, 4), parent="car"),  # type: ignore[arg-type]
        "an object of this batch is needed; the str 'car' given is not in it",
    ),
    "user data on a list": (lambda write, _, __: write.user([], 1), "the list given"),  # type: ignore[arg-type]
    "user data on a label": (
        lambda write, _, objects: write.user(next(iter(pythia.labels_per_obj(objects["car"]))), 1),  # type: ignore[arg-type]
        "an object of this batch is needed",
    ),
    "frame removed": (lambda write, frame, _: write.remove(frame), "metadata of this batch"),
    "user data not there": (
        lambda write, frame, _: write.remove_user(frame, "never added"),
        "no user metadata of the .* holds it",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_makes_no_sense_is_refused_and_not_written(
    batch: Any, frame: Any, objects: dict[str, Any], wrong: str
) -> None:
    action, message = WRONG[wrong]

    with pythia.writing(batch) as write, pytest.raises(MetadataError, match=message):
        action(write, frame, objects)

    assert labels_of(frame) == list(reversed(LABELS))
    assert list(pythia.displays_per_frame(frame)) == []
    assert len(list(pythia.classification_per_object(objects["car"]))) == 1


def test_a_parent_is_on_the_same_frame(batch: Any) -> None:
    first, second = pythia.frames_per_batch(batch)
    parent = next(iter(pythia.objects_per_frame(first)))

    with pythia.writing(batch) as write, pytest.raises(MetadataError, match="another frame"):
        write.object(second, "x", box=(0, 0, 1, 1), parent=parent)


def test_a_removed_object_is_refused(batch: Any, frame: Any, objects: dict[str, Any]) -> None:
    car = objects["car"]
    (classifier,) = pythia.classification_per_object(car)

    with pythia.writing(batch) as write:
        write.remove(car)
        for action in (
            lambda: write.label(car, "red"),
            lambda: write.label(classifier, "red"),
            lambda: write.user(car, 1),
            lambda: write.object(frame, "x", box=(0, 0, 1, 1), parent=car),
            lambda: write.remove(car),
        ):
            with pytest.raises(MetadataError, match="was removed in this block"):
                action()
    with pythia.writing(batch) as write, pytest.raises(MetadataError, match="is not in it"):
        write.remove(car)


def test_outside_of_the_block_nothing_is_written(batch: Any, frame: Any) -> None:
    before = pythia.writing(batch)
    with pytest.raises(MetadataError, match="inside the block only"):
        before.object(frame, "x", box=(0, 0, 1, 1))
    with before as write, pytest.raises(MetadataError, match="has begun already"), write:
        pass
    with pytest.raises(MetadataError, match="inside the block only"):
        write.text(frame, "late", 0, 0)

    assert labels_of(frame) == list(reversed(LABELS))


def test_only_a_batch_is_written(frame: Any) -> None:
    with pytest.raises(MetadataError, match="needs the metadata of a batch, not"):
        pythia.writing(frame)


def test_the_lock_keeps_other_threads_out_and_can_be_taken_twice(batch: Any, frame: Any) -> None:
    def write_elsewhere() -> None:
        with pythia.writing(batch):
            order.append("other")

    order: list[str] = []
    other = threading.Thread(target=write_elsewhere)

    with pythia.writing(batch):
        with pythia.writing(batch) as inner:
            inner.text(frame, "inner", 0, 0)
        other.start()
        other.join(0.1)  # it cannot end before this block has
        order.append("outer")
    other.join(30)

    assert order == ["outer", "other"]


def test_an_error_in_the_block_gives_up_the_lock(batch: Any) -> None:
    written: list[bool] = []

    def write_elsewhere() -> None:
        with pythia.writing(batch):
            written.append(True)

    with pytest.raises(KeyError), pythia.writing(batch):
        raise KeyError
    other = threading.Thread(target=write_elsewhere, daemon=True)
    other.start()
    other.join(30)

    assert written

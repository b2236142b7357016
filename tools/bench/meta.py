"""What metadata on a buffer costs against bare objects in lists.

Four frames with 50 objects each. One pass of pythia puts the batch on a new buffer, fetches it
again, reads seven fields of every object into a dict (frame number, label, left, top, width,
height, confidence), and frees the buffer. The pass that it is compared with reads the same fields
of bare ``__slots__`` objects in plain lists. Of many repetitions the fastest counts: the others
were disturbed. Garbage is not collected meanwhile, as in ``timeit``.

``compat.pyds`` is read in the way that programs for pyds are written, ``pythia.table()`` makes an
array, and the DeepStream provider reads ``compat.pyds`` through the iterators, next to a loop that
does the same by hand as fast as it can be done. Its passes take turns, so that a busy moment of the
machine hits both.
"""

from __future__ import annotations

import argparse
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tools.bench.measure.report import Report, Row, at_most

from pythia import table
from pythia.compat import pyds as look_alike
from pythia.gst.memory import new_buffer, unref
from pythia.iterators import frames_per_batch, objects_per_batch, objects_per_frame
from pythia.meta import carrier, deepstream
from pythia.meta.portable import PortableBatch, PortableFrame, PortableObject

FRAMES, OBJECTS = 4, 50

pyds: Any = look_alike

Pass = Callable[[], list[dict[str, Any]]]


@dataclass(slots=True, eq=False)
class BareRect:
    """What the loop reads of a rectangle."""

    left: float
    top: float
    width: float
    height: float


@dataclass(slots=True, eq=False)
class BareObject:
    """What the loop reads of an object."""

    obj_label: str
    confidence: float
    rect_params: BareRect


@dataclass(slots=True, eq=False)
class BareFrame:
    """A number and objects."""

    frame_num: int
    objects: list[BareObject]


def portable_batch() -> PortableBatch:
    batch = PortableBatch(max_frames_in_batch=FRAMES)
    for number in range(FRAMES):
        frame = PortableFrame(frame_num=number)
        for index in range(OBJECTS):
            obj = PortableObject(class_id=index % 4, confidence=0.5, obj_label="car")
            obj.rect_params.left = obj.rect_params.width = float(index)
            obj.rect_params.top = obj.rect_params.height = 2.0 * index
            frame.add_obj(obj)
        batch.add_frame(frame)
    return batch


def bare_frames(batch: PortableBatch) -> list[BareFrame]:
    """Bare objects with the fields of a batch."""
    return [
        BareFrame(frame.frame_num, [_bare(obj) for obj in frame.obj_meta_list])
        for frame in batch.frame_meta_list
    ]


def _bare(obj: PortableObject) -> BareObject:
    box = obj.rect_params
    rect = BareRect(box.left, box.top, box.width, box.height)
    return BareObject(obj.obj_label, obj.confidence, rect)


# The body of the loop stands in each pass: a call an object would cost more than what is measured.


def bare_pass(frames: list[BareFrame]) -> list[dict[str, Any]]:
    found = []
    for frame in frames:
        for obj in frame.objects:
            rect = obj.rect_params
            found.append(
                {
                    "frame_num": frame.frame_num,
                    "label": obj.obj_label,
                    "left": rect.left,
                    "top": rect.top,
                    "width": rect.width,
                    "height": rect.height,
                    "confidence": obj.confidence,
                }
            )
    return found


def read_batch(batch: Any) -> list[dict[str, Any]]:
    found = []
    for frame, obj in objects_per_batch(batch):
        rect = obj.rect_params
        found.append(
            {
                "frame_num": frame.frame_num,
                "label": obj.obj_label,
                "left": rect.left,
                "top": rect.top,
                "width": rect.width,
                "height": rect.height,
                "confidence": obj.confidence,
            }
        )
    return found


def read_nested(batch: Any) -> list[dict[str, Any]]:
    found = []
    for frame in frames_per_batch(batch):
        for obj in objects_per_frame(frame):
            rect = obj.rect_params
            found.append(
                {
                    "frame_num": frame.frame_num,
                    "label": obj.obj_label,
                    "left": rect.left,
                    "top": rect.top,
                    "width": rect.width,
                    "height": rect.height,
                    "confidence": obj.confidence,
                }
            )
    return found


def read_raw(batch: Any) -> list[dict[str, Any]]:
    """As programs for pyds do it: ``rect_params`` read four times, try around each step."""
    found = []
    frames = batch.frame_meta_list
    while frames is not None:
        try:
            frame = pyds.NvDsFrameMeta.cast(frames.data)
        except StopIteration:
            break
        objects = frame.obj_meta_list
        while objects is not None:
            try:
                obj = pyds.NvDsObjectMeta.cast(objects.data)
            except StopIteration:
                break
            found.append(
                {
                    "frame_num": frame.frame_num,
                    "label": obj.obj_label,
                    "left": obj.rect_params.left,
                    "top": obj.rect_params.top,
                    "width": obj.rect_params.width,
                    "height": obj.rect_params.height,
                    "confidence": obj.confidence,
                }
            )
            try:
                objects = objects.next
            except StopIteration:
                break
        try:
            frames = frames.next
        except StopIteration:
            break
    return found


def read_tuned(batch: Any) -> list[dict[str, Any]]:
    """The same as fast as it can be written: what is the same for all is looked up once."""
    found = []
    cast_frame, cast_object = pyds.NvDsFrameMeta.cast, pyds.NvDsObjectMeta.cast
    frames = batch.frame_meta_list
    while frames is not None:
        frame = cast_frame(frames.data)
        objects = frame.obj_meta_list
        while objects is not None:
            obj = cast_object(objects.data)
            rect = obj.rect_params
            found.append(
                {
                    "frame_num": frame.frame_num,
                    "label": obj.obj_label,
                    "left": rect.left,
                    "top": rect.top,
                    "width": rect.width,
                    "height": rect.height,
                    "confidence": obj.confidence,
                }
            )
            objects = objects.next
        frames = frames.next
    return found


def carried_pass(
    batch: PortableBatch, read: Callable[[Any], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    buffer = new_buffer()
    carrier.attach(buffer, batch)
    found = read(carrier.fetch(buffer))
    unref(buffer)
    return found


def attach_only(batch: PortableBatch) -> None:
    buffer = new_buffer()
    carrier.attach(buffer, batch)
    unref(buffer)


def best_us(function: Callable[[], Any], repeats: int) -> float:
    return 1e6 * min(timeit.repeat(function, number=20, repeat=repeats)) / 20


def report(repeats: int) -> Report:
    batch = portable_batch()
    frames = bare_frames(batch)
    passes: dict[str, Pass] = {
        "bare objects": lambda: bare_pass(frames),
        "objects_per_batch": lambda: carried_pass(batch, read_batch),
        "frames_per_batch, objects_per_frame": lambda: carried_pass(batch, read_nested),
    }
    assert all(one() == bare_pass(frames) for one in passes.values())
    times = {name: best_us(one, repeats) for name, one in passes.items()}
    bare_us = times["bare objects"]
    rows: list[Row] = [
        {
            "pass": name,
            "us": us,
            "us/object": us / (FRAMES * OBJECTS),
            "times bare objects": us / bare_us,
        }
        for name, us in times.items()
    ]
    found = Report("meta", f"{FRAMES} frames x {OBJECTS} objects, fastest of {repeats} x 20 passes")
    found.tables["attach, fetch, read seven fields of every object, free:"] = rows
    found.tables["of which:"] = _parts(batch, repeats)
    found.wanted = [
        at_most(f"{name} over bare objects", 2, us / bare_us, " x")
        for name, us in list(times.items())[1:]
    ]
    _add_pyds(found, batch, repeats)
    return found


def _add_pyds(found: Report, batch: PortableBatch, repeats: int) -> None:
    """What reading costs by way of ``compat.pyds``, and what a table costs."""
    provider: Any = deepstream
    provider._pyds = lambda: pyds
    buffer = new_buffer()
    carrier.attach(buffer, batch)
    view = pyds.gst_buffer_get_nvds_batch_meta(buffer)
    assert read_raw(view) == read_tuned(view) == read_batch(view) == read_batch(batch)
    us = best_in_turn(
        {
            "compat.pyds, raw idiom": lambda: read_raw(view),
            "compat.pyds, tuned by hand": lambda: read_tuned(view),
            "compat.pyds, objects_per_batch": lambda: read_batch(view),
            "table()": lambda: table(batch),
        },
        repeats,
    )
    unref(buffer)
    each = {name: one / (FRAMES * OBJECTS) for name, one in us.items()}
    found.tables["the look-alike of pyds, and the table:"] = [
        {"pass": name, "us": us[name], "us/object": each[name]} for name in us
    ]
    overhead = us["compat.pyds, objects_per_batch"] / us["compat.pyds, tuned by hand"] - 1
    found.wanted += [
        at_most("compat.pyds in the raw idiom", 2.6, each["compat.pyds, raw idiom"], " us/object"),
        at_most("table()", 0.3, each["table()"], " us/object"),
        at_most("DeepStream provider over a tuned walk", 10, 100 * overhead, " %"),
    ]


def best_in_turn(passes: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """The fastest microseconds of each pass, in rounds of all of them."""
    best = dict.fromkeys(passes, float("inf"))
    for _ in range(repeats):
        for name, one in passes.items():
            best[name] = min(best[name], 1e6 * timeit.timeit(one, number=5) / 5)
    return best


def _parts(batch: PortableBatch, repeats: int) -> list[Row]:
    buffer = new_buffer()
    carrier.attach(buffer, batch)
    parts: list[Row] = [
        {
            "part": "new buffer, attach, free",
            "us": best_us(lambda: attach_only(batch), repeats),
        },
        {"part": "fetch", "us": best_us(lambda: carrier.fetch(buffer), repeats)},
    ]
    unref(buffer)
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/bench meta", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--repeats", type=int, default=200, help="200 by default")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    report(options.repeats).show(as_json=options.json)


if __name__ == "__main__":
    main()

"""What metadata on a buffer costs against bare objects in lists.

Four frames with 50 objects each. One pass of pythia puts the batch on a new buffer, fetches it
again, reads seven fields of every object into a dict (frame number, label, left, top, width,
height, confidence), and frees the buffer. The pass that it is compared with reads the same fields
of bare ``__slots__`` objects in plain lists. Of many repetitions the fastest counts: the others
were disturbed. Garbage is not collected meanwhile, as in ``timeit``.
"""

from __future__ import annotations

import argparse
import timeit
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tools.bench.measure.report import Report, Row, at_most

from pythia.gst.memory import new_buffer, unref
from pythia.iterators import frames_per_batch, objects_per_batch, objects_per_frame
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch, PortableFrame, PortableObject

FRAMES, OBJECTS = 4, 50

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
    return found


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

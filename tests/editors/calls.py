"""Calls as users write them; type checkers have to know each type, and to see each mistake.

Checked, never run. A line with ``type: ignore`` holds a mistake: a checker that does not see it
says that the comment is useless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import assert_type

import pythia
from pythia import Application, Gst, frames, objects_per_batch, table
from pythia.event_stream import Stream, StreamUri
from pythia.exceptions import PythiaError, RunError
from pythia.meta.types import BatchMeta, ClassifierMeta, FrameMeta, LabelInfo, ObjectMeta
from pythia.testing import batch, call, collect, frame, obj

app = Application.from_pipeline_string(
    "videotestsrc ! {element} name=x ! fakesink", params={"element": "identity"}
)


@app.probe("x", "src", backend_uri="memory://?stream=events")
def events(batch_meta: BatchMeta) -> Iterator[dict[str, Any]]:
    for frame_meta, detection in objects_per_batch(batch_meta):
        assert_type(frame_meta, FrameMeta)
        assert_type(detection, ObjectMeta)
        assert_type(detection.obj_label, str)
        assert_type(detection.rect_params.left, float)
        print(detection.obj_lable)  # type: ignore[attr-defined]
        yield {"source": frame_meta.source_id, "label": detection.obj_label}


@app.probe("x", pad_direction="sink", pad_probe_type=Gst.PadProbeType.BUFFER)
def decide(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    with frames(pad, info) as pictures:
        for frame_meta, picture in pictures:
            assert_type(frame_meta, FrameMeta | None)
            assert_type(picture, NDArray[np.uint8])
    return Gst.PadProbeReturn.REMOVE


class Counting(Application):
    def on_message_eos(self, bus: Gst.Bus, message: Gst.Message) -> None:
        super().on_message_eos(bus, message)

    def on_message_error(self, bus: Gst.Bus, message: Gst.Message) -> tuple[Any, str | None]:
        error, debug = super().on_message_error(bus, message)
        return error, debug


def every_iterator(batch_meta: BatchMeta) -> None:
    for frame_meta in pythia.frames_per_batch(batch_meta):
        assert_type(frame_meta, FrameMeta)
        for detection in pythia.objects_per_frame(frame_meta):
            assert_type(detection, ObjectMeta)
            for classifier in pythia.classification_per_object(detection):
                assert_type(classifier, ClassifierMeta)
                for label in pythia.labels_per_classification(classifier):
                    assert_type(label, LabelInfo)
    rows = table(batch_meta)
    rows[rows["label"] == "car"]
    pythia.objects_per_batch(7)  # type: ignore[arg-type]


def running() -> None:
    counting = Counting.from_pipeline_file(Path("pipeline.txt"), params={"input": "a.mp4"})
    assert_type(counting, Counting)
    counting(background=True)
    assert_type(counting.wait(timeout_s=1.0), bool)
    counting.stop()
    with counting:
        pass
    asyncio.run(counting.run_async())
    counting.wait(timeout="1")  # type: ignore[call-arg]
    Application("fakesrc ! fakesink", on_probe_error="ignore")  # type: ignore[arg-type]
    try:
        app()
    except RunError as error:
        assert_type(error.args, tuple[Any, ...])
    except PythiaError:
        raise


class OwnStream(Stream):
    def __init__(self, uri: StreamUri) -> None:
        super().__init__(uri)


def testing() -> None:
    seen = batch(frame(obj("car", box=(10, 20, 64, 48), confidence=0.9), frame_num=7))
    for event in collect(events, seen):
        print(event)
    print(call(decide, seen))
    obj("car", box="wide")  # type: ignore[arg-type]

import gc
import weakref
from typing import cast

import pytest

from pythia.exceptions import GstError
from pythia.gst import Gst
from pythia.gst.memory import make_writable, new_buffer, ref, unref
from pythia.meta import batch_of, carrier
from pythia.meta.portable import PortableBatch, PortableFrame, PortableObject
from pythia.meta.types import BatchMeta


def _batch() -> PortableBatch:
    batch = PortableBatch(max_frames_in_batch=1)
    batch.add_frame(PortableFrame())
    batch.frame_meta_list[0].add_obj(PortableObject(obj_label="car"))
    return batch


def test_a_buffer_without_a_batch_gives_none() -> None:
    assert carrier.fetch(hash(Gst.Buffer.new())) is None


def test_the_batch_on_a_buffer_is_the_very_object() -> None:
    buffer = Gst.Buffer.new()
    batch = _batch()

    carrier.attach(hash(buffer), batch)

    assert carrier.fetch(hash(buffer)) is batch
    assert batch_of(buffer) is cast(BatchMeta, batch)


def test_a_batch_dies_with_its_buffer() -> None:
    batch = PortableBatch()
    watch = weakref.ref(batch)
    buffer = new_buffer()
    carrier.attach(buffer, batch)
    del batch

    alive_before = watch() is not None
    unref(buffer)
    gc.collect()

    assert alive_before
    assert watch() is None


def test_a_shared_buffer_takes_no_batch() -> None:
    buffer = new_buffer()
    ref(buffer)

    with pytest.raises(GstError, match="shared"):
        carrier.attach(buffer, _batch())

    unref(buffer)
    unref(buffer)


def test_a_change_through_one_copy_of_a_buffer_is_not_seen_through_the_other() -> None:
    first = new_buffer()
    carrier.attach(first, _batch())
    second = make_writable(ref(first))
    assert second != first

    changed = carrier.fetch(second)
    assert changed is not None
    changed.frame_meta_list[0].add_obj(PortableObject(obj_label="person"))

    untouched = carrier.fetch(first)
    assert untouched is not None
    assert [o.obj_label for o in untouched.frame_meta_list[0].obj_meta_list] == ["car"]
    assert [o.obj_label for o in changed.frame_meta_list[0].obj_meta_list] == ["person", "car"]
    unref(first)
    unref(second)


def test_a_buffer_that_outlives_its_copy_keeps_the_batch_without_copying_it() -> None:
    batch = _batch()
    first = new_buffer()
    carrier.attach(first, batch)
    second = make_writable(ref(first))

    unref(second)

    assert carrier.fetch(first) is batch
    unref(first)


@pytest.mark.parametrize("element", ["identity", "queue", "videoconvert", "videoscale", "tee"])
def test_the_batch_survives(element: str) -> None:
    pipeline = Gst.parse_launch(
        "appsrc name=before format=time caps=video/x-raw,format=I420,width=64,height=48,"
        f"framerate=30/1 ! {element} ! video/x-raw,format=(string)"
        f"{'RGBA' if element == 'videoconvert' else 'I420'} ! fakesink name=after"
    )
    assert isinstance(pipeline, Gst.Pipeline)
    before, after = pipeline.get_by_name("before"), pipeline.get_by_name("after")
    assert before is not None
    assert after is not None
    labels: list[str] = []

    def collect(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        batch = batch_of(buffer) if buffer else None
        if batch is not None:
            labels.extend(o.obj_label for f in batch.frame_meta_list for o in f.obj_meta_list)
        return Gst.PadProbeReturn.OK

    pad = after.get_static_pad("sink")
    assert pad is not None
    pad.add_probe(Gst.PadProbeType.BUFFER, collect)
    pipeline.set_state(Gst.State.PLAYING)
    for _ in range(3):
        buffer = Gst.Buffer.new_allocate(None, 64 * 48 * 3 // 2, None)
        carrier.attach(hash(buffer), _batch())
        before.emit("push-buffer", buffer)
    before.emit("end-of-stream")
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(5 * Gst.SECOND, wanted)
    pipeline.set_state(Gst.State.NULL)

    assert message is not None
    assert message.type == Gst.MessageType.EOS
    assert labels == ["car"] * 3

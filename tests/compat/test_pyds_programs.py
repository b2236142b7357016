"""Probes written the way programs for pyds are: lists walked by hand, casts, try around them."""

from __future__ import annotations

from typing import Any

from pythia.compat import pyds as look_alike
from pythia.elements.registry import register
from pythia.gst import Gst
from pythia.meta import carrier

pyds: Any = look_alike
LAUNCH = (
    "videotestsrc num-buffers=3 ! video/x-raw,format=NV12,width=64,height=48 ! nvvideoconvert "
    "! video/x-raw(memory:NVMM) ! m.sink_0  nvstreammux name=m batch-size=1 width=64 height=48 "
    "! identity name=detector ! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA "
    "! nvdsosd name=osd ! fakesink name=end"
)


def add_objects(_: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    node = batch_meta.frame_meta_list
    while node is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(node.data)
        pyds.nvds_acquire_meta_lock(batch_meta)
        for class_id, label in enumerate(("car", "person", "car")):
            obj_meta = pyds.nvds_acquire_obj_meta_from_pool(batch_meta)
            obj_meta.class_id, obj_meta.obj_label = class_id % 2, label
            rect = obj_meta.rect_params
            rect.left, rect.top, rect.width, rect.height = 4, 5 * class_id, 10, 10
            rect.border_width = 2
            rect.border_color.set(0.0, 0.0, 1.0, 0.8)
            pyds.nvds_add_obj_meta_to_frame(frame_meta, obj_meta, None)
        frame_meta.bInferDone = True
        pyds.nvds_release_meta_lock(batch_meta)
        node = node.next
    return Gst.PadProbeReturn.OK


def count_and_write(_: Gst.Pad, info: Gst.PadProbeInfo, told: list[str]) -> Gst.PadProbeReturn:
    buffer = info.get_buffer()
    if not buffer:
        return Gst.PadProbeReturn.OK
    counts = {0: 0, 1: 0}
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    frames = batch_meta.frame_meta_list
    while frames is not None:
        try:
            frame_meta = pyds.NvDsFrameMeta.cast(frames.data)
        except StopIteration:
            break
        objects = frame_meta.obj_meta_list
        while objects is not None:
            try:
                obj_meta = pyds.NvDsObjectMeta.cast(objects.data)
            except StopIteration:
                break
            counts[obj_meta.class_id] += 1
            obj_meta.rect_params.border_color.set(0.0, 1.0, 0.0, 1.0)
            try:
                objects = objects.next
            except StopIteration:
                break
        display = pyds.nvds_acquire_display_meta_from_pool(batch_meta)
        display.num_labels = 1
        text = display.text_params[0]
        text.display_text = f"Frame {frame_meta.frame_num} of {frame_meta.num_obj_meta}"
        text.x_offset, text.y_offset = 10, 12
        text.font_params.font_name = "Serif"
        text.font_params.font_size = 10
        text.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
        text.set_bg_clr = 1
        text.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
        told.append(f"{pyds.get_string(text.display_text)}: {counts[0]} and {counts[1]}")
        pyds.nvds_add_display_meta_to_frame(frame_meta, display)
        try:
            frames = frames.next
        except StopIteration:
            break
    return Gst.PadProbeReturn.OK


def test_a_program_in_the_usual_idiom_counts_writes_and_is_drawn() -> None:
    register()
    pipeline = Gst.parse_launch(LAUNCH)
    assert isinstance(pipeline, Gst.Pipeline)
    told: list[str] = []
    kept: list[Any] = []

    def keep(_: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        kept.append((batch.copy(), pyds.get_nvds_buf_surface(hash(info.get_buffer()), 0).copy()))
        return Gst.PadProbeReturn.OK

    for name, probe, data in (
        ("detector", add_objects, ()),
        ("osd", count_and_write, (told,)),
        ("end", keep, ()),
    ):
        element = pipeline.get_by_name(name)
        pad = None if element is None else element.get_static_pad("sink")
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, probe, *data)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        20 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    pipeline.set_state(Gst.State.NULL)

    assert message is not None
    assert message.type == Gst.MessageType.EOS
    assert told == [f"Frame {number} of 3: 2 and 1" for number in range(3)]
    batch, pixels = kept[0]
    frame = batch.frame_meta_list[0]
    assert (frame.bInferDone, [obj.obj_label for obj in frame.obj_meta_list]) == (
        1,
        ["car", "person", "car"],
    )
    assert frame.display_meta_list[0].text_params[0].display_text == "Frame 0 of 3"
    assert pixels[20, 4].tolist()[:3] == [0, 255, 0]

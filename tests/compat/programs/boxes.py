"""A program in the old idiom: elements one by one, a probe that walks lists and casts."""
# mypy: ignore-errors

import sys

import gi

gi.require_version("Gst", "1.0")
import pyds
from gi.repository import GLib, Gst


def count(pad, info, totals):
    buffer = info.get_buffer()
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    frame_node = batch.frame_meta_list
    while frame_node is not None:
        frame = pyds.NvDsFrameMeta.cast(frame_node.data)
        totals["frames"] += 1
        node = frame.obj_meta_list
        while node is not None:
            thing = pyds.NvDsObjectMeta.cast(node.data)
            totals[thing.obj_label] = totals.get(thing.obj_label, 0) + 1
            thing.rect_params.border_color.set(0.0, 0.0, 1.0, 1.0)
            node = node.next
        display = pyds.nvds_acquire_display_meta_from_pool(batch)
        display.num_labels = 1
        text = display.text_params[0]
        text.display_text = f"frame {frame.frame_num}"
        text.font_params.font_name = "Serif"
        if pyds.get_string(text.display_text) != f"frame {frame.frame_num}":
            totals["wrong"] = True
        pyds.nvds_add_display_meta_to_frame(frame, display)
        frame_node = frame_node.next
    return Gst.PadProbeReturn.OK


def main(location, config):
    Gst.init(None)
    pipeline = Gst.Pipeline()
    names = "filesrc h264parse nvv4l2decoder nvstreammux nvinfer nvvideoconvert nvdsosd"
    elements = {name: Gst.ElementFactory.make(name, name) for name in (*names.split(), "fakesink")}
    for element in elements.values():
        pipeline.add(element)
    elements["filesrc"].set_property("location", location)
    elements["nvinfer"].set_property("config-file-path", config)
    for name, value in (("width", 1280), ("height", 720), ("batch-size", 1)):
        elements["nvstreammux"].set_property(name, value)
    elements["filesrc"].link(elements["h264parse"])
    elements["h264parse"].link(elements["nvv4l2decoder"])
    muxer_pad = elements["nvstreammux"].request_pad_simple("sink_0")
    elements["nvv4l2decoder"].get_static_pad("src").link(muxer_pad)
    row = ("nvstreammux", "nvinfer", "nvvideoconvert", "nvdsosd", "fakesink")
    for first, second in zip(row, row[1:]):
        elements[first].link(elements[second])
    totals = {"frames": 0}
    elements["nvdsosd"].get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, count, totals)
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    problems = []

    def ended(bus, message):
        if message.type == Gst.MessageType.ERROR:
            problems.append(message.parse_error()[0].message)
        if message.type in (Gst.MessageType.EOS, Gst.MessageType.ERROR):
            loop.quit()

    bus.connect("message", ended)
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)
    print(totals)
    return f"failed: {problems}" if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

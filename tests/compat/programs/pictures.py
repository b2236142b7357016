"""A program that writes JPEG files of objects and frames, and measures latency."""
# mypy: ignore-errors

import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
import pyds
from gi.repository import Gst


def encode(pad, info, context, folder):
    address = hash(info.get_buffer())
    batch = pyds.gst_buffer_get_nvds_batch_meta(address)
    node = batch.frame_meta_list
    while node is not None:
        frame = pyds.NvDsFrameMeta.cast(node.data)
        wish = pyds.NvDsObjEncUsrArgs()
        wish.isFrame, wish.saveImg, wish.quality = 1, True, 90
        wish.fileNameImg = f"{folder}/frame{frame.frame_num}.jpg"
        pyds.nvds_obj_enc_process(context, wish, address, None, frame)
        if frame.obj_meta_list is not None:
            thing = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)
            wish = pyds.NvDsObjEncUsrArgs()
            wish.attachUsrMeta = True
            pyds.nvds_obj_enc_process(context, wish, address, thing, frame)
        node = node.next
    pyds.nvds_obj_enc_finish(context)
    print(pyds.nvds_measure_buffer_latency(address), "measured")
    return Gst.PadProbeReturn.OK


def collect(pad, info, folder):
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    frame = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
    thing = pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data)
    node = thing.obj_user_meta_list
    while node is not None:
        user = pyds.NvDsUserMeta.cast(node.data)
        if user.base_meta.meta_type == pyds.NvDsMetaType.NVDS_CROP_IMAGE_META:
            jpeg = pyds.NvDsObjEncOutParams.cast(user.user_meta_data).outBuffer()
            box = thing.rect_params
            size = f"{int(box.left + box.width) - int(box.left)}"
            jpeg.tofile(Path(folder) / f"object{frame.frame_num}_{size}.jpg")
        node = node.next
    return Gst.PadProbeReturn.OK


def main(config, folder):
    Gst.init(None)
    context = pyds.nvds_obj_enc_create_context(0)
    pipeline = Gst.parse_launch(
        "filesrc location=/opt/nvidia/deepstream/deepstream-7.1/samples/streams/sample_720p.jpg "
        "! jpegparse ! nvjpegdec ! m.sink_0 nvstreammux name=m batch-size=1 width=1280 height=720 "
        f"! nvinfer name=pgie config-file-path={config} ! nvdsosd name=osd ! fakesink"
    )
    pgie, osd = (pipeline.get_by_name(name).get_static_pad("src") for name in ("pgie", "osd"))
    pgie.add_probe(Gst.PadProbeType.BUFFER, encode, context, folder)
    osd.add_probe(Gst.PadProbeType.BUFFER, collect, folder)
    pipeline.set_state(Gst.State.PLAYING)
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, wanted)
    pipeline.set_state(Gst.State.NULL)
    pyds.nvds_obj_enc_destroy_context(context)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(message.parse_error()[0].message)


if __name__ == "__main__":
    main(*sys.argv[1:])

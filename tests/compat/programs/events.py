"""A program that hangs event messages on frames and has them sent."""
# mypy: ignore-errors

import sys

import gi

gi.require_version("Gst", "1.0")
import pyds
from gi.repository import Gst

TIME_BYTES = 32


def describe(batch, frame, thing):
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    event = pyds.alloc_nvds_event_msg_meta(user)
    event.type = pyds.NvDsEventType.NVDS_EVENT_MOVING
    event.objType = pyds.NvDsObjectType.NVDS_OBJECT_TYPE_VEHICLE
    event.ts = pyds.alloc_buffer(TIME_BYTES + 1)
    pyds.generate_ts_rfc3339(event.ts, TIME_BYTES)
    event.sensorStr = "sensor-0"
    event.frameId = frame.frame_num
    event.bbox.left = thing.rect_params.left
    vehicle = pyds.NvDsVehicleObject.cast(pyds.alloc_nvds_vehicle_object())
    vehicle.color = "blue"
    event.extMsg = vehicle
    event.extMsgSize = sys.getsizeof(pyds.NvDsVehicleObject)
    user.user_meta_data = event
    user.base_meta.meta_type = pyds.NvDsMetaType.NVDS_EVENT_MSG_META
    pyds.nvds_add_user_meta_to_frame(frame, user)


def attach(pad, info):
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    node = batch.frame_meta_list
    while node is not None:
        frame = pyds.NvDsFrameMeta.cast(node.data)
        if frame.obj_meta_list is not None:
            describe(batch, frame, pyds.NvDsObjectMeta.cast(frame.obj_meta_list.data))
        node = node.next
    return Gst.PadProbeReturn.OK


def main(config, folder):
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "uridecodebin uri=file:///opt/nvidia/deepstream/deepstream/samples/streams/sample_720p.mp4 "
        "! identity eos-after=4 ! m.sink_0 nvstreammux name=m batch-size=1 width=1280 height=720 "
        f"! nvinfer name=pgie config-file-path={config} ! nvmsgconv payload-type=1 "
        f"debug-payload-dir={folder} ! fakesink"
    )
    pipeline.get_by_name("pgie").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, attach)
    pipeline.set_state(Gst.State.PLAYING)
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, wanted)
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        sys.exit(message.parse_error()[0].message)


if __name__ == "__main__":
    main(*sys.argv[1:])

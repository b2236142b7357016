"""A program of pyservicemaker as a flow: detect, track, read tensors, publish and encode."""
# mypy: ignore-errors

import sys

import numpy as np
from pyservicemaker import BatchMetadataOperator, Flow, Pipeline, Probe


class Watch(BatchMetadataOperator):
    def __init__(self):
        super().__init__()
        self.ids, self.layers = set(), set()

    def handle_metadata(self, batch_meta):
        for frame in batch_meta.frame_items:
            self.ids.update(thing.object_id for thing in frame.object_items)
            for user in frame.tensor_items:
                for name, tensor in user.as_tensor_output().get_layers().items():
                    self.layers.add((name, np.from_dlpack(tensor).shape))


def main(source, config, tracker, broker, target):
    watch = Watch()
    flow = Flow(Pipeline("mine")).batch_capture([source], width=1280, height=720)
    flow = flow.infer(config, output_tensor_meta=True).track(ll_config_file=tracker)
    flow = flow.attach(what=Probe("watch", watch))
    flow = flow.attach(what="add_message_meta_probe", name="messages").fork()
    flow.publish(
        msg_broker_proto_lib="/opt/nvidia/deepstream/deepstream/lib/libnvds_kafka_proto.so",
        msg_broker_conn_str=broker,
        topic="street",
        msg_conv_payload_type=1,
    )
    flow.encode(target)
    flow()
    print(len(watch.ids) > 3, sorted(watch.layers))


if __name__ == "__main__":
    main(*sys.argv[1:])

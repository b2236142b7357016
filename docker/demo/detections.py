"""Detections of the sample video, again and again, to Kafka and to Redis."""

import os
import signal
from pathlib import Path

from pythia import Application, objects_per_batch, samples

ALIVE = Path(os.environ.get("PYTHIA_HEALTH_FILE", "/tmp/alive"))

app = Application.from_pipeline_string(
    "nvurisrcbin uri={input:uri} file-loop=true ! nvvideoconvert ! muxer.sink_0"
    " nvstreammux name=muxer width=1280 height=720 batch-size=1"
    " ! nvinfer name=pgie config-file-path={pgie-conf} ! fakesink sync=true",
    params={
        "input": os.environ.get("DEMO_INPUT", samples.path("sample_720p.mp4")),
        "pgie-conf": samples.path("config_infer_primary.txt"),
    },
)


@app.probe("pgie", "src", backend_uri=os.environ["DEMO_KAFKA_URI"])
def objects(batch_meta):
    """Each object, to one stream."""
    ALIVE.touch()
    for frame, detection in objects_per_batch(batch_meta):
        box = detection.rect_params
        yield {
            "frame_num": frame.frame_num,
            "label": detection.obj_label,
            "box": [box.left, box.top, box.width, box.height],
            "confidence": detection.confidence,
        }


@app.probe("pgie", "src", backend_uri=os.environ["DEMO_REDIS_URI"])
def counts(batch_meta):
    """How many objects of each kind there are in a frame, to the other."""
    found = {}
    for _, detection in objects_per_batch(batch_meta):
        found[detection.obj_label] = found.get(detection.obj_label, 0) + 1
    yield found


if __name__ == "__main__":
    # docker stop: the pipeline ends, and what is queued is delivered.
    signal.signal(signal.SIGTERM, lambda *_: app.stop())
    app()

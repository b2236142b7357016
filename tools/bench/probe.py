"""What a generator probe costs its pipeline, with Kafka at the other end.

First the streaming thread: frames with 50 objects at 100 a second, each yielded as a dictionary of
seven fields. Two probes on one pad run the same generator, one just to its end, the other as a
generator probe of pythia; the difference, over 50, is what an event costs beyond the user's own
code. Once with the server running (librdkafka's mock cluster), once with it down.

Then the pipeline: a video is decoded, muxed and inferred as fast as the machine can, with and
without a probe that yields 50 events a frame, in turn; medians. Server, worker and pipeline share
the cores, so the ratio holds all that events cost, not only what the streaming thread sees.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from tools.bench.measure.report import Report, Row, at_least, at_most

from pythia import Application, objects_per_batch, samples
from pythia.meta.portable import PortableObject

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests"))
from support.brokers import KafkaServer

OBJECTS = 50
PACED = (
    "videotestsrc num-buffers={frames} is-live=true ! video/x-raw,format=NV12,width=64,height=64,"
    "framerate=100/1 ! mux.sink_0 nvstreammux name=mux batch-size=1 width=64 height=64 ! "
    "identity name=crowded ! identity name=probed ! fakesink"
)
INFERRED = (
    "uridecodebin uri=file://{video} ! nvvideoconvert ! mux.sink_0 nvstreammux name=mux "
    "batch-size=1 width=1280 height=720 ! nvinfer name=probed config-file-path={config} ! "
    "fakesink sync=false"
)


def crowd(batch_meta: Any) -> None:
    """Give the frame its objects."""
    for frame in batch_meta.frame_meta_list:
        for number in range(OBJECTS):
            obj = PortableObject(class_id=number % 4, confidence=0.5, obj_label="car")
            obj.rect_params.left = obj.rect_params.width = float(number)
            frame.add_obj(obj)


def fields(frame: Any, obj: Any) -> dict[str, Any]:
    box = obj.rect_params
    return {
        "frame_num": frame.frame_num,
        "label": obj.obj_label,
        "left": box.left,
        "top": box.top,
        "width": box.width,
        "height": box.height,
        "confidence": obj.confidence,
    }


def detections(batch_meta: Any) -> Iterator[dict[str, Any]]:
    for frame, obj in objects_per_batch(batch_meta):
        yield fields(frame, obj)


def fifty_detections(batch_meta: Any) -> Iterator[dict[str, Any]]:
    """As many events as a crowded frame gives, whatever the detector found."""
    found = list(objects_per_batch(batch_meta))
    for frame, obj in islice(cycle(found), OBJECTS):
        yield fields(frame, obj)


def per_event_us(server: KafkaServer, frames: int, *, down: bool) -> tuple[float, float]:
    """Median and 99th percentile of what an event costs beyond the generator."""
    app = Application.from_pipeline_string(PACED, {"frames": frames})
    alone_us: deque[float] = deque(maxlen=1024)

    def alone(batch_meta: Any) -> None:
        begin_ns = time.perf_counter_ns()
        deque(detections(batch_meta), maxlen=0)
        alone_us.append((time.perf_counter_ns() - begin_ns) / 1000)

    app.probe("crowded", "src")(crowd)
    app.probe("probed", "sink")(alone)
    app.probe("probed", "src", backend_uri=new_topic(server, "queue=1000000", "timeout_s=1"))(
        detections
    )
    app(background=True)
    if down:
        server.stop()
    time.sleep(frames / 100)
    if down:
        server.start()
    app.wait(60)
    probe = app.stats()["probes"][-1]
    assert probe["yielded"] == frames * OBJECTS
    own_us = statistics.median(alone_us)
    return (probe["p50_us"] - own_us) / OBJECTS, (probe["p99_us"] - own_us) / OBJECTS


def new_topic(server: KafkaServer, *options: str) -> str:
    name = uuid.uuid4().hex
    server.expect(name)
    return server.uri(name, *options)


def seconds(video: str, config: str, uri: str | None) -> float:
    """How long the video takes, with the probe where there is a URI."""
    app = Application.from_pipeline_string(INFERRED, {"video": video, "config": config})
    if uri:
        app.probe("probed", "src", backend_uri=uri)(fifty_detections)
    begin = time.perf_counter()
    app()
    return time.perf_counter() - begin


def shares(server: KafkaServer, video: str, config: str, runs: int) -> list[tuple[float, float]]:
    """Seconds without and with the probe, of each pair of runs."""
    pairs = [
        (seconds(video, config, None), seconds(video, config, new_topic(server)))
        for _ in range(runs + 1)
    ]
    return pairs[1:]  # the first pair warms up


def report(frames: int, runs: int, video: str, config: str) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        server = KafkaServer(Path(folder))
        try:
            server.start()
            spent = {
                "the server runs": per_event_us(server, frames, down=False),
                "the server is down": per_event_us(server, frames, down=True),
            }
            pairs = shares(server, video, config, runs)
        finally:
            server.end()
    return _report(spent, pairs)


def _report(spent: dict[str, tuple[float, float]], pairs: Sequence[tuple[float, float]]) -> Report:
    found = Report("probe", f"{OBJECTS} events a frame into Kafka, medians of {len(pairs)}")
    rows: list[Row] = []
    for when, (p50_us, p99_us) in spent.items():
        rows.append({"when": when, "p50 us": p50_us, "p99 us": p99_us})
        found.wanted.append(at_most(f"{when}, median", 5, p50_us, " us"))
        found.wanted.append(at_most(f"{when}, p99", 50, p99_us, " us"))
    found.tables["time in the streaming thread, one event, beyond the generator:"] = rows
    without, with_probe = (statistics.median(side) for side in zip(*pairs, strict=True))
    found.tables["the pipeline:"] = [
        {"pipeline": "without a probe", "s": without},
        {"pipeline": "with a probe", "s": with_probe},
    ]
    share = statistics.median(bare / probed for bare, probed in pairs)
    found.wanted.append(at_least("speed with the probe over without", 0.97, share, " x"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/bench probe", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=600, help="paced frames; 600 by default")
    parser.add_argument("--runs", type=int, default=5, help="5 by default")
    parser.add_argument("--video", default=samples.path("sample_720p.mp4"))
    parser.add_argument("--config", default=samples.path("config_infer_primary.txt"))
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = report(options.frames, options.runs, str(options.video), str(options.config))
    found.show(as_json=options.json)


if __name__ == "__main__":
    main()

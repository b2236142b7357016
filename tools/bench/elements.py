"""What each element costs a 720p frame, beside the nearest stock element, and how costs scale.

CPU time of the whole process from the first buffer at the sink to the last, over the frames
between: what other programs take does not count. Each pipeline repeats one decoded picture
(``imagefreeze``), so that its source costs nearly nothing; what a pipeline takes without the
element is taken off. All ways of a job run in turn, over and over; medians, or where a figure has
nothing to be compared with, the least, because others on the machine only ever add to it.

A tracker's re-identification network is a network like nvinfer's, and no cost of the tracker
itself; trackers that have one run without it, too.

"16 over 2": a pipeline of so many sources, a batch of all of them, scaled by the mux, and a light
model; CPU time a frame, which ought to stay the same.
"""

from __future__ import annotations

import argparse
import gc
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.bench.measure.report import Report, Row, at_most

from pythia import Application, samples
from pythia.meta.portable import PortableObject

NVMM = "video/x-raw(memory:NVMM)"
LIGHT_MODEL = """[property]
onnx-file={model}
labelfile-path={labels}
network-type=1
process-mode=1
net-scale-factor=0.00392156862745098
batch-size=16
gie-unique-id=1
"""
MEASURABLE_MS = 0.05
TRACKED = 50
WITH_NETWORK = "with its network"
_REID = re.compile(r"\breidType: *[1-3]")


@dataclass(frozen=True)
class Duel:
    """One job in words, done by pythia's element and by stock ones; ``None`` where there is none.

    Texts stand between a source of ``size`` pixels in ``format`` and a sink; ``{source}`` in one
    stands for further sources.
    """

    job: str
    ours: str
    stock: str | None
    format: str = "NV12"
    size: tuple[int, int] = (1280, 720)
    sources: int = 1
    no_dearer: bool = False


DUELS = (
    Duel(
        "nvvideoconvert NV12 to RGBA",
        f"nvvideoconvert ! {NVMM},format=RGBA",
        "videoconvert ! video/x-raw,format=RGBA",
        no_dearer=True,
    ),
    Duel(
        "nvvideoconvert I420 1080p to 720p",
        f"nvvideoconvert ! {NVMM},width=1280,height=720",
        "videoconvertscale ! video/x-raw,width=1280,height=720",
        "I420",
        (1920, 1080),
        no_dearer=True,
    ),
    Duel(
        "nvstreammux 1080p to 720p",
        "mux. nvstreammux name=mux batch-size=1 width=1280 height=720",
        "videoconvertscale ! video/x-raw,width=1280,height=720",
        size=(1920, 1080),
        no_dearer=True,
    ),
    Duel(
        "nvmultistreamtiler, 4 sources of 720p",
        "mux. {more:mux.} nvstreammux name=mux batch-size=4 width=1280 height=720 ! "
        "nvmultistreamtiler rows=2 columns=2 width=1280 height=720",
        "mix. {more:mix.} compositor name=mix sink_0::width=640 sink_0::height=360 "
        "sink_1::width=640 sink_1::height=360 sink_1::xpos=640 "
        "sink_2::width=640 sink_2::height=360 sink_2::ypos=360 "
        "sink_3::width=640 sink_3::height=360 sink_3::xpos=640 sink_3::ypos=360 ! "
        "video/x-raw,width=1280,height=720",
        sources=4,
        no_dearer=True,
    ),
    Duel(
        "nvdsosd, 10 boxes with labels",
        "mux. nvstreammux name=mux batch-size=1 width=1280 height=720 ! "
        "identity name=boxes ! nvdsosd",
        None,
    ),
    Duel(
        "nvstreamdemux",
        "mux. nvstreammux name=mux batch-size=1 width=1280 height=720 ! "
        "nvstreamdemux name=parts parts.src_0",
        "streamiddemux name=parts parts.src_0",
    ),
    Duel("nvjpegenc", "nvjpegenc", "jpegenc", "I420"),
    Duel(
        "nvv4l2h264enc",
        "nvv4l2h264enc bitrate=4000000",
        "x264enc bitrate=4000 speed-preset=ultrafast tune=zerolatency",
        "I420",
    ),
    Duel("nvof", "mux. nvstreammux name=mux batch-size=1 width=1280 height=720 ! nvof", None),
)


def still(format: str, size: tuple[int, int], frames: int) -> str:
    """A source that repeats one picture."""
    return (
        f"videotestsrc num-buffers=1 pattern=smpte ! video/x-raw,format={format},"
        f"width={size[0]},height={size[1]},framerate=30/1 ! imagefreeze num-buffers={frames}"
    )


def pipeline(duel: Duel, job: str, frames: int) -> str:
    source = still(duel.format, duel.size, frames)
    target = job.split("{more:")[1].split("}")[0] if "{more:" in job else ""
    more = f"{source} ! {target} " * (duel.sources - 1)
    return f"{source} ! {job.replace(f'{{more:{target}}}', more)} ! fakesink name=end sync=false"


def cpu_ms(text: str, *, crowd: int = 0, batch: int = 1) -> float:
    """Milliseconds of CPU a frame, from the first buffer at the sink to the last.

    Buffers have ``batch`` frames; ``crowd`` objects are put on each that reaches "boxes".
    """
    app = Application(text)
    times: list[float] = []
    app.probe("end", "sink")(lambda pad, info: times.append(time.process_time()))
    if crowd:
        app.probe("boxes", "src")(lambda batch_meta: add_objects(batch_meta, crowd))
    gc.collect()
    app()
    return 1000 * (times[-1] - times[0]) / (len(times) - 1) / batch


def add_objects(batch_meta: Any, count: int) -> None:
    """Objects in rows, that move a little from frame to frame."""
    for frame in batch_meta.frame_meta_list:
        for number in range(count):
            obj = PortableObject(1, 0, confidence=0.9, obj_label="car")
            obj.text_params.display_text = "car"
            rect = obj.rect_params
            rect.left = 10.0 + 120 * (number % 10) + frame.frame_num % 20
            rect.top = 20.0 + 130 * (number // 10)
            rect.width, rect.height, rect.border_width = 60.0, 50.0, 3
            frame.add_obj(obj)


def in_turn(ways: dict[str, Callable[[], float]], runs: int) -> dict[str, list[float]]:
    """What each way took, run in turn after one round that warms up."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(runs + 1):
        for name, way in ways.items():
            value = way()
            if number:
                found[name].append(value)
    return found


def medians(ways: dict[str, Callable[[], float]], runs: int) -> dict[str, float]:
    return {name: statistics.median(values) for name, values in in_turn(ways, runs).items()}


def fight(duel: Duel, frames: int, runs: int) -> Row:
    def runner(job: str, crowd: int = 0) -> Callable[[], float]:
        return lambda: cpu_ms(pipeline(duel, job, frames), crowd=crowd)

    ways = {"none": runner("identity"), "ours": runner(duel.ours, 10 * ("boxes" in duel.ours))}
    if duel.stock is not None:
        ways["stock"] = runner(duel.stock)
    ms = medians(ways, runs)
    ours = ms["ours"] - ms["none"] * duel.sources
    stock = ms["stock"] - ms["none"] * duel.sources if duel.stock else float("nan")
    name = duel.stock.split("!")[0].split()[0] if duel.stock else "none"
    name = "compositor" if "compositor" in (duel.stock or "") else name
    ratio = ours / stock if stock > MEASURABLE_MS else float("nan")
    return {"job": duel.job, "ms": ours, "stock": name, "stock ms": stock, "x stock": ratio}


def tracker_rows(frames: int, runs: int) -> list[Row]:
    """The tracker's own cost a frame with 50 objects, by configuration, and with its network."""
    head = (
        f"{still('NV12', (1280, 720), frames)} ! mux. nvstreammux name=mux batch-size=1 "
        "width=1280 height=720 ! identity name=boxes ! "
    )

    def way(element: str) -> Callable[[], float]:
        return lambda: cpu_ms(f"{head}{element} ! fakesink name=end sync=false", crowd=TRACKED)

    files = [samples.path(name) for name in samples.names() if name.startswith("config_tracker")]
    with tempfile.TemporaryDirectory() as folder:
        ways = {"none": way("identity")}
        for file in files:
            tracker = "nvtracker ll-lib-file=any.so ll-config-file="
            ways[file.name] = way(f"{tracker}{without_network(file, Path(folder))}")
            if _REID.search(file.read_text()):
                ways[f"{file.name} {WITH_NETWORK}"] = way(f"{tracker}{file}")
        ms = {name: min(values) for name, values in in_turn(ways, runs).items()}
    none = ms.pop("none")
    return [{"configuration": name, "ms": value - none} for name, value in ms.items()]


def without_network(file: Path, folder: Path) -> Path:
    """A configuration like another one, but for the re-identification network."""
    copy = folder / file.name
    copy.write_text(_REID.sub("reidType: 0", file.read_text()))
    return copy


@contextmanager
def light_model() -> Iterator[Path]:
    """The configuration of a small network over whole frames."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "light.txt"
        labels = samples.path("models/Secondary_CarColor/labels.txt")
        path.write_text(LIGHT_MODEL.format(model=samples.path("carcolor.onnx"), labels=labels))
        yield path


def streams_ms(config: Path, count: int, frames: int) -> float:
    """CPU a frame of one stream where ``count`` play."""
    source = f"{still('I420', (640, 360), frames)} ! mux. "
    text = (
        f"{source * count} nvstreammux name=mux batch-size={count} width=1280 height=720 ! "
        f"nvinfer config-file-path={config} ! fakesink name=end sync=false"
    )
    return cpu_ms(text, batch=count)


def report(frames: int, runs: int) -> Report:
    found = Report("elements", f"{frames} frames a run, medians of {runs}")
    rows = [fight(duel, frames, runs) for duel in DUELS]
    found.tables["CPU a frame of 720p, without what source and sink take:"] = rows
    for duel, row in zip(DUELS, rows, strict=True):
        if duel.no_dearer:
            found.wanted.append(at_most(f"{duel.job} over stock", 1, float(row["x stock"]), " x"))
    trackers = tracker_rows(frames, runs)
    found.tables[f"nvtracker, {TRACKED} objects:"] = trackers
    found.wanted += [
        at_most(f"nvtracker, {row['configuration']}", 2, float(row["ms"]), " ms")
        for row in trackers
        if WITH_NETWORK not in str(row["configuration"])
    ]
    with light_model() as config:
        ms = medians(
            {
                "2 streams": lambda: streams_ms(config, 2, frames),
                "16 streams": lambda: streams_ms(config, 16, frames),
            },
            runs,
        )
    found.tables["a light model:"] = [
        {"pipeline": name, "CPU ms a frame": value} for name, value in ms.items()
    ]
    share = ms["16 streams"] / ms["2 streams"]
    found.wanted.append(at_most("cost per stream, 16 over 2", 1.1, share, " x"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/bench elements", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--frames", type=int, default=400, help="400 by default")
    parser.add_argument("--runs", type=int, default=5, help="5 by default")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    report(options.frames, options.runs).show(as_json=options.json)


if __name__ == "__main__":
    main()

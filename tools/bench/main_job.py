"""Detections of a video as JSON lines: gst-pylaunch, a plain loop, a supervision loop.

All three read the same H.264 video, run the same model of the same nvinfer configuration and write
the same lines to a file; nothing is encoded. Each run is a fresh process. After one round that is
not counted, rounds go forwards and backwards in turn, and medians over the rounds are compared.

* ``gst-pylaunch``: the console script, the README's probe, ``fakesink``.
* ``plain loop``: OpenCV reads and prepares, ONNX Runtime infers with its default threads.
* ``supervision``: the same loop with supervision's frame generator, Detections and NMS.

**Start-up.** Every program also runs on the first 30 frames only. Frames, seconds and CPU seconds
between the two runs are what a frame costs once everything is loaded ("after start-up"); the whole
run, imports and model loading included, is shown beside it. CPU seconds are user and system time
of all threads, from the kernel (``wait4``); peak memory is the resident set.

**CPU outside decoder and ONNX Runtime.** Of gst-pylaunch's CPU time a frame after start-up, two
parts are taken away, each measured alone in this run: the decoder (the same pipeline, cut off
behind ``avdec_h264``, start-up removed in the same way), and the network (``run`` on prepared
tensors, one thread a call, as many calls side by side as there are cores, just as nvinfer does it).
The rest is pythia: reading, batching, pre-processing, parsing, metadata, probe, JSON. It also has
what the parts lose by disturbing each other's caches, so it is rather too high than too low.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bench.measure.child import Usage, measured
from tools.bench.measure.report import Report, Row, at_least, at_most

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
CONTENDERS = ROOT / "tools" / "bench" / "contenders"
SHORT = 30
"""Frames of the run that shows what start-up costs."""

READERS = {
    "qtdemux": "filesrc location={video} ! qtdemux ! h264parse ! avdec_h264",
    "uridecodebin": "uridecodebin uri={video:uri}",
}
NVINFER = (
    "m.sink_0 nvstreammux name=m batch-size=1 width={width} height={height} "
    "! nvinfer name=pgie config-file-path={config} ! fakesink sync=false"
)

AGREEMENT = "all contenders found about the same detections"
PYLAUNCH, PLAIN, SUPERVISION, DECODER = "gst-pylaunch", "plain loop", "supervision", "decoder alone"


@dataclass(frozen=True)
class Job:
    """What everybody has to do."""

    video: Path
    config: Path
    reader: str
    frames: int
    width: int
    height: int

    def pylaunch(self, rest: str, words: Sequence[str], short: bool) -> list[str]:
        """The command for a pipeline that reads the video and goes on with ``rest``."""
        cut = f" ! identity eos-after={SHORT}" if short else ""
        text = f"{READERS[self.reader]}{cut} ! {rest}"
        return [console_script("gst-pylaunch"), text, f"--video={self.video}", *words]

    def command(self, name: str, short: bool) -> list[str]:
        """The command of a contender."""
        if name == DECODER:
            return self.pylaunch("fakesink sync=false", [], short)
        if name == PYLAUNCH:
            probe = f"{CONTENDERS / 'detections_probe.py'}:gen_detections@pgie.src"
            words = [f"--width={self.width}", f"--height={self.height}"]
            words += [f"--config={self.config}", f"--probe={probe}"]
            return self.pylaunch(NVINFER, words, short)
        module = {PLAIN: "plain_loop", SUPERVISION: "supervision_loop"}[name]
        frames = [str(SHORT)] if short else []
        return contender(module, str(self.video), str(self.config), *frames)


def console_script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def contender(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"tools.bench.contenders.{module}", *arguments]


@dataclass(frozen=True)
class Sample:
    """One contender in one round: the whole video, the first frames, the lines written."""

    whole: Usage
    short: Usage
    lines: int

    @property
    def wall_after_s(self) -> float:
        """Wall time of the frames behind the first ones."""
        return self.whole.wall_s - self.short.wall_s

    @property
    def cpu_after_s(self) -> float:
        """CPU time of the frames behind the first ones."""
        return self.whole.cpu_s - self.short.cpu_s


def sample(job: Job, name: str, folder: Path) -> Sample:
    short = measured(job.command(name, short=True))
    lines = folder / "detections.jsonl"
    whole = measured(job.command(name, short=False), lines)
    return Sample(whole, short, lines.read_bytes().count(b"\n"))


def network_cpu_ms(job: Job) -> float:
    command = contender("network_alone", str(job.video), str(job.config), str(job.frames))
    return float(measured(command).messages)


@dataclass(frozen=True)
class Figures:
    """What all rounds gave: samples by contender, and CPU milliseconds of one network call."""

    samples: dict[str, list[Sample]]
    network_ms: list[float]


def rounds(job: Job, runs: int, folder: Path) -> Figures:
    names = [PYLAUNCH, PLAIN, SUPERVISION, DECODER]
    figures = Figures({name: [] for name in names}, [])
    for number in range(runs + 1):
        taken = {n: sample(job, n, folder) for n in (names if number % 2 else names[::-1])}
        network_ms = network_cpu_ms(job)
        if number:
            figures.network_ms.append(network_ms)
            for name, one in taken.items():
                figures.samples[name].append(one)
    return figures


def median(samples: Sequence[Sample], value: Callable[[Sample], float]) -> float:
    return statistics.median(value(one) for one in samples)


def row(job: Job, name: str, samples: Sequence[Sample]) -> dict[str, str | int | float]:
    after = job.frames - SHORT
    return {
        "contender": name,
        "frames": job.frames,
        "detections": samples[0].lines,
        "frames/s": job.frames / median(samples, lambda s: s.whole.wall_s),
        "frames/s after start-up": after / median(samples, lambda s: s.wall_after_s),
        "CPU ms/frame": 1000 * median(samples, lambda s: s.whole.cpu_s) / job.frames,
        "CPU ms/frame after start-up": 1000 * median(samples, lambda s: s.cpu_after_s) / after,
        "peak MiB": median(samples, lambda s: s.whole.peak_mib),
    }


def ratios(rows: Sequence[Row]) -> list[Row]:
    """Every contender's figures over the plain loop's."""
    base = next(one for one in rows if one["contender"] == PLAIN)
    columns = list(base)[3:]
    return [
        {"contender": one["contender"], **{c: float(one[c]) / float(base[c]) for c in columns}}
        for one in rows
    ]


def share(pylaunch_ms: float, decoder_ms: float, network_ms: float) -> Row:
    rest = pylaunch_ms - decoder_ms - network_ms
    return {
        "gst-pylaunch": pylaunch_ms,
        "decoder": decoder_ms,
        "ONNX Runtime": network_ms,
        "the rest": rest,
        "share of the rest in %": 100 * rest / pylaunch_ms,
    }


def disagreement(rows: Sequence[Row]) -> str | None:
    """What to say when the contenders did not find about the same."""
    counts = {str(one["contender"]): int(one["detections"]) for one in rows}
    if all(abs(n - counts[PLAIN]) <= 0.05 * counts[PLAIN] for n in counts.values()):
        return None
    found = ", ".join(f"{name} {count}" for name, count in counts.items())
    return f"!!! THE CONTENDERS DO NOT FIND THE SAME: {found}. The figures compare nothing. !!!"


def report(job: Job, figures: Figures) -> Report:
    samples, network_ms = figures.samples, statistics.median(figures.network_ms)
    rows = [row(job, name, samples[name]) for name in (PYLAUNCH, PLAIN, SUPERVISION)]
    relative = {str(one["contender"]): one for one in ratios(rows)}
    decoder_ms = float(row(job, DECODER, samples[DECODER])["CPU ms/frame after start-up"])
    rest = share(float(rows[0]["CPU ms/frame after start-up"]), decoder_ms, network_ms)
    found = Report(
        "main-job",
        f"{job.video.name} ({job.width}x{job.height}), {job.config.name}, read with {job.reader}, "
        f"medians of {len(figures.network_ms)} runs",
    )
    found.tables["the whole process, and without its start-up:"] = [*rows]
    found.tables["times the plain loop:"] = [*relative.values()]
    found.tables["where gst-pylaunch's CPU ms a frame go, after start-up:"] = [rest]
    problem = disagreement(rows)
    found.remarks = [problem] if problem else [AGREEMENT]
    speed = relative[PYLAUNCH]
    found.wanted = [
        at_least("frames/s of the plain loop", 1.5, float(speed["frames/s"]), " x"),
        at_least("the same after start-up", 1.5, float(speed["frames/s after start-up"]), " x"),
        at_most(
            "CPU outside decoder and ONNX Runtime", 15, float(rest["share of the rest in %"]), " %"
        ),
    ]
    return found


def job_of(video: Path, config: Path, reader: str) -> Job:
    said = measured(contender("plain_loop", str(video), str(config))).messages
    match = re.search(r"(\d+) frames, (\d+)x(\d+)", said)
    if match is None or int(match[1]) < 3 * SHORT:
        raise SystemExit(f"{video}: at least {3 * SHORT} frames are needed; found: {said.strip()}")
    return Job(video, config, reader, *map(int, match.groups()))


def real_files() -> tuple[Path, Path]:
    video = SHARED / "videos" / "sam2_dog.mp4"
    if not video.is_file():
        raise SystemExit(f"--real needs {video}, which is not there; leave --real out")
    return video, ROOT / "tests" / "real" / "configs" / "config_infer_yolox_nano.txt"


def bundled_files() -> tuple[Path, Path]:
    return bundled_file("sample_720p.mp4"), bundled_file("config_infer_primary.txt")


def bundled_file(name: str) -> Path:
    # Asked of the console script: importing pythia would make this process big (see child.py).
    found = subprocess.run(
        [console_script("pythia"), "samples", name], capture_output=True, text=True
    )
    if found.returncode:
        raise SystemExit(found.stderr.strip())
    return Path(found.stdout.strip())


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench main-job", description="gst-pylaunch against plain Python loops."
    )
    add = parser.add_argument
    add("--video", type=Path, help="an H.264 video in mp4; the bundled sample by default")
    add("--config", type=Path, help="nvinfer configuration of a detector with cluster-mode=2")
    add("--real", action="store_true", help="YOLOX-nano on a video of ../shared/data")
    add("--reader", choices=list(READERS), default="qtdemux", help="qtdemux by default")
    add("--runs", type=int, default=3, help="3 by default")
    add("--json", action="store_true", help="print JSON")
    found = parser.parse_args()
    if found.runs < 1:
        parser.error("--runs needs at least 1")
    return found


def main() -> int:
    options = arguments()
    video, config = real_files() if options.real else bundled_files()
    video, config = options.video or video, options.config or config
    job = job_of(video.absolute(), config.absolute(), options.reader)
    with tempfile.TemporaryDirectory() as folder:
        found = report(job, rounds(job, options.runs, Path(folder)))
    found.show(as_json=options.json)
    return 0 if AGREEMENT in found.remarks else 1


if __name__ == "__main__":
    sys.exit(main())

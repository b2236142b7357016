"""Runs the DeepStream programs of a checkout on the bundled samples, for ./scripts/nvidia-apps.

Nothing of a program is changed; frames and objects are counted by ``pythia run`` itself.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pythia import samples
from pythia.exceptions import PythiaError
from pythia.gst import GLib, Gst

ROOT = Path(__file__).parents[1]
_LIB = "/opt/nvidia/deepstream/deepstream/lib"
_GRACE_S = 15
_KAFKA_PORT = 9092
_SOURCES = """source-list:
- {{uri: "{uri}", sensor-id: UniqueSensorId1, sensor-name: UniqueSensorName1}}
source-config: {{source-bin: nvurisrcbin, properties: {{file-loop: false}}}}
"""
_FPS = 30


@dataclass(frozen=True)
class Program:
    """A program by the end of its path, and its arguments; ``{uri}`` and so on are inputs."""

    path: str
    arguments: str


PROGRAMS = (
    Program("deepstream-test1/deepstream_test_1.py", "{h264}"),
    Program("deepstream-test2/deepstream_test_2.py", "{h264}"),
    Program("deepstream-test3/deepstream_test_3.py", "-i {uri} {uri}"),
    Program(
        "deepstream-test4/deepstream_test_4.py",
        f"-i {{h264}} -p {_LIB}/libnvds_kafka_proto.so --conn-str {{kafka}} -s 0 --no-display",
    ),
    Program("deepstream_imagedata-multistream.py", "{uri} {uri} {new_folder}"),
    Program("deepstream_nvdsanalytics.py", "{uri} {uri}"),
    Program("deepstream_custom_binding_test.py", "{h264}"),
    Program("deepstream_demux_multi_in_multi_out.py", "-i {uri} {uri}"),
    Program("deepstream_rt_src_add_del.py", "{long_uri}"),  # it changes sources every 10 s
    Program("deepstream_test1_rtsp_out.py", "-i {h264}"),
    Program("deepstream_test1_rtsp_in_rtsp_out.py", "-i {rtsp} -g nvinfer"),
    Program("deepstream_imagedata-multistream_redaction.py", "-i {uri}"),
    Program("deepstream-opticalflow.py", "{uri} {new_folder}"),
    Program("deepstream_preprocess_test.py", "-i {uri}"),
    Program(
        "deepstream_segmentation.py", "dstest_segmentation_config_semantic.txt {jpg} {new_folder}"
    ),
    Program("deepstream_segmask.py", "-i {uri} -o {new_folder}"),
    Program("deepstream_ssd_parser.py", "{h264}"),
    Program("deepstream_imagedata-multistream_cupy.py", "-i {uri}"),
    Program("deepstream_test_1_usb.py", "/dev/video0"),
    *(
        Program(f"{form}_api/deepstream_test{number}_app/deepstream_test{number}.py", words)
        for form in ("pipeline", "flow")
        for number, words in ((1, "{h264}"), (2, "{h264}"), (3, "{uri} {uri}"), (4, "{h264}"))
    ),
    *(
        Program(
            f"pipeline_api/deepstream_test{number}_app/deepstream_test{number}.py",
            f"dstest{number}_config_x86.yaml",
        )
        for number in (1, 2, 3, 4)
    ),
    Program("flow_api/deepstream_appsrc_test_app/deepstream_appsrc_test.py", "{uri}"),
    Program("pipeline_api/deepstream_appsrc_test_app/deepstream_appsrc_test.py", "{uri}"),
    Program("pipeline_api/deepstream_kafka_test_app/deepstream_kafka_test.py", "{h264}"),
    Program("flow_api/deepstream_sr_test_app/deepstream_sr_test.py", "--source-config {rtsp_list}"),
    Program("pipeline_api/deepstream_sr_test_app/deepstream_sr_test.py", "-r local {rtsp}"),
    Program("flow_api/deepstream_test5_app/deepstream_test5.py", "{source_list}"),
    Program(
        "pipeline_api/deepstream_test5_app/deepstream_test5.py",
        "-s {source_list} -c test5_b2_x86.yaml",
    ),
)


@dataclass(frozen=True)
class Result:
    """What a program did; ``exit_code`` is None if it had to be stopped."""

    frames: int
    objects: int
    exit_code: int | None
    problem: str

    @property
    def ran(self) -> bool:
        """Whether frames came through and nothing went wrong."""
        return self.frames > 0 and not self.problem


def main() -> int:
    """Run the programs; the exit code is 1 if one of them does not run."""
    options = _options()
    found = [(p, file) for p in PROGRAMS for file in sorted(options.folder.rglob(p.path))]
    found = [(p, file) for p, file in found if options.only in str(file)]
    if not found:
        print(f"no program that this script knows is below {options.folder}", file=sys.stderr)
        return 2
    results = []
    with tempfile.TemporaryDirectory() as folder, _inputs(Path(folder), options.seconds) as inputs:
        _print_row("program", "ran", "frames", "objects", "exit", "why not")
        _print_row(*["---"] * 6)
        for number, (program, file) in enumerate(found):
            inputs["new_folder"] = f"{folder}/output{number}"
            result = _run(file, program.arguments.format(**inputs).split(), options, Path(folder))
            results.append(result)
            _print_result(_title(program, file.relative_to(options.folder)), result)
    print(f"\n{sum(result.ran for result in results)} of {len(results)} programs ran")
    return 0 if all(result.ran for result in results) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="nvidia-apps", description="Run the DeepStream programs of a checkout, one by one."
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="the checkout")
    parser.add_argument("--only", default="", metavar="NAME", help="those with NAME in the path")
    parser.add_argument("--timeout", type=float, default=120, metavar="S", help="for each; 120 s")
    parser.add_argument("--seconds", type=int, default=5, metavar="S", help="of video; 5 s")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep what programs print there")
    options = parser.parse_args()
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder")
    options.folder = options.folder.resolve()
    return options


# Running one


def _run(file: Path, words: list[str], options: argparse.Namespace, folder: Path) -> Result:
    report, log = folder / "report.json", folder / "log.txt"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pythia", "run", file.name, *words]
    environment = {**os.environ, "PYTHIA_RUN_REPORT": str(report), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=file.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = _wait(process, options.timeout)
    text = log.read_text(errors="replace")
    if options.logs:
        options.logs.mkdir(parents=True, exist_ok=True)
        (options.logs / f"{file.parent.parent.name}-{file.stem}.log").write_text(text)
    frames, objects = _counts(report)
    return Result(frames, objects, code, _problem(text, code, frames))


def _wait(process: subprocess.Popen[bytes], timeout_s: float) -> int | None:
    """The exit code; None if the program went on until it was stopped, as Ctrl-C does it."""
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return None


def _counts(report: Path) -> tuple[int, int]:
    """Frames out of nvstreammux, and objects out of the detector."""
    rows = json.loads(report.read_text()) if report.is_file() else {}
    frames = [row["frames"] for row in rows.values()]
    objects = [row["objects"] for row in rows.values() if row["factory"] != "nvstreammux"]
    return max(frames, default=0), max(objects, default=0)


_ERROR = re.compile(r"^(?:Error: .*|pythia run: .*|[\w.]*(?:Error|Exception): .*|ERROR.*)$", re.M)


def _problem(text: str, code: int | None, frames: int) -> str:
    """Why it does not run, as far as its own words say; empty if it does."""
    said = [line for line in _ERROR.findall(text) if "Cuda init failed" not in line]
    if code is not None and code < 0:
        return f"{signal.Signals(-code).name}; {said[-1] if said else ''}"
    if code or said:
        last = text.strip().splitlines()[-1:] or ["says nothing"]
        return said[-1] if said else last[0]
    return "" if frames else "no frame came out of nvstreammux"


def _title(program: Program, file: Path) -> str:
    """The path, and the pipeline file where the program takes one."""
    described = [word for word in program.arguments.split() if word.endswith("_x86.yaml")]
    return " ".join([file.as_posix(), *described])


def _print_result(title: str, result: Result) -> None:
    code = "stopped" if result.exit_code is None else str(result.exit_code)
    ran = "yes" if result.ran else "no"
    _print_row(title, ran, result.frames, result.objects, code, result.problem[:160])


def _print_row(*cells: object) -> None:
    print("| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |", flush=True)


# Inputs


@contextlib.contextmanager
def _inputs(folder: Path, seconds: int) -> Iterator[dict[str, str]]:
    """The bundled video in all forms that programs read, cut to a length."""
    video, bare = folder / "sample.mp4", folder / "sample.h264"
    caps = "video/x-h264,stream-format=byte-stream,alignment=au"
    _extract(seconds, f"mp4mux ! filesink location={video}")
    _extract(seconds, f"{caps} ! filesink location={bare}")
    rtsp = _rtsp(video)
    (folder / "rtsp.yaml").write_text(_SOURCES.format(uri=rtsp))
    (folder / "files.yaml").write_text(_SOURCES.format(uri=video.as_uri()))
    with _kafka() as broker, _usual_address(broker):
        yield {
            "h264": str(bare),
            "uri": video.as_uri(),
            "long_uri": samples.path("sample_720p.mp4").as_uri(),
            "jpg": str(samples.path("sample_720p.jpg")),
            "rtsp": rtsp,
            "rtsp_list": str(folder / "rtsp.yaml"),
            "source_list": str(folder / "files.yaml"),
            "kafka": f"{broker.replace(':', ';')};pythia",
        }


def _extract(seconds: int, end: str) -> None:
    pipeline = Gst.parse_launch(
        f"filesrc location={samples.path('sample_720p.mp4')} ! qtdemux ! h264parse "
        f"config-interval=-1 ! identity eos-after={seconds * _FPS + 1} ! {end}"
    )
    pipeline.set_state(Gst.State.PLAYING)
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, wanted)
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        raise PythiaError("the bundled video could not be cut")


@contextlib.contextmanager
def _kafka() -> Iterator[str]:
    """A Kafka cluster of the tests; its address."""
    command = [sys.executable, str(ROOT / "tests/support/kafka_cluster.py"), "1"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


@contextlib.contextmanager
def _usual_address(broker: str) -> Iterator[None]:
    """Pass what comes to Kafka's usual port on to a broker, for programs that name no other."""

    class Passing(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            host, _, port = broker.rpartition(":")
            with socket.create_connection((host, int(port))) as there:
                back = threading.Thread(target=_pump, args=(there, self.request), daemon=True)
                back.start()
                _pump(self.request, there)
                back.join()

    try:
        server = socketserver.ThreadingTCPServer(("127.0.0.1", _KAFKA_PORT), Passing)
    except OSError:  # somebody's own broker
        yield
        return
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _rtsp(video: Path) -> str:
    """Serve the video over RTSP, from a thread that ends with this process; its address."""
    import gi

    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GstRtspServer

    server = GstRtspServer.RTSPServer.new()
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(
        f"( filesrc location={video} ! qtdemux ! h264parse ! rtph264pay name=pay0 "
        "config-interval=1 )"
    )
    server.get_mount_points().add_factory("/sample", factory)
    server.attach(None)
    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
    return f"rtsp://127.0.0.1:{server.get_bound_port()}/sample"


if __name__ == "__main__":
    sys.exit(main())

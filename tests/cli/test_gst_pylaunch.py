from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pythia.cli.exit_code import Exit
from pythia.gst import Gst

Start = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

PIPELINE = "videotestsrc num-buffers=10 ! identity name=i ! fakesink"
SINK = "filesink location=out"
CHECK = "videotestsrc ! nvvideoconvert ! nvinfer name=n config-file-path=/no.txt ! fakesink"
RECORDING = (
    "videotestsrc is-live=true ! identity name=i ! x264enc tune=zerolatency speed-preset=ultrafast"
    " ! mp4mux ! filesink location={out}"
)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["videotestsrc num-buffers=1 ! fakesnk"], 2, "fakesnk.*fakesink"),
        (["videotestsrc ! fakesink location={x}"], 2, "missing parameter: x"),
        (["-p", "nofile"], 2, "'nofile': No such file"),
        ([PIPELINE, "--gst-debg=3"], 2, "--gst-debg, did you mean '--gst-debug'"),
        ([PIPELINE, "-x", "probe.py:everythin@i.src"], 3, "did you mean 'everything'"),
        ([PIPELINE, "-x", "probe.py:forms@i.src"], 3, r"\(batch_meta\)"),
        ([PIPELINE, "-x", "probe.py:everything@j.src"], 4, "'j'.*videotestsrc0, i, fakesink0"),
        (["filesrc location=/nowhere/x ! fakesink"], 5, "filesrc0.*/nowhere/x"),
        (["--check", "v4l2src device=/dev/none ! fakesink"], 5, "v4l2src0.*/dev/none"),
        (["--check", PIPELINE, "-x", "probe.py:stuck@x.src"], 4, "'x'"),
        (["--check", CHECK], 5, "error: n .nvinfer.: .*/no.txt"),
        ([PIPELINE.replace("name=i", "name=i error-after=3")], 1, "error: i "),
    ],
)
def test_an_error_is_short_and_has_its_exit_code(
    run: Run, words: list[str], code: int, message: str
) -> None:
    done = run(*words)

    assert done.returncode == code, done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") <= 2
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("probe", "code", "last_line", "message"),
    [
        ("probe.py:seventh@i.src", 6, "    raise ValueError", "error: probe seventh on i.src"),
        ("broken.py:any@i.src", 3, "    import nowhere_to", "error: cannot load broken.py"),
    ],
)
def test_an_error_of_the_user_shows_the_users_lines_only(
    run: Run, probe: str, code: int, last_line: str, message: str
) -> None:
    done = run(PIPELINE, "-x", probe)

    assert done.returncode == code
    assert last_line in done.stderr
    assert f"\n{message}" in done.stderr
    files = re.findall(r'File "(.*?)"', done.stderr)
    assert {Path(file).name for file in files} == {probe.split(":")[0]}


def test_standard_output_carries_json_lines_and_nothing_else(run: Run) -> None:
    done = run(PIPELINE, "-vmt", "-x", "probe.py:noisy@i.src", "-x", "probe.py:everything@i.sink")

    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == Exit.FINE
    assert events.count({"n": 1}) == 10
    assert sum(event.get("name") == "é" for event in events) == 10
    assert len(events) == 20
    assert done.stderr.count("not from an event") == 10
    assert done.stderr.count("printed") == 10
    assert "caps = video/x-raw" in done.stderr
    assert "(state-changed)" in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_change_nothing_else(folder: Path, closed: str) -> None:
    command = f'"$0" -m pythia.cli.gst_pylaunch "$1" {closed}'

    done = subprocess.run(
        ["sh", "-c", command, sys.executable, PIPELINE.replace("fakesink", SINK)],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )

    assert done.returncode == Exit.FINE, done.stderr
    assert "Traceback" not in done.stderr
    assert (folder / "out").stat().st_size >= 10 * 320 * 240


@pytest.mark.parametrize("option", ["--help", "--version", "--dry-run"])
def test_a_full_disk_is_an_error_in_one_line(folder: Path, option: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "pythia.cli.gst_pylaunch", PIPELINE, option],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert done.returncode == Exit.RUN_ERROR
    assert done.stderr == "error: cannot write to standard output: No space left on device\n"


def test_a_warning_that_comes_again_and_again_is_told_ever_more_rarely(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "warning.py").write_text(
        "from pythia.gst import GLib, Gst\n\n\n"
        "def warn(pad, info):\n"
        "    element = pad.get_parent_element()\n"
        "    error = GLib.Error.new_literal(Gst.StreamError.quark(), 'odd', 1)\n"
        "    element.post_message(Gst.Message.new_warning(element, error, ''))\n"
    )

    words = PIPELINE.replace("=10 ", "=120 ")

    done = run(words, "-x", f"{tmp_path / 'warning.py'}:warn@i.src")

    lines = [line for line in done.stderr.splitlines() if line.startswith("warning: i")]
    assert [line.rpartition(" (")[2] for line in lines[1:]] == ["the 10th time)", "the 100th time)"]


@pytest.mark.parametrize(
    "command", ["gst_pylaunch import main; main(['fakesrc'])", "run import run; run(['x.py'])"]
)
def test_a_machine_without_pygobject_gets_one_line_that_says_what_to_do(command: str) -> None:
    script = f"import sys; sys.modules['gi'] = None; from pythia.cli.{command}"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    (line,) = done.stderr.splitlines()
    assert "pythia needs PyGObject" in line
    assert "apt-get install python3-gi" in line


def test_quiet_says_nothing(run: Run) -> None:
    done = run("-q", "-p", "-", stdin=f"# a comment\n{PIPELINE}\n")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_dry_run_prints_the_pipeline_that_would_run(run: Run) -> None:
    done = run("nosuchelement x={x} ! y", "--x=a b", "--dry-run")

    assert (done.returncode, done.stdout, done.stderr) == (0, "nosuchelement x=a\\ b ! y\n", "")


def test_check_builds_the_pipeline_and_plays_nothing(run: Run, folder: Path) -> None:
    words = ["videotestsrc ! identity name=i ! filesink location={x}", "--x=out", "--check"]

    (folder / "out").write_text("precious")
    done = run(*words, "-x", "probe.py:everything@i.src")

    assert done.returncode == Exit.FINE, done.stderr
    assert done.stdout == ""
    assert (folder / "out").read_text() == "precious"


def test_version_tells_pythia_gstreamer_and_the_runtime(run: Run) -> None:
    done = run("--version", PYTHIA_RUNTIME="portable")

    assert re.search(r"^pythia \d", done.stdout)
    assert "\nGStreamer 1." in done.stdout
    assert "\nruntime portable" in done.stdout


def wait_for_event(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    # Not readline: communicate() does not see what a buffer has read beyond the line.
    while (char := os.read(process.stdout.fileno(), 1)) != b"\n":
        assert char, "no event came"


def frames_in(file: Path) -> int:
    text = f'filesrc location="{file}" ! qtdemux ! h264parse ! avdec_h264 ! appsink sync=false'
    pipeline: Any = Gst.parse_launch(f"{text} name=end")
    sink = pipeline.get_by_name("end")
    pipeline.set_state(Gst.State.PLAYING)
    frames = 0
    while sink.emit("pull-sample"):
        frames += 1
    pipeline.set_state(Gst.State.NULL)
    return frames


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_finishes_the_file_that_is_written(
    start: Start, folder: Path, number: signal.Signals
) -> None:
    with start(RECORDING, "--out=a b.mp4", "-x", "probe.py:everything@i.src") as process:
        wait_for_event(process)
        process.send_signal(number)
        out, error = process.communicate(timeout=20)

    assert process.returncode == Exit.FINE, error
    assert f"{number.name}: ending the stream" in error
    assert frames_in(folder / "a b.mp4") == out.count("\n") + 1


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        ("without_end", "error: stopped before the end of the stream; files may be incomplete"),
        ("stuck", "error: the pipeline does not stop; files may be incomplete"),
    ],
)
def test_a_second_signal_stops_at_once(start: Start, probe: str, message: str) -> None:
    with start(RECORDING, "--out=x.mp4", "-x", f"probe.py:{probe}@i.src") as process:
        wait_for_event(process)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "SIGINT" in process.stderr.readline()
        before_s = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=20)

    assert time.monotonic() - before_s < 4
    assert process.returncode == Exit.RUN_ERROR
    assert error.endswith(f"{message}\n")


def test_ctrl_c_while_the_probe_is_loaded_ends_at_once(start: Start, folder: Path) -> None:
    (folder / "slow.py").write_text("import os, time\nos.write(2, b'x\\n')\ntime.sleep(60)\n")
    with start(PIPELINE, "-x", "slow.py:f@i.src") as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=10)

    assert (process.returncode, out, error) == (-signal.SIGINT, "", "")


def test_sighup_writes_a_picture_and_lets_it_run(start: Start, folder: Path) -> None:
    live = "videotestsrc is-live=true ! identity name=i ! fakesink"
    words = [live, "-x", "probe.py:everything@i.src"]
    with start(*words, GST_DEBUG_DUMP_DOT_DIR=str(folder)) as process:
        wait_for_event(process)
        process.send_signal(signal.SIGHUP)
        deadline_s = time.monotonic() + 10
        while not list(folder.glob("*.snapshot.dot")) and time.monotonic() < deadline_s:
            wait_for_event(process)
        running = process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert running
    assert list(folder.glob("*.snapshot.dot"))
    assert list(folder.glob("*.PAUSED_PLAYING.dot"))


def test_on_a_terminal_there_is_a_progress_line(folder: Path) -> None:
    terminal, end = pty.openpty()
    live = "videotestsrc is-live=true num-buffers=30 ! identity name=i ! fakesink"
    words = [live, "-x", "probe.py:everything@i.src"]
    with subprocess.Popen(
        [sys.executable, "-m", "pythia.cli.gst_pylaunch", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=end,
    ) as process:
        os.close(end)
        shown = b""
        try:
            while part := os.read(terminal, 4096):
                shown += part
        except OSError:  # how a terminal says that the other end is closed
            pass
        os.close(terminal)
        assert process.stdout is not None
        assert process.stdout.read().count(b"\n") == 30

    assert re.search(
        rb"\r\x1b\[K0:00:00\.\d / 0:00:01\.0, \d+ frames, \d+\.\d frames/s, \d+ objects", shown
    )
    assert re.search(rb"ended after 0:00:0\d\.\d, 30 frames, .*30 objects\r\n$", shown)


def test_a_plain_pipeline_loads_no_heavy_library() -> None:
    script = (
        "import sys, pythia.gst; before = set(sys.modules); "  # newer PyGObject: asyncio
        "from pythia.cli.gst_pylaunch import main; "
        "main(['-q', 'videotestsrc num-buffers=1 ! fakesink']); "
        "print(*{'cv2', 'onnxruntime', 'yaml', 'jinja2', 'asyncio'} & (set(sys.modules) - before),"
        " file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stderr == "\n"

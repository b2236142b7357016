"""``pythia run``: a script runs as Python itself would run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pythia import samples
from pythia.gst import Gst

Run = Callable[..., "subprocess.CompletedProcess[str]"]
PROGRAMS = Path(__file__).with_name("programs")


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "folder" / "program.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file

    return write


FACTS = """
import os, sys
from neighbour import here
print(__name__, __file__, sys.argv, sys.path[0], os.getcwd(), __spec__)
print(sys.modules["__main__"].here)
"""


def test_name_arguments_and_folders_are_those_that_python_gives(
    script: Callable[[str], Path], pythia_run: Run, tmp_path: Path
) -> None:
    script(FACTS).with_name("neighbour.py").write_text("here = 'beside the script'")
    words = ["folder/program.py", "--help", "-x", "two words"]

    ours = pythia_run(*words)

    python = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ours.returncode == 0, ours.stderr
    assert ours.stdout == python.stdout


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 0),
        ("raise SystemExit", 0),
        ("import sys; sys.exit(7)", 7),
        ("import sys; sys.exit('reason')", 1),
        ("1 / 0", 1),
        ("this is no Python", 1),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT); input()", -signal.SIGINT),
    ],
)
def test_exit_code_and_last_words_are_pythons(
    text: str, code: int, script: Callable[[str], Path], pythia_run: Run
) -> None:
    file = script(text)

    ours = pythia_run(file)

    python = subprocess.run(
        [sys.executable, file],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert (ours.returncode, ours.stdout) == (code, "")
    assert ours.stderr.splitlines()[-1:] == python.stderr.splitlines()[-1:]


def test_a_traceback_shows_the_users_frames_only(
    script: Callable[[str], Path], pythia_run: Run
) -> None:
    file = script("import pyds\ndef f():\n    pyds.get_string('no address')\nf()\n")

    stderr = pythia_run(file).stderr

    assert stderr.count('File "') == 2
    assert stderr.count(f'File "{file}"') == 2
    assert stderr.splitlines()[-1].startswith("TypeError: get_string()")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.py"], "cannot open 'none.py': No such file or directory"),
        (["."], "cannot open '.': Is a directory"),
        ([], "SCRIPT is missing"),
        (["--fast", "x.py"], "'--fast' is no script"),
    ],
)
def test_what_is_no_script_is_said_in_one_line_and_exits_with_2(
    words: list[str], said: str, pythia_run: Run
) -> None:
    ended = pythia_run(*words)

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[0] == f"pythia run: {said}"


def test_a_child_made_by_multiprocessing_finds_the_scripts_functions(
    script: Callable[[str], Path], pythia_run: Run
) -> None:
    text = """
from multiprocessing import get_context
def work(number):
    import pyds
    print(number, pyds.__version__, flush=True)
if __name__ == "__main__":
    child = get_context("fork").Process(target=work, args=(5,))
    child.start(); child.join()
"""

    assert pythia_run(script(text)).stdout == "5 1.2.0\n"


# Programs


@pytest.fixture
def bare_stream(tmp_path: Path) -> Path:
    """The first frames of the bundled video as a bare H.264 stream."""
    file = tmp_path / "sample.h264"
    pipeline = Gst.parse_launch(
        f"filesrc location={samples.path('sample_720p.mp4')} ! qtdemux ! h264parse "
        "config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au ! "
        f"identity eos-after=9 ! filesink location={file}"
    )
    pipeline.set_state(Gst.State.PLAYING)
    bus = pipeline.get_bus()
    assert bus is not None
    bus.timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.EOS)
    pipeline.set_state(Gst.State.NULL)
    return file


def test_a_program_that_walks_boxes_runs_and_is_counted(
    pythia_run: Run, bare_stream: Path, detector_config: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"

    ended = pythia_run(
        PROGRAMS / "boxes.py", bare_stream, detector_config, PYTHIA_RUN_REPORT=str(report)
    )

    assert ended.returncode == 0, ended.stderr
    totals = eval(ended.stdout)
    counted = json.loads(report.read_text())
    frames = totals.pop("frames")
    assert frames >= 8
    assert totals["car"] > 5 * frames
    assert "wrong" not in totals
    assert counted["nvstreammux"] == {"factory": "nvstreammux", "frames": frames, "objects": 0}
    assert counted["nvinfer"]["objects"] == sum(totals.values())


def test_event_messages_of_a_program_become_payloads(
    pythia_run: Run, detector_config: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "payloads"
    folder.mkdir()

    ended = pythia_run(PROGRAMS / "events.py", detector_config, folder)

    assert ended.returncode == 0, ended.stderr
    first = json.loads(min(folder.iterdir()).read_text())
    assert first["sensorId"] == "sensor-0"
    assert first["objects"][0].endswith("|Vehicle|#||||blue|||0")
    assert first["@timestamp"].startswith("20")


def test_a_program_gets_jpegs_of_frames_and_objects_and_latencies(
    pythia_run: Run, detector_config: Path, tmp_path: Path
) -> None:
    import cv2

    folder = tmp_path / "pictures"
    folder.mkdir()

    ended = pythia_run(
        PROGRAMS / "pictures.py", detector_config, folder, NVDS_ENABLE_LATENCY_MEASUREMENT="1"
    )

    assert ended.returncode == 0, ended.stderr
    frame = cv2.imread(str(folder / "frame0.jpg"))
    original = cv2.imread(str(samples.path("sample_720p.jpg")))
    assert frame is not None
    assert original is not None
    assert abs(frame.astype(int) - original).mean() < 3
    (file,) = folder.glob("object0_*.jpg")
    crop = cv2.imread(str(file))
    assert crop is not None
    assert crop.shape[1] == int(file.stem.split("_")[1])
    assert "Source id = 0 Frame_num = 0 Frame latency = " in ended.stdout
    assert ended.stdout.endswith("1 measured\n")


def test_each_missing_file_is_told_once(pythia_run: Run, detector_config: Path) -> None:
    ended = pythia_run(PROGRAMS / "events.py", detector_config, detector_config.parent)

    told = [line for line in ended.stderr.splitlines() if line.startswith("pythia: there is no ")]
    assert len(told) == len(set(told)) == 3, ended.stderr
    assert all(os.path.exists(line.split("; using ")[1]) for line in told)

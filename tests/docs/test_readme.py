"""The README does what it says: its examples run, its links and commands exist."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from pythia.cli.exit_code import Exit
from pythia.gst import Gst
from support.console import README_KEYS, ROOT, Event, events_in, run
from support.decoded import decoded
from support.servers import PASSWORD, Server, Servers

_README = (ROOT / "README.md").read_text(encoding="utf-8")
_DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
_EXAMPLE = re.compile(r"^<!-- example: (\S+) -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SURE = 28  # frames of the 30 that come in any case
_EXAMPLES = dict(_EXAMPLE.findall(_README))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the README's files in it; what they write goes there instead of /tmp."""
    folder = tmp_path_factory.mktemp("readme")
    for name, text in _EXAMPLES.items():
        (folder / name).write_text(text.replace("/tmp/", f"{folder}/"))
    return folder


@pytest.fixture(scope="module")
def launched(folder: Path) -> list[Event]:
    """The events that the README's command prints."""
    done = run(["bash", "-e", "run"], folder)
    assert done.returncode == 0, done.stderr
    return events_in(done.stdout)


def test_the_examples_are_those_that_are_tested_here() -> None:
    assert set(_EXAMPLES) == {
        "probe.py",
        "pipeline.txt",
        "run",
        "application.py",
        "kafka_application.py",
        "background.py",
        "test_probe.py",
        "env",
    }


@pytest.mark.parametrize("name", ["probe.py", "pipeline.txt"])
def test_the_examples_folder_has_the_readmes_files(name: str) -> None:
    assert (ROOT / "examples" / name).read_text(encoding="utf-8") == _EXAMPLES[name]


def test_the_command_prints_json_lines(launched: list[Event]) -> None:
    numbers = [event["frame_num"] for event in launched]

    assert all(list(event) == README_KEYS for event in launched)
    # Nearly 30: identity's own count, and what decoders have in the works when it says stop,
    # differ between versions of GStreamer.
    assert _SURE <= max(numbers) + 1 <= 45
    assert set(numbers) == set(range(max(numbers) + 1))


def test_the_command_leaves_a_video_with_boxes(launched: list[Event], folder: Path) -> None:
    frames = decoded(folder / "overlayed.mp4")

    assert len(frames) >= _SURE
    assert frames[0].shape == (720, 1280, 3)
    sure = [event for event in launched if event["frame_num"] < _SURE]
    shown = [event for event in sure if event["confidence"] > 0.9 and event["height"] > 60]
    assert len(shown) > 30
    red = [_redness(frames[event["frame_num"]], event) > 60 for event in shown]
    assert np.mean(red) > 0.9  # a label of another box may cover the edge


def _redness(frame: np.ndarray[Any, Any], event: Event) -> float:
    """How much redder than green and blue the middle of a box's left edge is."""
    column = max(round(event["left"]), 2)
    middle = round(event["top"] + event["height"] / 2)
    edge = frame[middle - 10 : middle + 10, column - 2 : column + 3].astype(np.int64)
    redness = edge[..., 0] - edge[..., 1:].max(axis=-1)
    return float(np.median(redness.max(axis=1)))


def test_the_application_leaves_its_events_and_its_video(folder: Path) -> None:
    (folder / "overlayed.mp4").unlink(missing_ok=True)

    done = run(["python", "application.py"], folder)

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    events = events_in((folder / "detections.jsonl").read_text())
    assert {tuple(event) for event in events} == {("frame", "label")}
    assert {event["frame"] for event in events} >= set(range(_SURE))
    assert len(decoded(folder / "overlayed.mp4")) >= _SURE


def _on(server: Server, folder: Path, name: str) -> None:
    """Let an example talk to ``server`` instead of the host that it names."""
    text = re.sub(rf"{server.SCHEME}:\d+", f"127.0.0.1:{server.port}", _EXAMPLES[name])
    login = f"{server.USER}:{quote(PASSWORD, safe='')}@" if server.HAS_PASSWORD else ""
    text = text.replace(f"{server.SCHEME}://", f"{server.SCHEME}://{login}")
    (folder / name).write_text(text.replace("/tmp/", f"{folder}/"))


def test_the_application_with_its_own_producer_tells_of_its_start_and_its_end(
    server_of: Servers, folder: Path
) -> None:
    kafka = server_of("kafka")
    for topic in ("app_events", "raw_detections"):
        kafka.expect(topic)
    _on(kafka, folder, "kafka_application.py")

    done = run(["python", "kafka_application.py"], folder)

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    told = [json.loads(event) for event in kafka.events("app_events", 2)]
    assert [event["CONDITION"] for event in told] == ["STARTED", "EOS"]
    assert "memory:NVMM" in told[0]["PAD_CAPS"]
    events = [json.loads(event) for event in kafka.events("raw_detections", 1)]
    assert all(list(event) == README_KEYS for event in events)
    assert {event["frame_num"] for event in events} >= set(range(_SURE))


def test_the_application_with_its_own_producer_tells_of_an_error(
    server_of: Servers, folder: Path
) -> None:
    kafka = server_of("kafka")
    kafka.expect("failed_app_events")
    _on(kafka, folder, "kafka_application.py")
    script = folder / "kafka_application.py"
    text = script.read_text().replace('"app_events"', '"failed_app_events"')
    script.write_text(text.replace(str(folder / "overlayed.mp4"), "/nowhere/overlayed.mp4"))

    done = run(["python", "kafka_application.py"], folder)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "RuntimeError: Unhandled pipeline error"
    (told,) = [json.loads(event) for event in kafka.events("failed_app_events", 1)]
    assert told["CONDITION"] == "ERROR"
    assert "/nowhere/overlayed.mp4" in told["ERR"]


def test_the_background_example_delivers_all_it_has_counted(
    server_of: Servers, folder: Path
) -> None:
    redis = server_of("redis")
    _on(redis, folder, "background.py")

    done = run(["python", "background.py"], folder)

    assert done.returncode == 0, done.stderr
    *_, last = done.stdout.splitlines()
    counted = re.fullmatch(r"(\d+) of (\d+) events delivered", last)
    assert counted is not None
    queued = int(counted[2])
    frames = [json.loads(event)["frame"] for event in redis.events("detections", queued)]
    assert len(frames) >= queued > 500
    assert sorted(frames) == frames


def test_the_readmes_test_of_its_probe_passes(folder: Path) -> None:
    done = run(["python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_probe.py"], folder)

    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_plain_gstreamer_shows_the_element(folder: Path) -> None:
    if Gst.Registry.get().find_plugin("python") is None:
        pytest.skip("needs the package gstreamer1.0-python3-plugin-loader")

    done = run(["bash", "-e", "env"], folder)

    assert done.returncode == 0, done.stderr
    assert "config-file-path" in done.stdout


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_every_relative_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", (ROOT / name).read_text(encoding="utf-8"))

    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert missing == []


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_every_script_that_is_mentioned_can_be_started(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")

    scripts = set(re.findall(r"\./(scripts/[\w-]+)", text))

    if name == "README.md":
        assert {"scripts/demo", "scripts/test"} <= scripts
    assert [script for script in scripts if not os.access(ROOT / script, os.X_OK)] == []


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_every_file_that_is_mentioned_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    places = (ROOT, ROOT / "src" / "pythia")  # documents leave out the way to the rooms

    files = re.findall(r"`((?:\w+/)+\w+\.(?:py|md|txt|list))`", text)

    assert [file for file in files if not any((place / file).exists() for place in places)] == []


def test_the_exit_codes_are_those_of_the_code() -> None:
    (sentence,) = re.findall(r"Exit codes: (.*?)\.$", _README, re.MULTILINE)

    told = {int(number): meaning for number, meaning in re.findall(r"(\d) ([^,]+)", sentence)}

    meanings = {
        Exit.FINE: "fine",
        Exit.RUN_ERROR: "error while running",
        Exit.INVALID_PIPELINE: "wrong usage or pipeline",
        Exit.INVALID_PROBE: "wrong probe",
        Exit.PROBE_TARGET_MISSING: "no such element or pad to probe",
        Exit.CANNOT_PLAY: "cannot play",
        Exit.PROBE_FAILED: "a probe failed",
    }
    assert set(meanings) == set(Exit)
    assert told == {int(code): meaning for code, meaning in meanings.items()}


def test_the_options_exist(folder: Path) -> None:
    (section,) = re.findall(r"^## From the command line.*?^## ", _README, re.MULTILINE | re.DOTALL)
    told = set(re.findall(r"--[a-z][a-z-]+", section))

    done = run(["gst-pylaunch", "-p", "pipeline.txt", "--help"], folder)

    assert done.returncode == 0
    known = set(re.findall(r"--[a-z][a-z-]+", done.stdout))
    assert told - {"--version"} <= known
    assert {"--input", "--pgie-conf", "--output"} <= known
    for letter in "vmtqe":
        assert re.search(rf"(?<![\w-])-{letter}\b", done.stdout), letter


@pytest.mark.parametrize("uri", ["log://?stream=stderr", "file://{}/events.jsonl"])
def test_the_stream_variable_sends_events_elsewhere(folder: Path, uri: str) -> None:
    assert uri.split("{")[0] in _README
    target = folder / "events.jsonl"
    words = ["videotestsrc num-buffers=2 ! m.sink_0 nvstreammux name=m batch-size=1 width=64 "]
    words[0] += "height=48 ! identity name=i ! fakesink"
    (folder / "one.py").write_text("def gen(batch_meta):\n    yield {'number': 1}\n")

    done = run(
        ["gst-pylaunch", "-q", *words, "--probe=one.py:gen@i.src"],
        folder,
        PYTHIA_STREAM_URI=uri.format(folder),
    )

    assert (done.returncode, done.stdout) == (0, "")
    written = target.read_text() if target.exists() else done.stderr
    assert events_in(written) == [{"number": 1}] * 2


def test_the_documented_samples_can_be_listed(folder: Path) -> None:
    names = run(["bash", "-c", "pythia samples"], folder).stdout.split()

    assert {"sample_720p.mp4", "config_infer_primary.txt"} <= set(names)

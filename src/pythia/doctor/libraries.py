"""Python and the libraries of pythia's extras."""

from __future__ import annotations

import platform
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any

from pythia.doctor.asking import ask
from pythia.doctor.check import Check, Purpose

SECTION = "Python"
DISTRIBUTION = "pythiags"

LIBRARIES = {
    "numpy": ("numpy", ""),
    "orjson": ("orjson", ""),
    "cv2": ("opencv-python-headless", "portable"),
    "onnxruntime": ("onnxruntime", "portable"),
    "PIL": ("Pillow", "portable"),
    "yaml": ("PyYAML", "portable"),
    "scipy": ("scipy", "portable"),
    "jinja2": ("jinja2", "jinja"),
}
"""Module -> distribution, and the extra that installs it (none: always)."""

CLIENTS = {
    "confluent_kafka": ("confluent-kafka", "kafka"),
    "redis": ("redis", "redis"),
    "paho.mqtt": ("paho-mqtt", "mqtt"),
    "pika": ("pika", "amqp"),
    "nats": ("nats-py", "nats"),
    "msgpack": ("msgpack", "msgpack"),
}
"""The same for the clients of event streams."""

_OLDEST_PYTHON = (3, 10)


def look(names: Sequence[str], deadline_s: float) -> dict[str, Any]:
    """Import each module in another process; one that crashes it does not hide the others.

    Returns:
        What the probe ``libraries`` says of each; ``{"error": why}`` for one that crashed.
    """
    found: dict[str, Any] = {}
    left = list(names)
    while left:
        answer = ask("libraries", left, deadline_s)
        found |= answer.facts
        left = [name for name in left if name not in found]
        if left:
            found[left[0]] = {"absent": False, "error": answer.failure or "said nothing"}
            left = left[1:]
        if time.monotonic() > deadline_s:
            late = {"absent": False, "error": "there was no time left to look at it"}
            return found | dict.fromkeys(left, late)
    return found


def checks(found: Mapping[str, Any], purpose: Purpose) -> Iterator[Check]:
    """The libraries, judged."""
    yield _python()
    for module, (distribution, extra) in LIBRARIES.items():
        needed = not extra or purpose == "all" or (extra == "portable" and purpose == "portable")
        yield _check(SECTION, distribution, extra, found[module], needed=needed)
    if len(installed := _onnx_runtimes()) > 1:
        yield _several(installed)


def client_checks(found: Mapping[str, Any], purpose: Purpose) -> Iterator[Check]:
    """The clients of event streams, judged."""
    for module, (distribution, extra) in CLIENTS.items():
        section = "event streams"
        yield _check(section, distribution, extra, found[module], needed=purpose == "all")


def _python() -> Check:
    found = f"{platform.python_version()}, {sys.executable}"
    if sys.version_info >= _OLDEST_PYTHON:
        return Check(SECTION, "Python", "ok", found, needed=True)
    remedy = "/usr/bin/python3 -m venv --system-site-packages venv"
    return Check(SECTION, "Python", "missing", f"{found}: 3.10 or later", remedy, needed=True)


def _check(
    section: str, distribution: str, extra: str, found: Mapping[str, Any], *, needed: bool
) -> Check:
    name = "ONNX Runtime" if distribution == "onnxruntime" else distribution
    wanted = _requirements().get(distribution.lower(), "")
    if "error" in found:
        what = "not installed" if found["absent"] else f"cannot be imported: {found['error']}"
        remedy = _how_to_get(distribution, extra, broken=not found["absent"])
        return Check(section, name, "missing", what, remedy, needed)
    version = found["version"] or _installed_version(distribution)
    if not _is_in(version, wanted):
        what = f"{version}, which is not {wanted}"
        remedy = f"{sys.executable} -m pip install '{distribution}{wanted}'"
        return Check(section, name, "missing", what, remedy, needed)
    providers = found.get("providers")
    return Check(section, name, "ok", f"{version}{_named(providers)}", needed=needed)


def _named(providers: Sequence[str] | None) -> str:
    if not providers:
        return ""
    return f", providers: {', '.join(p.removesuffix('ExecutionProvider') for p in providers)}"


def _how_to_get(distribution: str, extra: str, *, broken: bool) -> str:
    pip = f"{sys.executable} -m pip install"
    if broken:
        wanted = _requirements().get(distribution.lower(), "")
        return f"{pip} --force-reinstall --no-cache-dir '{distribution}{wanted}'"
    return f"{pip} '{DISTRIBUTION}[{extra}]'" if extra else f"{pip} {distribution}"


def _requirements() -> dict[str, str]:
    """The versions that pythia asks for, by distribution in small letters."""
    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # run from its sources
        lines = []
    matches = (re.match(r"([\w.-]+)(?:\[[^\]]*\])?\s*([<>=!~\d.,\w]*)", line) for line in lines)
    return {match[1].lower(): match[2] for match in matches if match}


def _is_in(version: str, wanted: str) -> bool:
    """Whether a version is in a range such as ``>=1.22,<3``; what cannot be read is."""
    for operator, bound in re.findall(r"(>=|<)([\d.]+)", wanted):
        if numbers := _numbers(version):
            is_less = numbers < _numbers(bound)
            if is_less != (operator == "<"):
                return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _installed_version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _onnx_runtimes() -> list[str]:
    names = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml")
    return [name for name in names if _installed_version(name)]


def _several(installed: list[str]) -> Check:
    found = f"{' and '.join(installed)} are installed over each other"
    keep = installed[-1]
    pip = f"{sys.executable} -m pip"
    remedy = f"{pip} uninstall -y {' '.join(installed)} && {pip} install {keep}"
    return Check(SECTION, "ONNX Runtime packages", "warning", found, remedy)

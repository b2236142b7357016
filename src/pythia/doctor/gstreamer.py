"""GStreamer, PyGObject and the plugins that pythia's pipelines use."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pythia.doctor.asking import Answer
from pythia.doctor.check import Check, Purpose, apt

SECTION = "GStreamer"
OLDEST = (1, 20)

PACKAGES: dict[str, tuple[str, ...]] = {
    "gstreamer1.0-plugins-base": (
        *("uridecodebin3", "uridecodebin", "decodebin", "appsrc", "videoconvert", "videoscale"),
        *("videorate", "videotestsrc", "audioconvert", "audioresample"),
    ),
    "gstreamer1.0-plugins-good": (
        *("qtdemux", "mp4mux", "matroskademux", "splitmuxsink", "multifilesink", "udpsink"),
        *("rtspsrc", "rtph264depay", "rtph265depay", "rtpjpegdepay", "jpegdec", "jpegenc"),
        *("v4l2src", "autovideosink"),
    ),
    "gstreamer1.0-plugins-bad": ("h264parse", "h265parse", "mpegtsmux"),
    "gstreamer1.0-libav": ("avdec_h264", "avdec_h265"),
    "gstreamer1.0-plugins-ugly": ("x264enc",),
    "gstreamer1.0-x": ("xvimagesink", "ximagesink"),
}
"""Packages of Debian and Ubuntu, and the elements of each that pipelines use."""

_WITHOUT = {
    "gstreamer1.0-libav": "H.264 and H.265 are not decoded in software",
    "gstreamer1.0-plugins-ugly": "H.264 is not encoded in software",
    "gstreamer1.0-x": "no windows on an X display",
}
_NEEDED_BY_DEEPSTREAM = frozenset(list(PACKAGES)[:3])
_NEEDED_BY_PORTABLE = frozenset(list(PACKAGES)[:4])
_BINDINGS = ("python3-gi", "python3-gst-1.0", "gir1.2-gstreamer-1.0", "gir1.2-gst-plugins-base-1.0")
_SEES = re.compile(r"include-system-site-packages\s*=\s*true", re.IGNORECASE)


def registry() -> str:
    """Where GStreamer keeps what it knows of plugins, as a shell takes it."""
    if own := os.environ.get("GST_REGISTRY"):
        return shlex.quote(own)
    cache = os.environ.get("XDG_CACHE_HOME")
    return shlex.quote(f"{cache}/gstreamer-1.0") if cache else "~/.cache/gstreamer-1.0"


def checks(answer: Answer, purpose: Purpose, *, has_deepstream: bool) -> Iterator[Check]:
    """What the probe ``gstreamer`` has found, judged."""
    facts = answer.facts
    if "pygobject" not in facts:
        yield _no_pygobject(facts.get("no_pygobject") or answer.failure)
        return
    yield Check(SECTION, "PyGObject", "ok", facts["pygobject"], needed=True)
    if "gstreamer" not in facts:
        yield _no_gstreamer(facts.get("no_gstreamer", ""), answer.failure)
        return
    yield _version(facts["gstreamer"])
    if "has_overrides" in facts:
        yield _overrides(facts["has_overrides"])
    if "factories" in facts:
        yield from _packages(facts["factories"], purpose, has_deepstream=has_deepstream)
    if "blacklisted" in facts:
        yield _blacklisted(facts["blacklisted"])
        yield _plugin_loader(facts["has_python_loader"])
    if answer.failure:
        yield _unfinished(answer.failure)


def _no_pygobject(why: str) -> Check:
    found = f"the module 'gi' cannot be imported: {why}"
    return Check(SECTION, "PyGObject", "missing", found, _how_to_get_gi(), needed=True)


def _how_to_get_gi() -> str:
    install = apt(*_BINDINGS)
    if _sees_system_packages():
        return install
    # A new environment: there may be much in the present one.
    return (
        f"{install} && /usr/bin/python3 -m venv --system-site-packages pythia-venv && "
        "pythia-venv/bin/pip install 'pythiags[portable]'"
    )


def _sees_system_packages() -> bool:
    """Whether this is the system's Python, to which PyGObject belongs, with its packages."""
    if sys.base_prefix != "/usr":
        return False
    settings = Path(sys.prefix) / "pyvenv.cfg"
    return not settings.exists() or bool(_SEES.search(settings.read_text(errors="replace")))


def _no_gstreamer(why: str, failure: str) -> Check:
    if why:
        found = f"its introspection data is not there: {why}"
        return Check(SECTION, "GStreamer", "missing", found, apt(*_BINDINGS), needed=True)
    if "no answer" in failure:
        found = f"{failure}; it may be looking through its plugins for the first time"
        remedy = "gst-inspect-1.0 >/dev/null && pythia doctor --timeout 60"
        return Check(SECTION, "GStreamer", "missing", found, remedy, needed=True)
    remedy = f"rm -rf {registry()} && gst-inspect-1.0 >/dev/null"
    return Check(SECTION, "GStreamer", "missing", failure, remedy, needed=True)


def _version(numbers: list[int]) -> Check:
    text = ".".join(map(str, numbers))
    if tuple(numbers[:2]) >= OLDEST:
        return Check(SECTION, "GStreamer", "ok", text, needed=True)
    found = f"{text} is too old: pythia needs 1.20, as in Ubuntu 22.04 and Debian 12"
    remedy = "docker build --file docker/Dockerfile --tag pythia ."
    return Check(SECTION, "GStreamer", "missing", found, remedy, needed=True)


def _overrides(there: bool) -> Check:
    name = "GStreamer for Python"
    if there:
        return Check(SECTION, name, "ok", "gi.overrides.Gst", needed=True)
    found = "PyGObject's overrides for Gst are not there"
    return Check(SECTION, name, "missing", found, apt("python3-gst-1.0"), needed=True)


def _packages(
    plugins: Mapping[str, Any], purpose: Purpose, *, has_deepstream: bool
) -> Iterator[Check]:
    needed = {
        "portable": _NEEDED_BY_PORTABLE,
        "deepstream": _NEEDED_BY_DEEPSTREAM,
        "all": frozenset(PACKAGES),
    }[purpose]
    for package, elements in PACKAGES.items():
        absent = [name for name in elements if not plugins[name]]
        if not absent:
            found = ", ".join(elements[:3]) + (", ..." if len(elements) > 3 else "")
            yield Check(SECTION, package, "ok", found, needed=package in needed)
            continue
        because = f": {_WITHOUT[package]}" if package in _WITHOUT else ""
        found = f"no {', '.join(absent)}{because}"
        remedy = _how_to_get(package, has_deepstream=has_deepstream)
        yield Check(SECTION, package, "missing", found, remedy, package in needed)


_ADDITIONAL = Path("/opt/nvidia/deepstream/deepstream/user_additional_install.sh")


def _how_to_get(package: str, *, has_deepstream: bool) -> str:
    # NVIDIA's containers have the packages, but libraries are deleted from them.
    if has_deepstream and _ADDITIONAL.exists():
        return str(_ADDITIONAL)
    return apt(package)


def _blacklisted(files: list[str]) -> Check:
    if not files:
        return Check(SECTION, "blacklisted plugins", "ok", "none")
    names = ", ".join(Path(file).name for file in files)
    found = f"{names}: could not be loaded when GStreamer last looked"
    remedy = f"rm -rf {registry()} && gst-inspect-1.0 --print-blacklist && ldd {files[0]}"
    return Check(SECTION, "blacklisted plugins", "warning", found, remedy)


def _plugin_loader(there: bool) -> Check:
    name = "Python plugin loader"
    if there:
        return Check(SECTION, name, "ok", "gst-launch-1.0 can use pythia's elements (pythia env)")
    found = "gst-launch-1.0 does not find pythia's elements; gst-pylaunch does"
    return Check(SECTION, name, "missing", found, apt("gstreamer1.0-python3-plugin-loader"))


def _unfinished(failure: str) -> Check:
    found = f"the examination ended early: {failure}"
    remedy = "GST_DEBUG=3 gst-inspect-1.0 >/dev/null"
    return Check(SECTION, "plugins", "warning", found, remedy)

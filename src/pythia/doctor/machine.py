"""What a program needs of the machine: display, memory, files, folders, typefaces, samples."""

from __future__ import annotations

import os
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from pythia.doctor.check import Check, apt, as_root
from pythia.exceptions import PythiaError

SECTION = "machine"
SINKS = {
    "DISPLAY": ["nveglglessink", "xvimagesink", "ximagesink"],
    "WAYLAND_DISPLAY": ["waylandsink"],
}
"""Variable -> elements that show a window there, as pythia's display sinks try them."""

_MIB = 1 << 20
_LEAST_SHARED_BYTES = 128 * _MIB
_LEAST_FREE_BYTES = 256 * _MIB
_LEAST_FILES = 1024


def checks(window: str | None) -> Iterator[Check]:
    """Look at the machine.

    Args:
        window: The element that opened the display, empty if none did, None if not tried.
    """
    yield _display(window)
    yield _shared_memory(_size_of("/dev/shm"), in_container=_is_in_container())
    yield _fonts()
    yield _open_files(resource.getrlimit(resource.RLIMIT_NOFILE))
    yield _spool(Path(os.environ.get("XDG_STATE_HOME") or _home() / ".local/state"))
    yield from _caches(Path(os.environ.get("XDG_CACHE_HOME") or _home() / ".cache"))
    yield _samples()


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user of a container that has a number only
        return Path("/nonexistent")


def _is_in_container() -> bool:
    return any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))


def _display(window: str | None) -> Check:
    present = {name: os.environ[name] for name in SINKS if os.environ.get(name)}
    if not present:
        found = f"{' and '.join(SINKS)} are not set: no windows; frames for them are dropped"
        remedy = (
            "docker run --env DISPLAY --volume /tmp/.X11-unix:/tmp/.X11-unix --ipc=host ..."
            "   # in a container; over ssh: ssh -X"
        )
        return Check(SECTION, "display", "missing", found, remedy)
    shown = ", ".join(f"{name}={value}" for name, value in present.items())
    if window is None:
        return Check(SECTION, "display", "warning", f"{shown}; not tried without GStreamer")
    if window:
        return Check(SECTION, "display", "ok", f"{window} opens {shown}")
    found = f"{shown}, but no sink can open it"
    # The X server takes only programs of the user who is logged in.
    remedy = "xhost +SI:localuser:$(id -un)   # on the desktop; in a container: +local:"
    return Check(SECTION, "display", "warning", found, remedy)


def _size_of(folder: str) -> int:
    try:
        stat = os.statvfs(folder)
    except OSError:
        return 0
    return stat.f_frsize * stat.f_blocks


def _shared_memory(size: int, *, in_container: bool) -> Check:
    name = "shared memory"
    if size >= _LEAST_SHARED_BYTES:
        return Check(SECTION, name, "ok", f"{size // _MIB} MiB in /dev/shm")
    found = (
        f"{size // _MIB} MiB in /dev/shm: windows on an X display fail with BadShmSeg, and "
        "programs that pass frames on with a bus error"
    )
    remedy = (
        "docker run --ipc=host ...   # or --shm-size=1g; QT_X11_NO_MITSHM=1 for windows of OpenCV"
        if in_container
        else as_root("mount -o remount,size=1g /dev/shm")
    )
    return Check(SECTION, name, "warning", found, remedy)


def _fonts() -> Check:
    name = "typefaces"
    if shutil.which("fc-match") is None:
        found = "no fontconfig: labels on video are drawn in Pillow's own typeface"
        return Check(SECTION, name, "missing", found, apt("fontconfig", "fonts-dejavu-core"))
    folders = ("/usr/share/fonts", "/usr/local/share/fonts", str(_home() / ".fonts"))
    if not any(True for f in folders for _ in Path(f).rglob("*.[to]tf")):
        found = "fontconfig has no typefaces: labels on video are drawn in Pillow's own"
        return Check(SECTION, name, "missing", found, apt("fonts-dejavu-core"))
    return Check(SECTION, name, "ok", "fontconfig and typefaces")


def _open_files(limits: tuple[int, int]) -> Check:
    name = "open files"
    soft = limits[0]
    if soft == resource.RLIM_INFINITY or soft >= _LEAST_FILES:
        return Check(SECTION, name, "ok", f"up to {'any number' if soft < 0 else soft}")
    found = f"up to {soft}; each camera takes some twenty"
    return Check(SECTION, name, "warning", found, "ulimit -n 4096")


def _spool(state: Path) -> Check:
    name = "spool"
    folder = state / "pythia/spool"
    there = _nearest(folder)
    if not os.access(there, os.W_OK):
        found = f"{folder}: {there} cannot be written; overflow=spool needs it"
        return Check(SECTION, name, "warning", found, "export XDG_STATE_HOME=/var/tmp/$(id -u)")
    free = shutil.disk_usage(there).free
    text = f"{free // _MIB} MiB free for {folder}"
    if free < _LEAST_FREE_BYTES:
        return Check(SECTION, name, "warning", f"only {text}", f"df -h {there}")
    return Check(SECTION, name, "ok", text)


def _caches(cache: Path) -> Iterator[Check]:
    uses = {
        "gstreamer-1.0": "each program looks through all plugins anew, which takes seconds",
        "pythia": "pythia env and pythia run keep files there",
    }
    for name, why in uses.items():
        folder = cache / name
        if os.access(_nearest(folder), os.W_OK):
            yield Check(SECTION, f"cache of {name}", "ok", f"{folder} can be written")
        else:
            found = f"{folder} cannot be written: {why}"
            remedy = "export XDG_CACHE_HOME=/var/tmp/$(id -u)"
            yield Check(SECTION, f"cache of {name}", "warning", found, remedy)


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    # Not Path.exists, which raises where a folder above may not be looked into.
    return next(
        path for path in (folder.absolute(), *folder.absolute().parents) if os.path.exists(path)
    )


def _samples() -> Check:
    from pythia.samples import names, path

    remedy = f"{sys.executable} -m pip install --force-reinstall --no-deps pythiags"
    try:
        video = path("sample_720p.mp4")
        count = len(names())
    except (PythiaError, OSError) as error:
        return Check(SECTION, "samples", "missing", str(error), remedy)
    if video.stat().st_size < _MIB // 8:  # a pointer of Git LFS
        return Check(SECTION, "samples", "missing", f"{video} is not a video", remedy)
    return Check(SECTION, "samples", "ok", f"{count} files, with {video.name}")

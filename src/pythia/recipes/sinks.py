"""Sinks: where frames go, as launch text.

==========================  =========================================================
sink                        is
==========================  =========================================================
``live``                    a window; where there is no display frames are dropped at
                            their time, which is said once
``fakesink``                nothing: as fast as it goes
``video.mp4``               a video file; .mp4 .m4v .mov .mkv .ts .flv .avi hold H.264,
                            .webm VP8
``frames/%05d.jpg``         numbered images: .jpg .jpeg .png .webp
==========================  =========================================================
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path

from pythia.core.suggestion import did_you_mean
from pythia.exceptions import PipelineError
from pythia.meta import runtime
from pythia.recipes.launch import chain, element

_log = logging.getLogger("pythia.recipes.sinks")

LIVE, FAKE = "live", "fakesink"
IS_JETSON = Path("/etc/nv_tegra_release").exists()
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_MUXERS = {
    ".mp4": "mp4mux",
    ".m4v": "mp4mux",
    ".mov": "qtmux",
    ".mkv": "matroskamux",
    ".ts": "mpegtsmux",
    ".flv": "flvmux",
    ".avi": "avimux",
    ".webm": "webmmux",
}
_JPEG = element("jpegenc", quality=95)
_IMAGES = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": "pngenc",
    ".webp": element("webpenc", quality=95),
}
_FORMATS = {".png": "RGBA"}
_NV12 = "video/x-raw(memory:NVMM),format=NV12"


@dataclass(frozen=True)
class Sink:
    """Where frames go.

    Attributes:
        name: As the user gave it.
        elements: Launch text of its elements in order.
        shows: People look at it, so boxes belong into the picture.
        tiles: It takes one picture at a time, so several sources are put side by side.
    """

    name: str
    elements: tuple[str, ...]
    shows: bool
    tiles: bool = True

    @classmethod
    def of(cls, sink: str | PathLike[str]) -> Sink:
        """Make a sink of what the module's table lists.

        Raises:
            PipelineError: The suffix is not known, or the folder does not exist.
        """
        text = fspath(sink)
        if text == LIVE:
            return cls(text, _window(), shows=True)
        if text == FAKE:
            return cls(text, (element("fakesink", name="sink", sync=False),), False, False)
        path = Path(text).expanduser().absolute()
        suffix = path.suffix.lower()
        known = _IMAGES if "%" in path.name else _MUXERS
        if suffix not in known:
            raise PipelineError(_unknown(text, suffix, known))
        if not path.parent.is_dir():
            raise PipelineError(f"no folder {str(path.parent)!r} for {path.name}; make it first")
        if "%" in path.name:
            return cls(text, _images(path, suffix), shows=False)
        return cls(text, _video(path, suffix), shows=True)

    def gst(self) -> str:
        """Return launch text."""
        return chain(*self.elements)


def _unknown(text: str, suffix: str, known: dict[str, str]) -> str:
    words = [*known, LIVE, FAKE]
    return (
        f"sink {text!r}: {'no suffix' if not suffix else f'unknown suffix {suffix!r}'}"
        f"{did_you_mean(suffix or text, words)}; available: {', '.join(known)}, or {LIVE}, {FAKE}"
        + ("" if known is _IMAGES else ", or numbered images such as %05d.jpg")
    )


def _window() -> tuple[str, ...]:
    if runtime() == "deepstream" and not any(os.environ.get(name) for name in _DISPLAYS):
        # pythia's own sinks say and do this themselves; NVIDIA's fail.
        _log.warning("no display (%s are not set): frames are dropped", " and ".join(_DISPLAYS))
        return (element("fakesink", name="sink", sync=True),)
    factory = "nv3dsink" if IS_JETSON else "nveglglessink"
    return "nvvideoconvert", element(factory, name="sink", qos=False)


def _video(path: Path, suffix: str) -> tuple[str, ...]:
    if suffix == ".webm":
        encode: tuple[str, ...] = (
            "video/x-raw,format=I420",
            element("vp8enc", deadline=1, target_bitrate=4_000_000),
        )
    else:
        encode = (_NV12, element("nvv4l2h264enc", bitrate=4_000_000), "h264parse")
    last = element("filesink", name="sink", location=path)
    return "nvvideoconvert", *encode, _MUXERS[suffix], last


def _images(path: Path, suffix: str) -> tuple[str, ...]:
    caps = f"video/x-raw,format={_FORMATS.get(suffix, 'I420')}"
    last = element("multifilesink", name="sink", location=path)
    return "nvvideoconvert", caps, _IMAGES[suffix], last

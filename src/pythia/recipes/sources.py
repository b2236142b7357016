"""Sources: where frames come from, as launch text up to decoded frames in memory:NVMM.

==============================  ====================================================
source                          is
==============================  ====================================================
``video.mp4``, ``photo.jpg``    a file
``file://``, ``http://`` ...    any URI that GStreamer plays
``rtsp://``                     a camera; the connection is made anew when it breaks
``frames/%05d.jpg``             numbered images, from the first that there is
a folder                        all its .jpg or .png, by name
``/dev/video0``                 a camera (Video4Linux)
``csi://0``                     a camera at a Jetson's CSI port
``test``, ``test://ball``       GStreamer's test pattern
==============================  ====================================================

``?muxer_width=1280&muxer_height=720`` behind any of them says how large frames are to be;
``num_buffers=100`` behind ``test`` how many there are.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pythia.core.suggestion import did_you_mean
from pythia.exceptions import PipelineError
from pythia.recipes.image_files import ImageFiles, images_of_folder, images_of_pattern
from pythia.recipes.launch import chain, element
from pythia.recipes.stream_facts import StreamFacts, facts_of

NVMM = "video/x-raw(memory:NVMM)"
_CAMERA_SIZE = StreamFacts(1280, 720, 30.0)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_RTSP = ("rtsp://", "rtsps://", "rtspt://", "rtspu://", "rtsph://")
_OPTIONS = ("muxer_width", "muxer_height", "num_buffers")
_RECONNECT_S = 10


@dataclass(frozen=True)
class Source:
    """One source of frames.

    Attributes:
        name: As the user gave it.
        elements: Launch text of its elements in order; the last gives frames that nvstreammux
            takes.
        facts: Size, rate and length.
        live: Frames come at their own pace, and are lost if nobody takes them.
        files: The images, where it is made of image files.
    """

    name: str
    elements: tuple[str, ...]
    facts: StreamFacts
    live: bool = False
    files: tuple[Path, ...] = ()

    @classmethod
    def of(cls, text: str | PathLike[str]) -> Source:
        """Make a source of what the module's table lists; looks at it, which may take its time.

        Raises:
            PipelineError: It is not there, is no video, or cannot be understood.
        """
        name, options = _split(fspath(text))
        source = _reader_of(name)(name)
        if "num_buffers" in options:
            source = _limited(source, options["num_buffers"])
        facts = source.facts
        size = {
            "width": options.get("muxer_width", facts.width),
            "height": options.get("muxer_height", facts.height),
        }
        return replace(source, facts=replace(facts, **size))

    def gst(self, pad: str) -> str:
        """Return launch text from the source up to a pad, such as ``m.sink_0``."""
        return chain(*self.elements, pad)


def _split(text: str) -> tuple[str, dict[str, int]]:
    """What is ours of a query, and the rest of the text."""
    head, _, query = text.rpartition("?")
    items = [item.partition("=") for item in query.split("&")] if head else []
    options = {name: value for name, _, value in items if name in _OPTIONS}
    if not options:
        return text, {}
    for name, value in options.items():
        if not value.isdecimal() or int(value) == 0:
            raise PipelineError(f"{text}: {name} should be a number above 0, found {value!r}")
    others = "&".join("".join(item) for item in items if item[0] not in _OPTIONS)
    rest = f"{head}?{others}" if others else head
    return rest, {name: int(value) for name, value in options.items()}


def _reader_of(name: str) -> Callable[[str], Source]:
    if not name:
        raise PipelineError("the source is empty; give a file, a URI, a folder or a device")
    if re.fullmatch(r"test(:.*)?", name) and not Path(name).exists():
        return _test
    if name.startswith("csi://"):
        return _csi_camera
    if name.startswith("v4l2://") or _is_device(Path(name)):
        return _camera
    if name.startswith(_RTSP):
        return _rtsp
    if name.startswith("file://"):
        return lambda uri: _path(unquote(urlsplit(uri).path), uri)
    return _uri if _URI.match(name) else lambda path: _path(path, path)


def _is_device(path: Path) -> bool:
    try:
        return stat.S_ISCHR(path.stat().st_mode) or str(path).startswith("/dev/video")
    except OSError:
        return str(path).startswith("/dev/video")


def _converted(*elements: str) -> tuple[str, ...]:
    return *elements, "nvvideoconvert", NVMM


def _uri(uri: str) -> Source:
    return Source(uri, _converted(element("uridecodebin", uri=uri)), facts_of(uri))


def _path(text: str, name: str) -> Source:
    path = Path(text).expanduser().absolute()
    if path.is_dir():
        return _of_images(name, images_of_folder(path))
    if path.exists():
        return replace(_uri(path.as_uri()), name=name)
    if "%" in path.name:
        return _of_images(name, images_of_pattern(path))
    raise PipelineError(f"no file {str(path)!r}{_neighbours(path)}")


def _neighbours(path: Path) -> str:
    if not path.parent.is_dir():
        return f"; there is no folder {str(path.parent)!r} either"
    return did_you_mean(path.name, [file.name for file in path.parent.iterdir()])


def _of_images(name: str, images: ImageFiles) -> Source:
    return Source(name, _converted(*images.elements), images.facts, files=images.files)


def _rtsp(uri: str) -> Source:
    source = element("nvurisrcbin", uri=uri, rtsp_reconnect_interval=_RECONNECT_S)
    return Source(uri, _converted(source), facts_of(uri), live=True)


def _camera(name: str) -> Source:
    device = name.removeprefix("v4l2://")
    if not Path(device).exists():
        found = sorted(str(each) for each in Path("/dev").glob("video*"))
        raise PipelineError(f"no device {device!r}; cameras here: {', '.join(found) or 'none'}")
    elements = _converted(element("v4l2src", device=device), "decodebin")
    return Source(name, elements, _CAMERA_SIZE, live=True)


def _csi_camera(name: str) -> Source:
    number = name.removeprefix("csi://")
    if not number.isdecimal():
        raise PipelineError(f"{name}: expected csi://0, with the number of the sensor")
    caps = f"{NVMM},width={_CAMERA_SIZE.width},height={_CAMERA_SIZE.height},framerate=30/1"
    return Source(
        name, (element("nvarguscamerasrc", sensor_id=int(number)), caps), _CAMERA_SIZE, live=True
    )


def _test(name: str) -> Source:
    pattern = name.partition("://")[2].strip("/") or None
    caps = f"video/x-raw,width={_CAMERA_SIZE.width},height={_CAMERA_SIZE.height},framerate=30/1"
    return Source(name, _converted(element("videotestsrc", pattern=pattern), caps), _CAMERA_SIZE)


def _limited(source: Source, count: int) -> Source:
    if not source.elements[0].startswith("videotestsrc"):
        raise PipelineError(f"{source.name}: num_buffers is for 'test' only; use max_frames=")
    first = f"{source.elements[0]}\n  num-buffers={count}"
    elements = (first, *source.elements[1:])
    return replace(source, elements=elements, facts=replace(source.facts, count=count))

"""Bundled samples in place of files that NVIDIA's programs and configurations name.

Two kinds of paths are known, and only where nothing is there: those below
``/opt/nvidia/deepstream/deepstream*``, and those of ``samples/streams``, ``samples/models`` and
``samples/configs`` anywhere, as configuration files name them from wherever a checkout lies.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pythia import samples
from pythia.compat import starting
from pythia.compat.elementary_stream import elementary_stream
from pythia.exceptions import SampleError
from pythia.gst import Gst
from pythia.vision.missing_file import set_finder

_SAMPLES = re.compile(r"/samples/((?:streams|models|configs)/.+)$")
_SOURCES = re.compile(r"^/opt/nvidia/deepstream/deepstream[^/]*/sources/(.+)$")
_LAYOUTS = (
    (r"^libs/(?=\w+_protocol_adaptor/)", "utils/nvds_msgapi/"),
    (r"^libs/", "utils/"),
    (r"^utils/nvds_msgapi/", "libs/"),
    (r"^utils/", "libs/"),
)
"""Where an installed DeepStream and a checkout have the same file, as beginnings of its path."""

_DETECTOR = "resnet18_trafficcamnet_pruned.onnx"
_MODEL = r"\.(?:onnx|engine|etlt|caffemodel|uff)$"
_STAND_INS = (
    (r"\.h264$|\.264$", "sample_720p.h264"),
    (r"/streams/.*\.(?:mp4|mov|mkv|avi|webm)$", "sample_720p.mp4"),
    (r"/streams/.*\.jpe?g$", "sample_720p.jpg"),
    (r"/models/(?:Primary_Detector/.*|.*trafficcamnet[^/]*)" + _MODEL, _DETECTOR),
    (r"/models/Secondary_VehicleTypes/.*" + _MODEL, "resnet18_vehicletypenet_pruned.onnx"),
    (r"/models/Secondary_[^/]*/.*" + _MODEL, "resnet18_vehiclemakenet_pruned.onnx"),
    (r"/models/Secondary_[^/]*/labels\.txt$", "models/Secondary_VehicleMake/labels.txt"),
    (r"/(?:config_infer_primary|dstest\d_pgie_config)\.(?:txt|ya?ml)$", "config_infer_primary.txt"),
    (
        r"/(?:config_infer_secondary_vehicletypes|dstest\d_sgie2_config)\.(?:txt|ya?ml)$",
        "config_infer_secondary_vehicletypes.txt",
    ),
    (
        r"/(?:config_infer_secondary_\w+|dstest\d_sgie\d_config)\.(?:txt|ya?ml)$",
        "config_infer_secondary_vehiclemake.txt",
    ),
    (r"/config_tracker_\w+\.ya?ml$", "config_tracker_NvSORT.yml"),
    (r"/config_nvdsanalytics\w*\.(?:txt|ya?ml)$", "config_nvdsanalytics.txt"),
    (r"/dstest\d_msgconv\w*_config\.(?:txt|ya?ml)$", "config_msgconv.txt"),
)
"""By the form of a path: the sample that stands in; the first that fits counts."""

_told: set[str] = set()
_telling = threading.Lock()


def install() -> None:
    """Look for missing files among the samples, in configurations and in properties of sources."""
    set_finder(stand_in)
    starting.before_start(_point_source_to_stand_in)


def stand_in(missing: Path) -> Path | None:
    """Return the file to use instead of a missing one, and say so on standard error, once.

    None for a file of which nothing is known.
    """
    path = os.path.normpath(missing)
    found = _in_checkout(path) or _sample(path)
    if found is not None:
        _tell(path, found)
    return found


def _in_checkout(path: str) -> Path | None:
    """Find a file of NVIDIA's installed sources in a checkout that the running program lies in."""
    sources = _SOURCES.match(path)
    if sources is None:
        return None
    folders = Path(sys.path[0]).absolute().parents
    names = (sources[1], *_other_layouts(sources[1]))
    candidates = (folder / name for folder in folders for name in names)
    return next((file for file in candidates if file.is_file()), None)


def _other_layouts(name: str) -> Iterator[str]:
    return (re.sub(form, other, name) for form, other in _LAYOUTS if re.search(form, name))


def _sample(path: str) -> Path | None:
    tail = _SAMPLES.search(path)
    if tail is None and not _SOURCES.match(path):
        return None
    try:
        return samples.path(tail[1] if tail else "")
    except SampleError:
        name = next((name for form, name in _STAND_INS if re.search(form, path)), None)
    if name is None:
        return None
    return elementary_stream() if name.endswith(".h264") else samples.path(name)


def _tell(path: str, found: Path) -> None:
    with _telling:
        if path not in _told:
            _told.add(path)
            print(f"pythia: there is no {path}; using {found}", file=sys.stderr, flush=True)


def _point_source_to_stand_in(element: Gst.Element) -> None:
    """Change properties of a source that name missing files."""
    _replace(element, "uri", _present_uri)
    _replace(element, "uri-list", _present_uris)
    if not element.sinkpads:  # what a sink names is not there yet
        _replace(element, "location", _present)


def _replace(element: Gst.Element, name: str, present: Callable[[str], str]) -> None:
    properties: Any = element
    value = properties.get_property(name) if properties.find_property(name) else None
    if isinstance(value, str) and value and present(value) != value:
        element.set_property(name, present(value))


def _present(location: str) -> str:
    path = Path(location)
    return location if path.exists() else str(stand_in(path.absolute()) or location)


def _present_uri(uri: str) -> str:
    if not uri.startswith("file:"):
        return uri
    location = unquote(urlsplit(uri).path)
    found = _present(location)
    return uri if found == location else Path(found).as_uri()


def _present_uris(uris: str) -> str:
    return ",".join(map(_present_uri, uris.split(",")))

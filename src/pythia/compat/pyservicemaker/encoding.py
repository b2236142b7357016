"""Ends of flows that encode: into a file, or onto the network."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pythia.compat.pyservicemaker.errors import FlowError
from pythia.compat.pyservicemaker.pipeline import Pipeline
from pythia.compat.pyservicemaker.streams import Stream, node_name

_VIDEO, _PICTURES = (".mp4", ".mov"), (".jpg", ".mjpg")
_HERE = ("", "localhost", "127.0.0.1")
_CODECS = {
    "h264": ("nvv4l2h264enc", "x264enc", "h264parse", "rtph264pay"),
    "h265": ("nvv4l2h265enc", "x265enc", "h265parse", "rtph265pay"),
}
_OPTIONS = ("profile", "bitrate", "iframeinterval", "codec_type", "sync", "gpu_id")

Step = tuple[str, str, dict[str, Any]]


class Encoder:
    """The nodes from a stream to a destination.

    Raises:
        FlowError: the destination, a codec or an option is not possible.
    """

    def __init__(
        self, dest: str, use_sw_codec: bool, enable_osd: bool, options: dict[str, Any]
    ) -> None:
        unknown = [name for name in options if name not in _OPTIONS]
        if unknown:
            raise FlowError(
                f"encode() has no option {unknown[0]!r}; available: {', '.join(_OPTIONS)}"
            )
        self._target = urlsplit(dest)
        self._dest = dest
        self._software = use_sw_codec
        self._osd = enable_osd
        self._options = options
        self._gpu = {"gpu-id": options.get("gpu_id", 0)}
        self._sync = {"sync": options.get("sync", False), "async": False}

    def steps(self) -> list[Step]:
        """Types, names and properties of the nodes."""
        scheme = self._target.scheme
        if scheme in ("udp", "rtsp"):
            _check_here(self._target, self._dest)
            return self._rtsp() if scheme == "rtsp" else self._udp()
        if scheme not in ("", "file"):
            raise FlowError(f"encode({self._dest!r}): a file, udp:// or rtsp:// is possible")
        extension = os.path.splitext(self._target.path)[1].lower()
        if extension in _PICTURES:
            return self._pictures()
        if extension in _VIDEO:
            muxer: Step = ("qtmux" if extension == ".mov" else "mp4mux", "mux", {})
            return [*self._head(), *self._video(), muxer, self._file()]
        raise FlowError(
            f"encode({self._dest!r}): the name of a file ends in {', '.join((*_VIDEO, *_PICTURES))}"
        )

    def _head(self, convert_after: bool = True) -> list[Step]:
        convert = {**self._gpu, "compute-hw": 1}
        steps: list[Step] = [("queue", "queue", {}), ("nvvideoconvert", "convert", convert)]
        if self._osd:
            steps.append(("nvdsosd", "osd", {**self._gpu, "display-mask": True}))
            if convert_after:
                steps.append(("nvvideoconvert", "post-osd-convert", convert))
        return steps

    def _caps(self) -> Step:
        memory = "" if self._software else "(memory:NVMM)"
        return "capsfilter", "capsfilter", {"caps": f"video/x-raw{memory}, format=I420"}

    def _video(self) -> list[Step]:
        hardware, software, parser, _ = self._codec()
        encoder: Step = (hardware, "encoder", self._hardware_options())
        if self._software:
            kbit = max(1, self._options.get("bitrate", 2_000_000) // 1000)
            interval = self._options.get("iframeinterval", 10)
            encoder = (software, "encoder", {"bitrate": kbit, "key-int-max": interval})
        return [self._caps(), encoder, (parser, "parser", {})]

    def _hardware_options(self) -> dict[str, Any]:
        return {
            "profile": self._options.get("profile", 0),
            "iframeinterval": self._options.get("iframeinterval", 10),
            "bitrate": self._options.get("bitrate", 2_000_000),
        }

    def _codec(self) -> tuple[str, str, str, str]:
        wanted = str(self._options.get("codec_type", "h264")).lower()
        if wanted not in _CODECS:
            raise FlowError(
                f"encode(): codec_type={wanted!r} is not on the portable runtime; available: "
                f"{', '.join(_CODECS)}"
            )
        return _CODECS[wanted]

    def _pictures(self) -> list[Step]:
        encoder = "jpegenc" if self._software else "nvjpegenc"
        return [*self._head(), self._caps(), (encoder, "encoder", {}), self._file()]

    def _file(self) -> Step:
        return "filesink", "filesink", {"location": self._target.path, **self._sync}

    def _udp(self) -> list[Step]:
        steps = [*self._head(), *self._video()]
        steps[-1][2]["config-interval"] = -1
        properties = {"host": "127.0.0.1", "port": _port(self._target, self._dest), **self._sync}
        return [*steps, (self._codec()[3], "mux", {}), ("udpsink", "filesink", properties)]

    def _rtsp(self) -> list[Step]:
        properties = {"rtsp-port": _port(self._target, self._dest), "sync": self._sync["sync"]}
        return [*self._head(convert_after=False), ("nvrtspoutsinkbin", "filesink", properties)]


def encode(pipeline: Pipeline, stream: Stream, encoder: Encoder) -> None:
    """Add the nodes, behind a stream."""
    last, hints = stream.originator, (stream.template, "")
    for kind, name, properties in encoder.steps():
        node = node_name("encode", name)
        pipeline.add(kind, node, properties)
        pipeline.link((last, node), hints)
        last, hints = node, ("", "")


def _check_here(target: SplitResult, dest: str) -> None:
    if (target.hostname or "") not in _HERE:
        raise FlowError(f"encode({dest!r}): streams are sent to localhost only, as in DeepStream")


def _port(target: SplitResult, dest: str) -> int:
    if target.port is None:
        raise FlowError(
            f"encode({dest!r}): a port is needed, as in {target.scheme}://localhost:5400"
        )
    return target.port

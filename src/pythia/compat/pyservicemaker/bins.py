"""DeepStream's bins that programs of pyservicemaker name: other elements under one more name."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any, ClassVar

from pythia import elements
from pythia.elements.base import Portable, pad_template, video_caps
from pythia.elements.nvdsosd import NvDsOsd
from pythia.elements.nvinfer import NvInfer
from pythia.elements.nvmsgbroker import NvMsgBroker
from pythia.elements.nvmsgconv import NvMsgConv
from pythia.elements.nvtracker import NvTracker
from pythia.elements.properties import GPU_ID, Enum, Property, gproperties
from pythia.elements.stand_in import StandIn, make
from pythia.exceptions import GstError
from pythia.gst import Gst

_log = logging.getLogger("pythia.compat")
_SINK, _SRC, _ALWAYS = Gst.PadDirection.SINK, Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS
_FORMATS = ("NV12", "RGBA", "I420")
_BOTH = (
    pad_template("sink", _SINK, _ALWAYS, video_caps(_FORMATS)),
    pad_template("src", _SRC, _ALWAYS, video_caps(_FORMATS)),
)
_META = ("Generic/Bin", "Other elements under one name", "pythia")


class _Forwarding(Portable):
    """Mixin of a bin whose properties are those of inner elements, under names of its own."""

    TARGETS: ClassVar[Mapping[str, tuple[str, str]]] = MappingProxyType({})
    """By property: the name of the inner element, and its property."""

    def fill(self, *factories: str) -> None:
        """To be called in ``__init__`` after ``prepare()``: elements one behind the other."""
        assert isinstance(self, Gst.Bin)
        elements.register(" ".join(factories))
        inner = []
        for factory in factories:
            element = Gst.ElementFactory.make(factory, factory)
            assert element is not None, factory
            self.add(element)
            inner.append(element)
        for before, after in pairwise(inner):
            before.link(after)
        for template in self.get_pad_template_list():
            name = str(template.name_template)
            target = inner[0 if template.direction == _SINK else -1].get_static_pad(name)
            assert target is not None
            pad = Gst.GhostPad.new_from_template(name, target, template)
            assert pad is not None
            self.add_pad(pad)

    def property_changed(self, name: str) -> None:
        """Hand it on."""
        assert isinstance(self, Gst.Bin)
        if name in self.TARGETS:
            factory, inner = self.TARGETS[name]
            element = self.get_by_name(factory)
            assert element is not None
            element.set_property(inner, self.settings[name])


def _same(factory: str, rows: tuple[Property, ...]) -> dict[str, tuple[str, str]]:
    return {row.name: (factory, row.name) for row in rows if not row.hardware}


class NvOsdBin(_Forwarding, Gst.Bin):
    """nvosdbin: nvvideoconvert ! nvdsosd."""

    __gtype_name__ = "GstNvOsdBin"
    __gstmetadata__ = ("On-screen display bin", *_META)
    __gsttemplates__ = _BOTH
    PROPERTIES = NvDsOsd.PROPERTIES
    TARGETS = _same("nvdsosd", PROPERTIES)
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.fill("nvvideoconvert", "nvdsosd")


class NvTrackerBin(_Forwarding, Gst.Bin):
    """nvtrackerbin: nvtracker."""

    __gtype_name__ = "GstNvTrackerBin"
    __gstmetadata__ = ("Tracker bin", *_META)
    __gsttemplates__ = _BOTH
    PROPERTIES = NvTracker.PROPERTIES
    TARGETS = _same("nvtracker", PROPERTIES)
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.fill("nvtracker")


class NvInferBin(_Forwarding, Gst.Bin):
    """nvinferbin: nvvideoconvert ! nvinfer."""

    __gtype_name__ = "GstNvInferBin"
    __gstmetadata__ = ("Inference bin", *_META)
    __gsttemplates__ = _BOTH
    PROPERTIES = NvInfer.PROPERTIES
    TARGETS = _same("nvinfer", PROPERTIES)
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.fill("nvvideoconvert", "nvinfer")


_CONV = {
    "msg-conv-config": "config",
    "msg-conv-msg2p-lib": "msg2p-lib",
    "msg-conv-payload-type": "payload-type",
    "msg-conv-comp-id": "comp-id",
    "debug-payload-dir": "debug-payload-dir",
    "multiple-payloads": "multiple-payloads",
    "msg-conv-frame-interval": "frame-interval",
    "msg-conv-msg2p-new-api": "msg2p-newapi",
}
_BROKER = {
    "msg-broker-proto-lib": "proto-lib",
    "msg-broker-conn-str": "conn-str",
    "topic": "topic",
    "msg-broker-config": "config",
    "msg-broker-comp-id": "comp-id",
    "new-api": "new-api",
}


def _renamed(names: dict[str, str], rows: tuple[Property, ...]) -> tuple[Property, ...]:
    known = {row.name: row for row in rows}
    return tuple(replace(known[inner], name=outer) for outer, inner in names.items())


class NvMsgBrokerSinkBin(_Forwarding, Gst.Bin):
    """nvmsgbrokersinkbin: queue ! nvmsgconv ! nvmsgbroker."""

    __gtype_name__ = "GstNvMsgBrokerSinkBin"
    __gstmetadata__ = ("Message broker bin", *_META)
    __gsttemplates__ = (pad_template("sink", _SINK, _ALWAYS, Gst.Caps.new_any()),)
    PROPERTIES = (
        *_renamed(_CONV, NvMsgConv.PROPERTIES),
        *_renamed(_BROKER, NvMsgBroker.PROPERTIES),
        Property("sync", "bool", True, "Send at the frames' times"),
    )
    TARGETS: ClassVar[Mapping[str, tuple[str, str]]] = {
        **{outer: ("nvmsgconv", inner) for outer, inner in _CONV.items()},
        **{outer: ("nvmsgbroker", inner) for outer, inner in _BROKER.items()},
        "sync": ("nvmsgbroker", "sync"),
    }
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.fill("queue", "nvmsgconv", "nvmsgbroker")
        broker: Any = self.get_by_name("nvmsgbroker")
        broker.set_property("async", False)


_RTSP_CODECS = Enum("GstPythiaRtspCodec", ((1, "H.264", "h264"),))


class NvRtspOutSinkBin(StandIn, Gst.Bin):
    """nvrtspoutsinkbin: encodes H.264, and serves it at rtsp://localhost:port/mount-point."""

    __gtype_name__ = "GstNvRtspOutSinkBin"
    __gstmetadata__ = ("RTSP server bin", *_META)
    __gsttemplates__ = (pad_template("sink", _SINK, _ALWAYS, video_caps(_FORMATS)),)
    PROPERTIES = (
        Property("rtsp-port", "uint", 8554, "Port of the server; 0 is a free one", 0, 65535),
        Property("rtsp-mount-point", "string", "/ds-test", "Path of the address"),
        Property("bitrate", "uint", 4_000_000, "Bits a second"),
        Property("iframeinterval", "uint", 30, "Frames from one key frame to the next", 1),
        Property("codec", _RTSP_CODECS, 1, "Form of the video"),
        Property("sync", "bool", True, "Send at the frames' times"),
        Property("enc-type", "uint", 0, "Hardware or software encoder", hardware=True),
        Property("profile", "uint", 0, "Profile of the encoder", hardware=True),
        Property("udp-buffer-size", "uint", 0, "Bytes of the socket's buffer"),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()

    def build(self) -> None:
        """Convert, encode, send to this machine, where the server takes it."""
        from pythia.compat.pyservicemaker.rtsp_server import free_udp_port, serve

        settings = self.settings
        udp_port = free_udp_port()
        mount = "/" + str(settings["rtsp-mount-point"]).lstrip("/")
        port = serve(settings["rtsp-port"], udp_port, settings["udp-buffer-size"], mount)
        first = make("nvvideoconvert")
        encoder = make(
            "nvv4l2h264enc", bitrate=settings["bitrate"], iframeinterval=settings["iframeinterval"]
        )
        self.line_up(
            first,
            make("capsfilter", caps="video/x-raw(memory:NVMM),format=I420"),
            encoder,
            make("h264parse", "plugins-bad", config_interval=-1),
            make("rtph264pay", "plugins-good"),
            make("udpsink", "plugins-good", host="127.0.0.1", port=udp_port, sync=settings["sync"]),
        )
        self.expose(sink=first)
        _log.info("rtsp://localhost:%d%s", port, mount)


_BINS: dict[str, type[Gst.Element]] = {
    "nvosdbin": NvOsdBin,
    "nvtrackerbin": NvTrackerBin,
    "nvinferbin": NvInferBin,
    "nvmsgbrokersinkbin": NvMsgBrokerSinkBin,
    "nvrtspoutsinkbin": NvRtspOutSinkBin,
}
_registered: set[str] = set()


def register_bins() -> None:
    """Make the bins usable in this process; doing it again does nothing.

    Raises:
        GstError: GStreamer refused one.
    """
    for name, cls in _BINS.items():
        if name not in _registered and not Gst.Element.register(None, name, 0, cls):
            raise GstError(f"GStreamer refused to register the element {name!r}")
        _registered.add(name)

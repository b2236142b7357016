"""The table of elements, and their registration with GStreamer."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from pythia.exceptions import GstError
from pythia.gst import Gst
from pythia.meta import runtime
from pythia.meta.runtime import VARIABLE


@dataclass(frozen=True)
class Element:
    """One factory: the module of this room and the class in it, and its rank.

    ``decodes``: ``decodebin`` and its like may plug it.
    """

    module: str
    name: str
    rank: int = 0
    decodes: bool = False


ELEMENTS = {
    "nvstreammux": Element("nvstreammux", "NvStreamMux", Gst.Rank.PRIMARY),
    "nvurisrcbin": Element("nvurisrcbin", "NvUriSrcBin", Gst.Rank.PRIMARY),
    "nvmultiurisrcbin": Element("nvmultiurisrcbin", "NvMultiUriSrcBin", Gst.Rank.PRIMARY),
    "nvvideoconvert": Element("nvvideoconvert", "NvVideoConvert"),
    "nvvidconv": Element("nvvideoconvert", "NvVidConv"),
    "nvinfer": Element("nvinfer", "NvInfer"),
    "nvinferserver": Element("nvinferserver", "NvInferServer"),
    "nvdspreprocess": Element("nvdspreprocess", "NvDsPreProcess"),
    "nvtracker": Element("nvtracker", "NvTracker"),
    "nvdsosd": Element("nvdsosd", "NvDsOsd"),
    "nvdsanalytics": Element("nvdsanalytics", "NvDsAnalytics", Gst.Rank.PRIMARY),
    "nvv4l2decoder": Element("nvv4l2decoder", "NvV4l2Decoder", Gst.Rank.PRIMARY + 11, True),
    "nvv4l2h264enc": Element("video_encoder", "NvV4l2H264Enc"),
    "nvv4l2h265enc": Element("video_encoder", "NvV4l2H265Enc"),
    "nvv4l2vp8enc": Element("free_codec_encoder", "NvV4l2Vp8Enc"),
    "nvv4l2vp9enc": Element("free_codec_encoder", "NvV4l2Vp9Enc"),
    "nvv4l2av1enc": Element("free_codec_encoder", "NvV4l2Av1Enc"),
    "nveglglessink": Element("display_sink", "NvEglGlesSink"),
    "nv3dsink": Element("display_sink", "Nv3dSink"),
    "nvdrmvideosink": Element("display_sink", "NvDrmVideoSink"),
    "nvoverlaysink": Element("display_sink", "NvOverlaySink"),
    "nvjpegdec": Element("aliases", "NvJpegDec", Gst.Rank.PRIMARY + 15, True),
    "nvimagedec": Element("aliases", "NvImageDec", Gst.Rank.PRIMARY + 14, True),
    "nvjpegenc": Element("aliases", "NvJpegEnc"),
    "nvimageenc": Element("aliases", "NvImageEnc"),
    "nvegltransform": Element("aliases", "NvEglTransform"),
    "nvvideotestsrc": Element("aliases", "NvVideoTestSrc"),
    "nvarguscamerasrc": Element("camera", "NvArgusCameraSrc"),
    "nvv4l2camerasrc": Element("camera", "NvV4l2CameraSrc"),
    "nvmsgconv": Element("nvmsgconv", "NvMsgConv"),
    "nvmsgbroker": Element("nvmsgbroker", "NvMsgBroker", Gst.Rank.PRIMARY),
    "nvmultistreamtiler": Element("nvmultistreamtiler", "NvMultiStreamTiler"),
    "nvstreamdemux": Element("nvstreamdemux", "NvStreamDemux"),
    "nvdslogger": Element("nvdslogger", "NvDsLogger"),
    "nvof": Element("nvof", "NvOf"),
    "nvofvisual": Element("nvofvisual", "NvOfVisual"),
    "nvsegvisual": Element("nvsegvisual", "NvSegVisual"),
    "metareplay": Element("metareplay", "MetaReplay"),
    "nvdsmetamux": Element("refused", "NvDsMetaMux"),
    "nvdsvideotemplate": Element("refused", "NvDsVideoTemplate"),
    "dsexample": Element("refused", "DsExample"),
}


def element_class(factory: str) -> type[Gst.Element]:
    """The class behind a factory name."""
    row = ELEMENTS[factory]
    module = import_module(f"pythia.elements.{row.module}")
    found: type[Gst.Element] = getattr(module, row.name)
    return found


def plugin_row(factory: str) -> tuple[str, int, type[Gst.Element]]:
    """What gst-python's plugin loader wants to know of a factory."""
    return factory, int(ELEMENTS[factory].rank), element_class(factory)


def plugin_path() -> Path:
    """The folder for ``GST_PLUGIN_PATH`` that lets plain GStreamer programs find the elements."""
    return Path(__file__).with_name("plugins")


_registered: set[str] = set()
_AUTOPLUGGERS = re.compile("decodebin|playbin|urisrcbin|urisourcebin|encodebin|autoconvert")


def register(text: str | None = None) -> None:
    """Make the elements usable in this process, where the portable runtime is in use.

    A factory that the registry has already is left alone, unless ``PYTHIA_RUNTIME=portable``
    forces ours. Calling it again does nothing.

    Args:
        text: Launch text: only the elements that it may need, because the modules of all of them
            take as long to import as the rest of a small program.

    Raises:
        GstError: GStreamer refused an element.
    """
    if runtime() != "portable":
        return
    forced = os.environ.get(VARIABLE) == "portable"
    for factory in ELEMENTS if text is None else _needed_by(text):
        row = ELEMENTS[factory]
        if factory in _registered or (Gst.ElementFactory.find(factory) and not forced):
            continue
        if not Gst.Element.register(None, factory, row.rank, element_class(factory)):
            raise GstError(f"GStreamer refused to register the element {factory!r}")
        _registered.add(factory)


def _needed_by(text: str) -> list[str]:
    """The factories that a text names, and decoders where something in it looks for them."""
    words = set(re.findall(r"[\w-]+", text))
    looks_for_decoders = bool(_AUTOPLUGGERS.search(text))
    return [
        factory
        for factory, row in ELEMENTS.items()
        if factory in words or (looks_for_decoders and row.decodes)
    ]

"""nvv4l2decoder: compressed video becomes frames in ``memory:NVMM``.

GStreamer's own best decoder for the stream does the work; it is chosen when the stream's caps
arrive. Its frames are passed on where they lie. They are I420 as a rule, where NVIDIA's decoder
gives NV12; where NV12 is asked for, or system memory, that is given. Try it::

    gst-pylaunch filesrc location=$(pythia samples sample_720p.mp4) ! qtdemux ! h264parse ! \
        nvv4l2decoder drop-frame-interval=5 ! fakesink
"""

from __future__ import annotations

from collections.abc import Callable

from pythia.elements.base import pad_template, parse_caps, video_caps
from pythia.elements.chain import has_property
from pythia.elements.properties import GPU_ID, Enum, Property, gproperties
from pythia.elements.relabel import Relabel
from pythia.elements.requests import OF_DECODERS
from pythia.elements.stand_in import StandIn, apt, make, say_once
from pythia.exceptions import ConfigError, MissingDependencyError
from pythia.gst import Gst
from pythia.gst.mapping import mapped
from pythia.gst.pads import weakly
from pythia.gst.probe_info import buffer_address

DECODER_RANK = int(Gst.Rank.PRIMARY) + 11
"""Above GStreamer's own decoders, so that decodebin takes ours."""

_OURS = ("nvv4l2decoder", "nvjpegdec", "nvimagedec")
_PACKAGES = {"image/jpeg": "plugins-good", "video/x-av1": "plugins-bad"}
_INPUT = parse_caps(
    "image/jpeg; "
    "video/x-h264, stream-format=byte-stream, alignment=au; "
    "video/x-h265, stream-format=byte-stream, alignment=au; "
    "video/mpeg, mpegversion=4, systemstream=false, parsed=true; "
    "video/mpeg, mpegversion=[1, 2], systemstream=false, parsed=true; "
    "video/x-divx, divxversion=[4, 5]; "
    "video/x-vp8; video/x-vp9; video/x-av1"
)
_OUTPUT = ("I420", "NV12")
_CODECS = {"video/x-h264": "h264", "video/x-h265": "h265"}
_PICTURES = Gst.ELEMENT_FACTORY_TYPE_MEDIA_VIDEO | Gst.ELEMENT_FACTORY_TYPE_MEDIA_IMAGE
_Look = Callable[[Gst.Pad, Gst.PadProbeInfo], Gst.PadProbeReturn]
_KEY_FRAMES, _NON_REFERENCE = 2, 1
_SKIP_FRAMES = Enum(
    "GstPythiaSkipFrame",
    (
        (0, "Decode all frames", "decode_all"),
        (_NON_REFERENCE, "Decode non-ref frames", "decode_non_ref"),
        (_KEY_FRAMES, "decode key frames", "decode_key"),
    ),
)
_MEMORY = Enum(
    "GstPythiaCudaDecMemType",
    (
        (0, "Memory type Device", "memtype_device"),
        (1, "Memory type Host Pinned", "memtype_pinned"),
        (2, "Memory type Unified", "memtype_unified"),
    ),
)
_IO_MODE = Enum(
    "GstPythiaV4l2IOMode",
    (
        (0, "GST_V4L2_IO_AUTO", "auto"),
        (2, "GST_V4L2_IO_MMAP", "mmap"),
        (3, "GST_V4L2_IO_USERPTR", "userptr"),
        (5, "GST_V4L2_IO_DMABUF_IMPORT", "dmabuf-import"),
    ),
)
_ALLOCATION = Enum(
    "GstPythiaDynamicAllocation",
    (
        (0, "No dynamic allocation", "cap_buf_dyn_alloc_disabled"),
        (1, "Only with fewer buffers", "fw_cap_buf_dyn_alloc_enabled"),
        (2, "Only with reverse playback", "rw_cap_buf_dyn_alloc_enabled"),
        (3, "Always", "fw_rw_cap_buf_dyn_alloc_enabled"),
    ),
)


class NvV4l2Decoder(StandIn, Gst.Bin):
    """The element; see the module.

    Inside: a filter of caps, a gate for compressed frames, the decoder, a converter that is needed
    for unusual formats only, and the change of name to NVMM.
    """

    REQUESTS = OF_DECODERS
    __gtype_name__ = "nvv4l2decoder"
    __gstmetadata__ = (
        "Video decoder",
        "Codec/Decoder/Video",
        "Decodes video with GStreamer's own decoders into memory:NVMM",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, _INPUT),
        pad_template("src", Gst.PadDirection.SRC, Gst.PadPresence.ALWAYS, video_caps(_OUTPUT)),
    )
    PROPERTIES = (
        Property("skip-frames", _SKIP_FRAMES, 0, "Frames that are not decoded"),
        Property("drop-frame-interval", "uint", 0, "Give only every Nth decoded frame", 0, 30),
        Property("low-latency-mode", "bool", False, "Hand on each frame as soon as it is decoded"),
        Property("disable-dpb", "bool", False, "The same, under the name that it has on Jetson"),
        Property(
            "extract-sei-type5-data",
            "bool",
            False,
            "Frames carry the SEI user data that the parser found; here always, as GStreamer's "
            "GstVideoSEIUserDataUnregisteredMeta",
        ),
        Property("sei-uuid", "string", None, "Wanted SEI user data; here all are there"),
        Property("num-extra-surfaces", "uint", 1, "Surfaces in NVIDIA's pool", 0, 55, True),
        Property("cudadec-memtype", _MEMORY, 0, "Kind of memory for frames", hardware=True),
        Property("mjpeg", "bool", False, "Open NVIDIA's MJPEG block", hardware=True),
        Property("enable-max-performance", "bool", False, "Highest clocks", hardware=True),
        Property("enable-full-frame", "bool", False, "Input is whole frames", hardware=True),
        Property("enable-error-check", "bool", False, "Report errors", hardware=True),
        Property("enable-frame-type-reporting", "bool", False, "Report types", hardware=True),
        Property("bufapi-version", "bool", False, "Use the new buffer API", hardware=True),
        Property("capture-io-mode", _IO_MODE, 0, "I/O mode of the source pad", hardware=True),
        Property("output-io-mode", _IO_MODE, 0, "I/O mode of the sink pad", hardware=True),
        Property(
            "capture-buffer-dynamic-allocation",
            _ALLOCATION,
            0,
            "Allocation of NVIDIA's surfaces",
            hardware=True,
        ),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.ignore_lateness()  # NVIDIA's gives every frame, however late a sink is
        sink = self.get_static_pad("sink")
        assert sink is not None
        sink.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, weakly(self._sink_event))

    # Inner elements

    def build(self) -> None:
        """Nothing yet: what is needed depends on the stream."""
        self._media = ""
        self._failed = False
        self._decoder: Gst.Element | None = None
        self._probes: list[tuple[Gst.Pad, int]] = []
        self.watch_input(self._first_data)
        if self.settings["extract-sei-type5-data"] and Gst.version() < (1, 22, 0, 0):
            say_once("nvv4l2decoder: extract-sei-type5-data needs GStreamer 1.22 or later")

    def stop(self) -> None:
        """The next stream may be another one."""
        self._take_out()

    def _sink_event(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event is not None and event.type == Gst.EventType.CAPS:
            try:
                self._decode(event.parse_caps())
            except Exception as error:
                self.fail(error)
                self._failed = True
                return Gst.PadProbeReturn.DROP
        return Gst.PadProbeReturn.OK

    def _first_data(self, _buffer: int) -> bool:
        if self._decoder is None and not self._failed:
            self.fail(
                ConfigError(
                    "nvv4l2decoder got data and was not told what they are: put a parser before "
                    "it, such as h264parse, h265parse or jpegparse"
                )
            )
        return False

    def _decode(self, caps: Gst.Caps) -> None:
        """Put a decoder in for these caps, on the streaming thread before any frame."""
        media = caps.get_structure(0).get_name()
        if media == self._media:
            return
        self._take_out()
        self._decoder = _best_decoder(caps, self)
        self._media = media
        if self.settings["low-latency-mode"] or self.settings["disable-dpb"]:
            _hand_on_at_once(self._decoder)
        first, last = make("capsfilter", caps=_INPUT.to_string()), Relabel(_OUTPUT)
        self._gate, self._output = make("identity"), make("videoconvert")
        self.line_up(first, self._gate, self._decoder, self._output, last)
        self._choose_frames()
        for element in self.children:  # the last one that was added is the first
            element.sync_state_with_parent()
        self.expose(sink=first, src=last)

    def _take_out(self) -> None:
        self._forget_probes()
        self._decoder, self._media = None, ""
        self.clear()

    # Frames that are left out

    def property_changed(self, name: str) -> None:
        """What is left out may change at any time."""
        thinning = name in ("skip-frames", "drop-frame-interval")
        if thinning and getattr(self, "_decoder", None) is not None:
            try:
                self._choose_frames()
            except Exception as error:
                self.fail(error)

    def _choose_frames(self) -> None:
        """No Python runs for a frame unless frames are to be left out one by one."""
        settings = self.settings
        self._forget_probes()
        flags = "delta-unit" if settings["skip-frames"] == _KEY_FRAMES else ""
        Gst.util_set_object_arg(self._gate, "drop-buffer-flags", flags or "0")
        if settings["skip-frames"] == _NON_REFERENCE:
            if self._media not in _CODECS:
                raise ConfigError(
                    f"nvv4l2decoder: skip-frames=decode_non_ref works with {' and '.join(_CODECS)} "
                    f"only, and this is {self._media}; available: decode_all, decode_key"
                )
            self._probe(self._gate, "sink", self._skip_non_reference)
        if settings["drop-frame-interval"] > 1:
            self._decoded = 0
            self._probe(self._output, "sink", self._drop_between)

    def _probe(self, element: Gst.Element, name: str, look: _Look) -> None:
        pad = element.get_static_pad(name)
        assert pad is not None
        self._probes.append((pad, pad.add_probe(Gst.PadProbeType.BUFFER, weakly(look))))

    def _forget_probes(self) -> None:
        for pad, number in self._probes:
            pad.remove_probe(number)
        self._probes.clear()

    def _skip_non_reference(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        from pythia.vision.bitstream import is_reference

        with mapped(buffer_address(info), None) as data:
            used = is_reference(_CODECS[self._media], data.tobytes())
        return Gst.PadProbeReturn.OK if used else Gst.PadProbeReturn.DROP

    def _drop_between(self, _pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        wanted = self._decoded % max(1, self.settings["drop-frame-interval"]) == 0
        self._decoded += 1
        return Gst.PadProbeReturn.OK if wanted else Gst.PadProbeReturn.DROP


def _best_decoder(caps: Gst.Caps, asker: Gst.Element) -> Gst.Element:
    """The decoder that GStreamer prefers for these caps, of those that start here.

    Raises:
        MissingDependencyError: none is installed.
    """
    kinds = Gst.ELEMENT_FACTORY_TYPE_DECODER | _PICTURES
    known = Gst.ElementFactory.list_get_elements(kinds, Gst.Rank.MARGINAL)
    fitting = Gst.ElementFactory.list_filter(known, caps, Gst.PadDirection.SINK, True)
    for factory in sorted(fitting, key=lambda factory: -factory.get_rank()):
        element = factory.create(None) if factory.get_name() not in _OURS else None
        if element is None:
            continue
        if element.set_state(Gst.State.READY) != Gst.StateChangeReturn.FAILURE:
            return element
        element.set_state(Gst.State.NULL)
    media = caps.get_structure(0).get_name()
    raise MissingDependencyError(
        f"{asker.get_name()}: GStreamer has no decoder for {media} here; "
        + apt(_PACKAGES.get(media, "libav"))
    )


def _hand_on_at_once(decoder: Gst.Element) -> None:
    """Threads that each decode a frame of their own would each hold one back."""
    if has_property(decoder, "thread-type"):
        Gst.util_set_object_arg(decoder, "thread-type", "slice")

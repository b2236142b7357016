"""The part of nvurisrcbin that receives and decodes an RTSP stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pythia.elements.chain import caps_of, chain, has_property, pad_of
from pythia.elements.stand_in import make
from pythia.gst import Gst
from pythia.gst.pads import weakly

_CODECS = {
    "H264": ("rtph264depay", "h264parse"),
    "H265": ("rtph265depay", "h265parse"),
    "MP4V-ES": ("rtpmp4vdepay", "mpeg4videoparse"),
    "JPEG": ("rtpjpegdepay", "jpegparse"),
}
_LOWER_TRANSPORTS = {1: 0x1, 2: 0x2, 4: 0x4, 10: 0x10, 20: 0x20}  # GstRTSPLowerTrans
_ANY_TRANSPORT = 0x7
_ANSWER_US = 4_000_000  # a host that does not answer is told of within five seconds


class RtspSource:
    """rtspsrc, depayloader, parser, queue and decoder, in a bin with passing pads.

    ``data`` is called for each frame that arrives; with it, the ends of the streams are kept
    back, because the connection will be made anew. ``encoded`` gets the parser's source pad.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        data: Callable[[], None] | None,
        encoded: Callable[[Gst.Pad], None] | None,
    ) -> None:
        self.bin = Gst.Bin.new(None)
        self._settings = settings
        self._data = data
        self._encoded = encoded
        self._expected: set[str] = set()
        source = _rtspsrc(settings)
        source.connect("select-stream", weakly(self._wants))
        source.connect("pad-added", weakly(self._receive))
        source.connect("no-more-pads", weakly(self._all_received))
        self.bin.add(source)

    def _wants(self, _source: Gst.Element, _number: int, caps: Gst.Caps) -> bool:
        return self._media(caps) in self._wanted()

    def _wanted(self) -> tuple[str, ...]:
        return ("video",) if self._settings["disable-audio"] else ("video", "audio")

    @staticmethod
    def _media(caps: Gst.Caps) -> str:
        return caps.get_structure(0).get_string("media") or ""

    def _receive(self, _source: Gst.Element, pad: Gst.Pad) -> None:
        caps = caps_of(pad)
        media = self._media(caps)
        if media in self._expected or media not in self._wanted():
            return
        self._expected.add(media)
        if self._data is not None:
            pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, _drop_end)
        if media == "audio":
            self._decode(pad, [])
            return
        encoding = caps.get_structure(0).get_string("encoding-name") or "?"
        if encoding not in _CODECS:
            self._fail(f"{encoding} not supported; available: {', '.join(sorted(_CODECS))}")
            return
        depay, parser = _CODECS[encoding]
        self._decode(pad, self._receivers(make(depay, "plugins-good"), make(parser, "plugins-bad")))

    def _receivers(self, depay: Gst.Element, parser: Gst.Element) -> list[Gst.Element]:
        if self._data is not None:
            pad_of(depay, "src").add_probe(Gst.PadProbeType.BUFFER, weakly(self._note_data))
        if self._encoded is not None:
            self._encoded(pad_of(parser, "src"))
        queue = make(
            "queue",
            leaky=self._settings["leaky"],
            max_size_buffers=self._settings["max-size-buffers"],
        )
        return [depay, parser, queue]

    def _note_data(self, _pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        assert self._data is not None
        self._data()
        return Gst.PadProbeReturn.OK

    def _decode(self, pad: Gst.Pad, before: list[Gst.Element]) -> None:
        decoder = make("decodebin")
        decoder.connect("pad-added", weakly(self._expose))
        elements = [*before, decoder]
        chain(self.bin, elements)
        pad.link(pad_of(elements[0], "sink"))

    def _expose(self, _decoder: Gst.Element, pad: Gst.Pad) -> None:
        ghost = Gst.GhostPad.new(None, pad)
        assert ghost is not None
        ghost.set_active(True)
        self.bin.add_pad(ghost)
        if self.bin.numsrcpads == len(self._expected):
            self.bin.no_more_pads()

    def _all_received(self, _source: Gst.Element) -> None:
        if "video" not in self._expected:
            self._fail("the stream has no video")

    def _fail(self, text: str) -> None:
        domain, code = Gst.StreamError.quark(), int(Gst.StreamError.FAILED)
        self.bin.message_full(Gst.MessageType.ERROR, domain, code, text, "", "", "", 0)


def _drop_end(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    """The connection is made anew instead."""
    event = info.get_event()
    ends: Any = event is not None and event.type == Gst.EventType.EOS
    return Gst.PadProbeReturn.DROP if ends else Gst.PadProbeReturn.OK


def _rtspsrc(settings: Mapping[str, Any]) -> Gst.Element:
    source = make(
        "rtspsrc",
        "plugins-good",
        latency=settings["latency"],
        udp_buffer_size=settings["udp-buffer-size"],
        drop_on_latency=settings["drop-on-latency"],
        buffer_mode=settings["buffer-mode"],
        protocols=_LOWER_TRANSPORTS.get(settings["select-rtp-protocol"], _ANY_TRANSPORT),
        tcp_timeout=_ANSWER_US,
    )
    source.set_property("location", settings["uri"])
    if has_property(source, "add-reference-timestamp-meta"):  # GStreamer 1.22 and later
        source.set_property("add-reference-timestamp-meta", True)
    return source

"""nvurisrcbin: decoded video of a file, an RTSP camera or a web address, in memory:NVMM.

Files can be played in an endless loop, and RTSP connections are made anew when they break. Try
it::

    gst-pylaunch nvurisrcbin uri=file://$(pythia samples sample_720p.mp4) ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=640 height=360 ! fakesink
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ClassVar

from pythia.elements.base import Portable
from pythia.elements.chain import caps_of, factory_of
from pythia.elements.file_loop import FileLoop
from pythia.elements.properties import UINT_MAX, Enum, Property, gproperties
from pythia.elements.rtsp_reconnect import Reconnector, ReconnectPolicy
from pythia.elements.rtsp_source import RtspSource
from pythia.elements.smart_record import RecordingInfo, SmartRecorder
from pythia.elements.source_branch import TEMPLATES, Branch, add_branch
from pythia.elements.source_decoders import SourceDecoders
from pythia.elements.source_properties import SOURCE_PROPERTIES
from pythia.elements.structures import SOURCE_ID, custom_event, structure
from pythia.elements.uri_source import uri_source, without_password
from pythia.exceptions import ConfigError, GstError, PythiaError
from pythia.gst import GLib, GObject, Gst
from pythia.gst.element_flags import declare
from pythia.gst.pads import weakly
from pythia.gst.pointers import put_uint32
from pythia.gst.queries import answer_number

_SOURCE_TYPE = Enum(
    "GstPythiaNvSourceType",
    (
        (0, "Select source type based on URI scheme", "auto"),
        (1, "Supports any URI supported by GStreamer", "uri"),
        (2, "Customize for RTSP, supports smart recording", "rtsp"),
    ),
)
_ANY_URI = 1
_DOWN = (Gst.StateChange.PAUSED_TO_READY, Gst.StateChange.READY_TO_NULL)
_READABLE = GObject.ParamFlags.READABLE
_ACTION = GObject.SignalFlags.RUN_LAST | GObject.SignalFlags.ACTION
_POINTER = GObject.TYPE_POINTER


class NvUriSrcBin(Portable, Gst.Bin):
    """The element; see the module."""

    __gtype_name__ = "GstDsNvUriSrcBin"
    __gstmetadata__ = (
        "NvUriSrc Bin",
        "NvUriSrc Bin",
        "Decodes files, RTSP streams and web addresses, with loops and reconnection",
        "pythia",
    )
    __gsttemplates__ = tuple(TEMPLATES.values())
    PROPERTIES = (
        Property("uri", "string", None, "file://, rtsp://, http:// or https://"),
        Property("type", _SOURCE_TYPE, 0, "How the source is opened"),
        Property("source-id", "int", -1, "Number of the source in metadata; -1: the pad's", -1),
        Property("extract-sei-type5-data", "bool", False, "Have the decoder attach SEI data"),
        *SOURCE_PROPERTIES,
    )
    __gproperties__: ClassVar = {
        **gproperties(PROPERTIES),
        "smart-rec-status": (bool, "", "A recording is under way", False, _READABLE),
    }
    __gsignals__: ClassVar = {
        "start-sr": (_ACTION, None, (_POINTER, GObject.TYPE_UINT, GObject.TYPE_UINT, _POINTER)),
        "stop-sr": (_ACTION, None, (GObject.TYPE_UINT,)),
        "sr-done": (GObject.SignalFlags.RUN_LAST, None, (GObject.TYPE_PYOBJECT, _POINTER)),
    }

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.set_property("async-handling", True)
        declare(self, Gst.ElementFlags.SOURCE)
        self._replacing = threading.Lock()
        self._decoders = SourceDecoders(weakly(self._setting))
        self.connect("deep-element-added", weakly(self._element_added))
        self._forget()

    def _forget(self) -> None:
        self._source: Gst.Element | None = None
        self._rtsp: RtspSource | None = None
        self._branches: dict[str, Branch] = {}
        self._loop: FileLoop | None = None
        self._reconnector: Reconnector | None = None
        self._recorder: SmartRecorder | None = None
        self._failed = False

    # States

    def do_change_state(self, transition: Any) -> Gst.StateChangeReturn:
        """GstElement's virtual method."""
        if transition == Gst.StateChange.NULL_TO_READY:
            try:
                self._open()
            except Exception as error:
                self.fail(error)
                return Gst.StateChangeReturn.FAILURE
        if transition == Gst.StateChange.PLAYING_TO_PAUSED and self._reconnector:
            self._reconnector.play(False)
        result = Gst.Bin.do_change_state(self, transition)
        if result == Gst.StateChangeReturn.FAILURE and transition in _DOWN:
            # An error that comes while decodebin stops makes it fail, once (GStreamer 1.22).
            result = Gst.Bin.do_change_state(self, transition)
        if transition == Gst.StateChange.PAUSED_TO_PLAYING and self._reconnector:
            self._reconnector.play(True)
        if transition == Gst.StateChange.PAUSED_TO_READY:
            self._end_threads()
        if transition == Gst.StateChange.READY_TO_NULL:
            self._close()
        return result

    def _end_threads(self) -> None:
        if self._reconnector is not None:
            self._reconnector.stop()
        if self._recorder is not None:
            self._recorder.close()

    def _open(self) -> None:
        uri, settings = self._checked_uri(), self.settings
        rtsp = uri.startswith("rtsp") and settings["type"] != _ANY_URI
        if rtsp and settings["rtsp-reconnect-interval"]:
            policy = ReconnectPolicy(
                settings["rtsp-reconnect-interval"],
                settings["init-rtsp-reconnect-interval"],
                settings["rtsp-reconnect-attempts"],
            )
            self._reconnector = Reconnector(policy, weakly(self._reconnect), weakly(self._give_up))
            self._reconnector.start()
        if settings["smart-record"]:
            if not rtsp:
                raise ConfigError(f"{self._shown_uri}: smart-record is for rtsp:// sources only")
            done, failed = weakly(self._recorded), weakly(self.fail)
            self._recorder = SmartRecorder(settings, done, failed)
        if settings["file-loop"] and uri.startswith("file:"):
            self._loop = FileLoop(weakly(self._apart), weakly(self._replace_source))
        self._is_rtsp = rtsp
        self._add_source()

    def _checked_uri(self) -> str:
        uri = self.settings["uri"]
        if not uri:
            raise ConfigError("set uri, for example uri=file:///path/to/video.mp4")
        if uri.startswith("ipc:"):
            raise ConfigError(
                f"{self._shown_uri}: frames of other processes come through NVIDIA's memory "
                "only; available: file, rtsp, http, https and what uridecodebin knows"
            )
        return str(uri)

    def _close(self) -> None:
        with self._replacing:
            self._decoders.clean_up()
            for pad in list(self.srcpads):
                pad.set_active(False)
                self.remove_pad(pad)
            for element in list(self.children):
                element.set_state(Gst.State.NULL)
                self.remove(element)
            self._forget()

    # The source, which a new one may replace

    def _add_source(self) -> Gst.Element:
        if self._is_rtsp:
            data = self._reconnector.data if self._reconnector else None
            encoded = self._recorder.watch if self._recorder else None
            self._rtsp = RtspSource(self.settings, data, encoded)
            self._source = self._rtsp.bin
        else:
            self._source = uri_source(self.settings)
        self._source.connect("pad-added", weakly(self._decoded))
        self._source.connect("no-more-pads", weakly(self._all_decoded))
        self.add(self._source)
        return self._source

    def _apart(self, work: Callable[[], None]) -> None:
        self.call_async(lambda _self: work())

    def _replace_source(self) -> None:
        """Put a new source in the place of the old one, whose streams are at their end."""
        with self._replacing:
            if self._remove_source():
                self._add_source().sync_state_with_parent()

    def _reconnect(self, attempt: int) -> None:
        self._warn(f"no data from {self._shown_uri}; connecting anew, attempt {attempt}", "")
        entrances = [branch.entrance for branch in self._branches.values()]
        with self._replacing:
            for entrance in entrances:
                # A thread of the old source may be waiting there for room.
                entrance.send_event(Gst.Event.new_flush_start())
            removed = self._remove_source()
            for entrance in entrances:
                entrance.send_event(Gst.Event.new_flush_stop(False))
                entrance.send_event(custom_event("stream-reset", stream_id=0))
            if removed:
                self._add_source().sync_state_with_parent()

    def _remove_source(self) -> bool:
        if self._source is None:
            return False
        self._failed = True  # what its end breaks is nobody's business
        self._source.set_locked_state(True)
        self._source.set_state(Gst.State.NULL)
        self._decoders.clean_up()
        self.remove(self._source)
        self._failed = False
        return True

    # What is decoded

    def _element_added(self, _self: Gst.Bin, parent: Gst.Bin, element: Gst.Element) -> None:
        self._decoders.added(parent, element)

    def _setting(self, name: str) -> Any:
        return self.settings[name]

    def property_changed(self, name: str) -> None:
        """Tell the decoder, where it plays already."""
        if name == "smart-rec-video-cache":
            self.set_property("smart-rec-cache", self.settings[name])
        self._decoders.changed(self, name)

    def _decoded(self, _source: Gst.Element, pad: Gst.Pad) -> None:
        kind, _, encoding = caps_of(pad).get_structure(0).get_name().partition("/")
        wanted = kind == "video" or (kind == "audio" and not self.settings["disable-audio"])
        if not wanted or encoding != "x-raw":
            return
        if kind not in self._branches:
            self._add_branch(kind)
        entrance = self._branches[kind].entrance
        if not entrance.is_linked():
            if self._loop is not None:
                self._loop.watch(pad)
            pad.link(entrance)

    def _add_branch(self, kind: str) -> None:
        timeline = self._loop.timeline() if self._loop is not None else None
        replaceable = self._loop is not None or self._reconnector is not None
        branch = add_branch(self, kind, self.settings, timeline, replaceable)
        self._branches[kind] = branch
        answer_number(branch.exit, SOURCE_ID, weakly(self._source_id))
        branch.exit.set_active(True)
        self.add_pad(branch.exit)

    def _source_id(self) -> int | None:
        number = int(self.settings["source-id"])
        return number if number >= 0 else None

    def _all_decoded(self, _source: Gst.Element) -> None:
        if self._branches:
            self.no_more_pads()
        elif not self._failed:
            self._failed = True
            self.fail(GstError(f"cannot play {self._shown_uri}: it has no video"))

    # Recordings

    def do_get_property(self, spec: Any) -> Any:
        """GObject's virtual method."""
        if spec.name == "smart-rec-status":
            return self._recorder is not None and self._recorder.recording
        return self.settings[spec.name]

    def do_start_sr(self, session: object, back_s: int, duration_s: int, user_data: object) -> None:
        """The signal's own handler; the number of the session goes where ``session`` points."""
        try:
            put_uint32(session, self._recording().start(back_s, duration_s, user_data))
        except PythiaError as error:
            self._warn(str(error), "")

    def do_stop_sr(self, session: int) -> None:
        """The signal's own handler."""
        try:
            self._recording().stop(session)
        except PythiaError as error:
            self._warn(str(error), "")

    def _recording(self) -> SmartRecorder:
        if self._recorder is None:
            raise ConfigError("set smart-record and smart-rec-dir-path before the element starts")
        return self._recorder

    def _recorded(self, info: RecordingInfo, user_data: object) -> None:
        self.emit("sr-done", info, user_data)

    # What goes wrong

    @property
    def _shown_uri(self) -> str:
        return without_password(self.settings["uri"])

    def do_handle_message(self, message: Gst.Message) -> None:
        """GstBin's virtual method."""
        kind: Any = message.type
        if kind == Gst.MessageType.ERROR:
            self._source_failed(message)
        else:
            Gst.Bin.do_handle_message(self, message)

    def _source_failed(self, message: Gst.Message) -> None:
        if self._failed:
            return  # a consequence of the first
        self._failed = True
        error, debug = message.parse_error()
        cause, debug = without_password(error.message), without_password(debug or "")
        if factory_of(message.src) == "souphttpsrc" and cause.startswith("Internal"):
            cause = "the server cannot be reached"  # libsoup's reason is lost
        text = f"cannot play {self._shown_uri}: {cause}"
        if self._reconnector is not None:
            self._reconnector.failed()
            self._warn(text, debug)
            return
        domain = GLib.quark_from_string(error.domain)
        told: GLib.Error = GLib.Error.new_literal(domain, text, error.code)
        details = message.parse_error_details()
        self.post_message(Gst.Message.new_error_with_details(self, told, debug, details))

    def _warn(self, text: str, debug: str) -> None:
        domain, code = Gst.StreamError.quark(), int(Gst.StreamError.FAILED)
        self.message_full(Gst.MessageType.WARNING, domain, code, text, debug, "", "", 0)

    def _give_up(self) -> None:
        attempts = self.settings["rtsp-reconnect-attempts"]
        number = self.settings["source-id"] & UINT_MAX
        told = structure("attempt-exceeded", source_id=number)
        told.set_value("attempt_exceeded", True)
        self.post_message(Gst.Message.new_element(self, told))
        text = f"gave up {self._shown_uri} after {attempts} attempts to connect"
        if not self._branches:
            self.fail(GstError(text))
            return
        self._warn(text, "")
        for branch in self._branches.values():
            branch.entrance.send_event(Gst.Event.new_eos())

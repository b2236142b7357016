"""many sources and their nvstreammux in one element, changed while it plays.

Sources are added and removed over HTTP; a source that fails or ends is removed, and the others go
on. Try it::

    gst-pylaunch nvmultiurisrcbin uri-list=file://$(pythia samples sample_720p.mp4) port=0 \
        max-batch-size=1 width=640 height=360 ! fakesink

and with ``port=9000``, while it plays::

    curl -d '{"value": {"camera_id": "a", "camera_url": "file:///...", "change": "camera_add"}}' \
        localhost:9000/api/v1/stream/add
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pythia.elements.base import Portable, pad_template, video_caps
from pythia.elements.chain import pad_of
from pythia.elements.multi_source_properties import (
    MULTI_SOURCE_PROPERTIES,
    MUX_NAMES,
    SOURCE_NAMES,
    UNSUPPORTED,
)
from pythia.elements.mux_policy import OLD_ONLY, is_new
from pythia.elements.nvstreammux import NvStreamMux
from pythia.elements.properties import gproperties
from pythia.elements.source_set import Source, SourceSet
from pythia.elements.stand_in import make
from pythia.exceptions import ConfigError, GstError
from pythia.gst import Gst
from pythia.gst.pads import weakly

if TYPE_CHECKING:
    from http import HTTPStatus

    from pythia.elements.rest_server import RestServer

_AFTER = {
    Gst.StateChange.READY_TO_PAUSED: Gst.State.PAUSED,
    Gst.StateChange.PAUSED_TO_PLAYING: Gst.State.PLAYING,
    Gst.StateChange.PAUSED_TO_READY: Gst.State.READY,
}
_INNER = (
    Gst.MessageType.ASYNC_START,
    Gst.MessageType.ASYNC_DONE,
    Gst.MessageType.STATE_CHANGED,
    Gst.MessageType.STREAM_STATUS,
)
"""Messages of sources that are nobody else's business: they come and go as they like.

GStreamer's bus does not survive a storm of messages from many threads: its queue, when it grows,
may be freed under a thread that is writing to it, which then turns for ever (seen with 1.22).
"""


class NvMultiUriSrcBin(Portable, Gst.Bin):
    """The element; see the module."""

    __gtype_name__ = "GstDsNvMultiUriBin"
    __gstmetadata__ = (
        "NvMultiUriSrc Bin",
        "NvMultiUriSrc Bin",
        "Batches many URI sources, which come and go by REST requests",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template(
            "src",
            Gst.PadDirection.SRC,
            Gst.PadPresence.ALWAYS,
            video_caps(("NV12", "RGBA", "I420"), system=False),
        ),
    )
    PROPERTIES = MULTI_SOURCE_PROPERTIES
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.set_property("async-handling", True)
        template = self.get_pad_template("src")
        assert template is not None
        ghost = Gst.GhostPad.new_no_target_from_template("src", template)
        assert isinstance(ghost, Gst.GhostPad)
        self._ghost = ghost
        self.add_pad(ghost)
        self._mux: NvStreamMux | None = None
        self._sources: SourceSet | None = None
        self._server: RestServer | None = None

    # States

    def do_change_state(self, transition: Any) -> Gst.StateChangeReturn:
        """GstElement's virtual method."""
        change = Gst.StateChange
        if transition == change.NULL_TO_READY and not self._begin():
            return Gst.StateChangeReturn.FAILURE
        if transition == change.PLAYING_TO_PAUSED:
            self._bring(Gst.State.PAUSED)
        # The muxer stops before its sources do, and lets their threads go.
        result = Gst.Bin.do_change_state(self, transition)
        if transition == change.READY_TO_NULL:
            self._close()
        if result == Gst.StateChangeReturn.FAILURE:
            return result
        if transition in _AFTER:
            self._bring(_AFTER[transition])
        # Not the bin's own answer, which repeats what the sources said last.
        live = transition in (change.READY_TO_PAUSED, change.PLAYING_TO_PAUSED) and self._is_live()
        return Gst.StateChangeReturn.NO_PREROLL if live else Gst.StateChangeReturn.SUCCESS

    def _begin(self) -> bool:
        try:
            self._check()
            self._open()
            self._listen()
        except Exception as error:
            self._close()
            self.fail(error)
            return False
        return True

    def _bring(self, state: Gst.State) -> None:
        if self._sources is not None:
            self._sources.bring(state)

    def _is_live(self) -> bool:
        """Whether what follows must not wait for a first frame."""
        live = self._sources is not None and self._sources.live
        return bool(self.settings["live-source"]) or not self._list("uri-list") or live

    def _open(self) -> None:
        settings = self.settings
        mux = make("nvstreammux")
        assert isinstance(mux, NvStreamMux)
        mux.set_property("batch-size", settings["max-batch-size"])
        for name in self.given & MUX_NAMES:
            if not (is_new() and name in OLD_ONLY):
                mux.set_property(name, settings[name])
        # It knows only the sources that have come so far; the end is told by this element.
        mux.set_property("drop-pipeline-eos", True)
        self.add(mux)
        self._ghost.set_target(pad_of(mux, "src"))
        by_sensor_id = settings["sensorID-padID-mapping"]
        self._mux, self._any_ended = mux, False
        self._sources = SourceSet(self, mux, settings["max-batch-size"], by_sensor_id)
        ids, names = self._list("sensor-id-list"), self._list("sensor-name-list")
        for index, uri in enumerate(self._list("uri-list")):
            self._add(uri, "".join(ids[index : index + 1]), "".join(names[index : index + 1]))

    def _add(self, uri: str, sensor_id: str, name: str) -> None:
        assert self._sources is not None
        passed_on = {name: self.settings[name] for name in self.given & SOURCE_NAMES}
        passed_on["extract-sei-type5-data"] = self.settings["extract-sei-type5-data-dec"]
        self._sources.add(uri, sensor_id, name, passed_on)

    def _list(self, name: str) -> list[str]:
        text = self.settings[name] or ""
        return [part.strip() for part in text.split(",")] if text.strip() else []

    def _check(self) -> None:
        settings = self.settings
        for row in UNSUPPORTED:
            if settings[row.name] != row.default:
                raise ConfigError(f"the portable runtime has no {row.name}; leave it out")
        if settings["mode"]:
            raise ConfigError("mode=audio is not there; batches hold video")
        uris, limit = self._list("uri-list"), settings["max-batch-size"]
        if len(uris) > limit:
            raise ConfigError(f"uri-list has {len(uris)} sources, and max-batch-size is {limit}")
        ids = self._list("sensor-id-list")
        if len(set(ids)) < len(ids):
            raise ConfigError("a sensor id is twice in sensor-id-list")

    def _listen(self) -> None:
        port = self.settings["port"] or "0"
        if not port.isdecimal() or int(port) > 65535:
            raise ConfigError(f"port={port} has to be a number from 0 to 65535")
        if int(port):
            from pythia.elements.rest_server import RestServer

            ip = self.settings["ip-address"] or "localhost"
            self._server = RestServer(ip, int(port), weakly(self._answer))

    def _answer(self, method: str, path: str, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        from pythia.elements.rest_api import answer
        from pythia.elements.rest_sensors import RestSensors

        mux, sources = self._mux, self._sources
        if mux is None or sources is None:
            raise GstError("the element is being stopped")
        return answer(RestSensors(self, mux, sources, self._add), method, path, body)

    def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        sources, self._sources = self._sources, None
        for source in sources.all() if sources is not None else []:
            assert sources is not None
            sources.remove(source)
        mux, self._mux = self._mux, None
        if mux is not None:
            self._ghost.set_target(None)
            mux.set_state(Gst.State.NULL)
            self.remove(mux)

    def property_changed(self, name: str) -> None:
        """Hand a change on."""
        if self._mux is not None and name in MUX_NAMES and name != "drop-pipeline-eos":
            self._mux.set_property(name, self.settings[name])
        if self._sources is not None and name in SOURCE_NAMES:
            for source in self._sources.all():
                source.element.set_property(name, self.settings[name])

    # Messages of the sources and the muxer, on any thread

    def do_handle_message(self, message: Gst.Message) -> None:
        """GstBin's virtual method."""
        kind: Any = message.type
        structure = message.get_structure()
        if message.src is self._mux and structure and structure.get_name() == "stream-eos":
            self._part_from(structure.get_uint("stream-id")[1])
        source = self._sources.containing(message.src) if self._sources is not None else None
        if source is not None and kind in _INNER:
            return
        if source is not None and kind == Gst.MessageType.ERROR:
            self._lose(source, message.parse_error())
        else:
            Gst.Bin.do_handle_message(self, message)

    def _part_from(self, number: int) -> None:
        source = self._sources.find(number) if self._sources is not None else None
        if source is not None:
            self.call_async(weakly(self._remove, source, None))

    def _lose(self, source: Source, error: Any) -> None:
        gerror, debug = error
        number, sensor = source.sensor.source_id, source.sensor.sensor_id
        name = f"source {number}" + (f" ({sensor})" if sensor else "")
        text = f"{name} is removed: {gerror.message}"
        domain, code = Gst.StreamError.quark(), int(Gst.StreamError.FAILED)
        self.message_full(Gst.MessageType.WARNING, domain, code, text, debug or "", "", "", 0)
        self.call_async(weakly(self._remove, source, gerror.message))

    def _remove(self, source: Source, cause: str | None, _self: Gst.Element) -> None:
        """Remove a source that has ended, or failed with a cause; the last one ends all."""
        sources, mux = self._sources, self._mux
        if sources is None or mux is None or not sources.remove(source):
            return
        self._any_ended = self._any_ended or cause is None
        if sources.all() or self.settings["drop-pipeline-eos"]:
            return
        if self._any_ended:
            mux.finish()
        else:
            self.fail(GstError(f"no source is left: {cause}"))

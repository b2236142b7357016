"""nvmsgbroker: sends the payloads of nvmsgconv to Kafka, Redis, MQTT or AMQP.

Try it, with a Redis server::

    gst-pylaunch videotestsrc num-buffers=30 ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=640 height=360 ! \
        nvmsgconv payload-type=1 msg2p-newapi=true frame-interval=10 ! \
        nvmsgbroker proto-lib=libnvds_redis_proto.so "conn-str=localhost;6379;detections"

Payloads go out in the background, in order, each until the broker has confirmed it. A broker that
is away delays them; once 10 000 wait, the pipeline waits too. In the group ``[message-broker]`` of
the configuration ``pythia-NAME=VALUE`` sets an option of the event stream, for example
``pythia-overflow=drop-oldest``. At the end of the stream what is left has ``flush-timeout``
milliseconds, by default 10 000; after that it is an error.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pythia.elements.base import Portable, pad_template
from pythia.elements.properties import Property, gproperties
from pythia.exceptions import ConfigError, StreamError
from pythia.gst import Gst, GstBase
from pythia.gst.pads import weakly
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch, PortableUser
from pythia.meta.types import PAYLOAD_META

if TYPE_CHECKING:
    from pythia.event_stream import Worker
    from pythia.messages import BrokerAddress

_log = logging.getLogger("pythia.elements")

_GROUP = "message-broker"
_STEP_S = 0.02


class NvMsgBroker(Portable, GstBase.BaseSink):
    """The element; see the module. It connects on the way to READY."""

    __gtype_name__ = "GstNvMsgBroker"
    __gstmetadata__ = (
        "Message broker",
        "Sink/Metadata",
        "Sends payloads to a message broker",
        "pythia",
    )
    __gsttemplates__ = (
        pad_template("sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, Gst.Caps.new_any()),
    )
    PROPERTIES = (
        Property("proto-lib", "string", None, "Protocol, by the name of DeepStream's library"),
        Property("conn-str", "string", None, "Server, as in host;port or host;port;topic"),
        Property("config", "string", None, "File with a group [message-broker]"),
        Property("topic", "string", None, "Topic, stream or routing key that payloads go to"),
        Property("comp-id", "uint", 0, "Send only payloads of this component; 0 is any"),
        Property("new-api", "bool", False, "Send payloads of the batch too, not only of frames"),
        Property("sleep-time", "uint", 0, "Least time between two sends in milliseconds"),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self._worker: Worker | None = None
        self._flush_s = 0.0
        self._dead = False
        self._unlocked = threading.Event()
        self._hurry = threading.Event()
        pad = self.get_static_pad("sink")
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, weakly(self._look_for_end))

    # States

    def do_start(self) -> bool:
        """GstBaseSink's virtual method: connects."""
        try:
            self._open()
        except Exception as error:
            self.fail(error)
            return False
        return True

    def do_change_state(self, transition: Any) -> Gst.StateChangeReturn:
        """GstElement's virtual method."""
        if transition == Gst.StateChange.READY_TO_PAUSED:
            self._hurry.clear()
        elif transition == Gst.StateChange.PAUSED_TO_READY:
            self._hurry.set()
        result = GstBase.BaseSink.do_change_state(self, transition)
        if transition == Gst.StateChange.PAUSED_TO_READY:
            self._hurry.clear()
            self._close_late()
        return result

    def do_unlock(self) -> bool:
        """GstBaseSink's virtual method: render holds a lock that a change of state needs."""
        self._unlocked.set()
        return True

    def do_unlock_stop(self) -> bool:
        """GstBaseSink's virtual method."""
        self._unlocked.clear()
        return True

    def do_stop(self) -> bool:
        """GstBaseSink's virtual method."""
        self._close_late()
        return True

    def _open(self) -> None:
        from pythia.elements.broker_payload import PayloadFormat
        from pythia.event_stream import StreamUri, Worker, open_stream

        address = self._address()
        options = dict(address.options)
        if self.settings["sleep-time"]:
            options.setdefault("linger_ms", str(self.settings["sleep-time"]))
        uri = StreamUri(
            address.scheme,
            address.user,
            address.password,
            address.authority,
            options=MappingProxyType(options),
        )
        stream = open_stream(uri)
        stream.format = PayloadFormat()
        worker = Worker(stream, on_failure=weakly(self._fail_for_good))
        self._dead = False
        self._flush_s = address.flush_s
        worker.start()
        self._worker = worker

    def _address(self) -> BrokerAddress:
        from pythia.messages import broker_address, protocol_of

        settings = self.settings
        protocol = protocol_of(settings["proto-lib"])
        keys = _adapter_settings(settings["config"]) if settings["config"] else {}
        return broker_address(protocol, settings["conn-str"], settings["topic"], keys, os.environ)

    def _close(self) -> StreamError | None:
        """Wait for what is not sent, then let go of the broker; returns what went wrong."""
        worker, self._worker = self._worker, None
        if worker is None:
            return None
        worker.finish()
        deadline = time.monotonic() + self._flush_s
        while worker.stats().pending and time.monotonic() < deadline:
            if self._dead or self._hurry.wait(_STEP_S):
                break
        worker.drain(0)
        try:
            worker.close()
        except StreamError as error:
            return error
        return None

    def _close_late(self) -> None:
        """The same without an end of stream, when perhaps nobody reads the bus any more."""
        error = self._close()
        if error is not None:
            _log.error("%s: %s", self.get_name(), error)
            self.fail(error)

    def _fail_for_good(self, error: BaseException) -> None:
        # First, or what render returns would have sources say that something is wrong before this
        # says what it is.
        self.fail(error if isinstance(error, Exception) else StreamError(repr(error)))
        self._dead = True

    # The streaming thread

    def _look_for_end(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event is not None and event.type == Gst.EventType.EOS:
            # Before the sink says that all is over.
            error = self._close()
            if error is not None:
                self.fail(error)
        return Gst.PadProbeReturn.OK

    def do_render(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GstBaseSink's virtual method."""
        flow = Gst.FlowReturn.OK
        try:
            batch = carrier.fetch(hash(buffer))
            for payload in self._payloads(batch) if batch is not None else ():
                flow = self._send(payload)
                if flow != Gst.FlowReturn.OK and not self._hurry.is_set():
                    break
        except Exception as error:
            self.fail(error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.ERROR if self._dead else flow

    def _payloads(self, batch: PortableBatch) -> Iterator[bytes]:
        for frame in batch.frame_meta_list:
            yield from self._wanted(frame.frame_user_meta_list)
        if self.settings["new-api"]:
            yield from self._wanted(batch.batch_user_meta_list)

    def _wanted(self, users: Sequence[PortableUser]) -> Iterator[bytes]:
        component = self.settings["comp-id"]
        for user in users:
            if user.base_meta.meta_type == PAYLOAD_META:
                data = user.user_meta_data
                if component in (0, data.componentId):
                    yield data.payload

    def _send(self, payload: bytes) -> Gst.FlowReturn:
        if self._worker is None:
            self._open()  # the stream goes on after its end
        assert self._worker is not None
        flow = self._wait_for_room(self._worker)
        if self._hurry.is_set():
            self._worker.release()  # what has come so far is sent before the stop
        if flow == Gst.FlowReturn.OK or self._hurry.is_set():
            self._worker.offer(payload)
        return flow

    def _wait_for_room(self, worker: Worker) -> Gst.FlowReturn:
        flow = Gst.FlowReturn.OK
        while flow == Gst.FlowReturn.OK and not worker.has_room():
            if self._unlocked.wait(_STEP_S):
                flow = self.wait_preroll()  # in PAUSED until it plays on or stops
        return flow


def _adapter_settings(path: str) -> dict[str, str]:
    """The keys of an adapter's file."""
    from pythia.vision.config_file import read_groups

    if Path(path).suffix.lower() in (".yml", ".yaml"):
        raise ConfigError(f"config={path}: a protocol adapter's file is a key file, not YAML")
    groups = read_groups(path, quote=False)
    if _GROUP not in groups:
        found = ", ".join(groups) or "none"
        raise ConfigError(f"config={path} has no group [{_GROUP}]; it has: {found}")
    return groups[_GROUP]

"""nvmsgconv: messages out of the metadata of frames, hung on them as payloads for nvmsgbroker.

Try it::

    gst-pylaunch videotestsrc num-buffers=30 ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=640 height=360 ! \
        nvmsgconv payload-type=1 msg2p-newapi=true frame-interval=10 debug-payload-dir=. ! fakesink

``msg2p-lib`` is DeepStream's ``libnvds_msgconv.so``, whose schemas are built in, or a converter in
Python, ``file.py:function`` or ``package.module:function``; see
:class:`pythia.messages.UserConverter` for how it is called.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from pythia.elements.base import Portable, pad_template
from pythia.elements.properties import UINT_MAX, Enum, Property, gproperties
from pythia.exceptions import ConfigError, MessageError
from pythia.gst import Gst, GstBase
from pythia.meta import carrier
from pythia.meta.portable import PortableBase, PortableFrame, PortableUser
from pythia.meta.portable_event import PortablePayload
from pythia.meta.types import EVENT_MSG_META, PAYLOAD_META, PayloadType

if TYPE_CHECKING:
    from pythia.messages import Converter

_log = logging.getLogger("pythia.elements")

_LIBRARY = "libnvds_msgconv.so"
_PAYLOAD_TYPES = Enum(
    "GstNvMsgConvPayloadType",
    (
        (0, "Full schema as JSON, one payload an object", "PAYLOAD_DEEPSTREAM"),
        (1, "Minimal schema as JSON, one payload a frame", "PAYLOAD_DEEPSTREAM_MINIMAL"),
        (2, "Minimal schema as protocol buffers", "PAYLOAD_DEEPSTREAM_PROTOBUF"),
        (256, "Reserved", "PAYLOAD_RESERVED"),
        (257, "Schema of one's own, by msg2p-lib", "PAYLOAD_CUSTOM"),
    ),
)


class NvMsgConv(Portable, GstBase.BaseTransform):
    """The element; see the module. Buffers without a batch pass as they are."""

    __gtype_name__ = "GstNvMsgConv"
    __gstmetadata__ = (
        "Message converter",
        "Filter/Metadata",
        "Makes payloads for message brokers out of metadata",
        "pythia",
    )
    __gsttemplates__ = tuple(
        pad_template(name, direction, Gst.PadPresence.ALWAYS, Gst.Caps.new_any())
        for name, direction in (("sink", Gst.PadDirection.SINK), ("src", Gst.PadDirection.SRC))
    )
    PROPERTIES = (
        Property("config", "string", None, "File that describes sensors, places and modules"),
        Property("msg2p-lib", "string", None, f"{_LIBRARY}, or a converter as file.py:function"),
        Property("payload-type", _PAYLOAD_TYPES, 0, "Schema of the payloads"),
        Property("comp-id", "uint", 0, "Convert only event messages of this component; 0 is any"),
        Property("debug-payload-dir", "string", None, "Folder to write a copy of each payload to"),
        Property("multiple-payloads", "bool", False, "A converter may return several payloads"),
        Property("msg2p-newapi", "bool", False, "Convert frames and objects, not event messages"),
        Property(
            "frame-interval", "uint", 30, "With msg2p-newapi: convert every n-th frame", 1, UINT_MAX
        ),
        Property("dummy-payload", "bool", False, "A payload also for frames without event message"),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        # Not pass-through: another branch behind a tee must not see the payloads.
        self.set_in_place(True)

    def do_start(self) -> bool:
        """GstBaseTransform's virtual method: reads the configuration."""
        try:
            self._converter = self._make_converter()
            self._folder = self._debug_folder()
        except Exception as error:
            self.fail(error)
            return False
        return True

    def _make_converter(self) -> Converter:
        from pythia.messages import UserConverter, built_in, read_message_config

        settings = self.settings
        library: str = settings["msg2p-lib"] or _LIBRARY
        own = ":" in library
        if not own and PurePath(library).name != _LIBRARY:
            raise ConfigError(
                f"msg2p-lib={library}: a compiled converter cannot be loaded here; available: "
                f"{_LIBRARY}, or a converter in Python, file.py:function"
            )
        if own:
            function = _converter_function(library)
            return UserConverter(function, several=settings["multiple-payloads"])
        kind: int = settings["payload-type"]
        config = read_message_config(settings["config"]) if settings["config"] else None
        if settings["dummy-payload"] and kind == PayloadType.NVDS_PAYLOAD_DEEPSTREAM:
            _log.warning("nvmsgconv: dummy-payload needs payload-type=1 or 2 and does nothing")
        return built_in(kind, config)

    def _debug_folder(self) -> Path | None:
        folder = self.settings["debug-payload-dir"]
        if not folder:
            return None
        if not os.path.isdir(folder) or not os.access(folder, os.W_OK):
            raise ConfigError(f"debug-payload-dir={folder} is not a folder that can be written to")
        return Path(folder)

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GstBaseTransform's virtual method."""
        try:
            batch = carrier.fetch(hash(buffer))
            for frame in batch.frame_meta_list if batch is not None else ():
                self._attach(frame, list(self._payloads(frame)))
        except Exception as error:
            self.fail(error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK

    def _payloads(self, frame: PortableFrame) -> Iterable[bytes]:
        settings = self.settings
        if settings["msg2p-newapi"]:
            due = frame.frame_num % settings["frame-interval"] == 0
            return self._converter.of_objects(frame) if due else ()
        events = [
            user.user_meta_data
            for user in frame.frame_user_meta_list
            if user.base_meta.meta_type == EVENT_MSG_META
            and settings["comp-id"] in (0, user.user_meta_data.componentId)
        ]
        if events:
            return self._converter.of_events(frame, events)
        return self._converter.of_nothing(frame) if settings["dummy-payload"] else ()

    def _attach(self, frame: PortableFrame, payloads: list[bytes]) -> None:
        for payload in payloads:
            data = PortablePayload(payload, len(payload), self.settings["comp-id"])
            frame.add_user(PortableUser(PortableBase(PAYLOAD_META), data))
        if payloads and self._folder is not None:
            self._write(self._folder, payloads)

    @staticmethod
    def _write(folder: Path, payloads: list[bytes]) -> None:
        from pythia.messages import rfc3339

        # One file a millisecond, so frames may share one.
        with (folder / f"{rfc3339()}.txt").open("ab") as file:
            for payload in payloads:
                file.write(payload + b" \n")


def _converter_function(name: str) -> Any:
    from pythia.vision.parsers.user import user_function

    return user_function(name, Path.cwd(), "converter", MessageError)

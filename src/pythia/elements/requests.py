"""Changes that are asked of elements by events, which travel with the frames.

Names and fields are those of DeepStream's ``gst-nvcustomevent.h`` and ``gst-nvdscustomevent.h``.
nvmultiurisrcbin makes such events of REST requests, and programs may send them themselves::

    structure = Gst.Structure.from_string("nv-infer-interval-update, interval=(uint)4;")[0]
    pad.send_event(Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure))
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pythia.elements.structures import uint
from pythia.gst import Gst
from pythia.gst.structures import structure_of

_log = logging.getLogger("pythia.elements")

ROI_UPDATE = "nv-roi-update"
"""For nvdspreprocess: ``roi-count`` regions of the source ``stream_id``."""
TRACKER_CONFIG = "nv-tracker-config-update"
"""For nvtracker: another ``config_path``."""


class Request(NamedTuple):
    """An event whose field becomes a property."""

    event: str
    field: str
    property: str


INFER_INTERVAL = Request("nv-infer-interval-update", "interval", "interval")
OSD_PROCESS_MODE = Request("nv-osd-process-mode-update", "process_mode", "process-mode")
OF_ENCODERS = (
    Request("nv-enc-bitrate-update", "bitrate", "bitrate"),
    Request("nv-enc-force-idr", "force", "force-idr"),
    Request("nv-enc-force-intra", "force", "force-intra"),
    Request("nv-enc-iframeinterval-update", "interval", "iframeinterval"),
)
OF_DECODERS = (
    Request("nv-dec-drop-frame-interval-update", "interval", "drop-frame-interval"),
    Request("nv-dec-skip-frame-update", "frame_type", "skip-frames"),
    Request("nv-dec-enable-low-latency-mode", "enable", "low-latency-mode"),
)


def obey(element: Gst.Element, event: Gst.Event, *requests: Request) -> None:
    """Set the property that an event asks for; all other events are left alone."""
    structure = structure_of(event)
    for request in requests:
        if structure is not None and structure.get_name() == request.event:
            value = structure.get_value(request.field)
            if value is None:
                _log.warning("%s: %s has no field %s", element.get_name(), *request[:2])
            else:
                element.set_property(request.property, value)


def named(event: Gst.Event, name: str) -> Gst.Structure | None:
    """The structure of an event with this name; None for others."""
    structure = structure_of(event)
    return structure if structure is not None and structure.get_name() == name else None


def encoder_of(event: Gst.Event) -> int | None:
    """The source whose encoder an event is for; None for all other events."""
    structure = structure_of(event)
    if structure is None or structure.get_name() not in {row.event for row in OF_ENCODERS}:
        return None
    stream_id = str(structure.get_value("stream_id"))
    return int(stream_id) if stream_id.isdecimal() else None


def request_event(name: str, fields: Mapping[str, Any]) -> Gst.Event:
    """An event; numbers become ``guint`` and ``bool`` becomes ``gint``, as in DeepStream."""
    structure = Gst.Structure.new_empty(name)
    for key, value in fields.items():
        if isinstance(value, bool):
            structure.set_value(key, int(value))
        else:
            structure.set_value(key, uint(value) if isinstance(value, int) else value)
    event = Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure)
    assert event is not None
    return event


class Region(NamedTuple):
    """A part of a frame in pixels."""

    roi_id: str
    left: int
    top: int
    width: int
    height: int


def roi_event(stream_id: str, regions: Iterable[Region]) -> Gst.Event:
    """Other regions for a source."""
    listed = list(regions)
    fields: dict[str, Any] = {"stream_id": stream_id, "roi-count": len(listed)}
    for number, region in enumerate(listed):
        fields |= {f"{name}_{number}": value for name, value in region._asdict().items()}
    return request_event(ROI_UPDATE, fields)


def regions_in(structure: Gst.Structure) -> tuple[int, list[Region]]:
    """Source and regions of a :data:`ROI_UPDATE`.

    Raises:
        ValueError: a field is missing or is no number.
    """

    def number(name: str) -> int:
        value = structure.get_value(name)
        if value is None:
            raise ValueError(f"{name} is missing in {structure.to_string()}")
        return int(value)

    names = Region._fields[1:]
    regions = [
        Region(str(structure.get_value(f"roi_id_{n}")), *(number(f"{name}_{n}") for name in names))
        for n in range(number("roi-count"))
    ]
    return number("stream_id"), regions

"""Latencies, and what pyds sends to elements."""

from __future__ import annotations

from typing import Any

from pythia.compat.pyds.views import INT, U64, whole
from pythia.gst import GObject, Gst
from pythia.gst.element_address import send_event, set_flag
from pythia.meta import carrier
from pythia.meta.latency import measure_buffer_latency
from pythia.meta.runtime import is_latency_measured

__all__ = [
    "configure_source_for_ntp_sync",
    "gst_element_send_nvevent_interval_update",
    "gst_element_send_nvevent_new_stream_reset",
    "nvds_measure_buffer_latency",
]


def nvds_measure_buffer_latency(gst_buffer: int) -> int:
    """Print how long each frame of a buffer (by address) has been on its way; returns how many.

    Nothing happens unless ``NVDS_ENABLE_LATENCY_MEASUREMENT`` is set.
    """
    address = whole(gst_buffer, *U64, "nvds_measure_buffer_latency()")
    if not is_latency_measured():
        return 0
    if not address or carrier.fetch(address) is None:
        print(f"Batch meta not found for buffer {address:#x}", flush=True)
        return 0
    frames = measure_buffer_latency(address)
    number = frames[0].frame_num if frames else 0
    print(f"************BATCH-NUM = {number}**************", *frames, sep="\n", flush=True)
    return len(frames)


def configure_source_for_ntp_sync(src_elem: int) -> None:
    """Have a source (by address) keep the sender's clock, as RTSP tells it.

    From now on, ``ntp_timestamp`` of its frames is the sender's where nvstreammux has
    ``attach-sys-ts=0``. A source that is no RTSP source is left as it is; so is one of GStreamer
    before 1.22, which cannot do it.
    """
    address = _element(src_elem, "configure_source_for_ntp_sync()")
    set_flag(address, "add-reference-timestamp-meta", True)


def gst_element_send_nvevent_new_stream_reset(gst_element: int, source_id: int) -> bool:
    """Send an element (by address) the news that a source begins anew.

    Returns:
        Whether somebody handled it.
    """
    place = "gst_element_send_nvevent_new_stream_reset()"
    fields = {"stream-id": _uint(whole(source_id, *INT, place))}
    return send_event(_element(gst_element, place), _event("stream-reset", fields))


def gst_element_send_nvevent_interval_update(
    gst_element: int, stream_id: str, interval: int
) -> bool:
    """Send an element (by address) a new ``interval`` for nvinfer.

    Returns:
        Whether somebody handled it.
    """
    place = "gst_element_send_nvevent_interval_update()"
    fields = {"stream_id": stream_id, "interval": _uint(whole(interval, *INT, place))}
    return send_event(_element(gst_element, place), _event("nv-infer-interval-update", fields))


def _element(address: int, place: str) -> int:
    number = whole(address, *U64, place)
    if not number:
        raise TypeError(f"{place}: an element's address is needed: hash(element)")
    return number


def _event(name: str, fields: dict[str, Any]) -> Gst.Event:
    structure = Gst.Structure.new_empty(name)
    for key, value in fields.items():
        structure.set_value(key, value)
    event = Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure)
    assert event is not None
    return event


def _uint(number: int) -> GObject.Value:
    value = GObject.Value(GObject.TYPE_UINT)
    value.set_uint(number & 0xFFFFFFFF)
    return value

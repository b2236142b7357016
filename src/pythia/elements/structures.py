"""Structures of messages and events, with fields of DeepStream's types."""

from __future__ import annotations

from typing import Any

from pythia.gst import GObject, Gst

SOURCE_ID = "nvds-source-id"
"""The question for the ``source-id`` of the nvurisrcbin before a pad."""


def structure(name: str, **fields: Any) -> Gst.Structure:
    """A structure; underscores in field names stand for dashes, and int means ``guint``."""
    result = Gst.Structure.new_empty(name)
    for key, value in fields.items():
        plain = uint(value) if isinstance(value, int) and not isinstance(value, bool) else value
        result.set_value(key.replace("_", "-"), plain)
    return result


def custom_event(name: str, **fields: Any) -> Gst.Event:
    """An event that travels downstream in order with the frames."""
    event = Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure(name, **fields))
    assert event is not None
    return event


def uint(number: int) -> GObject.Value:
    """A ``guint``; Python's own numbers become ``gint``."""
    value = GObject.Value(GObject.TYPE_UINT)
    value.set_uint(number)
    return value

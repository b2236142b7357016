"""What can be done with an element of which only the C address is known."""

from __future__ import annotations

from ctypes import c_char_p, c_int, c_void_p

from pythia.gst.capi import blocking, gobject, quick
from pythia.gst.library import Gst

blocking.gst_element_send_event.restype = c_int
blocking.gst_element_send_event.argtypes = (c_void_p, c_void_p)
gobject.g_object_class_find_property.restype = c_void_p
gobject.g_object_class_find_property.argtypes = (c_void_p, c_char_p)
gobject.g_object_set.restype = None
gobject.g_object_set.argtypes = (c_void_p, c_char_p)  # the others are variable


def send_event(element: int, event: Gst.Event) -> bool:
    """Send an event to an element; whether somebody handled it."""
    reference = quick.gst_mini_object_ref(hash(event))  # the element takes it
    return bool(blocking.gst_element_send_event(element, reference))


def set_flag(element: int, name: str, value: bool) -> bool:
    """Set a property that is true or false; False if the element has none of this name."""
    object_class = c_void_p.from_address(element).value
    if not gobject.g_object_class_find_property(object_class, name.encode()):
        return False
    gobject.g_object_set(element, name.encode(), c_int(value), None)
    return True

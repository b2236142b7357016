"""GStreamer's C functions that PyGObject hides, copies for, or makes dear.

Two handles on each library: functions of :data:`quick` keep the interpreter lock (they return
within a microsecond, and giving the lock away could cost a whole switch interval); functions
of :data:`blocking` release it, because they may run other elements or wait.

A buffer is passed by its address, which is ``hash(buffer)`` for a ``Gst.Buffer``.
"""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p

from pythia.gst import library as library  # GStreamer is loaded and initialised first

_GST = "libgstreamer-1.0.so.0"
_GOBJECT = "libgobject-2.0.so.0"

quick = ctypes.PyDLL(_GST)
blocking = ctypes.CDLL(_GST)
gobject = ctypes.PyDLL(_GOBJECT)


class MapInfo(Structure):
    """``GstMapInfo`` of gst/gstmemory.h."""

    _fields_ = (
        ("memory", c_void_p),
        ("flags", c_int),
        ("data", c_void_p),
        ("size", c_size_t),
        ("maxsize", c_size_t),
        ("user_data", c_void_p * 4),
        ("_reserved", c_void_p * 4),
    )


class BufferHead(Structure):
    """``GstBuffer`` of gst/gstbuffer.h, from its reference count to its duration."""

    _fields_ = (
        ("type", c_size_t),
        ("refcount", c_int),
        ("lockstate", c_int),
        ("flags", c_uint),
        ("copy", c_void_p),
        ("dispose", c_void_p),
        ("free", c_void_p),
        ("priv_uint", c_uint),
        ("priv_pointer", c_void_p),
        ("pool", c_void_p),
        ("pts", c_uint64),
        ("dts", c_uint64),
        ("duration", c_uint64),
        ("offset", c_uint64),
        ("offset_end", c_uint64),
    )


class GValue(Structure):
    """``GValue`` of gobject/gvalue.h; zero-filled means not yet of any type."""

    _fields_ = (("g_type", c_size_t), ("data", c_uint64 * 2))


def _declare(handle: ctypes.CDLL, name: str, result: object, *arguments: object) -> None:
    function = getattr(handle, name)
    function.restype = result
    function.argtypes = arguments


for _handle, _name, _result, _arguments in (
    (quick, "gst_mini_object_ref", c_void_p, (c_void_p,)),
    (quick, "gst_mini_object_unref", None, (c_void_p,)),
    (quick, "gst_mini_object_make_writable", c_void_p, (c_void_p,)),
    (quick, "gst_buffer_new", c_void_p, ()),
    (quick, "gst_buffer_n_memory", c_uint, (c_void_p,)),
    (quick, "gst_buffer_get_memory", c_void_p, (c_void_p, c_uint)),
    (quick, "gst_buffer_append_memory", None, (c_void_p, c_void_p)),
    (quick, "gst_buffer_remove_memory_range", None, (c_void_p, c_uint, c_int)),
    (quick, "gst_buffer_copy_into", c_int, (c_void_p, c_void_p, c_int, c_size_t, c_size_t)),
    (quick, "gst_buffer_map_range", c_int, (c_void_p, c_uint, c_int, POINTER(MapInfo), c_int)),
    (quick, "gst_buffer_unmap", None, (c_void_p, POINTER(MapInfo))),
    (quick, "gst_memory_map", c_int, (c_void_p, POINTER(MapInfo), c_int)),
    (quick, "gst_memory_unmap", None, (c_void_p, POINTER(MapInfo))),
    (quick, "gst_allocator_alloc", c_void_p, (c_void_p, c_size_t, c_void_p)),
    (quick, "gst_buffer_add_custom_meta", c_void_p, (c_void_p, c_char_p)),
    (quick, "gst_buffer_get_custom_meta", c_void_p, (c_void_p, c_char_p)),
    (quick, "gst_custom_meta_get_structure", c_void_p, (c_void_p,)),
    (quick, "gst_structure_take_value", None, (c_void_p, c_char_p, POINTER(GValue))),
    (quick, "gst_structure_get_value", c_void_p, (c_void_p, c_char_p)),
    (blocking, "gst_pad_push", c_int, (c_void_p, c_void_p)),
    (gobject, "g_value_init", c_void_p, (POINTER(GValue), c_size_t)),
    (gobject, "g_value_set_boxed", None, (POINTER(GValue), ctypes.py_object)),
    (gobject, "g_object_ref", c_void_p, (c_void_p,)),
    (gobject, "g_object_unref", None, (c_void_p,)),
    (gobject, "g_object_is_floating", c_int, (c_void_p,)),
    (gobject, "g_object_force_floating", None, (c_void_p,)),
):
    _declare(_handle, _name, _result, *_arguments)

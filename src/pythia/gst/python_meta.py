"""Hangs one Python object on a buffer, as a GStreamer custom meta.

The object travels with the buffer through queues, tees and elements that copy the buffer, and
is released when the buffer is freed. It sits in a ``GValue`` of PyGObject's boxed type for Python
objects.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, byref, c_char_p, c_int, c_uint, c_void_p, py_object
from typing import Any

from pythia.exceptions import GstError
from pythia.gst.capi import GValue, gobject, quick
from pythia.gst.library import GLib, GObject
from pythia.gst.memory import is_writable

_FIELD = b"object"
_PYOBJECT = hash(GObject.TYPE_PYOBJECT)
_COPY = GLib.quark_from_string("gst-copy")  # the quark behind GST_META_TRANSFORM_IS_COPY

_TRANSFORM = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_uint, c_void_p, c_void_p)
_register = quick.gst_meta_register_custom
_register.restype = c_void_p
_register.argtypes = (c_char_p, POINTER(c_char_p), _TRANSFORM, c_void_p, c_void_p)
_NO_TAGS = (c_char_p * 1)(None)  # so that elements which change the picture copy it all the same


def _object_in(meta: int) -> Any:
    structure = quick.gst_custom_meta_get_structure(meta)
    value = quick.gst_structure_get_value(structure, _FIELD)
    if not value:
        return None
    # A borrowed pointer lies in the GValue's first data word, behind its type; reading it
    # as py_object takes the reference that a py_object *result* would lack.
    return py_object.from_address(value + GValue.data.offset).value


class PythonMeta:
    """A kind of buffer metadata that holds a Python object; one instance a ``name``.

    ``on_copy`` makes the object for the new buffer when a buffer is copied; it runs on the thread
    that copies. The methods take a buffer's address, are safe on any thread, and cost about a
    microsecond.
    """

    def __init__(self, name: str, on_copy: Callable[[Any], Any]) -> None:
        self.name = name
        self._name = name.encode()

        def transform(
            target: int, meta: int, _source: int, kind: int, _data: int, _user: int
        ) -> int:
            if kind == _COPY:
                self.set(target, on_copy(_object_in(meta)))
            return 1

        self._transform = _TRANSFORM(transform)  # GStreamer calls it as long as the process lives
        _register(self._name, _NO_TAGS, self._transform, None, None)

    def get(self, buffer: int) -> Any:
        """The object on the buffer, or None."""
        meta = quick.gst_buffer_get_custom_meta(buffer, self._name)
        return _object_in(meta) if meta else None

    def set(self, buffer: int, thing: Any) -> None:
        """Put the object on the buffer, in place of the one that was there.

        Raises:
            GstError: the buffer is shared and so may not be changed.
        """
        if not is_writable(buffer):
            raise GstError(f"metadata {self.name!r} cannot be put on a buffer that is shared")
        meta = quick.gst_buffer_get_custom_meta(buffer, self._name)
        if not meta:
            meta = quick.gst_buffer_add_custom_meta(buffer, self._name)
        value = GValue()
        gobject.g_value_init(byref(value), _PYOBJECT)
        gobject.g_value_set_boxed(byref(value), thing)
        structure = quick.gst_custom_meta_get_structure(meta)
        quick.gst_structure_take_value(structure, _FIELD, byref(value))

"""The buffer that a pad probe was called for, without a reference to it.

PyGObject's ``info.get_buffer()`` takes a reference, and a buffer with two references may not be
changed. What GStreamer passes to the probe is read and written here instead.
"""

from __future__ import annotations

from ctypes import Structure, c_int, c_uint, c_uint64, c_ulong, c_void_p

from pythia.exceptions import GstError
from pythia.gst.capi import quick
from pythia.gst.library import Gst
from pythia.gst.memory import is_writable, make_writable

quick.gst_buffer_is_all_memory_writable.restype = c_int
quick.gst_buffer_is_all_memory_writable.argtypes = (c_void_p,)


class _Info(Structure):
    """``GstPadProbeInfo`` of gst/gstpad.h."""

    _fields_ = (
        ("type", c_int),
        ("id", c_ulong),
        ("data", c_void_p),
        ("offset", c_uint64),
        ("size", c_uint),
    )


def buffer_address(info: Gst.PadProbeInfo) -> int:
    """The address of the probe's buffer; valid while the probe is being called.

    Raises:
        GstError: The probe was called for something else.
    """
    place = _Info.from_address(hash(info))
    if not place.type & Gst.PadProbeType.BUFFER or not place.data:
        raise GstError(
            "this probe was not called for a buffer; pad_probe_type=Gst.PadProbeType.BUFFER gives "
            "buffers only"
        )
    return int(place.data)


def take_writable(info: Gst.PadProbeInfo) -> int:
    """The address of the probe's buffer, with this pad as its only owner.

    A buffer that others use as well is replaced by a copy, which goes on downstream; it shares
    the memory until that is mapped for writing.
    """
    address = make_writable(buffer_address(info))
    _Info.from_address(hash(info)).data = address
    return address


def owns_memory(address: int) -> bool:
    """Whether the buffer has one owner, and none of its memories is used by another buffer."""
    return is_writable(address) and bool(quick.gst_buffer_is_all_memory_writable(address))

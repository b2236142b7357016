"""What a bin says of itself before it has anything in it."""

from __future__ import annotations

from ctypes import c_uint

from pythia.gst.library import Gst
from pythia.gst.pads import address

_OBJECT_FLAGS_OFFSET = 48  # GstObject.flags (gst/gstobject.h) on 64-bit machines


def declare(element: Gst.Element, flag: Gst.ElementFlags) -> None:
    """Set a flag such as ``SINK``, which a bin would get with its first sink only.

    The bins around it look at the flag when it is added to them.
    """
    flags = c_uint.from_address(address(element) + _OBJECT_FLAGS_OFFSET)
    flags.value |= int(flag)

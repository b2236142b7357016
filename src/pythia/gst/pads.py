"""Pads whose data does not pass through PyGObject: buffers come and go as addresses.

PyGObject wraps every buffer it hands out, and a wrapper is a reference: elements further down
would find the buffer shared and copy it. Here the one reference moves along, as in C.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_int, c_uint, c_void_p
from typing import Any
from weakref import WeakMethod

from pythia.gst.callbacks import NOTIFY, forget, keep
from pythia.gst.capi import blocking, quick
from pythia.gst.library import Gst

_CHAIN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p)
_log = logging.getLogger(__name__)

_set_chain = quick.gst_pad_set_chain_function_full
_set_chain.restype = None
_set_chain.argtypes = (c_void_p, _CHAIN, c_void_p, NOTIFY)

OK = int(Gst.FlowReturn.OK)
EOS = int(Gst.FlowReturn.EOS)
FLUSHING = int(Gst.FlowReturn.FLUSHING)
ERROR = int(Gst.FlowReturn.ERROR)
NOT_NEGOTIATED = int(Gst.FlowReturn.NOT_NEGOTIATED)


def address(thing: object) -> int:
    """The C address of a GStreamer object, buffer or event."""
    return hash(thing)


def weakly(method: Callable[..., Any], *first: Any) -> Callable[..., Any]:
    """A call of a bound method, with ``first`` before its arguments, that keeps no object alive.

    Callbacks of a pad live as long as the pad, and the pad as long as its element: a callback
    that held the element would keep all of them for ever.
    """
    reference = WeakMethod(method)

    def call(*arguments: Any) -> Any:
        found = reference()
        assert found is not None, "a pad outlived its element"
        return found(*first, *arguments)

    return call


def set_chain(pad: Gst.Pad, chain: Callable[[int], int]) -> None:
    """Have ``chain`` called for every buffer that reaches a sink pad.

    ``chain`` gets the buffer's address with one reference, which it must give on or give up,
    and returns a flow value of this module. It runs on the streaming thread of the pad, and is
    kept alive as long as the pad is; see :func:`weakly`.
    """
    name = pad.get_name()  # not the pad itself: the callback must not keep its pad alive

    def entry(_pad: int, _parent: int, buffer: int) -> int:
        try:
            return chain(buffer)
        except Exception:
            # An exception cannot cross C; elements report their own errors before this point.
            _log.exception("the chain function of pad %s failed", name)
            return ERROR

    callback = _CHAIN(entry)
    _set_chain(address(pad), callback, keep(callback), forget)


def push(pad: Gst.Pad, buffer: int) -> int:
    """Push a buffer's address out of a source pad; the reference goes with it."""
    return int(blocking.gst_pad_push(address(pad), buffer))


_OBJECT_FLAGS_OFFSET = 48  # GstObject.flags (gst/gstobject.h) on 64-bit machines


def proxy_caps(pad: Gst.Pad) -> None:
    """Answer caps queries on this pad with what the element's other pad is linked to."""
    flags = c_uint.from_address(address(pad) + _OBJECT_FLAGS_OFFSET)
    flags.value |= int(Gst.PadFlags.PROXY_CAPS)

"""Answers to queries that PyGObject cannot give: it holds a reference, and so may not write."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CFUNCTYPE, byref, c_char_p, c_int, c_size_t, c_uint64, c_void_p

from pythia.gst.callbacks import NOTIFY, forget, keep
from pythia.gst.capi import blocking, quick
from pythia.gst.library import GObject, Gst, GstVideo
from pythia.gst.pads import address
from pythia.gst.structures import structure_of

_QUERY = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p)

_set_query = quick.gst_pad_set_query_function_full
_set_query.restype = None
_set_query.argtypes = (c_void_p, _QUERY, c_void_p, NOTIFY)
_default = blocking.gst_pad_query_default
_default.restype = c_int
_default.argtypes = (c_void_p, c_void_p, c_void_p)
_parse_latency = quick.gst_query_parse_latency
_parse_latency.restype = None
_parse_latency.argtypes = (c_void_p, c_void_p, c_void_p, c_void_p)
_set_latency = quick.gst_query_set_latency
_set_latency.restype = None
_set_latency.argtypes = (c_void_p, c_int, c_uint64, c_uint64)
_add_allocation_meta = quick.gst_query_add_allocation_meta
_add_allocation_meta.restype = None
_add_allocation_meta.argtypes = (c_void_p, c_size_t, c_void_p)

_writable_structure = quick.gst_query_writable_structure
_writable_structure.restype = c_void_p
_writable_structure.argtypes = (c_void_p,)
_has_name = quick.gst_structure_has_name
_has_name.restype = c_int
_has_name.argtypes = (c_void_p, c_char_p)
_set_field = quick.gst_structure_set
_set_field.restype = None

_TYPE_OFFSET = 64  # GstQuery.type follows the GstMiniObject (gst/gstquery.h)
_LATENCY = int(Gst.QueryType.LATENCY)
_ALLOCATION = int(Gst.QueryType.ALLOCATION)
_CUSTOM = int(Gst.QueryType.CUSTOM)
_G_TYPE_INT = hash(GObject.TYPE_INT)
_VIDEO_META = hash(GstVideo.video_meta_api_get_type())
_UNLIMITED = 2**64 - 1


def _answer(pad: Gst.Pad, handler: Callable[[int, int, int, int], int]) -> None:
    def entry(pad_: int, parent: int, query: int) -> int:
        return handler(c_int.from_address(query + _TYPE_OFFSET).value, pad_, parent, query)

    callback = _QUERY(entry)
    _set_query(address(pad), callback, keep(callback), forget)


def add_latency(pad: Gst.Pad, latency_ns: Callable[[], int], live: Callable[[], bool]) -> None:
    """Have a source pad report so much more latency than its sources do.

    ``live`` may say that the stream is live although no source is. Both run on any thread.
    """

    def handle(kind: int, pad_: int, parent: int, query: int) -> int:
        answered = int(_default(pad_, parent, query))
        if kind == _LATENCY and answered:
            is_live, least, most = c_int(), c_uint64(), c_uint64()
            _parse_latency(query, byref(is_live), byref(least), byref(most))
            more = latency_ns()
            limit = most.value if most.value == _UNLIMITED else most.value + more
            _set_latency(query, int(is_live.value or live()), least.value + more, limit)
        return answered

    _answer(pad, handle)


def accept_video_meta(pad: Gst.Pad) -> None:
    """Have a sink pad tell those before it that frames may have strides of their own."""

    def handle(kind: int, pad_: int, parent: int, query: int) -> int:
        if kind == _ALLOCATION:
            _add_allocation_meta(query, _VIDEO_META, None)
            return 1
        return int(_default(pad_, parent, query))

    _answer(pad, handle)


def answer_number(pad: Gst.Pad, name: str, number: Callable[[], int | None]) -> None:
    """Have a source pad answer :func:`ask_number`; None passes the question on."""

    def handle(kind: int, pad_: int, parent: int, query: int) -> int:
        if kind == _CUSTOM:
            structure, found = _writable_structure(query), number()
            if found is not None and structure and _has_name(structure, name.encode()):
                _set_field(
                    c_void_p(structure), b"number", c_size_t(_G_TYPE_INT), c_int(found), None
                )
                return 1
        return int(_default(pad_, parent, query))

    _answer(pad, handle)


def ask_number(pad: Gst.Pad, name: str) -> int | None:
    """Ask the elements before a sink pad for a number of this name; None if none knows it."""
    query = Gst.Query.new_custom(Gst.QueryType.CUSTOM, Gst.Structure.new_empty(name))
    structure = structure_of(query) if query and pad.peer_query(query) else None
    found, number = structure.get_int("number") if structure is not None else (False, 0)
    return number if found else None

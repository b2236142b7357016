"""The pixels of frames, and DeepStream's structures that describe surfaces.

A buffer does not say of what format its frames are; the caps of a pad do. So pads remember, while
a probe of Python is called, that it is theirs (:func:`remember_pads`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.compat.pyds.enums import (
    Enum,
    NvBufSurfaceColorFormat,
    NvBufSurfaceLayout,
    NvBufSurfaceMemType,
)
from pythia.compat.pyds.views import INT, U64, View, capsule_cast, read_only, whole
from pythia.gst import Gst
from pythia.gst.memory import memory_count
from pythia.gst.memory_view import memory_view
from pythia.gst.video import VideoFormat, plane_layout, video_format

__all__ = [
    "NvBufSurface",
    "NvBufSurfaceCopy",
    "NvBufSurfaceCreate",
    "NvBufSurfaceCreateParams",
    "NvBufSurfaceDestroy",
    "NvBufSurfaceFromFd",
    "NvBufSurfaceMap",
    "NvBufSurfaceMapEglImage",
    "NvBufSurfaceMappedAddr",
    "NvBufSurfaceMemSet",
    "NvBufSurfaceParams",
    "NvBufSurfacePlaneParams",
    "NvBufSurfaceSyncForCpu",
    "NvBufSurfaceSyncForDevice",
    "NvBufSurfaceUnMap",
    "NvDsMeta",
    "get_nvds_buf_surface",
    "get_nvds_buf_surface_gpu",
    "glist_get_nvds_Surface_Params",
    "unmap_nvds_buf_surface",
]

_CHANNELS = {"RGBA": 4, "RGB": 3}
_current = threading.local()


def remember_pads() -> None:
    """Make each pad known to this thread while a probe of Python is called for it."""
    for cls in (Gst.Pad, Gst.GhostPad, Gst.ProxyPad):
        add_probe = cls.add_probe
        if not hasattr(add_probe, "__wrapped__"):
            setattr(cls, "add_probe", _remembering(add_probe))  # noqa: B010 - typed as a method


def _remembering(add_probe: Any) -> Any:
    @wraps(add_probe)
    def add(pad: Gst.Pad, mask: Any, callback: Callable[..., Any], *data: Any) -> int:
        def called(pad: Gst.Pad, info: Any, *data: Any) -> Any:
            before = getattr(_current, "pad", None)
            _current.pad = pad
            try:
                return callback(pad, info, *data)
            finally:
                _current.pad = before

        number: int = add_probe(pad, mask, called, *data)
        return number

    return add


def get_nvds_buf_surface(gst_buffer: int, batchID: int) -> NDArray[np.uint8]:
    """A frame's pixels: uint8 ``(height, width, channels)``, a writable view of its memory.

    To be called in a pad probe. The array may be kept: it keeps the memory, which is not used for
    another frame meanwhile. As in DeepStream, what is written is seen by all who use the buffer.

    Args:
        gst_buffer: ``hash()`` of the buffer.
        batchID: The frame's ``batch_id``.

    Raises:
        RuntimeError: the frames are not RGBA or RGB, there are fewer of them, or the call was made
            elsewhere than in a probe.
    """
    address = whole(gst_buffer, *U64, "get_nvds_buf_surface(): hash(gst_buffer)")
    slot = whole(batchID, *INT, "get_nvds_buf_surface(): batchID")
    format = _format_here()
    channels = _CHANNELS.get(format.format)
    if channels is None:
        raise RuntimeError(
            f"get_nvds_buf_surface() gives RGBA and RGB frames only, and these are {format.format};"
            " put 'nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA' before the probe"
        )
    count = memory_count(address)
    if not 0 <= slot < count:
        raise RuntimeError(f"get_nvds_buf_surface(): frame {slot} of a buffer with {count}")
    strides, offsets = format.strides, format.offsets
    if count == 1:
        strides, offsets = plane_layout(address) or (strides, offsets)
    pixels: NDArray[np.uint8] = np.ndarray(
        (format.height, format.width, channels),
        np.uint8,
        memory_view(address, slot),
        offsets[0],
        (strides[0], channels, 1),
    )
    return pixels


def _format_here() -> VideoFormat:
    pad = getattr(_current, "pad", None)
    caps = None if pad is None else pad.get_current_caps()
    if caps is None:
        raise RuntimeError(
            "get_nvds_buf_surface() is to be called in a pad probe: the pad's caps say how the "
            "pixels lie"
        )
    return _format(caps.to_string())


@lru_cache(maxsize=16)
def _format(text: str) -> VideoFormat:
    caps = Gst.Caps.from_string(text)
    assert caps is not None, "GStreamer's own text"
    return video_format(caps)


def unmap_nvds_buf_surface(gst_buffer: int, batchID: int) -> None:
    """Nothing: arrays keep their memory until they are forgotten."""
    whole(gst_buffer, *U64, "unmap_nvds_buf_surface(): hash(gst_buffer)")
    whole(batchID, *INT, "unmap_nvds_buf_surface(): batchID")


def _needs_nvidia(name: str, instead: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise RuntimeError(
            f"{name}() works on memory of NVIDIA's hardware, and this is pythia's portable "
            f"runtime, where frames lie in ordinary memory; {instead}"
        )

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = "Needs NVIDIA's hardware: raises RuntimeError."
    return refuse


_PIXELS = "get_nvds_buf_surface(hash(gst_buffer), batch_id) gives their pixels"
get_nvds_buf_surface_gpu = _needs_nvidia("get_nvds_buf_surface_gpu", _PIXELS)
NvBufSurfaceCreate = _needs_nvidia("NvBufSurfaceCreate", "make an array with NumPy")
NvBufSurfaceDestroy = _needs_nvidia("NvBufSurfaceDestroy", "nothing has to be destroyed")
NvBufSurfaceMap = _needs_nvidia("NvBufSurfaceMap", _PIXELS)
NvBufSurfaceUnMap = _needs_nvidia("NvBufSurfaceUnMap", "nothing has to be unmapped")
NvBufSurfaceCopy = _needs_nvidia("NvBufSurfaceCopy", _PIXELS)
NvBufSurfaceSyncForCpu = _needs_nvidia("NvBufSurfaceSyncForCpu", "nothing has to be synchronised")
NvBufSurfaceSyncForDevice = _needs_nvidia(
    "NvBufSurfaceSyncForDevice", "nothing has to be synchronised"
)
NvBufSurfaceFromFd = _needs_nvidia("NvBufSurfaceFromFd", _PIXELS)
NvBufSurfaceMemSet = _needs_nvidia("NvBufSurfaceMemSet", _PIXELS)
NvBufSurfaceMapEglImage = _needs_nvidia("NvBufSurfaceMapEglImage", _PIXELS)


def _planes(name: str) -> property:
    return property(lambda view: np.array(getattr(view._meta, name), np.int32))


_PLANE_NAMES = ("width", "height", "pitch", "offset", "psize", "bytesPerPix")


class NvBufSurfacePlaneParams(
    View, fields={"num_planes": 0} | dict.fromkeys(_PLANE_NAMES, (0, 0, 0, 0))
):
    """Planes of a surface."""

    __slots__ = ()

    num_planes = read_only("num_planes")
    width, height, pitch, offset, psize, bytesPerPix = map(_planes, _PLANE_NAMES)


class NvBufSurfaceMappedAddr(View, fields={"addr": (0, 0, 0, 0), "eglImage": None}):
    """Where planes are mapped."""

    __slots__ = ()

    addr = property(lambda view: np.array(view._meta.addr, np.uint64))
    eglImage = read_only("eglImage")


def _read_enum(name: str, cls: type[Enum]) -> property:
    return property(lambda view: cls(getattr(view._meta, name)))


class NvBufSurfaceCreateParams(
    View,
    fields={
        "gpuId": 0,
        "width": 0,
        "height": 0,
        "size": 0,
        "isContiguous": False,
        "colorFormat": 0,
        "layout": 0,
        "memType": 0,
    },
):
    """What a new surface shall be."""

    __slots__ = ()

    gpuId, width, height, size, isContiguous = map(
        read_only, ("gpuId", "width", "height", "size", "isContiguous")
    )
    colorFormat = _read_enum("colorFormat", NvBufSurfaceColorFormat)
    layout = _read_enum("layout", NvBufSurfaceLayout)
    memType = _read_enum("memType", NvBufSurfaceMemType)


class NvBufSurfaceParams(
    View,
    fields={
        "width": 0,
        "height": 0,
        "pitch": 0,
        "colorFormat": 0,
        "layout": 0,
        "bufferDesc": 0,
        "dataSize": 0,
    },
):
    """One surface."""

    __slots__ = ()

    width, height, pitch, bufferDesc, dataSize = map(
        read_only, ("width", "height", "pitch", "bufferDesc", "dataSize")
    )
    colorFormat = _read_enum("colorFormat", NvBufSurfaceColorFormat)
    layout = _read_enum("layout", NvBufSurfaceLayout)
    planeParams = property(lambda _: NvBufSurfacePlaneParams())
    mappedAddr = property(lambda _: NvBufSurfaceMappedAddr())
    dataPtr = property(lambda _: None)


class NvBufSurface(
    View,
    fields={"gpuId": 0, "batchSize": 0, "numFilled": 0, "isContiguous": False, "memType": 0},
):
    """Surfaces of a batch."""

    __slots__ = ()

    gpuId, batchSize, numFilled, isContiguous = map(
        read_only, ("gpuId", "batchSize", "numFilled", "isContiguous")
    )
    memType = _read_enum("memType", NvBufSurfaceMemType)
    surfaceList = property(lambda _: None)


class NvDsMeta(View, fields={"meta_data": None, "user_data": None, "meta_type": 0}):
    """Metadata as it hangs on a buffer in C."""

    __slots__ = ()

    meta = property(lambda _: None)
    meta_data, user_data, meta_type = map(read_only, ("meta_data", "user_data", "meta_type"))


glist_get_nvds_Surface_Params = capsule_cast(NvBufSurfaceParams)  # noqa: N816

remember_pads()

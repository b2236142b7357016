"""What caps and buffers say of the pictures they hold."""

from __future__ import annotations

import ctypes
from ctypes import Structure, c_int, c_size_t, c_uint, c_uint64, c_void_p
from dataclasses import dataclass
from typing import Literal

from pythia.exceptions import GstError
from pythia.gst.capi import quick
from pythia.gst.library import Gst, GstVideo

NVMM = "memory:NVMM"
"""The caps feature of DeepStream's buffers."""

_FULL_RANGE = 1  # GST_VIDEO_COLOR_RANGE_0_255: not a name that Python can spell
_NTP_TO_UNIX_S = 2_208_988_800


class _Meta(Structure):
    """``GstMeta`` of gst/gstmeta.h."""

    _fields_ = (("flags", c_int), ("info", c_void_p))


class _VideoMeta(Structure):
    """``GstVideoMeta`` of gst/video/gstvideometa.h, as far as the strides."""

    _fields_ = (
        ("meta", _Meta),
        ("buffer", c_void_p),
        ("flags", c_int),
        ("format", c_int),
        ("id", c_int),
        ("width", c_uint),
        ("height", c_uint),
        ("n_planes", c_uint),
        ("offset", c_size_t * 4),
        ("stride", c_int * 4),
    )


class _ReferenceTimestampMeta(Structure):
    """``GstReferenceTimestampMeta`` of gst/gstbuffer.h."""

    _fields_ = (
        ("parent", _Meta),
        ("reference", c_void_p),
        ("timestamp", c_uint64),
        ("duration", c_uint64),
    )


_get_video_meta = ctypes.PyDLL("libgstvideo-1.0.so.0").gst_buffer_get_video_meta
_get_video_meta.restype = c_void_p
_get_video_meta.argtypes = (c_void_p,)
_get_reference_meta = quick.gst_buffer_get_reference_timestamp_meta
_get_reference_meta.restype = c_void_p
_get_reference_meta.argtypes = (c_void_p, c_void_p)
_NTP_CAPS = Gst.Caps.from_string("timestamp/x-ntp")


@dataclass(frozen=True)
class VideoFormat:
    """What caps say of a video stream.

    ``strides`` and ``offsets`` (bytes, one a plane) and ``size`` are GStreamer's default layout
    for the format; a buffer may carry a ``GstVideoMeta`` that says otherwise.
    """

    caps: Gst.Caps
    format: str
    width: int
    height: int
    fps: tuple[int, int]
    nvmm: bool
    colorimetry: str | None
    matrix: Literal["bt601", "bt709"]
    full_range: bool
    strides: tuple[int, ...]
    offsets: tuple[int, ...]
    size: int

    def same_pixels(self, other: VideoFormat) -> bool:
        """Whether a frame of one is a frame of the other, byte for byte."""
        return all(
            getattr(self, name) == getattr(other, name)
            for name in ("format", "width", "height", "matrix", "full_range")
        )


def video_format(caps: Gst.Caps) -> VideoFormat:
    """The video format that fixed caps describe.

    Raises:
        GstError: the caps are not fixed raw video.
    """
    info = GstVideo.VideoInfo.new_from_caps(caps)
    if info is None:
        raise GstError(f"not the caps of a raw video stream: {caps.to_string()}")
    planes = info.finfo.n_planes
    features = caps.get_features(0)
    colorimetry = info.colorimetry
    return VideoFormat(
        caps=caps,
        format=GstVideo.VideoFormat.to_string(info.finfo.format),
        width=info.width,
        height=info.height,
        fps=(info.fps_n, info.fps_d),
        nvmm=features is not None and features.contains(NVMM),
        colorimetry=caps.get_structure(0).get_string("colorimetry"),
        matrix="bt709" if colorimetry.matrix == GstVideo.VideoColorMatrix.BT709 else "bt601",
        full_range=int(colorimetry.range) == _FULL_RANGE,
        strides=tuple(info.stride[:planes]),
        offsets=tuple(info.offset[:planes]),
        size=info.size,
    )


def plane_layout(buffer: int) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Strides and offsets from the ``GstVideoMeta`` of a buffer (by address), if it has one."""
    found = _get_video_meta(buffer)
    if not found:
        return None
    meta = _VideoMeta.from_address(found)
    return tuple(meta.stride[: meta.n_planes]), tuple(meta.offset[: meta.n_planes])


def ntp_timestamp_ns(buffer: int) -> int:
    """The sender's wall clock of a buffer (by address) in ns since 1970; 0 if it is not known."""
    found = _get_reference_meta(buffer, hash(_NTP_CAPS))
    if not found:
        return 0
    ntp_ns = _ReferenceTimestampMeta.from_address(found).timestamp
    return max(0, int(ntp_ns) - _NTP_TO_UNIX_S * 10**9)

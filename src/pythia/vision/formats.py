"""Names of the pixel formats that :mod:`pythia.vision` works on."""

from __future__ import annotations

PACKED_CHANNELS = {
    "RGBA": 4,
    "BGRA": 4,
    "RGBx": 4,
    "BGRx": 4,
    "RGB": 3,
    "BGR": 3,
    "GRAY8": 1,
}
"""Bytes per pixel of the formats that have one plane."""

PACKED_422 = ("UYVY", "YUY2")
"""Packed YUV with chroma for every second column, which nvvideoconvert takes and gives."""

FORMATS = ("NV12", "I420", *PACKED_CHANNELS)
"""What all work on: two planar forms of YUV, and the packed ones of RGB and gray."""

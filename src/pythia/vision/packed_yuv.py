"""Packed 4:2:2 pictures (UYVY and YUY2), as cameras give them, to NV12 and back."""

from __future__ import annotations

import cv2

from pythia.vision.image import Image, Plane
from pythia.vision.scratch import scratch, scratch_image

_LUMA = {"UYVY": 1, "YUY2": 0}
"""Which of a pixel's two bytes is its luma; the other is U in even columns, V in odd ones."""


def unpacked(image: Image) -> Image:
    """The picture as NV12 in scratch memory: a chroma sample is the mean of two rows."""
    size = (image.width, image.height)
    result = scratch_image("unpacked", "NV12", size, image.matrix, image.full_range)
    luma, chroma = result.planes
    pixels = image.planes[0]
    cv2.extractChannel(pixels[:, : image.width], _LUMA[image.format], dst=luma)
    full = scratch("packed_chroma", pixels.shape[:2])
    cv2.extractChannel(pixels, 1 - _LUMA[image.format], dst=full)
    _halve(full.reshape(image.height, -1, 2), chroma)
    return result


def _halve(chroma: Plane, out: Plane) -> None:
    """Every two rows become their mean; of an odd number the last row stays as it is."""
    half = chroma.shape[0] // 2
    if half:
        size = (out.shape[1], half)
        cv2.resize(chroma[: 2 * half], size, dst=out[:half], interpolation=cv2.INTER_AREA)
    out[half:] = chroma[2 * half :]


def pack(source: Image, target: Image) -> None:
    """Write an NV12 picture into a packed one of the same size; both rows get the chroma."""
    pixels = target.planes[0]
    chroma = scratch("packed_chroma", pixels.shape[:2])
    pairs = source.planes[1].reshape(source.planes[1].shape[0], -1)
    chroma[0::2] = pairs
    chroma[1::2] = pairs[: target.height // 2]
    bytes_of_pixel = [chroma]
    bytes_of_pixel.insert(_LUMA[target.format], _padded(source.planes[0], pixels.shape[1]))
    cv2.merge(bytes_of_pixel, dst=pixels)


def _padded(luma: Plane, width: int) -> Plane:
    """Luma with its last column twice where a picture's width is odd."""
    if luma.shape[1] == width:
        return luma
    wider = scratch("packed_luma", (luma.shape[0], width))
    wider[:, :-1], wider[:, -1] = luma, luma[:, -1]
    return wider

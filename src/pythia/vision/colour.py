"""From RGB to YUV and back: the matrices of ITU-R BT.601 and BT.709, 8 bits a component."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pythia.vision.image import Image, Matrix, Plane

Affine = NDArray[np.float32]
"""``(3, 4)``: a matrix and, as the last column, what is added; the form of ``cv2.transform``."""

_PIXEL_TYPES = {1: "u1", 2: "u2", 3: "V3", 4: "u4"}
_KR_KB: dict[Matrix, tuple[float, float]] = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}


def _rgb_to_yuv(matrix: Matrix, full_range: bool) -> NDArray[np.float64]:
    """As a 4 x 4 matrix for column vectors (r, g, b, 1) of 0..255."""
    kr, kb = _KR_KB[matrix]
    luma = np.array([kr, 1 - kr - kb, kb])
    blue = (np.array([0, 0, 1]) - luma) / (2 * (1 - kb))
    red = (np.array([1, 0, 0]) - luma) / (2 * (1 - kr))
    y_scale, uv_scale, y_zero = (1.0, 1.0, 0.0) if full_range else (219 / 255, 224 / 255, 16.0)
    result = np.eye(4)
    result[:3, :3] = luma * y_scale, blue * uv_scale, red * uv_scale
    result[:3, 3] = y_zero, 128, 128
    return result


@lru_cache(maxsize=16)
def rgb_to_yuv(matrix: Matrix, full_range: bool) -> Affine:
    """What turns R, G, B into Y, U, V."""
    return _rgb_to_yuv(matrix, full_range)[:3].astype(np.float32)


@lru_cache(maxsize=16)
def yuv_to_rgb(matrix: Matrix, full_range: bool) -> Affine:
    """What turns Y, U, V into R, G, B."""
    return np.linalg.inv(_rgb_to_yuv(matrix, full_range))[:3].astype(np.float32)


@lru_cache(maxsize=16)
def yuv_to_yuv(source: tuple[Matrix, bool], target: tuple[Matrix, bool]) -> Affine:
    """What turns Y, U, V of one matrix and range into those of another."""
    product = _rgb_to_yuv(*target) @ np.linalg.inv(_rgb_to_yuv(*source))
    return product[:3].astype(np.float32)


def plane_values(image: Image, red: float, green: float, blue: float) -> tuple[bytes, ...]:
    """One pixel of a colour (0..1 each) in every plane of ``image``, as the bytes in memory.

    Alpha, or the byte that pads a pixel to four, is 255.
    """
    return _plane_values(image.format, image.matrix, image.full_range, red, green, blue)


@lru_cache(maxsize=1024)
def _plane_values(
    format: str, matrix: Matrix, full_range: bool, red: float, green: float, blue: float
) -> tuple[bytes, ...]:
    rgb = np.clip([red, green, blue], 0, 1) * 255
    if format in ("NV12", "I420"):
        yuv = _bytes(_rgb_to_yuv(matrix, full_range)[:3] @ [*rgb, 1])
        return (yuv[:1], yuv[1:]) if format == "NV12" else (yuv[:1], yuv[1:2], yuv[2:])
    if format == "GRAY8":
        return (_bytes(_rgb_to_yuv("bt601", True)[:1] @ [*rgb, 1]),)
    pixel = _bytes(rgb if format.startswith("RGB") else rgb[::-1])
    return (pixel + b"\xff" if len(format) == 4 else pixel,)


def _bytes(values: NDArray[np.float64]) -> bytes:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8).tobytes()


def fill_plane(plane: Plane, value: bytes) -> None:
    """Set every pixel of a plane, or of a part of one, to these bytes."""
    pixels = plane
    if plane.ndim == 3:
        # One item a pixel instead of one a byte: NumPy fills that at memory speed.
        pixels = plane.view(_PIXEL_TYPES[plane.shape[2]])[..., 0]
    pixels[...] = np.frombuffer(value, pixels.dtype)[0]

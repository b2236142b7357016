"""From a picture to the input of a network: crop, scale, colours, normalisation.

Small pictures are cheap, so everything but scaling happens at the network's size: YUV planes are
scaled first and become RGB there.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.geometry import Letterbox, Rect, letterbox
from pythia.vision.image import Image, Plane
from pythia.vision.nvinfer_config import NvInferConfig

Tensor = NDArray[np.float32]

RGB, BGR, GRAY = 0, 1, 2
"""Values of ``model-color-format``."""

_CHANNELS = {"RGBA": "RGB", "RGBx": "RGB", "RGB": "RGB", "BGRA": "BGR", "BGRx": "BGR", "BGR": "BGR"}
_KR_KB = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}
_FILTERS = {
    0: cv2.INTER_NEAREST,
    1: cv2.INTER_LINEAR,
    2: cv2.INTER_CUBIC,
    3: cv2.INTER_AREA,
    4: cv2.INTER_LANCZOS4,
}
_GRAY_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)


class Preprocessor:
    """Fills slots of a batch as ``y = net-scale-factor * (x - mean)`` for each channel.

    ``shape`` is one picture of the network's input without the batch, in the order that
    ``network-input-order`` says; sizes that the model leaves open (None) come from ``infer-dims``.
    ``x`` is the scaled picture, 0 to 255, in the colours of ``model-color-format``; padding is
    black, that is 0 before normalisation. ``scaling-filter`` chooses the interpolation as on a
    GPU (0 nearest, 1 bilinear, 2 cubic, 3 area, 4 Lanczos; without it bilinear). Several threads
    may use one object.

    Raises:
        ModelError: the shape is not of a picture, or does not fit the configuration.
        ConfigError: the mean file does not fit, or the number of offsets.
    """

    def __init__(self, config: NvInferConfig, shape: Sequence[int | None]) -> None:
        self._planar = config.network_input_order == 0
        self.channels, self.height, self.width = self._sizes(config, shape)
        self._order = config.model_color_format
        self._keep_aspect = config.maintain_aspect_ratio
        self._centred = config.symmetric_padding
        self._interpolation = _FILTERS.get(config.scaling_filter, cv2.INTER_LINEAR)
        self._scale = np.float32(config.net_scale_factor)
        self._means = self._mean_values(config)
        self._mean_image = self._read_mean(config.mean_file) if config.mean_file else None
        self._scratch = threading.local()

    @property
    def slot_shape(self) -> tuple[int, int, int]:
        """Shape of one slot of the batch."""
        if self._planar:
            return self.channels, self.height, self.width
        return self.height, self.width, self.channels

    def write(self, image: Image, rect: Rect | None, slot: Tensor) -> Letterbox:
        """Writes a picture, or a part of it, into ``slot`` and tells where it went.

        ``slot`` is float32 of :attr:`slot_shape`, C-contiguous. ``rect`` is rounded as
        :func:`~pythia.vision.geometry.letterbox` says; None is the whole picture.

        Raises:
            ValueError: less than 2x2 pixels of ``rect`` lie in the picture.
        """
        rect = rect or Rect(0, 0, image.width, image.height)
        picture, network = (image.width, image.height), (self.width, self.height)
        box = letterbox(rect, picture, network, self._keep_aspect, self._centred)
        target = slot if self._planar else self._buffer("planar", self._planar_shape, np.float32)
        inner = target[:, box.pad_y : box.pad_y + box.height, box.pad_x : box.pad_x + box.width]
        if inner.shape != target.shape:
            self._pad(target, box)
        for index, plane in enumerate(self._colour_planes(image, box)):
            self._normalise(plane, index, inner[index])
        if self._mean_image is not None:
            target -= self._mean_image
        if not self._planar:
            cv2.merge(list(target), dst=slot)
        return box

    @property
    def _planar_shape(self) -> tuple[int, int, int]:
        return self.channels, self.height, self.width

    def _normalise(self, plane: Plane, channel: int, target: Tensor) -> None:
        mean = self._means[channel]
        if mean:
            np.subtract(plane, mean, out=target, dtype=np.float32)
            np.multiply(target, self._scale, out=target)
        else:
            np.multiply(plane, self._scale, out=target, dtype=np.float32)

    def _pad(self, target: Tensor, box: Letterbox) -> None:
        for channel, mean in zip(target, self._means, strict=True):
            black = self._scale * (np.float32(0) - mean)
            channel[: box.pad_y] = black
            channel[box.pad_y + box.height :] = black
            channel[:, : box.pad_x] = black
            channel[:, box.pad_x + box.width :] = black

    def _colour_planes(self, image: Image, box: Letterbox) -> Sequence[Plane]:
        """The scaled part as uint8 planes in the order of the model."""
        if image.format == "GRAY8":
            gray = self._resized("gray", _crop(image.planes[0], box), box)
            return [gray] * self.channels
        if image.format in ("NV12", "I420"):
            rgb = self._from_yuv(image, box)
            is_bgr = False
        else:
            rgb = self._resized("packed", _crop(image.planes[0], box), box)
            is_bgr = _CHANNELS[image.format] == "BGR"
        if self._order == GRAY:
            return [self._gray(rgb, is_bgr)]
        planes = self._split("colour", rgb)[:3]
        return planes if is_bgr == (self._order == BGR) else planes[::-1]

    def _gray(self, picture: Plane, is_bgr: bool) -> Plane:
        weights = np.zeros((1, picture.shape[2]), np.float32)
        weights[0, :3] = _GRAY_WEIGHTS[::-1] if is_bgr else _GRAY_WEIGHTS
        return _bytes(cv2.transform(picture, weights))

    def _split(self, name: str, picture: Plane) -> list[Plane]:
        # Into memory that is kept: fresh pages cost more than the splitting.
        shape = picture.shape[:2]
        planes = [_bytes(self._buffer(f"{name}{i}", shape)) for i in range(picture.shape[2])]
        cv2.split(picture, planes)
        return planes

    def _from_yuv(self, image: Image, box: Letterbox) -> Plane:
        planes = [self._resized("y", _crop(image.planes[0], box), box)]
        if image.format == "NV12":
            both = self._resized("uv", _crop(image.planes[1], box, 2), box)
            planes += self._split("chroma", both)
        else:
            planes += [
                self._resized(name, _crop(plane, box, 2), box)
                for name, plane in zip("uv", image.planes[1:], strict=True)
            ]
        yuv = self._buffer("yuv", (box.height, box.width, 3))
        rgb = self._buffer("rgb", (box.height, box.width, 3))
        cv2.merge(planes, dst=yuv)
        return _bytes(cv2.transform(yuv, _yuv_to_rgb(image.matrix, image.full_range), dst=rgb))

    def _resized(self, name: str, source: Plane, box: Letterbox) -> Plane:
        if source.shape[:2] == (box.height, box.width):
            return source
        target = self._buffer(name, (box.height, box.width, *source.shape[2:]))
        size = (box.width, box.height)
        return _bytes(cv2.resize(source, size, target, 0, 0, self._interpolation))

    def _buffer(self, name: str, shape: tuple[int, ...], dtype: type = np.uint8) -> Any:
        """Memory of this thread, kept between calls while its shape stays the same."""
        kept = self._scratch.__dict__.get(name)
        if kept is None or kept.shape != shape:
            kept = self._scratch.__dict__[name] = np.empty(shape, dtype)
        return kept

    def _sizes(self, config: NvInferConfig, shape: Sequence[int | None]) -> tuple[int, int, int]:
        wanted: tuple[int | None, ...] = config.infer_dims or (None, None, None)
        model = tuple(shape) if self._planar else (shape[2], shape[0], shape[1])
        if any(a and b and a != b for a, b in zip(model, wanted, strict=True)):
            raise ModelError(
                f"{config.file}: infer-dims={';'.join(map(str, wanted))} (c;h;w) does not fit the "
                f"model, whose input is {list(shape)}; network-input-order is "
                f"{config.network_input_order} (0 c;h;w, 1 h;w;c)"
            )
        sizes = [a or b for a, b in zip(model, wanted, strict=True)]
        channels = sizes[0] or (1 if config.model_color_format == GRAY else 3)
        if not sizes[1] or not sizes[2]:
            raise ModelError(
                f"{config.file}: the model leaves the size of its input open ({list(shape)}); "
                "set infer-dims=c;h;w"
            )
        if channels != (1 if config.model_color_format == GRAY else 3):
            raise ModelError(
                f"{config.file}: model-color-format {config.model_color_format} and a model with "
                f"{channels} channels (input {list(shape)}) do not fit together; "
                "3 channels are 0 (RGB) or 1 (BGR), 1 channel is 2 (GRAY)"
            )
        return channels, sizes[1], sizes[2]

    def _mean_values(self, config: NvInferConfig) -> NDArray[np.float32]:
        if not config.offsets:
            return np.zeros(self.channels, np.float32)
        if len(config.offsets) != self.channels:
            raise ConfigError(
                f"{config.file}: group [property], key offsets: found {len(config.offsets)} "
                f"values, expected one a channel ({self.channels})"
            )
        return np.array(config.offsets, np.float32)

    def _read_mean(self, path: Path) -> Tensor:
        """The mean picture in planes of the model's colours, already times the scale."""
        flag = cv2.IMREAD_GRAYSCALE if self._order == GRAY else cv2.IMREAD_COLOR
        mean = cv2.imread(str(path), flag) if path.is_file() else None
        if mean is None or mean.shape[:2] != (self.height, self.width):
            found = "no picture" if mean is None else f"{mean.shape[1]}x{mean.shape[0]}"
            raise ConfigError(
                f"mean-file {path}: found {found}, expected a PPM of {self.width}x{self.height}"
            )
        planes = mean.reshape(self.height, self.width, -1).transpose(2, 0, 1)
        planes = planes[::-1] if self._order == RGB else planes
        return np.asarray(np.ascontiguousarray(planes, np.float32) * self._scale)


def _crop(plane: Plane, box: Letterbox, subsampling: int = 1) -> Plane:
    left, top = box.roi_left // subsampling, box.roi_top // subsampling
    width, height = box.roi_width // subsampling, box.roi_height // subsampling
    return plane[top : top + height, left : left + width]


def _bytes(picture: Any) -> Plane:
    """OpenCV's results are typed as any numbers; here they are bytes."""
    plane: Plane = picture
    return plane


@lru_cache(maxsize=4)
def _yuv_to_rgb(matrix: str, full_range: bool) -> NDArray[np.float32]:
    """The 3x4 matrix from Y, U, V bytes to R, G, B bytes (ITU-R BT.601-7 and BT.709-6)."""
    kr, kb = _KR_KB[matrix]
    kg = 1 - kr - kb
    luma, chroma, black = (1.0, 1.0, 0.0) if full_range else (255 / 219, 255 / 224, 16.0)
    red, blue = 2 * (1 - kr) * chroma, 2 * (1 - kb) * chroma
    rows = np.array(
        [[luma, 0, red], [luma, -blue * kb / kg, -red * kr / kg], [luma, blue, 0]], np.float64
    )
    offsets = rows @ np.array([-black, -128.0, -128.0])
    return np.asarray(np.column_stack([rows, offsets]), np.float32)

"""Inputs of networks out of regions: the functions that nvdspreprocess' libraries have.

======================================================  ==========================================
``custom-tensor-preparation-function``                  tensor
======================================================  ==========================================
``CustomTensorPreparation``                             one slot a region:
                                                        ``pixel-normalization-factor`` times
                                                        (pixel - ``offsets`` or ``mean-file``)
``CustomSequenceTensorPreparation``                     one slot a region and sequence of frames;
                                                        see :mod:`.sequence_tensors`
======================================================  ==========================================

Anything with a colon is the user's own: ``file.py:function`` or ``package.module:function``,
called with the regions scaled to the network's size (float32 0 to 255, in the order of
``network-input-order``) and the ``[user-configs]`` as text; it returns the tensor, one slot a
region.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.config_values import Reader, hint, list_of, number, path, read_keys
from pythia.vision.geometry import Letterbox, Rect
from pythia.vision.image import Image
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.parsers.user import user_function
from pythia.vision.preprocess import Preprocessor
from pythia.vision.preprocess_config import CUSTOM, NHWC, PreprocessConfig

_TYPES: tuple[Any, ...] = (
    np.float32,
    np.uint8,
    np.int8,
    np.uint32,
    np.int32,
    np.int64,
    np.uint64,
    np.float16,
)
_SCALING: dict[str, Reader] = {
    "pixel-normalization-factor": number(),
    "offsets": list_of(number(), 0, 1, 3, 4),
    "mean-file": path,
}


class Region(NamedTuple):
    """A part of a picture, and where it is from."""

    image: Image
    rect: Rect
    source_id: int
    frame_num: int


class Prepared(NamedTuple):
    """A tensor, which of the regions its slots are, and where each region went in it.

    ``tensor`` is None if no sequence is complete. ``boxes`` has all regions.
    """

    tensor: NDArray[Any] | None
    ready: Sequence[int]
    boxes: Sequence[Letterbox]


class Preparation(Protocol):
    """Makes tensors; used by one thread."""

    def prepare(self, regions: Sequence[Region]) -> Prepared:
        """The tensor of some regions, at most as many as ``network-input-shape`` has slots."""


def preparation(config: PreprocessConfig) -> Preparation:
    """What a ``custom-tensor-preparation-function`` means.

    Raises:
        ConfigError: it is unknown, or the configuration does not fit it.
    """
    from pythia.vision.sequence_tensors import SequenceTensors

    name = config.custom_tensor_preparation_function
    if ":" in name:
        return UserTensors(config)
    known: dict[str, Callable[[PreprocessConfig], Preparation]] = {
        "CustomTensorPreparation": RegionTensors,
        "CustomSequenceTensorPreparation": SequenceTensors,
    }
    if name not in known:
        raise ConfigError(
            f"{config.file}: custom-tensor-preparation-function={name} is unknown"
            f"{hint(name, known)}; available: {', '.join(known)}, or file.py:function"
        )
    return known[name](config)


class RegionTensors:
    """``CustomTensorPreparation``."""

    def __init__(self, config: PreprocessConfig) -> None:
        values = {key: value for key, value in config.user_configs.items() if value}
        read = read_keys(values, _SCALING, "user-configs", config.file)
        self._scaler = region_scaler(
            config,
            slot_shape(config),
            scale=read.get("pixel-normalization-factor", 1.0),
            offsets=read.get("offsets", ()),
            mean_file=read.get("mean-file"),
        )
        self._type = _TYPES[config.tensor_data_type]

    def prepare(self, regions: Sequence[Region]) -> Prepared:
        """One slot a region."""
        tensor, boxes = scaled(self._scaler, regions)
        tensor = tensor.astype(self._type, copy=False)
        return Prepared(tensor, range(len(regions)), boxes)


class UserTensors:
    """A function of the user's own."""

    def __init__(self, config: PreprocessConfig) -> None:
        name = config.custom_tensor_preparation_function
        noun = "tensor preparation"
        self._name, self._configs = name, config.user_configs
        self._function = user_function(name, config.file.parent, noun)
        self._scaler = region_scaler(config, slot_shape(config))
        self._type = _TYPES[config.tensor_data_type]

    def prepare(self, regions: Sequence[Region]) -> Prepared:
        """What the function makes of the scaled regions.

        Raises:
            ModelError: it raised, or returned another number of slots.
        """
        pictures, boxes = scaled(self._scaler, regions)
        tensor = np.asarray(self._function(pictures, self._configs), self._type)
        if not tensor.ndim or len(tensor) != len(regions):
            raise ModelError(
                f"tensor preparation {self._name!r} returned a tensor of shape "
                f"{list(tensor.shape)} for {len(regions)} regions; one slot a region is needed"
            )
        return Prepared(tensor, range(len(regions)), boxes)


def scaled(
    scaler: Preprocessor, regions: Sequence[Region]
) -> tuple[NDArray[np.float32], list[Letterbox]]:
    """The regions in one tensor, and where each went in its slot."""
    tensor = np.empty((len(regions), *scaler.slot_shape), np.float32)
    boxes = [
        scaler.write(region.image, region.rect, slot)
        for region, slot in zip(regions, tensor, strict=True)
    ]
    return tensor, boxes


def slot_shape(config: PreprocessConfig) -> tuple[int, int, int]:
    """Channels, height and width of one slot of ``network-input-shape``.

    Raises:
        ConfigError: the shape is not of pictures, or does not fit the processing size.
    """
    shape = config.network_input_shape
    if len(shape) != 4 or config.network_input_order == CUSTOM:
        raise ConfigError(
            f"{config.file}: network-input-shape={';'.join(map(str, shape))} with "
            f"network-input-order={config.network_input_order} is for "
            "CustomSequenceTensorPreparation; pictures are n;c;h;w (0) or n;h;w;c (1)"
        )
    channels, height, width = shape[1:]
    if config.network_input_order == NHWC:
        height, width, channels = shape[1:]
    if (width, height) != (config.processing_width, config.processing_height):
        raise ConfigError(
            f"{config.file}: processing-width and -height are {config.processing_width}x"
            f"{config.processing_height}, but network-input-shape has {width}x{height} pixels"
        )
    return channels, height, width


def region_scaler(
    config: PreprocessConfig,
    shape: tuple[int, int, int],
    scale: float = 1.0,
    offsets: Sequence[float] = (),
    mean_file: Path | None = None,
) -> Preprocessor:
    """What scales regions to slots of a shape (channels, height, width), as nvinfer scales frames.

    Raises:
        ConfigError: offsets or the mean picture do not fit.
        ModelError: ``network-color-format`` and the channels do not fit together.
    """
    channels, height, width = shape
    last = config.network_input_order == NHWC
    network = NvInferConfig(
        config.file,
        net_scale_factor=scale if scale > 0 else 1.0,
        offsets=tuple(offsets),
        mean_file=mean_file,
        model_color_format=config.network_color_format,
        network_input_order=int(last),
        maintain_aspect_ratio=config.maintain_aspect_ratio,
        symmetric_padding=config.symmetric_padding,
        scaling_filter=config.scaling_filter,
    )
    return Preprocessor(network, (height, width, channels) if last else shape)


def numbers(
    configs: Mapping[str, str], key: str, count: int, default: float, file: Path
) -> NDArray[np.float32]:
    """``count`` numbers of a key of ``[user-configs]``; the last of a shorter list is repeated."""
    found = read_keys(
        {key: configs[key]} if configs.get(key) else {},
        {key: list_of(number())},
        "user-configs",
        file,
    ).get(key, (default,))
    values = [*found, *[found[-1]] * count][:count]
    return np.array(values, np.float32)

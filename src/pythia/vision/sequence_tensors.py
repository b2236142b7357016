"""Sequences of frames as one input: ``CustomSequenceTensorPreparation``.

As in NVIDIA's open library for action recognition (``custom_sequence_preprocess``): every region
of every source collects frames; when a sequence is complete it becomes one slot of the tensor, and
the next one begins ``stride`` frames later. ``network-input-shape`` is n;c;s;h;w, or n;c*s;h;w,
both with all frames of one channel together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import ConfigError
from pythia.vision.config_values import integer, read_keys
from pythia.vision.preprocess_config import PreprocessConfig
from pythia.vision.region_tensors import Prepared, Region, numbers, region_scaler, scaled

_GRAY = 2


@dataclass
class _Sequence:
    """Frames of one region; ``due`` is the number of the frame that completes the next sequence."""

    due: int
    last: int | None = None
    frames: deque[NDArray[np.float32]] = field(default_factory=deque)


class SequenceTensors:
    """Collects frames; ``subsample`` frames are left out between two that are taken."""

    def __init__(self, config: PreprocessConfig) -> None:
        shape, file = config.network_input_shape, config.file
        channels = 1 if config.network_color_format == _GRAY else 3
        if (
            len(shape) not in (4, 5)
            or shape[1] % channels
            or (len(shape) == 5 and shape[1] != channels)
        ):
            raise ConfigError(
                f"{file}: network-input-shape={';'.join(map(str, shape))} is no sequence; expected "
                f"n;{channels};s;h;w or n;{channels}*s;h;w"
            )
        self._length = shape[2] if len(shape) == 5 else shape[1] // channels
        self._slot_shape = shape[1:]
        whole = {
            key: value
            for key, value in config.user_configs.items()
            if key in ("stride", "subsample") and value
        }
        readers = {"stride": integer(1), "subsample": integer(0)}
        read = read_keys(whole, readers, "user-configs", file)
        self._stride: int = read.get("stride", 1)
        self._step: int = read.get("subsample", 0) + 1
        configs = config.user_configs
        self._scales = numbers(configs, "channel-scale-factors", channels, 1, file)[:, None, None]
        self._means = numbers(configs, "channel-mean-offsets", channels, 0, file)[:, None, None]
        self._scaler = region_scaler(config, (channels, *shape[-2:]))  # type: ignore[arg-type]
        self._sequences: dict[tuple[float, ...], _Sequence] = {}

    def prepare(self, regions: Sequence[Region]) -> Prepared:
        """The sequences that these regions complete."""
        pictures, boxes = scaled(self._scaler, regions)
        pictures = (pictures - self._means) * self._scales
        slots, ready = [], []
        for index, (region, picture) in enumerate(zip(regions, pictures, strict=True)):
            slot = self._add(region, picture)
            if slot is not None:
                slots.append(slot)
                ready.append(index)
        return Prepared(np.stack(slots) if slots else None, ready, boxes)

    def _add(self, region: Region, picture: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Take a frame, if it is its turn; gives back the sequence that it completes."""
        number, span = region.frame_num, (self._length - 1) * self._step
        key = (region.source_id, *region.rect)
        one = self._sequences.setdefault(key, _Sequence(number + span))
        too_early = number + span < one.due
        if one.last is not None and (number < one.last + self._step or too_early):
            return None
        one.frames.append(picture)
        one.last = number
        if len(one.frames) > self._length:
            one.frames.popleft()
        if len(one.frames) < self._length or number < one.due:
            return None
        slot = np.stack(list(one.frames), axis=1).reshape(self._slot_shape)
        one.due = number + self._stride * self._step
        for _ in range(min(self._stride, self._length)):
            one.frames.popleft()
        return slot

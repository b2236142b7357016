from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.exceptions import ConfigError
from pythia.vision.geometry import Rect
from pythia.vision.image import Image
from pythia.vision.preprocess_config import CUSTOM, PreprocessConfig
from pythia.vision.region_tensors import Region
from pythia.vision.sequence_tensors import SequenceTensors

_WHOLE = Rect(0, 0, 8, 4)
_SHAPE = (4, 3, 3, 4, 8)


def _tensors(shape: tuple[int, ...] = _SHAPE, **configs: Any) -> SequenceTensors:
    user: Mapping[str, str] = {key.replace("_", "-"): value for key, value in configs.items()}
    return SequenceTensors(
        PreprocessConfig(
            Path("config.txt"),
            user_configs=user,
            network_input_order=CUSTOM,
            network_input_shape=shape,
            processing_width=8,
            processing_height=4,
        )
    )


def _region(number: int, source: int = 0, rect: Rect = _WHOLE) -> Region:
    """A frame all of whose bytes are its number."""
    image = Image("RGB", 8, 4, (np.full((4, 8, 3), number, np.uint8),))
    return Region(image, rect, source, number)


def _sequences(tensors: SequenceTensors, numbers: range) -> dict[int, list[float]]:
    """Which frames made a sequence, by the number of the frame that completed it."""
    found = {}
    for number in numbers:
        tensor = tensors.prepare([_region(number)]).tensor
        if tensor is not None:
            found[number] = tensor[0].reshape(3, -1, 4, 8)[0, :, 0, 0].tolist()
    return found


@pytest.mark.parametrize(
    ("configs", "expected"),
    [
        ({}, {2: [0, 1, 2], 3: [1, 2, 3], 4: [2, 3, 4], 5: [3, 4, 5], 6: [4, 5, 6]}),
        ({"stride": "2"}, {2: [0, 1, 2], 4: [2, 3, 4], 6: [4, 5, 6]}),
        ({"stride": "4"}, {2: [0, 1, 2], 6: [4, 5, 6]}),
        ({"subsample": "1"}, {4: [0, 2, 4], 6: [2, 4, 6]}),
    ],
)
def test_sequences_follow_each_other_by_stride_and_subsample(
    configs: dict[str, Any], expected: dict[int, list[float]]
) -> None:
    assert _sequences(_tensors(**configs), range(7)) == expected


def test_the_flat_shape_has_all_frames_of_a_channel_together() -> None:
    tensors = _tensors((4, 9, 4, 8))

    found = [tensors.prepare([_region(number)]).tensor for number in range(3)][-1]

    assert found is not None
    assert found.shape == (1, 9, 4, 8)
    assert found[0, :, 0, 0].tolist() == [0, 1, 2] * 3


def test_channels_have_means_and_scales_of_their_own() -> None:
    tensors = _tensors((4, 3, 1, 4, 8), channel_scale_factors="2;3", channel_mean_offsets="1;2;3")

    found = tensors.prepare([_region(10)]).tensor

    assert found is not None
    assert found[0, :, 0, 0, 0].tolist() == [18, 24, 21]


def test_every_region_of_every_source_has_a_sequence_of_its_own() -> None:
    tensors = _tensors((4, 3, 2, 4, 8))
    other = Rect(0, 0, 4, 4)

    tensors.prepare([_region(0), _region(0, source=1)])
    prepared = tensors.prepare([_region(1, rect=other), _region(1, source=1), _region(1)])

    assert prepared.tensor is not None
    assert prepared.tensor.shape[0] == 2
    assert list(prepared.ready) == [1, 2]
    assert len(prepared.boxes) == 3


@pytest.mark.parametrize("shape", [(4, 2, 8, 4, 8), (4, 4, 4, 8), (3, 4, 8)])
def test_a_shape_that_is_no_sequence_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match="is no sequence"):
        _tensors(shape)

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pythia.vision.image import Image
from pythia.vision.tracking.patches import PatchSource

Scene = Callable[..., Image]

_GRAY = Image(
    "GRAY8", 64, 64, (np.arange(64 * 64, dtype=np.uint32).astype(np.uint8).reshape(64, 64),)
)


def _ramp(width: int = 64, height: int = 64) -> Image:
    """A picture whose brightness is the column."""
    return Image("GRAY8", width, height, (np.tile(np.arange(width, dtype=np.uint8), (height, 1)),))


def _region(*values: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([values], np.float64)


def test_a_region_of_the_patch_s_own_size_is_copied() -> None:
    patch = PatchSource(_GRAY).luma(_region(10, 20, 16, 16), 16)[0]

    assert (patch == _GRAY.planes[0][20:36, 10:26]).all()


def test_a_region_beyond_the_border_repeats_the_border() -> None:
    patch = PatchSource(_ramp()).luma(_region(-8, -8, 16, 16), 16)[0]

    assert patch[0].tolist() == [0] * 8 + list(range(8))


@pytest.mark.parametrize("width", [16, 32, 64, 128])
def test_the_middle_of_a_region_is_the_middle_of_its_patch_however_coarse(width: int) -> None:
    left = 128 - width / 2

    patch = PatchSource(_ramp(256)).luma(_region(left, 0, width, 16), 8)[0]

    assert patch.mean() == pytest.approx(127.5, abs=0.6)
    steps = np.diff(patch[0].astype(int))
    assert steps == pytest.approx(width / 8, abs=1.1)


def test_regions_may_be_measured_in_a_frame_of_another_size() -> None:
    own = PatchSource(_ramp()).luma(_region(10, 20, 16, 16), 16)
    scaled = PatchSource(_ramp(), (128, 32)).luma(_region(20, 10, 32, 8), 16)

    assert (own == scaled).all()


def test_fine_noise_does_not_survive_in_a_coarse_patch() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (256, 256)).astype(np.uint8)
    source = PatchSource(Image("GRAY8", 256, 256, (noise,)))

    assert source.luma(_region(0, 0, 256, 256), 16).std() < 15


@pytest.mark.parametrize("format", ["NV12", "RGBA"])
def test_all_formats_show_the_same_colours(scene: Scene, format: str) -> None:
    region = _region(100, 80, 40, 40)
    planar = PatchSource(scene((100, 80, 3))).yuv(region, 12)

    other = PatchSource(scene((100, 80, 3), format=format))

    # RGB becomes full-range YUV, so luma is compared by its shape.
    if format == "RGBA":
        assert other.is_full_range
        ours, theirs = planar[..., 0].reshape(-1), other.yuv(region, 12)[..., 0].reshape(-1)
        assert np.corrcoef(ours, theirs)[0, 1] > 0.99
    else:
        assert np.abs(planar.astype(int) - other.yuv(region, 12)).max() <= 1


def test_grey_has_no_colour(scene: Scene) -> None:
    yuv = PatchSource(scene((100, 80, 3), format="GRAY8")).yuv(_region(100, 80, 40, 40), 12)

    assert (yuv[..., 1:] == 128).all()

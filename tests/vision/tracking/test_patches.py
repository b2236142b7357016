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

    pairs = zip(planar, other.yuv(region, 12), strict=True)
    # RGB becomes full-range YUV, so it is compared by its shape.
    if format == "RGBA":
        assert other.is_full_range
        assert all(np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.98 for a, b in pairs)
    else:
        assert all(np.abs(a.astype(int) - b).max() <= 1 for a, b in pairs)


def test_grey_has_no_colour(scene: Scene) -> None:
    _, *colours = PatchSource(scene((100, 80, 3), format="GRAY8")).yuv(_region(10, 8, 40, 40), 12)

    assert all((colour == 128).all() for colour in colours)


@pytest.mark.parametrize(("format", "likeness"), [("NV12", 0.99), ("RGBA", 0.97)])
def test_all_formats_show_the_same_colours_in_coarse_patches(
    scene: Scene, format: str, likeness: float
) -> None:
    region = _region(70, 60, 160, 120)
    planar = PatchSource(scene((100, 80, 3))).yuv(region, 12)

    other = PatchSource(scene((100, 80, 3), format=format)).yuv(region, 12)

    for one, same in zip(planar, other, strict=True):
        assert np.corrcoef(one.ravel(), same.ravel())[0, 1] > likeness


def test_more_patches_than_one_picture_holds_are_cut(scene: Scene) -> None:
    source = PatchSource(scene((100, 80, 3)))
    regions = np.repeat(_region(100, 80, 40, 40), 1000, axis=0)

    luma = source.luma(regions, 36)

    assert (luma == source.luma(regions[:1], 36)).all()


def test_a_region_very_far_away_shows_the_border(scene: Scene) -> None:
    luma = PatchSource(_ramp()).luma(np.array([[1e12, -1e12, 40, 40], [-9e9, 9e9, 1e9, 5]]), 16)

    assert set(luma[0].ravel().tolist()) == {63}
    assert luma.shape == (2, 16, 16)

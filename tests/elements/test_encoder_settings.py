"""NVIDIA's settings of encoders in the terms of x264 and x265."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pythia.elements.encoder_settings import x264, x265
from pythia.elements.video_encoder import NvV4l2H264Enc, NvV4l2H265Enc
from pythia.exceptions import ConfigError

Translate = Callable[..., dict[str, Any]]


def translated(translate: Translate, **changes: Any) -> dict[str, Any]:
    """The inner properties for NVIDIA's defaults with some changes; ``_`` stands for ``-``."""
    element = NvV4l2H264Enc if translate is x264 else NvV4l2H265Enc
    given = {name.replace("_", "-"): value for name, value in changes.items()}
    defaults = {row.name: row.default for row in element.PROPERTIES}
    assert given.keys() <= defaults.keys()
    return translate({**defaults, **given}, frozenset(given))


BOTH = pytest.mark.parametrize("translate", [x264, x265])


@BOTH
@pytest.mark.parametrize(("bits", "kilobits"), [(4_000_000, 4000), (2_500_400, 2500), (1, 1)])
def test_bits_a_second_become_kilobits(translate: Translate, bits: int, kilobits: int) -> None:
    assert translated(translate, bitrate=bits)["bitrate"] == kilobits


@BOTH
@pytest.mark.parametrize(
    ("intra", "idr", "frames"), [(30, 256, 30), (300, 60, 60), (0, 50, 50), (0, 0, 2**31 - 1)]
)
def test_key_frames_come_at_the_shorter_interval(
    translate: Translate, intra: int, idr: int, frames: int
) -> None:
    assert translated(translate, iframeinterval=intra, idrinterval=idr)["key-int-max"] == frames


@BOTH
def test_an_interval_of_all_bits_means_never_again(translate: Translate) -> None:
    never = 2**32 - 1

    properties = translated(translate, iframeinterval=never, idrinterval=never)

    assert properties["key-int-max"] == 2**31 - 1


@BOTH
def test_the_fastest_preset_is_the_default_and_an_id_wins_over_a_level(
    translate: Translate,
) -> None:
    assert translated(translate)["speed-preset"] == "ultrafast"
    assert translated(translate, preset_level=4)["speed-preset"] == "medium"
    assert translated(translate, preset_level=4, preset_id=7)["speed-preset"] == "slow"


@BOTH
def test_no_frame_is_held_back_unless_quality_is_asked_for(translate: Translate) -> None:
    assert translated(translate)["tune"] == "zerolatency"
    assert translated(translate, tuning_info_id=1)["tune"] != "zerolatency"


def test_a_peak_limits_what_a_second_may_have() -> None:
    variable = translated(x264, control_rate=0, bitrate=1_000_000)
    limited = translated(x264, control_rate=0, bitrate=1_000_000, peak_bitrate=1_500_000)

    assert variable["vbv-buf-capacity"] == 0
    assert limited["vbv-buf-capacity"] == 500


def test_the_decoders_buffer_is_given_in_bits() -> None:
    properties = translated(x264, bitrate=1_000_000, vbv_size=2_000_000)

    assert properties["vbv-buf-capacity"] == 2000


def test_x265_is_told_of_the_buffer_in_its_own_words() -> None:
    options = translated(x265, bitrate=1_000_000, vbv_size=2_000_000)["option-string"].split(":")

    assert {"vbv-maxrate=1000", "vbv-bufsize=2000"} <= set(options)


def test_the_quantizer_is_constant_without_rate_control() -> None:
    changes = {"ratecontrol_enable": False, "quant_p_frames": 33}

    assert translated(x264, **changes)["pass"] == "quant"
    assert translated(x264, **changes)["quantizer"] == 33
    assert translated(x265, **changes)["qp"] == 33


@pytest.mark.parametrize(
    ("text", "limits"),
    [("10,30:12,40:14,35", (10, 40)), ("10-30:12-40:14-35", (10, 40)), ("-1,-1:5,9:-1,-1", (5, 9))],
)
def test_one_range_of_quantizers_covers_those_of_all_kinds(
    text: str, limits: tuple[int, int]
) -> None:
    properties = translated(x264, qp_range=text)

    assert (properties["qp-min"], properties["qp-max"]) == limits


def test_switches_are_handed_on() -> None:
    changes = {"insert_aud": True, "disable_cabac": True, "num_B_Frames": 2, "num_Ref_Frames": 3}

    properties = translated(x264, **changes)

    assert (properties["aud"], properties["cabac"]) == (True, False)
    assert (properties["bframes"], properties["ref"]) == (2, 3)


@BOTH
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bitrate": 0}, "bits per second"),
        ({"qp_range": "10-20"}, "10,40:10,40:10,40"),
        ({"qp_range": "9,5:9,5:9,5"}, "9,5:9,5:9,5"),
        ({"control_rate": 0, "peak_bitrate": 100}, "cannot be less"),
        ({"enable_lossless": True}, "lossless"),
        ({"tuning_info_id": 4}, "lossless"),
    ],
)
def test_what_cannot_be_is_refused_in_words_that_help(
    translate: Translate, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        translated(translate, **changes)

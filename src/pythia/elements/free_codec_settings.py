"""NVIDIA's settings of an encoder in the terms of vp8enc, vp9enc and av1enc; no GStreamer in it."""

from __future__ import annotations

import os
from typing import Any

from pythia.elements.encoder_settings import (
    Settings,
    check_rates,
    kbits,
    key_interval,
    quantizer,
    quantizers,
)

_CONSTANT = 1
_WORST = 63
# Of preset-level 0 to 4, where 1 is the fastest and 0 leaves it to the driver.
_VPX_SPEEDS = (8, 8, 6, 4, 1)
_AV1_SPEEDS = (10, 10, 9, 8, 7)  # what is slower is not for live use


def vpx(settings: Settings) -> dict[str, Any]:
    """Properties of vp8enc and vp9enc.

    Raises:
        ConfigError: a value is not possible.
    """
    check_rates(settings)
    return {
        "target-bitrate": settings["bitrate"],
        "deadline": 1,  # live
        "cpu-used": _VPX_SPEEDS[settings["preset-level"]],
        "overshoot": _overshoot(settings, 100),
        **_common(settings, 4),
    }


def av1(settings: Settings) -> dict[str, Any]:
    """Properties of av1enc; as :func:`vpx`."""
    check_rates(settings)
    return {
        "target-bitrate": kbits(settings["bitrate"]),
        "usage-profile": "realtime",
        "cpu-used": _AV1_SPEEDS[settings["preset-level"]],
        "overshoot-pct": _overshoot(settings, 25),
        **_common(settings, 0),
    }


def _common(settings: Settings, best: int) -> dict[str, Any]:
    least, most = quantizers(settings["qp-range"], _WORST)
    if not settings["ratecontrol-enable"]:
        least = most = min(_WORST, quantizer(settings))
    return {
        "end-usage": "cbr" if settings["control-rate"] == _CONSTANT else "vbr",
        "keyframe-max-dist": key_interval(settings),
        "lag-in-frames": 0,
        "min-quantizer": best if least is None else least,
        "max-quantizer": _WORST if most is None else most,
        "threads": min(8, os.cpu_count() or 1),
        "qos": settings["qos"],
        "min-force-key-unit-interval": settings["min-force-key-unit-interval"],
    }


def _overshoot(settings: Settings, default: int) -> int:
    """Percent that the bit rate may be exceeded by."""
    peak, rate = settings["peak-bitrate"], settings["bitrate"]
    if not peak or settings["control-rate"] == _CONSTANT:
        return default
    return int(min(1000, round(100 * (peak - rate) / rate)))

"""NVIDIA's settings of an encoder in the terms of x264enc and x265enc; no GStreamer in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pythia.exceptions import ConfigError

LOW_LATENCY = (2, 3)
LOSSLESS = 4
DEFAULT_QUANTIZER = 2**32 - 1
_VARIABLE = 0
_LARGEST = 2**31 - 1
# NVIDIA's presets from fast to slow: preset-level 0 to 4 of Jetson, preset-id 1 to 7 of GPUs.
_LEVELS = ("ultrafast", "ultrafast", "veryfast", "fast", "medium")
_IDS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow")

Settings = Mapping[str, Any]


def x264(settings: Settings, given: frozenset[str]) -> dict[str, Any]:
    """Properties of x264enc.

    Args:
        settings: all of NVIDIA's properties.
        given: names of those that somebody set.

    Raises:
        ConfigError: a value is not possible, here or at all.
    """
    _check(settings)
    wanted = {
        "aud": settings["insert-aud"],
        "bframes": settings["num-B-Frames"],
        "bitrate": kbits(settings["bitrate"]),
        "cabac": not settings["disable-cabac"],
        "key-int-max": key_interval(settings),
        "speed-preset": _preset(settings, given),
        "tune": "zerolatency" if settings["tuning-info-id"] in LOW_LATENCY else "0",
        "option-string": _joined({"scenecut": 0, **_slices(settings)}),
        "vbv-buf-capacity": _buffer_ms(settings, given),
        "intra-refresh": bool(settings["SliceIntraRefreshInterval"]),
        "qos": settings["qos"],
        "min-force-key-unit-interval": settings["min-force-key-unit-interval"],
    }
    if settings["num-Ref-Frames"] > 1:
        wanted["ref"] = settings["num-Ref-Frames"]
    if not settings["ratecontrol-enable"]:
        wanted |= {"pass": "quant", "quantizer": min(50, quantizer(settings))}
    least, most = quantizers(settings["qp-range"])
    return wanted | ({} if least is None else {"qp-min": least, "qp-max": most})


def x265(settings: Settings, given: frozenset[str]) -> dict[str, Any]:
    """Properties of x265enc; as :func:`x264`."""
    _check(settings)
    options = {
        "scenecut": 0,
        "aud": int(settings["insert-aud"]),
        "bframes": settings["num-B-Frames"],
        "open-gop": 0,
    }
    if settings["num-Ref-Frames"] > 1:
        options["ref"] = settings["num-Ref-Frames"]
    if settings["SliceIntraRefreshInterval"]:
        options["intra-refresh"] = 1
    if settings["slice-header-spacing"]:
        raise ConfigError("slice-header-spacing: x265 has no slices of a given size")
    least, most = quantizers(settings["qp-range"])
    if least is not None:
        options |= {"qpmin": least, "qpmax": most}
    capacity_ms = _buffer_ms(settings, given)
    if capacity_ms and {"vbv-size", "peak-bitrate"} & given:
        rate = kbits(settings["bitrate"])
        options |= {"vbv-maxrate": rate, "vbv-bufsize": max(1, rate * capacity_ms // 1000)}
    low_latency = settings["tuning-info-id"] in LOW_LATENCY
    return {
        "bitrate": min(102400, kbits(settings["bitrate"])),
        "key-int-max": key_interval(settings),
        "speed-preset": _preset(settings, given),
        "tune": "zerolatency" if low_latency else "ssim",
        "option-string": _joined(options),
        "qp": -1 if settings["ratecontrol-enable"] else min(51, quantizer(settings)),
        "qos": settings["qos"],
        "min-force-key-unit-interval": settings["min-force-key-unit-interval"],
    }


def kbits(bitrate: int) -> int:
    """Bits per second as the whole kilobits that x264enc and x265enc take."""
    return max(1, round(bitrate / 1000))


def key_interval(settings: Settings) -> int:
    """Frames between key frames; every intra frame is an IDR frame, so the shorter one counts."""
    refresh = settings.get("SliceIntraRefreshInterval", 0)
    intervals = [refresh] if refresh else [settings["iframeinterval"], settings["idrinterval"]]
    return min([value for value in intervals if value], default=_LARGEST) & _LARGEST


def _check(settings: Settings) -> None:
    check_rates(settings)
    if settings["enable-lossless"] or settings["tuning-info-id"] == LOSSLESS:
        raise ConfigError(
            "lossless encoding (enable-lossless, tuning-info-id=4) is not available on the "
            "portable runtime; ratecontrol-enable=false quant-p-frames=1 comes near it"
        )


def check_rates(settings: Settings) -> None:
    """Refuse bit rates that cannot be.

    Raises:
        ConfigError: there is none, or the peak is below it.
    """
    if not settings["bitrate"]:
        raise ConfigError("bitrate is 0; it has to be bits per second, such as bitrate=4000000")
    peak = settings["peak-bitrate"]
    if peak and settings["control-rate"] == _VARIABLE and peak < settings["bitrate"]:
        raise ConfigError(
            f"peak-bitrate is {peak} and bitrate {settings['bitrate']}; the peak cannot be less"
        )


def _preset(settings: Settings, given: frozenset[str]) -> str:
    if "preset-id" in given:
        return _IDS[settings["preset-id"] - 1]
    return _LEVELS[settings["preset-level"]]


def _buffer_ms(settings: Settings, given: frozenset[str]) -> int:
    """The decoder's buffer in milliseconds at the bit rate; 0 does not limit the peaks.

    A stream that keeps to it has at most ``bitrate`` + this many bits in any second, from which
    ``peak-bitrate`` follows.
    """
    rate = settings["bitrate"]
    if settings["control-rate"] == _VARIABLE:
        peak = settings["peak-bitrate"]
        return min(10000, max(1, round(1000 * (peak - rate) / rate))) if peak else 0
    if "vbv-size" in given:
        return int(min(10000, max(1, round(1000 * settings["vbv-size"] / rate))))
    return 600


def _slices(settings: Settings) -> dict[str, int]:
    spacing = settings["slice-header-spacing"]
    if not spacing:
        return {}
    if settings["bit-packetization"]:
        return {"slice-max-size": max(1, spacing // 8)}
    return {"slice-max-mbs": spacing}


def quantizer(settings: Settings) -> int:
    """The quantizer without rate control: that of P frames, or else that of I frames."""
    values = (settings["quant-p-frames"], settings["quant-i-frames"], 21)
    return int(next(value for value in values if value != DEFAULT_QUANTIZER))


def quantizers(text: str | None, worst: int = 51) -> tuple[int | None, int | None]:
    """Least and most of ``qp-range``, which names them for P, I and B frames one by one."""
    if not text:
        return None, None
    pairs = [re.fullmatch(r"\s*(-?\d+)\s*[,-]\s*(-?\d+)\s*", part) for part in text.split(":")]
    limits = [(int(pair[1]), int(pair[2])) for pair in pairs if pair is not None]
    if len(pairs) != 3 or len(limits) != 3 or any(low > high for low, high in limits):
        raise ConfigError(
            f"qp-range is {text!r}; it has to be the least and the most quantizer of P, I and B "
            "frames, such as 10,40:10,40:10,40"
        )
    used = [pair for pair in limits if pair != (-1, -1)]
    if not used:
        return None, None
    return max(0, min(low for low, _ in used)), min(worst, max(high for _, high in used))


def _joined(options: Mapping[str, object]) -> str:
    return ":".join(f"{name}={value}" for name, value in options.items())

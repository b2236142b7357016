"""When nvstreammux's batches are due: by its properties, or as NVIDIA's new muxer does it.

``USE_NEW_NVSTREAMMUX=yes`` asks for the new one: it does not scale, and a batch has one frame of
each source. NVIDIA's puts frames of several sizes into one batch; on the portable runtime all
sources have to have one size.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pythia.elements.properties import check_sides
from pythia.exceptions import ConfigError

_SIZES = ("batch-size", "width", "height")
OLD_ONLY = ("width", "height", "enable-padding", "live-source")
"""Properties that the new muxer does not have."""

_NEW_TIMEOUT_US = 33_000
_TIMEOUT = "batched-push-timeout"


def is_new() -> bool:
    """Whether the new muxer is asked for."""
    return os.environ.get("USE_NEW_NVSTREAMMUX") == "yes"


@dataclass(frozen=True)
class MuxPolicy:
    """A batch has ``batch_size`` frames, or if that is None, as many as there are sources.

    ``same_source`` is how many frames of one source it has at most, and ``timeout_s`` how long
    its first frame waits for the others; None is no limit.
    """

    batch_size: int | None
    same_source: int | None
    timeout_s: float | None


def policy(settings: Mapping[str, Any], given: Collection[str]) -> MuxPolicy:
    """The policy for these settings, of which ``given`` were set by somebody.

    Raises:
        ConfigError: something is missing, or is not of the muxer that is asked for.
    """
    return _new_policy(settings, given) if is_new() else _old_policy(settings)


def _old_policy(settings: Mapping[str, Any]) -> MuxPolicy:
    missing = [name for name in _SIZES if not settings[name]]
    if missing:
        raise ConfigError(
            f"nvstreammux: set {' and '.join(missing)}, for example "
            "batch-size=1 width=1280 height=720"
        )
    check_sides("nvstreammux", settings, "width", "height")
    if settings["config-file-path"]:
        raise ConfigError(
            "nvstreammux: config-file-path is for the new muxer: set USE_NEW_NVSTREAMMUX=yes in "
            "the environment, or leave it out"
        )
    timeout_us = settings[_TIMEOUT]
    return MuxPolicy(settings["batch-size"], None, None if timeout_us < 0 else timeout_us / 1e6)


def _new_policy(settings: Mapping[str, Any], given: Collection[str]) -> MuxPolicy:
    for name in OLD_ONLY:
        if name in given and settings[name]:
            raise ConfigError(
                f"nvstreammux: the new muxer (USE_NEW_NVSTREAMMUX=yes) has no {name}: it does "
                "not scale; leave it out, or unset the variable"
            )
    timeout_us = settings[_TIMEOUT] if _TIMEOUT in given else _NEW_TIMEOUT_US
    size, same_source, adaptive = settings["batch-size"], 1, True
    if settings["config-file-path"]:
        from pythia.vision import mux_config

        config = mux_config.load(settings["config-file-path"])
        size, adaptive, same_source = config.batch_size or size, config.adaptive, config.same_source
        if _TIMEOUT not in given:
            timeout_us = 1e6 / config.min_fps
    if not size:
        raise ConfigError("nvstreammux: set batch-size, for example batch-size=4")
    timeout_s = None if timeout_us < 0 else timeout_us / 1e6
    return MuxPolicy(None if adaptive else size, same_source, timeout_s)

"""The configuration file of the new nvstreammux, typed.

Keys and defaults are those of "Gst-nvstreammux New" in the DeepStream plugin manual and of the
open parser (``MuxConfigParser.cpp``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pythia.exceptions import ConfigError
from pythia.vision.config_file import read_groups
from pythia.vision.config_values import Reader, boolean, choice, integer, read_keys

_COUNT = integer(0)
_PROPERTY: dict[str, Reader] = {
    "algorithm-type": choice(1),
    "batch-size": integer(1),
    "adaptive-batching": boolean,
    "enable-source-rate-control": boolean,
    "max-fps-control": boolean,
    "overall-max-fps-n": _COUNT,
    "overall-max-fps-d": integer(1),
    "overall-min-fps-n": integer(1),
    "overall-min-fps-d": integer(1),
    "max-same-source-frames": integer(1),
}
_SOURCE: dict[str, Reader] = {
    "max-fps-n": _COUNT,
    "max-fps-d": integer(1),
    "min-fps-n": _COUNT,
    "min-fps-d": integer(1),
    "priority": choice(0),
    "max-num-frames-per-batch": integer(1),
}
_RATE_CONTROL = ("enable-source-rate-control", "max-fps-control")


@dataclass(frozen=True)
class MuxConfig:
    """How batches are made: at ``min_fps`` at least, each with frames of all sources.

    ``batch_size`` is None where the file leaves it to the element; ``adaptive`` makes a batch as
    large as there are sources, and ``same_source`` is how many frames of one it has at most.
    """

    batch_size: int | None = None
    adaptive: bool = True
    min_fps: float = 5.0
    same_source: int = 1


def load(path: str | Path) -> MuxConfig:
    """Read a file.

    Raises:
        ConfigError: the file cannot be read, or asks for what the portable runtime does not do.
    """
    file = Path(path)
    groups = read_groups(file)
    values = read_keys(groups.get("property", {}), _PROPERTY, "property", file)
    for key in _RATE_CONTROL:
        if values.get(key):
            raise ConfigError(f"{file}: the portable runtime has no {key}; set it to 0")
    same_source = values.get("max-same-source-frames", 1)
    for name, group in groups.items():
        if name.startswith("source-config-"):
            source = read_keys(group, _SOURCE, name, file)
            same_source = min(same_source, source.get("max-num-frames-per-batch", 1))
    fps = values.get("overall-min-fps-n", 5) / values.get("overall-min-fps-d", 1)
    return MuxConfig(
        values.get("batch-size"), values.get("adaptive-batching", True), fps, same_source
    )

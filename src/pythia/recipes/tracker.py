"""The tracker: nvtracker by the name of one of DeepStream's configurations, or by a file."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from pythia import samples
from pythia.core.suggestion import did_you_mean
from pythia.exceptions import ConfigError
from pythia.recipes.launch import element

_DEEPSTREAM = Path("/opt/nvidia/deepstream/deepstream")
_LIBRARY = _DEEPSTREAM / "lib/libnvds_nvmultiobjecttracker.so"
_CONFIGS = _DEEPSTREAM / "samples/configs/deepstream-app"
_PREFIX, _SUFFIX = "config_tracker_", ".yml"


@dataclass(frozen=True)
class Tracker:
    """nvtracker with a configuration.

    Attributes:
        config_file: Absolute path of its ``ll-config-file``.
        low_level_library: ``ll-lib-file``; the portable runtime takes any.
    """

    config_file: Path
    low_level_library: Path = _LIBRARY

    @classmethod
    def of(cls, tracker: str | PathLike[str] | Tracker) -> Tracker:
        """Make a tracker of a name such as ``NvDCF_perf``, or of a configuration file."""
        if isinstance(tracker, Tracker):
            return tracker
        if isinstance(tracker, str) and not tracker.endswith((".yml", ".yaml", ".txt")):
            return cls.named(tracker)
        return cls.from_file(tracker)

    @classmethod
    def named(cls, name: str) -> Tracker:
        """Make one of DeepStream's trackers: NvDCF_accuracy, NvDCF_perf, IOU, NvSORT, ...

        Raises:
            ConfigError: No such name; lists those that there are.
        """
        file = f"{_PREFIX}{name}{_SUFFIX}"
        if (_CONFIGS / file).is_file():
            return cls(_CONFIGS / file)
        if name not in names():
            raise ConfigError(
                f"no tracker {name!r}{did_you_mean(name, names())}; available: "
                f"{', '.join(names())}, or a configuration file (.yml)"
            )
        return cls(samples.path(file))

    @classmethod
    def from_file(
        cls, config_file: str | PathLike[str], low_level_library: str | PathLike[str] = _LIBRARY
    ) -> Tracker:
        """Make a tracker of its configuration file.

        Raises:
            ConfigError: There is no such file.
        """
        path = Path(config_file).expanduser().absolute()
        if not path.is_file():
            raise ConfigError(
                f"no tracker configuration {str(path)!r}; by name: {', '.join(names())}"
            )
        return cls(path, Path(low_level_library))

    def gst(self, name: str = "tracker") -> str:
        """Return launch text."""
        return element(
            "nvtracker",
            name=name,
            ll_lib_file=self.low_level_library,
            ll_config_file=self.config_file,
        )


def names() -> list[str]:
    """Return the names of the trackers that are here."""
    files = [file for file in samples.names() if file.startswith(_PREFIX)]
    if _CONFIGS.is_dir():
        files += [file.name for file in _CONFIGS.glob(f"{_PREFIX}*{_SUFFIX}")]
    return sorted({file.removeprefix(_PREFIX).removesuffix(_SUFFIX) for file in files})

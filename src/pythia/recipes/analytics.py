"""Analytics: nvdsanalytics by its configuration file."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from pythia.exceptions import ConfigError
from pythia.recipes.launch import element
from pythia.vision.config_file import read_groups

_OF_TRACKS = ("line-crossing", "direction-detection")


@dataclass(frozen=True)
class Analytics:
    """nvdsanalytics with its rules.

    Attributes:
        config_file: Absolute path.
        groups: Names of the groups in it.
    """

    config_file: Path
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, analytics: str | PathLike[str] | Analytics) -> Analytics:
        """Make analytics of a configuration file."""
        return analytics if isinstance(analytics, Analytics) else cls.from_file(analytics)

    @classmethod
    def from_file(cls, config_file: str | PathLike[str]) -> Analytics:
        """Make analytics of its configuration file.

        Raises:
            ConfigError: There is no such file, or it cannot be read.
        """
        path = Path(config_file).expanduser().absolute()
        if not path.is_file():
            raise ConfigError(f"no configuration of nvdsanalytics {str(path)!r}")
        return cls(path, tuple(read_groups(path)))

    def requires_tracker(self) -> bool:
        """Whether a rule is about how objects move: lines and directions."""
        return any(group.startswith(_OF_TRACKS) for group in self.groups)

    def gst(self, name: str = "analytics") -> str:
        """Return launch text."""
        return element("nvdsanalytics", name=name, config_file=self.config_file)

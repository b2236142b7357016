"""The configuration of nvmsgconv: what is known of sensors, places and analytics modules."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pythia.exceptions import ConfigError
from pythia.vision.config_file import read_groups
from pythia.vision.config_values import Reader, list_of, number, read_keys, text

_log = logging.getLogger("pythia.messages")

Thing = TypeVar("Thing")
Point = tuple[float, float, float]
_ORIGIN: Point = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Sensor:
    """What a group ``[sensorN]`` says; ``location`` is latitude, longitude, altitude."""

    id: str = ""
    type: str = ""
    description: str = ""
    location: Point = _ORIGIN
    coordinate: Point = _ORIGIN


@dataclass(frozen=True)
class Place:
    """What a group ``[placeN]`` says; what the sub-fields mean depends on the event."""

    id: str = ""
    type: str = ""
    name: str = ""
    location: Point = _ORIGIN
    coordinate: Point = _ORIGIN
    place_sub_field1: str = ""
    place_sub_field2: str = ""
    place_sub_field3: str = ""


@dataclass(frozen=True)
class Analytics:
    """What a group ``[analyticsN]`` says."""

    id: str = ""
    source: str = ""
    description: str = ""
    version: str = ""


@dataclass(frozen=True)
class MessageConfig:
    """Sensors, places and analytics modules by their numbers."""

    sensor: dict[int, Sensor] = field(default_factory=dict)
    place: dict[int, Place] = field(default_factory=dict)
    analytics: dict[int, Analytics] = field(default_factory=dict)
    _missed: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def find_sensor(self, number: int) -> Sensor | None:
        """The sensor with a number; None, and told once, where the file has none."""
        return self._found(self.sensor, f"sensor{number}", number)

    def find_place(self, number: int) -> Place | None:
        """The place with a number; see :meth:`find_sensor`."""
        return self._found(self.place, f"place{number}", number)

    def find_analytics(self, number: int) -> Analytics | None:
        """The analytics module with a number; see :meth:`find_sensor`."""
        return self._found(self.analytics, f"analytics{number}", number)

    def _found(self, table: Mapping[int, Thing], group: str, number: int) -> Thing | None:
        if number not in table and group not in self._missed:
            self._missed.add(group)
            _log.warning("the configuration has no enabled group [%s]; messages go without", group)
        return table.get(number)


_POINT = list_of(number(), 3)
_SENSOR_KEYS: dict[str, Reader] = {
    **dict.fromkeys(("id", "type", "description"), text),
    **dict.fromkeys(("location", "coordinate"), _POINT),
}
_PLACE_KEYS: dict[str, Reader] = {
    **dict.fromkeys(("id", "type", "name"), text),
    **dict.fromkeys(("location", "coordinate"), _POINT),
    **{f"place-sub-field{n}": text for n in (1, 2, 3)},
}
_ANALYTICS_KEYS: dict[str, Reader] = dict.fromkeys(("id", "source", "description", "version"), text)
_GROUPS: dict[str, tuple[Callable[..., Any], dict[str, Reader]]] = {
    "sensor": (Sensor, _SENSOR_KEYS),
    "place": (Place, _PLACE_KEYS),
    "analytics": (Analytics, _ANALYTICS_KEYS),
}


def read_message_config(path: str | Path) -> MessageConfig:
    """Read a key file, a YAML file (``.yml``, ``.yaml``) or a table (``.csv``).

    A group counts when it says ``enable=1``. Texts of a key file keep their quotation marks, as
    in DeepStream.

    Raises:
        ConfigError: The file cannot be read, or says something impossible; names file and key.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return _read_table(path)
    config = MessageConfig()
    for name, values in read_groups(path).items():
        _add_group(config, path, name, values)
    return config


def _add_group(config: MessageConfig, path: Path, name: str, values: dict[str, str]) -> None:
    start = next((start for start in _GROUPS if name.startswith(start)), None)
    if start is None:
        _log.warning("%s: unknown group [%s] is ignored", path, name)
        return
    number = name.removeprefix(start)
    if not number.isdecimal():
        raise ConfigError(f"{path}: group [{name}] has to be [{start}N] with a number N")
    if values.get("enable") not in ("1", "true"):
        return
    kind, readers = _GROUPS[start]
    table = getattr(config, start)
    if int(number) in table:
        raise ConfigError(f"{path}: group [{name}] repeats the number {int(number)}")
    found = read_keys({k: v for k, v in values.items() if k != "enable"}, readers, name, path)
    table[int(number)] = kind(**{key.replace("-", "_"): value for key, value in found.items()})


_COLUMNS = 7


def _read_table(path: Path) -> MessageConfig:
    """One row a sensor, below a row with names; see the message of the error for the columns."""
    config = MessageConfig()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file, quoting=csv.QUOTE_NONE) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"configuration file {path} cannot be read: {error}") from error
    for index, row in enumerate(rows[1:]):  # the first has the names of the columns
        cells = [cell.strip() for cell in row]
        if len(cells) < _COLUMNS:
            raise ConfigError(
                f"{path}: row {index + 1} below the header has {len(cells)} columns, needed are "
                f"{_COLUMNS}: camera, sensor id, description, camera id, place-sub-field1 to 3"
            )
        _add_row(config, index, cells)
    return config


def _add_row(config: MessageConfig, index: int, cells: list[Any]) -> None:
    # What the table does not have is fixed in DeepStream's reader.
    config.sensor[index] = Sensor(cells[1], "Camera", cells[2])
    config.place[index] = Place(
        "Id",
        "building/garage",
        "endeavor",
        place_sub_field1=cells[4],
        place_sub_field2=cells[5],
        place_sub_field3=cells[6],
    )
    config.analytics[index] = Analytics(version="1.0")

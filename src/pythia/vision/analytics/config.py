"""The configuration file of nvdsanalytics, complete and typed.

Groups, keys and defaults are those of "Gst-nvdsanalytics" in the DeepStream plugin manual.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pythia.exceptions import ConfigError
from pythia.vision.analytics.rules import (
    BALANCED,
    LOOSE,
    STRICT,
    Crowd,
    Direction,
    Line,
    Point,
    Roi,
    Rule,
    Rules,
)
from pythia.vision.config_file import Groups, read_groups
from pythia.vision.config_values import (
    Reader,
    boolean,
    choice,
    hint,
    integer,
    list_of,
    read_keys,
    text,
)

_log = logging.getLogger("pythia.vision.config")


@dataclass(frozen=True)
class AnalyticsConfig:
    """One configuration; fields are the keys of ``[property]`` with ``_`` for ``-``.

    Coordinates in ``streams``, which maps the number of a source's pad to its rules, are pixels of
    a frame of ``config_width`` x ``config_height``. ``osd_mode``: 0 draws nothing, 1 shapes and
    names, 2 counts and states as well. ``obj_cnt_win_in_ms`` is two things, as in DeepStream: the
    milliseconds over which counts are smoothed, and the frames over which motion is judged.
    """

    file: Path
    enable: bool = True
    config_width: int = 1920
    config_height: int = 1080
    osd_mode: int = 2
    display_font_size: int = 12
    display_obj_cnt: bool = False
    obj_cnt_win_in_ms: int = 50
    streams: Mapping[int, Rules] = field(default_factory=dict)

    def rules(self, pad_index: int, width: int, height: int) -> Rules:
        """The rules for a source, in pixels of its frames, which have this size."""
        rules = self.streams.get(pad_index, Rules())
        return rules.scaled(width / self.config_width, height / self.config_height)


def _points(at_least: int, *, at_most: int | None = None) -> Reader:
    """A reader of ``x;y;x;y...``."""
    numbers = list_of(integer(0))
    more = "" if at_most == at_least else "at least "
    wanted = f"{more}{at_least} points x;y in whole pixels from 0 on"

    def read(value: str, directory: Path) -> tuple[Point, ...]:
        try:
            found = numbers(value, directory)
        except ValueError:
            raise ValueError(wanted) from None
        if len(found) % 2:
            raise ValueError(f"{wanted}; {len(found)} is an odd count of numbers")
        pairs = tuple(zip(found[::2], found[1::2], strict=True))
        if not at_least <= len(pairs) <= (at_most or len(pairs)):
            raise ValueError(f"{wanted}; these are {len(pairs)}")
        return pairs

    return read


def _arrow(value: str, directory: Path) -> tuple[Point, ...]:
    """Two points; DeepStream accepts more and does not use them."""
    return tuple(_points(2)(value, directory)[:2])


@dataclass(frozen=True)
class _Section:
    """A kind of group.

    The keys that begin with ``prefix`` are shapes and give a ``rule`` each, the options are fields
    of all of them. ``unused`` keys have no effect in DeepStream either; with their defaults.
    """

    kind: str
    rule: type[Roi] | type[Crowd] | type[Line] | type[Direction]
    prefix: str
    shape: Reader
    options: Mapping[str, Reader] = field(default_factory=dict)
    unused: Mapping[str, str] = field(default_factory=dict)


_SECTIONS = {
    "roi-filtering-stream-": _Section("rois", Roi, "roi-", _points(3), {"inverse-roi": boolean}),
    "overcrowding-stream-": _Section(
        "crowds",
        Crowd,
        "roi-",
        _points(3),
        {"object-threshold": integer(0)},
        {"time-threshold": "2000"},
    ),
    "line-crossing-stream-": _Section(
        "lines",
        Line,
        "line-crossing-",
        _points(4, at_most=4),
        {"extended": boolean, "mode": text},
    ),
    "direction-detection-stream-": _Section(
        "directions", Direction, "direction-", _arrow, unused={"mode": BALANCED}
    ),
}
_MODES = (STRICT, BALANCED, LOOSE)

_PROPERTIES: dict[str, Reader] = {
    "enable": boolean,
    "config-width": integer(1),
    "config-height": integer(1),
    "osd-mode": choice(0, 1, 2),
    "display-font-size": integer(0),
    "display-obj-cnt": boolean,
    "obj-cnt-win-in-ms": integer(1, 1_000_000_000),
}
_REQUIRED = ("enable", "config-width", "config-height")


def load(file: str | Path) -> AnalyticsConfig:
    """The configuration in ``file``.

    Unknown keys and groups, and groups that nobody switched on, are logged as warnings.

    Raises:
        ConfigError: the file or a value in it is wrong.
    """
    file = Path(file).absolute()
    groups = read_groups(file)
    settings = _properties(groups, file)
    streams: dict[int, dict[str, Any]] = {}
    for group, values in groups.items():
        start = next((name for name in _SECTIONS if group.startswith(name)), None)
        if start is not None:
            stream = streams.setdefault(_stream(group, start, file), {})
            stream[_SECTIONS[start].kind] = _rules(_SECTIONS[start], values, group, file)
        elif group != "property":
            known = ("property", *(f"{name}0" for name in _SECTIONS))
            _log.warning("%s: unknown group [%s] is ignored%s", file, group, hint(group, known))
    rules = {number: Rules(**kinds) for number, kinds in streams.items()}
    return AnalyticsConfig(file, **settings, streams=rules)


def _properties(groups: Groups, file: Path) -> dict[str, Any]:
    values = groups.get("property")
    if values is None:
        found = ", ".join(groups) or "no group"
        raise ConfigError(f"{file}: group [property] is missing; found: {found}")
    missing = [key for key in _REQUIRED if key not in values]
    if missing and file.suffix.lower() not in (".yml", ".yaml"):  # as DeepStream's two readers do
        raise ConfigError(f"{file}: group [property]: {', '.join(missing)} must be given")
    read = read_keys(values, _PROPERTIES, "property", file)
    if not read.get("display-font-size", 1):
        del read["display-font-size"]  # 0 stands for the default
    return {_field(key): value for key, value in read.items()}


def _field(key: str) -> str:
    return key.replace("-", "_")


def _stream(group: str, start: str, file: Path) -> int:
    number = group[len(start) :]
    if not number.isdecimal():
        raise ConfigError(
            f"{file}: group [{group}] has to end with the number of a stream, as in [{start}0]"
        )
    return int(number)


def _rules(
    section: _Section, values: Mapping[str, str], group: str, file: Path
) -> tuple[Rule, ...]:
    place = f"{file}: group [{group}]"
    shapes = [key for key in values if key.startswith(section.prefix)]
    if not shapes:
        raise ConfigError(
            f"{place} has no key {section.prefix}NAME, which gives the points; "
            f"found: {', '.join(values) or 'no key'}"
        )
    readers = {"enable": boolean, "class-id": list_of(integer(-1)), **section.options}
    readers |= dict.fromkeys(shapes, section.shape) | dict.fromkeys(section.unused, text)
    read = read_keys(values, readers, group, file)
    _warn_of_unused(section, read, place)
    classes = _classes(read.get("class-id", ()))
    options = {_field(key): read[key] for key in section.options if key in read}
    rules = tuple(
        section.rule(_name(key, section, place), classes, read[key], **options) for key in shapes
    )
    for rule in rules:
        _look_at_points(rule, place)
    return rules if read.get("enable") else ()


def _warn_of_unused(section: _Section, read: dict[str, Any], place: str) -> None:
    if "enable" not in read:
        _log.warning("%s has no enable=1, so its rules are off", place)
    if read.get("mode", LOOSE) not in _MODES:
        mode, known = read.pop("mode"), ", ".join(_MODES)
        guess = hint(mode, _MODES)
        _log.warning("%s, key mode: ignored: %r is none of %s%s", place, mode, known, guess)
    for key, default in section.unused.items():
        if read.get(key, default) != default:
            _log.warning("%s, key %s: without effect, as in DeepStream", place, key)


def _classes(numbers: tuple[int, ...]) -> frozenset[int] | None:
    return None if not numbers or -1 in numbers else frozenset(numbers)


def _name(key: str, section: _Section, place: str) -> str:
    name = key[len(section.prefix) :]
    if not name:
        raise ConfigError(f"{place}, key {key}: a name has to follow the dash")
    return name


def _look_at_points(rule: Rule, place: str) -> None:
    """Refuse arrows and lines that are a single point, and warn of arrows along their line."""
    if not isinstance(rule, (Line, Direction)):
        return
    ways = [(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in zip(*[iter(rule.points)] * 2, strict=True)]
    if (0, 0) in ways:
        raise ConfigError(f"{place}, {rule.name}: an arrow or line ends where it begins")
    if len(ways) == 2 and ways[0][0] * ways[1][1] == ways[0][1] * ways[1][0]:
        _log.warning("%s, %s: the arrow runs along the line and not across it", place, rule.name)

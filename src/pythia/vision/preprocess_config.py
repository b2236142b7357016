"""The configuration file of nvdspreprocess, typed.

Keys, defaults and rules are those of "Gst-nvdspreprocess" in the DeepStream plugin manual and of
the open parser (``nvdspreprocess_property_parser.cpp``).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pythia.exceptions import ConfigError
from pythia.vision.config_file import Groups, read_groups
from pythia.vision.config_values import (
    Reader,
    boolean,
    choice,
    hint,
    integer,
    list_of,
    number,
    path,
    read_keys,
    text,
)
from pythia.vision.geometry import Rect

_log = logging.getLogger("pythia.vision.config")

Colour = tuple[float, float, float, float]

NCHW, NHWC, CUSTOM = range(3)
"""Values of ``network-input-order``."""
ANY_SOURCE = -1

_PREFIX = "group-"
_REGIONS = "roi-params-src-"
_TRANSFORMATIONS = ("", "CustomTransformation", "CustomAsyncTransformation")
_GREEN: Colour = (0.0, 1.0, 0.0, 1.0)
_CYAN: Colour = (0.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class RegionGroup:
    """What is done with the frames of some sources; fields are keys with ``_`` for ``-``.

    ``regions`` has those of each source. A source of -1 in ``src_ids`` stands for all sources
    that no other group names; they share the first regions of the group.
    """

    src_ids: tuple[int, ...] = ()
    process_on_roi: bool = False
    process_on_all_objects: bool = False
    draw_roi: bool = True
    roi_color: Colour | None = None
    operate_on_class_ids: tuple[int, ...] = ()
    interval: int = 0
    input_object_min_width: int = 0
    input_object_min_height: int = 0
    input_object_max_width: int = 0
    input_object_max_height: int = 0
    custom_input_transformation_function: str = ""
    regions: Mapping[int, tuple[Rect, ...]] = field(default_factory=dict)

    def regions_of(self, source: int) -> tuple[Rect, ...]:
        """The regions of one source."""
        if source in self.regions or not self.regions:
            return self.regions.get(source, ())
        return next(iter(self.regions.values()))


@dataclass(frozen=True)
class PreprocessConfig:
    """One nvdspreprocess configuration; fields are the keys of ``[property]`` with ``_`` for ``-``.

    ``user_configs`` is the group of that name, as text.
    """

    file: Path
    groups: tuple[RegionGroup, ...] = ()
    user_configs: Mapping[str, str] = field(default_factory=dict)

    enable: bool = True
    unique_id: int = 15
    gpu_id: int = 0
    target_unique_ids: tuple[int, ...] = ()
    process_on_frame: bool = True
    operate_on_gie_id: int = -1
    network_input_order: int = NCHW
    network_input_shape: tuple[int, ...] = ()
    network_color_format: int = 0
    tensor_data_type: int = 0
    tensor_name: str = ""
    processing_width: int = 0
    processing_height: int = 0
    maintain_aspect_ratio: bool = False
    symmetric_padding: bool = False
    scaling_filter: int = 1
    custom_lib_path: Path | None = None
    custom_tensor_preparation_function: str = ""

    def group_of(self, source: int) -> RegionGroup | None:
        """The group that a source belongs to: the first that names it, or one of -1."""
        for group in self.groups:
            if source in group.src_ids:
                return group
        return next((group for group in self.groups if ANY_SOURCE in group.src_ids), None)

    def colour_of(self, group: RegionGroup) -> Colour:
        """The colour in which the regions of a group are drawn."""
        return group.roi_color or (_GREEN if self.process_on_frame else _CYAN)

    def uses_regions(self, group: RegionGroup) -> bool:
        """Whether a group looks at its regions, not at whole frames or all objects."""
        return group.process_on_roi if self.process_on_frame else not group.process_on_all_objects


def with_regions(
    config: PreprocessConfig, source: int, regions: Sequence[Rect]
) -> PreprocessConfig:
    """The configuration with other regions for one source.

    Raises:
        ConfigError: no group looks at regions of that source.
    """
    group = config.group_of(source)
    if group is None or not config.uses_regions(group):
        raise ConfigError(f"{config.file}: no group looks at regions of the source {source}")
    changed = replace(group, regions={**group.regions, source: tuple(regions)})
    groups = tuple(changed if one is group else one for one in config.groups)
    return replace(config, groups=groups)


_PROPERTIES: dict[str, Reader] = {
    "enable": boolean,
    "unique-id": integer(0),
    "gpu-id": integer(0),
    "target-unique-ids": list_of(integer(0)),
    "process-on-frame": boolean,
    "operate-on-gie-id": integer(-1),
    "network-input-order": choice(NCHW, NHWC, CUSTOM),
    "network-input-shape": list_of(integer(1)),
    "network-color-format": choice(0, 1, 2),
    "tensor-data-type": integer(0, 7),
    "tensor-name": text,
    "processing-width": integer(1),
    "processing-height": integer(1),
    "maintain-aspect-ratio": boolean,
    "symmetric-padding": boolean,
    "scaling-filter": integer(0, 6),
    "custom-lib-path": path,
    "custom-tensor-preparation-function": text,
}
_REQUIRED = (
    "processing-width",
    "processing-height",
    "network-input-order",
    "network-input-shape",
    "network-color-format",
    "tensor-data-type",
    "tensor-name",
    "custom-tensor-preparation-function",
)
_TUNING = (
    "scaling-buf-pool-size",
    "tensor-buf-pool-size",
    "scaling-pool-memory-type",
    "scaling-pool-compute-hw",
)
_GROUP: dict[str, Reader] = {
    "src-ids": list_of(integer(ANY_SOURCE)),
    "process-on-roi": boolean,
    "process-on-all-objects": boolean,
    "draw-roi": boolean,
    "roi-color": list_of(number(0, 1), 4),
    "operate-on-class-ids": list_of(integer(0)),
    "interval": integer(0),
    "input-object-min-width": integer(0),
    "input-object-min-height": integer(0),
    "input-object-max-width": integer(0),
    "input-object-max-height": integer(0),
    "custom-input-transformation-function": text,
}
_REGION_LIST = list_of(number(0))


def load(file: str | Path) -> PreprocessConfig:
    """The configuration in ``file``; unknown keys and groups are logged as warnings.

    Raises:
        ConfigError: the file or a value in it is wrong, or something is missing.
    """
    file = Path(file).absolute()
    groups = read_groups(file)
    if "property" not in groups:
        found = ", ".join(groups) or "no group"
        raise ConfigError(f"{file}: group [property] is missing; found: {found}")
    fields = _properties(groups["property"], file)
    user_configs = groups.get("user-configs", {})
    return PreprocessConfig(file, _region_groups(groups, file), user_configs, **fields)


def _properties(values: Mapping[str, str], file: Path) -> dict[str, Any]:
    missing = [key for key in _REQUIRED if not values.get(key)]
    if missing:
        raise ConfigError(f"{file}: group [property] needs {', '.join(missing)}")
    tuning = [key for key in _TUNING if key in values]
    if tuning:
        _log.debug("%s: no effect on the portable runtime: %s", file, ", ".join(tuning))
    used = {key: value for key, value in values.items() if key not in _TUNING}
    return _named(read_keys(used, _PROPERTIES, "property", file))


def _region_groups(groups: Groups, file: Path) -> tuple[RegionGroup, ...]:
    found = []
    for name, values in groups.items():
        if name.startswith(_PREFIX):
            found.append(_region_group(name, values, file))
        elif name not in ("property", "user-configs"):
            known = ("property", "user-configs", _PREFIX + "0")
            _log.warning("%s: unknown group [%s] is ignored%s", file, name, hint(name, known))
    if not found:
        raise ConfigError(f"{file}: no group [{_PREFIX}0]; a group says which sources are prepared")
    return tuple(found)


def _region_group(name: str, values: Mapping[str, str], file: Path) -> RegionGroup:
    regions = {
        _source(name, key, file): _rectangles(name, key, value, file)
        for key, value in values.items()
        if key.startswith(_REGIONS)
    }
    plain = {key: value for key, value in values.items() if not key.startswith(_REGIONS)}
    group = RegionGroup(**_named(read_keys(plain, _GROUP, name, file)), regions=regions)
    if not group.src_ids:
        raise ConfigError(f"{file}: group [{name}] needs src-ids, such as src-ids=0;1")
    function = group.custom_input_transformation_function
    if function not in _TRANSFORMATIONS:
        raise ConfigError(
            f"{file}: group [{name}], key custom-input-transformation-function: {function} is "
            f"unknown{hint(function, _TRANSFORMATIONS)}; available: "
            f"{', '.join(filter(None, _TRANSFORMATIONS))}"
        )
    return group


def check_regions(config: PreprocessConfig) -> None:
    """Look whether every source that needs regions has some.

    Raises:
        ConfigError: one has none.
    """
    for group in config.groups:
        if not config.uses_regions(group):
            continue
        for source in group.src_ids:
            if not group.regions or (source != ANY_SOURCE and source not in group.regions):
                key = f"{_REGIONS}{max(source, 0)}"
                raise ConfigError(
                    f"{config.file}: a group with src-ids={';'.join(map(str, group.src_ids))} "
                    f"works on regions, and {key}=left;top;width;height is missing"
                )


def _source(group: str, key: str, file: Path) -> int:
    number_text = key[len(_REGIONS) :]
    if not number_text.isdecimal():
        raise ConfigError(f"{file}: group [{group}], key {key}: expected {_REGIONS}<source>")
    return int(number_text)


def _rectangles(group: str, key: str, value: str, file: Path) -> tuple[Rect, ...]:
    numbers = read_keys({key: value}, {key: _REGION_LIST}, group, file)[key]
    if not numbers or len(numbers) % 4:
        raise ConfigError(
            f"{file}: group [{group}], key {key}: found {len(numbers)} numbers, expected four a "
            "region: left;top;width;height"
        )
    return tuple(Rect(*numbers[start : start + 4]) for start in range(0, len(numbers), 4))


def _named(read: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("-", "_"): value for key, value in read.items()}

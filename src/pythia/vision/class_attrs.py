"""What an nvinfer configuration says about single classes: ``[class-attrs-all]`` and ``-N``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pythia.exceptions import ConfigError
from pythia.vision.config_file import Groups
from pythia.vision.config_values import Reader, integer, list_of, number, read_keys

Colour = tuple[float, float, float, float]

PREFIX = "class-attrs-"


@dataclass(frozen=True)
class ClassAttrs:
    """Thresholds, filters and colours of one class; names are the keys with ``_`` for ``-``.

    ``detected_max_w`` and ``detected_max_h`` of 0 and ``topk`` of -1 mean no limit. Colours are
    red, green, blue, alpha from 0 to 1; without ``bg_color`` a box is not filled.
    """

    pre_cluster_threshold: float = 0.2
    post_cluster_threshold: float = 0.0
    nms_iou_threshold: float = 0.3
    topk: int = -1
    eps: float = 0.0
    min_boxes: int = 0
    dbscan_min_score: float = 0.0
    group_threshold: int = 0
    roi_top_offset: int = 0
    roi_bottom_offset: int = 0
    detected_min_w: int = 0
    detected_min_h: int = 0
    detected_max_w: int = 0
    detected_max_h: int = 0
    border_color: Colour = (1.0, 0.0, 0.0, 1.0)
    bg_color: Colour | None = None


_COLOUR = list_of(number(0, 1), 4)

READERS: dict[str, Reader] = {
    "pre-cluster-threshold": number(0),
    "threshold": number(0),
    "post-cluster-threshold": number(0),
    "nms-iou-threshold": number(0, 1),
    "topk": integer(-1),
    "eps": number(0),
    "minBoxes": integer(0),
    "dbscan-min-score": number(0),
    "group-threshold": integer(0),
    "roi-top-offset": integer(0),
    "roi-bottom-offset": integer(0),
    "detected-min-w": integer(0),
    "detected-min-h": integer(0),
    "detected-max-w": integer(0),
    "detected-max-h": integer(0),
    "border-color": _COLOUR,
    "bg-color": _COLOUR,
}

_RENAMED = {"minBoxes": "min_boxes", "threshold": "pre_cluster_threshold"}


def read_class_attrs(groups: Groups, classes: int, file: Path) -> tuple[ClassAttrs, ...]:
    """One entry a class: ``class-attrs-all`` for everyone, ``class-attrs-N`` laid over it.

    Raises:
        ConfigError: a value is wrong, or N is not a class of this network.
    """
    everyone = _fields(groups.get(PREFIX + "all", {}), PREFIX + "all", file)
    single = {
        _class_id(name, classes, file): _fields(values, name, file)
        for name, values in groups.items()
        if name.startswith(PREFIX) and name != PREFIX + "all"
    }
    return tuple(ClassAttrs(**{**everyone, **single.get(index, {})}) for index in range(classes))


def _fields(values: Mapping[str, str], group: str, file: Path) -> dict[str, Any]:
    read = read_keys(values, READERS, group, file)
    return {_RENAMED.get(key, key.replace("-", "_")): value for key, value in read.items()}


def _class_id(group: str, classes: int, file: Path) -> int:
    name = group[len(PREFIX) :]
    if not name.isdecimal() or int(name) >= classes:
        raise ConfigError(
            f"{file}: group [{group}] is for no class of this network: num-detected-classes is "
            f"{classes}, so [{PREFIX}all] and [{PREFIX}0] to [{PREFIX}{classes - 1}] are possible"
        )
    return int(name)

"""JSON lines of what a probe yields."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from pythia.recipes.masks import Shape

_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


class JsonLines:
    """Writes one line for each event.

    A mask becomes its outlines in pixels of its box: ``[[x0, y0, x1, y1, ...], ...]``.
    """

    def __init__(self, file: Path) -> None:
        self._out = file.open("wb")

    def add(self, event: Any, shape: Shape | None) -> None:
        """Write down one event, and its mask if it has one."""
        if shape is not None and isinstance(event, Mapping):
            event = {**event, "mask": shape.outlines()}
        self._out.write(orjson.dumps(event, option=_OPTIONS))

    def close(self) -> None:
        """Complete the file."""
        self._out.close()

"""GObject properties declared as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pythia.exceptions import ConfigError
from pythia.gst import GObject, Gst
from pythia.gst.enums import register_enum

INT_MAX = 2**31 - 1
UINT_MAX = 2**32 - 1
UINT64_MAX = 2**64 - 1
LARGEST_SIDE = 32768
"""Width and height of the largest frame, in pixels."""

_NUMBERS = {
    "int": (GObject.TYPE_INT, -INT_MAX - 1, INT_MAX),
    "uint": (GObject.TYPE_UINT, 0, UINT_MAX),
    "uint64": (GObject.TYPE_UINT64, 0, UINT64_MAX),
    "float": (GObject.TYPE_FLOAT, -3.4e38, 3.4e38),
    "double": (GObject.TYPE_DOUBLE, -1.7e308, 1.7e308),
}
_FLAGS = GObject.ParamFlags.READWRITE | Gst.PARAM_MUTABLE_PLAYING


@dataclass(frozen=True)
class Enum:
    """An enumeration type: GType name and rows of (value, description, nick)."""

    name: str
    values: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True)
class Property:
    """One property of an element.

    ``kind`` is int, uint, uint64, float, double, bool, string, pointer, or an :class:`Enum`.
    ``hardware`` marks tuning of NVIDIA's hardware: accepted, stored, and without an effect here,
    which is logged once at debug level.
    """

    name: str
    kind: str | Enum
    default: Any
    blurb: str
    minimum: float | None = None
    maximum: float | None = None
    hardware: bool = False

    def spec(self) -> tuple[Any, ...]:
        """The row of PyGObject's ``__gproperties__``."""
        if isinstance(self.kind, Enum):
            gtype = register_enum(self.kind.name, self.kind.values)
            return gtype, self.name, self.blurb, self.default, _FLAGS
        if self.kind == "bool":
            return GObject.TYPE_BOOLEAN, self.name, self.blurb, self.default, _FLAGS
        if self.kind == "string":
            return GObject.TYPE_STRING, self.name, self.blurb, self.default, _FLAGS
        if self.kind == "pointer":
            return GObject.TYPE_POINTER, self.name, self.blurb, _FLAGS
        gtype, low, high = _NUMBERS[self.kind]
        low = low if self.minimum is None else self.minimum
        high = high if self.maximum is None else self.maximum
        return gtype, self.name, self.blurb, low, high, self.default, _FLAGS


def gproperties(table: Iterable[Property]) -> dict[str, tuple[Any, ...]]:
    """The ``__gproperties__`` of a class that has these properties."""
    return {row.name: row.spec() for row in table}


def check_sides(element: str, settings: Mapping[str, Any], *names: str) -> None:
    """Refuse widths and heights that no frame has.

    GStreamer makes a large number of a negative one that is given to an unsigned property.

    Raises:
        ConfigError: one is larger than :data:`LARGEST_SIDE`.
    """
    for name in names:
        value = settings[name]
        if value > LARGEST_SIDE:
            given = f"{value - UINT_MAX - 1} (as unsigned number {value})"
            raise ConfigError(
                f"{element}: {name}={given if value > INT_MAX else value}: expected at most "
                f"{LARGEST_SIDE} pixels, and no negative number"
            )


GPU_ID = Property("gpu-id", "uint", 0, "GPU device; without a GPU of no effect", hardware=True)
MEMORY_TYPE = Property(
    "nvbuf-memory-type",
    Enum(
        "GstPythiaNvBufMemoryType",
        (
            (0, "Default memory", "nvbuf-mem-default"),
            (1, "Pinned memory", "nvbuf-mem-cuda-pinned"),
            (2, "Device memory", "nvbuf-mem-cuda-device"),
            (3, "Unified memory", "nvbuf-mem-cuda-unified"),
            (4, "Surface array", "nvbuf-mem-surface-array"),
        ),
    ),
    0,
    "Kind of memory for output; here always the system's",
    hardware=True,
)
COMPUTE_HW = Property(
    "compute-hw",
    Enum(
        "GstPythiaComputeHW",
        ((0, "Default", "Default"), (1, "GPU", "GPU"), (2, "VIC", "VIC")),
    ),
    0,
    "Hardware that scales and converts; here always the processor",
    hardware=True,
)
INTERPOLATION = Enum(
    "GstPythiaInterpolation",
    (
        (0, "Nearest", "Nearest"),
        (1, "Bilinear", "Bilinear"),
        (2, "GPU - Cubic, VIC - 5 Tap", "Algo-1"),
        (3, "GPU - Super, VIC - 10 Tap", "Algo-2"),
        (4, "GPU - LanzosVIC - Smart", "Algo-3"),
        (5, "GPU - Ignored, VIC - Nicest", "Algo-4"),
        (6, "GPU - Nearest, VIC - Nearest", "Default"),
    ),
)

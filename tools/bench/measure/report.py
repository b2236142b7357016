"""What a benchmark found, as text for people or as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

_LOAD = os.getloadavg()[0]  # at import, before the benchmark itself makes it high

Row = Mapping[str, str | int | float]


@dataclass(frozen=True)
class Wanted:
    """One figure that was promised."""

    what: str
    wanted: str
    found: str
    met: bool


def at_least(what: str, limit: float, found: float, unit: str) -> Wanted:
    """A promise that a figure is not lower than a limit."""
    return Wanted(what, f">= {limit:g}{unit}", f"{found:.2f}{unit}", found >= limit)


def at_most(what: str, limit: float, found: float, unit: str) -> Wanted:
    """A promise that a figure is not higher than a limit."""
    return Wanted(what, f"<= {limit:g}{unit}", f"{found:.2f}{unit}", found <= limit)


@dataclass
class Report:
    """Tables, remarks and promises, in the order in which they are shown."""

    benchmark: str
    subject: str
    tables: dict[str, list[Row]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    machine: dict[str, str | int] = field(default_factory=lambda: _machine())

    def show(self, *, as_json: bool) -> None:
        """Print it."""
        print(json.dumps(asdict(self), indent=2) if as_json else self._text())

    def _text(self) -> str:
        machine = ", ".join(f"{key} {value}" for key, value in self.machine.items())
        parts = [f"{self.benchmark}: {self.subject}\nmachine: {machine}"]
        parts += [f"{title}\n{_table(rows)}" for title, rows in self.tables.items()]
        parts += ["\n".join(self.remarks)] if self.remarks else []
        verdicts: list[Row] = [
            {**asdict(one), "met": "met" if one.met else "missed"} for one in self.wanted
        ]
        parts += [_table(verdicts)] if verdicts else []
        return "\n\n".join(parts)


def _machine() -> dict[str, str | int]:
    """What the figures depend on; the load tells whether somebody else was at work."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load at the start": f"{_LOAD:.2f}",
        "architecture": platform.machine(),
        "Python": platform.python_version(),
    }


def _table(rows: Sequence[Row]) -> str:
    columns = list(rows[0])
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    numeric = [isinstance(rows[0][column], int | float) for column in columns]
    widths = [
        max(len(column), *(len(line[i]) for line in cells)) for i, column in enumerate(columns)
    ]
    lines = [columns, ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def _cell(value: str | int | float) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)

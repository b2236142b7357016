"""The elements and properties that gst-launch text names, and where; for error messages only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_WORD = re.compile(
    r"""(?:[^\s"'\\!]|\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|["'\\])+|!""", re.DOTALL
)
_PROPERTY = re.compile(r"([A-Za-z][\w:-]*)=(.*)", re.DOTALL)
_FACTORY = re.compile(r"[A-Za-z_][\w-]*")


class Property(NamedTuple):
    """``name=value`` as written, and its place in the text."""

    name: str
    value: str
    place: int


@dataclass
class Named:
    """An element as the text names it."""

    factory: str
    place: int
    properties: list[Property] = field(default_factory=list)

    @property
    def name(self) -> str | None:
        """The name that the text gives to the element."""
        return next((p.value.strip("\"'") for p in self.properties if p.name == "name"), None)


def elements_in(text: str) -> list[Named]:
    """Return the elements of ``text`` in order, with their properties."""
    found: list[Named] = []
    for word, place in _words(text):
        assignment = _PROPERTY.fullmatch(word)
        if assignment is not None and found:
            found[-1].properties.append(Property(assignment[1], assignment[2], place))
        elif _FACTORY.fullmatch(word):
            found.append(Named(word, place))
    return found


def _words(text: str) -> Iterator[tuple[str, int]]:
    for match in _WORD.finditer(text):
        opening = len(match[0]) - len(match[0].lstrip("("))
        yield match[0].strip("()") if "=" not in match[0] else match[0], match.start() + opening


def place_in(text: str, place: int) -> str:
    """Return ``place`` as people count: column, and line if there are several."""
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    return f"line {line}, column {column}" if "\n" in text.strip() else f"column {column}"

"""Launch text, element by element, in the form that a person would write."""

from __future__ import annotations

from os import PathLike, fspath

from pythia.core.launch_text import quote


def element(factory: str, **properties: object) -> str:
    """Return one element as launch text, a property a line; those that are None are left out.

    Underscores in names of properties become dashes; values are quoted so that they arrive to the
    letter.
    """
    lines = [factory]
    for name, value in properties.items():
        if value is not None:
            lines.append(f"  {name.replace('_', '-')}={_value(value)}")
    return "\n".join(lines)


def chain(*parts: str) -> str:
    """Return the parts linked one after the other; empty ones are left out."""
    return "\n! ".join(part for part in parts if part)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, PathLike):
        value = fspath(value)
    return quote(str(value))

"""JSON text as json-glib writes it, because DeepStream's payloads come from there.

Two spaces a level, a space on both sides of the colon, doubles with 17 digits at most and always
recognisable as doubles. Two slips are not followed, because no reader would take them: a double
such as 1e22, which json-glib writes as ``1e+22.0``, and what is no number, which becomes null.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import Any

Value = Any
"""None, bool, int, float, str, a list of values, or a dictionary from str to values."""

_STEP = "  "


class Written(str):
    """A value as text already, for the level at which it stands."""

    __slots__ = ()


def member_text(value: Value) -> Written:
    """A value as text, for a member of the outermost object."""
    return Written(_text(value, _STEP))


def json_text(value: Value) -> bytes:
    """The text of ``value``, UTF-8."""
    return _text(value, "").encode(errors="replace")


def _text(value: Value, indent: str) -> str:
    if isinstance(value, str):
        return value if isinstance(value, Written) else quoted(value)
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, Mapping):
        return _object(value, indent)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    return _array(value, indent)


def _double(value: float) -> str:
    if not math.isfinite(value):
        return "null"
    text = format(value, ".17g")
    return text if "." in text or "e" in text else text + ".0"


def _object(members: Mapping[str, Value], indent: str) -> str:
    if not members:
        return "{" + indent + "}"
    inner = indent + _STEP
    lines = [f"{inner}{quoted(name)} : {_text(value, inner)}" for name, value in members.items()]
    return "{\n" + ",\n".join(lines) + "\n" + indent + "}"


def _array(items: Sequence[Value], indent: str) -> str:
    if not items:
        return "[]"
    inner = indent + _STEP
    lines = [inner + _text(item, inner) for item in items]
    return "[\n" + ",\n".join(lines) + "\n" + indent + "]"

"""Reading and setting properties of elements with plain values."""

from __future__ import annotations

from typing import Any

from pythia.compat.pyservicemaker.errors import NodeError
from pythia.core.suggestion import did_you_mean
from pythia.gst import GObject, Gst
from pythia.gst.enums import Value, named_values_of

Plain = str | int | float | bool

_WHOLE = (
    GObject.TYPE_INT,
    GObject.TYPE_UINT,
    GObject.TYPE_INT64,
    GObject.TYPE_UINT64,
    GObject.TYPE_LONG,
    GObject.TYPE_ULONG,
    GObject.TYPE_CHAR,
    GObject.TYPE_UCHAR,
)
_REAL = (GObject.TYPE_FLOAT, GObject.TYPE_DOUBLE)
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def set_property(element: Gst.Element, name: str, value: Any) -> None:
    """Set a property to a text, a number or a bool.

    Texts are understood as in launch text, so that ``"true"``, ``"2"``, the name of a choice and
    caps are right where they fit.

    Raises:
        NodeError: there is no such property, it cannot be set, or does not take the value.
    """
    spec = _spec(element, name)
    if not spec.flags & GObject.ParamFlags.WRITABLE:
        raise NodeError(f"{_place(element, name)} cannot be set")
    if not isinstance(value, str | int | float):
        raise NodeError(
            f"{_place(element, name)}: {value!r} is {type(value).__name__}, and a property takes "
            "str, int, float or bool"
        )
    if spec.value_type == GObject.TYPE_STRING:
        element.set_property(spec.name, str(value))  # a port in a YAML file is a number
    elif isinstance(value, str):
        _set_parsed(element, spec, value)
    else:
        _set_number(element, spec, value)


def get_property(element: Gst.Element, name: str) -> Plain | None:
    """The value of a property: a choice as its number, caps and the like as text.

    Raises:
        NodeError: there is no such property, or it cannot be read.
    """
    spec = _spec(element, name)
    if not spec.flags & GObject.ParamFlags.READABLE:
        raise NodeError(f"{_place(element, name)} cannot be read")
    properties: Any = element
    value = properties.get_property(spec.name)
    if value is None or isinstance(value, str | bool | float):
        return value
    try:
        return int(value)
    except TypeError:
        return str(value.to_string() if hasattr(value, "to_string") else value)


def _spec(element: Gst.Element, name: str) -> Any:
    properties: Any = element
    spec = properties.find_property(name.replace("_", "-"))
    if spec is None:
        names = [spec.name for spec in properties.list_properties()]
        raise NodeError(
            f"{_place(element, name)} does not exist{did_you_mean(name, names)}; "
            f"available: {', '.join(names)}"
        )
    return spec


def _place(element: Gst.Element, name: str) -> str:
    factory = element.get_factory()
    kind = factory.get_name() if factory is not None else type(element).__name__
    return f"property {name!r} of {element.get_name()!r} ({kind})"


def _set_parsed(element: Gst.Element, spec: Any, value: str) -> None:
    """Set a property that is no text by the text that launch text has for it."""
    kind = spec.value_type
    try:
        if kind in _WHOLE:
            _set_number(element, spec, int(value, 0))
        elif kind in _REAL:
            _set_number(element, spec, float(value))
        elif kind == GObject.TYPE_BOOLEAN:
            element.set_property(spec.name, _BOOLEANS[value.lower()])
        elif kind.is_a(GObject.TYPE_ENUM):
            element.set_property(spec.name, _choice(spec, value))
        else:
            Gst.util_set_object_arg(element, spec.name, value)
    except (ValueError, KeyError) as error:
        if isinstance(error, NodeError):
            raise
        raise _refusal(element, spec, value) from None


def _choice(spec: Any, value: str) -> int:
    """The number of a choice that is given by name, or as a number."""
    for choice in _choices(spec):
        if value in (choice.nick, choice.name, str(choice.number)):
            return choice.number
    raise KeyError(value)


def _set_number(element: Gst.Element, spec: Any, value: float) -> None:
    kind = spec.value_type
    is_whole = not isinstance(value, float)
    if kind == GObject.TYPE_BOOLEAN:
        element.set_property(spec.name, bool(value))
    elif kind in _REAL or (kind in _WHOLE and is_whole):
        _check_range(element, spec, value)
        element.set_property(spec.name, int(value) if kind in _WHOLE else float(value))
    elif is_whole and (
        value in [choice.number for choice in _choices(spec)] or kind.is_a(GObject.TYPE_FLAGS)
    ):
        element.set_property(spec.name, int(value))
    else:
        raise _refusal(element, spec, value)


def _choices(spec: Any) -> list[Value]:
    kind = spec.value_type
    return named_values_of(kind) if kind.is_a(GObject.TYPE_ENUM) else []


def _refusal(element: Gst.Element, spec: Any, value: Any) -> NodeError:
    return NodeError(f"{_place(element, spec.name)} does not take {value!r}{_takes(spec)}")


def _check_range(element: Gst.Element, spec: Any, value: float) -> None:
    if not spec.minimum <= value <= spec.maximum:
        raise NodeError(
            f"{_place(element, spec.name)} does not take {value!r}: it is a number from "
            f"{spec.minimum} to {spec.maximum}"
        )


def _takes(spec: Any) -> str:
    if choices := _choices(spec):
        return ": it is one of " + ", ".join(f"{c.number} ({c.nick})" for c in choices)
    return f": it is a {spec.value_type.name}"

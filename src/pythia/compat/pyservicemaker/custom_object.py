"""Objects that hang on nodes: what they are called, and properties of their own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from pythia.compat.pyservicemaker.errors import NodeError
from pythia.core.suggestion import did_you_mean

__all__ = ["Object"]


class Object:
    """A named object with properties; probes, feeders, receivers and emitters are such objects."""

    DEFAULTS: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Names and defaults of the properties."""

    def __init__(self, name: str, plugin: str = "", defaults: Mapping[str, Any] | None = None):
        self.name = name
        self._plugin = plugin
        self._properties = dict(self.DEFAULTS if defaults is None else defaults)

    def set(self, properties: Mapping[str, Any]) -> None:
        """Set properties.

        Raises:
            NodeError: there is no such property, or its value is of another type.
        """
        for name, value in properties.items():
            key = name.replace("_", "-")
            if key not in self._properties:
                raise NodeError(
                    f"{self} has no property {name!r}{did_you_mean(key, self._properties)}; "
                    f"available: {', '.join(self._properties) or 'none'}"
                )
            self._properties[key] = self._checked(key, value)

    def _checked(self, key: str, value: Any) -> Any:
        kind = type(self._properties[key])
        if kind is bool and isinstance(value, int):
            return bool(value)
        if kind is float and isinstance(value, int):
            return float(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise NodeError(f"{self}: property {key!r} is {kind.__name__}, not {value!r}")
        return value

    def get(self, name: str) -> Any:
        """The value of a property; None if there is no such property."""
        return self._properties.get(name.replace("_", "-"))

    def __str__(self) -> str:
        kind = self._plugin or type(self).__name__
        return f"{kind} {self.name!r}"

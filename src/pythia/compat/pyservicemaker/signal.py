"""Objects that make nodes do something: the program, or somebody else, asks and they emit."""

from __future__ import annotations

from typing import Any

from pythia.compat.pyservicemaker.custom_object import Object
from pythia.compat.pyservicemaker.errors import NodeError, UnavailableError
from pythia.core.suggestion import did_you_mean
from pythia.gst import Gst

__all__ = ["Emitter", "SourceManager"]


class Emitter(Object):
    """Emits action signals of the nodes that it is attached to; ``ACTIONS`` are their names."""

    ACTIONS: tuple[str, ...] = ()

    def __init__(self, name: str, plugin: str = "") -> None:
        super().__init__(name, plugin)
        self._nodes: dict[str, dict[str, Gst.Element]] = {}

    def attach(self, action: str, node: Any) -> None:
        """Have a node asked to do something.

        Raises:
            NodeError: the emitter never asks for that.
        """
        if action not in self.ACTIONS:
            raise NodeError(
                f"{self} has no action {action!r}{did_you_mean(action, self.ACTIONS)}; "
                f"available: {', '.join(self.ACTIONS) or 'none'}"
            )
        self._nodes.setdefault(action, {})[node.name] = node.element


class SourceManager(Emitter):
    """Adds sources to nvdsdynamicsrcbin, which the portable runtime does not have."""

    ACTIONS = ("add-source", "remove-source", "terminate")

    def attach(self, action: str, node: Any) -> None:
        """Refuse.

        Raises:
            UnavailableError: always.
        """
        raise UnavailableError(
            "signal.SourceManager needs nvdsdynamicsrcbin, which the portable runtime does not "
            "have; nvmultiurisrcbin adds and removes sources by its REST interface, and "
            "Flow.capture() takes a list of them"
        )

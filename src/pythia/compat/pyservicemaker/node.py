"""Nodes of a pipeline: its elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pythia.compat.pyservicemaker.custom_object import Object
from pythia.compat.pyservicemaker.errors import NodeError
from pythia.compat.pyservicemaker.feeding import Feeder, Receiver
from pythia.compat.pyservicemaker.linking import link
from pythia.compat.pyservicemaker.probe import Probe
from pythia.compat.pyservicemaker.properties import Plain, get_property, set_property
from pythia.compat.pyservicemaker.signal_handler import SignalHandler
from pythia.core.pads import Attachment
from pythia.exceptions import ProbeTargetError
from pythia.gst import Gst

__all__ = ["Node"]

_APP = {Feeder: "appsrc", Receiver: "appsink"}


class Node:
    """An element, with the objects that hang on it."""

    def __init__(self, element: Gst.Element, fail: Callable[[BaseException], None]) -> None:
        self.element = element
        self.objects: dict[str, Object] = {}
        self._fail = fail
        self._attachments: list[Attachment] = []

    @property
    def name(self) -> str:
        """The element's name."""
        return str(self.element.get_name())

    def set(self, properties: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """Set properties, given as a dict or a list of dicts.

        Raises:
            NodeError: there is no such property, or it does not take the value.
        """
        parts = [properties] if isinstance(properties, Mapping) else properties
        for part in parts:
            for name, value in part.items():
                set_property(self.element, name, value)

    def get(self, name: str) -> Plain | None:
        """The value of a property.

        Raises:
            NodeError: there is no such property.
        """
        return get_property(self.element, name)

    def link(self, target: Node, tips: tuple[str, str] = ("", "")) -> Node:
        """Link to another node; ``tips`` are names of the two pads or their templates.

        Raises:
            NodeError: they cannot be linked.
        """
        link(self.element, target.element, tips)
        return self

    def attach(self, what: Object, tips: str = "") -> Node:
        """Attach a probe, a feeder, a receiver or a handler of signals.

        Args:
            what: The object.
            tips: For a probe the pad, by default the output, or the input where there is no
                output; for others names of signals, with slashes between.

        Raises:
            NodeError: the object does not fit the node, or its name is in use.
        """
        if isinstance(what, Probe):
            self._attach_probe(what, tips)
        elif isinstance(what, Feeder | Receiver):
            self._connect(what)
        elif isinstance(what, SignalHandler):
            what.connect(self.element, tips)
        else:
            raise NodeError(f"{self}: {what!r} cannot be attached to a node")
        self.objects[what.name] = what
        return self

    def _attach_probe(self, probe: Probe, tips: str) -> None:
        probe.pad_name = self._pad_name(tips)
        probe.failed = self._fail
        bin_ = self.element.get_parent()
        assert isinstance(bin_, Gst.Bin)
        mask = Gst.PadProbeType.BUFFER
        try:
            attachment = Attachment(bin_, self.name, probe.pad_name, mask, probe)
        except ProbeTargetError as error:
            raise NodeError(f"{probe}: {error}") from None
        self._attachments.append(attachment)

    def _pad_name(self, tips: str) -> str:
        templates = self.element.get_pad_template_list()
        if not tips:
            has_output = any(t.direction == Gst.PadDirection.SRC for t in templates)
            return "src" if has_output else "sink"
        for template in templates:  # of a pad that is not known by name yet, the direction
            if template.name_template == tips and "%" in tips:
                return "src" if template.direction == Gst.PadDirection.SRC else "sink"
        return tips

    def _connect(self, what: Feeder | Receiver) -> None:
        wanted = _APP[type(what)]
        factory = self.element.get_factory()
        if factory is None or factory.get_name() != wanted:
            raise NodeError(f"{what} can be attached to an {wanted} only, and {self} is none")
        what.failed = self._fail
        what.connect(self.element)

    def missing(self) -> list[str]:
        """Pads of probes that have never appeared."""
        return [text for text in (a.missing() for a in self._attachments) if text]

    def reset(self) -> None:
        """Let the objects begin anew."""
        for found in self.objects.values():
            if isinstance(found, Probe | Feeder | Receiver):
                found.reset()

    def find(self, name: str) -> Object | None:
        """The object of this name that hangs on the node, or None."""
        return self.objects.get(name)

    def __str__(self) -> str:
        factory = self.element.get_factory()
        return f"node {self.name!r} ({factory.get_name() if factory is not None else '?'})"

    def __repr__(self) -> str:
        return f"Node(name={self.name})"

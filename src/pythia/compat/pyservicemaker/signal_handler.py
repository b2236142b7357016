"""Handlers of signals that only print what has happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pythia.compat.pyservicemaker.custom_object import Object
from pythia.compat.pyservicemaker.errors import NodeError
from pythia.gst import GObject, Gst


class SignalHandler(Object):
    """Handles signals of nodes; ``SIGNALS`` are their names."""

    SIGNALS: Sequence[str] = ()

    def connect(self, element: Gst.Element, names: str) -> None:
        """Handle signals, with slashes between their names; all that it knows without names.

        Raises:
            NodeError: the handler or the element does not know such a signal.
        """
        for name in names.split("/") if names else self.SIGNALS:
            if name not in self.SIGNALS:
                raise NodeError(f"{self} handles {', '.join(self.SIGNALS)}, not {name!r}")
            if not GObject.signal_lookup(name, element):
                raise NodeError(f"{element.get_name()!r} has no signal {name!r}")
            element.connect(name, self.handle)

    def handle(self, element: Gst.Element, *arguments: Any) -> None:
        """To be overridden."""
        raise NotImplementedError


class RecordingDoneHandler(SignalHandler):
    """Tells of finished recordings [smart_recording_signal]."""

    SIGNALS = ("sr-done",)

    def handle(self, element: Gst.Element, *arguments: Any) -> None:
        """Print where the recording is."""
        print_recording(arguments[0])


class ModelUpdatedHandler(SignalHandler):
    """Tells of models that were loaded anew [sample_signal_handler]."""

    SIGNALS = ("model-updated",)

    def handle(self, element: Gst.Element, *arguments: Any) -> None:
        """Print how it went."""
        print(f"\nModel Update Status:{'failed' if arguments[0] else 'ok'}", flush=True)


def print_recording(info: Any) -> None:
    """Print where a recording is, as DeepStream does."""
    print(
        f"Source recorded at {info.dirpath}/{info.filename}. "
        f"Duration {info.duration / 1000:.2f} sec",
        flush=True,
    )

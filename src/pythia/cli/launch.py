"""The application that ``gst-pylaunch`` runs."""

from __future__ import annotations

import os
from collections.abc import Callable

from pythia.cli import bus_report
from pythia.core.application import Application
from pythia.core.bus import describe_error
from pythia.exceptions import PlayError, ProbeError
from pythia.gst import GLib, Gst

DOT_DIR_VARIABLE = "GST_DEBUG_DUMP_DOT_DIR"


class Launch(Application):
    """An application that tells a person what happens on its bus.

    Args:
        text: gst-launch text.
        say: called with each line, in the run's thread.
        verbose: tell about changed properties, caps among them.
        messages: tell about every message.
        tags: tell about tags.
        exclude: properties that ``verbose`` leaves out.

    Attributes:
        ended: whether the end of the stream has come through.
    """

    def __init__(
        self,
        text: str,
        say: Callable[[str], None],
        *,
        verbose: bool = False,
        messages: bool = False,
        tags: bool = False,
        exclude: tuple[str, ...] = (),
    ) -> None:
        super().__init__(text)
        self.ended = False
        self._say = say
        self._messages = messages
        self._tags = tags
        self._exclude = exclude
        self._last_warning = ""
        self._times = 0
        self._recordings = 0
        if verbose:
            self.pipeline.add_property_deep_notify_watch(None, True)

    def attach(self, probe: str) -> None:
        """Load the function that ``FILE:FUNCTION@ELEMENT.PAD`` names and put it on its pad.

        Raises:
            ProbeError: the text, the file, the module or the function is wrong.
        """
        from pythia.core.probe_spec import ProbeSpec

        spec = ProbeSpec.parse(probe)
        self.probe(spec.element, spec.pad)(spec.load())

    def record(self, recording: str) -> None:
        """Record the metadata that passes a pad: ``FILE@ELEMENT.PAD``.

        Raises:
            ProbeError: the text is wrong.
            StreamError: the file cannot be written.
        """
        from pythia.testing import metarecord

        file, _, target = recording.rpartition("@")
        element, dot, pad = target.rpartition(".")
        if not (file and target) or (dot and not (element and pad)):
            raise ProbeError(
                f"not a recording: {recording!r}; the form is FILE@ELEMENT.PAD, for example "
                "street.jsonl@pgie.src"
            )
        self.probe(element or target, pad if dot else "src")(metarecord(file))
        self._recordings += 1

    def check(self) -> None:
        """Start each element and stop it again: configurations can be read, devices are there.

        Sources go to READY and all between to PAUSED, where models are loaded; nothing flows.
        Sinks are left alone: a file would be emptied.

        Raises:
            ProbeTargetError: the element or pad of a probe does not exist.
            PlayError: an element refuses; the message is the element's.
        """
        self.inject_probes()
        elements: list[Gst.Element] = []
        self.pipeline.iterate_elements().foreach(elements.append)
        try:
            for element in elements:
                if not element.flags & Gst.ElementFlags.SINK:
                    self._check(element)
        finally:
            self.pipeline.set_state(Gst.State.NULL)

    def _check(self, element: Gst.Element) -> None:
        is_source = bool(element.flags & Gst.ElementFlags.SOURCE)
        change = element.set_state(Gst.State.READY if is_source else Gst.State.PAUSED)
        message = self.pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
        if message:
            raise PlayError(describe_error(self.pipeline, message, None))
        if change == Gst.StateChangeReturn.FAILURE:
            raise PlayError(f"{element.get_name()}: does not start, and does not say why")

    def dump_dot(self, name: str) -> bool:
        """Write the pipeline's graph to the folder that GST_DEBUG_DUMP_DOT_DIR names, if it does.

        Returns:
            Whether it names one.
        """
        if not os.environ.get(DOT_DIR_VARIABLE):
            return False
        details = Gst.DebugGraphDetails.ALL
        Gst.debug_bin_to_dot_file_with_ts(self.pipeline, details, f"gst-pylaunch.{name}")
        return True

    def counts(self) -> tuple[int, int | None]:
        """Return frames so far, and objects where a probe yields them; from any thread."""
        probes = self.stats()["probes"]
        if not probes:
            return max(map(_rendered, self._sinks()), default=0), None
        objects = sum(p["yielded"] for p in probes)
        only_recorded = len(probes) == self._recordings
        return max(p["frames"] for p in probes), None if only_recorded else objects

    def _sinks(self) -> list[Gst.Element]:
        sinks: list[Gst.Element] = []
        self.pipeline.iterate_sinks().foreach(sinks.append)
        return sinks

    def on_message(self, bus: Gst.Bus, message: Gst.Message) -> None:
        """Tell about the message as far as the person asked for it."""
        if self._messages:
            self._say(bus_report.message_line(message))
        if self._tags and message.type == Gst.MessageType.TAG:
            for line in bus_report.tag_lines(message):
                self._say(line)
        if message.type == Gst.MessageType.PROPERTY_NOTIFY:
            text = bus_report.property_line(message, self._exclude)
            if text is not None:
                self._say(text)

    def on_message_warning(self, bus: Gst.Bus, message: Gst.Message) -> None:
        """Tell about the warning; of equal ones in a row about the 1st, 10th, 100th, ..."""
        self.dump_dot("warning")
        line = bus_report.warning_line(message)
        self._times = self._times + 1 if line == self._last_warning else 1
        self._last_warning = line
        if self._times == 1:
            self._say(line)
        elif str(self._times).strip("0") == "1":
            self._say(f"{line} (the {self._times}th time)")

    def on_message_error(self, bus: Gst.Bus, message: Gst.Message) -> tuple[GLib.Error, str | None]:
        """Stop with the error, as every application does."""
        self.dump_dot("error")
        return super().on_message_error(bus, message)

    def on_message_eos(self, bus: Gst.Bus, message: Gst.Message) -> None:
        """Stop, as every application does, and remember that the stream is complete."""
        self.ended = True
        super().on_message_eos(bus, message)

    def on_message_state_changed(self, bus: Gst.Bus, message: Gst.Message) -> None:
        """Write the graph of each state that the pipeline comes to, as gst-launch-1.0 does."""
        if message.src == self.pipeline:
            old, new, _ = (state.value_nick.upper() for state in message.parse_state_changed())
            self.dump_dot(f"{old}_{new}")


def _rendered(sink: Gst.Element) -> int:
    """Return how many video frames a sink has shown; 0 for a sink of anything else."""
    pad = sink.get_static_pad("sink")
    caps = pad.get_current_caps() if pad else None
    if not caps or not caps.get_structure(0).get_name().startswith("video/x-raw"):
        return 0
    stats = getattr(sink.props, "stats", None)
    return stats.get_value("rendered") if stats else 0

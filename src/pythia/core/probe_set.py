"""The probes of an application, and their places on the pipeline's pads."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pythia.core.pads import Attachment
from pythia.core.probe import Probe
from pythia.exceptions import ProbeTargetError
from pythia.gst import Gst
from pythia.meta.runtime import is_latency_measured

if TYPE_CHECKING:
    from pythia.core.latency import LatencyReport

logger = logging.getLogger("pythia.core.probe_set")


class ProbeSet:
    """Probes in the order in which they were added; attached to pads during a run."""

    def __init__(self, pipeline: Gst.Bin) -> None:
        self._pipeline = pipeline
        self._probes: list[Probe] = []
        self._attachments: list[Attachment | LatencyReport] = []

    def __iter__(self) -> Iterator[Probe]:
        return iter(self._probes)

    def add(self, probe: Probe) -> None:
        """Add one, to be attached with the others."""
        self._probes.append(probe)

    def reset(self, *, stop_on_error: bool) -> None:
        """Get ready for a new run."""
        for probe in self._probes:
            probe.reset()
            probe.stop_on_error = stop_on_error

    def attach(self) -> None:
        """Put every probe on its pad, all or none; behind them what reports latencies, if asked.

        Raises:
            ProbeTargetError: An element or pad does not exist; lists what does.
        """
        self.detach()
        try:
            for probe in self._probes:
                self._attachments.append(
                    Attachment(
                        self._pipeline, probe.element, probe.pad, probe.pad_probe_type, probe
                    )
                )
            if is_latency_measured():
                from pythia.core.latency import LatencyReport

                self._attachments.append(LatencyReport(self._pipeline))
        except BaseException:
            self.detach()
            raise

    def detach(self) -> None:
        """Take the probes off their pads."""
        for attachment in self._attachments:
            attachment.detach()
        self._attachments.clear()

    def warn_of_missing(self) -> None:
        """Log the pads that have never appeared."""
        for missing in filter(None, [attachment.missing() for attachment in self._attachments]):
            logger.warning("a probe was never called, its pad did not appear: %s", missing)

    def generator(self, element: str, pad: str, idx: int) -> Probe:
        """Return the ``idx``-th generator probe on a pad.

        Raises:
            ProbeTargetError: There is no such probe; lists those that there are.
        """
        probes = [probe for probe in self._probes if probe.is_generator]
        found = [probe for probe in probes if (probe.element, probe.pad) == (element, pad)]
        if not 0 <= idx < len(found):
            raise ProbeTargetError(
                f"no generator probe {idx} on {element}.{pad}; available: "
                f"{', '.join(f'{probe.element}.{probe.pad}' for probe in probes) or 'none'}"
            )
        return found[idx]

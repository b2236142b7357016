"""measure_latency_probe: prints how long frames have been on their way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pythia.compat.pyservicemaker.buffer import Buffer
from pythia.compat.pyservicemaker.probe import BufferObserver
from pythia.compat.pyservicemaker.views import say_once
from pythia.meta.runtime import LATENCY_VARIABLE, is_latency_measured


class MeasureLatency(BufferObserver):
    """The operator; without the environment variable nothing is measured, as in DeepStream."""

    DEFAULTS: ClassVar[Mapping[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        if not is_latency_measured():
            say_once(f"measure_latency_probe prints nothing: set {LATENCY_VARIABLE}=1 to measure")

    def handle_buffer(self, buffer: Buffer) -> None:
        """Print a line a frame."""
        for found in buffer.measure_latency():
            print(
                f"Source id = {found['source_id']} Frame_num = {found['frame_num']} "
                f"Frame latency = {found['latency']:g} (ms)",
                flush=True,
            )
